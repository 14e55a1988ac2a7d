"""Which lines that a dash opens are items of a list."""

from __future__ import annotations

from collections.abc import Iterable

from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.speech import SpeechJudge
from newsbeam.transforms.text.characters import CLOSING_MARKS, DASHES

_MIN_ITEMS = 3
# Behind a colon that makes nobody speak.
_MIN_INTRODUCED = 2


def find_bullets(
    cut: Segmentation, reader: AttributionReader, judge: SpeechJudge, lines: Iterable[int]
) -> set[int]:
    """Lines of lists among ``lines``, which a dash opens: three and more in a row, not spoken.

    In speech that runs over so many turns somebody says "I" or "you", asks, exclaims or has a
    reporting clause. Items without a final stop are a list also where one of them has it. Two
    lines do behind a colon that makes nobody speak. A figure without a final stop
    ("- 5 grader i natt") is one by itself.
    """
    bullets: set[int] = set()
    run: list[int] = []
    for line in [*sorted(lines), -1]:
        if run and line != run[-1] + 1:
            bullets |= _list_items(cut, reader, judge, run)
            run = []
        if line < 0:
            break
        if _is_figure(cut, line) and not _is_spoken(cut, reader, judge, line):
            bullets.add(line)
        run.append(line)
    return bullets


def _list_items(
    cut: Segmentation, reader: AttributionReader, judge: SpeechJudge, run: list[int]
) -> set[int]:
    """The items among lines in a row."""
    opening = cut.sentences[cut.lines[run[0]].first_sentence - 1] if run[0] else None
    listed = is_introduced(cut, run[0]) and opening and not judge.introduces_speech(opening)
    if len(run) < (_MIN_INTRODUCED if listed else _MIN_ITEMS):
        return set()
    if not any(_is_spoken(cut, reader, judge, line) for line in run):
        return set(run)
    found: set[int] = set()
    stopless: list[int] = []
    for line in [*run, -1]:
        if line >= 0 and _lacks_stop(cut, line):
            stopless.append(line)
            continue
        if len(stopless) >= _MIN_ITEMS:
            found.update(stopless)
        stopless = []
    return found


def is_introduced(cut: Segmentation, line: int) -> bool:
    """Whether the line before ends in a colon."""
    return line > 0 and cut.text[cut.lines[line - 1].end - 1] == ":"


def _lacks_stop(cut: Segmentation, line: int) -> bool:
    return cut.text[cut.lines[line].end - 1] not in ".!?…" + CLOSING_MARKS


def _is_figure(cut: Segmentation, line: int) -> bool:
    words = cut.text[cut.lines[line].start : cut.lines[line].end].lstrip(DASHES + " \t\u00a0")
    return words[:1].isdigit() and _lacks_stop(cut, line)


def _is_spoken(cut: Segmentation, reader: AttributionReader, judge: SpeechJudge, line: int) -> bool:
    found = cut.lines[line]
    return any(
        judge.is_personal(sentence)
        or cut.text[sentence.end - 1] == "?"
        or reader.find_after_speech(sentence.first, sentence.last)
        for sentence in cut.sentences[found.first_sentence : found.last_sentence]
    )
