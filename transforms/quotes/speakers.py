"""From the words of an attribution to the person behind them.

A list of persons, the most salient first, follows the text: whoever a sentence is about comes
to the front, and whoever was quoted. Pronouns and definite role nouns stand for the first person
of the list that fits (a simple form of centering; Grosz, Joshi and Weinstein 1995).
"""

from __future__ import annotations

from transforms.lexicon import Lexicon
from transforms.quotes.attributions import AttributionReader
from transforms.quotes.names import Name, Names
from transforms.quotes.noun_phrases import Mention
from transforms.quotes.persons import NEAR, Persons
from transforms.quotes.sentences import Segmentation, Sentence

# Tokens before the subject of a sentence's main clause.
_MAX_FRONT = 4
# Words of a title before a name.
_MAX_TITLE = 4
# Names joined by "and" that are followed back to a preposition.
_MAX_JOINED = 3
# Persons farther back than this are not what a pronoun stands for.
_MAX_SALIENT = 8
# How many places a person may stand behind another and still win by a matching role, or by
# being named since the last quote.
_ROLE_BONUS = 1.5
_PLACE_BONUS = 2.0


class Cast:
    """The persons of one text, and who of them is spoken of just now."""

    def __init__(
        self, cut: Segmentation, names: Names, reader: AttributionReader, lexicon: Lexicon
    ) -> None:
        self._cut = cut
        self._names = names
        self._words = lexicon.words
        self._verbs = lexicon.verbs
        self._salient: list[str] = []
        self._fresh: set[str] = set()
        self._nameless: set[str] = set()
        self._pair: str | None = None
        self._persons = Persons(cut, names, reader.reporters, lexicon)

    def observe(self, sentence: Sentence, first: int, last: int) -> None:
        """Take note of whom narration, tokens ``first`` to ``last`` of a sentence, is about."""
        fronted: list[str] = []
        others: list[str] = []
        for index in range(first, last):
            name = self._names.starting.get(index)
            if name is not None and self._persons.is_person(name):
                prominent = not name.is_genitive and not self._is_oblique(name)
                (fronted if prominent else others).append(name.full)
                self._fresh.add(name.full)
                continue
            token = self._cut.tokens[index]
            opens = index - sentence.first < 2 or self._cut.tokens[index - 1].lower in self._verbs
            subject = opens or index - sentence.first < _MAX_FRONT  # "Nå kommer hun"
            if subject and token.lower in self._words.masculine | self._words.feminine:
                person = self._find_by_pronoun(token.lower)
                if person is not None and not fronted:
                    fronted.append(person)
            elif self._is_definite_role(index):
                person = self._find_by_role(Mention(index, index + 1, "role", index, True))
                if person is not None:
                    (fronted if opens else others).append(person)
                elif not fronted:
                    fronted += self._introduce(index)
            elif opens and not fronted and self._words.role_stem(token.lower) is not None:
                fronted += self._introduce(index)
        persons = list(dict.fromkeys(fronted + others))
        if persons:
            self._pair = self._find_pair(first, last)
        before = self.foremost
        for person in reversed(persons):
            self._promote(person)
        if before is not None and before not in persons:  # It outlasts who is named in passing.
            self._promote(before, place=len(dict.fromkeys(fronted)))

    def _find_pair(self, first: int, last: int) -> str | None:
        """Two persons whom a sentence joins: *Kari Nes fra Moss og Per Moe*."""
        previous: Name | None = None
        for index in range(first, last):
            name = self._names.starting.get(index)
            if name is None or not self._persons.is_person(name):
                continue
            joint = self._cut.tokens[index - 1]
            if (
                previous is not None
                and index - previous.last < NEAR
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
        single = not lower.endswith(self._words.several)
        owned = owner is not None and owner.is_genitive
        return stem is not None and single and (stem != lower or owned)

    def note_speaker(self, person: str) -> None:
        """Make the speaker of a quote the most salient person."""
        self._promote(person)
        self._fresh.clear()

    def _promote(self, person: str, place: int = 0) -> None:
        if person in self._salient:
            self._salient.remove(person)
        self._salient.insert(place, person)
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
        if mention.kind == "role" and self._pair and self._is_plural(mention):
            return self._pair
        if mention.kind == "role":
            person = self._find_by_role(mention)
            return person or self._add_nameless(mention)
        return self.text_of(mention)

    def _add_nameless(self, mention: Mention) -> str:
        """A person known by a role alone, whom pronouns may stand for from now on."""
        text = self.text_of(mention)
        word = self._cut.tokens[mention.head].lower
        stem = self._words.role_stem(word)
        human = stem is not None or word.endswith(self._words.agents)
        if human and not self._is_plural(mention):
            self._nameless.add(text)
            self._persons.note_role(text, word)
        return text

    def _is_plural(self, mention: Mention) -> bool:
        return self._cut.tokens[mention.head].lower.endswith(self._words.several)

    def title_of(self, speaker: str | None) -> str | None:
        """The words by which the text introduces a named speaker, if it does."""
        return self._persons.title_of(speaker)

    def _is_new_role(self, index: int) -> bool:
        """Whether a noun introduces somebody: *En kunde venter*, *Vitne nummer 2*."""
        word = self._cut.tokens[index].lower
        before = self._cut.tokens[index - 1].lower if index else ""
        described = before in self._words.determiners and before not in self._words.subjects
        return (described or self._is_numbered(index)) and self._words.role_stem(word) == word

    def _is_numbered(self, index: int) -> bool:
        return self._cut.tokens[min(index + 2, len(self._cut.tokens) - 1)].text.isdigit()

    def _is_named(self, index: int) -> bool:
        """Whether a name goes with a noun: *leder i laget, Kari Nes*."""
        return any(at in self._names.starting for at in range(index, index + NEAR))

    def _introduce(self, index: int) -> list[str]:
        """A nameless person whom narration is about, with the owner: *Krekars datter*."""
        owner = self._names.ending.get(index)
        owned = owner is not None and owner.is_genitive
        if self._is_named(index) or not (owned or self._is_new_role(index)):
            return []
        first = owner.first if owner is not None and owned else index
        if first < index and first and self._cut.tokens[first - 1].lower in self._words.titles:
            first -= 1
        if first and self._cut.tokens[first - 1].lower in self._words.prepositions:
            return []
        last = index + 3 if self._is_numbered(index) else index + 1
        return [self._add_nameless(Mention(first, last, "role", index))]

    def text_of(self, mention: Mention) -> str:
        """A mention's words, without a genitive ending."""
        tokens = self._cut.tokens
        return self._cut.text[tokens[mention.first].start : tokens[mention.last - 1].end]

    def _resolve_name(self, mention: Mention) -> str:
        name = self._names.starting.get(mention.head)
        if name is None:
            return self.text_of(mention)
        second = self._names.ending.get(mention.last)
        if second is not None and second.first > name.last:
            between = self._cut.tokens[name.last : second.first]
            joints = [token.text for token in between if token.lower in self._words.conjunctions]
            return f"{name.full} {joints[-1] if joints else between[-1].text} {second.full}"
        if mention.first < mention.head and " " not in name.full:
            return f"{self._cut.tokens[mention.first].lower} {name.full}"
        return self._persons.find_misspelt(name.full) or name.full

    def find_person(self, mention: Mention) -> str | None:
        """The person whom a name stands for, if it is a known person's."""
        name = self._names.starting.get(mention.head)
        known = mention.kind == "name" and name is not None and name.full in self._persons.named
        return self._resolve_name(mention) if known else None

    def find_in_label(self, first: int, last: int) -> str | None:
        """A known person in a label, also as the first part of a compound: *Putin-sjokk*."""
        for index in range(first, last):
            name = self._names.starting.get(index)
            if name is not None and name.full in self._persons.named:
                return name.full
            head = self._cut.tokens[index].text.partition("-")[0]
            person = self._persons.find_by_surname(head)
            if person is not None:
                return person
        return None

    def is_person(self, speaker: str) -> bool:
        """Whether a resolved speaker is one of the text's persons."""
        return speaker in self._persons.named or speaker in self._nameless

    def _is_oblique(self, name: Name) -> bool:
        """Whether a name, with the title before it, hangs on a preposition, alone or joined."""
        tokens = self._cut.tokens
        for _ in range(_MAX_JOINED):
            index = name.first - 1
            while index > name.first - _MAX_TITLE and index > 0 and self._is_title_word(index):
                index -= 1
            if index < 0 or tokens[index].lower in self._words.prepositions:
                return index >= 0
            joined = tokens[index].lower in self._words.conjunctions
            other = self._names.ending.get(index) if joined else None
            if other is None:
                return False
            name = other
        return False

    def _is_title_word(self, index: int) -> bool:
        token = self._cut.tokens[index]
        return token.text[0].islower() and token.lower not in self._words.closed

    def _find_by_pronoun(self, pronoun: str) -> str | None:
        """The most salient person whose gender is not known to be the other."""
        right, wrong = ("m", "f") if pronoun in self._words.masculine else ("f", "m")
        fitting = (person for person in self._salient if self._persons.gender.get(person) != wrong)
        person = next(fitting, None)
        if person is None:
            return None
        self._persons.gender.setdefault(person, right)
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
        if self._is_plural(mention) and not mention.indefinite:
            return None
        gender = self._persons.gender_of(stem or word)
        places = {
            name.text
            for index in range(mention.head + 1, mention.last)
            if (name := self._names.starting.get(index)) is not None
        }
        ranked = []
        for rank, person in enumerate(self._salient):
            known = stem is not None and any(
                stem.endswith(role) or role.endswith(stem)
                for role in self._persons.roles.get(person, ())
            )
            near = not places.isdisjoint(self._persons.places.get(person, ()))
            if gender is not None and self._persons.gender.get(person, gender) != gender:
                continue
            if known or near or not mention.indefinite:
                bonus = _ROLE_BONUS * (known + (person in self._fresh)) + _PLACE_BONUS * near
                ranked.append((rank - bonus, rank, person))
        return min(ranked)[2] if ranked else None
