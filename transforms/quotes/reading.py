"""Direct quotes with their speakers, from the text, its lexicon and its entities.

No syntax tree: Norwegian news marks speech by a dash or by quotation marks and says who speaks
in a few fixed shapes. ``docs/quotes.md`` tells the order of the steps and what they get wrong.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transforms.characters import CLOSING_MARKS, DASHES
from transforms.headings import MAX_CHARS, find_headings, is_heading_shaped
from transforms.lexicon import Lexicon
from transforms.quotes.attributions import Attribution, AttributionReader
from transforms.quotes.inline_quotes import InlineReader
from transforms.quotes.introductions import IntroductionReader
from transforms.quotes.marks import Marked, find_marked
from transforms.quotes.names import Names
from transforms.quotes.noun_phrases import Mention
from transforms.quotes.sentences import Segmentation
from transforms.quotes.speakers import Cast
from transforms.quotes.speech import SpeechJudge
from transforms.quotes.turns import Candidate, TurnReader
from transforms.records import Entity, Heading, Quote

# Words of fewer letters than this say nothing about whose words a heading repeats.
_MIN_CONTENT_LETTERS = 4
# The part of a heading's content words that a quote must hold to be its source.
_MIN_SHARE = 0.6
# Of the quotes that hold a word, only the first ones are compared: it keeps the time linear.
_MAX_HOLDERS = 20


def find_quotes(
    text: str,
    lexicon: Lexicon,
    entities: Sequence[Entity] = (),
    headings: Sequence[Heading] | None = None,
) -> tuple[Quote, ...]:
    """Find the direct quotes in a text, ordered and without overlap, in linear time.

    ``headings`` are the known ones; ``None`` means that they are guessed from the text. Without
    ``entities`` names are told by their capitals.
    """
    cut = Segmentation(text, lexicon.words.abbreviations)
    if not cut.sentences:
        return ()
    names = Names(cut, lexicon, entities)
    reader = AttributionReader(cut, names, lexicon)
    introductions = IntroductionReader(cut, names, reader, lexicon)
    spans = find_headings(text) if headings is None else headings
    heading_lines = frozenset(
        line for span in spans for line in range(cut.line_at(span.start), cut.line_at(span.end) + 1)
    )
    marked = find_marked(text)
    judge = SpeechJudge(cut, names, reader, introductions, lexicon)
    turns = TurnReader(cut, reader, judge, heading_lines).find_turns(marked)
    inline = _find_inline(marked, turns, InlineReader(cut, reader, introductions, lexicon), cut)
    candidates = sorted(turns + inline, key=lambda candidate: candidate.start)
    cast = Cast(cut, names, reader, lexicon)
    found = _Ascriber(cut, reader, introductions, cast, heading_lines).ascribe(candidates)
    return tuple(quote for quote in found if quote.text.strip())  # `-" "` says nothing


def _find_inline(
    marked: Sequence[Marked], turns: Sequence[Candidate], reader: InlineReader, cut: Segmentation
) -> list[Candidate]:
    """The marked quotes that stand outside every turn."""
    found: list[Candidate] = []
    ahead = 0
    standalone_line = -2
    for span in marked:
        while ahead < len(turns) and turns[ahead].end <= span.start:
            ahead += 1
        if ahead < len(turns) and turns[ahead].start <= span.end:
            continue
        line = cut.line_at(span.start)
        floor = cut.token_at(turns[ahead - 1].end) if ahead else 0
        quote = reader.read(span, floor, after_standalone=standalone_line == line - 1)
        if quote is not None:
            found.append(quote)
            if quote.standalone:
                standalone_line = cut.line_at(span.end)
    return found


@dataclass(frozen=True, slots=True)
class _Ascription:
    """Who is behind a candidate: the resolved speaker and the clause that says so."""

    speaker: str | None = None
    attribution: Attribution | None = None


class _Ascriber:
    """Walks through a text once, following who is spoken of, and gives each quote a speaker."""

    def __init__(
        self,
        cut: Segmentation,
        reader: AttributionReader,
        introductions: IntroductionReader,
        cast: Cast,
        heading_lines: frozenset[int],
    ) -> None:
        self._cut = cut
        self._reader = reader
        self._introductions = introductions
        self._cast = cast
        self._heading_lines = heading_lines
        self._seen = 0  # Tokens whose persons are known.
        self._floor = 0  # The token behind the last quote: its words introduce nothing.

    def ascribe(self, candidates: Sequence[Candidate]) -> tuple[Quote, ...]:
        quotes: list[Quote] = []
        named_later = self._find_names_behind(candidates)
        for position, candidate in enumerate(candidates):
            following = candidates[position + 1] if position + 1 < len(candidates) else None
            if self._is_heading(candidate):
                quotes.append(self._quote(candidate, _Ascription(), is_heading=True))
                continue
            self._observe_until(candidate.start)
            ascription = self._ascribe_one(candidate, following, named_later[position])
            if ascription.speaker is not None and self._cast.is_person(ascription.speaker):
                self._cast.note_speaker(ascription.speaker)
            self._seen = max(self._seen, self._cut.token_at(candidate.hull_end))
            self._floor = self._cut.token_at(candidate.end)
            quotes.append(self._quote(candidate, ascription, is_heading=False))
        return self._ascribe_headings(quotes)

    def _is_heading(self, candidate: Candidate) -> bool:
        """Whether a candidate stands in a heading, or behind the label of a linked story."""
        line = self._cut.lines[self._cut.line_at(candidate.start)]
        if self._cut.line_at(candidate.start) in self._heading_lines:
            return True
        text = self._cut.text
        labelled = ":" in text[line.start : min(candidate.start, line.start + MAX_CHARS)]
        return (
            candidate.kind == "dash"
            and candidate.attribution is None
            and labelled
            and is_heading_shaped(text[line.start : line.end])
        )

    def _observe_until(self, offset: int) -> None:
        stop = self._cut.token_at(offset)
        if self._seen >= stop:
            return
        position = self._cut.sentence_at(self._cut.tokens[self._seen].start)
        while position < len(self._cut.sentences) and self._cut.sentences[position].first < stop:
            sentence = self._cut.sentences[position]
            position += 1
            if sentence.line not in self._heading_lines:
                first, last = max(sentence.first, self._seen), min(sentence.last, stop)
                self._cast.observe(sentence, first, last)
        self._seen = stop

    def _find_names_behind(self, candidates: Sequence[Candidate]) -> list[str | None]:
        """For each candidate the next speaker whom a clause names, for turns that open a text."""
        named: list[str | None] = []
        upcoming = None
        for candidate in reversed(candidates):
            mention = candidate.attribution.mention if candidate.attribution else None
            if mention is not None and mention.kind == "name":
                upcoming = self._cast.resolve(mention)
            named.append(upcoming)
        return named[::-1]

    def _ascribe_one(
        self, candidate: Candidate, following: Candidate | None, named_later: str | None
    ) -> _Ascription:
        found = candidate.attribution or self._read_introduction(candidate.start, self._floor)
        asks = self._cut.text[candidate.end - 1] == "?"
        if found is None:
            found = self._read_sentence_behind(candidate)
        if found is not None and found.mention is not None:
            ahead = self._cast.foremost is None and self._points_ahead(found.mention)
            speaker = self._cast.resolve(found.mention)
            return _Ascription(named_later or speaker if ahead else speaker, found)
        if asks and self._answers(candidate, following):
            return _Ascription()  # An interviewer's question.
        if candidate.standalone and self._is_shown(candidate):
            return _Ascription()  # A message without its author.
        return _Ascription(self._cast.foremost or named_later)

    def _points_ahead(self, mention: Mention) -> bool:
        """Whether a mention that opens a text can stand for somebody named later."""
        return mention.kind in ("pronoun", "role") and not mention.indefinite

    def _is_shown(self, candidate: Candidate) -> bool:
        """Whether a marked line is one of several, or follows a colon that names nobody."""
        before = self._cut.text[max(candidate.start - 6, 0) : candidate.start - 1].rstrip()
        return before.endswith((":", *CLOSING_MARKS))

    def _answers(self, question: Candidate, following: Candidate | None) -> bool:
        """Whether the next turn follows a question at once."""
        if question.kind != "dash" or following is None:
            return False
        between = self._cut.text[question.end : following.start]
        return not between.strip(DASHES + " \n\t\u00a0")

    def _read_introduction(self, start: int, floor: int = 0) -> Attribution | None:
        """The clause before a colon that introduces a turn, on its line or the one before.

        Tokens before ``floor`` belong to another quote.
        """
        cut = self._cut
        before = cut.token_at(start) - 1
        while before >= 0 and cut.tokens[before].text in DASHES + '«“„"':
            before -= 1
        if before < 1 or cut.tokens[before].text != ":":
            return None
        sentence = cut.sentences[cut.sentence_at(cut.tokens[before].start)]
        first = max(sentence.first, floor)
        clause = self._introductions.find_before_speech(first, before)
        return clause or self._introductions.find_label(first, before)

    def _read_sentence_behind(self, candidate: Candidate) -> Attribution | None:
        position = self._cut.sentence_at(candidate.end - 1) + 1
        if position >= len(self._cut.sentences):
            return None
        sentence = self._cut.sentences[position]
        return self._reader.find_utterance_sentence(sentence.first, sentence.last)

    def _quote(self, candidate: Candidate, found: _Ascription, *, is_heading: bool) -> Quote:
        text, start, end = self._cut.text, candidate.start, candidate.end
        mention = found.attribution.mention if found.attribution else None
        return Quote(
            text=text[start:end],
            start=start,
            end=end,
            kind=candidate.kind,
            speaker=found.speaker,
            speaker_mention=self._cast.text_of(mention) if mention else None,
            mention_start=self._cut.tokens[mention.first].start if mention else None,
            cue=found.attribution.cue if found.attribution else None,
            is_heading=is_heading,
            speaker_role=self._cast.title_of(found.speaker),
            segments=candidate.pieces,
        )

    def _ascribe_headings(self, quotes: list[Quote]) -> tuple[Quote, ...]:
        """Give headings the speaker of the body quote whose words they repeat.

        A heading's label (*Ekspert: – …*) is its mention; a label that names a known person does
        where no quote repeats the words.
        """
        holders: dict[str, list[int]] = defaultdict(list)
        for position, quote in enumerate(quotes):
            if quote.speaker is not None and not quote.is_heading:
                for word in _content_words(quote.text):
                    if len(holders[word]) < _MAX_HOLDERS:
                        holders[word].append(position)
        return tuple(
            self._ascribe_heading(quote, self._find_source(quote, quotes, holders))
            if quote.is_heading
            else quote
            for quote in quotes
        )

    def _find_source(
        self, heading: Quote, quotes: list[Quote], holders: dict[str, list[int]]
    ) -> str | None:
        """The speaker of the quote that holds most of a heading's content words."""
        words = _content_words(heading.text)
        shared = Counter(position for word in words for position in holders.get(word, ()))
        if not shared:
            return None
        position, count = max(shared.items(), key=lambda item: (item[1], -item[0]))
        return quotes[position].speaker if count >= _MIN_SHARE * len(words) else None

    def _ascribe_heading(self, quote: Quote, speaker: str | None) -> Quote:
        label = self._read_introduction(quote.start)
        mention = label.mention if label is not None else None
        named = self._cast.find_person(mention) if mention is not None else None
        if mention is None or (speaker is None and named is None):
            line = self._cut.lines[self._cut.line_at(quote.start)]
            first, last = self._cut.token_at(line.start), self._cut.token_at(quote.start)
            speaker = speaker or self._cast.find_in_label(first, last)
            return replace(quote, speaker=speaker, speaker_role=self._cast.title_of(speaker))
        return replace(
            quote,
            speaker=named or speaker,
            speaker_role=self._cast.title_of(named or speaker),
            speaker_mention=self._cast.text_of(mention),
            mention_start=self._cut.tokens[mention.first].start,
        )


def _content_words(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(word for word in words if len(word) >= _MIN_CONTENT_LETTERS)
