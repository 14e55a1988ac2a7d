"""What is worked out once for a word, and looked up from then on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")

# Ours: more than the words of a few books, some 10 MB.
_MOST_WORDS = 50_000


class Remembered(dict[str, _T], Generic[_T]):
    """What a function finds for a word: ``remembered[word]``. The same words come again and again.

    It forgets all of them when they become too many, and takes none along to another process: a
    lexicon is part of each stage that Beam packs.
    """

    def __init__(self, find: Callable[[str], _T]) -> None:
        self._find = find

    def __reduce__(self) -> tuple[Any, ...]:
        return Remembered, (self._find,)

    def __missing__(self, word: str) -> _T:
        if len(self) >= _MOST_WORDS:
            self.clear()
        found = self[word] = self._find(word)
        return found
