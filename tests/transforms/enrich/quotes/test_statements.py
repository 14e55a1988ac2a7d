"""Reported statements: an example of our own for each shape, what is none, and properties."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.enrich.quotes import find_speech
from newsbeam.transforms.records import Entity, Statement
from tests.support.quoted import lexicon
from tests.support.thinned import every_nth
from tests.support.workplace import ROOT


def find(text: str, language: str = "nb") -> tuple[Statement, ...]:
    return find_speech(text, lexicon(language)).statements


def told(text: str, language: str = "nb") -> list[tuple[str, str | None, str | None]]:
    """Each statement's words, without what interrupts it, its speaker and its cue."""
    return [
        (
            " … ".join(text[piece.start : piece.end] for piece in said.segments) or said.text,
            said.speaker,
            said.cue,
        )
        for said in find(text, language)
    ]


CLAUSES = [
    ("nb", "Kari Nes mener at brua er trygg.", "brua er trygg", "Kari Nes", "mener"),
    ("nb", "Kari Nes mener brua er trygg.", "brua er trygg", "Kari Nes", "mener"),
    ("nb", "I går sa Kari Nes at brua er trygg.", "brua er trygg", "Kari Nes", "sa"),
    ("nb", "Kari Nes har sagt at brua er trygg.", "brua er trygg", "Kari Nes", "sagt"),
    ("nb", "Derfor mener Kari Nes brua er trygg.", "brua er trygg", "Kari Nes", "mener"),
    ("nb", "Flere naboer frykter at brua ryker.", "brua ryker", "naboer", "frykter"),
    ("nb", "Politiet slår nå fast at brua var stengt.", "brua var stengt", "Politiet", "slår"),
    ("nb", "Kari Nes er klar på at brua er trygg.", "brua er trygg", "Kari Nes", "er"),
    ("nb", "Nes legger ikke skjul på at brua haster.", "brua haster", "Nes", "legger"),
    ("nb", "Kari Nes forklarer hvordan brua ble til.",
     "hvordan brua ble til", "Kari Nes", "forklarer"),
    ("nb", "Kari Nes spør om brua er trygg.", "om brua er trygg", "Kari Nes", "spør"),
    ("nb", "Kari Nes krever å få bygge brua.", "å få bygge brua", "Kari Nes", "krever"),
    ("nb", "Kari Nes beskylder Moe for å sinke brua.", "å sinke brua", "Kari Nes", "beskylder"),
    ("nb", "Politiet ber folk holde seg hjemme.", "holde seg hjemme", "Politiet", "ber"),
    ("nb", "En rapport fra Vegvesenet viser at brua ryker.",
     "brua ryker", "rapport fra Vegvesenet", "viser"),
    ("nb", "I rapporten står det at brua ryker.", "brua ryker", "rapporten", "står"),
    ("nb", "Det går fram av rapporten at brua ryker.", "brua ryker", "rapporten", "går"),
    ("nb", "Brua mener Kari Nes er trygg nok.", "Brua … er trygg nok", "Kari Nes", "mener"),
    ("nb", "Kari Nes, som mener at brua er trygg, vant valget.",
     "brua er trygg", "Kari Nes", "mener"),
    ("nb", "Når Kari Nes sier at brua er trygg, er saken klar.",
     "brua er trygg", "Kari Nes", "sier"),
    ("nb", "Nes sier at brua er trygg, men det avviser Moe.", "brua er trygg", "Nes", "sier"),
    ("nb", "Nes sier at hun er lei, men kommer.", "hun er lei, men kommer", "Nes", "sier"),
    ("nb", "Etter lange møter skal Kari Nes ha sagt at brua er trygg.",
     "brua er trygg", "Kari Nes", "sagt"),
    ("nn", "Kari Nes meiner at brua er trygg.", "brua er trygg", "Kari Nes", "meiner"),
    ("nn", "Kari Nes trur brua held.", "brua held", "Kari Nes", "trur"),
    ("nn", "Nes sa med eit smil at brua held.", "brua held", "Nes", "sa"),
    ("nn", "Politiet åtvarar mot å køyre på brua.", "å køyre på brua", "Politiet", "åtvarar"),
    ("nn", "Ei undersøking frå Vegvesenet syner at brua held.",
     "brua held", "undersøking frå Vegvesenet", "syner"),
    ("nn", "Kari Nes har fleire gonger vist til at brua held.", "brua held", "Kari Nes", "vist"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "words", "speaker", "cue"), CLAUSES)
