"""A text with its headings, names, quotes and statements, as the page draws them.

The lake's offsets are Unicode code points, JavaScript's are UTF-16 code units.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from newsbeam.pipelines.report.name_kinds import tell_name_kind

_LAST_OF_ONE_UNIT = "\uffff"


def pack_marks(
    text: str,
    headings: Iterable[Mapping[str, Any]] | None = None,
    entities: Iterable[Mapping[str, Any]] | None = None,
    quotes: Iterable[Mapping[str, Any]] | None = None,
    statements: Iterable[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """``text`` and what columns of the table `articles` say of it; offsets are UTF-16 code units.

    `pipelines/report/page_marks.js` reads the keys.
    """
    convert = make_converter(text)

    def span(item: Mapping[str, Any]) -> list[int]:
        return [convert(item["start"]), convert(item["end"])]

    return {
        "t": text,
        "h": [span(heading) for heading in headings or ()],
        "e": [
            [*span(e), e["label"], e["name"] or e["text"], tell_name_kind(e["label"])]
            for e in entities or ()
        ],
        "q": [
            [
                *span(quote), quote["speaker"], quote["cue"], quote["kind"],
                bool(quote["is_heading"]), [span(piece) for piece in quote["segments"] or ()],
                quote["speaker_role"],
            ]
            for quote in quotes or ()
        ],
        "s": [
            [
                *span(said), said["speaker"], said["cue"], said["kind"],
                [span(piece) for piece in said["segments"] or ()],
            ]
            for said in statements or ()
        ],
    }  # fmt: skip


def make_converter(text: str) -> Callable[[int], int]:
    """What turns an offset into ``text`` in code points into one in UTF-16 code units.

    Characters beyond U+FFFF take two units (Unicode 16.0, section 3.9, D91).
    """
    if not text or max(text) <= _LAST_OF_ONE_UNIT:
        return int
    wide = [at for at, character in enumerate(text) if character > _LAST_OF_ONE_UNIT]
    return lambda offset: offset + bisect_left(wide, offset)
