"""Values of a query's result as JSON and as text."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

from newsbeam.transforms.text.counts import show_count


def value_to_json(value: Any) -> Any:
    """``value`` as what ``json.dumps`` takes.

    Instants become ISO 8601 in UTC with a Z, bytes hex digits, decimals numbers; what JSON has
    no number for (nan, inf) its name.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, pa.MonthDayNano):
        return _format_interval(*value)
    if isinstance(value, dict):
        return {str(value_to_json(key)): value_to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [value_to_json(item) for item in value]
    if isinstance(value, timedelta | UUID):
        return str(value)
    raise TypeError(f"DuckDB gave a value of an unknown type: {type(value).__name__}")


def to_text(value: Any) -> str:
    """``value`` as one cell: nested values as compact JSON, null as nothing."""
    plain = value_to_json(value)
    if plain is None:
        return ""
    if isinstance(plain, str):
        return plain
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _format_interval(months: int, days: int, nanoseconds: int) -> str:
    """As SQL takes it back, for instance ``2 days 01:30:00``."""
    seconds, rest = divmod(abs(nanoseconds), 10**9)
    sign = "-" if nanoseconds < 0 else ""
    clock = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    parts = [
        show_count(number, noun) for number, noun in ((months, "month"), (days, "day")) if number
    ]
    if nanoseconds or not parts:
        parts.append(clock + (f".{rest:09}".rstrip("0") if rest else ""))
    return " ".join(parts)
