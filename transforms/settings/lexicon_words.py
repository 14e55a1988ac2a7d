"""A lexicon's words as sets, for look-ups, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence

from newsbeam.transforms.settings.grammar import GrammarWords
from newsbeam.transforms.settings.lexicon_fields import LexiconFields
from newsbeam.transforms.settings.person_lexicon import GenderedWords, PersonWords
from newsbeam.transforms.settings.remembered import Remembered

# A role noun shorter than this counts whole only: "humor" is no mother.
_MIN_COMPOUND = 4
# Letters before it at the least: "gleder" is no leader.
_MIN_PREFIX = 2


def _index_phrases(phrases: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    """Phrases as tuples of words, the longest first, by their first word."""
    indexed: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        words = tuple(phrase.split())
        indexed.setdefault(words[0], []).append(words)
    return indexed


class LexiconWords:
    """Sets over a lexicon's fields, and what follows from them."""

    def __init__(self, lexicon: LexiconFields) -> None:
        pronouns = lexicon.pronouns
        self.grammar = GrammarWords(lexicon.grammar)
        self.crying = frozenset(lexicon.crying_verbs)
        self.ascribing = frozenset(lexicon.ascribing_verbs)
        self.nonfinite = frozenset(lexicon.nonfinite_verbs)
        self.according = _index_phrases(lexicon.attributing_prepositions)
        self.belonging = _index_phrases(lexicon.belonging_verbs)
        self.speech = frozenset(pronouns.speech)
        self.addressed = frozenset(pronouns.addressed)
        self.anaphoric = frozenset(pronouns.anaphoric)
        self.dummy = frozenset(pronouns.dummy)
        self.masculine = frozenset(pronouns.masculine)
        self.feminine = frozenset(pronouns.feminine)
        self.indefinite = frozenset(pronouns.indefinite)
        self.others = frozenset(pronouns.others)
        self.plural = frozenset(pronouns.plural)
        self.neutral = frozenset(pronouns.neutral)
        self.pronouns = self.masculine | self.feminine | self.plural
        self.him = self.masculine | frozenset(pronouns.masculine_object)
        self.her = self.feminine | frozenset(pronouns.feminine_object)
        self.them = self.plural | frozenset(pronouns.plural_object)
        self.subjects = self.speech | self.pronouns | self.dummy | self.indefinite
        self.determiners = frozenset(lexicon.determiners)
        self.genitives = frozenset(lexicon.genitive_words)
        self.conjunctions = frozenset(lexicon.conjunctions)
        self.complements = frozenset(lexicon.complement_prepositions)
        self.role_prepositions = frozenset(lexicon.role_prepositions)
        self.prepositions = frozenset(lexicon.prepositions) | self.complements
        self.adverbs = frozenset(lexicon.clause_adverbs)
        self.adverbials = _index_phrases(lexicon.adverbial_phrases)
        self.subordinators = frozenset(lexicon.subordinators)
        self.subordinating = self.subordinators - self.prepositions
        self.complementizers = frozenset(lexicon.complementizers)
        self.resuming = frozenset(lexicon.resuming_words)
        self.utterances = frozenset(lexicon.utterance_nouns)
        self.copulas = frozenset(lexicon.copulas)
        self.documents = frozenset(lexicon.document_nouns)
        self.writing = _index_phrases(lexicon.writing_verbs)
        self.answers = frozenset(lexicon.answer_words)
        self.naming = frozenset(lexicon.naming_words)
        self.titles = frozenset(lexicon.name_titles)
        self.modifiers = frozenset(lexicon.title_modifiers)
        self.particles = frozenset(lexicon.name_particles)
        self.female = frozenset(lexicon.feminine_words)
        self.male = frozenset(lexicon.masculine_words)
        self.persons = PersonWords(lexicon.persons)
        self.gendered = GenderedWords(
            lexicon.persons,
            {"female": lexicon.feminine_words, "male": lexicon.masculine_words},
            lexicon.role_nouns,
        )
        self.given = self.female | self.male
        self.years = frozenset(lexicon.year_words)
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
        self._index_nouns(lexicon)

    def _index_nouns(self, lexicon: LexiconFields) -> None:
        self.several = tuple(lexicon.plural_endings)
        self.weak = tuple(lexicon.weak_endings)
        self.agents = tuple(lexicon.agent_endings)
        self.kin = frozenset(lexicon.kinship_nouns)
        self.roles = frozenset(lexicon.role_nouns)
        self.collectives = frozenset(lexicon.collective_nouns)
        self._compounds = self._list_ends(self.roles)
        spoken = (self.persons.couples, self.persons.groups, self.persons.sources)
        self._ends = {nouns: self._list_ends(nouns) for nouns in (self.collectives, *spoken)}
        self._papers = self._list_ends(self.documents)
        self.role_stems = Remembered(self._find_role_stem)
        self.document_stems = Remembered(self._find_document_stem)
        self._is_of_collectives = Remembered(self._find_collective)
        self._is_of_couples = Remembered(self._find_couple)
        self._is_of_groups = Remembered(self._find_group)
        self._is_of_documents = Remembered(self._find_document)
        self.definite = tuple(sorted(lexicon.definite_endings, key=len, reverse=True))

    def _list_ends(self, nouns: frozenset[str]) -> tuple[str, ...]:
        """The nouns that compounds end in: *leder*; with a hyphen where none is one word."""
        if not self.grammar.joins_compounds:
            return tuple("-" + noun for noun in nouns)
        return tuple(noun for noun in nouns if len(noun) >= _MIN_COMPOUND)

    def role_stem(self, word: str) -> str | None:
        """A role noun (or a compound of one) without its definite ending, else ``None``.

        With "forsker" among the nouns and "en" among the endings, "navneforskeren" gives
        "navneforsker".
        """
        return self.role_stems[word]

    def _find_role_stem(self, word: str) -> str | None:
        if word in self.closed:
            return None
        for stem in self.stems(word):
            nouns = (stem,) if stem == word else (stem, stem + "e")  # kvinne, kvinnen
            for noun in nouns:
                if noun in self.roles or noun[_MIN_PREFIX:].endswith(self._compounds):
                    return noun
        return None

    def without_genitive(self, word: str) -> str:
        """A definite role or group without its "s": *statsministerens*, *politiets*."""
        bare = word.removesuffix("s")
        if bare == word or self.role_stem(word) is not None:
            return word
        definite = self.role_stem(bare) not in (None, bare)
        return bare if definite or self.is_collective(bare) else word

    def document_stem(self, word: str) -> str | None:
        """The document noun that a word, definite or a compound, stands for, else ``None``."""
        return self.document_stems[word]

    def _find_document_stem(self, word: str) -> str | None:
        for stem in self.stems(word):
            for noun in (stem, stem + "e"):
                if noun in self.documents:
                    return noun
            if stem[_MIN_PREFIX:].endswith(self._papers):
                return next(paper for paper in self._papers if stem.endswith(paper))
        return None

    def is_collective(self, word: str) -> bool:
        """Whether a word, definite or not, stands for a group: *politiet*, *kommunestyret*."""
        return self._is_of_collectives[word]

    def _find_collective(self, word: str) -> bool:
        return self._is_any(word, self.collectives)

    def is_couple(self, word: str) -> bool:
        """Whether a word, definite or not, stands for two persons: *ekteparet*, *duoen*."""
        return self._is_of_couples[word]

    def _find_couple(self, word: str) -> bool:
        return self._is_any(word, self.persons.couples)

    def is_several(self, word: str) -> bool:
        """Whether a noun ends like several definite ones: *forskerne*, but not *kvinne*."""
        return word.endswith(self.several) and self.role_stem(word) != word

    def names_several(self, word: str) -> bool:
        """Whether a noun stands for several persons whom nothing makes known: *kritikere*."""
        ends = tuple(end for end in self.persons.plurals if word.endswith(end))
        single = {word.removesuffix(end) + last for end in ends for last in ("", "e")}  # "leger"
        return any(self.role_stem(noun) == noun for noun in single - {word})

    def is_group(self, word: str) -> bool:
        """Whether a word stands for several persons: *familien*, *brødrene*, *ekteparet*."""
        return self._is_of_groups[word]

    def _find_group(self, word: str) -> bool:
        several = self.is_several(word) and self.role_stem(word) is not None
        return several or self._is_any(word, self.persons.groups)

    def is_document(self, word: str) -> bool:
        """Whether a word, definite or not, stands for a text or a work: *rapporten*."""
        return self._is_of_documents[word]

    def _find_document(self, word: str) -> bool:
        return self.document_stem(word) is not None or self._is_any(word, self.persons.sources)

    def _is_any(self, word: str, nouns: frozenset[str]) -> bool:
        compounds = self._ends[nouns]
        return any(
            noun in nouns or noun[_MIN_PREFIX:].endswith(compounds)
            for stem in self.stems(word)
            for noun in (stem, stem + "e")
        )

    def stems(self, word: str) -> tuple[str, ...]:
        """A word as it is, and without each definite ending."""
        return (word, *(word.removesuffix(ending) for ending in self.definite))
