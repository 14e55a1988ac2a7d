"""Documents: who wrote *et brev* that others quote, and what *rapporten* is called in full."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.persons import Persons
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, list_between
from newsbeam.transforms.settings.lexicon import Lexicon

# Tokens from a document, or a verb of writing and its preposition, to the author's name.
_NEAR = 4


class DocumentAuthors:
    """The authors of a text's documents, as far as it is read."""

    def __init__(self, cut: Segmentation, names: Names, persons: Persons, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._persons = persons
        self._words = lexicon.words
        self._authors: dict[str | None, str] = {}
        self._places = cut.find_told(self._words.document_stems)

    def find(self, word: str) -> str | None:
        """The author of a document, by its noun."""
        stem = self._words.document_stem(word)
        return None if stem is None else self._authors.get(stem)

    def note(self, first: int, last: int, subject: str | None) -> None:
        """Take note of who wrote what in the tokens of a sentence about ``subject``."""
        documents = [
            (index, self._words.document_stems[self._tokens[index].lower])
            for index in list_between(self._places, first, last)
        ]
        if not documents:
            return
        written = self._find_writing(first, last)
        agent = None if written is None else self._find_behind(written, last)
        for index, stem in documents:
            owner = self._names.ending.get(index)
            author = self._find_behind(index + 1, last)
            if owner is not None and owner.is_genitive and self._persons.is_person(owner):
                author = owner.full
            elif author is None and written is not None:
                author = agent or subject
            if author is not None:
                self._authors[stem] = author

    def _find_writing(self, first: int, last: int) -> int | None:
        """The token behind a verb of writing, whose particle its subject may part from it."""
        for index in range(first, last):
            for phrase in self._words.writing.get(self._tokens[index].lower, ()):
                near = [token.lower for token in self._tokens[index + 1 : index + 1 + _NEAR]]
                if all(word in near for word in phrase[1:]):
                    return index + 1
        return None

    def _find_behind(self, index: int, last: int) -> str | None:
        """The person behind a preposition at ``index``: *fra Kari Nes*, *av lærer Kari Nes*."""
        if index >= last or self._tokens[index].lower not in self._words.complements:
            return None
        for at in range(index + 1, min(index + _NEAR, last)):
            name = self._names.starting.get(at)
            if name is not None:
                return name.full if self._persons.is_person(name) else None
        return None


class DocumentNames:
    """What documents are called: *rapporten* is the *rapport fra Riksrevisjonen* of the text."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._words = lexicon.words
        self._told: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for name in names.all:
            if name.is_person or not self._is_complement(name.first - 1):
                continue
            for index in (name.first - 2, name.first - 3):  # "rapport utarbeidet av SSB"
                bare = self._find_bare(index) if index >= 0 else None
                if bare is not None:
                    full = cut.text[cut.tokens[index].start : name.start + len(name.text)]
                    self._told[bare].append((index, full))
                    break

    def _is_complement(self, index: int) -> bool:
        return index >= 0 and self._tokens[index].lower in self._words.complements

    def _find_bare(self, index: int) -> str | None:
        """The noun of a document without its definite ending."""
        stems = self._words.stems(self._tokens[index].lower)
        return min(filter(self._words.is_document, stems), key=len, default=None)

    def find(self, mention: Mention) -> str | None:
        """What a definite noun that says no more is called before it, or else behind it."""
        bare = self._find_bare(mention.head)
        if bare in (None, self._tokens[mention.head].lower) or mention.last > mention.head + 1:
            return None
        told = self._told.get(bare, [])
        at = bisect_right(told, (mention.head, ""))
        near = [*told[max(at - 1, 0) : at], *told[at : at + 1]]
        return near[0][1] if near else None
