"""What a language's reporting of speech looks like: the ``quotes:`` section of its file.

Nearly every field is a tuple of words in lower case. A language starts well with
``reporting_verbs``, ``pronouns``, ``prepositions`` and ``role_nouns``; every other field only
refines.
"""

from __future__ import annotations

from pydantic import Field

from newsbeam.transforms.settings.base import Settings
from newsbeam.transforms.settings.grammar import Grammar
from newsbeam.transforms.settings.person_lexicon import PersonLexicon, Pronouns
from newsbeam.transforms.settings.statement_lexicon import StatementLexicon


class LexiconFields(Settings):
    """The words of one language, as its file has them."""

    grammar: Grammar = Field(
        default_factory=Grammar, description="Word order, definiteness and capitals."
    )
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
    crying_verbs: tuple[str, ...] = Field(
        (), description="Finite forms whose marked object is a cry and never a title: 'roper'."
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
    role_prepositions: tuple[str, ...] = Field(
        (),
        description="Of those the ones that do so before a noun too: 'lederen for kanalen'; 'i' "
        "may tell a time or a place.",
    )
    clause_adverbs: tuple[str, ...] = Field(
        (), description="They stand between verb and subject or after it: 'også', 'videre'."
    )
    adverbial_phrases: tuple[str, ...] = Field(
        (), description="The same of several words: 'for eksempel', 'i går'."
    )
    adverb_endings: tuple[str, ...] = Field(
        (),
        description="Endings of words that say how somebody speaks: 't' in 'bestemt'.",
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
    answer_words: tuple[str, ...] = Field((), description="'yes', 'no': they open an answer.")
    utterance_nouns: tuple[str, ...] = Field(
        (), description="'the question', 'the answer' in 'Det var spørsmålet som Hansen stilte'."
    )
    belonging_verbs: tuple[str, ...] = Field(
        (), description="'belong to', 'come from' behind such a noun: 'Ordene tilhører Hansen'."
    )
    copulas: tuple[str, ...] = Field((), description="'is', 'was', 'sounds' before such a noun.")
    document_nouns: tuple[str, ...] = Field(
        (),
        description="What somebody writes, indefinite: 'brev', 'innlegg' ('heter det i brevet').",
    )
    writing_verbs: tuple[str, ...] = Field(
        (), description="Forms that make their subject a document's author: 'skrevet', 'la ut'."
    )
    naming_words: tuple[str, ...] = Field(
        (), description="Right before marks they announce a name or term: 'såkalt', 'filmen'."
    )
    role_nouns: tuple[str, ...] = Field(
        (),
        description="Nouns for people by role, indefinite; compounds that end in one count too: "
        "'leder' covers 'partileder'.",
    )
    kinship_nouns: tuple[str, ...] = Field(
        (),
        description="Of those the ones that say whose somebody is: 'far', 'nabo'. Definite they "
        "stand for nobody who has another role.",
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
    weak_endings: tuple[str, ...] = Field(
        (), description="Endings of an adjective before a definite noun: 'e' in 'det norske laget'."
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
    year_words: tuple[str, ...] = Field((), description="'years' behind an age: 'Mia, 9 år'.")
    persons: PersonLexicon = Field(
        default_factory=PersonLexicon,
        description="What tells who the speakers are: gender, role, affiliation, kind.",
    )
    abbreviations: tuple[str, ...] = Field(
        (), description="Without the final stop; a stop after them ends no sentence: 'kl', 'ca'."
    )

    statements: StatementLexicon = Field(default_factory=StatementLexicon)
