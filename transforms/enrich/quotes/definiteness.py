"""What makes a noun definite where its ending does not: articles before it."""

from __future__ import annotations

from collections.abc import Sequence, Set

from newsbeam.transforms.enrich.quotes.sentences import Token
from newsbeam.transforms.settings.lexicon_words import LexiconWords

# Tokens between an article and its noun.
_MAX_DESCRIPTION = 5


def has_article(
    noun: int, tokens: Sequence[Token], words: LexiconWords, others: Set[str] = frozenset()
) -> bool:
    """Whether a definite article, or one of ``others``, stands before a noun and what describes
    it."""
    for index in range(noun - 1, max(noun - _MAX_DESCRIPTION, 0) - 1, -1):
        token = tokens[index]
        if token.lower in words.grammar.articles or token.lower in others:
            return True
        if token.text.endswith(("'s", "’s")):
            return True
        if not token.is_word or token.lower in words.closed:
            return False
    return False


def is_described(noun: int, tokens: Sequence[Token], words: LexiconWords) -> bool:
    """Whether an article and an adjective make a noun definite: *den tidligere leder*."""
    index = noun - 1
    floor = max(noun - _MAX_DESCRIPTION, 0)
    while (
        index > floor
        and tokens[index].is_word
        and (tokens[index].lower not in words.closed or tokens[index].lower in words.modifiers)
    ):
        index -= 1
    described = index < noun - 1 or tokens[noun].text[0].isdigit()  # "den 24-årige"
    return described and tokens[index].lower in words.grammar.adjective_articles


def joins_noun(token: Token, words: LexiconWords) -> bool:
    """Whether a word before a noun is one itself: *police spokesman*."""
    lower = token.lower
    role = words.role_stem(lower) is not None and lower not in words.modifiers
    return role or words.is_collective(lower)
