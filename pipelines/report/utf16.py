"""From the lake's offsets (Unicode code points) to JavaScript's (UTF-16 code units)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

_LAST_OF_ONE_UNIT = "\uffff"


def make_converter(text: str) -> Callable[[int], int]:
    """What turns an offset into ``text`` in code points into one in UTF-16 code units.

    Characters beyond U+FFFF take two units (Unicode 16.0, section 3.9, D91).
    """
    if not text or max(text) <= _LAST_OF_ONE_UNIT:
        return int
    wide = [at for at, character in enumerate(text) if character > _LAST_OF_ONE_UNIT]
    return lambda offset: offset + bisect_left(wide, offset)
