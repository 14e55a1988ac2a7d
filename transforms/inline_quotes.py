"""Which words between marks are quotes, and which are titles, terms and scare quotes.

Marks alone prove nothing. Words count as a quote where a clause in the same sentence, or one
that ends in a colon right before, ascribes them, and where they are more than one word; or where
whole lines of marked utterances follow an introduction.
"""

from __future__ import annotations

from transforms.attributions import Attribution, AttributionReader
from transforms.lexicon import Lexicon
from transforms.marks import Marked
from transforms.sentences import Segmentation, Sentence, Token
from transforms.turns import Candidate

_MIN_WORDS = 2
# A capitalised stretch of at most this many words, inside a sentence and without a stop of its
# own, is rather a title than a partial quote.
_MAX_TITLE_WORDS = 6
# A line that is nothing but a marked utterance has at least this many words.
_MIN_STANDALONE_WORDS = 4
_STOPS = ".!?…"
_REACH = 40


class InlineReader:
    """Reads the marked quotes of one text."""

    def __init__(self, cut: Segmentation, reader: AttributionReader, lexicon: Lexicon) -> None:
        self._cut = cut
        self._reader = reader
        self._words = lexicon.words
        self._verbs = lexicon.verbs

    def read(self, span: Marked, *, after_standalone: bool) -> Candidate | None:
        """The quote in a marked stretch, or ``None``.

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
            self._read_behind(last, end_sentence, words)
            or self._read_colon(first, sentence)
            or self._read_governing(first, last, sentence, words)
            or self._read_according(first, last, sentence, end_sentence, words)
        )
        standalone = found is None and self._is_standalone(span, words, after_standalone)
        if found is None and not standalone:
            return None
        hull = max(span.end, tokens[found.last - 1].end if found else 0)
        return Candidate(span.start, span.end, span.kind, found, hull, standalone)

    def _read_behind(self, last: int, sentence: Sentence, words: list[Token]) -> Attribution | None:
        """*«…», sier Hansen*."""
        index = last + 1
        if index < sentence.last and self._cut.tokens[index].text in ",.!?":
            index += 1
        # The sentence may have been cut behind the mark's own stop: "«Nei!» ropte Hansen."
        if index >= sentence.last:
            return None
        if self._cut.tokens[index].text[0].isupper():
            return None
        clause = self._reader.read_inverted(index, sentence.last) or self._reader.read_comparison(
            index, sentence.last
        )
        if clause is None or len(words) >= _MIN_WORDS:
            return clause
        # A single word is an utterance only where it looks like one: "«Hellemyr!», brølte han."
        whole = sentence.first == last - 2 or words[0].text[0].isupper()
        return clause if whole else None

    def _read_colon(self, first: int, sentence: Sentence) -> Attribution | None:
        """*Hansen sier: «…»*, also with the colon at the end of the line before."""
        tokens = self._cut.tokens
        colon = first - 2
        if colon < 1 or tokens[colon].text != ":":
            return None
        start = self._cut.sentences[self._cut.sentence_at(tokens[colon].start)].first
        return self._reader.find_before_speech(max(start, colon - _REACH), colon)

    def _read_governing(
        self, first: int, last: int, sentence: Sentence, words: list[Token]
    ) -> Attribution | None:
        """*Hansen hyller «…»*, *Hansen sier at han er «…»*: a partial quote in its sentence."""
        opening = first - 1
        if len(words) < _MIN_WORDS or self._looks_like_title(words, opening, last):
            return None
        start = max(sentence.first, opening - _REACH)
        for index in range(opening - 1, start - 1, -1):
            if self._cut.tokens[index].text in ";:":
                return None
            if self._cut.tokens[index].lower in self._verbs or (
                self._cut.tokens[index].lower in self._words.ascribing
            ):
                return self._reader.find_before_speech(start, min(index + 12, opening))
        return None

    def _read_according(
        self, first: int, last: int, sentence: Sentence, end_sentence: Sentence, words: list[Token]
    ) -> Attribution | None:
        """*«…», ifølge Hansen*; *Ifølge Hansen er det «…»*."""
        if len(words) < _MIN_WORDS or self._looks_like_title(words, first - 1, last):
            return None
        for index in (last + 1, last + 2, sentence.first):
            if index < end_sentence.last:
                found = self._reader.read_according(index, end_sentence.last)
                if found is not None:
                    return found
        return None

    def _is_standalone(self, span: Marked, words: list[Token], after_standalone: bool) -> bool:
        """Whether the line is one marked utterance, in a row of such or behind a colon."""
        text = self._cut.text
        begin = self._cut.lines[self._cut.line_at(span.start)].start
        end = self._cut.lines[self._cut.line_at(span.end)].end
        if begin != span.start - 1 or end > span.end + 2 or len(words) < _MIN_STANDALONE_WORDS:
            return False
        introduced = (
            text[:begin].rstrip()[-1:] == ":"
            if begin < 200
            else (text[begin - 200 : begin].rstrip()[-1:] == ":")
        )
        return introduced or after_standalone

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
