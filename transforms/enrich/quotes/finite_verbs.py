"""Finite verbs in a text without a syntax tree."""

from __future__ import annotations

from functools import cache

from newsbeam.transforms.enrich.quotes.definiteness import has_article
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon

# Tokens from the beginning of a clause to its verb.
MAX_FRONT = 50
# Tokens back from a verb over "not" and adverbs to its subject.
_MAX_BETWEEN = 4
# Shorter words are no forms told by an ending.
_MIN_ENDED = 4


class FiniteVerbs:
    """Tells which tokens of one text are finite verbs, by lists, endings and what stands before."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._words = lexicon.words
        self._sets = lexicon.statements.sets
        self._finite_stating = lexicon.statements.verbs.keys() - self._sets.nonfinite
        pronouns = self._words.subjects | self._words.anaphoric | self._sets.oblique
        self.articles = self._words.determiners - pronouns
        self._between = self._words.adverbs - self._sets.joints
        self.is_finite = cache(self._is_finite)  # Asked of each token many times.

    def _is_finite(self, index: int) -> bool:
        """Whether a token is a finite verb: a listed one, or ends like one behind a subject."""
        token = self._tokens[index]
        lower = token.lower
        listed = self.is_listed(index)
        if not (listed or lower.endswith(self._sets.endings)):
            return False
        before = self._tokens[index - 1].lower if index else ""
        described = before in self.articles and lower not in self._sets.lasting
        if not token.text[0].islower() or described:  # "ein auka avstand"
            return False
        behind = self.skip_back(index)
        named = self._follows_name(index) or self._tokens[behind].lower in self._words.pronouns
        known = behind < index - 1 or lower in self._sets.finite  # "laget fortjente å vinne"
        named = named or (known and self._ends_subject(behind))
        if self._words.role_stem(lower) is not None and not named:  # "kjenner" knows, and is one
            return False
        if before in self._words.complements:  # "i går"
            return False
        if lower in self._words.adverbs:  # "så" is "saw", too
            noun = self._words.grammar.articles and before not in self._words.closed
            behind_noun = index > 0 and (bool(noun) or self._ends_subject(index - 1))
            return behind_noun and lower in self._sets.finite
        return listed or (
            len(lower) >= _MIN_ENDED
            and lower.endswith(self._sets.endings)
            and lower not in self._words.closed
            and index > 0
            and self._ends_subject(behind)
        )

    def is_listed(self, index: int) -> bool:
        """Whether a token has a form that the lexicon lists as finite."""
        return self._tokens[index].lower in self._sets.finite or self.can_state(index)

    def is_adverb(self, index: int) -> bool:
        """Whether a word may stand between a subject and its verb."""
        return self._tokens[index].lower in self._between

    def can_state(self, index: int) -> bool:
        """Whether a token is a finite form of a verb of stating."""
        return self._tokens[index].lower in self._finite_stating

    def _ends_subject(self, index: int) -> bool:
        """Whether a word can end a subject: a pronoun, a name, a definite noun."""
        lower = self._tokens[index].lower
        if lower in self._words.subjects:
            behind = {token.lower for token in self._tokens[index + 2 : index + 3]}
            goes_on = lower in self._words.plural and behind <= self._words.closed
            return goes_on or not (
                lower in self._words.determiners or lower in self._words.indefinite
            )
        if self._words.grammar.articles and lower not in self._words.closed:
            noun = lower.isalpha() and not self.is_listed(index)
            return noun and has_article(index, self._tokens, self._words, self.articles)
        return self._follows_name(index + 1) or (
            len(lower) >= _MIN_ENDED
            and lower not in self._words.closed
            and lower not in self._sets.finite
            and lower.endswith(self._sets.nouns)
            and not self.can_state(index)
        )

    def _follows_name(self, index: int) -> bool:
        name = self._names.ending.get(index)
        return name is not None and not name.is_genitive

    def skip_back(self, index: int) -> int:
        """The token before a word and before "not" and adverbs: *han* in *han ikke kjenner*."""
        floor = max(index - _MAX_BETWEEN, 0)
        index = max(index - 1, 0)
        while index > floor and (
            self._tokens[index].lower in self._sets.negations or self.is_adverb(index)
        ):
            index -= 1
        return index

    def find_finite(self, first: int, last: int, stops: str = "") -> int | None:
        """The first finite verb among tokens; ``stops`` are marks that end the search."""
        for index in range(first, min(last, first + MAX_FRONT)):
            if self._tokens[index].text in stops and not self._tokens[index].is_word:
                return None
            if self.is_finite(index):
                return index
        return None

    def looks_finite(self, index: int) -> bool:
        """Whether a word behind "and" and a comma ends like a verb, not like a definite noun."""
        lower = self._tokens[index].lower
        return (
            self._tokens[index].text[0].islower()
            and len(lower) >= _MIN_ENDED
            and lower not in self._words.closed
            and lower.endswith(self._sets.endings)
            and not lower.endswith(self._sets.nouns)
            and self._words.role_stem(lower) is None
        )
