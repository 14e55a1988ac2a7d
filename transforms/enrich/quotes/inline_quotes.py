"""Which words between marks are quotes, and which are titles, terms and scare quotes.

Marks alone prove nothing. Words count as a quote where a clause in the same sentence, or one
that ends in a colon right before, ascribes them, and where they are more than one word; or where
whole lines of marked utterances follow an introduction.
"""

from __future__ import annotations

from dataclasses import replace

from newsbeam.transforms.enrich.quotes.attributions import Attribution, AttributionReader
from newsbeam.transforms.enrich.quotes.introductions import IntroductionReader
from newsbeam.transforms.enrich.quotes.marks import Marked
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Sentence, Token
from newsbeam.transforms.enrich.quotes.turns import Candidate
from newsbeam.transforms.records import Segment
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import DASHES

_MIN_WORDS = 2
# A capitalised stretch of at most this many words, inside a sentence and without a stop of its
# own, is rather a title than a partial quote.
_MAX_TITLE_WORDS = 6
# A line that is nothing but a marked utterance has at least this many words.
_MIN_STANDALONE_WORDS = 4
_MIN_SENTENCE_WORDS = 7
_STOPS = ".!?…"
_REACH = 40
# Code points of a clause between two parts of a quote.
_MAX_CLAUSE_CHARS = 200
# What may stand between marks and the clause behind them; what ends speech before a clause.
_MAX_TRAILING = 4
_TRAILING = frozenset(",'’\"”")
_CLAUSE_STOPS = frozenset(",?!…-–—")
# Code points between a clause's end and marks that go on behind it, the opening one included.
_MAX_GAP = 3


