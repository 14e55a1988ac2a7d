"""Quotes and speakers: one hand-written example for each construction, the seeds, properties."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from functools import cache

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.transforms.enrich.quotes import find_quotes
from newsbeam.transforms.records import Entity, Heading, Quote
from newsbeam.transforms.settings.lexicon import Lexicon
from tests.support.workplace import ROOT, SHARED

DEV = SHARED / "quotes" / "dev.jsonl"


@cache
def lexicon(language: str) -> Lexicon:
    path = ROOT / "configs" / "languages" / f"{language}.yaml"
    section = yaml.safe_load(path.read_text(encoding="utf-8"))["quotes"]
    return Lexicon.model_validate_json(json.dumps(section))


def find(text: str, language: str = "nb", **kwargs: object) -> tuple[Quote, ...]:
    return find_quotes(text, lexicon(language), **kwargs)  # type: ignore[arg-type]


def said(text: str, language: str = "nb") -> list[tuple[str, str | None]]:
    """Each quote's words, without marks of punctuation at the end, with its speaker."""
    return [(quote.text.rstrip(" .,"), quote.speaker) for quote in find(text, language)]


# Reporting clauses behind speech


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


# Where every line is a sentence


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


# Introductions


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


# Marks


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


def test_messages_in_a_row_have_no_speaker() -> None:
    text = "Her er noen av meldingene:\n«Takk for alt du gjorde.»\n«Vi kommer til å savne deg.»"
    assert said(text) == [
        ("Takk for alt du gjorde", None),
        ("Vi kommer til å savne deg", None),
    ]


# What is no speech


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


# Speakers


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


# Headings


def test_headings_are_flagged_and_find_their_speaker() -> None:
    text = (
        "– En alvorlig fare\nStortinget behandlet saken i går, og debatten varte lenge.\n"
        "– Dette er en alvorlig fare for bygda, sier Kari Nes."
    )
    heading, body = find(text)
    assert (heading.is_heading, heading.speaker) == (True, "Kari Nes")
    assert (body.is_heading, body.speaker) == (False, "Kari Nes")


def test_a_label_is_the_mention_of_a_heading() -> None:
    text = (
        "Ekspert: – Gjennomtenkt\nStortinget behandlet saken i går, og debatten varte lenge.\n"
        "– Dette er gjennomtenkt, sier Kari Nes."
    )
    heading = find(text)[0]
    assert (heading.speaker, heading.speaker_mention) == ("Kari Nes", "Ekspert")
    assert (heading.mention_start, heading.is_heading) == (0, True)


def test_known_headings_are_believed() -> None:
    text = "– En alvorlig fare\n– Det er farlig, sier Kari Nes."
    known = find(text, headings=[Heading(text[:18], 0, 18)])
    assert [quote.is_heading for quote in known] == [True, False]


# The seeds

SEEDS = {
    "000_417ea550213c305f": [
        ("En unionsstat har blitt", "Kassym-Jomart Tokajev", "sa", False),
        ("Helt urealistisk", None, None, True),
        ("Jeg beklager, men", "Kassym-Jomart Tokajev", "la", False),
        ("Tror Putin er rasende", "Iver Neumann", None, True),
        ("Jeg tror Putin er rasende.", "Iver Neumann", "sier", False),
        ("Det er ekstra irriterende", "Iver Neumann", "sier", False),
        ("Russlands sikreste", "Iver Neumann", "sier", False),
        ("At stater som Russland", "Iver Neumann", "legger", False),
        ("Gjennomtenkt", "Ivar Dale", None, True),
        ("På den ene siden", "Ivar Dale", "sier", False),
        ("Har virus", None, None, True),
        ("Så uttalte Putin", "Ivar Dale", "sier", False),
        ("Tokajev er Kasakhstans", "Ivar Dale", "sier", False),
        ("Har blitt bedre", None, None, True),
        ("Krig forandrer mye.", "Iver Neumann", "sier", False),
    ],
    "002_280d5b0759e2e5e9": [
        ("Vårt strategiske partnerskap", "Vladimir Putin", "sa", False),
        ("en allianse med en rik", "Kassym-Jomart Tokajev", "hyllet", False),
        ("Jo mindre søppel, jo bedre", "Vladimir Putin", None, True),
    ],
}


@pytest.mark.parametrize("seed", SEEDS)
def test_seeds(seed: str) -> None:
    quotes = find((ROOT / "seeds" / f"{seed}.txt").read_text(encoding="utf-8"))
    expected = SEEDS[seed]
    assert len(quotes) == len(expected)
    for quote, (opening, speaker, cue, is_heading) in zip(quotes, expected, strict=True):
        assert quote.text.startswith(opening)
        assert (quote.speaker, quote.cue, quote.is_heading) == (speaker, cue, is_heading)


# Properties

