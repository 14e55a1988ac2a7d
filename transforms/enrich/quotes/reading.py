"""Direct quotes with their speakers, from the text, its lexicon and its entities.

No syntax tree: Norwegian news marks speech by a dash or by quotation marks and says who speaks
in a few fixed shapes. ``docs/quotes.md`` tells the order of the steps and what they get wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from newsbeam.transforms.enrich.quotes.attributions import Attribution, AttributionReader
from newsbeam.transforms.enrich.quotes.dialogue import Dialogue
from newsbeam.transforms.enrich.quotes.heading_quotes import HeadingReader, find_cries
from newsbeam.transforms.enrich.quotes.inline_quotes import InlineReader
from newsbeam.transforms.enrich.quotes.introductions import IntroductionReader
from newsbeam.transforms.enrich.quotes.layout import guess_layout
from newsbeam.transforms.enrich.quotes.marks import Marked
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.reports import Report, drop_repeated, segments_of
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.speakers import Cast
from newsbeam.transforms.enrich.quotes.speech import SpeechJudge
from newsbeam.transforms.enrich.quotes.statements import StatementReader
from newsbeam.transforms.enrich.quotes.turns import Candidate, TurnReader
from newsbeam.transforms.records import Entity, Heading, Quote, Speaker, Statement, TextLayout
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import CLOSING_MARKS, DASHES, OPENING_MARKS
from newsbeam.transforms.text.headings import MAX_HEADING_CHARS, find_headings, is_heading_shaped

# What may stand between two quotes of one speaker.
_BETWEEN = " \t\n\u00a0." + OPENING_MARKS + CLOSING_MARKS
# Tokens behind a turn that opens a text in which its speaker is sought.
_MAX_AHEAD = 60


class Speech(NamedTuple):
    """What is said in a text: direct quotes, without overlap, and reported statements; and all
    persons whom it names, with what it tells of each."""

    quotes: tuple[Quote, ...] = ()
    statements: tuple[Statement, ...] = ()
    persons: tuple[Speaker, ...] = ()


def find_quotes(
    text: str,
    lexicon: Lexicon,
    entities: Sequence[Entity] = (),
    headings: Sequence[Heading] | None = None,
    layout: TextLayout | None = None,
) -> tuple[Quote, ...]:
    """The direct quotes of ``find_speech``."""
    return find_speech(text, lexicon, entities, headings, layout).quotes


def find_speech(
    text: str,
    lexicon: Lexicon,
    entities: Sequence[Entity] = (),
    headings: Sequence[Heading] | None = None,
    layout: TextLayout | None = None,
) -> Speech:
    """Find the direct quotes and reported statements in a text, in order, in linear time.

    ``headings`` and ``layout`` are the known ones; ``None`` means that they are guessed from the
    text. Without ``entities`` names are told by their capitals.
    """
    cut = Segmentation(text, lexicon.words.abbreviations)
    if not cut.sentences:
        return Speech()
    names = Names(cut, lexicon, entities)
    reader = AttributionReader(cut, names, lexicon)
    introductions = IntroductionReader(cut, names, reader, lexicon)
    spans = find_headings(text) if headings is None else headings
    heading_lines = frozenset(
        line for span in spans for line in range(cut.line_at(span.start), cut.line_at(span.end) + 1)
    )
    marked = cut.marked
    judge = SpeechJudge(cut, names, reader, introductions, lexicon)
    laid = layout or guess_layout(cut, reader)
    dashes = lexicon.grammar.dash_turns
    turn_reader = TurnReader(cut, reader, judge, heading_lines, laid, dash_turns=dashes)
    turns = turn_reader.find_turns(marked)
    if layout is None and laid == "paragraphs":
        heading_lines |= find_cries(cut, reader, turns)
    inline = _find_inline(marked, turns, InlineReader(cut, reader, introductions, lexicon), cut)
    candidates = sorted(turns + inline, key=lambda candidate: candidate.start)
    cast = Cast(cut, names, reader, lexicon)
    reports = StatementReader(cut, names, reader, lexicon, candidates, marked, heading_lines).find()
    dialogue = Dialogue(cut, lexicon, candidates)
    ascriber = _Ascriber(cut, reader, introductions, cast, dialogue, heading_lines)
    found = ascriber.ascribe(candidates, reports)
    quotes = tuple(quote for quote in found if quote.text.strip())  # `-" "` says nothing
    return Speech(quotes, ascriber.statements, cast.list_persons())


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
        resumed = reader.join_resumed(found[-1], span) if found else None
        if resumed is not None:
            found[-1] = resumed
            continue
        line = cut.line_at(span.start)
        floor = cut.token_at(turns[ahead - 1].end) if ahead else 0
        quote = reader.read(span, floor, after_standalone=standalone_line == line - 1)
        if quote is None and found and found[-1].attribution is not None:
            quote = reader.read_further(span, found[-1].hull_end) or reader.read_loose(span)
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
    is_interviewer: bool = False


class _Ascriber:
    """Walks through a text once, following who is spoken of, and gives each quote a speaker."""

    def __init__(
        self,
        cut: Segmentation,
        reader: AttributionReader,
        introductions: IntroductionReader,
        cast: Cast,
        dialogue: Dialogue,
        heading_lines: frozenset[int],
    ) -> None:
        self._cut = cut
        self._reader = reader
        self._introductions = introductions
        self._cast = cast
        self._dialogue = dialogue
        self._heading_lines = heading_lines
        self._statements: list[Statement] = []
        self._seen = 0  # Tokens whose persons are known.
        self._floor = 0  # The token behind the last quote: its words introduce nothing.
        self._before: tuple[int, str | None] = (-1, None)  # Where its clause ended; who spoke.

    def ascribe(
        self, candidates: Sequence[Candidate], reports: Sequence[Report]
    ) -> tuple[Quote, ...]:
        quotes: list[Quote] = []
        named_later = self._find_names_behind(candidates)
        body = [report for report in reports if not self._stands_in_heading(report)]
        told = [report for report in reports if self._stands_in_heading(report)]
        ahead = 0
        for position, candidate in enumerate(candidates):
            while ahead < len(body) and self._precedes(body[ahead], candidate):
                self._ascribe_report(body[ahead])
                ahead += 1
            following = candidates[position + 1] if position + 1 < len(candidates) else None
            if self._is_heading(candidate):
                quotes.append(self._quote(candidate, _Ascription(), is_heading=True))
                continue
            self._observe_until(candidate.start)
            ascription = self._ascribe_one(candidate, following, named_later[position])
            if ascription.speaker is not None and self._cast.is_person(ascription.speaker):
                self._cast.note_speaker(ascription.speaker)
            self._dialogue.note(candidate, ascription.speaker, asked=ascription.is_interviewer)
            self._before = (candidate.hull_end, ascription.speaker)
            self._seen = max(self._seen, self._cut.token_at(candidate.hull_end))
            self._floor = self._cut.token_at(candidate.end)
            quotes.append(self._quote(candidate, ascription, is_heading=False))
        for report in body[ahead:]:
            self._ascribe_report(report)
        for report in told:
            self._ascribe_report(report, self._find_next_speaker(report, quotes))
        headings = HeadingReader(
            self._cut, self._cast, self._heading_lines, self._read_introduction
        )
        return tuple(
            replace(quote, speakers=self._cast.list_speakers(quote.speaker, quote.mention_start))
            for quote in headings.ascribe(quotes)
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements, in order; of two by one speaker, one inside the other, the outer."""
        return tuple(
            replace(said, speakers=self._cast.list_speakers(said.speaker, said.mention_start))
            for said in drop_repeated(self._statements)
        )

    def _stands_in_heading(self, report: Report) -> bool:
        return self._cut.line_at(self._cut.tokens[report.place].start) in self._heading_lines

    def _precedes(self, report: Report, candidate: Candidate) -> bool:
        return self._cut.tokens[report.place].start < candidate.start

    def _find_stater(self, report: Report) -> str | None:
        """Whose statement it is, by all that the text has told before it."""
        sentence = self._cut.sentence_of(report.place)
        self._observe_until(sentence.start)
        if report.mention is None:
            return self._cast.foremost
        if sentence.first < report.place <= report.mention.first:
            first = max(sentence.first, self._seen)
            return self._cast.resolve_within(report.mention, sentence, first)
        return self._cast.resolve(report.mention)

    def _find_next_speaker(self, report: Report, quotes: Sequence[Quote]) -> str | None:
        """Who speaks first behind a heading that leaves its subject out: *Håper på regn*."""
        if report.mention is not None:
            return None
        start = self._cut.tokens[report.place].start
        said: list[Quote | Statement] = [*quotes, *self._statements]
        behind = [one for one in said if one.start > start and one.speaker is not None]
        return min(behind, key=lambda one: one.start).speaker if behind else None

    def _ascribe_report(self, report: Report, known: str | None = None) -> None:
        """Give a statement its speaker, who is then the most salient person."""
        segments = segments_of(self._cut, report)
        if not segments:
            return
        speaker = known or self._find_stater(report)
        if speaker is None and report.mention is None:
            return
        if speaker is not None and self._cast.is_person(speaker):
            self._cast.promote(speaker)
        elif speaker is not None:
            self._cast.thing = speaker
        start, end, mention = segments[0].start, segments[-1].end, report.mention
        self._statements.append(
            Statement(
                text=self._cut.text[start:end],
                start=start,
                end=end,
                kind=report.kind,
                speaker=speaker,
                speaker_mention=self._cast.text_of(mention) if mention else None,
                mention_start=self._cut.tokens[mention.first].start if mention else None,
                cue=report.cue,
                segments=segments if len(segments) > 1 else (),
            )
        )

    def _is_heading(self, candidate: Candidate) -> bool:
        """Whether a candidate stands in a heading, or behind the label of a linked story."""
        line = self._cut.lines[self._cut.line_at(candidate.start)]
        if self._cut.line_at(candidate.start) in self._heading_lines:
            return True
        text = self._cut.text
        labelled = ":" in text[line.start : min(candidate.start, line.start + MAX_HEADING_CHARS)]
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
            # A heading counts only where nothing else has told yet whom the text is about.
            if sentence.line not in self._heading_lines or self._cast.foremost is None:
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
            if ahead:
                named = self._find_ahead(candidate, following, found.mention)
                if named_later is not None and not self._cast.fits(named_later, found.mention):
                    named_later = None
                speaker = named or named_later or speaker
            return _Ascription(speaker, found)
        partner = self._dialogue.find_partner(candidate)
        if partner is not None:
            return _Ascription(partner)
        prompts = self._dialogue.is_prompt(candidate, following)
        if prompts or (asks and self._dialogue.is_answered(candidate, following)):
            return _Ascription(is_interviewer=True)
        goes_on = self._goes_on(candidate)
        if candidate.standalone and self._is_shown(candidate):
            return _Ascription(goes_on)  # A message without its author, or the next paragraph.
        foremost = goes_on or self._cast.foremost or self._find_ahead(candidate, following, None)
        return _Ascription(foremost or named_later or self._find_interviewed(candidate))

    def _goes_on(self, candidate: Candidate) -> str | None:
        """Who spoke right before marks behind whose clause nothing stands: *«…», sa X. «…»*."""
        end, speaker = self._before
        between = self._cut.text[end : candidate.start] if end >= 0 else "?"
        marked = candidate.kind in ("guillemet", "quote_marks")
        return speaker if marked and not between.strip(_BETWEEN) else None

    def _find_ahead(
        self, candidate: Candidate, following: Candidate | None, mention: Mention | None
    ) -> str | None:
        """Whom the narration behind a turn that opens a text is about: it has said who speaks."""
        first = self._cut.token_at(candidate.hull_end)
        last = self._cut.token_at(following.start) if following else len(self._cut.tokens)
        return self._cast.find_ahead(first, min(last, first + _MAX_AHEAD), mention)

    def _find_interviewed(self, candidate: Candidate) -> str | None:
        """Whom the narration behind an interview's first turns is about: its answers are theirs."""
        last = self._dialogue.find_row_end(candidate)
        return None if last is None else self._find_ahead(*last, None)

    def _points_ahead(self, mention: Mention) -> bool:
        """Whether a mention that opens a text can stand for somebody named later."""
        return mention.kind in ("pronoun", "role") and not mention.indefinite

    def _is_shown(self, candidate: Candidate) -> bool:
        """Whether a marked line is one of several, or follows a colon that names nobody."""
        before = (
            self._cut.text[max(candidate.start - 6, 0) : candidate.start].rstrip()[:-1].rstrip()
        )
        return before.endswith((":", "«", *CLOSING_MARKS))  # Behind »so« too.

    def _read_introduction(self, start: int, floor: int = 0) -> Attribution | None:
        """The clause before a colon that introduces a turn, on its line or the one before.

        Tokens before ``floor`` belong to another quote.
        """
        cut = self._cut
        before = cut.token_at(start) - 1
        while before >= 0 and cut.tokens[before].text in DASHES + OPENING_MARKS + "»":
            before -= 1
        if before < 1 or cut.tokens[before].text != ":":
            return None
        sentence = cut.sentence_of(before)
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
