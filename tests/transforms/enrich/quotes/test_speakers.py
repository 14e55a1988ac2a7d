"""Who speaks, one by one: kind, role, gender and what tells it, affiliation; in both standards."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.enrich.quotes import find_persons, find_quotes
from newsbeam.transforms.records import Entity, Speaker
from tests.support.quoted import lexicon


def organisations(text: str, *names: str) -> list[Entity]:
    """``names`` as a model would find them."""
    starts = [(text.index(name), name) for name in names]
    return [Entity(name, "ORG", at, at + len(name), name) for at, name in sorted(starts)]


def describe(text: str, language: str = "nb") -> Speaker:
    """The first person that a text names; a model finds the surnames Vo and Wu."""
    found = re.finditer(r"[A-Z][\w-]+ (?:Vo|Wu)\b", text)
    persons = [Entity(m[0], "PER", m.start(), m.end(), m[0]) for m in found]
    return find_persons(text, lexicon(language), persons)[0]


def voices(text: str, language: str = "nb") -> list[list[tuple[str, str]]]:
    """Name and kind of each quote's speakers."""
    return [
        [(speaker.name, speaker.kind) for speaker in quote.speakers]
        for quote in find_quotes(text, lexicon(language))
    ]


@pytest.mark.parametrize(
    ("language", "text", "gender", "evidence"),
    [
        ("nb", "I går kom fru Eskeland.", "female", "title"),
        ("nb", "Kong Harald kom sent.", "male", "title"),
        ("nb", "I går kom talskvinne Chi Vo.", "female", "noun"),
        ("nb", "I går kom talsmann Chi Vo.", None, None),
        ("nb", "Chi Vo, mor til to, kom sent.", "female", "noun"),
        ("nn", "I går kom mora, Chi Vo.", "female", "noun"),
        ("nb", "Chi Vo kom sent. Hun var sliten.", "female", "pronoun"),
        ("nn", "Chi Vo kom seint. Ho var trøytt.", "female", "pronoun"),
        ("nn", "No kom ho Chi Vo.", "female", "pronoun"),
        ("nb", "Chi Vo sier at han er sliten.", "male", "pronoun"),
        ("nb", "Iselin Vo kom sent.", "female", "first_name"),
        ("nb", "Jan-Erik Vo kom sent.", "male", "first_name"),
        # Nothing tells: a name that both bear, a surname, two who may be meant, somebody else.
        ("nb", "Kim Vo kom sent.", None, None),
        ("nb", "Trener Berg kom sent.", None, None),
        ("nb", "Chi Vo møtte Li Wu. Hun var sliten.", None, None),
        ("nb", "Legen kom. Det ble snakk om Chi Vo. Han sov.", None, None),
        # One pronoun does not stand up to a name; two do.
        ("nb", "Kari Vo kom sent. Han var sliten.", "female", "first_name"),
        ("nb", "Kari Vo kom sent. Han var sliten. Kari Vo gikk. Han sov.", "male", "pronoun"),
    ],
)
def test_gender_is_told_by_the_text_or_by_a_name(
    language: str, text: str, gender: str | None, evidence: str | None
) -> None:
    person = describe(text, language)
    assert (person.gender, person.gender_from) == (gender, evidence)


@pytest.mark.parametrize(
    ("language", "text", "role"),
    [
        ("nb", "Daglig leder Kari Nes kom.", "Daglig leder"),
        ("nb", "Kari Nes (SV), leder i laget, kom.", "leder i laget"),
        ("nb", "Kari Nes er professor i medisin ved NTNU.", "professor i medisin ved NTNU"),
        ("nb", "De valgte Kari Nes som ny rektor.", "ny rektor"),
        ("nb", "Foto: Kari Nes", "fotograf"),
        ("nn", "Kari Nes, ein av initiativtakarane til møtet, kom.",
         "ein av initiativtakarane til møtet"),
        ("nn", "I går kom Raudt sin leiar Kari Nes.", "Raudt sin leiar"),
        ("nb", "Kari Nes, leder som sa nei, kom.", "leder"),
        ("nb", "Kari Nes, leder i Moss og Per Moe kom.", "leder i Moss"),
        # None: a clause, somebody else's, a list's next one.
        ("nb", "Vennen for å støtte Kari Nes kom.", None),
        ("nb", "Kari Nes er ikke lege.", None),
        ("nb", "Kari Nes er mor til to.", None),
        ("nb", "Kari Nes, lege Per Moe og andre kom.", None),
    ],
)  # fmt: skip
def test_role_is_what_the_text_calls_a_person(language: str, text: str, role: str | None) -> None:
    assert describe(text, language).role == role


