"""Full stops that the tokenizer leaves on names with a digit."""

from __future__ import annotations

import importlib

import pytest
import spacy

stops = importlib.import_module("nb_newsbeam.stops")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Det skriver E24. Hun smiler", ["Det", "skriver", "E24", ".", "Hun", "smiler"]),
        ("sier han til TV 2.", ["sier", "han", "til", "TV", "2", "."]),
        ("Vi ser TV 2.\n– Ja.", ["Vi", "ser", "TV", "2", ".", "\n", "–", "Ja", "."]),
        ("langs E39. Langs E6.", ["langs", "E39", ".", "Langs", "E6", "."]),
        # Ordinals, years and what goes on stay whole.
        ("Født 2. mai 1999.", ["Født", "2.", "mai", "1999."]),
        ("kong Harald 5. er gammel", ["kong", "Harald", "5.", "er", "gammel"]),
        ("Hun ble nummer 2. Han vant", ["Hun", "ble", "nummer", "2.", "Han", "vant"]),
        ("1. Han", ["1.", "Han"]),
    ],
)
def test_stops_behind_names_are_tokens(text: str, tokens: list[str]) -> None:
    doc = stops.split_stops(spacy.blank("nb")(text))
    assert [token.text for token in doc] == tokens
    assert doc.text == text
