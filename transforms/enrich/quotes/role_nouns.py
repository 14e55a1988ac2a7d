"""Nouns for persons by role: which stand for somebody known, and which introduce somebody."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.definiteness import has_article, is_described, joins_noun
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import MAX_TITLE, Lexicon


class RoleNouns:
    """Judges the role nouns of one text, by token."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._cut = cut
        self._names = names
        self._words = lexicon.words
        self._verbs = lexicon.verbs
        others = self._words.subjects - self._words.indefinite  # Swedish "en" is one, and a.
        grammar = self._words.grammar
        definite = grammar.articles | grammar.adjective_articles
        self._articles = self._words.determiners - others - definite

    def is_definite_role(self, index: int) -> bool:
        """Whether a noun stands for a person known by it: *forskeren*, *Natos generalsekretær*."""
        lower = self._cut.tokens[index].lower
        stem = self._words.role_stem(lower)
        if stem is None:
            return False
        if self._words.grammar.articles:
            return has_article(index, self._cut.tokens, self._words)
        single = not self._words.is_several(lower)
        if stem != lower:
            return single
        owner = self._names.ending.get(index)
        owned = owner is not None and owner.is_genitive
        return (single and owned) or is_described(index, self._cut.tokens, self._words)

    def start_of_compound(self, noun: int) -> int:
        """The first token of *police spokesman*, where compounds are not one word."""
        if not self._words.grammar.joins_compounds:
            floor = max(noun - MAX_TITLE, 0)
            while noun > floor and joins_noun(self._cut.tokens[noun - 1], self._words):
                noun -= 1
        return noun

    def is_new_role(self, index: int) -> bool:
        """Whether a noun introduces somebody: *En kunde venter*, *Vitne nummer 2*."""
        word = self._cut.tokens[index].lower
        behind = [token.lower for token in self._cut.tokens[index + 1 : index + 2]]
        if word[0].isdigit() and any(map(self._words.role_stem, behind)):
            return False  # "En 45-årig mand"
        article = index - 1
        while article > index - MAX_TITLE and self._describes(article):
            article -= 1  # "En annen nabo"
        before = self._cut.tokens[article].lower if article >= 0 else ""
        described = before in self._articles
        return (described or self.is_numbered(index)) and self._words.role_stem(word) == word

    def _describes(self, index: int) -> bool:
        """Whether a word can stand between an article and its noun."""
        token, words = self._cut.tokens[index], self._words
        parted = (words.determiners, words.prepositions, words.subjects, words.conjunctions)
        in_number = token.text[0].isdigit()  # "En 45 år gammel mann", "En 45-årig mann"
        return (in_number or token.text[0].islower()) and not any(
            token.lower in others for others in (*parted, self._verbs)
        )

    def is_numbered(self, index: int) -> bool:
        """Whether a number tells a noun from others: *vitne nummer 2*, not *mannen (34)*."""
        behind = self._cut.tokens[index + 1 : index + 3]
        return len(behind) == 2 and behind[0].is_word and behind[1].text.isdigit()
