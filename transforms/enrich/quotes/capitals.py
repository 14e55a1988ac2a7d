"""Names where every noun has a capital: told by first names, titles and what they precede."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from newsbeam.transforms.enrich.quotes.sentences import Token
from newsbeam.transforms.settings.lexicon_words import LexiconWords


class Capitals:
    """Judges the capitalised words of one text, for languages with ``nouns_capitalised``."""

    def __init__(self, tokens: Sequence[Token], words: LexiconWords) -> None:
        self._tokens = tokens
        self._words = words
        # What stands behind an article somewhere is a noun: "die Polizei".
        self._nouns = {
            token.text
            for before, token in itertools.pairwise(tokens)
            if before.lower in words.determiners
        }
        self._surnames = {
            tokens[index].text
            for index in range(1, len(tokens))
            if tokens[index].is_capitalised and self._names_somebody(index)
        }

    def _names_somebody(self, index: int) -> bool:
        """Whether a word stands behind a first name or a title: *Anna Weber*, *Minister Weber*."""
        before, token = self._tokens[index - 1], self._tokens[index]
        particle = before.lower in self._words.particles and index > 1
        before = self._tokens[index - 2] if particle else before
        titled = before.is_capitalised and (
            self._is_given(before)
            or before.lower in self._words.grammar.honorifics
            or self._words.role_stem(before.lower) is not None
        )
        return titled and self._may_name(token)

    def _may_name(self, token: Token) -> bool:
        """Whether a capitalised word is no noun that the lexicon or the text knows."""
        return (
            token.text not in self._nouns
            and self._words.role_stem(token.lower) is None
            and not self._words.is_collective(token.lower)
            and token.lower not in self._words.closed
        )

    def opens(self, index: int) -> bool:
        """Whether a name begins at a capitalised token."""
        token = self._tokens[index]
        bare = token.text.removesuffix("s")  # "Webers Sprecher"
        return (
            (self._is_given(token) and self._may_name(token))
            or token.text in self._surnames
            or bare in self._surnames
            or (token.text.isupper() and len(token.text) > 1)
        )

    def ends(self, index: int) -> bool:
        """Whether a name that holds a token ends with it: a surname, and no particle follows."""
        token = self._tokens[index]
        return not self._is_given(token) and token.lower not in self._words.particles

    def _is_given(self, token: Token) -> bool:
        """Whether a word is a first name: *Anna*, *Karl-Heinz*."""
        lower = token.lower
        return lower in self._words.given or self._words.gendered.of_name(f"{lower} -") is not None
