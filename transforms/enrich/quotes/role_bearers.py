"""Whom a role noun stands for, among the persons of whom a text speaks."""

from __future__ import annotations

from collections.abc import Container, Sequence, Set

from newsbeam.transforms.enrich.quotes.epithets import find_epithets
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.persons import Persons
from newsbeam.transforms.enrich.quotes.role_nouns import RoleNouns
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.settings.lexicon_words import LexiconWords

# How many places a person may stand behind another and still win by a matching role, or by
# being named since the last quote.
_ROLE_BONUS = 1.5
_PLACE_BONUS = 2.0
# The same by being known by that very noun alone: *datteren* is whom *Moes datter* introduced.
_NOUN_BONUS = 2.0
# The same by saying something somewhere, where nothing tells who holds an office.
_VOICE_BONUS = 4.0
# Tokens of its own sentence before a role noun in which a name is somebody else's.
_MAX_BEFORE = 40


def are_related(one: str, other: str) -> bool:
    """Whether one role noun is the other or a compound of it: *leder*, *partileder*."""
    return one.endswith(other) or other.endswith(one)


def is_plural(mention: Mention, cut: Segmentation, words: LexiconWords) -> bool:
    """Whether a mention's noun stands for several: *forskerne*."""
    return words.is_several(cut.tokens[mention.head].lower)


class RoleBearers:
    """Finds the persons behind the role nouns of one text."""

    def __init__(
        self,
        cut: Segmentation,
        names: Names,
        persons: Persons,
        nouns: RoleNouns,
        reporters: Container[str],
        lexicon: Lexicon,
    ) -> None:
        self._cut = cut
        self._names = names
        self._persons = persons
        self._nouns = nouns
        self._reporters = reporters
        self._words = lexicon.words
        self._forms = lexicon.statements.sets
        self._offices = tuple(lexicon.persons.office_nouns)
        self._epithets = find_epithets(cut, names, lexicon)

    def find(
        self, mention: Mention, salient: Sequence[str], fresh: Set[str], nameless: Set[str]
    ) -> str | None:
        """The person whom a role noun stands for: by role or place (*ordføraren frå Gloppen*),
        else only by a definite noun for a person.

        ``salient`` are the persons spoken of, the most salient first; ``fresh`` those named since
        the last quote, ``nameless`` those known by a noun alone.
        """
        word = self._words.without_genitive(self._cut.tokens[mention.head].lower)
        stem = self._words.role_stem(word)
        age = word.partition("-")[0]
        if age.isdigit():  # "19-åringen"
            ages = self._names.aged
            aged = [person for person in salient if ages.get(person) == age]
            if aged:
                return aged[0]
        introduced = self._epithets.get(word, set())
        human = age.isdigit() or word.endswith(self._words.agents)
        if stem is None and not introduced and not human:
            return None
        complemented = mention.last > mention.head + 1
        if complemented and self._nouns.is_new_role(mention.head):
            return None  # "En talsmann for Slottet"
        if is_plural(mention, self._cut, self._words) and not mention.indefinite:
            return None
        if stem not in (None, word) and self._forms.nouns and not word.endswith(self._forms.nouns):
            return None  # "offiserer": several
        gender = self._persons.gender_of(stem or word)
        places = {name.text for name in self._names.list_within(mention.head + 1, mention.last)}
        others = self._list_named_before(mention)
        held = self._is_office(stem)
        roles = self._persons.roles
        is_named = any(
            are_related(stem, role)
            for person in salient
            if held and stem is not None and person not in nameless
            for role in roles.get(person, ())
        )
        ranked = []
        for rank, person in enumerate(salient):
            known = stem is not None and any(
                role == stem if stem in self._forms.apart else are_related(stem, role)
                for role in roles.get(person, ())
            )
            own = self._persons.places.get(person, set())
            near = not places.isdisjoint(own) or self._belongs(mention, own)
            known = known or person in introduced
            known = known and (near or not complemented or not own)
            if gender is not None and self._persons.gender.get(person, gender) != gender:
                continue
            if is_named and person in nameless:
                continue  # "Landets minister" has got his name since.
            if not known and person in others:
                continue  # "Nes hørte at gutten ropte": the boy is not Nes.
            if age.isdigit() and person in self._names.aged:
                continue  # Somebody of another age.
            apart = stem in self._words.kin or held or (person in nameless and gender is None)
            if apart and not known and roles.get(person):
                continue  # The minister is not the economist, the patient not the nurse.
            vague = mention.indefinite or complemented or (stem is None and bool(introduced))
            vague |= stem in self._forms.apart  # "Dommeren" is not the trainer.
            if known or near or not vague:
                bonus = _ROLE_BONUS * (known + (person in fresh)) + _PLACE_BONUS * near
                bonus += _NOUN_BONUS * (known and person in nameless)
                # "Presidenten", whom the text never calls so with the name.
                bonus += _VOICE_BONUS * (held and not known and person in self._reporters)
                # Where an article makes nouns definite, a title told before says who is meant.
                sure = known and bool(self._words.grammar.articles)
                ranked.append((not sure, rank - bonus, rank, person))
        return min(ranked)[3] if ranked else None

    def _list_named_before(self, mention: Mention) -> set[str]:
        """Whom the sentence of a role noun names before it."""
        sentence = self._cut.sentence_of(mention.first)
        first = max(sentence.first, mention.first - _MAX_BEFORE)
        return {name.full for name in self._names.list_within(first, mention.first)}

    def _is_office(self, stem: str | None) -> bool:
        """Whether one body has one of a role: *minister*, *finansminister*."""
        return stem is not None and stem.endswith(self._offices)

    def _belongs(self, mention: Mention, places: set[str]) -> bool:
        """Whether a role's complement is the last part of a place: *klubben*, *Svømmeklubben*."""
        noun = self._cut.tokens[mention.last - 1].lower
        tied = mention.last > mention.head + 1
        return tied and any(place.lower().endswith(noun) for place in places)
