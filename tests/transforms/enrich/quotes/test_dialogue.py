"""Speech behind dashes: where a turn begins and ends, and its clause of saying."""

from __future__ import annotations

import pytest

from newsbeam.transforms.enrich.quotes import find_quotes
from tests.support.quoted import find, lexicon, said


@pytest.mark.parametrize(
    ("language", "text", "words", "speaker", "mention", "cue"),
    [
        ("nb", "– Vi er klare, sier Kari Nes.", "Vi er klare", "Kari Nes", "Kari Nes", "sier"),
        ("nb", "- Vi er klare, sa en sliten, men glad Kari Nes etter turen.", "Vi er klare",
         "Kari Nes", "Kari Nes", "sa"),
        ("nb", "— Vi er klare, la Kari Nes til.", "Vi er klare", "Kari Nes", "Kari Nes", "la"),
        ("nb", "– Det er over! roper Kari Nes.", "Det er over!", "Kari Nes", "Kari Nes", "roper"),
        ("nb", "– Nei, svarer leder i Lillevik Bondelag, Kari Nes, til NTB.", "Nei",
         "Kari Nes", "Kari Nes", "svarer"),
        ("nb", "– Nei, sier forsvareren, advokat Kari Nes.", "Nei", "Kari Nes", "Kari Nes", "sier"),
        ("nb", "– Nei, sier Lilleviks ordfører Kari Nes.", "Nei", "Kari Nes", "Kari Nes", "sier"),
        ("nb", "– Det går bra sier Kari Nes.", "Det går bra", "Kari Nes", "Kari Nes", "sier"),
        ("nb", "– Det går bra sier Kari Nes, som leder laget.", "Det går bra", "Kari Nes",
         "Kari Nes", "sier"),
        ("nb", "– Vi er enige, sier Kari Nes og Per Moe.", "Vi er enige",
         "Kari Nes og Per Moe", "Kari Nes og Per Moe", "sier"),
        ("nb", "– Så fint, smiler dronning Silvia.", "Så fint", "dronning Silvia",
         "dronning Silvia", "smiler"),
        ("nb", "– Alt er bra, heter det i rapporten.", "Alt er bra", "rapporten", "rapporten",
         "heter"),
        ("nb", "– Alt er bra, heter det i en melding fra Slottet.", "Alt er bra", "Slottet",
         "Slottet", "heter"),
        ("nb", "– Alt er bra, ifølge Kari Nes.", "Alt er bra", "Kari Nes", "Kari Nes", None),
        ("nb", "– Alt er bra.\nDette sier Kari Nes.", "Alt er bra", "Kari Nes", "Kari Nes", "sier"),
        ("nn", "– Me er klare, seier Kari Nes.", "Me er klare", "Kari Nes", "Kari Nes", "seier"),
        ("nn", "– Me er klare, slår ordførar Kari Nes fast.", "Me er klare", "Kari Nes",
         "Kari Nes", "slår"),
        ("nn", "– Me er klare, held Kari Nes fram.", "Me er klare", "Kari Nes", "Kari Nes", "held"),
        ("nn", "– Ver varsame, er oppmodinga Kari Nes sender.", "Ver varsame", "Kari Nes",
         "Kari Nes", "sender"),
        ("nn", "– Alt er bra, står det i brevet.", "Alt er bra", "brevet", "brevet", "står"),
        ("nn", "– Alt er bra, i fylgje Kari Nes.", "Alt er bra", "Kari Nes", "Kari Nes", None),
    ],
)  # fmt: skip
def test_reads_the_clause_behind_a_dash_turn(
    language: str, text: str, words: str, speaker: str, mention: str, cue: str | None
) -> None:
    (quote,) = find(text, language)
    assert quote.text.rstrip(".") == words
    assert (quote.speaker, quote.speaker_mention, quote.cue) == (speaker, mention, cue)
    assert quote.kind == "dash"
    assert quote.mention_start is not None
    assert text.startswith(mention, quote.mention_start)


@pytest.mark.parametrize(
    "text",
    [
        "– Da sa han at vi måtte gå, og det gjorde vi.",
        "– Det er, tror jeg, det beste for oss alle.",
        "– Det er det de heter, og slik blir det.",
    ],
)
def test_keeps_a_report_inside_speech(text: str) -> None:
    (quote,) = find(text)
    assert quote.text == text[2:]
    assert quote.cue is None


def test_a_turn_holds_all_sentences_before_its_clause() -> None:
    text = "– Vi er klare. Bilen er pakket. Når drar vi? spør Kari Nes."
    assert said(text) == [("Vi er klare. Bilen er pakket. Når drar vi?", "Kari Nes")]


