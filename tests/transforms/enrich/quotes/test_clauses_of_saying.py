"""Clauses around speech in compound tenses, of unknown persons, and in all Nordic languages."""

from __future__ import annotations

import pytest

from newsbeam.transforms.enrich.quotes import find_speech
from newsbeam.transforms.enrich.quotes.reading import Speech
from tests.support.quoted import lexicon

OPENING = {
    "nb": "Det var mye folk på møtet i byen i går kveld.\n",
    "nn": "Det var mykje folk på møtet i byen i går kveld.\n",
    "da": "Der var mange mennesker til mødet i byen i går aftes.\n",
    "sv": "Det var mycket folk på mötet i staden i går kväll.\n",
}


def read(language: str, text: str) -> Speech:
    return find_speech(OPENING[language] + text, lexicon(language))


QUOTES = [
    ("nb", "«Det går fint for oss», har Per Moe sagt til NTB.", "Per Moe", "sagt"),
    ("nb", "«Det går fint for oss», skal Per Moe ha sagt.", "Per Moe", "sagt"),
    ("nb", "Per Moe har sagt: «Det går fint for oss.»", "Per Moe", "sagt"),
    ("nb", "I går har Per Moe sagt: «Det går fint for oss.»", "Per Moe", "sagt"),
    ("nb", "«Det går fint for oss», sa Per Moe til meg.", "Per Moe", "sa"),
    ("nn", "«Det går fint for oss», har Per Moe sagt til NTB.", "Per Moe", "sagt"),
    ("da", "»Det går fint for os«, har Per Moe sagt til Ritzau.", "Per Moe", "sagt"),
    ("sv", "”Det går bra för oss”, har Per Moe sagt till TT.", "Per Moe", "sagt"),
    ("nb", "En annen skrev: «Dette er helt forferdelig for oss.»", None, "skrev"),
    ("nb", "«Dette er helt forferdelig for oss», skrev en annen.", None, "skrev"),
    ("nb", "En annen kvinne skrev: «Dette er forferdelig for oss.»", "kvinne", "skrev"),
    ("da", "En anden skrev: »Det er helt forfærdeligt for os.«", None, "skrev"),
    ("sv", "En annan skrev: ”Det är helt förfärligt för oss.”", None, "skrev"),
    ("sv", "”Det är helt förfärligt för oss”, skriver en kvinna.", "kvinna", "skriver"),
    ("nb", "Det passet ikke presidenten, som i går sa: «Dette er ikke bra for oss.»",
     "presidenten", "sa"),
    ("nb", "Per Moe fortsatte, «Dere kan se at det går bra.»", "Per Moe", "fortsatte"),
    ("nb", "Partiet, sa Per Moe, må «stritte imot med alt de har».", "Per Moe", "sa"),
    ("nb", "Per Moe ropte «Leve freden» til alle.", "Per Moe", "ropte"),
    ("nb", "Per Moe sa: “Vi må holde fast ved dette.\"", "Per Moe", "sa"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "speaker", "cue"), QUOTES)
def test_who_says_it(language: str, text: str, speaker: str | None, cue: str) -> None:
    quotes = read(language, text).quotes
    assert [(quote.speaker, quote.cue) for quote in quotes] == [(speaker, cue)]


def test_speech_without_its_closing_mark_ends_with_its_line() -> None:
    quotes = read("nb", "Kari Nes sa: «Vi er klare til å hjelpe alle.\nDet var mye å gjøre.").quotes
    assert [(quote.text, quote.speaker) for quote in quotes] == [
        ("Vi er klare til å hjelpe alle.", "Kari Nes")
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("nb", "Per Moe har hatt det travelt.\n«Vi kommer», sier den tidligere partileder."),
        (
            "da",
            "Per Moe har haft travlt i dag.\n»Vi kommer snart«, siger den tidligere partileder.",
        ),
        ("da", "Per Moe har haft travlt i dag.\n»Vi kommer snart«, siger den 24-årige."),
    ],
)
def test_an_article_makes_a_role_definite(language: str, text: str) -> None:
    assert [quote.speaker for quote in read(language, text).quotes] == ["Per Moe"]


@pytest.mark.parametrize(
    ("text", "said", "speaker"),
    [
        ("Per Moe sier han ikke kjenner til saken.", "han ikke kjenner til saken", "Per Moe"),
        ("Per Moe sier skolen ikke kjenner til saken.", "skolen ikke kjenner til saken", "Per Moe"),
        ("Den tidligere lederen sa at budsjettet er stramt.", "budsjettet er stramt", "lederen"),
        ("Etter statsministerens syn er alt i orden.", "er alt i orden", "statsministeren"),
    ],
)
def test_statements(text: str, said: str, speaker: str) -> None:
    found = read("nb", text).statements
    assert [(one.text, one.speaker) for one in found] == [(said, speaker)]
