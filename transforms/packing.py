"""Records as JSON in one line of ASCII, for tables, archives and checkpoints, and back.

The text is ASCII whatever a feed says, so that every store keeps it as it is; lone surrogates are
kept, too. What a record has by default, or does not know (``None``), takes no room. Equal records
give equal texts. Fields that a record does not have are ignored, as those of a newer version.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaSerializer, SchemaValidator, core_schema

from newsbeam.transforms.records import PageRequest

JsonFields = dict[str, Any]

_Record = TypeVar("_Record")
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


def pack(record: Any) -> str:
    """Return ``record``, a dataclass, as JSON."""
    return _ENCODE(pack_fields(record))


def unpack(kind: type[_Record], text: str | bytes) -> _Record:
    """Return the record of the dataclass ``kind`` that ``pack`` packed.

    Raises:
        ValueError: ``text`` is something else; the message tells why.
    """
    try:
        return unpack_fields(kind, json.loads(text))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def pack_fields(record: Any) -> JsonFields:
    """Return ``record``, a dataclass, as JSON values. Instants are ISO 8601 with their offset."""
    _, serializer = _make_codec(type(record))  # type: ignore[arg-type]
    fields: JsonFields = serializer.to_python(record, mode="json", exclude_defaults=True)
    return fields


def unpack_fields(kind: type[_Record], fields: object) -> _Record:
    """Return the record of the dataclass ``kind`` that ``pack_fields`` packed.

    Raises:
        ValueError: ``fields`` are something else; the message tells why.
    """
    validator, _ = _make_codec(kind)  # type: ignore[arg-type]
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    try:
        record: _Record = validator.validate_python(fields)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(name) for name in fault["loc"])
        raise ValueError(f"`{place}`: {fault['msg']}") from None
    return record


def pack_request(request: PageRequest, *, with_content: bool = True) -> str:
    """Return ``request`` as JSON, without the entry's content, which may be long, if so wanted."""
    kept = request if with_content else drop_content(request)
    return _ENCODE({"tries": 0, **pack_fields(kept)})


def unpack_request(text: str | bytes) -> PageRequest:
    """Return the request that ``pack_request`` packed.

    Raises:
        ValueError: ``text`` is no packed request; the message tells why.
    """
    return unpack(PageRequest, text)


def drop_content(request: PageRequest) -> PageRequest:
    """Return ``request`` without its entry's content."""
    return replace(request, entry=replace(request.entry, content=None))


@cache
def _make_codec(kind: type[Any]) -> tuple[SchemaValidator, SchemaSerializer]:
    schema = _tighten(TypeAdapter(kind).core_schema)
    return SchemaValidator(schema), SchemaSerializer(schema)


def _tighten(schema: Any) -> Any:
    """Pydantic's ``schema`` of records, made to fit JSON: pydantic itself either takes "1" for a
    number (lax) or no list for a tuple (strict), and its own parser of JSON no lone surrogates."""
    if isinstance(schema, list):
        return [_tighten(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tight = {name: _tighten(value) for name, value in schema.items()}
    match tight.get("type"):
        case "str" | "int" | "float" | "bool":
            tight["strict"] = True
        case "datetime":
            return _INSTANT
        case "dataclass-field" if tight["schema"]["type"] == "nullable":
            tight["schema"] = core_schema.with_default_schema(tight["schema"], default=None)
        case "dict" if tight["keys_schema"]["type"] == "tuple":
            return _pair_schema(tight["keys_schema"], tight["values_schema"])
    return tight


def _pair_schema(keys: Any, values: Any) -> core_schema.CoreSchema:
    """A dictionary with keys that JSON cannot have, as a list of pairs."""
    pairs = core_schema.list_schema(core_schema.tuple_schema([keys, values]))
    packed = core_schema.plain_serializer_function_ser_schema(
        lambda mapping: list(mapping.items()), return_schema=pairs
    )
    return core_schema.no_info_after_validator_function(dict, pairs, serialization=packed)


def _read_instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be text")
    instant = datetime.fromisoformat(value)
    if instant.utcoffset() is None:
        raise ValueError("has no offset")
    return instant


_INSTANT = core_schema.no_info_plain_validator_function(
    _read_instant,
    serialization=core_schema.plain_serializer_function_ser_schema(datetime.isoformat),
)