@pytest.mark.parametrize(
    ("language", "text", "role"),
    [
        ("nb", "Skipsrederne Kari Nes og Per Moe klaget.", "Skipsrederne"),
        ("nb", "I går kom Ap-politikere som Kari Nes og Per Moe.", "Ap-politikere"),
        ("nn", "I går kom Ap-politikarar som Kari Nes og Per Moe.", "Ap-politikarar"),
    ],
)
def test_a_title_in_the_plural_is_that_of_both(language: str, text: str, role: str) -> None:
    both = find_persons(text, lexicon(language))
    assert [person.role for person in both] == [role, role]


def test_a_title_is_not_that_of_the_next_one() -> None:
    first, second = find_persons("I går kom lederen Kari Nes og Per Moe.", lexicon("nb"))
    assert (first.role, second.role) == ("lederen", None)


@pytest.mark.parametrize(
    ("language", "text", "bodies", "affiliation"),
    [
        ("nb", "Kari Nes, leder i Rødt, kom.", (), "Rødt"),
        ("nb", "I går kom Rødt-leder Kari Nes.", (), "Rødt"),
        ("nb", "I går kom Rødts nye leder Kari Nes.", (), "Rødt"),
        ("nn", "I går kom Raudt sin leiar Kari Nes.", (), "Raudt"),
        ("nb", "Kari Nes (Ap) kom.", (), "Ap"),
        ("nb", "Kari Nes fra Ap kom.", (), "Ap"),
        ("nb", "Professor Kari Nes ved Universitetet i Lillevik kom.",
         ("Universitetet i Lillevik",), "Universitetet i Lillevik"),
        ("nb", "Kari Nes er professor i jus ved Universitetet i Lillevik.",
         ("Universitetet i Lillevik",), "Universitetet i Lillevik"),
        ("nb", "Kari Nes i Norsk Lag kom.", ("Norsk Lag",), "Norsk Lag"),
        ("nb", "Både Kari Nes i Norsk Lag og andre kom.", ("Norsk Lag",), "Norsk Lag"),
        ("nb", "Kari Nes er en av Rødts fremste kvinner.", ("Rødt",), "Rødt"),
        ("nb", "I går kom Rødts kanskje største talent, Kari Nes.", (), "Rødt"),
        ("nb", "Foto: Kari Nes / NTB", ("NTB",), "NTB"),
        ("nn", "Leiar Kari Nes i Lillevik kommune kom.", ("Lillevik",), "Lillevik kommune"),
        # None: whom somebody speaks to, a topic, a book, a mere place of a meeting.
        ("nb", "Leder Kari Nes til NTB.", ("NTB",), None),
        ("nb", "I går kom Kina-ekspert Kari Nes.", (), None),
        ("nb", "Kari Nes, forfatter av boken Rødt, kom.", (), None),
        ("nb", "Per så Kari Nes i Norsk Lag.", ("Norsk Lag",), None),
    ],
)  # fmt: skip
def test_affiliation_is_where_the_text_puts_it(
    language: str, text: str, bodies: tuple[str, ...], affiliation: str | None
) -> None:
    found = find_persons(text, lexicon(language), organisations(text, *bodies))
    (person,) = (person for person in found if person.name == "Kari Nes")
    assert person.affiliation == affiliation


