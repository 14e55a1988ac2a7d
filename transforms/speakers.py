"""From the words of an attribution to the person behind them.

A list of persons, the most salient first, follows the text: whoever a sentence is about comes
to the front, and whoever was quoted. Pronouns and definite role nouns stand for the first person
of the list that fits (a simple form of centering; Grosz, Joshi and Weinstein 1995).
"""

from __future__ import annotations

from collections import defaultdict

from transforms.attributions import AttributionReader
from transforms.lexicon import Lexicon
from transforms.names import Name, Names
from transforms.noun_phrases import Mention
from transforms.sentences import Segmentation, Sentence

# Persons farther back than this are not what a pronoun stands for.
_MAX_SALIENT = 8
# How many places a person may stand behind another and still win by a matching role.
_ROLE_BONUS = 1.5
_PLACE_BONUS = 2.0
_KNOWN_BONUS = 2
# A place within this many tokens of a name belongs to the person: "Frå Gloppen kom Ryssdal".
_NEAR = 6


class Cast:
    """The persons of one text, and who of them is spoken of just now."""

    def __init__(
        self, cut: Segmentation, names: Names, reader: AttributionReader, lexicon: Lexicon
    ) -> None:
        self._cut = cut
        self._names = names
        self._reader = reader
        self._words = lexicon.words
        self._verbs = lexicon.verbs
        self._gender: dict[str, str] = {}
        self._roles: dict[str, set[str]] = defaultdict(set)
        self._places: dict[str, set[str]] = defaultdict(set)
        self._salient: list[str] = []
        self._pair: str | None = None
        self._learn()
        self._people = {name.full for name in names.all if self._is_person(name)}
        self._by_surname = {person.split()[-1]: person for person in self._people}

    def observe(self, sentence: Sentence, first: int, last: int) -> None:
        """Take note of whom narration, tokens ``first`` to ``last`` of a sentence, is about."""
        fronted: list[str] = []
        others: list[str] = []
        for index in range(first, last):
            name = self._names.starting.get(index)
            if name is not None and self._is_person(name):
                prominent = not name.is_genitive and not self._is_oblique(name)
                (fronted if prominent else others).append(name.full)
                continue
            token = self._cut.tokens[index]
            opens = index - sentence.first < 2 or self._cut.tokens[index - 1].lower in self._verbs
            if opens and token.lower in self._words.masculine | self._words.feminine:
                person = self._find_by_pronoun(token.lower)
                if person is not None and not fronted:
                    fronted.append(person)
            elif self._is_definite_role(index):
                person = self._find_by_role(Mention(index, index + 1, "role", index, True))
                if person is not None:
                    (fronted if opens else others).append(person)
        persons = list(dict.fromkeys(fronted + others))
        if persons:
            self._pair = self._find_pair(first, last)
        for person in reversed(persons):
            self.promote(person)

    def _find_pair(self, first: int, last: int) -> str | None:
        """Two persons whom a sentence joins: *Kari Nes fra Moss og Per Moe*."""
        previous: Name | None = None
        for index in range(first, last):
            name = self._names.starting.get(index)
            if name is None or not self._is_person(name):
                continue
            joint = self._cut.tokens[index - 1]
            if (
                previous is not None
                and index - previous.last < _NEAR
                and joint.lower in self._words.conjunctions
            ):
                return f"{previous.full} {joint.text} {name.full}"
            previous = name
        return None

    def _is_definite_role(self, index: int) -> bool:
        """Whether a noun stands for a person known by it: *forskeren*, *Natos generalsekretær*."""
        lower = self._cut.tokens[index].lower
        stem = self._words.role_stem(lower)
        owner = self._names.ending.get(index)
        return stem is not None and (stem != lower or (owner is not None and owner.is_genitive))

    def promote(self, person: str) -> None:
        """Make somebody the most salient person."""
        if person in self._salient:
            self._salient.remove(person)
        self._salient.insert(0, person)
        del self._salient[_MAX_SALIENT:]

    @property
    def foremost(self) -> str | None:
        """The most salient person."""
        return self._salient[0] if self._salient else None

    def resolve(self, mention: Mention) -> str | None:
        """The fullest name behind a mention, or the role or source itself."""
        token = self._cut.tokens[mention.head]
        if mention.kind == "pronoun":
            if mention.indefinite:
                return None
            if token.lower in self._words.plural:
                return self._pair
            return self._find_by_pronoun(token.lower)
        if mention.kind == "name":
            return self._resolve_name(mention)
        if mention.kind == "role" and self._pair and token.lower.endswith(self._words.several):
            return self._pair
        if mention.kind == "role":
            person = self._find_by_role(mention)
            if person is not None:
                return person
        return self.text_of(mention)

    def text_of(self, mention: Mention) -> str:
        """A mention's words, without a genitive ending."""
        tokens = self._cut.tokens
        return self._cut.text[tokens[mention.first].start : tokens[mention.last - 1].end]

    def _resolve_name(self, mention: Mention) -> str:
        name = self._names.starting.get(mention.head)
        if name is None:
            return self.text_of(mention)
        second = self._names.starting.get(name.last + 1)
        if second is not None and second.last == mention.last:
            joint = self._cut.tokens[name.last].text
            return f"{name.full} {joint} {second.full}"
        if mention.first < mention.head and " " not in name.full:
            return f"{self._cut.tokens[mention.first].lower} {name.full}"
        return name.full

    def find_person(self, mention: Mention) -> str | None:
        """The person whom a name stands for, if it is a known person's."""
        name = self._names.starting.get(mention.head)
        known = mention.kind == "name" and name is not None and name.full in self._people
        return self._resolve_name(mention) if known else None

    def find_in_label(self, first: int, last: int) -> str | None:
        """A known person in a label, also as the first part of a compound: *Putin-sjokk*."""
        for index in range(first, last):
            name = self._names.starting.get(index)
            if name is not None and name.full in self._people:
                return name.full
            head = self._cut.tokens[index].text.partition("-")[0]
            if head in self._by_surname:
                return self._by_surname[head]
        return None

    def is_person(self, speaker: str) -> bool:
        """Whether a resolved speaker is one of the text's persons."""
        return speaker in self._people

    def _learn(self) -> None:
        """Roles and gender of every person, from the words before and behind the names."""
        tokens = self._cut.tokens
        previous: Name | None = None
        for name in self._names.all:
            if previous is not None and name.first - previous.last < _NEAR:
                self._places[name.full].add(previous.text)
                self._places[previous.full].add(name.text)
            previous = name
            given = name.full.split()[0].lower().split("-")[0]
            self._note_gender(name.full, given)
            around = list(tokens[max(name.first - 1, 0) : name.first])
            if name.last + 1 < len(tokens) and tokens[name.last].text == ",":
                behind = tokens[name.last + 1 : name.last + 3]
                around += [token for token in behind if token.text[0].islower()]
            for token in around:
                stem = self._words.role_stem(token.lower)
                if stem is not None:
                    self._roles[name.full].add(stem)
                self._note_gender(name.full, stem or token.lower)

    def _note_gender(self, person: str, word: str) -> None:
        if word in self._words.female:
            self._gender.setdefault(person, "f")
        elif word in self._words.male:
            self._gender.setdefault(person, "m")

    def _is_person(self, name: Name) -> bool:
        """Whether a name can be what a pronoun stands for.

        Models take places for persons now and then. So a single word must be a first name, have
        a role, or say something somewhere.
        """
        if name.is_person is not True:
            return name.is_person is None and name.full in self._reader.reporters
        known = name.full in self._gender or name.full in self._roles
        return " " in name.full or known or name.full in self._reader.reporters

    def _is_oblique(self, name: Name) -> bool:
        before = self._cut.tokens[name.first - 1] if name.first else None
        return before is not None and before.lower in self._words.prepositions

    def _find_by_pronoun(self, pronoun: str) -> str | None:
        """The most salient person who fits; known gender outweighs a few places in the list."""
        right, wrong = ("m", "f") if pronoun in self._words.masculine else ("f", "m")
        ranked = [
            (rank - (_KNOWN_BONUS if self._gender.get(person) == right else 0), rank, person)
            for rank, person in enumerate(self._salient)
            if self._gender.get(person) != wrong
        ]
        if not ranked:
            return None
        person = min(ranked)[2]
        self._gender.setdefault(person, right)
        return person

    def _find_by_role(self, mention: Mention) -> str | None:
        """The person whom a role noun stands for.

        Known roles and places count (*ordføraren frå Gloppen*). Who has neither is meant only by
        a definite noun for a person.
        """
        word = self._cut.tokens[mention.head].lower
        stem = self._words.role_stem(word)
        if stem is None and not word.endswith(self._words.agents):
            return None
        places = {
            name.text
            for index in range(mention.head + 1, mention.last)
            if (name := self._names.starting.get(index)) is not None
        }
        ranked = []
        for rank, person in enumerate(self._salient):
            known = stem is not None and any(
                stem.endswith(role) or role.endswith(stem) for role in self._roles.get(person, ())
            )
            near = not places.isdisjoint(self._places.get(person, ()))
            if known or near or not mention.indefinite:
                ranked.append((rank - _ROLE_BONUS * known - _PLACE_BONUS * near, rank, person))
        return min(ranked)[2] if ranked else None
