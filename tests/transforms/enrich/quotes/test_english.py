"""Quotes in a language with the subject first, articles and titles with a capital: English."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.enrich.quotes import find_quotes, find_speech
from newsbeam.transforms.records import Quote
from tests.support.quoted import lexicon
from tests.support.thinned import every_nth

NAMES = ["Joan Harper", "Peter O'Hara", "Émile Zápata", "Sen. Ruth Collins", "Dr. Amy Ng"]
VERBS = ["said", "told reporters", "later added", "has repeatedly said", "told the BBC on Monday"]


def find(text: str) -> tuple[Quote, ...]:
    return find_quotes(text, lexicon("en"))


@pytest.mark.parametrize(
    ("text", "said", "speaker"),
    [
        ("“It is late,” said Joan Harper.", "It is late", "Joan Harper"),
        ("“It is late,” Joan Harper, 42, said.", "It is late", "Joan Harper"),
        ("“It is late,” Joan Harper, the mayor, said.", "It is late", "Joan Harper"),
        ("“It is late,” the mayor, Joan Harper, said.", "It is late", "Joan Harper"),
        ("“It is late,” Mayor Joan Harper said.", "It is late", "Joan Harper"),
        ("“Is it late?” Joan Harper asked.", "Is it late?", "Joan Harper"),
        ("'It is late,' Joan Harper said.", "It is late", "Joan Harper"),
        ("Joan Harper said, “It is late.”", "It is late.", "Joan Harper"),
        ("Joan Harper, who runs it, said: “It is late.”", "It is late.", "Joan Harper"),
        ("Joan Harper smiled and said, “It is late.”", "It is late.", "Joan Harper"),
        ("Joan Harper criticised it, calling it “too late”.", "too late", "Joan Harper"),
        ("According to Joan Harper, it “was late”.", "was late", "Joan Harper"),
        ("“It is late,” a spokesman for the mayor said.", "It is late", "spokesman"),
        ("“It is late,” a man who asked not to be named said.", "It is late", "man"),
    ],
)
def test_who_says_it(text: str, said: str, speaker: str) -> None:
    assert [(q.text.rstrip(","), q.speaker) for q in find(text)] == [(said, speaker)]


@pytest.mark.parametrize(
    "text",
    [
        "The film “Summer Rain” opens on Friday, Joan Harper said.",
        "The '90s were good, Joan Harper said, but the '80s were better.",
        "- milk\n- eggs\n- bread",
    ],
)
def test_what_is_no_quote(text: str) -> None:
    assert find(text) == ()


@given(st.sampled_from(NAMES), st.sampled_from(VERBS), st.booleans())
def test_any_name_before_any_verb(name: str, verb: str, curly: bool) -> None:
    opening, closing = "“”" if curly else '""'
    (quote,) = find(f"{opening}We are open,{closing} {name} {verb}.")
    assert quote.text.strip(",") == "We are open"
    assert quote.speaker is not None
    assert name.endswith(quote.speaker)


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("The mayor said that the bridge was closed.", "the bridge was closed", "mayor"),
        ("According to the police, two men were hurt.", "two men were hurt", "police"),
        ("The bridge is safe, according to Peter Lane.", "The bridge is safe", "Peter Lane"),
        ("Laura Stone denied that she had lied.", "she had lied", "Laura Stone"),
    ],
)  # fmt: skip
def test_a_statement_is_reported(text: str, words: str, speaker: str) -> None:
    said = find_speech(text, lexicon("en")).statements
    assert [(one.text, one.speaker) for one in said] == [(words, speaker)]


def test_nothing_is_reported_where_it_is_not_told_or_not_said() -> None:
    for text in ("Stone did not say whether she would go.", "It is said that he lied."):
        assert find_speech(text, lexicon("en")).statements == ()


@pytest.mark.parametrize(
    "piece",
    every_nth(4, [
     "“a,” ", '"""', "“Hi,” he said. ", "police ", "Smith, ", "who ", "“a,” she said, “b,” ",
     "said ", "Sen. ", "President ", "the mayor and said “it is ", "'a ' ", "Joan Harper, "]),
)  # fmt: skip
def test_time_is_linear_with_the_subject_first(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        find(text)
        return time.process_time() - start

    find("Hi.")
    for _ in range(3):  # Neighbours on the machine disturb a measurement, but not three.
        small, large = min(seconds(4_000) for _ in range(2)), seconds(32_000)
        if large < max(24 * small, 0.15):
            break
    assert large < max(24 * small, 0.15)
