"""What the fields of a row mean, whatever format it stood in and whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import Document, Metadata, Rejection
from newsbeam.transforms.settings.source import RowField
from newsbeam.transforms.text.dates import NOON, find_instant
from newsbeam.transforms.text.encoding import normalize_newlines
from newsbeam.transforms.text.identity import canonicalize_url, digest_bytes

_UNUSABLE = re.compile("[\x00\ud800-\udfff]")  # what no text column can hold
# Of the names of a row so many are told, and so many letters of each: they may be data.
_MOST_NAMES, _LONGEST_NAME = 12, 40
NAMELESS = "(no name)"
_NO_LETTER = re.compile(r"[\W_]+")
_MARKUP = re.compile(r"</(?:p|div|article|section|h[1-6])>|<br ?/?>", re.IGNORECASE)
_EPOCH_SECONDS = range(10**8, 10**11)  # 1973 to 5138
# The names that news exports, scrapers and schema.org give them, the likeliest first; they are
# compared without case and marks, so that "datePublished" is "date_published". A name that could
# mean a text that newsbeam would then add to the article ("summary", "description") is none.
_NAMES: dict[RowField, tuple[str, ...]] = {
    "id": ("id", "guid", "article_id", "uuid"),
    "url": ("url", "link", "canonical_url", "article_url", "permalink", "uri"),
    "text": ("text", "body", "article_body", "content", "full_text", "maintext", "article_text"),
    "html": ("html", "body_html", "content_html", "raw_html"),
    "title": ("title", "headline", "heading"),
    "lead": ("lead", "standfirst", "ingress", "deck"),
    "authors": ("authors", "author", "byline", "creator", "creators"),
    "published_at": (
        "published_at", "date_published", "published", "publication_date", "publish_date",
        "pub_date", "published_date", "published_time", "publish_time", "date", "datetime",
        "timestamp", "created_at",
    ),
    "modified_at": (
        "modified_at", "date_modified", "updated_at", "modified", "updated", "last_modified",
    ),
    "language": ("language", "lang", "in_language"),
    "section": ("section", "category", "article_section"),
    "tags": ("tags", "keywords", "categories"),
    "image_url": ("image_url", "image", "top_image", "lead_image_url"),
    "paywalled": ("paywalled", "is_paywalled"),
}  # fmt: skip
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class _InvalidField(ValueError):
    """A field that is not what it should be; the message tells the user."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row's values by newsbeam's names, and the names that they have in it."""

    values: Mapping[str, Any]
    names: Mapping[str, str]

    def show(self, field: str) -> str:
        """The field's name, for messages."""
        return f"`{self.names.get(field, field)}`"


def read_row(
    row: Mapping[str, Any], data: bytes, item: InputFile, origin: str
) -> Document | Rejection:
    """The document of a row: an object with a text or a page, and optional fields.

    ``data`` are its bytes, which tell a changed row from the same one. newsbeam's names of the
    fields are those of the table `articles` (``text`` or ``html``, ``id``, ``url``, ``title``,
    ``lead``, ``authors``, ``published_at``, ``modified_at``, ``language``, ``section``, ``tags``,
    ``image_url``, ``paywalled``); ``item.fields`` says what they are called here, and for the
    others the usual names are tried. Null or an empty string means not known. Names that mean
    nothing are the document's ``unread``.

    The key is the ``id``, else the canonical ``url``, else the digest of ``data``: a row with
    neither has no identity of its own, so that an edited one is a new article.
    """
    named, unread = _name_fields(row, item.fields)
    try:
        document = _build_document(data, named, item, origin, unread)
    except _InvalidField as error:
        return item.reject("invalid_fields", str(error), origin)
    if not document.body.strip():
        field = "text" if document.media_type == "text/plain" else "html"
        detail = f"{named.show(field)} holds nothing but white space"
        return item.reject("empty", detail, origin)
    return document


def describe_type(value: object) -> str:
    """What ``value`` is in JSON, with its article."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    if value is None:
        return "null"
    return names.get(type(value), "a list" if isinstance(value, list) else "an object")


def _name_fields(
    row: Mapping[str, Any], mapped: Mapping[RowField, str]
) -> tuple[_Row, tuple[str, ...]]:
    """``row`` by newsbeam's names, and the names of fields that mean nothing."""
    usable = {key: value for key, value in row.items() if value is not None}
    by_form: dict[str, str] = {}
    for key in usable:
        if key not in mapped.values():
            by_form.setdefault(_fold(key), key)
    names: dict[str, str] = {}
    for field, usual in _NAMES.items():
        if field in mapped:
            if mapped[field] in usable:
                names[field] = mapped[field]
            continue
        there = [by_form[form] for name in usual if (form := _fold(name)) in by_form]
        if there:
            names[field] = next((name for name in there if usable[name] != ""), there[0])
    # A text that is said to be one beats what else could be it.
    if "html" in names and "text" in names and _fold(names["text"]) != "text":
        del names["text"]
    read = set(names.values())
    unread = tuple(key for key, value in usable.items() if key not in read and value != "")
    return _Row({field: usable[name] for field, name in names.items()}, names), unread


def _fold(name: str) -> str:
    return _NO_LETTER.sub("", name).casefold()


