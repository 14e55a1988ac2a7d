"""Which lines that a dash opens are items of a list."""

from __future__ import annotations

from collections.abc import Iterable

from transforms.characters import CLOSING_MARKS, DASHES
from transforms.quotes.attributions import AttributionReader
from transforms.quotes.sentences import Segmentation
from transforms.quotes.speech import SpeechJudge

_MIN_ITEMS = 3


def find_bullets(
    cut: Segmentation, reader: AttributionReader, judge: SpeechJudge, lines: Iterable[int]
) -> set[int]:
    """Lines of lists among ``lines``, which a dash opens: three and more in a row, not spoken.

    They lack a final stop, or a colon introduces them and nobody says "I" or "we" in them. A
    figure without a final stop ("- 5 grader i natt") is one by itself.
    """
    bullets: set[int] = set()
    run: list[int] = []
    for line in [*sorted(lines), -1]:
        if line >= 0 and _is_figure(cut, line) and not _is_spoken(cut, reader, judge, line):
            bullets.add(line)
        if run and line != run[-1] + 1:
            if len(run) >= _MIN_ITEMS:
                bullets.update(run)
            run = []
        if line < 0:
            break
        introduced = bool(run) or is_introduced(cut, line)
        if _lacks_stop(cut, line) or (introduced and not _is_spoken(cut, reader, judge, line)):
            run.append(line)
    return bullets


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
