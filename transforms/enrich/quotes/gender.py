"""The gender of a text's persons, and what tells it: the text's own words, else a first name."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.obliques import is_oblique
from newsbeam.transforms.enrich.quotes.roles import Role, Roles
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Sentence, list_between
from newsbeam.transforms.enrich.quotes.titled_runs import word_before
from newsbeam.transforms.records import Gender, GenderEvidence
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import DASHES

# A pronoun among the first tokens of a sentence can be its subject: "Nå kommer hun".
_MAX_FRONT = 4
_BEFORE_CLAUSE = ",!?"


class GenderFact(NamedTuple):
    """A gender and what tells it."""

    gender: Gender
    evidence: GenderEvidence


def find_genders(
    cut: Segmentation, names: Names, roles: Roles, lexicon: Lexicon
) -> dict[str, GenderFact]:
    """The gender of each person, by full name, where something tells it.

    A title before the name tells it, or a noun that the text calls the person by, else pronouns
    that can mean nobody else, else the first name. A single pronoun does not stand up to a name.
    """
    reader = _GenderReader(cut, names, lexicon)
    by_pronoun = reader.find_by_pronouns()
    found: dict[str, GenderFact] = {}
    persons = [name for name in names.all if name.is_person is not False]
    for name in persons:
        title = reader.read_title(name)
        if title is not None:
            found.setdefault(name.full, GenderFact(title, "title"))
    for person in {name.full: None for name in persons}:
        noun = reader.read_noun(roles.titles.get(person, ()))
        if noun is not None:
            found.setdefault(person, GenderFact(noun, "noun"))
        first_name = lexicon.words.gendered.of_name(person)
        said = by_pronoun.get(person, Counter())
        if len(said) == 1:
            (pronoun,) = said
            if first_name in (None, pronoun) or said[pronoun] > 1:
                found.setdefault(person, GenderFact(pronoun, "pronoun"))
        if first_name is not None:
            found.setdefault(person, GenderFact(first_name, "first_name"))
    return found


class _GenderReader:
    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._cut = cut
        self._names = names
        self._words = lexicon.words
        self._gendered = lexicon.words.gendered
        self._pronouns: dict[str, Gender] = dict.fromkeys(self._words.masculine, "male")
        self._verbs = lexicon.verbs
        self._marked = cut.marked
        self._pronouns |= dict.fromkeys(self._words.feminine, "female")
        # Words that can tell something here, beside the names.
        saying, pronouns = cut.find_words(self._verbs.keys()), cut.find_words(self._pronouns.keys())
        said = (at for at in saying if cut.tokens[at - 1].text in _BEFORE_CLAUSE)
        self._telling = sorted({*names.starting, *pronouns, *said})

    def read_title(self, name: Name) -> Gender | None:
        """*fru Hansen*, *Kong Harald*"""
        before = word_before(name.first, self._cut.tokens, self._words).lower if name.first else ""
        first = name.text.lower().split()[0] if " " in name.text else ""
        return self._gendered.of_title(before) or self._gendered.of_title(first)

    def read_noun(self, roles: Iterable[Role]) -> Gender | None:
        """The gender that a role's noun tells: *talskvinne Kari Nes*."""
        for role in roles:
            stem = self._words.role_stem(self._cut.tokens[role.head].lower)
            gender = None if stem is None else self._gendered.of_noun(stem)
            if gender is not None:
                return gender
        return None

    def find_by_pronouns(self) -> dict[str, Counter[Gender]]:
        """How often *he* and *she* stand for a person where nobody else can be meant."""
        votes: dict[str, Counter[Gender]] = defaultdict(Counter)
        previous = _Company()
        told = -1  # The last line with a verb of saying behind a comma: "– Ja, sier …"
        for sentence in self._cut.sentences:
            persons = _Company()
            for index in list_between(self._telling, sentence.first, sentence.last):
                name = self._names.starting.get(index)
                if name is not None and name.is_person is not False:
                    persons.add(name)
                lower = self._cut.tokens[index].lower
                if lower in self._verbs and self._cut.tokens[index - 1].text in _BEFORE_CLAUSE:
                    told = sentence.line
                gender = self._pronouns.get(lower)
                if gender is None or self._is_spoken(index, sentence, told):
                    continue
                following = self._names.starting.get(index + 1)
                if following is not None:  # "Ho Nina Berg kom": nynorsk has it before names.
                    if following.is_person is not False:
                        votes[following.full][gender] += 1
                    continue
                before = index - sentence.first < _MAX_FRONT and persons.is_empty
                person = (previous if before else persons).find_only(self._is_prominent)
                if person is not None:
                    votes[person][gender] += 1
            previous = persons
        return votes

    def _is_spoken(self, index: int, sentence: Sentence, told: int) -> bool:
        """Whether a token is part of speech, where *she* is seldom who speaks."""
        start = self._cut.tokens[index].start
        if self._cut.text[self._cut.lines[sentence.line].start] in DASHES:
            return told != sentence.line
        at = bisect_right(self._marked, start, key=lambda marked: marked.start) - 1
        return at >= 0 and start < self._marked[at].end

    def _is_prominent(self, name: Name) -> bool:
        """Whether a name can be what its sentence is about."""
        return not (name.is_genitive or is_oblique(name, self._cut, self._names, self._words))


class _Company:
    """The persons whom a sentence names, as far as it is read."""

    def __init__(self) -> None:
        self._persons: set[str] = set()
        self._waiting: list[Name] = []  # Of whom it is not known yet whether they are prominent.
        self._has_prominent = False

    @property
    def is_empty(self) -> bool:
        return not self._persons

    def add(self, name: Name) -> None:
        self._persons.add(name.full)
        self._waiting.append(name)

    def find_only(self, is_prominent: Callable[[Name], bool]) -> str | None:
        """The only person, where one of the names can be what the sentence is about."""
        if len(self._persons) != 1:
            return None
        while self._waiting and not self._has_prominent:
            self._has_prominent = is_prominent(self._waiting.pop())
        (person,) = self._persons
        return person if self._has_prominent else None