def _build_document(
    data: bytes, row: _Row, item: InputFile, origin: str, unread: tuple[str, ...]
) -> Document:
    """Build the document of a row. ``_InvalidField`` where a field has the wrong type."""
    text, html = _get_string(row, "text"), _get_string(row, "html")
    if text is None and html is None:
        there = [name[:_LONGEST_NAME] or NAMELESS for name in (*row.names.values(), *unread)]
        shown = ", ".join(there[:_MOST_NAMES]) + (", …" if len(there) > _MOST_NAMES else "")
        raise _InvalidField(
            "neither `text` nor `html`; a row needs one of them (`fields:` in the source's config "
            f"says what they are called; here are: {shown or 'none'})"
        )
    if text is not None and html is not None:
        raise _InvalidField("both `text` and `html`; a row needs one of them, not both")
    if text is not None and _fold(row.names["text"]) != "text" and _MARKUP.search(text):
        text, html = None, text  # `content` and `body` are either
    given = _build_metadata(row, item.timezone)
    provenance = item.describe_item(
        data,
        key=_get_id(row) or given.url or digest_bytes(data),
        origin=origin,
        url=given.url,
    )
    if html is not None:
        return Document(provenance, "text/html", html, given=given, unread=unread)
    body = normalize_newlines(text or "")
    return Document(provenance, "text/plain", body, given=given, unread=unread)


def _build_metadata(row: _Row, timezone: tzinfo) -> Metadata:
    published_at, is_day = _get_instant(row, "published_at", timezone)
    return Metadata(
        url=_get_url(row, "url"),
        title=_get_line(row, "title"),
        lead=_get_line(row, "lead"),
        authors=_get_strings(row, "authors"),
        published_at=published_at,
        published_at_from=("json_day" if is_day else "json") if published_at else None,
        published_at_text=str(row.values["published_at"])[:100].strip() if published_at else None,
        modified_at=_get_instant(row, "modified_at", timezone)[0],
        language=_get_line(row, "language"),
        section=_get_line(row, "section"),
        tags=_get_strings(row, "tags"),
        image_url=_get_line(row, "image_url"),
        paywalled=_get_bool(row, "paywalled"),
    )


def _get_string(row: _Row, field: str) -> str | None:
    """Return a string as it stands, with what no column can hold replaced by U+FFFD."""
    value = row.values.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _InvalidField(f"{row.show(field)} must be a string, not {describe_type(value)}")
    return _UNUSABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def _get_line(row: _Row, field: str) -> str | None:
    """Return a string as one line; ``None`` where it is empty."""
    return " ".join((_get_string(row, field) or "").split()) or None


def _get_strings(row: _Row, field: str) -> tuple[str, ...]:
    value = row.values.get(field)
    values = value if isinstance(value, list) else [value]
    if not all(entry is None or isinstance(entry, str) for entry in values):
        raise _InvalidField(f"{row.show(field)} must be a string or a list of strings")
    lines = (_get_line(_Row({field: entry}, row.names), field) for entry in values)
    return tuple(line for line in lines if line)


def _get_instant(row: _Row, field: str, timezone: tzinfo) -> tuple[datetime | None, bool]:
    """The instant, and whether only its day is told: then it is the day's noon."""
    value = row.values.get(field)
    if isinstance(value, date):
        is_day = not isinstance(value, datetime)
        instant = value if isinstance(value, datetime) else datetime.combine(value, NOON)
        return _check_instant(instant, row, field, timezone), is_day
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value if abs(int(value)) in _EPOCH_SECONDS else value / 1000
        if abs(int(seconds)) not in _EPOCH_SECONDS:
            raise _InvalidField(f"{row.show(field)} must be a time, not {value!r}")
        return datetime.fromtimestamp(seconds, UTC), False
    text = _get_line(row, field)
    if text is None:
        return None, False
    zone = timezone if isinstance(timezone, ZoneInfo) else ZoneInfo("UTC")
    found = find_instant(text, zone) or _parse_iso(text)
    if found is None:
        raise _InvalidField(
            f"{row.show(field)} must be a time like 2026-03-01T09:30:00+01:00 or 1.3.2026 09:30, "
            f"not {text[:40]!r}"
        )
    return _check_instant(found[0], row, field, timezone), found[1]


def _parse_iso(text: str) -> tuple[datetime, bool] | None:
    """Years that news never has, but a row may."""
    try:
        return datetime.fromisoformat(text), False
    except ValueError:
        return None


def _check_instant(instant: datetime, row: _Row, field: str, timezone: tzinfo) -> datetime:
    if instant.utcoffset() is None:
        instant = instant.replace(tzinfo=timezone)
    try:
        instant.astimezone(UTC)  # overflows at the edges of the calendar
    except OverflowError:
        raise _InvalidField(f"{row.show(field)} lies outside the calendar") from None
    return instant


def _get_url(row: _Row, field: str) -> str | None:
    value = _get_line(row, field)
    url = canonicalize_url(value) if value else None
    if value and not url:
        raise _InvalidField(
            f"{row.show(field)} must be an http or https address, not {value[:80]!r}"
        )
    return url


def _get_bool(row: _Row, field: str) -> bool | None:
    value = row.values.get(field)
    if isinstance(value, str) and value.strip().casefold() in _YES_NO:
        return _YES_NO[value.strip().casefold()]
    if value is not None and not isinstance(value, bool):
        raise _InvalidField(f"{row.show(field)} must be true or false, not {describe_type(value)}")
    return value


def _get_id(row: _Row) -> str | None:
    value = row.values.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _get_line(row, "id")