def test_a_clause_is_reported(language: str, text: str, words: str, speaker: str, cue: str) -> None:
    assert told(text, language) == [(words, speaker, cue)]


def read_table() -> list[list[str]]:
    path = ROOT / "tests/transforms/enrich/quotes/golden/statements.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("language", "text", "wanted"), read_table())
def test_sentences_of_news_give_their_statements(language: str, text: str, wanted: str) -> None:
    found = [" / ".join(part or "-" for part in said) for said in told(text, language)]
    assert " ;; ".join(found) == wanted


INSTITUTIONS = [
    ("Statens vegvesen", "{} kom. Vegvesenet opplyser at veien er stengt."),
    ("Universitetet i Bergen", "{} har svart. Universitetet mener at kurset er bra."),
    ("Equinor", "{} boret i fjor. Selskapet opplyser at brønnen er tørr."),
    ("Washington Post", "Saken sto i {}. Avisen skriver at han er syk."),
    ("Senterpartiet", "{} vil ha svar. Partiet mener at prisen er for høy."),
    ("Det hvite hus", "{} sier at møtet er avlyst."),
    ("Den norske kirke", "Møtet er avlyst, sier {}."),
]


@pytest.mark.parametrize(("name", "text"), INSTITUTIONS)
def test_a_noun_stands_for_the_institution_named_before(name: str, text: str) -> None:
    text = text.format(name)
    start = text.index(name)
    entity = Entity(name, "ORG", start, start + len(name), name)
    speech = find_speech(text, lexicon("nb"), [entity])
    assert [said.speaker for said in speech.statements] == [name]


def test_a_body_keeps_its_first_word_though_it_may_be_somebody() -> None:
    name, text = "Svenskt Näringsliv", "Skatten är för hög, varnar Svenskt Näringsliv."  # a Swede
    entity = Entity(name, "ORG", text.index(name), text.index(name) + len(name), name)
    (said,) = find_speech(text, lexicon("sv"), [entity]).statements
    assert (said.speaker, said.speaker_mention) == (name, name)


def test_a_judge_is_nobody_whom_the_text_calls_something_else() -> None:
    text = "Trener Ola Moe tapte igjen. Dommeren mente at ballen var over streken."
    assert [speaker for _, speaker, _ in told(text)] == ["Dommeren"]


OTHERS = [
    ("nb", "Brua er trygg, sier Kari Nes til avisen.",
     "parenthetical", "Brua er trygg", "Kari Nes", "sier"),
    ("nb", "Brua, mener Kari Nes, er trygg.",
     "parenthetical", "Brua … er trygg", "Kari Nes", "mener"),
    ("nb", "Brua er stengt. Det opplyser politiet.",
     "parenthetical", "Brua er stengt", "politiet", "opplyser"),
    ("nb", "Ifølge politiet er brua stengt.",
     "according_to", "er brua stengt", "politiet", "Ifølge"),
    ("nb", "Brua er stengt, ifølge Kari Nes.",
     "according_to", "Brua er stengt", "Kari Nes", "ifølge"),
    ("nb", "Brua er ifølge politiet stengt.",
     "according_to", "Brua er … stengt", "politiet", "ifølge"),
    ("nb", "Etter politiets vurdering er brua trygg.",
     "according_to", "er brua trygg", "politiet", "Etter"),
    ("nb", "Slik Kari Nes ser det, er brua trygg.",
     "according_to", "er brua trygg", "Kari Nes", "ser"),
    ("nn", "Brua held ikkje, meiner Kari Nes.",
     "parenthetical", "Brua held ikkje", "Kari Nes", "meiner"),
    ("nn", "I følgje politiet er brua stengd.",
     "according_to", "er brua stengd", "politiet", "I følgje"),
    ("nn", "Etter det politiet opplyser, er brua stengd.",
     "according_to", "er brua stengd", "politiet", "Etter"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "kind", "words", "speaker", "cue"), OTHERS)