@pytest.mark.parametrize(("place", "affiliation"), [("Ordfører", "Moss"), ("Lærer", None)])
def test_a_place_is_the_affiliation_of_an_office_alone(place: str, affiliation: str | None) -> None:
    text = f"{place} Kari Nes i Moss kom."
    at = text.index("Moss")
    entities = [
        Entity("Kari Nes", "PER", text.index("Kari"), text.index(" i Moss"), "Kari Nes"),
        Entity("Moss", "GPE_LOC", at, at + 4, "Moss"),
    ]
    (person,) = find_persons(text, lexicon("nb"), entities)
    assert person.affiliation == affiliation


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("nb", "– Vi vil bli, sier Kari Nes, Per Moe og rektor Ola Dahl.",
         [("Kari Nes", "person"), ("Per Moe", "person"), ("Ola Dahl", "person")]),
        ("nb", "– Vi vil bli, sier Per Moe og Ola Nes.",
         [("Per Moe", "person"), ("Ola Nes", "person")]),
        ("nb", "Per Moe og Ola Nes bor her.\n– Vi vil bli, sier duoen.",
         [("Per Moe", "person"), ("Ola Nes", "person")]),
        ("nn", "Per Moe og Ola Nes bur her.\n– Me vil bli, seier dei.",
         [("Per Moe", "person"), ("Ola Nes", "person")]),
        ("nb", "Kari Moe og Per Moe bor her.\n– Vi vil bli, sier ekteparet Moe.",
         [("Kari Moe", "person"), ("Per Moe", "person")]),
        ("nb", "– Vi vil bli, sier ekteparet Moe.", [("ekteparet Moe", "group")]),
        ("nb", "– Vi vil bli, sier duoen.", [("duoen", "group")]),
        ("nb", "– Vi vil bli, sier de.", [("de", "group")]),
        ("nb", "– Vi vil bli, sier forskerne.", [("forskerne", "group")]),
        ("nn", "– Me vil bli, seier forskarane.", [("forskarane", "group")]),
        ("nb", "– Vi følger med, sier politiet.", [("politiet", "institution")]),
        ("nb", "– Vi følger med, sier EU.", [("EU", "institution")]),
        ("nb", "– Alt gikk galt, heter det i rapporten.", [("rapporten", "document")]),
        ("nb", "– Jeg vil bli, sier en forsker.", [("forsker", "person")]),
        ("nb", "– Jeg vil bli, sier dronning Sonja.", [("dronning Sonja", "person")]),
    ],
)  # fmt: skip
def test_everybody_who_speaks_is_listed(
    language: str, text: str, expected: list[tuple[str, str]]
) -> None:
    assert voices(text, language)[-1] == expected


def test_a_speaker_is_described_by_the_whole_text() -> None:
    (quote,) = find_quotes("– Nei, sier Chi Vo. Hun er leder i Rødt.", lexicon("nb"))
    assert quote.speakers == (Speaker("Chi Vo", "person", None, "female", "pronoun"),)
    (first, second) = find_quotes(
        "– Nei, sier leder Chi Vo i Rødt.\n– Jo, sier hun.", lexicon("nb")
    )
    assert first.speakers == second.speakers
    assert first.speakers[0].gender_from == "pronoun"


@given(
    st.lists(
        st.sampled_from(
            ["Kari", "Moe", "Vo", "leder", "i", "og", ",", "Rødt", "(", ")", "er", "sier", "hun",
             "–", "ekteparet", "de", "fru", "Foto", ":", ".", "\n", "ein", "av", "s", "Ap"]
        ),
        max_size=40,
    ),
    st.sampled_from(["nb", "nn"]),
)  # fmt: skip
def test_whatever_is_said_of_speakers_is_whole(words: list[str], language: str) -> None:
    text = " ".join(words)
    quotes = find_quotes(text, lexicon(language))
    speakers = [speaker for quote in quotes for speaker in quote.speakers]
    for one in (*speakers, *find_persons(text, lexicon(language))):
        assert (one.gender is None) == (one.gender_from is None)
        assert one.name.strip()
        assert one.kind == "person" or (one.gender, one.affiliation) == (None, None)
    assert all(quote.speakers for quote in quotes if quote.speaker is not None)


def test_long_lists_of_persons_take_linear_time() -> None:
    text = "Leder Kari Nes, Per Moe og Ola Dahl (Ap) i Rødt, sier hun og han. " * 1500
    start = time.process_time()
    find_persons(text, lexicon("nb"))
    assert time.process_time() - start < 5
