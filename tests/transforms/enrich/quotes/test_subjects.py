"""Who says it: subjects of clauses, names, pronouns, roles, introductions."""

from __future__ import annotations

import pytest

from newsbeam.transforms.records import Entity
from tests.support.quoted import find, said


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Kari Nes, som er lege i Moss, kaller planen «en stor tabbe».", "Kari Nes"),
        ("I retten sa Kari Nes at bruddet «utløste det hele», skriver Lillevikposten.", "Kari Nes"),
        ("Selv fortalte legen avisa Lillevikposten at det var «helt trygt».", "legen"),
        ("Hun holdt på å «falle i søvn».", None),
    ],
)
def test_finds_the_subject_of_the_governing_verb(text: str, speaker: str | None) -> None:
    assert [quote.speaker for quote in find(text)] == ([speaker] if speaker else [])


def test_words_of_the_last_quote_introduce_nothing() -> None:
    text = "Per Moe møtte Kari Nes.\n– Han var trøtt, sa Nes, og fortsatte:\n– Det var ikke rart."
    assert said(text)[1] == ("Det var ikke rart", "Kari Nes")


def test_a_surname_stands_for_the_full_name() -> None:
    text = "Ordfører Kari Nes møtte Per Moe.\n– Velkommen, sa Nes.\n– Takk, svarte Moe."
    assert said(text) == [("Velkommen", "Kari Nes"), ("Takk", "Per Moe")]


def test_entities_give_the_full_name() -> None:
    text = "– Velkommen, sa Nes."
    start = text.index("Nes")
    entity = Entity("Nes", "PER", start, start + 3, "Kari Nes")
    assert find(text, entities=[entity])[0].speaker == "Kari Nes"


@pytest.mark.parametrize(("pronoun", "speaker"), [("hun", "Kari Nes"), ("han", "Per Moe")])
def test_a_pronoun_stands_for_the_last_person_who_fits(pronoun: str, speaker: str) -> None:
    for order in ("Kari Nes møtte Per Moe i går.", "Per Moe møtte Kari Nes i går."):
        (quote,) = find(f"{order}\n– Det var fint, sier {pronoun}.")
        assert (quote.speaker, quote.speaker_mention) == (speaker, pronoun)


def test_a_pronoun_is_not_a_person_inside_the_speech() -> None:
    text = "– Per Moe var der, sier Jonas Dahl.\n– Ola Lie også, legger han til."
    assert said(text)[1] == ("Ola Lie også", "Jonas Dahl")


@pytest.mark.parametrize(
    ("narration", "role", "speaker"),
    [
        ("Navneforsker Ivar Lie møtte Per Moe.", "forskeren", "Ivar Lie"),
        ("Per Moe (45) så ulykken.", "45-åringen", "Per Moe"),
        ("Per Moe har bodd i byen i ti år.", "lillevikeren", "Per Moe"),
        ("Saken er alvorlig.", "politimesteren", "politimesteren"),
        ("Per Moe (Sp) er imot.", "Sp-politikeren", "Per Moe"),
    ],
)
def test_a_role_stands_for_a_person(narration: str, role: str, speaker: str) -> None:
    text = f"{narration} Han sa nei.\n– Det er trist, sier {role}."
    (quote,) = find(text)
    assert (quote.speaker, quote.speaker_mention) == (speaker, role)


@pytest.mark.parametrize("speakers", ["de", "forskerne"])
def test_several_speakers_are_the_pair_spoken_of(speakers: str) -> None:
    text = f"Kari Nes og Per Moe har skrevet rapporten.\n– Vi er bekymret, sier {speakers}."
    assert said(text) == [("Vi er bekymret", "Kari Nes og Per Moe")]


def test_the_answer_without_clause_belongs_to_the_interviewee() -> None:
    text = (
        "– Hva tenker du nå?\n– Jeg tenker på familien.\n– Er du redd?\n– Nei, svarer Per Moe.\n"
        "– Sikker?\n– Ja."
    )
    assert [quote.speaker for quote in find(text)] == [
        None, "Per Moe", None, "Per Moe", None, "Per Moe",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text", "role"),
    [
        ("nb", "– Nei, sier Kari Nes, leder og talsperson for Lillevik Lag (LL).",
         "leder og talsperson for Lillevik Lag (LL)"),
        ("nb", "– Nei, sier Kari Nes (43), ordfører i Lillevik, til NTB.", "ordfører i Lillevik"),
        ("nb", "– Nei, sier statsminister Kari Nes.", "statsminister"),
        ("nb", "– Nei, sier Lilleviks tidligere sjef Kari Nes.", "Lilleviks tidligere sjef"),
        ("nb", "– Nei, sier daglig leder i Lillevik Bondelag, Kari Nes.",
         "daglig leder i Lillevik Bondelag"),
        ("nb", "Miljø- og utviklingsminister Kari Nes er her.\n– Nei, sier Nes.",
         "Miljø- og utviklingsminister"),
        ("nb", "– Nei, sier Kari Nes, som er lege.", None),
        ("nb", "– Nei, sier Kari Nes, og løper etter lederen.", None),
        ("nn", "– Nei, seier ordførar Kari Nes.", "ordførar"),
    ],
)  # fmt: skip
def test_says_how_the_text_introduces_a_speaker(language: str, text: str, role: str | None) -> None:
    quote = find(text, language)[-1]
    assert (quote.speaker, quote.speaker_role) == ("Kari Nes", role)


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("– Vi venter, sier en sint kunde.\n– Det er kaldt, sier hun.", ["kunde", "kunde"]),
        ("Per Moe går. Ryssdals datter er her.\n– Nei, sier hun.", ["Ryssdals datter"]),
        ("– Det er kaldt, sier en av elevene.", ["en av elevene"]),
        ("Per Moe smiler.\n– Vi leter, opplyser politiet.", ["politiet"]),
        ("– Vi venter, sier Kari Nes (43) og rektor Per Moe.", ["Kari Nes og Per Moe"]),
        ("– Ja, sier Kari Hansen.\n– Nei, sier Hanssen.", ["Kari Hansen", "Kari Hansen"]),
        ("– Nei, sier løperen.\nKari Nes vant i går.\n– Ja, sier Nes.", ["Kari Nes", "Kari Nes"]),
        ("Moss kaller. – Dette er galt, refset Kari Nes.", ["Kari Nes"]),
        ("– Ja, sier Kari Nes.\nHan får hjelp av Per Moe.\n– Nei, sier løperen.",
         ["Kari Nes", "Per Moe"]),
        ("Alle kjenner Venstre.\n– Nei, sier Venstres Kari Nes.", ["Kari Nes"]),
    ],
)  # fmt: skip
def test_finds_who_is_meant(text: str, speakers: list[str]) -> None:
    assert [quote.speaker for quote in find(text)] == speakers


def test_a_clause_that_opens_a_sentence_makes_no_verb_one_of_saying() -> None:
    text = "– Når det regner, vinner Kari Nes."
    assert find(text)[0].text == text[2:]
