"""WARC archives (ISO 28500): the web pages among their records.

``warc_frames`` cuts the archive into records; fastwarc parses their headers and undoes the
codings that the standard library does not know.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO

from fastwarc.stream_io import BrotliReader, ChunkedReader, WarcReader, ZstdReader
from fastwarc.warc import HeaderMap

from newsbeam.transforms.read.captures import DESCRIBED_BY, Description, restore_document
from newsbeam.transforms.read.input_file import WHOLE, InputFile
from newsbeam.transforms.read.warc_frames import HEADER_BYTES, Frame, iterate_frame
from newsbeam.transforms.records import Document, MediaType, Rejection
from newsbeam.transforms.text.encoding import decode_text, normalize_newlines
from newsbeam.transforms.text.identity import canonicalize_url

_MEDIA_TYPES: dict[str, MediaType] = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "text/plain": "text/plain",
}
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)


class _MalformedError(ValueError):
    """A header that cannot be parsed, or a body that its declared coding does not fit."""


def _parse_headers(block: bytes) -> HeaderMap:
    headers = HeaderMap()
    try:
        headers.parse(io.BytesIO(re.sub(rb"\r?\n", b"\r\n", block)))
    except OSError as error:  # longer than 32 KiB
        raise _MalformedError(str(error)) from None
    return headers


def _split_head(block: bytes) -> tuple[bytes, bytes]:
    """Split an HTTP message into its head and its body; the head is empty in other protocols."""
    if not block.startswith(b"HTTP/"):
        return b"", block
    found = re.search(rb"\r?\n\r?\n", block[:HEADER_BYTES])
    return (block[: found.end()], block[found.end() :]) if found else (block, b"")


def _inflate(wbits: int) -> Callable[[bytes, int], bytes]:
    def decode(body: bytes, limit: int) -> bytes:
        inflater = zlib.decompressobj(wbits)
        try:
            data = inflater.decompress(body, limit)
        except zlib.error as error:
            raise _MalformedError(str(error)) from None
        if not inflater.eof and len(data) < limit:
            raise _MalformedError("the compressed body is cut off")
        return data

    return decode


def _read_with(reader: Callable[[BinaryIO], WarcReader]) -> Callable[[bytes, int], bytes]:
    def decode(body: bytes, limit: int) -> bytes:
        data = bytearray()
        try:
            source = reader(io.BytesIO(body))
            while len(data) < limit and (chunk := source.read(limit - len(data))):
                data += chunk
        except OSError as error:  # how fastwarc reports malformed input
            raise _MalformedError(str(error)) from None
        return bytes(data)

    return decode


def _inflate_any(body: bytes, limit: int) -> bytes:
    """Decode ``deflate``, which is zlib by RFC 9110 and raw in the wild."""
    try:
        return _inflate(zlib.MAX_WBITS)(body, limit)
    except _MalformedError:
        return _inflate(-zlib.MAX_WBITS)(body, limit)


def _keep(body: bytes, limit: int) -> bytes:
    return body


# Each takes a body and the number of decoded bytes to stop at.
_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "": _keep,
    "identity": _keep,
    "chunked": _read_with(ChunkedReader),
    "gzip": _inflate(16 + zlib.MAX_WBITS),
    "x-gzip": _inflate(16 + zlib.MAX_WBITS),
    "deflate": _inflate_any,
    "br": _read_with(BrotliReader),
    "zstd": _read_with(ZstdReader),
}


def _decode_body(body: bytes, http: HeaderMap, limit: int) -> bytes:
    """Undo content and transfer codings; stop at ``limit`` bytes or soon after.

    Many archivers store the decoded page and leave the headers as they were. So a body that is
    markup already is taken as it stands.
    """
    fields = http.get_multiple("Content-Encoding") + http.get_multiple("Transfer-Encoding")
    codings = [name.strip().lower() for name in ",".join(fields).split(",")]
    for coding in reversed(codings):
        decode = _CODINGS.get(coding)
        if decode is None:
            raise _MalformedError(f"unknown coding {coding!r}")
        try:
            body = decode(body, max(limit, len(body)))
        except _MalformedError as error:
            if not body.lstrip().startswith(b"<"):
                raise _MalformedError(f"the body is not valid {coding}: {error}") from None
    return body


def _parse_date(value: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value or "")
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _find_content_type(record: HeaderMap, http: HeaderMap) -> str:
    """Return the Content-Type of a record that may hold a page, else an empty string."""
    kind = (record.get("WARC-Type") or "").lower()
    if kind == "resource":
        return record.get("Content-Type") or ""
    if kind == "response" and http.status_code == 200:
        return http.get("Content-Type") or record.get("WARC-Identified-Payload-Type") or ""
    return ""


def read_record(
    frame: Frame, item: InputFile, description: Description | None = None
) -> Document | Rejection | Description | None:
    """Read one record; ``None`` where it holds no page (a request, an image, a redirect).

    Pages are ``response`` records of HTTP status 200 and ``resource`` records whose media type is
    HTML or plain text, but for robots.txt. The key is the canonical target URI; the digest is
    that of the decoded body.

    In archives of ours a ``metadata`` record is a ``Description``, which belongs to the record
    behind it: read with its ``description``, that one is the document that was archived.
    """
    origin = f"{item.path}#{frame.offset}"
    try:
        record = _parse_headers(frame.header)
        uri = (record.get("WARC-Target-URI") or "").strip().strip("<>")  # <> is a slip of WARC 1.0
        origin = f"{origin} {uri}".rstrip()
        if item.sites is not None and (source := item.sites.find_source(uri)) is not None:
            item = replace(item, source=source)
        if frame.fault is not None:
            return item.reject(frame.fault.reason, frame.fault.detail, origin)
        if (record.get("WARC-Type") or "").lower() == "metadata":
            record_id = record.get("WARC-Record-ID")
            return Description(record_id, frame.block) if record_id and not frame.is_cut else None
        described_by = record.get(DESCRIBED_BY)
        if described_by is not None:
            if description is None or description.record_id != described_by:
                raise _MalformedError("the record that describes this page is missing or damaged")
            return _read_capture(frame, record, description, item, origin)
        return _read_page(frame, record, uri, item, origin)
    except _MalformedError as error:
        return item.reject("broken_record", str(error), origin)


def _read_capture(
    frame: Frame, record: HeaderMap, description: Description, item: InputFile, origin: str
) -> Document | Rejection:
    """Read a page that ``archive`` wrote: no coding to undo, nothing to guess."""
    is_page = (record.get("WARC-Type") or "").lower() == "response"
    _, body = _split_head(frame.block) if is_page else (b"", frame.block)
    if frame.is_cut or len(body) > item.max_bytes:
        return item.reject_too_large(origin)
    try:
        return restore_document(
            description,
            body,
            source=item.source,
            origin=origin,
            fetched_at=_parse_date(record.get("WARC-Date")),
            is_page=is_page,
        )
    except ValueError as error:
        detail = f"the record that describes this page cannot be read: {error}"
        return item.reject("broken_record", detail, origin)


def _read_page(
    frame: Frame, record: HeaderMap, uri: str, item: InputFile, origin: str
) -> Document | Rejection | None:
    is_response = (record.get("WARC-Type") or "").lower() == "response"
    head, body = _split_head(frame.block) if is_response else (b"", frame.block)
    http = _parse_headers(head)
    content_type = _find_content_type(record, http)
    media_type = _MEDIA_TYPES.get(content_type.partition(";")[0].strip().lower())
    if uri.endswith("/robots.txt"):
        return None
    if media_type is None:
        if is_response and http.status_code != 200:
            item.passed["other_status"] += 1
        elif is_response or (record.get("WARC-Type") or "").lower() == "resource":
            item.passed["other_type"] += 1
        return None
    if not uri:
        raise _MalformedError("the record has no WARC-Target-URI")
    if frame.is_cut:
        return item.reject_too_large(origin)
    body = _decode_body(body, http, item.max_bytes + 1)
    if len(body) > item.max_bytes:
        return item.reject_too_large(origin)
    found = _CHARSET.search(content_type)
    charset = found[1] if found else None
    text = decode_text(body, charset) if media_type == "text/plain" else body
    if text is None:
        return item.reject("unknown_encoding", "not text in a known encoding", origin)
    if not text.strip():
        return item.reject("empty", "the page holds nothing but white space", origin)
    url = canonicalize_url(uri)
    provenance = item.describe_item(
        body,
        key=url or uri,
        origin=origin,
        url=url,
        fetched_at=_parse_date(record.get("WARC-Date")),
    )
    if isinstance(text, str):
        text = normalize_newlines(text)
    return Document(provenance, media_type, text, charset)


def read_archive(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read the pages of a WARC archive, plain or compressed (one gzip member a record, or not).

    A damaged record yields one rejection whose origin tells its offset, and reading goes on at
    the next record that can be found.
    """
    compressed = item.path.lower().endswith(".gz")
    frame = description = None
    most, stretch = item.max_bytes + HEADER_BYTES, item.stretch
    for frame in iterate_frame(file, most, compressed, item.sites, stretch):
        outcome = read_record(frame, item, description)
        description = outcome if isinstance(outcome, Description) else None
        if outcome is not None and not isinstance(outcome, Description):
            yield outcome
    if frame is None and stretch == WHOLE and not (item.sites is not None and item.sites.passed):
        yield item.reject("empty", "the archive holds no record")
