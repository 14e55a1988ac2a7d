"""What tells who a speaker is: gender, role, affiliation, kind. The section ``persons:``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from newsbeam.transforms.records import Gender
from newsbeam.transforms.settings.base import Settings

# Letters before an ending at the least: "rinne" is no woman.
_MIN_PREFIX = 2


class Pronouns(Settings):
    """Personal pronouns in the subject form."""

    masculine: tuple[str, ...] = Field((), description="he")
    feminine: tuple[str, ...] = Field((), description="she")
    plural: tuple[str, ...] = Field((), description="they; also 'both', 'the two'")
    neutral: tuple[str, ...] = Field(
        (), description="Of `plural` those that also stand for one person of any gender: 'they'."
    )
    masculine_object: tuple[str, ...] = Field((), description="him, behind 'according to'")
    feminine_object: tuple[str, ...] = Field((), description="her")
    plural_object: tuple[str, ...] = Field((), description="them")
    indefinite: tuple[str, ...] = Field((), description="some, many, one: nobody in particular")
    others: tuple[str, ...] = Field(
        (), description="another, somebody else: an unknown person, alone or behind an article"
    )
    dummy: tuple[str, ...] = Field((), description="it, as the subject of impersonal verbs")
    anaphoric: tuple[str, ...] = Field(
        (), description="this, that: stand for the speech before, as in 'Dette sier Hansen.'"
    )
    addressed: tuple[str, ...] = Field(
        (), description="Of `speech` the second person, which an interviewer speaks to."
    )
    speech: tuple[str, ...] = Field(
        (),
        description="First and second person in every form (I, me, my, we, you): a clause with "
        "such a subject is part of the speech, and a sentence that holds one is likely speech.",
    )


class GenderWords(Settings):
    """Words by which a text tells a person's gender, for one gender."""

    titles: tuple[str, ...] = Field((), description="Before a name: 'fru' (Hansen), 'kong'.")
    nouns: tuple[str, ...] = Field(
        (), description="Indefinite nouns: 'kvinne', 'mor'; their definite forms count too."
    )
    noun_endings: tuple[str, ...] = Field(
        (), description="Ends of compounds and derived nouns: 'kvinne' in 'talskvinne'."
    )
    first_names: tuple[str, ...] = Field(
        (), description="Borne by this gender alone; `first_names_file` adds to them."
    )


class PersonLexicon(Settings):
    """The words by which the persons of a text are told apart in one language."""

    feminine: GenderWords = Field(
        default_factory=GenderWords, description="What tells that a speaker is a woman."
    )
    masculine: GenderWords = Field(
        default_factory=GenderWords, description="What tells that a speaker is a man."
    )
    shared_first_names: tuple[str, ...] = Field(
        (), description="First names that both bear: they tell nothing, whatever list has them."
    )
    first_names_file: str | None = Field(
        None,
        description="A text file in the same folder: below 'female:' and 'male:' first names in "
        "lower case that one gender alone bears.",
    )
    party_names: tuple[str, ...] = Field(
        (), description="Parties, short and long: 'Ap', 'Arbeiderpartiet'."
    )
    role_links: tuple[str, ...] = Field(
        (), description="Right behind a name they open its role: (Hansen) 'som' (leder)."
    )
    plural_endings: tuple[str, ...] = Field(
        (), description="Endings of indefinite nouns for several persons: 'e' in 'politikere'."
    )
    credits: tuple[tuple[str, str], ...] = Field(
        (),
        description="Pairs of a word that credits the name behind it with a part in the article, "
        "and the role that it means: ['foto', 'fotograf'].",
    )
    office_nouns: tuple[str, ...] = Field(
        (),
        description="Role nouns whose place is what they stand for: 'ordfører' (i Moss); compounds "
        "count too. Others live or work there.",
    )
    topic_nouns: tuple[str, ...] = Field(
        (),
        description="Role nouns that a compound gives a topic, not a body: 'ekspert' in "
        "'Kina-ekspert'.",
    )
    affiliation_prepositions: tuple[str, ...] = Field(
        (), description="Between a person or a role and its body: 'i' (Rødt), 'fra' (Ap)."
    )
    couple_nouns: tuple[str, ...] = Field(
        (), description="Nouns for two persons, indefinite: 'ektepar', 'duo'."
    )
    group_nouns: tuple[str, ...] = Field(
        (), description="Other nouns for several persons who speak: 'familie', 'trio'."
    )
    source_nouns: tuple[str, ...] = Field(
        (),
        description="Nouns for texts and works beside the lexicon's document_nouns, of which "
        "nobody in the article is the author: 'lov', 'film', 'undersøkelse'.",
    )


class PersonWords:
    """A ``PersonLexicon`` as sets, for look-ups."""

    def __init__(self, lexicon: PersonLexicon) -> None:
        self.role_links = frozenset(lexicon.role_links)
        self.plurals = lexicon.plural_endings
        self.credits = dict(lexicon.credits)
        self.shared = frozenset(lexicon.shared_first_names)
        self.offices = lexicon.office_nouns
        self.topics = lexicon.topic_nouns
        self.affiliating = frozenset(lexicon.affiliation_prepositions)
        self.parties = frozenset(lexicon.party_names)
        self.couples = frozenset(lexicon.couple_nouns)
        self.sources = frozenset(lexicon.source_nouns)
        self.groups = self.couples | frozenset(lexicon.group_nouns)


class GenderedWords:
    """Look-ups of what a word says of a person's gender."""

    def __init__(
        self,
        lexicon: PersonLexicon,
        marked: Mapping[Gender, Sequence[str]],
        role_nouns: Sequence[str],
    ) -> None:
        """``marked`` are words of each gender of which it is not said what they are."""
        sides: dict[Gender, GenderWords] = {"female": lexicon.feminine, "male": lexicon.masculine}
        self._titles: dict[str, Gender] = {}
        self._nouns: dict[str, Gender] = {}
        self._endings: list[tuple[tuple[str, ...], Gender]] = []
        self._names: dict[str, Gender] = {}
        for gender, words in sides.items():
            self._titles |= dict.fromkeys(words.titles, gender)
            self._nouns |= dict.fromkeys(words.nouns, gender)
            self._endings.append((words.noun_endings, gender))
            self._names |= dict.fromkeys(words.first_names, gender)
        told = self._titles.keys() | self._nouns.keys() | frozenset(role_nouns)
        self._common: dict[str, Gender] = {
            word: gender for gender in sides for word in marked[gender] if word not in told
        }
        self._title_words = frozenset(self._titles)
        self._names |= self._common
        for name in lexicon.shared_first_names:
            self._names.pop(name, None)
            self._common.pop(name, None)

    @property
    def titles(self) -> frozenset[str]:
        """Words before a name that tell a gender."""
        return self._title_words

    def of_title(self, word: str) -> Gender | None:
        """The gender of whoever bears a title: *fru*, *kong*."""
        return self._titles.get(word)

    def of_noun(self, word: str) -> Gender | None:
        """The gender of whoever an indefinite noun stands for: *mor*, *talskvinne*."""
        found = self._nouns.get(word)
        if found is None:
            for endings, gender in self._endings:
                if word[_MIN_PREFIX:].endswith(endings):
                    return gender
        return found

    def of_name(self, name: str) -> Gender | None:
        """The gender of those who bear the first name of a full name.

        A name alone may be a surname (*Berg*), so that it must be one of the commonest first
        names.
        """
        first, _, rest = name.lower().partition(" ")
        return (self._names if rest else self._common).get(first.split("-")[0])
