"""What a text tells of its persons: who is one, their gender, roles, places and surnames."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Container, Sequence

from newsbeam.transforms.enrich.quotes.affiliations import find_affiliations
from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.gender import GenderFact, find_genders
from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.roles import Role, find_roles
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.titled_runs import word_before
from newsbeam.transforms.records import Entity, Gender, Speaker
from newsbeam.transforms.settings.lexicon import Lexicon

# Shorter names that differ in a letter are rather two persons' (Moe, Moen).
_MIN_SPELT = 6
# Tokens of an apposition that may hold its noun, where articles and adjectives stand before it.
_MAX_APPOSITION = 5
# A place within this many tokens of a name belongs to the person: "Frå Gloppen kom Ryssdal".
NEAR = 6


def find_persons(
    text: str, lexicon: Lexicon, entities: Sequence[Entity] = ()
) -> tuple[Speaker, ...]:
    """The persons that a text names, in its order, with what it tells of each; in linear time.

    Whoever is known by a role alone is not among them. Without ``entities`` names are told by
    their capitals.
    """
    cut = Segmentation(text, lexicon.words.abbreviations)
    names = Names(cut, lexicon, entities)
    persons = Persons(cut, names, AttributionReader(cut, names, lexicon).reporters, lexicon)
    return persons.describe_all()


class Persons:
    """The persons of one text, by full name. ``reporters`` are those who say something in it."""

    def __init__(
        self, cut: Segmentation, names: Names, reporters: Container[str], lexicon: Lexicon
    ) -> None:
        self._cut = cut
        self._names = names
        self._reporters = reporters
        self._words = lexicon.words
        self._reach = _MAX_APPOSITION if lexicon.words.grammar.articles else 2
        self.gender: dict[str, Gender] = {}
        self.roles: dict[str, set[str]] = defaultdict(set)
        self.places: dict[str, set[str]] = defaultdict(set)
        self._said = find_roles(cut, names, lexicon)
        self._genders = find_genders(cut, names, self._said, lexicon)
        self._affiliations = find_affiliations(cut, names, self._said, lexicon)
        self.gender |= {person: fact.gender for person, fact in self._genders.items()}
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
        tokens, openers = self._cut.tokens, self._cut.openers
        previous: Name | None = None
        for name in self._names.all:
            near = previous is not None and name.first - previous.last < NEAR
            if previous is not None and near and self._in_one_sentence(previous, name):
                self.places[name.full].add(previous.text)
                self.places[previous.full].add(name.text)
            previous = name
            around = [] if name.first in openers else [word_before(name.first, tokens, self._words)]
            if self._has_apposition(name):
                behind = tokens[name.last + 1 : name.last + 1 + self._reach]
                around += [token for token in behind if token.text[0].islower()]
            for token in around:
                self.note_role(name.full, token.lower)
        for person, (role, *_) in self._said.titles.items():
            for token in tokens[role.first : role.last]:
                if token.lower in self._words.prepositions:
                    break  # "moren til gutten" is no boy
                if self._words.role_stem(token.lower) is not None:
                    self.note_role(person, token.lower)

    def _in_one_sentence(self, one: Name, other: Name) -> bool:
        return self._cut.sentence_of(one.first) is self._cut.sentence_of(other.first)

    def _has_apposition(self, name: Name) -> bool:
        """Whether what a comma parts from a name describes it: *Kari Nes, leder i laget*.

        Where articles open it, a place does not count: *in Moss, the mayor said*.
        """
        tokens = self._cut.tokens
        if name.last + 1 >= len(tokens) or tokens[name.last].text != ",":
            return False
        before = tokens[name.first - 1].lower if name.first else ""
        hangs = before == "," or before in self._words.prepositions
        return not (hangs and self._words.grammar.articles)

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

    def gender_of(self, word: str) -> Gender | None:
        """The gender of a first name, a title or a noun."""
        if word in self._words.female:
            return "female"
        return "male" if word in self._words.male else None

    def is_person(self, name: Name) -> bool:
        """Whether a name can be what a pronoun stands for.

        Models take places for persons now and then. So a single word must be a first name, have
        a role, or say something somewhere.
        """
        if name.is_person is not True:
            human = name.full in self._reporters or name.full in self._names.aged
            titled = bool(self._words.grammar.articles) and " " in name.full
            human = human or (titled and name.full in self.roles)
            body = titled and self._words.is_collective(name.full.lower().split()[-1])
            human = human and not body  # "The Morning Post reported"
            return name.is_person is None and human
        known = name.full in self.gender or name.full in self.roles or name.full in self._names.aged
        group = name.full.lower().endswith(self._words.several)  # "Meteorologene skriver"
        return " " in name.full or known or (name.full in self._reporters and not group)

    def title_of(self, person: str | None) -> str | None:
        """The words by which the text introduces a person, if it does."""
        roles = self._said.titles.get(person or "")
        return None if roles is None else self._text_of(roles[0])

    def _text_of(self, role: Role) -> str:
        tokens = self._cut.tokens
        return role.meant or self._cut.text[tokens[role.first].start : tokens[role.last - 1].end]

    def describe(self, person: str) -> Speaker:
        """What the text tells of a person, by full name."""
        said = self._said.titles.get(person) or self._said.predicates.get(person)
        fact = self._genders.get(person) or self._read_noun_gender(person)
        return Speaker(
            name=person,
            kind="person",
            role=None if said is None else self._text_of(said[0]),
            gender=None if fact is None else fact.gender,
            gender_from=None if fact is None else fact.evidence,
            affiliation=self._affiliations.get(person),
        )

    def describe_all(self) -> tuple[Speaker, ...]:
        """What the text tells of each of its persons, in its order."""
        named = dict.fromkeys(name.full for name in self._names.all)
        return tuple(self.describe(person) for person in named if person in self.named)

    def note_pronoun(self, person: str, gender: Gender) -> None:
        """Take note of the pronoun by which the text has a person say something."""
        self._genders.setdefault(person, GenderFact(gender, "pronoun"))

    def _read_noun_gender(self, person: str) -> GenderFact | None:
        """What a noun that stands for a name tells: *Moes kone*."""
        for word in person.lower().split():
            stem = self._words.role_stem(word)
            gender = None if stem is None else self._words.gendered.of_noun(stem)
            if gender is not None:
                return GenderFact(gender, "noun")
        return None

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
