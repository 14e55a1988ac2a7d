"""Quotes as a whole: the seeds, what holds of any text, the quality on development data."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.records import Entity, Heading, Quote
from tests.support.quoted import find
from tests.support.thinned import every_nth
from tests.support.workplace import ROOT, SHARED

DEV = SHARED / "quotes" / "dev.jsonl"


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


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    every_nth(4, [
     "- ", "–", "-\n", "- Hei.\n", "- Hei?\n", '"', "«", "«a» ", '"hei du" ', "«Hei på deg, du»\n",
     "\n", "A: - B. ", ", sier ", ", sier Kari Nes", "Kari ", "Per sier: ", "ifølge ", "Han sa «",
     "... ", ":", " ", "- Vi ser. Du går. ",
     "- Et utrop\n– Det var et utrop av glede, sier Kari Nes.\n",
     "'a ", "‘", "s' a 'b ", "»a« ", "« ",
     "-- ", "― Hei!\nHun smiler.\n", "– Hei du.\n", "– Hei, sier Kari Nes.\n– Hå.\n",
     "Kari skrev brev. ",
     "Da han kom, sa mor det ", "i Lillevik Kari Nes ", "sier Nes bestemt ", "leder og daglig ",
     "– Hei, sier Nes, og vi ", "– A.\nB, sier Kari Nes.\n"]),
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