def test_so_are_sentences(
    language: str, text: str, kind: str, words: str, speaker: str, cue: str
) -> None:
    assert told(text, language) == [(words, speaker, cue)]
    assert [said.kind for said in find(text, language)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Kari Nes kunngjorde sin avgang.",
        "Kari Nes er glad for at brua er åpnet.",
        "Det viste seg at brua var stengt.",
        "Kari Nes planlegger å bygge brua.",
        "Kari Nes mener ikke at brua er trygg.",
        "Man mener at brua er trygg.",
        "Hvis Kari Nes sier at brua er trygg, kjører vi.",
        "Sier Kari Nes at brua er trygg?",
        "Det antas at brua er trygg.",
        "Kari Nes anser saken som løst.",
        "– Moe sier at brua er trygg, sier Kari Nes til avisen før hun går.",
        "Aud Kari Nes, ordfører i Moss, roste Moe for brua.",
        "Da krigen kom, sa Stortinget ja til brua.",
        "Da Per Moe ble spurt om brua, svarte han: «Ingen kommentar.»",
        "Per Moe svarte nei på spørsmålet om han visste det.",
    ],
)
def test_what_is_no_statement(text: str) -> None:
    assert told(text) == []


def test_two_verbs_make_two_statements_and_share_a_subject() -> None:
    text = "Kari Nes avviser at brua er farlig, og sier at den er stengt."
    assert [(words, speaker) for words, speaker, _ in told(text)] == [
        ("brua er farlig", "Kari Nes"),
        ("den er stengt", "Kari Nes"),
    ]


def test_a_report_in_a_report_of_another_is_one_too() -> None:
    text = "Politiet opplyser at Kari Nes mener at brua er trygg."
    assert [speaker for _, speaker, _ in told(text)] == ["Politiet", "Kari Nes"]
    of_her_own = "Kari Nes sier at hun mener at brua er trygg."
    assert [words for words, _, _ in told(of_her_own)] == ["hun mener at brua er trygg"]


def test_a_statement_goes_on_behind_a_quotes_clause() -> None:
    text = "– Brua er trygg, sier Kari Nes og legger til at den åpner i mai."
    speech = find_speech(text, lexicon("nb"))
    assert [quote.text for quote in speech.quotes] == ["Brua er trygg"]
    assert told(text) == [("den åpner i mai", "Kari Nes", "legger")]


def test_pronouns_and_courts_stand_for_those_who_spoke() -> None:
    text = (
        "I dag har Oslo tingrett dømt mannen. Retten mener at han løy. "
        "Ordfører Kari Nes kom i går. Hun sier at brua er trygg.\n– Den er fin, sier hun."
    )
    speech = find_speech(text, lexicon("nb"))
    assert [said.speaker for said in speech.statements] == ["Oslo tingrett", "Kari Nes"]
    assert [quote.speaker for quote in speech.quotes] == ["Kari Nes"]
    assert [one.gender for one in speech.statements[1].speakers] == ["female"]


WORDS = st.sampled_from(
    "Kari Nes sier at mener ifølge politiet og men som å om hvordan er brua , . ; : « » – \n ? ( ) "
    "sa har sagt det slik ser etter mens hvis ikke rapporten viser står i ber folk holde".split(" ")
)


@given(st.lists(WORDS, max_size=60), st.sampled_from(["nb", "nn"]))
def test_statements_are_in_the_text_and_outside_quotes(words: list[str], language: str) -> None:
    text = " ".join(words)
    speech = find_speech(text, lexicon(language))
    assert [said.start for said in speech.statements] == sorted(
        said.start for said in speech.statements
    )
    for said in speech.statements:
        assert said.text == text[said.start : said.end]
        assert said.text.strip()
        if said.mention_start is not None:
            assert text.startswith((said.speaker_mention or "")[:1], said.mention_start)
        for quote in speech.quotes:
            assert not quote.start <= said.start < said.end <= quote.end


@pytest.mark.parametrize(
    "piece",
    every_nth(
        3,
        [
            "at ",
            "Hansen sier at ",
            "Hansen mener ",
            "ifølge Hansen ",
            ", ifølge Hansen, ",
            "det er bra, sier Hansen, og ",
            "Hansen, som sier at ",
            "det heter i rapporten at ",
            "Håper Brann vinner\n",
        ],
    ),
)
def test_nested_reports_take_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        find_speech(text, lexicon("nb"))
        return time.process_time() - start

    find("Hei.")
    # 8 times the text: quadratic work would take 64 times as long.
    for _ in range(3):
        small, large = min(seconds(5_000) for _ in range(2)), seconds(40_000)
        if large < 24 * small:
            break
    assert large < 24 * small
