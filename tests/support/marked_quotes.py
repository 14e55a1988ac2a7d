"""Texts whose quotes are marked in place: golden sets that a person can read and write.

``– {Kari Nes|Vi er klare}, sier Nes`` marks words and who says them; ``{-|…}`` has no speaker,
``{!Kari Nes|…}`` is a heading, ``{+|…}`` a further piece of the quote before it. A text begins
behind a line ``== LANGUAGE NAME``; lines that begin with ``#`` are comments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from newsbeam.transforms.records import Quote

_MARK = re.compile(r"\{(!?)([^|{}]+)\|([^{}]*)\}")
_EDGES = " \n-–—―‒«»\"“”„‘’'.,;:"


class GoldQuote(NamedTuple):
    """What somebody says; ``end`` is that of its last piece."""

    start: int
    end: int
    speaker: str | None
    is_heading: bool


class MarkedText(NamedTuple):
    """A text without its marks, and what they say."""

    language: str
    name: str
    text: str
    quotes: tuple[GoldQuote, ...]


def read_marked_texts(path: Path) -> Iterator[MarkedText]:
    """Yield the texts of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    plain = "\n".join(line for line in lines if not line.startswith("#"))
    for part in re.split(r"^== ", plain, flags=re.MULTILINE)[1:]:
        header, _, marked = part.partition("\n")
        language, _, name = header.partition(" ")
        yield MarkedText(language, name, *parse_marked(marked.strip()))


def parse_marked(marked: str) -> tuple[str, tuple[GoldQuote, ...]]:
    """A text without its marks, and its quotes."""
    text, at = "", 0
    quotes: list[GoldQuote] = []
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        heading, speaker, words = match.groups()
        start, end, at = len(text), len(text) + len(words), match.end()
        text += words
        if speaker == "+":
            quotes[-1] = quotes[-1]._replace(end=end)
        else:
            named = None if speaker == "-" else speaker
            quotes.append(GoldQuote(start, end, named, bool(heading)))
    return text + marked[at:], tuple(quotes)


def bare_quotes(text: str, quotes: tuple[GoldQuote, ...] | tuple[Quote, ...]) -> list[str]:
    """Each quote as ``speaker: words``, without marks at the edges; ``# `` before a heading."""
    return [
        f"{'# ' if quote.is_heading else ''}{quote.speaker or '-'}: "
        f"{text[quote.start : quote.end].strip(_EDGES)}"
        for quote in quotes
    ]


def score_marked(
    texts: Iterable[MarkedText], find: Callable[[MarkedText], tuple[Quote, ...]]
) -> float:
    """F1 of quotes whose words, speaker and kind (heading or body) are all right."""
    right = found = gold = 0
    for text in texts:
        wanted = Counter(bare_quotes(text.text, text.quotes))
        told = Counter(bare_quotes(text.text, find(text)))
        right += (wanted & told).total()
        found += told.total()
        gold += wanted.total()
    return 2 * right / (found + gold)
