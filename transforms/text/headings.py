"""Headings of a plain text, told by their shape alone."""

from __future__ import annotations

import re

from newsbeam.transforms.records import Heading
from newsbeam.transforms.text.characters import CLOSING_MARKS, DASHES

MAX_HEADING_CHARS = 90
MAX_WORDS = 14
# A run of more such lines in the middle of a text is a list or a table, not headings.
_MAX_RUN = 4
_FINAL_STOPS = ".,;:…?!"
_WORD = re.compile(r"\w+")
_BULLET = re.compile(rf"[{DASHES}*•·]\s|\d+[.)]\s")
_OPENING_DASH = re.compile(rf"[{DASHES}]{{1,2}}\s*[^\W\d_]")
# "Oslo (NTB)", "12. mai 2024", "10:45", "KRISTIANSAND (NTB)": datelines and times of day.
_DATELINE = re.compile(r"\([^()]*\)$|\b\d{1,2}\.\s*\w+\s+\d{4}$|\b\d{1,2}[.:]\d{2}$|\b\d{4}$")


def find_headings(text: str) -> tuple[Heading, ...]:
    """Guess the headings of a text, in order.

    A heading is a short line without a final stop that a longer line with one follows, at once or
    after more headings. Lists, datelines, lines that end in a colon and the text's last lines
    are none. Assumes that the title and captions are not in the text. Linear time.
    """
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\s](?:[^\n]*[^\s])?", text)]
    found: list[Heading] = []
    run: list[tuple[int, int]] = []
    for position, (start, end) in enumerate(lines):
        if is_heading_shaped(text[start:end]):
            run.append((start, end))
            continue
        if run and not _is_list([text[s:e] for s, e in run], at_top=len(run) == position):
            heads = _is_paragraph(text[start:end], text[run[-1][0] : run[-1][1]])
            # Speech in running text ends with a stop: a short dash line without is a heading.
            found.extend(
                Heading(text[s:e], s, e) for s, e in run if heads or _OPENING_DASH.match(text, s)
            )
        run = []
    return tuple(found)


def is_heading_shaped(line: str) -> bool:
    """Whether a line, without white space at its edges, is short and lacks a final stop."""
    if len(line) > MAX_HEADING_CHARS or line[-1] in _FINAL_STOPS:
        return False
    words = _WORD.findall(line)
    if not 0 < len(words) <= MAX_WORDS or not any(c.isalpha() for c in line):
        return False
    bare = line.rstrip(CLOSING_MARKS + "«")  # Danish and German print »so« too.
    if not bare or bare[-1] in _FINAL_STOPS:
        return False
    return not _DATELINE.search(line) and _opens_upper(line)


def _opens_upper(line: str) -> bool:
    """Whether the first letter or digit is a capital or a digit."""
    first = next(character for character in line if character.isalnum())
    return first.isupper() or first.isdigit()


def _is_paragraph(line: str, heading: str) -> bool:
    """Whether a line can be what a heading heads: running text, or speech."""
    if line[0] in DASHES and line[-1] in _FINAL_STOPS:
        return True
    return len(_WORD.findall(line)) > 5 and len(line) > len(heading) // 2


def _is_list(run: list[str], at_top: bool) -> bool:
    if len(run) >= 3 and all(_BULLET.match(line) for line in run):
        return True
    return len(run) > _MAX_RUN and not at_top
