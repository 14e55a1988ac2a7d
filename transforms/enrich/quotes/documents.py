"""Who is behind a document: *Kari Nes har skrevet et brev*, *står det i brevet*."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.persons import Persons
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
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
        self._authors: dict[str, str] = {}

    def find(self, word: str) -> str | None:
        """The author of a document, by its noun."""
        stem = self._words.document_stem(word)
        return None if stem is None else self._authors.get(stem)

    def note(self, first: int, last: int, subject: str | None) -> None:
        """Take note of who wrote what in the tokens of a sentence about ``subject``."""
        documents = [
            (index, stem)
            for index in range(first, last)
            if (stem := self._words.document_stem(self._tokens[index].lower)) is not None
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
