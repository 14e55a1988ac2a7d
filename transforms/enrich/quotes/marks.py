"""Pairs of quotation marks, in one pass."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from newsbeam.transforms.records import QuoteKind
from newsbeam.transforms.text.characters import DASHES, SIBILANTS

# A mark whose partner is farther away than this (code points) has lost it.
MAX_QUOTE_CHARS = 2000
# A straight mark's partner on a later line is sought so far.
MAX_LINE_CHARS = 1000
# Of pairs within it no more than this many marks are looked at.
_MOST_MARKS = 16
_NEW_TURN = re.compile(rf"\n[{DASHES}]")
_PARTNERS = {"«": "»", "»": "«", "“": '”"“', "„": "“”"}
_EITHER = '"”'
_MARKS = '«“”"'
# The marks that open or close beside each.
_KIN = {
    '"': re.compile('["”]'),
    "”": re.compile('["”]'),
    "“": re.compile('[“”"]'),
    "„": re.compile("[„“”]"),
}
_ANY = re.compile("[«»“”„\"‘’‚'\n]")
# Marks that are apostrophes too: they count in pairs alone, on one line.
_SINGLE = re.compile("[‘’']")
_BEFORE_OPENING = '([–—-«“"'
_AFTER_OPENING = '«“"-–—….('


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

    Knows «…», »…«, “…”, “…“, „…“, „…”, ”…”, "…", ‘…’, ‚…‘ and '…', and a straight mark in place of
    a curly one. Guillemets may nest and cross line breaks. The others cross one only to a partner
    that stands like one: an odd mark would else turn all that follow inside out. Single marks do so
    never. The pairs behind a mark that never closes stand by themselves. Linear time.
    """
    found: list[Marked] = []
    opened: list[tuple[int, str]] = []
    inner: list[Marked] = []  # Pairs inside the outermost open one, should it never close.
    reach = 0
    for match in _ANY.finditer(text):
        position, character = match.start(), match[0]
        if position < reach:
            continue
        if not opened and character in "‘'‚" and _stands_before_word(text, position):
            partner = _find_single_partner(text, position)
            if partner is not None:
                found.append(Marked(position + 1, partner, "quote_marks", True))
                reach = partner + 1
            continue
        if opened and position - opened[0][0] > MAX_QUOTE_CHARS:
            found += _give_up(opened, inner)
        if character == "\n" and opened and not _goes_on(text, position, opened[-1][1]):
            found += _give_up(opened, inner)
        elif opened and _closes(text, position, opened[-1][1]):
            start, mark = opened.pop()
            inner.append(Marked(start + 1, position, _kind(mark), True))
            if not opened:
                found.append(inner.pop())
                inner.clear()
        elif character in "„“" or (character in _EITHER + "«»" and _opens(text, position)):
            if opened and opened[-1][1] == character and _begins_line(text, position):
                found += _give_up(opened, inner)
            opened.append((position, character))
    found += _give_up(opened, inner)
    return tuple(found)


def _goes_on(text: str, newline: int, mark: str) -> bool:
    """Whether a marked stretch crosses a line break: its partner is the next mark, or stands
    behind pairs that are whole (*… og sagde: "Gjorde du det?"*), none of which opens a line."""
    if text[newline + 1 : newline + 2] == "\n":
        return False
    if mark in "«»":
        return True
    end = newline + MAX_LINE_CHARS
    ends = [at for at in (text.find("\n\n", newline, end),) if at >= 0]
    ends += [turn.start() for turn in (_NEW_TURN.search(text, newline, end),) if turn]
    depth = 1
    for match in islice(_KIN[mark].finditer(text, newline, min([end, *ends])), _MOST_MARKS):
        at = match.start()
        is_opening = _opens(text, at)
        if at <= newline + 1 or (is_opening and _begins_line(text, at)):
            return False
        depth += 1 if is_opening else -1
        if not depth:
            return True
    return False


def _closes(text: str, position: int, mark: str) -> bool:
    """Whether a character closes a mark; another mark may stand in for a lost partner."""
    character = text[position]
    partners = _PARTNERS.get(mark, mark)
    if character in partners:
        if mark == "»":  # "…”«, sa hun", "… . «": only a word behind it makes it open.
            apart = _stands_apart(text[position - 1 : position])
            return not (apart and text[position + 1 : position + 2].isalnum())
        return mark in "«„" or not _opens(text, position)
    if character not in _EITHER or _opens(text, position):
        return False
    behind = text[position + 1 : position + 1 + MAX_LINE_CHARS]
    if mark in "«»":
        return partners not in behind.partition(mark)[0]
    own = behind.partition("\n")[0].find(partners[0])
    return own < 0 or _opens(text, position + 1 + own)


def _opens(text: str, position: int) -> bool:
    """Whether a mark that opens and closes alike stands before a word, not behind one."""
    mark, before, after = (
        text[position],
        text[position - 1 : position],
        text[position + 1 : position + 2],
    )
    if mark == "«":  # It opens also where spaces stand inside, and closes »so«.
        return _stands_apart(before) or after.isalnum()
    if mark == "»":
        return _stands_before_word(text, position)
    if mark == "„":
        return True
    if before and before in _MARKS:  # '…"nei"", sa hun'
        return after.isalnum()
    return _stands_apart(before) and bool(after) and not after.isspace()


def _stands_before_word(text: str, position: int) -> bool:
    after = text[position + 1 : position + 2]
    return (
        _stands_apart(text[position - 1 : position])
        and bool(after)
        and (after.isalnum() or after in _AFTER_OPENING)
    )


def _stands_apart(before: str) -> bool:
    """Whether a mark behind ``before`` can open: nothing, space or another mark."""
    return not before or before.isspace() or before in _BEFORE_OPENING


def _find_single_partner(text: str, position: int) -> int | None:
    """The single mark that closes the one at ``position``, on its line.

    A mark within a word is an apostrophe, and so is one behind an "s" if another closes later.
    """
    line = text[position + 1 : position + 1 + MAX_LINE_CHARS].partition("\n")[0]
    genitive = None
    for match in _SINGLE.finditer(line):
        at = position + 1 + match.start()
        before, after = text[at - 1], text[at + 1 : at + 2]
        if before.isspace() or at == position + 1:
            break
        if after.isalnum():
            continue
        if before in SIBILANTS and after.isspace() and text[at + 2 : at + 3].isalnum():
            genitive = genitive or at
            continue
        return at
    return genitive


def _begins_line(text: str, position: int) -> bool:
    return position == 0 or text[position - 1] == "\n"


def _kind(mark: str) -> QuoteKind:
    return "guillemet" if mark in "«»" else "quote_marks"


def _give_up(opened: list[tuple[int, str]], inner: list[Marked]) -> list[Marked]:
    """Empties both: the mark that never closes and, outermost alone, the whole pairs behind it."""
    if not opened:
        return []
    start, mark = opened[0]
    apart = [Marked(start + 1, start + 1, _kind(mark), False)]
    for pair in sorted(inner):
        if pair.start > apart[-1].end:
            apart.append(pair)
    opened.clear()
    inner.clear()
    return apart
