"""Scores a language's quotes against texts whose quotes somebody marked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsbeam.pipelines.annotate import annotate_all
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.records import Quote
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import EnrichSettings
from newsbeam.transforms.text.counts import show_count

# A quote is found where this share of the longer one is in both, as the scorers of the
# development sets have it.
_OVERLAP = 0.8


class BadGoldError(NewsbeamError):
    """A line of marked texts cannot be read."""

    is_usage = True


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """A quote that somebody marked: code points ``start`` to ``end``; ``None``: nobody speaks."""

    start: int
    end: int
    speaker: str | None


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text with its quotes; ``number`` is its line in the file."""

    number: int
    text: str
    quotes: tuple[GoldQuote, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of quotes: marked, found by newsbeam, both, and both with the same speaker; ``faults``
    are sentences, each about one quote."""

    marked: int
    found: int
    both: int
    with_speaker: int
    faults: tuple[str, ...]

    @property
    def precision(self) -> float:
        """The share of what was found that is marked."""
        return self.both / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of what is marked that was found."""
        return self.both / self.marked if self.marked else 0.0

    @property
    def speaker(self) -> float:
        """The share of the quotes in both that have the same speaker."""
        return self.with_speaker / self.both if self.both else 0.0


def read_gold(lines: Iterable[str]) -> list[GoldText]:
    """JSON Lines ``{"text", "quotes": [{"text" or "start" and "end", "speaker"}]}``; quotes with
    ``is_heading`` are left out.

    Raises:
        BadGoldError: a line is something else; the message has its number.
    """
    return [_read_line(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def score_quotes(
    gold: Sequence[GoldText],
    tag: str,
    languages: Mapping[str, Language],
    settings: EnrichSettings,
) -> Score:
    """How well the quotes that newsbeam finds in ``gold``, read as ``tag``, are those marked."""
    annotations = annotate_all([one.text for one in gold], [tag] * len(gold), languages, settings)
    marked = found = both = with_speaker = 0
    faults: list[str] = []
    for text, annotation in zip(gold, annotations, strict=True):
        quotes = [quote for quote in annotation.quotes if not quote.is_heading]
        marked += len(text.quotes)
        found += len(quotes)
        for wanted in text.quotes:
            match = next((quote for quote in quotes if _overlap(wanted, quote) >= _OVERLAP), None)
            words = _shorten(text.text[wanted.start : wanted.end])
            if match is None:
                faults.append(f"line {text.number}: not found: {words}")
                continue
            quotes.remove(match)
            both += 1
            with_speaker += match.speaker == wanted.speaker
            if match.speaker != wanted.speaker:
                faults.append(
                    f"line {text.number}: speaker {match.speaker or 'none'}, "
                    f"should be {wanted.speaker or 'none'}: {words}"
                )
        faults += [f"line {text.number}: no quote: {_shorten(quote.text)}" for quote in quotes]
    return Score(marked, found, both, with_speaker, tuple(faults))


def show_score(score: Score) -> Iterator[str]:
    """The lines that people read: each fault, then the figures."""
    yield from score.faults
    yield (
        f"{show_count(score.marked, 'quote')} marked, {score.found} found, {score.both} in both: "
        f"precision {score.precision:.2f}, recall {score.recall:.2f}, speaker {score.speaker:.2f}"
    )


def _read_line(number: int, line: str) -> GoldText:
    try:
        item = json.loads(line)
        text = item["text"]
        quotes = tuple(
            _read_quote(text, quote) for quote in item["quotes"] if not quote.get("is_heading")
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadGoldError(
            f"line {number} should be an object with a `text` and `quotes`, a list of objects "
            f"with the `text` of a quote in it and its `speaker` or null ({error})"
        ) from None
    return GoldText(number, text, quotes)


def _read_quote(text: str, quote: Mapping[str, object]) -> GoldQuote:
    start, end, speaker = quote.get("start"), quote.get("end"), quote.get("speaker")
    if not isinstance(start, int) or not isinstance(end, int):
        words = str(quote["text"])
        start = text.find(words)
        if not words or start < 0:
            raise ValueError(f"{words!r} does not stand in the text")
        end = start + len(words)
    return GoldQuote(start, end, None if speaker is None else str(speaker))


def _overlap(gold: GoldQuote, quote: Quote) -> float:
    shared = min(gold.end, quote.end) - max(gold.start, quote.start)
    return max(shared, 0) / max(gold.end - gold.start, quote.end - quote.start, 1)


def _shorten(words: str) -> str:
    return words if len(words) <= 60 else f"{words[:59]}…"