MARKS = [*'-–—«»"“”„?!5 \n', "\n\n", ", ", ". ", ": ", "😀", "\u00a0", "\r\n", "\u2028", "e\u0301"]
WORDS = ["Kari Nes", "Nes", "han", "hun", "sier", "la", "til", "ifølge", "heter det i", "jeg"]
MORE = ["ordføreren", "kaller", "og", "som", "at", "er", "spørsmålet", "det", "dette", "Per"]
PIECES = st.sampled_from([*MARKS, *WORDS, *MORE])
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=80).map("".join))


@st.composite
def entities_of(draw: st.DrawFn, text: str) -> list[Entity]:
    """Any entities over a text, right or wrong."""
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(1, 12)), max_size=4))
    labels = st.sampled_from(["PER", "ORG", "GPE_LOC"])
    return [
        Entity(text[start : start + size], draw(labels), start, start + size, draw(st.text("Ka s")))
        for start, size in spans
        if text[start : start + size].strip()
    ]


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(["nb", "nn"]), st.data())
def test_quotes_are_valid_ordered_and_apart(text: str, language: str, data: st.DataObject) -> None:
    entities = data.draw(entities_of(text))
    quotes = find(text, language, entities=entities)
    end = 0
    for quote in quotes:
        assert quote.text == text[quote.start : quote.end]
        assert quote.text.strip()
        assert quote.start >= end
        end = quote.end
        if quote.mention_start is not None:
            assert quote.speaker_mention is not None
            assert text.startswith(quote.speaker_mention, quote.mention_start)
    assert quotes == find(text, language, entities=entities)


@pytest.mark.parametrize(
    "piece",
    ["- ", "–", "-\n", "- Hei.\n", "- Hei?\n", '"', "«", "«a» ", '"hei du" ', "«Hei på deg, du»\n",
     "\n", "A: - B. ", ", sier ", ", sier Kari Nes", "Kari ", "Per sier: ", "ifølge ", "Han sa «",
     "... ", ":", " ", "- Vi ser. Du går. ",
     "- Et utrop\n– Det var et utrop av glede, sier Kari Nes.\n",
     "'a ", "‘", "s' a 'b ", "»a« ", "« ",
     "-- ", "― Hei!\nHun smiler.\n", "– Hei du.\n", "– Hei, sier Kari Nes.\n– Hå.\n",
     "Kari skrev brev. ",
     "Da han kom, sa mor det ", "i Lillevik Kari Nes ", "sier Nes bestemt ", "leder og daglig ",
     "– Hei, sier Nes, og vi ", "– A.\nB, sier Kari Nes.\n"],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        find(text)
        return time.process_time() - start

    find("Hei.")
    # 8 times the text: quadratic work would take 64 times as long, whenever it is measured.
    # Neighbours on the machine disturb a measurement, but not three.
    for _ in range(3):
        small, large = min(seconds(4_000) for _ in range(2)), seconds(32_000)
        if large < max(24 * small, 0.15):
            break
    assert large < max(24 * small, 0.15)


# The development set


def _overlap(gold: dict[str, int], quote: Quote) -> float:
    shared = min(gold["end"], quote.end) - max(gold["start"], quote.start)
    return max(shared, 0) / max(gold["end"] - gold["start"], quote.end - quote.start)


@pytest.mark.skipif(not DEV.exists(), reason="needs ../shared/quotes/dev.jsonl")
def test_quality_floor_on_the_development_set() -> None:
    """Pins what docs/quotes.md says, a little below. The exact scorer is score_quotes.py there."""
    hits = right = predicted = expected = 0
    for line in DEV.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        gold = [quote for quote in document["quotes"] if not quote["is_heading"]]
        ignored = document.get("ignore", [])
        quotes = [
            quote
            for quote in find(document["text"], document["language"])
            if not quote.is_heading and not any(_overlap(i, quote) > 0.5 for i in ignored)
        ]
        predicted += len(quotes)
        expected += len(gold)
        for target in gold:
            match = next((quote for quote in quotes if _overlap(target, quote) >= 0.8), None)
            if match is not None:
                hits += 1
                right += target["speaker"] == match.speaker
    precision, recall = hits / predicted, hits / expected
    assert 2 * precision * recall / (precision + recall) >= 0.93
    assert right / hits >= 0.85


# Segments and roles


def test_an_interrupted_quote_has_its_spoken_pieces() -> None:
    text = "– Vi er klare, sier Kari Nes, men bilen er ikke pakket."
    (quote,) = find(text)
    pieces = [text[piece.start : piece.end] for piece in quote.segments]
    assert pieces == ["Vi er klare", "men bilen er ikke pakket."]
    assert find("– Vi er klare, sier Kari Nes.")[0].segments == ()


def test_segments_are_plain_objects_in_json() -> None:
    (quote,) = find("– Dette, mener hun, er uholdbart, sier Kari Nes.")
    assert json.loads(json.dumps(asdict(quote)))["segments"] == [
        {"start": 2, "end": 7},
        {"start": 20, "end": 32},
    ]


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


# People without a name, groups, names that go wrong


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


# Turns without a clause where a line is a sentence


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


def test_marks_around_nothing_are_no_quote() -> None:
    assert not find('-" "', "nb")
