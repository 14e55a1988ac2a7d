"""A reported statement as it is read, before it is known whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.records import Segment, Statement, StatementKind
from newsbeam.transforms.text.characters import DASHES

_EDGES_BEFORE = DASHES + " \t\u00a0,;:"
_EDGES_BEHIND = _EDGES_BEFORE + "."
# Of the statements around another, only the innermost ones are compared: it keeps the time linear.
_MAX_AROUND = 4


@dataclass(frozen=True, slots=True)
class Report:
    """A statement before it is known whose: its tokens as pieces, and the words that ascribe it.

    ``mention`` is ``None`` where the subject is left out. ``place`` is the token up to which the
    text must be known to tell whom the mention means.
    """

    kind: StatementKind
    pieces: tuple[tuple[int, int], ...]
    mention: Mention | None
    cue: str
    place: int


def segments_of(cut: Segmentation, report: Report) -> tuple[Segment, ...]:
    """A report's pieces as offsets, without the marks and spaces at their edges."""
    found = []
    for first, last in report.pieces:
        start, end = cut.tokens[first].start, cut.tokens[last - 1].end
        while start < end and cut.text[start] in _EDGES_BEFORE:
            start += 1
        while end > start and cut.text[end - 1] in _EDGES_BEHIND:
            end -= 1
        if start < end:
            found.append(Segment(start, end))
    return tuple(found)


def drop_repeated(statements: Sequence[Statement]) -> list[Statement]:
    """Statements in order; of two by one speaker, one inside the other, the outer one."""
    kept: list[Statement] = []
    around: list[Statement] = []
    for statement in sorted(statements, key=lambda one: (one.start, -one.end)):
        while around and around[-1].end <= statement.start:
            around.pop()
        if not any(outer.speaker == statement.speaker for outer in around[-_MAX_AROUND:]):
            kept.append(statement)
        around.append(statement)
    return kept
