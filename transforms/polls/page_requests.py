"""A ``PageRequest`` as one line of JSON, for tables and archives, and back.

The text is ASCII whatever the feed says, so that every store keeps it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from transforms.records import Entry, Metadata, PageRequest

Fields = dict[str, Any]

_INSTANTS = frozenset({"published_at", "modified_at"})
_LISTS = frozenset({"authors", "tags"})
_BOOLS = frozenset({"paywalled"})


def pack_request(request: PageRequest, *, with_content: bool = True) -> str:
    """Return ``request`` as a JSON object; equal requests give equal texts.

    What is not known is left out. Instants are ISO 8601 with their offset. Without
    ``with_content`` the entry's content, which may be long, is left out.
    """
    entry = request.entry
    packed = {
        "source": request.source,
        "feed": request.feed,
        "tries": request.tries,
        "known_as": request.known_as,
        "entry": _drop_unknown(
            {
                "id": entry.id,
                "url": entry.url,
                "digest": entry.digest,
                "metadata": pack_metadata(entry.metadata),
                "content": entry.content if with_content else None,
            }
        ),
    }
    return dump_json(_drop_unknown(packed))


def unpack_request(text: str) -> PageRequest:
    """Return the request that ``pack_request`` packed. Fields that it does not know are ignored.

    Raises:
        ValueError: ``text`` is no packed request; the message tells why.
    """
    packed = load_json(text)
    entry = packed.get("entry")
    if not isinstance(entry, dict):
        raise ValueError("`entry` must be an object")
    tries = packed.get("tries", 0)
    if not isinstance(tries, int) or isinstance(tries, bool) or tries < 0:
        raise ValueError("`tries` must be a number from 0")
    return PageRequest(
        source=need_text(packed, "source"),
        feed=need_text(packed, "feed"),
        entry=Entry(
            id=need_text(entry, "id"),
            url=get_text(entry, "url"),
            digest=need_text(entry, "digest"),
            metadata=unpack_metadata(entry.get("metadata", {})),
            content=get_text(entry, "content"),
        ),
        tries=tries,
        known_as=get_text(packed, "known_as"),
    )


def pack_metadata(metadata: Metadata) -> Fields:
    """Return what is known of ``metadata`` as JSON values."""
    packed = {}
    for field in fields(Metadata):
        value = getattr(metadata, field.name)
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = list(value) or None
        packed[field.name] = value
    return _drop_unknown(packed)


def unpack_metadata(packed: object) -> Metadata:
    """Return the metadata that ``pack_metadata`` packed.

    Raises:
        ValueError: ``packed`` is something else; the message tells why.
    """
    if not isinstance(packed, dict):
        raise ValueError("metadata must be an object")
    values: Fields = {}
    for field in fields(Metadata):
        if field.name not in packed:
            continue
        if field.name in _INSTANTS:
            values[field.name] = get_instant(packed, field.name)
        elif field.name in _LISTS:
            values[field.name] = _get_texts(packed, field.name)
        elif field.name in _BOOLS:
            values[field.name] = _get_bool(packed, field.name)
        else:
            values[field.name] = get_text(packed, field.name)
    return Metadata(**values)


def dump_json(values: Mapping[str, Any]) -> str:
    """Return ``values`` as JSON in one line of ASCII; ``load_json`` and this lose nothing."""
    return json.dumps(values, separators=(",", ":"))


def load_json(text: str | bytes) -> Fields:
    """Return the JSON object ``text``.

    Raises:
        ValueError: it is something else.
    """
    try:
        values = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    return values


def get_text(packed: Fields, name: str) -> str | None:
    """Return the text ``name``, if there is one. ValueError for a value of another type."""
    value = packed.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"`{name}` must be text")
    return value


def need_text(packed: Fields, name: str) -> str:
    """Return the text ``name``. ValueError where there is none."""
    value = get_text(packed, name)
    if value is None:
        raise ValueError(f"`{name}` is missing")
    return value


def get_instant(packed: Fields, name: str) -> datetime | None:
    """Return the instant ``name``, if there is one. ValueError for anything without an offset."""
    value = get_text(packed, name)
    if value is None:
        return None
    instant = datetime.fromisoformat(value)
    if instant.utcoffset() is None:
        raise ValueError(f"`{name}` has no offset")
    return instant


def _get_texts(packed: Fields, name: str) -> tuple[str, ...]:
    values = packed[name]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"`{name}` must be a list of texts")
    return tuple(values)


def _get_bool(packed: Fields, name: str) -> bool | None:
    value = packed[name]
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"`{name}` must be true or false")
    return value


def _drop_unknown(values: Fields) -> Fields:
    return {name: value for name, value in values.items() if value is not None and value != {}}
