"""Pairs of quotation marks, in one pass."""

from __future__ import annotations

import re
from typing import NamedTuple

from transforms.records import QuoteKind

# A mark whose partner is farther away than this (code points) has lost it.
MAX_CHARS = 2000
# A straight mark's partner on a later line is sought so far.
MAX_LINE_CHARS = 400
_NEW_TURN = re.compile(r"\n[-–—]")
_PARTNERS = {"«": "»", "“": "”", "„": "“”"}
_EITHER = '"”'


class Marked(NamedTuple):
    """Text between quotation marks: ``start`` to ``end`` without them.

    ``closed`` is false where only the opening mark is there; ``end`` is then ``start``.
    """

    start: int
    end: int
    kind: QuoteKind
    closed: bool


def find_marked(text: str) -> tuple[Marked, ...]:
    """Find the outermost marked stretches of a text, in order.

    Knows «…», “…”, „…“, „…”, ”…” and "…". Guillemets may nest and cross line breaks. The others
    cross one only to a partner that stands like one: an odd mark would else turn all that follow
    inside out. Linear time.
    """
    found: list[Marked] = []
    opened: list[tuple[int, str]] = []
    for position, character in enumerate(text):
        if opened and position - opened[0][0] > MAX_CHARS:
            found.append(_unclosed(opened))
            opened = []
        if character == "\n" and opened and not _goes_on(text, position, opened[-1][1]):
            found.append(_unclosed(opened))
            opened = []
        elif opened and _closes(text, position, opened[-1][1]):
            start, mark = opened.pop()
            if not opened:
                found.append(Marked(start + 1, position, _kind(mark), True))
        elif character in _PARTNERS or (character in _EITHER and _opens(text, position)):
            if opened and opened[-1][1] == character and _begins_line(text, position):
                found.append(_unclosed(opened))
                opened = []
            opened.append((position, character))
    if opened:
        found.append(_unclosed(opened))
    return tuple(found)


def _goes_on(text: str, newline: int, mark: str) -> bool:
    """Whether a marked stretch crosses a line break: its partner is the next mark."""
    if text[newline + 1 : newline + 2] == "\n":
        return False
    if mark == "«":
        return True
    partner = text.find(mark, newline, newline + MAX_LINE_CHARS) if mark in _EITHER else -1
    return (
        partner > newline + 1
        and not _opens(text, partner)
        and "\n\n" not in text[newline:partner]
        and _NEW_TURN.search(text, newline, partner) is None
    )


def _closes(text: str, position: int, mark: str) -> bool:
    """Whether a character closes a mark; a straight one may stand in for a lost guillemet."""
    character = text[position]
    if character in _PARTNERS.get(mark, mark):
        return not _opens(text, position)
    if mark != "«" or character not in _EITHER or _opens(text, position):
        return False
    behind = text[position + 1 : position + 1 + MAX_LINE_CHARS]
    return "»" not in behind.partition("«")[0]


def _opens(text: str, position: int) -> bool:
    """Whether a mark that opens and closes alike stands before a word, not behind one."""
    if text[position] not in _EITHER:
        return text[position] in _PARTNERS and text[position] != "“"
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return (not before or before.isspace() or before in "([–—-«“") and not (
        not after or after.isspace()
    )


def _begins_line(text: str, position: int) -> bool:
    return position == 0 or text[position - 1] == "\n"


def _kind(mark: str) -> QuoteKind:
    return "guillemet" if mark == "«" else "quote_marks"


def _unclosed(opened: list[tuple[int, str]]) -> Marked:
    start, mark = opened[0]
    return Marked(start + 1, start + 1, _kind(mark), False)
