"""The pipeline's layer of names: its lists, and what it says of words."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc

names = importlib.import_module("nb_newsbeam.names")
LISTS = Path(str(names.__file__)).parent / "names.tsv"


def kinds_of(word: str) -> set[str]:
    bits, _ = names.describe_word(word)
    return {kind for kind, bit in names.LIST_BITS.items() if bits & bit}


def test_lists_are_sorted_words_of_known_kinds() -> None:
    rows = [line.split("\t") for line in LISTS.read_text(encoding="utf-8").splitlines()]
    words = [word for word, _ in rows]
    assert words == sorted(set(words))
    assert all(word.strip() == word and " " not in word for word in words)
    assert {kind for _, kinds in rows for kind in kinds.split()} == set(names.LIST_BITS)


def test_lists_stay_small() -> None:
    assert LISTS.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Jølster", "town"),
        ("Jølsters", "town"),
        ("JØLSTER", "town"),
        ("Noreg", "land"),
        ("Høgre", "party"),
        ("Klassekampen", "media"),
        ("Solveig", "given"),
        ("Sognefjorden", "landscape"),
        ("Statoil-sjefen", "company"),
    ],
)
def test_listed_word_in_its_forms(word: str, kind: str) -> None:
    assert kind in kinds_of(word)


@pytest.mark.parametrize("word", ["Men", "Det", "Har", "og", "", ".", "–", "17"])
def test_common_words_are_no_names(word: str) -> None:
    assert kinds_of(word) <= {"place_word", "speech", "role"}


def test_a_name_keeps_what_stands_beside_it_elsewhere() -> None:
    nlp = spacy.blank("nb")
    alone, once = nlp("Qvortrupmo fekk ros. Det var alt."), nlp("Solveig Qvortrupmo var der.")
    both = nlp(alone.text + " " + once.text)
    assert names.describe_doc(alone)[0] != names.describe_doc(both)[0]
    (second,) = [i for i, t in enumerate(both) if t.text == "Qvortrupmo" and i > 0]
    assert names.describe_doc(both)[0] == names.describe_doc(both)[second]


def test_no_words() -> None:
    assert names.describe_doc(spacy.blank("nb")("")).shape == (0,)


def hash_affix(text: str) -> list[int]:
    layer = names.AffixFeatures([3, -4])
    (found,), _ = layer([spacy.blank("nb")(text)], is_train=False)
    return [int(number) for number in found[0]]


def test_affixes_are_beginnings_and_ends_in_small_letters() -> None:
    assert hash_affix("Kviteseid") == hash_affix("kvitTESEID")[:1] + hash_affix("Aseid")[1:]
    assert hash_affix("Kviteseid")[0] != hash_affix("Tviteseid")[0]
    assert hash_affix("Kviteseid")[1] != hash_affix("Kvitesein")[1]


@pytest.mark.parametrize("words", [[], [" "], ["x", "Å", "🙂"]])
def test_affixes_of_texts_without_letters(words: list[str]) -> None:
    layer = names.AffixFeatures([3, -4, -5])
    doc = Doc(spacy.blank("nb").vocab, words=words)
    (found,), _ = layer([doc], is_train=False)
    assert found.shape == (len(words), 3)
