"""Who is quoted in a heading: whoever says its words, or speaks under it, in the body."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from newsbeam.transforms.enrich.quotes.attributions import Attribution, AttributionReader
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.speakers import Cast
from newsbeam.transforms.enrich.quotes.turns import Candidate
from newsbeam.transforms.records import Quote
from newsbeam.transforms.text.characters import DASHES

# Words of fewer letters than this say nothing about whose words a heading repeats, and of longer
# ones so many letters are compared: headings put them in other forms.
_MIN_CONTENT_LETTERS = 4
_STEM_LETTERS = 5
# The part of a heading's content words that a quote must hold to be its source.
_MIN_SHARE = 0.6
# Of the quotes that hold a word, only the first ones are compared: it keeps the time linear.
_MAX_HOLDERS = 20
# A heading that exclaims or asks has at most so many words.
_MAX_CRY_WORDS = 8
# Quotes under a heading that are looked at for who speaks there.
_MAX_SECTION = 20


def find_cries(
    cut: Segmentation, reader: AttributionReader, candidates: Sequence[Candidate]
) -> frozenset[int]:
    """Lines of a bare text that are headings though they end in "!" or "?".

    They are a short turn of one sentence without a clause before narration. Behind another turn
    they repeat what somebody says elsewhere: a question among turns is an interviewer's.
    """
    cries = [
        place
        for place, candidate in enumerate(candidates)
        if candidate.kind == "dash"
        and candidate.attribution is None
        and cut.text[candidate.end - 1] in "!?"
        and _may_head(cut, reader, cut.line_at(candidate.start))
    ]
    texts = [cut.text[candidate.start : candidate.end] for candidate in candidates]
    holders = _index_words(dict(enumerate(texts))) if cries else {}
    found = set()
    for place in cries:
        line = cut.line_at(candidates[place].start)
        apart = not line or cut.text[cut.lines[line - 1].start] not in DASHES
        if apart or _find_repeating(texts[place], holders, place) is not None:
            found.add(line)
    return frozenset(found)


def _may_head(cut: Segmentation, reader: AttributionReader, line: int) -> bool:
    """Whether a line is short, one sentence behind a dash, and no clause around it ascribes it."""
    found = cut.lines[line]
    first, last = cut.token_at(found.start), cut.token_at(found.end)
    if (
        sum(token.is_word for token in cut.tokens[first:last]) > _MAX_CRY_WORDS
        or found.last_sentence - found.first_sentence != 1
        or cut.text[found.start] not in DASHES
        or line + 1 == len(cut.lines)
        or cut.text[cut.lines[line + 1].start] in DASHES
        or (line and cut.text[cut.lines[line - 1].end - 1] == ":")
    ):
        return False
    behind = cut.sentences[found.last_sentence]
    return reader.find_utterance_sentence(behind.first, behind.last) is None


class HeadingReader:
    """Gives the quotes in headings their speakers.

    ``read_label`` reads the clause or label before the words that begin at an offset.
    """

    def __init__(
        self,
        cut: Segmentation,
        cast: Cast,
        heading_lines: frozenset[int],
        read_label: Callable[[int], Attribution | None],
    ) -> None:
        self._cut = cut
        self._cast = cast
        self._heading_lines = heading_lines
        self._read_label = read_label

    def ascribe(self, quotes: Sequence[Quote]) -> tuple[Quote, ...]:
        """``quotes``, in order, the headings with the speaker of the body quote behind them.

        That is the quote which repeats a heading's words, or whoever alone speaks between it and
        the next heading. A heading's label (*Ekspert: – …*) is its mention; a label that names a
        known person does where no quote repeats the words.
        """
        if not any(quote.is_heading for quote in quotes):
            return tuple(quotes)
        spoken = {
            position: quote.text
            for position, quote in enumerate(quotes)
            if quote.speaker is not None and not quote.is_heading
        }
        holders = _index_words(spoken)
        return tuple(
            self._ascribe_one(quotes, position, holders) if quote.is_heading else quote
            for position, quote in enumerate(quotes)
        )

    def _ascribe_one(
        self, quotes: Sequence[Quote], position: int, holders: Mapping[str, Sequence[int]]
    ) -> Quote:
        quote = quotes[position]
        line = self._cut.lines[self._cut.line_at(quote.start)]
        source = _find_repeating(quote.text, holders, position)
        speaker = None if source is None else quotes[source].speaker
        label = self._read_label(quote.start)
        mention = label.mention if label is not None else None
        named = self._cast.find_person(mention) if mention is not None else None
        if mention is None or (speaker is None and named is None):
            first, last = self._cut.token_at(line.start), self._cut.token_at(quote.start)
            speaker = speaker or self._cast.find_in_label(first, last)
            if speaker is None and ":" not in self._cut.text[line.start : quote.start]:
                speaker = self._find_in_section(quotes, position)
            return replace(quote, speaker=speaker, speaker_role=self._cast.title_of(speaker))
        return replace(
            quote,
            speaker=named or speaker,
            speaker_role=self._cast.title_of(named or speaker),
            speaker_mention=self._cast.text_of(mention),
            mention_start=self._cut.tokens[mention.first].start,
        )

    def _find_in_section(self, quotes: Sequence[Quote], position: int) -> str | None:
        """Who alone speaks under a heading; nobody under one of several in a row, a teaser."""
        line = self._cut.line_at(quotes[position].start)
        if line + 1 in self._heading_lines or line - 1 in self._heading_lines:
            return None
        speakers: set[str] = set()
        for quote in quotes[position + 1 : position + 1 + _MAX_SECTION]:
            between = range(line + 1, self._cut.line_at(quote.start) + 1)
            line = self._cut.line_at(quote.start)
            if speakers and any(at in self._heading_lines for at in between):
                break
            if quote.speaker is not None and not quote.is_heading:
                speakers.add(quote.speaker)
        return speakers.pop() if len(speakers) == 1 else None


def _stem_words(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(word[:_STEM_LETTERS] for word in words if len(word) >= _MIN_CONTENT_LETTERS)


def _index_words(texts: Mapping[int, str]) -> dict[str, list[int]]:
    """For each word the first places of the quotes that hold it."""
    holders: dict[str, list[int]] = defaultdict(list)
    for position, text in texts.items():
        for word in _stem_words(text):
            if len(holders[word]) < _MAX_HOLDERS:
                holders[word].append(position)
    return holders


def _find_repeating(text: str, holders: Mapping[str, Sequence[int]], position: int) -> int | None:
    """Where the quote is, rather behind ``position``, that holds most of a heading's words."""
    words = _stem_words(text)
    shared = Counter(at for word in words for at in holders.get(word, ()) if at != position)
    if not shared:
        return None
    best, count = max(shared.items(), key=lambda item: (item[1], item[0] > position, -item[0]))
    return best if count >= _MIN_SHARE * len(words) else None
