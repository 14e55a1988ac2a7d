"""Speech between marks: whole, partial, mixed with dashes; and marks that hold none."""

from __future__ import annotations

import pytest

from tests.support.quoted import find, said


@pytest.mark.parametrize(
    ("text", "words", "speaker", "cue"),
    [
        ("Kari Nes sier det slik:\n– Vi må vente.", "Vi må vente", "Kari Nes", "sier"),
        ("Slik svarer Kari Nes: – Vi må vente.", "Vi må vente", "Kari Nes", "svarer"),
        ("Vi møtte Kari Nes, som utdyper:\n– Vi må vente.", "Vi må vente", "Kari Nes", "utdyper"),
        ("Kari Nes, ordfører i Lillevik:\n– Vi må vente.", "Vi må vente", "Kari Nes", None),
        ("Kari Nes skrev: «Vi må vente.»", "Vi må vente", "Kari Nes", "skrev"),
        ("– Må vi vente?\nDet var spørsmålet som Kari Nes stilte.", "Må vi vente?", "Kari Nes",
         None),
    ],
)  # fmt: skip
def test_reads_the_clause_around_speech(
    text: str, words: str, speaker: str, cue: str | None
) -> None:
    (quote,) = find(text)
    assert quote.text.rstrip(".") == words
    assert (quote.speaker, quote.cue) == (speaker, cue)


@pytest.mark.parametrize("marks", ["«»", '""', "“”", "„“", "””"])
def test_reads_marked_speech(marks: str) -> None:
    text = f"{marks[0]}Vi er klare{marks[1]}, sier Kari Nes."
    (quote,) = find(text)
    assert (quote.text, quote.speaker) == ("Vi er klare", "Kari Nes")
    assert quote.kind == ("guillemet" if marks == "«»" else "quote_marks")


def test_a_dash_before_marks_is_mixed() -> None:
    (quote,) = find("– «Vi er klare», sier Kari Nes.")
    assert (quote.text, quote.kind) == ("Vi er klare", "mixed")


@pytest.mark.parametrize(
    ("language", "text", "words", "speaker"),
    [
        ("nb", "Per Moe kaller planen «en katastrofe for bygda».", "en katastrofe for bygda",
         "Per Moe"),
        ("nb", "Per Moe sier at han er «svært skuffet» over vedtaket.", "svært skuffet", "Per Moe"),
        ("nb", "Per Moe skal ha fortalt retten at han var «redd for livet».", "redd for livet",
         "Per Moe"),
        ("nb", "Per Moe løp ut og ropte «Stopp!» etter bilen.", "Stopp!", "Per Moe"),
        ("nb", "Ifølge Per Moe er saken «ute av kontroll».", "ute av kontroll", "Per Moe"),
        ("nb", "Saken er «ute av kontroll», ifølge Per Moe.", "ute av kontroll", "Per Moe"),
        ("nb", "I rapporten heter det at «sikkerheten var for dårlig».",
         "sikkerheten var for dårlig", "rapporten"),
        ("nb", "«Stopp!» ropte Per Moe.", "Stopp!", "Per Moe"),
        ("nb", "«Vi er på vei», som Per Moe uttrykte det.", "Vi er på vei", "Per Moe"),
        ("nn", "Per Moe kallar planen «ein katastrofe for bygda».", "ein katastrofe for bygda",
         "Per Moe"),
        ("nn", "Ifølgje Per Moe er saka «ute av kontroll».", "ute av kontroll", "Per Moe"),
    ],
)  # fmt: skip
def test_reads_partial_quotes(language: str, text: str, words: str, speaker: str) -> None:
    assert said(text, language) == [(words, speaker)]


@pytest.mark.parametrize(
    "text",
    [
        "Hun leste «Det store huset ved sjøen» på en dag.",
        "Per Moe sier at filmen «Det store huset» er god.",
        "Per Moe kaller ham «rotta».",
        "Det var en såkalt «myk start», sier Per Moe.",
        "Den «gode» tiden er over.",
        "Skipet «Nordstjernen» ligger ved kai.",
        "«Det store huset» har premiere fredag.",
    ],
)
def test_titles_terms_and_single_words_are_no_quotes(text: str) -> None:
    assert find(text) == ()


def test_marks_inside_a_quote_are_part_of_it() -> None:
    text = "– Etter formelen «to land, en stat» er alt mulig, sier Kari Nes."
    assert said(text) == [("Etter formelen «to land, en stat» er alt mulig", "Kari Nes")]


def test_an_unpartnered_mark_opens_a_turn() -> None:
    assert said("Kari Nes skriver:\n«Vi er klare.\n* En annen sak er verre.")[0] == (
        "Vi er klare",
        "Kari Nes",
    )


def test_marks_around_nothing_are_no_quote() -> None:
    assert not find('-" "', "nb")
