"""Names that hang on a preposition: what a sentence is about is none of them."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import MAX_TITLE
from newsbeam.transforms.settings.lexicon_words import LexiconWords

# Names joined by "and" that are followed back to a preposition.
_MAX_JOINED = 3


def is_oblique(name: Name, cut: Segmentation, names: Names, words: LexiconWords) -> bool:
    """Whether a name, with the title before it, hangs on a preposition, alone or joined."""
    tokens = cut.tokens
    for _ in range(_MAX_JOINED):
        index = name.first - 1
        floor = max(name.first - MAX_TITLE, 0)
        while index > floor and (
            (tokens[index].text[0].islower() and tokens[index].lower not in words.closed)
            or tokens[index].lower in words.grammar.honorifics
            or (tokens[index].text == "." and tokens[index - 1].lower in words.grammar.honorifics)
        ):
            index -= 1
        if index < 0 or tokens[index].lower in words.prepositions:
            return index >= 0
        joined = tokens[index].lower in words.conjunctions
        other = names.ending.get(index) if joined else None
        if other is None:
            return False
        name = other
    return False
