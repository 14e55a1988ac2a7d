"""Which words between marks are quotes, and which are titles, terms and scare quotes.

Marks alone prove nothing. Words count as a quote where a clause in the same sentence, or one
that ends in a colon right before, ascribes them, and where they are more than one word; or where
whole lines of marked utterances follow an introduction.
"""

from __future__ import annotations

from transforms.lexicon import Lexicon
from transforms.quotes.attributions import Attribution, AttributionReader
from transforms.quotes.introductions import IntroductionReader
from transforms.quotes.marks import Marked
from transforms.quotes.sentences import Segmentation, Sentence, Token
from transforms.quotes.turns import Candidate

_MIN_WORDS = 2
# A capitalised stretch of at most this many words, inside a sentence and without a stop of its
# own, is rather a title than a partial quote.
_MAX_TITLE_WORDS = 6
# A line that is nothing but a marked utterance has at least this many words.
_MIN_STANDALONE_WORDS = 4
_MIN_SENTENCE_WORDS = 7
_STOPS = ".!?…"
_REACH = 40


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
        self._verbs = lexicon.verbs

    def read(self, span: Marked, floor: int, *, after_standalone: bool) -> Candidate | None:
        """The quote in a marked stretch, or ``None``.

        Tokens before ``floor`` belong to another quote.
        ``after_standalone`` says that the line before was a whole quote without a clause.
        """
        tokens = self._cut.tokens
        first, last = self._cut.token_at(span.start), self._cut.token_at(span.end)
        words = [token for token in tokens[first:last] if token.is_word]
        if not span.closed or not words:
            return None
        sentence = self._cut.sentences[self._cut.sentence_at(span.start)]
        end_sentence = self._cut.sentences[self._cut.sentence_at(span.end)]
        found = (
            self._read_colon(first, words)
            or self._read_governing(first, last, max(sentence.first, floor), words)
            or self._read_behind(first, last, sentence, end_sentence.last, words)
            or self._read_according(first, last, end_sentence.last, words)
        )
        standalone = found is None and self._is_standalone(span, words, after_standalone)
        if found is None and not standalone:
            return None
        hull = max(span.end, tokens[found.last - 1].end if found else 0)
        return Candidate(span.start, span.end, span.kind, found, hull, standalone)

    def _read_behind(
        self, first: int, last: int, sentence: Sentence, end: int, words: list[Token]
    ) -> Attribution | None:
        """*«…», sier Hansen*.

        The clause may report the whole sentence, so that a title or a single word in it is no
        quote; but it may be one where the sentence begins with it (*«Hei!», ropte han*).
        """
        partial = first - 1 > sentence.first and self._cut.tokens[first - 2].text not in ":–—-"
        if partial and (len(words) < _MIN_WORDS or self._looks_like_title(words, first - 1, last)):
            return None
        index = last + 1
        if index < end and self._cut.tokens[index].text in ",.!?":
            index += 1
        if index >= end or self._cut.tokens[index].text[0].isupper():
            return None
        return self._reader.read_inverted(index, end) or self._reader.read_comparison(index, end)

    def _read_colon(self, first: int, words: list[Token]) -> Attribution | None:
        """*Hansen sier: «…»*, also with the colon at the end of the line before."""
        tokens = self._cut.tokens
        colon = first - 2
        if colon < 1 or tokens[colon].text != ":":
            return None
        sentence = self._cut.sentences[self._cut.sentence_at(tokens[colon].start)]
        start = max(sentence.first, colon - _REACH)
        clause = self._introductions.find_before_speech(start, colon)
        if clause is None and len(words) >= _MIN_STANDALONE_WORDS:
            return self._introductions.find_label(start, colon)
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
        start = max(floor, opening - _REACH)
        for index in range(opening - 1, start - 1, -1):
            if self._cut.tokens[index].text in ";:":
                start = index + 1
                break
        clause = self._introductions.find_before_speech(start, opening)
        return clause if clause is None or self._reaches(clause.first, opening) else None

    def _is_cry(self, first: int, last: int) -> bool:
        """*brølte «Hellemyr!»*: a single word is an utterance right behind a verb of saying."""
        tokens = self._cut.tokens
        return tokens[last - 1].text in "!?" and tokens[first - 2].lower in self._verbs

    def _reaches(self, verb: int, opening: int) -> bool:
        """Whether a verb governs words behind a comma: only indirect speech goes on so far."""
        between = self._cut.tokens[verb + 1 : opening]
        comma = any(token.text == "," for token in between)
        return not comma or any(token.lower in self._words.complementizers for token in between)

    def _read_according(
        self, first: int, last: int, end: int, words: list[Token]
    ) -> Attribution | None:
        """*«…», ifølge Hansen*."""
        if len(words) < _MIN_WORDS or self._looks_like_title(words, first - 1, last):
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
        if before in self._words.naming or any(
            before.endswith(noun) for noun in self._words.naming if len(noun) > 4
        ):
            return True
        if not words[0].text[0].isupper() and not words[0].text[0].isdigit():
            return False
        stops = any(token.text in _STOPS for token in tokens[opening + 1 : last])
        return len(words) <= _MAX_TITLE_WORDS and not stops
