"""Golden texts with the entities of the shipped model."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.enrich.annotate import annotate_texts
from newsbeam.transforms.records import Quote
from tests.support.marked_quotes import MarkedText, bare_quotes, read_marked_texts, score_marked

GOLDEN = Path(__file__).parent / "golden"
# The share of quotes wholly right, a little below what docs/quotes.md says.
FLOORS = {
    "articles_first": 0.94,
    "articles_second": 0.96,
    "articles_third": 0.94,
    "articles_fourth": 0.96,
    "articles_fifth": 0.97,
}


def find(texts: list[MarkedText]) -> dict[MarkedText, tuple[Quote, ...]]:
    found: dict[MarkedText, tuple[Quote, ...]] = {}
    for language in ("nb", "nn", "da", "sv", "en"):
        own = [text for text in texts if text.language == language]
        read = annotate_texts([text.text for text in own], load_shipped_languages()[language])
        found |= {text: said.quotes for text, (_, said) in zip(own, read, strict=True)}
    return found


def test_kinds_of_fault_are_mended() -> None:
    texts = list(read_marked_texts(GOLDEN / "faults.txt"))
    for text, quotes in find(texts).items():
        assert bare_quotes(text.text, quotes) == bare_quotes(text.text, text.quotes), text.name


@pytest.mark.parametrize("name", FLOORS)
def test_articles_of_today(name: str) -> None:
    texts = list(read_marked_texts(GOLDEN / f"{name}.txt"))
    found = find(texts)
    assert score_marked(texts, found.__getitem__) >= FLOORS[name]
