"""What a text tells of its persons: who is one, their gender, roles, places and surnames."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Container

from transforms.lexicon import Lexicon
from transforms.quotes.names import Name, Names
from transforms.quotes.roles import find_roles
from transforms.quotes.sentences import Segmentation

# Shorter names that differ in a letter are rather two persons' (Moe, Moen).
_MIN_SPELT = 6
# A place within this many tokens of a name belongs to the person: "Frå Gloppen kom Ryssdal".
NEAR = 6


class Persons:
    """The persons of one text, by full name. ``reporters`` are those who say something in it."""

    def __init__(
        self, cut: Segmentation, names: Names, reporters: Container[str], lexicon: Lexicon
    ) -> None:
        self._cut = cut
        self._names = names
        self._reporters = reporters
        self._words = lexicon.words
        self.gender: dict[str, str] = {}
        self.roles: dict[str, set[str]] = defaultdict(set)
        self.places: dict[str, set[str]] = defaultdict(set)
        self._titles = find_roles(cut, names, lexicon)
        self._learn()
        self.named = {name.full for name in names.all if self.is_person(name)}
        by_length = sorted(self.named, key=len)  # The fullest name comes last, and stays.
        self._by_surname = {person.split()[-1]: person for person in by_length}
        self._by_misspelling = {
            shorter: person
            for person in by_length
            if " " in person
            for shorter in _leave_one_out(person.split()[-1])
        }

    def _learn(self) -> None:
        """Roles and gender of every person, from the words before and behind the names."""
        tokens = self._cut.tokens
        previous: Name | None = None
        for name in self._names.all:
            if previous is not None and name.first - previous.last < NEAR:
                self.places[name.full].add(previous.text)
                self.places[previous.full].add(name.text)
            previous = name
            self.note_gender(name.full, name.full.split()[0].lower().split("-")[0])
            around = list(tokens[max(name.first - 1, 0) : name.first])
            if name.last + 1 < len(tokens) and tokens[name.last].text == ",":
                behind = tokens[name.last + 1 : name.last + 3]
                around += [token for token in behind if token.text[0].islower()]
            for token in around:
                self.note_role(name.full, token.lower)
        for person, (first, last) in self._titles.items():
            for token in tokens[first:last]:
                if self._words.role_stem(token.lower) is not None:
                    self.note_role(person, token.lower)

    def note_role(self, person: str, word: str) -> None:
        """Take note of a word that may tell a person's role or gender."""
        stem = self._words.role_stem(word)
        if stem is not None:
            self.roles[person].add(stem)
        self.note_gender(person, stem or word)

    def note_gender(self, person: str, word: str) -> None:
        """Take note of a word that may tell a person's gender; the first one counts."""
        gender = self.gender_of(word)
        if gender is not None:
            self.gender.setdefault(person, gender)

    def gender_of(self, word: str) -> str | None:
        """The gender of a first name, a title or a noun."""
        if word in self._words.female:
            return "f"
        return "m" if word in self._words.male else None

    def is_person(self, name: Name) -> bool:
        """Whether a name can be what a pronoun stands for.

        Models take places for persons now and then. So a single word must be a first name, have
        a role, or say something somewhere.
        """
        if name.is_person is not True:
            return name.is_person is None and name.full in self._reporters
        known = name.full in self.gender or name.full in self.roles
        return " " in name.full or known or name.full in self._reporters

    def title_of(self, person: str | None) -> str | None:
        """The words by which the text introduces a person, if it does."""
        if person not in self._titles:
            return None
        first, last = self._titles[person]
        return self._cut.text[self._cut.tokens[first].start : self._cut.tokens[last - 1].end]

    def find_by_surname(self, surname: str) -> str | None:
        """The person of that very surname."""
        return self._by_surname.get(surname)

    def find_misspelt(self, name: str) -> str | None:
        """The person whom a name means but for an accent, or a single one but for one letter.

        (Symmetric deletion: Garbe's SymSpell, 2012.)
        """
        same = self._by_surname.get(name.split()[-1])
        plain = same is None or set(name.split()) <= set(same.split())
        if same is not None and not plain and _fold(name) <= _fold(same):
            return same
        found = (self._by_misspelling.get(key) for key in _leave_one_out(name))
        return next((person for person in found if person is not None), None)


def _fold(name: str) -> set[str]:
    """A name's words without accents."""
    plain = unicodedata.normalize("NFD", name)
    return set("".join(c for c in plain if not unicodedata.combining(c)).split())


def _leave_one_out(name: str) -> list[str]:
    """A single name, and the same without each of its letters but the first."""
    if " " in name or len(name) < _MIN_SPELT:
        return []
    return [name, *(name[:at] + name[at + 1 :] for at in range(1, len(name)))]
