"""Golden texts, by capitals alone: the kinds of fault that are mended, articles of today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsbeam.transforms.enrich.quotes import find_quotes, find_speech
from newsbeam.transforms.records import Quote
from tests.support.marked_quotes import MarkedText, bare_quotes, read_marked_texts, score_marked
from tests.support.quoted import lexicon

GOLDEN = Path(__file__).parent / "golden"
FAULTS = list(read_marked_texts(GOLDEN / "faults.txt"))
# The share of quotes wholly right, a little below what docs/quotes.md says.
FLOORS = {
    "articles_first": 0.94,
    "articles_second": 0.96,
    "articles_third": 0.90,
    "articles_fourth": 0.93,
    "articles_fifth": 0.96,
    "articles_english": 0.97,
    "articles_german": 0.95,
}


def find(text: MarkedText) -> tuple[Quote, ...]:
    return find_quotes(text.text, lexicon(text.language))


@pytest.mark.parametrize("text", FAULTS, ids=[f"{text.language} {text.name}" for text in FAULTS])
def test_kinds_of_fault_are_mended(text: MarkedText) -> None:
    assert bare_quotes(text.text, find(text)) == bare_quotes(text.text, text.quotes)


@pytest.mark.parametrize("name", FLOORS)
def test_articles_of_today(name: str) -> None:
    assert score_marked(read_marked_texts(GOLDEN / f"{name}.txt"), find) >= FLOORS[name]


def check_speech(text: str, language: str) -> None:
    speech = find_speech(text, lexicon(language))
    for said in (*speech.quotes, *speech.statements):
        assert said.text == text[said.start : said.end] != ""


@pytest.mark.parametrize("name", FLOORS)
def test_articles_may_be_cut_off_anywhere(name: str) -> None:
    for number, whole in enumerate(read_marked_texts(GOLDEN / f"{name}.txt")):
        ends = [match.end() for match in re.finditer(r"\w+|[^\w\s]", whole.text)]
        for end in ends[number % 5 :: 5]:  # the whole of each would take half a minute
            check_speech(whole.text[:end], whole.language)
            check_speech(whole.text[end:], whole.language)


@pytest.mark.parametrize(
    ("text", "language"),
    [("0:«0", "nb"), ("Kari Nes: «Ja", "nb"), (":\nHåpar Helse Frdef’år køyre op-plegget\n", "nn")],
)
def test_texts_that_end_where_more_is_looked_for(text: str, language: str) -> None:
    check_speech(text, language)
