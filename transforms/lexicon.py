"""What a language's reporting of speech looks like: the ``quotes:`` section of its file.

Nearly every field is a tuple of words in lower case. A language starts well with
``reporting_verbs``, ``pronouns``, ``prepositions`` and ``role_nouns``; every other field only
refines.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from pydantic import Field

from transforms.settings import Settings

PARTICLE_GAP = " … "
# A role noun shorter than this counts whole only: "humor" is no mother.
_MIN_COMPOUND = 4
# Words whose role is remembered: the same come again and again.
_MAX_CACHED = 50_000
# Letters before it at the least: "gleder" is no leader.
_MIN_PREFIX = 2


class Verb(NamedTuple):
    """A finite verb form that ascribes words to a speaker.

    ``particle`` closes a clause that the subject opens (*la Hansen til*). ``manner`` verbs
    (*smiler*) report only right after speech; ``impersonal`` ones have a dummy subject, and the
    source follows a preposition (*heter det i rapporten*).
    """

    form: str
    particle: str | None = None
    manner: bool = False
    impersonal: bool = False


class Pronouns(Settings):
    """Personal pronouns in the subject form."""

    masculine: tuple[str, ...] = Field((), description="he")
    feminine: tuple[str, ...] = Field((), description="she")
    plural: tuple[str, ...] = Field((), description="they; also 'both', 'the two'")
    indefinite: tuple[str, ...] = Field((), description="some, many, one: nobody in particular")
    dummy: tuple[str, ...] = Field((), description="it, as the subject of impersonal verbs")
    anaphoric: tuple[str, ...] = Field(
        (), description="this, that: stand for the speech before, as in 'Dette sier Hansen.'"
    )
    speech: tuple[str, ...] = Field(
        (),
        description="First and second person in every form (I, me, my, we, you): a clause with "
        "such a subject is part of the speech, and a sentence that holds one is likely speech.",
    )


class Lexicon(Settings):
    """The words by which quotes and their speakers are found in one language."""

    speech_weights: tuple[tuple[str, float], ...] = Field(
        (),
        description="Pairs of a word and the log odds that a sentence with it is speech and not "
        "narration. '<name>' is a capitalised word that does not open the sentence, '<number>' "
        "one that begins with a digit.",
    )
    reporting_verbs: tuple[str, ...] = Field(
        (),
        description="Finite forms of verbs of saying, as they stand beside a quote. A particle "
        "that the subject separates from its verb follows ' … ': 'la … til'.",
    )
    manner_verbs: tuple[str, ...] = Field(
        (), description="Finite forms that report only right after the quote: 'smiler Hansen'."
    )
    impersonal_verbs: tuple[str, ...] = Field(
        (), description="Finite forms with a dummy subject: 'heter' (det i rapporten)."
    )
    ascribing_verbs: tuple[str, ...] = Field(
        (),
        description="Finite forms that take somebody's words as an object: 'kaller det «…»'. "
        "They need a subject before or after them and marks around the words.",
    )
    nonfinite_verbs: tuple[str, ...] = Field(
        (),
        description="Infinitives and participles of verbs of saying; they count where indirect "
        "speech follows: 'har sagt at han er «…»'.",
    )
    attributing_prepositions: tuple[str, ...] = Field(
        (), description="'according to': 'ifølge', 'i fylgje'."
    )
    pronouns: Pronouns = Field(default_factory=Pronouns)
    determiners: tuple[str, ...] = Field(
        (), description="Articles and demonstratives that open a noun phrase: 'en', 'den', 'ein'."
    )
    genitive_words: tuple[str, ...] = Field(
        (), description="Words that make a genitive of the noun before them: 'sin' (nn)."
    )
    conjunctions: tuple[str, ...] = Field((), description="'and', 'or' between noun phrases.")
    prepositions: tuple[str, ...] = Field((), description="They end a subject without name.")
    complement_prepositions: tuple[str, ...] = Field(
        (), description="Those that tie a role to its place: 'leder for', 'forsker ved'."
    )
    clause_adverbs: tuple[str, ...] = Field(
        (), description="They stand between verb and subject or after it: 'også', 'videre'."
    )
    subordinators: tuple[str, ...] = Field(
        (), description="They open a clause of narration: 'som', 'mens', 'da'."
    )
    complementizers: tuple[str, ...] = Field(
        (), description="After verb and subject they open indirect speech: 'at', 'om'."
    )
    resuming_words: tuple[str, ...] = Field(
        (), description="After ', sier Hansen,' they open the rest of the speech: 'men', 'det'."
    )
    function_words: tuple[str, ...] = Field(
        (), description="Other words that, capitalised, open a sentence but no name."
    )
    utterance_nouns: tuple[str, ...] = Field(
        (), description="'the question', 'the answer' in 'Det var spørsmålet som Hansen stilte'."
    )
    copulas: tuple[str, ...] = Field((), description="'is', 'was', 'sounds' before such a noun.")
    naming_words: tuple[str, ...] = Field(
        (), description="Right before marks they announce a name or term: 'såkalt', 'filmen'."
    )
    role_nouns: tuple[str, ...] = Field(
        (),
        description="Nouns for people by role, indefinite; compounds that end in one count too: "
        "'leder' covers 'partileder'.",
    )
    title_modifiers: tuple[str, ...] = Field(
        (), description="They belong to a title: 'daglig' (leder), 'tidligere' (statsminister)."
    )
    collective_nouns: tuple[str, ...] = Field(
        (),
        description="Nouns for groups that speak, indefinite: 'politi', 'styre'. No person is "
        "meant by them, and no pronoun stands for them.",
    )
    definite_endings: tuple[str, ...] = Field(
        (), description="Endings of the definite noun, longest first: 'eren' is 'er' + 'en'."
    )
    agent_endings: tuple[str, ...] = Field(
        (),
        description="Endings of definite nouns for persons that no role noun covers: 'eren' in "
        "'kristiansanderen'.",
    )
    plural_endings: tuple[str, ...] = Field(
        (), description="Endings of definite nouns for several persons: 'ne' in 'forskerne'."
    )
    name_titles: tuple[str, ...] = Field(
        (), description="Titles that count as part of a name: 'dronning' (Sonja)."
    )
    name_particles: tuple[str, ...] = Field((), description="Lower-case parts of names: 'von'.")
    feminine_words: tuple[str, ...] = Field(
        (), description="First names, titles and nouns that mark a woman."
    )
    masculine_words: tuple[str, ...] = Field(
        (), description="First names, titles and nouns that mark a man."
    )
    abbreviations: tuple[str, ...] = Field(
        (), description="Without the final stop; a stop after them ends no sentence: 'kl', 'ca'."
    )

    @cached_property
    def verbs(self) -> dict[str, tuple[Verb, ...]]:
        """Every verb that can report, by its form; one form may stand with several particles."""
        found: dict[str, list[Verb]] = {}
        for forms, manner, impersonal in (
            (self.reporting_verbs, False, False),
            (self.manner_verbs, True, False),
            (self.impersonal_verbs, False, True),
        ):
            for entry in forms:
                form, _, particle = entry.partition(PARTICLE_GAP)
                verb = Verb(form, particle or None, manner, impersonal)
                found.setdefault(form, []).append(verb)
        return {form: tuple(verbs) for form, verbs in found.items()}

    @cached_property
    def words(self) -> _Words:
        """The fields as sets, for look-ups."""
        return _Words(self)


class _Words:
    """Sets over a lexicon's fields, and what follows from them."""

    def __init__(self, lexicon: Lexicon) -> None:
        pronouns = lexicon.pronouns
        self.ascribing = frozenset(lexicon.ascribing_verbs)
        self.nonfinite = frozenset(lexicon.nonfinite_verbs)
        self.according: dict[str, list[tuple[str, ...]]] = {}
        for preposition in lexicon.attributing_prepositions:
            phrase = tuple(preposition.split())
            self.according.setdefault(phrase[0], []).append(phrase)
        self.speech = frozenset(pronouns.speech)
        self.anaphoric = frozenset(pronouns.anaphoric)
        self.dummy = frozenset(pronouns.dummy)
        self.masculine = frozenset(pronouns.masculine)
        self.feminine = frozenset(pronouns.feminine)
        self.indefinite = frozenset(pronouns.indefinite)
        self.plural = frozenset(pronouns.plural)
        self.pronouns = self.masculine | self.feminine | self.plural
        self.subjects = self.speech | self.pronouns | self.dummy | self.indefinite
        self.determiners = frozenset(lexicon.determiners)
        self.genitives = frozenset(lexicon.genitive_words)
        self.conjunctions = frozenset(lexicon.conjunctions)
        self.complements = frozenset(lexicon.complement_prepositions)
        self.prepositions = frozenset(lexicon.prepositions) | self.complements
        self.adverbs = frozenset(lexicon.clause_adverbs)
        self.subordinators = frozenset(lexicon.subordinators)
        self.subordinating = self.subordinators - self.prepositions
        self.complementizers = frozenset(lexicon.complementizers)
        self.resuming = frozenset(lexicon.resuming_words)
        self.utterances = frozenset(lexicon.utterance_nouns)
        self.copulas = frozenset(lexicon.copulas)
        self.naming = frozenset(lexicon.naming_words)
        self.titles = frozenset(lexicon.name_titles)
        self.modifiers = frozenset(lexicon.title_modifiers)
        self.particles = frozenset(lexicon.name_particles)
        self.female = frozenset(lexicon.feminine_words)
        self.male = frozenset(lexicon.masculine_words)
        self.abbreviations = frozenset(lexicon.abbreviations)
        # Words that stop a noun phrase, and that do not belong to a name where a sentence begins.
        self.closed = (
            self.subjects
            | self.determiners
            | self.conjunctions
            | self.prepositions
            | self.adverbs
            | self.subordinators
            | self.complementizers
            | self.resuming
            | frozenset(lexicon.function_words)
            | frozenset(self.according)
        )
        self.several = tuple(lexicon.plural_endings)
        self.agents = tuple(lexicon.agent_endings)
        self.roles = frozenset(lexicon.role_nouns)
        self.collectives = frozenset(lexicon.collective_nouns)
        self._compounds = tuple(noun for noun in self.roles if len(noun) >= _MIN_COMPOUND)
        self._role_stems: dict[str, str | None] = {}
        self._groups = tuple(noun for noun in self.collectives if len(noun) >= _MIN_COMPOUND)
        self.definite = tuple(sorted(lexicon.definite_endings, key=len, reverse=True))

    def role_stem(self, word: str) -> str | None:
        """A role noun (or a compound of one) without its definite ending, else ``None``.

        With "forsker" among the nouns and "en" among the endings, "navneforskeren" gives
        "navneforsker".
        """
        if word not in self._role_stems:
            if len(self._role_stems) >= _MAX_CACHED:
                self._role_stems.clear()
            self._role_stems[word] = self._find_role_stem(word)
        return self._role_stems[word]

    def _find_role_stem(self, word: str) -> str | None:
        if word in self.closed:
            return None
        for stem in self._stem(word):
            for noun in (stem, stem + "e"):  # kvinne, kvinnen
                if noun in self.roles or noun[_MIN_PREFIX:].endswith(self._compounds):
                    return noun
        return None

    def is_collective(self, word: str) -> bool:
        """Whether a word, definite or not, stands for a group: *politiet*, *kommunestyret*."""
        return any(
            noun in self.collectives or noun[_MIN_PREFIX:].endswith(self._groups)
            for stem in self._stem(word)
            for noun in (stem, stem + "e")
        )

    def _stem(self, word: str) -> tuple[str, ...]:
        """A word as it is, and without each definite ending."""
        return (word, *(word.removesuffix(ending) for ending in self.definite))
