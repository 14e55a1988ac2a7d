"""Tokens, sentences and lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.enrich.quotes.sentences import Segmentation


def sentences(text: str) -> list[str]:
    cut = Segmentation(text, {"kl", "ca"})
    return [text[sentence.start : sentence.end] for sentence in cut.sentences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hun kom. Han gikk!", ["Hun kom.", "Han gikk!"]),
        ("Møtet er kl. 10. Ta med mat.", ["Møtet er kl. 10.", "Ta med mat."]),
        ("Abid Q. Raja kom. Vi så.", ["Abid Q. Raja kom.", "Vi så."]),
        ("«Nei!» Hun gikk.", ["«Nei!»", "Hun gikk."]),
        ("«Nei!» sa hun.", ["«Nei!» sa hun."]),
        ("En linje\n\n  to linjer  \n", ["En linje", "to linjer"]),
        ("Det koster 1.100 kroner hos butikk.no i dag.",
         ["Det koster 1.100 kroner hos butikk.no i dag."]),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_names_within_compounds_are_common_nouns() -> None:
    words = {token.text: token.is_capitalised for token in Segmentation(
        "Start-trener Kassym-Jomart Tokajev og 21-åringen"
    ).tokens}  # fmt: skip
    assert [word for word, capitalised in words.items() if capitalised] == [
        "Kassym-Jomart",
        "Tokajev",
    ]


@given(st.text())
def test_every_character_but_space_is_in_one_token_of_one_sentence(text: str) -> None:
    cut = Segmentation(text)
    assert "".join(token.text for token in cut.tokens) == "".join(
        character for character in text if not character.isspace()
    )
    covered = [index for s in cut.sentences for index in range(s.first, s.last)]
    assert covered == list(range(len(cut.tokens)))
    for sentence in cut.sentences:
        line = cut.lines[sentence.line]
        assert line.start <= sentence.start < sentence.end <= line.end
