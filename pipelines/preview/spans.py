"""Marking stretches of a text that may overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text. ``spans`` are the numbers of those that cover it: ``begins`` are the ones
    that begin with it, the longest first, ``ends`` those that end with it, the last begun first.
    """

    text: str
    spans: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


def cut_text(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """Cut ``text`` wherever one of ``spans`` begins or ends.

    ``spans`` are pairs of start and end, end exclusive, in any order; they may overlap. What is
    outside of ``text`` is cut off, and a span without a character of it is left out. The pieces
    together are the text; none is empty. Takes time for each piece and the spans over it.
    """
    inside = {
        number: (max(start, 0), min(end, len(text)))
        for number, (start, end) in enumerate(spans)
        if max(start, 0) < min(end, len(text))
    }
    begins: dict[int, list[int]] = defaultdict(list)
    ends: dict[int, list[int]] = defaultdict(list)
    # The longest first, so that what lies within another is opened later and closed earlier.
    for number, (start, end) in sorted(inside.items(), key=lambda it: (it[1][0], -it[1][1], it[0])):
        begins[start].append(number)
        ends[end].insert(0, number)
    places = sorted({0, len(text), *begins, *ends})
    pieces: list[Piece] = []
    open_spans: dict[int, None] = {}  # for its order
    for start, end in pairwise(places):
        open_spans |= dict.fromkeys(begins[start])
        covering = tuple(open_spans)
        pieces.append(Piece(text[start:end], covering, tuple(begins[start]), tuple(ends[end])))
        for number in ends[end]:
            del open_spans[number]
    return tuple(pieces)
