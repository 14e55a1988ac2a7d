"""Tokens, sentences and lines of a text, all as offsets. One pass, linear time."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple

from newsbeam.transforms.enrich.quotes.marks import Marked, find_marked
from newsbeam.transforms.settings.remembered import Remembered
from newsbeam.transforms.text.characters import DASHES, LOWER_LETTERS, OPENING_MARKS

# A word may hold hyphens, apostrophes and, before a small letter or a digit, stops:
# "Nordfjord-aksjonist", "FN's", "dagbladet.no", "1.100"; and an ending behind a colon: "EU:s".
_TOKEN = re.compile(
    rf"\w+(?:(?:[-'’&/]|\.(?=[{LOWER_LETTERS}0-9])|:(?=[{LOWER_LETTERS}]{{1,2}}\b))\w+)*|[^\w\s]"
)
_SENTENCE_STOPS = frozenset(".!?…")
_CLOSERS = frozenset("»”“\")]'’")


class Token(NamedTuple):
    """A word or one punctuation character. ``lower`` is ``text`` in lower case; whether it
    ``is_capitalised`` like (part of) a name is told by ``_looks_like_name``."""

    text: str
    lower: str
    is_word: bool
    is_capitalised: bool
    start: int
    end: int


# ``Token._make`` without its count of the fields: it took a third of the time for a text's tokens.
_make_token = partial(tuple.__new__, Token)


def _looks_like_name(text: str) -> bool:
    """Whether a word has a capital for itself, and not, like "Start-trener", for the name in it."""
    head, _, tail = text.rpartition("-")
    return text[0].isupper() and not (head and tail[:1].islower())


_SHAPES = Remembered(lambda text: (text.lower(), text[0].isalnum(), _looks_like_name(text)))


def match_phrase(
    tokens: Sequence[Token], index: int, phrases: Mapping[str, Sequence[tuple[str, ...]]]
) -> int:
    """How many tokens the phrase at a token has, 0 where there is none; ``phrases`` are by their
    first words."""
    for phrase in phrases.get(tokens[index].lower, ()):
        if tuple(token.lower for token in tokens[index : index + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def list_between(places: Sequence[int], first: int, last: int) -> Sequence[int]:
    """Those of ``places``, which are in order, from ``first`` to ``last`` (exclusive)."""
    at = bisect_left(places, first)
    return places[at : bisect_left(places, last, at)]


def is_initial_stop(tokens: Sequence[Token], index: int) -> bool:
    """Whether a token is the stop after an initial: "Abid Q. Raja"."""
    before = tokens[index - 1]
    return tokens[index].text == "." and len(before.text) == 1 and before.text.isupper()


class Sentence(NamedTuple):
    """Tokens ``first`` to ``last`` (exclusive) of one sentence, which never leaves its line."""

    first: int
    last: int
    start: int
    end: int
    line: int


class Line(NamedTuple):
    """One line without its newline and the white space at its edges.

    ``sentences`` counts from ``first_sentence``. ``after_blank`` is true where a blank line (or
    the text's beginning) precedes it. Blank lines themselves are left out.
    """

    start: int
    end: int
    first_sentence: int
    last_sentence: int
    after_blank: bool


class Segmentation:
    """A text cut into tokens, sentences and lines. ``words`` are the tokens in lower case."""

    def __init__(self, text: str, abbreviations: Collection[str] = ()) -> None:
        self.text = text
        matches = list(_TOKEN.finditer(text))
        texts = [match[0] for match in matches]
        self._starts = [match.start() for match in matches]
        ends = [match.end() for match in matches]
        shapes = [_SHAPES[word] for word in texts]
        self.words: tuple[str, ...]
        self.words, *kinds = zip(*shapes, strict=True) if shapes else ((), (), ())
        columns = zip(texts, self.words, *kinds, self._starts, ends, strict=True)
        self.tokens: list[Token] = list(map(_make_token, columns))
        self._places: dict[str, list[int]] = defaultdict(list)
        for index, word in enumerate(self.words):
            self._places[word].append(index)
        self._vocabulary = frozenset(self._places)
        self.sentences: list[Sentence] = []
        self._sentence_of: list[Sentence] = []  # By token.
        self.lines: list[Line] = []
        self._split(frozenset(abbreviations))
        self._line_starts = [line.start for line in self.lines]
        self._sentence_starts = [sentence.start for sentence in self.sentences]

    @cached_property
    def marked(self) -> tuple[Marked, ...]:
        """What stands between quotation marks."""
        return find_marked(self.text)

    @cached_property
    def openers(self) -> frozenset[int]:
        """The tokens that open a sentence."""
        return frozenset(sentence.first for sentence in self.sentences)

    def find_words(self, words: Set[str]) -> list[int]:
        """The tokens that are one of some words in lower case, in order.

        Whoever waits for certain words asks once a text, and looks at these tokens alone.
        """
        return self._merge(self._vocabulary & words)

    def find_told(self, found: Mapping[str, object]) -> list[int]:
        """The tokens for whose word in lower case something is ``found``, in order."""
        return self._merge(word for word in self._places if found[word] is not None)

    def _merge(self, words: Iterable[str]) -> list[int]:
        return sorted(chain.from_iterable(self._places[word] for word in words))

    def token_at(self, offset: int) -> int:
        """Index of the first token that begins at or after an offset."""
        return bisect_left(self._starts, offset)

    def sentence_at(self, offset: int) -> int:
        """Index of the sentence that holds an offset (or of the last one before it)."""
        return max(bisect_left(self._sentence_starts, offset + 1) - 1, 0)

    def sentence_of(self, index: int) -> Sentence:
        """The sentence of a token."""
        return self._sentence_of[index]

    def line_at(self, offset: int) -> int:
        """Index of the line that holds an offset (or of the last one before it)."""
        return max(bisect_left(self._line_starts, offset + 1) - 1, 0)

    def _split(self, abbreviations: frozenset[str]) -> None:
        start, blank = 0, True
        stops = self.find_words(_SENTENCE_STOPS)
        for raw in self.text.split("\n"):
            stripped = raw.strip()
            if stripped:
                begin = start + raw.index(stripped[0])
                end = begin + len(stripped)
                first = len(self.sentences)
                self._split_line(begin, end, stops, abbreviations)
                self.lines.append(Line(begin, end, first, len(self.sentences), blank))
            blank = not stripped
            start += len(raw) + 1

    def _split_line(
        self, begin: int, end: int, stops: Sequence[int], abbreviations: frozenset[str]
    ) -> None:
        line, tokens = len(self.lines), self.tokens
        first, last = self.token_at(begin), self.token_at(end)
        for index in list_between(stops, first, last):
            after = index + 1
            while after < last and tokens[after].text in _CLOSERS and self._joined(after):
                after += 1
            if after < last and self._begins_sentence(index, after, abbreviations):
                self._add(first, after, line)
                first = after
        if first < last:
            self._add(first, last, line)

    def _add(self, first: int, last: int, line: int) -> None:
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        sentence = Sentence(first, last, start, end, line)
        self.sentences.append(sentence)
        self._sentence_of += [sentence] * (last - first)

    def _joined(self, index: int) -> bool:
        """Whether no space parts a token from the one before it."""
        return self.tokens[index - 1].end == self.tokens[index].start

    def _begins_sentence(self, stop: int, after: int, abbreviations: frozenset[str]) -> bool:
        if self._joined(after):
            return False
        opener = self.tokens[after].text[0]
        opens = opener == "»" and after + 1 < len(self.tokens) and self._joined(after + 1)
        marks = DASHES + OPENING_MARKS + "(["
        if not (opener.isupper() or opener.isdigit() or opener in marks or opens):
            return False
        if self.tokens[stop].text != "." or not stop or not self._joined(stop):
            return True
        before = self.tokens[stop - 1]
        initial = len(before.text) == 1 and before.text.isupper()
        ordinal = before.text.isdigit() and len(before.text) <= 2 and opener.isdigit()
        return not (initial or ordinal or before.lower in abbreviations)