def test_an_interposed_clause_gives_one_quote() -> None:
    text = "– Vi er klare, sier Kari Nes, men bilen er ikke pakket.\nHun reiser i morgen."
    assert said(text) == [(text[2:].split("\n")[0].rstrip("."), "Kari Nes")]
    text = "– Dette, mener hun, er uholdbart, sier Kari Nes."
    assert said(text) == [("Dette, mener hun, er uholdbart", "Kari Nes")]


def test_narration_behind_the_clause_is_no_speech_but_the_first_person_is() -> None:
    assert said("– Vi vant, sier Kari Nes. Hun løp fort.") == [("Vi vant", "Kari Nes")]
    text = "– Vi vant, sier Kari Nes. Jeg løp fort. Hun smiler."
    assert said(text) == [("Vi vant, sier Kari Nes. Jeg løp fort", "Kari Nes")]


def test_a_new_dash_opens_a_new_quote_on_the_same_line() -> None:
    text = "– Vi vant. – Endelig, sier Kari Nes. – Nå drar vi hjem."
    assert said(text) == [
        ("Vi vant", "Kari Nes"),
        ("Endelig", "Kari Nes"),
        ("Nå drar vi hjem", "Kari Nes"),
    ]


def test_a_turn_runs_over_lines_to_its_clause() -> None:
    text = (
        "Kari Nes er ordfører i Lillevik.\n– Vi er klare.\nBilen er pakket, sier Nes.\n"
        "Hun reiser i morgen.\nTuren varer en uke."
    )
    assert said(text) == [("Vi er klare.\nBilen er pakket", "Kari Nes")]


def test_narration_ends_a_turn_without_clause() -> None:
    text = (
        "Kari Nes er ordfører i Lillevik.\n– Vi er klare.\nNes mener at turen blir lang.\n"
        "– Det blir fint, sier hun."
    )
    quotes = find(text, layout="sentences")
    assert [quote.text for quote in quotes] == ["Vi er klare.", "Det blir fint"]


def test_a_paragraph_ends_a_turn() -> None:
    text = (
        "– Vi er klare. Bilen er pakket.\nDet er lenge siden sist, sier Kari Nes.\n"
        "Hun smiler. Turen blir lang."
    )
    assert [quote.text for quote in find(text)] == ["Vi er klare. Bilen er pakket."]


def test_messages_in_a_row_have_no_speaker() -> None:
    text = "Her er noen av meldingene:\n«Takk for alt du gjorde.»\n«Vi kommer til å savne deg.»"
    assert said(text) == [
        ("Takk for alt du gjorde", None),
        ("Vi kommer til å savne deg", None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Det er -5 grader i dag.\n-5 grader er kaldt.",
        "Kampen endte 2 - 1 etter omganger.\nDet blir 5–10 grader.",
        "Toget - som var fullt - kom for sent.",
        "Dette trenger du:\n- To egg\n- Litt melk\n- En klype salt\nRør alt sammen i en bolle.",
        "Planen har tre mål:\n- Veien skal bli tryggere.\n- Støyen skal ned.\n- Prisen skal ned.",
        "Nordsjø-avtalen ble signert.",
        "",
        "\n\n",
        "-",
        "«»",
    ],
)
def test_hyphens_sums_ranges_and_lists_are_no_speech(text: str) -> None:
    assert find(text) == ()


def test_words_tell_where_a_turn_without_clause_ends() -> None:
    text = (
        "Kari Nes er ordfører i Lillevik.\n– Det er veldig bra.\nFolk må bare komme hit.\n"
        "Hun åpner broen etter planen 12. mai.\n– Vi gleder oss, sier Nes."
    )
    assert find(text, layout="sentences")[0].text == "Det er veldig bra.\nFolk må bare komme hit."


def test_a_turn_without_clause_runs_to_the_next_dash() -> None:
    text = (
        "Kari Nes er ordfører i Lillevik.\n– Det er mye snø i år.\nVeiene er stengt.\n"
        "– Vi venter på hjelp, sier Nes."
    )
    assert find(text, layout="sentences")[0].text == "Det er mye snø i år.\nVeiene er stengt."


def test_a_sentence_about_a_speaker_is_no_part_of_a_turn() -> None:
    text = (
        "Kari Nes er ordfører i Lillevik.\n– Det er mye snø i år.\nI går hentet Nes broren.\n"
        "– Vi venter på hjelp, sier Nes."
    )
    assert find(text, layout="sentences")[0].text == "Det er mye snø i år."


def test_a_figure_after_a_minus_sign_is_not_speech() -> None:
    text = "– Vi fryser, sier Olav Bjerke.\n- 5 grader i natt\nKona hans er enig."
    assert [q.text for q in find_quotes(text, lexicon("nb"))] == ["Vi fryser"]
    spoken = find_quotes("– 5 grader er kaldt nok for meg, sier Olav Bjerke.", lexicon("nb"))
    assert [q.text for q in spoken] == ["5 grader er kaldt nok for meg"]
