"""Titles with a capital before names, for languages that write them so: *President Smith*."""

from __future__ import annotations

from collections.abc import Sequence

from newsbeam.transforms.enrich.quotes.sentences import Token
from newsbeam.transforms.settings.lexicon_words import LexiconWords


def list_named_parts(
    runs: Sequence[tuple[int, int]], tokens: Sequence[Token], words: LexiconWords
) -> list[tuple[int, int]]:
    """Runs of capitalised words without the titles that they begin with.

    What an article makes a noun is no name (*the Prime Minister*), and a body keeps its role noun
    (*Justice Department*).
    """
    if not words.grammar.honorifics:
        return list(runs)
    found = []
    for first, last in runs:
        roles = [words.role_stem(token.lower) is not None for token in tokens[first:last]]
        article = first > 0 and tokens[first - 1].lower in words.determiners
        if roles[-1] and (article or _is_title(tokens[first:last], words)):
            continue
        start = first + max((at + 1 for at, role in enumerate(roles[:-1]) if role), default=0)
        body = words.is_collective(tokens[last - 1].lower)
        found.append((first if body else start, last))
    return found


def _is_title(tokens: Sequence[Token], words: LexiconWords) -> bool:
    """Whether several words are a title and nothing else: *Prime Minister*."""
    return len(tokens) > 1 and all(
        token.lower in words.modifiers or words.role_stem(token.lower) is not None
        for token in tokens
    )


def word_before(index: int, tokens: Sequence[Token], words: LexiconWords) -> Token:
    """The word before a token; the stop of *Sen.* is skipped."""
    before = tokens[index - 1]
    if before.text == "." and index > 1 and tokens[index - 2].lower in words.grammar.honorifics:
        return tokens[index - 2]
    return before