class InlineReader:
    """Reads the marked quotes of one text."""

    def __init__(
        self,
        cut: Segmentation,
        reader: AttributionReader,
        introductions: IntroductionReader,
        lexicon: Lexicon,
    ) -> None:
        self._cut = cut
        self._reader = reader
        self._introductions = introductions
        self._words = lexicon.words
        self._naming_ends = tuple(noun for noun in self._words.naming if len(noun) > 4)
        self._verbs = lexicon.verbs

    def read(self, span: Marked, floor: int, *, after_standalone: bool) -> Candidate | None:
        """The quote in a marked stretch, or ``None``.

        Tokens before ``floor`` belong to another quote.
        ``after_standalone`` says that the line before was a whole quote without a clause.
        """
        tokens = self._cut.tokens
        first, last = self._cut.token_at(span.start), self._cut.token_at(span.end)
        words = [token for token in tokens[first:last] if token.is_word]
        if not span.closed:
            return self._read_unclosed(span)
        if not words:
            return None
        sentence = self._cut.sentences[self._cut.sentence_at(span.start)]
        end_sentence = self._cut.sentences[self._cut.sentence_at(span.end)]
        found = (
            self._read_colon(first, words)
            or self._read_subject_behind(first, last, sentence, words)
            or self._read_governing(first, last, max(sentence.first, floor), words)
            or self._read_behind(first, last, sentence, end_sentence.last, words)
            or self._read_according(first, last, sentence, end_sentence.last, words)
        )
        standalone = found is None and self._is_standalone(span, words, after_standalone)
        if found is None and not standalone:
            return None
        hull = max(span.end, tokens[found.last - 1].end if found else 0)
        start, end = tokens[first].start, tokens[last - 1].end  # « with spaces inside »
        return Candidate(start, end, span.kind, found, hull, standalone)

    def _read_unclosed(self, span: Marked) -> Candidate | None:
        """*Hansen sier: «…*: a clause introduces words that reach to the end of their line."""
        line = self._cut.lines[self._cut.line_at(span.start)]
        first, last = self._cut.token_at(span.start), self._cut.token_at(line.end)
        words = [token for token in self._cut.tokens[first:last] if token.is_word]
        found = self._read_colon(first, words) if words else None
        if found is None or found.cue is None or len(words) < _MIN_STANDALONE_WORDS:
            return None
        return Candidate(span.start, line.end, span.kind, found, line.end)

    def read_further(self, span: Marked, end: int) -> Candidate | None:
        """*«…», skrev Hansen. «Jeg går av.»*: a sentence right behind an ascribed one's ``end``."""
        tokens = self._cut.tokens
        first, last = self._cut.token_at(span.start), self._cut.token_at(span.end)
        near = end < span.start <= end + _MAX_GAP
        if not near or not span.closed or last - first < _MIN_WORDS:
            return None
        gap = " \u00a0\n" if self._words.grammar.subject_first else " \u00a0"
        if self._cut.text[end : span.start - 1].strip(gap):
            return None
        if not tokens[first].text[0].isupper() or tokens[last - 1].text not in _STOPS:
            return None
        return Candidate(tokens[first].start, tokens[last - 1].end, span.kind, None, span.end)

    def read_loose(self, span: Marked) -> Candidate | None:
        """*Hun ler. «Jeg vet ikke helt.»*: marked sentences that stand by themselves in narration.

        They are speech where somebody says "I", or where they are long.
        """
        tokens = self._cut.tokens
        first, last = self._cut.token_at(span.start), self._cut.token_at(span.end)
        words = [token for token in tokens[first:last] if token.is_word]
        if not span.closed or len(words) < _MIN_STANDALONE_WORDS:
            return None
        if not tokens[first].text[0].isupper() or tokens[last - 1].text not in _STOPS:
            return None
        sentence = self._cut.sentences[self._cut.sentence_at(span.start)]
        end = self._cut.sentences[self._cut.sentence_at(span.end - 1)]
        if first - 1 != sentence.first or last + 1 < end.last:
            return None
        personal = any(token.lower in self._words.speech for token in words)
        if not personal and len(words) < _MIN_SENTENCE_WORDS:
            return None
        return Candidate(tokens[first].start, tokens[last - 1].end, span.kind, None, span.end)

    def join_resumed(self, before: Candidate, span: Marked) -> Candidate | None:
        """*“The ice,” she said, “is melting.”*: ``before`` and what goes on behind its clause."""
        clause, text, start = before.attribution, self._cut.text, span.start
        if clause is None or before.pieces:
            return None
        between = text[before.end : start - 1].rstrip()
        if not between.endswith(",") or "\n" in between or len(between) > _MAX_CLAUSE_CHARS:
            return None
        behind = clause.cue is not None and clause.first >= self._cut.token_at(before.end)
        if not behind or not span.closed or not text[start].islower():
            return None
        pieces = (Segment(before.start, before.end), Segment(start, span.end))
        return replace(before, end=span.end, hull_end=span.end, pieces=pieces)

    def _read_behind(
        self, first: int, last: int, sentence: Sentence, end: int, words: list[Token]
    ) -> Attribution | None:
        """*«…», sier Hansen*.

        The clause may report the whole sentence, so that a title or a single word in it is no
        quote; but it may be one where the sentence begins with it (*«Hei!», ropte han*).
        """
        if self._is_partial(first, sentence) and (
            len(words) < _MIN_WORDS or self._looks_like_title(words, first - 1, last)
        ):
            return None
        index = last + 1
        if index < end and self._cut.tokens[index].text in ",.!?":
            index += 1
        if index >= end or self._cut.tokens[index].text[0].isupper():
            return None
        return self._reader.read_inverted(index, end) or self._reader.read_comparison(index, end)

    def _read_subject_behind(
        self, first: int, last: int, sentence: Sentence, words: list[Token]
    ) -> Attribution | None:
        """*“…,” Smith said*, where a stop or comma tells that the clause ends the speech.

        Behind a question the clause begins a sentence of its own: *“Why?” Smith asked.*
        """
        if not self._words.grammar.subject_first or last + 1 >= len(self._cut.tokens):
            return None
        tokens = self._cut.tokens
        if self._is_partial(first, sentence) and (
            len(words) < _MIN_WORDS or self._looks_like_title(words, first - 1, last)
        ):
            return None
        index = last + 1
        while index < min(last + _MAX_TRAILING, len(tokens) - 1) and (
            tokens[index].text in _TRAILING
        ):
            index += 1
        ends = any(token.text in _CLAUSE_STOPS for token in tokens[last - 2 : index])
        line = self._cut.lines[self._cut.line_at(tokens[last].start)]
        if not ends or tokens[index].start >= line.end:
            return None
        behind = self._cut.sentence_of(index)
        return self._introductions.read_behind(index, behind.last)

    def _is_partial(self, first: int, sentence: Sentence) -> bool:
        """Whether something of a sentence stands before the marks."""
        return first - 1 > sentence.first and self._cut.tokens[first - 2].text not in ":" + DASHES

    def _read_colon(self, first: int, words: list[Token]) -> Attribution | None:
        """*Hansen sier: «…»*, also with the colon at the end of the line before."""
        tokens = self._cut.tokens
        colon = first - 2
        if colon < 1:
            return None
        commas = words[0].text[0].isupper() and (
            self._words.grammar.comma_opens_speech or tokens[colon - 1].lower in self._verbs
        )
        if tokens[colon].text not in (":," if commas else ":"):
            return None
        sentence = self._cut.sentence_of(colon)
        start = max(sentence.first, colon - _REACH)
        clause = self._introductions.find_before_speech(start, colon)
        behind = self._cut.token_at(words[-1].end)
        end = tokens[behind].text if behind < len(tokens) else " "
        stops = end in _STOPS and len(words) >= _MIN_WORDS  # "Hansen er kort: «Jeg vet ikke.»"
        whole = stops or len(words) >= _MIN_STANDALONE_WORDS
        if clause is None and tokens[colon].text == ":" and whole:
            label = self._introductions.find_label(start, colon)
            titled = self._looks_like_title(words, first - 1, behind + 1)
            if label is None or (label.mention is not None and label.mention.kind != "source"):
                return label
            return None if titled or end == "?" else label  # "Boka er ny: «Livet på en pinne»"
        return clause

    def _read_governing(
        self, first: int, last: int, floor: int, words: list[Token]
    ) -> Attribution | None:
        """*Hansen hyller «…»*, *Hansen sier at han er «…»*, *ifølge Hansen er det «…»*."""
        opening = first - 1
        if not self._is_cry(first, last) and (
            len(words) < _MIN_WORDS or self._looks_like_title(words, opening, last)
        ):
            return None
        if self._describes_noun(last + 1, words):
            return None
        start = max(floor, opening - _REACH)
        for index in range(opening - 1, start - 1, -1):
            if self._cut.tokens[index].text in ";:":
                start = index + 1
                break
        clause = self._introductions.find_before_speech(start, opening)
        if clause is not None and clause.cue is None and clause.mention is not None:
            return clause if self._covers(clause.mention, opening) else None
        if clause is None or self._is_interposed(clause, opening):
            return clause
        return clause if self._reaches(clause.first, opening) else None

    def _covers(self, mention: Mention, opening: int) -> bool:
        """Whether "according to" somebody covers the marks in its sentence.

        *Ifølge forsvareren, advokat Kari Nes, er han «uskyldig»*; *According to Nes, he is “…”*.
        """
        if self._words.grammar.subject_first:
            return True
        behind = self._cut.tokens[mention.last : opening]
        commas = [token.text for token in behind[1:]].count(",")
        return not commas or (behind[0].text == "," and commas == 1)

    def _is_interposed(self, clause: Attribution, opening: int) -> bool:
        """*Partiet, sier Hansen, må «…»*: a clause between commas reports its whole sentence."""
        tokens, mention = self._cut.tokens, clause.mention
        if mention is None or clause.first < 1 or mention.last >= opening:
            return False
        commas = tokens[clause.first - 1].text == "," == tokens[mention.last].text
        return commas and all(token.text != "," for token in tokens[mention.last + 1 : opening])

    def _describes_noun(self, index: int, words: list[Token]) -> bool:
        """Whether a marked word or two stand as an adjective: *his mock “news anchor” voice*.

        Asked where articles open noun phrases, so that a noun cannot follow an object.
        """
        if not self._words.grammar.articles or len(words) > _MIN_WORDS:
            return False
        token = self._cut.tokens[index] if index < len(self._cut.tokens) else None
        return (
            token is not None
            and token.text[0].islower()
            and token.lower not in self._words.closed
            and token.lower not in self._verbs
        )

    def _is_cry(self, first: int, last: int) -> bool:
        """*brølte «Hellemyr!»*: a single word is an utterance right behind a verb of saying.

        Behind some of these verbs so is what looks like a title: *ropte «Leve freden»*.
        """
        tokens = self._cut.tokens
        if tokens[first - 2].lower in self._words.crying and last - first >= _MIN_WORDS:
            return True
        return tokens[last - 1].text in "!?" and tokens[first - 2].lower in self._verbs

    def _reaches(self, verb: int, opening: int) -> bool:
        """Whether a verb governs words behind a comma: only indirect speech goes on so far."""
        between = self._cut.tokens[verb + 1 : opening]
        if self._words.grammar.subject_first and self._cut.tokens[verb].lower in self._verbs:
            return True
        comma = any(token.text == "," for token in between)
        return not comma or any(token.lower in self._words.complementizers for token in between)

    def _read_according(
        self, first: int, last: int, sentence: Sentence, end: int, words: list[Token]
    ) -> Attribution | None:
        """*«…», ifølge Hansen*."""
        titled = self._is_partial(first, sentence) and self._looks_like_title(
            words, first - 1, last
        )
        if len(words) < _MIN_WORDS or titled:
            return None
        for index in range(last + 1, min(last + 3, end)):
            found = self._reader.read_according(index, end)
            if found is not None:
                return found
        return None

    def _is_standalone(self, span: Marked, words: list[Token], after_standalone: bool) -> bool:
        """Whether whole lines are one marked utterance.

        It is introduced by a colon, stands in a row of such, or is a full sentence by itself.
        """
        text = self._cut.text
        begin = self._cut.lines[self._cut.line_at(span.start)].start
        end = self._cut.lines[self._cut.line_at(span.end)].end
        if begin != span.start - 1 or end > span.end + 2 or len(words) < _MIN_STANDALONE_WORDS:
            return False
        introduced = text[max(begin - 3, 0) : begin].rstrip().endswith(":")
        stops = text[span.end - 1] in _STOPS or text[end - 1] in _STOPS
        full = len(words) >= _MIN_SENTENCE_WORDS and stops
        return introduced or after_standalone or full

    def _looks_like_title(self, words: list[Token], opening: int, last: int) -> bool:
        tokens = self._cut.tokens
        before = tokens[opening - 1].lower if opening else ""
        called = words[0].text[0].islower() and opening > 1 and tokens[opening - 2].lower
        if called not in self._words.ascribing and (  # "kaller boken «et mesterverk»"
            before in self._words.naming or before.endswith(self._naming_ends)
        ):
            return True
        if not words[0].text[0].isupper() and not words[0].text[0].isdigit():
            return False
        stops = any(token.text in _STOPS for token in tokens[opening + 1 : last])
        return len(words) <= _MAX_TITLE_WORDS and not stops
