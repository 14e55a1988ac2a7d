"""JSON Lines: one article a line (https://jsonlines.org, RFC 8259)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any, BinaryIO

from transforms.encoding import normalize_newlines
from transforms.identity import canonicalize_url, digest_bytes
from transforms.input_file import InputFile
from transforms.records import Document, Metadata, Rejection

_SKIP_BYTES = 65_536
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")  # what no text column can hold

Fields = dict[str, Any]


class _InvalidField(ValueError):
    """A field that is not what the format says; the message tells the user."""


def _iterate_line(file: BinaryIO, max_bytes: int) -> Iterator[bytes | None]:
    """Yield each line without its end; ``None`` for a line of more than ``max_bytes`` bytes."""
    while line := file.readline(max_bytes + 2):
        complete = line.endswith(b"\n")
        content = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(content) <= max_bytes:
            yield content
            continue
        del line, content
        while not complete and (rest := file.readline(_SKIP_BYTES)):
            complete = rest.endswith(b"\n")
        yield None


def _get_string(fields: Fields, name: str) -> str | None:
    """Return a string as it stands, with what no column can hold replaced by U+FFFD."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _InvalidField(f"`{name}` must be a string, not {_name_type(value)}")
    return _UNUSABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def _get_line(fields: Fields, name: str) -> str | None:
    """Return a string as one line; ``None`` where it is empty."""
    return " ".join((_get_string(fields, name) or "").split()) or None


def _get_strings(fields: Fields, name: str) -> tuple[str, ...]:
    value = fields.get(name)
    values = value if isinstance(value, list) else [value]
    if not all(entry is None or isinstance(entry, str) for entry in values):
        raise _InvalidField(f"`{name}` must be a string or a list of strings")
    lines = (_get_line({name: entry}, name) for entry in values)
    return tuple(line for line in lines if line)


def _get_instant(fields: Fields, name: str, timezone: tzinfo) -> datetime | None:
    value = _get_line(fields, name)
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.utcoffset() is None:
            instant = instant.replace(tzinfo=timezone)
        instant.astimezone(UTC)  # overflows at the edges of the calendar
    except (ValueError, OverflowError):
        raise _InvalidField(
            f"`{name}` must be an ISO 8601 time like 2026-03-01T09:30:00+01:00, not {value[:40]!r}"
        ) from None
    return instant


def _get_url(fields: Fields, name: str) -> str | None:
    value = _get_line(fields, name)
    url = canonicalize_url(value) if value else None
    if value and not url:
        raise _InvalidField(f"`{name}` must be an http or https address, not {value[:80]!r}")
    return url


def _get_bool(fields: Fields, name: str) -> bool | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise _InvalidField(f"`{name}` must be true or false, not {_name_type(value)}")
    return value


def _get_id(fields: Fields) -> str | None:
    value = fields.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _get_line(fields, "id")


def _name_type(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    if value is None:
        return "null"
    return names.get(type(value), "a list" if isinstance(value, list) else "an object")


def _build_metadata(fields: Fields, timezone: tzinfo) -> Metadata:
    published_at = _get_instant(fields, "published_at", timezone)
    return Metadata(
        url=_get_url(fields, "url"),
        title=_get_line(fields, "title"),
        lead=_get_line(fields, "lead"),
        authors=_get_strings(fields, "authors"),
        published_at=published_at,
        published_at_from="json" if published_at else None,
        published_at_text=_get_line(fields, "published_at") if published_at else None,
        modified_at=_get_instant(fields, "modified_at", timezone),
        language=_get_line(fields, "language"),
        section=_get_line(fields, "section"),
        tags=_get_strings(fields, "tags"),
        image_url=_get_line(fields, "image_url"),
        paywalled=_get_bool(fields, "paywalled"),
    )


def _build_document(line: bytes, fields: Fields, item: InputFile, origin: str) -> Document:
    """Build the document of a line. ``_InvalidField`` where a field has the wrong type."""
    text, html = _get_string(fields, "text"), _get_string(fields, "html")
    if text is None and html is None:
        raise _InvalidField("neither `text` nor `html`; a line needs one of them")
    if text is not None and html is not None:
        raise _InvalidField("both `text` and `html`; a line needs one of them, not both")
    given = _build_metadata(fields, item.timezone)
    provenance = item.describe_item(
        line,
        key=_get_id(fields) or given.url or digest_bytes(line),
        origin=origin,
        url=given.url,
    )
    if html is not None:
        return Document(provenance, "text/html", html, given=given)
    return Document(provenance, "text/plain", normalize_newlines(text or ""), given=given)


def read_json_line(line: bytes, item: InputFile, origin: str) -> Document | Rejection:
    """Read one line (without its end): an object with ``text`` or ``html`` and optional fields.

    Optional are ``id``, ``url``, ``title``, ``lead``, ``authors``, ``published_at``,
    ``modified_at``, ``language``, ``section``, ``tags``, ``image_url``, ``paywalled``; other
    fields are ignored, and null or an empty string means not known. The key is the ``id``, else
    the canonical ``url``, else the digest of the line: a line with neither has no identity of
    its own, so that an edited one is a new article.

    A line that is not UTF-8 is rejected rather than guessed at: JSON is UTF-8 by definition, and
    one line is too little to tell code pages apart.
    """
    try:
        # NUL never stands in JSON: UTF-16 read as bytes.
        text = line.decode("utf-8") if b"\0" not in line else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        return item.reject(
            "unknown_encoding", "not UTF-8, which JSON has to be; convert the file", origin
        )
    try:
        fields = json.loads(text)
    except RecursionError:
        return item.reject("invalid_json", "nested too deeply", origin)
    except ValueError as error:
        return item.reject("invalid_json", str(error), origin)
    if not isinstance(fields, dict):
        detail = f"a line must be a JSON object, not {_name_type(fields)}"
        return item.reject("invalid_json", detail, origin)
    try:
        document = _build_document(line, fields, item, origin)
    except _InvalidField as error:
        return item.reject("invalid_fields", str(error), origin)
    if not document.body.strip():
        field = "text" if document.media_type == "text/plain" else "html"
        return item.reject("empty", f"`{field}` holds nothing but white space", origin)
    return document


def read_json_lines(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read JSON Lines: one outcome for every line that is not blank.

    A line of more than ``item.max_bytes`` bytes is skipped without being held in memory.
    """
    for number, line in enumerate(_iterate_line(file, item.max_bytes), start=1):
        origin = f"{item.path}#L{number}"
        if line is None:
            yield item.reject_too_large(origin)
            continue
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if content.strip():
            yield read_json_line(content, item, origin)
