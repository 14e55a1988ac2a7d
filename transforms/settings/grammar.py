"""How a language builds the clauses and names around speech: the section ``quotes: grammar:``.

The defaults are those of the Scandinavian languages: the verb comes second, nouns are definite by
an ending, and a genitive is an s without a mark.
"""

from __future__ import annotations

from pydantic import Field

from newsbeam.transforms.settings.base import Settings


class Grammar(Settings):
    """Word order, definiteness and capitals of one language."""

    subject_first: bool = Field(
        False, description="The subject stands before its verb also behind speech: '…,' Smith said."
    )
    comma_opens_speech: bool = Field(
        False, description="A comma introduces marked speech as a colon does: He added, '…'."
    )
    dash_turns: bool = Field(True, description="A dash at the head of a line opens speech.")
    bare_genitive: bool = Field(
        True, description="A genitive may be an s without a mark before it: 'Hansens hus'."
    )
    joins_compounds: bool = Field(
        True, description="Compounds are one word: 'partileder' is a 'leder'."
    )
    nouns_capitalised: bool = Field(
        False,
        description="Every noun has a capital, which makes no name: without entities names are "
        "told by first names, titles and honorifics.",
    )
    definite_articles: tuple[str, ...] = Field(
        (),
        description="Words before a noun that make it definite ('the', 'her'), where no ending "
        "does.",
    )
    adjective_articles: tuple[str, ...] = Field(
        (),
        description="Words that before an adjective make a noun without its ending definite: "
        "'den' (tidligere leder).",
    )
    honorifics: tuple[str, ...] = Field(
        (),
        description="Before a name and no part of it, without the final stop: 'mr', 'sen'. With "
        "them role nouns with a capital are no part of a name either: 'President' (Smith).",
    )
    person_relatives: tuple[str, ...] = Field(
        (), description="Words that open what is told of a person: 'who'."
    )
    capitalised_words: tuple[str, ...] = Field(
        (), description="Words written with a capital that are no names: 'monday'."
    )


class GrammarWords:
    """A ``Grammar``'s words as sets, for look-ups."""

    def __init__(self, grammar: Grammar) -> None:
        self.subject_first = grammar.subject_first
        self.comma_opens_speech = grammar.comma_opens_speech
        self.bare_genitive = grammar.bare_genitive
        self.joins_compounds = grammar.joins_compounds
        self.nouns_capitalised = grammar.nouns_capitalised
        self.articles = frozenset(grammar.definite_articles)
        self.adjective_articles = frozenset(grammar.adjective_articles)
        self.relatives = frozenset(grammar.person_relatives)
        self.honorifics = frozenset(grammar.honorifics)
        self.unnamed = self.honorifics | frozenset(grammar.capitalised_words)
