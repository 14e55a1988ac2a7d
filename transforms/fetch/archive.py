"""Keeps what was fetched as WARC archives (ISO 28500, WARC/1.1), to be read again by ``warc``.

``<lake>/pages/source=<id>/<YYYY-MM-DD>/<run>-<n>.warc.gz``; the day is the UTC day of fetching.
An archive grows in the run's staging area and moves to its place when it is complete, before the
articles in it are committed (why: docs/decisions/replay.md).
"""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from http import HTTPStatus
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

from newsbeam.transforms.files import move, sync
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.read.captures import DESCRIBED_BY, describe_document
from newsbeam.transforms.records import Document, PageRequest, Response

ARCHIVE_FOLDER = "pages"
# Ours: an archive is read by one worker or by all together, and a damaged disk costs little.
_LARGEST_ARCHIVE = 256 * 1024 * 1024
# Ours: readers, this one included, give up on heads of 32 KiB and more.
_LARGEST_HEAD = 16 * 1024
# These describe the bytes on the wire; the archive holds the page without its codings.
_WIRE_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NOT_URL = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")  # RFC 3986 section 2


def archive_glob(source: str) -> str:
    """Return the glob of the archives of ``source``, relative to the lake's folder."""
    return f"{ARCHIVE_FOLDER}/source={source}/**/*.warc.gz"


def has_archive(lake: LakePath, source: str) -> bool:
    """Whether the lake at ``lake`` holds archives of ``source``."""
    return any((lake / ARCHIVE_FOLDER / f"source={source}").glob("*/*.warc.gz"))


