from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.enrich.entities import name_entities
from newsbeam.transforms.enrich.genitives import strip_genitives
from newsbeam.transforms.enrich.mentions import NameMention
from tests.support.marked_names import mark

WORDS = load_shipped_languages()["nb"].names


def names(marked: str) -> list[str]:
    text, mentions = mark(marked)
    return [entity.name for entity in name_entities(mentions, text, WORDS)]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[GPE_LOC Frankrikes] president kom.", "Frankrike"),
        ("[GPE_LOC Noregs] nye regjering", "Noreg"),
        ("[PER Ibsens] «Gengangere»", "Ibsen"),
        ("[PER Jonas Gahr Støres] 12 punkter", "Jonas Gahr Støre"),
        ("Det er [GPE_LOC Paris] i mai.", "Paris"),
        ("[PER Aarnes] kom.", "Aarnes"),
        ("[PER Hans] leder partiet", "Hans"),
        ("[PER Vesaas], født i Vinje", "Vesaas"),
        ("Her bor [PER Aas].", "Aas"),
        ("[PER Vesaas] skrev", "Vesaas"),
        ("[GPE_LOC Belarus'] president", "Belarus"),
        ("[PER Marx’] verk", "Marx"),
        ("[ORG NTBs] melding", "NTB"),
        ("[ORG NTB-s] melding", "NTB"),
        ("[ORG FNI:s] melding", "FNI"),
        ("[ORG VG's] melding", "VG"),
        ("[ORG Helse Nord RHF's] melding", "Helse Nord RHF"),
        ("[ORG TV 2s] nyheter", "TV 2"),
        ("Det er [ORG FNs].", "FN"),
        ("[ORG McDonald's] åpner", "McDonald's"),
        ("[ORG Fridtjof Nansens Institutt] melder", "Fridtjof Nansens Institutt"),
        ("[ORG Fridtjof Nansens Institutts] direktør", "Fridtjof Nansens Institutt"),
        ("[ORG Det hvite hus] kommentarer", "Det hvite hus"),
        ("[PROD Der Spiegel\u00a0 Online] melder", "Der Spiegel Online"),
        ("[ORG IS] kriger", "IS"),
        ("[GPE_LOC Ås] kommune", "Ås"),
        ("[MISC s] er en bokstav", "s"),
    ],
)
def test_genitive(marked: str, expected: str) -> None:
    assert names(marked) == [expected]


def test_the_text_tells_names_in_s_from_genitives() -> None:
    # "Tyrkia" elsewhere shows the genitive where the follower does not.
    assert names("[LOC Tyrkias] og [LOC Irans] presidenter. [LOC Tyrkia] sa det.") == [
        "Tyrkia",
        "Iran",
        "Tyrkia",
    ]
    # "Grannes." shows that the s belongs to the name.
    assert names("[PER Grannes] tale. Det sa [PER Grannes].") == ["Grannes", "Grannes"]
    # A foreign genitive is one where the base form occurs.
    assert names("[PER Putin's] tale. [PER Putin] smilte.") == ["Putin", "Putin"]


@pytest.mark.parametrize(
    ("language", "sentence", "name"),
    [
        ("nb", "[PER Kari Nes] scoret to mål.", "Kari Nes"),
        ("nb", "[PER Hilde Vangsnes] reagerer på saken.", "Hilde Vangsnes"),
        ("nb", "Slik gikk det. – [PER Mette Fries] flytter til Oslo.", "Mette Fries"),
        ("nn", "[PER Turid Lindås] trenar laget.", "Turid Lindås"),
        ("da", "[PER Mette Fries] reagerer på sagen.", "Mette Fries"),
        ("sv", "[PER Anna Sixtus] slutar i laget.", "Anna Sixtus"),
        ("nb", "[ORG Moss] scoret to mål.", "Moss"),
        # Another word can be the verb, or nothing tells that the sentence is over.
        ("nb", "[PER Kari Moes] planer for byen vekker oppsikt.", "Kari Moe"),
        ("nb", "[PER Kari Moes] søster reagerer på saken.", "Kari Moe"),
        ("nb", "[PER Jens Stoltenbergs] beste råd hjelper.", "Jens Stoltenberg"),
        ("nb", "[PER Kari Moes] planer for byen", "Kari Moe"),
        ("nb", "Da kom [PER Kari Moes] planer.", "Kari Moe"),
    ],
)
def test_a_name_in_s_before_the_only_verb_of_its_sentence_is_no_genitive(
    language: str, sentence: str, name: str
) -> None:
    of = load_shipped_languages()[language]
    text, mentions = mark(sentence)
    assert strip_genitives(mentions, text, of.names, of.quotes)[0] == name


@given(st.lists(st.sampled_from(["Putins", "Oslo", "Hans", "FNs", "og", "tale", ".", "«"])))
def test_stripping_takes_only_from_the_end(words: list[str]) -> None:
    text, mentions = "", []
    for word in words:
        if word[0].isupper():
            mentions.append(NameMention(word, "ORG", len(text), len(text) + len(word)))
        text += word + " "
    for mention, base in zip(mentions, strip_genitives(mentions, text, WORDS), strict=True):
        assert base in {mention.text, mention.text[:-1]}