class ArchiveWriter:
    """Writes the archives of one source in one worker of the run that ``staging`` belongs to.

    A context manager: its regular end is ``close``; an exception leaves no archive, or only
    those that were complete. Not for several threads at once.
    """

    def __init__(
        self, staging: Staging, source: str, *, largest_archive: int = _LARGEST_ARCHIVE
    ) -> None:
        self._staging = staging
        self._source = source
        self._largest = largest_archive
        self._file: BinaryIO | None = None
        self._day: date | None = None

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def add(self, document: Document, response: Response | None, request: PageRequest) -> None:
        """Archive ``document``, which was asked for by ``request``.

        ``response`` is what the page's server answered; ``None`` where the document is the feed's
        own content. An archive that is large enough, or of another day, is closed first.

        Raises:
            OSError: it cannot be written.
            StagingLost: another run believed this one dead.
            ValueError: the document does not say when it was fetched.
        """
        fetched_at = document.provenance.fetched_at
        if fetched_at is None:
            raise ValueError("an archived document must say when it was fetched")
        day = fetched_at.astimezone(UTC).date()
        if self._file is not None and (day != self._day or self._file.tell() >= self._largest):
            self.close()
        if self._file is None:
            self._file, self._day = self._open(), day
        for record in _make_records(document, response, request, fetched_at):
            _write_record(self._file, *record)

    def close(self) -> LakePath | None:
        """Move the open archive, if any, to its place, which is returned.

        Raises:
            OSError: it cannot be written or moved.
            StagingLost: another run believed this one dead.
        """
        if self._file is None or self._day is None:
            return None
        written = Path(self._file.name)
        self._file.close()
        self._file = None
        folder = f"source={self._source}/{self._day.isoformat()}"
        place = self._staging.root / ARCHIVE_FOLDER / folder / written.name
        with self._staging.hold():
            if isinstance(place, Path):
                sync(written)
                move(written, place)
            else:
                place.write_file(written)
                written.unlink()
        return place

    def discard(self) -> None:
        """Drop the open archive, if any."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
            self._file = None

    def _find_folder(self) -> Path:
        """Where an archive grows: objects are written whole."""
        if isinstance(self._staging.root, Path):
            return self._staging.folder
        return Path(tempfile.gettempdir())

    def _open(self) -> BinaryIO:
        name = f"{self._staging.run_id}-{uuid.uuid4().hex[:8]}.warc.gz"
        with self._staging.hold():
            file = open(self._find_folder() / name, "xb")  # noqa: SIM115 - closed by close()
        _write_record(file, *_make_info(self._staging.run_id, name))
        return file


def _make_records(
    document: Document, response: Response | None, request: PageRequest, fetched_at: datetime
) -> Iterator[tuple[WarcRecord, bytes | None]]:
    """Yield the two records of ``document``, each with the SHA-1 of its payload if it has one."""
    provenance = document.provenance
    page_id, description_id = _make_id(), _make_id()
    target = _encode_url(
        (response.url if response else provenance.url or request.entry.url)
        or f"urn:newsbeam:{quote(provenance.key, safe='', errors='replace')}"
    )
    common = {"WARC-Date": _format_instant(fetched_at), "WARC-Target-URI": target}
    yield (
        _make_record(
            WarcRecordType.metadata,
            {
                **common,
                "WARC-Record-ID": description_id,
                "WARC-Refers-To": page_id,
                "WARC-Concurrent-To": page_id,
                "Content-Type": "application/json",
            },
            describe_document(document, request).encode("ascii"),
        ),
        None,
    )
    body = document.body
    if response is not None:
        kind, content_type = WarcRecordType.response, "application/http;msgtype=response"
        data = response.body if isinstance(body, str) else body
        block = _format_head(response, len(data)) + data
    else:
        kind = WarcRecordType.resource
        charset = "utf-8" if isinstance(body, str) else document.charset
        content_type = document.media_type + (f"; charset={charset}" if charset else "")
        block = data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    named = {
        **common,
        "WARC-Record-ID": page_id,
        "WARC-Concurrent-To": description_id,
        DESCRIBED_BY: description_id,
        "Content-Type": content_type,
    }
    yield _make_record(kind, named, block), hashlib.sha1(data).digest()


def _make_info(run_id: str, name: str) -> tuple[WarcRecord, None]:
    fields = (
        f"software: newsbeam/{metadata.version('newsbeam')}\r\n"
        "format: WARC file version 1.1\r\n"
        "conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/"
        f"warc-1.1/\r\nisPartOf: {run_id}\r\n"
    )
    named = {
        "WARC-Record-ID": _make_id(),
        "WARC-Date": _format_instant(datetime.now(UTC)),
        "WARC-Filename": name,
        "Content-Type": "application/warc-fields",
    }
    return _make_record(WarcRecordType.warcinfo, named, fields.encode()), None


def _make_record(kind: WarcRecordType, named: Mapping[str, str], block: bytes) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(kind)
    for name, value in named.items():
        record.headers[name] = value
    record.set_bytes_content(block)
    return record


def _write_record(file: BinaryIO, record: WarcRecord, payload_digest: bytes | None) -> None:
    """Append ``record`` as a gzip member of its own, with the digests that tools verify."""
    if payload_digest is not None:
        record.headers["WARC-Payload-Digest"] = f"sha1:{base64.b32encode(payload_digest).decode()}"
    member = GzipWriter(file)
    record.write(member, checksum_data=True)
    member.finish()


def _format_head(response: Response, length: int) -> bytes:
    """The answer's status line and headers, as those of a body of ``length`` bytes uncoded.

    Headers of the wire are kept as ``X-Archive-Orig-*``, as web archives do. Of headers that come
    to more than 16 KiB, the last ones are left out, Content-Type never.
    """
    lines = [f"content-length: {length}"]
    content_type = _clean_value(response.headers.get("content-type", ""))
    if content_type:
        lines.insert(0, f"content-type: {content_type[:1000]}")
    size = 0
    for name, value in response.headers.items():
        if name.lower() == "content-type" or not _HEADER_NAME.fullmatch(name):
            continue
        prefix = "x-archive-orig-" if name.lower() in _WIRE_HEADERS else ""
        line = f"{prefix}{name}: {_clean_value(value)}"
        size += len(line)
        if size > _LARGEST_HEAD:
            break
        lines.append(line)
    status = f"HTTP/1.1 {response.status} {_find_phrase(response.status)}"
    return _encode_head("\r\n".join([status, *lines, "", ""]))


def _find_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _clean_value(value: str) -> str:
    return _CONTROL.sub(" ", value).strip()


def _encode_head(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # bytes that were not UTF-8 when received
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _encode_url(url: str) -> str:
    """``url`` with what may not stand in a URI percent-encoded; what is encoded stays."""
    return _NOT_URL.sub(lambda found: quote(found[0], errors="replace"), url)


def _make_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _format_instant(instant: datetime) -> str:
    """The instant in UTC, with microseconds (ISO 28500:2017 section 5.4)."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
