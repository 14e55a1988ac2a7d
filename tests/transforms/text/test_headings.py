"""Headings of plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.text.headings import find_headings
from tests.support.workplace import ROOT

SEEDS = ROOT / "seeds"
PARAGRAPH = "Stortinget behandlet saken i går, og debatten varte til langt på natt."


def headings(text: str) -> list[str]:
    return [heading.text for heading in find_headings(text)]


def test_a_short_line_before_a_paragraph_is_a_heading() -> None:
    assert headings(f"{PARAGRAPH}\nLang debatt\n{PARAGRAPH}") == ["Lang debatt"]
    assert headings(f"{PARAGRAPH}\n\nLang debatt\n\n{PARAGRAPH}") == ["Lang debatt"]


def test_headings_may_follow_one_another() -> None:
    assert headings(f"Lang debatt\n– Helt urimelig\n{PARAGRAPH}") == [
        "Lang debatt",
        "– Helt urimelig",
    ]


@pytest.mark.parametrize(
    "line",
    [
        PARAGRAPH,
        "Slik gikk det:",
        "Kom i gang!",
        "OSLO (NTB)",
        "12. mai 2024",
        "Oppdatert 12. mai kl. 10.45",
        "og slik fortsatte det",
        "– Vi er klare.",
        "«Vi er klare.»",
        "***",
    ],
)
def test_other_lines_are_no_headings(line: str) -> None:
    assert headings(f"{PARAGRAPH}\n{line}\n{PARAGRAPH}") == []


def test_lists_are_no_headings() -> None:
    listed = "\n".join(["- To egg", "- Litt melk", "- En klype salt"])
    assert headings(f"{PARAGRAPH}\n{listed}\n{PARAGRAPH}") == []
    listed = "\n".join(["Egg", "Melk", "Salt", "Smør", "Sukker"])
    assert headings(f"{PARAGRAPH}\n{listed}\n{PARAGRAPH}") == []


def test_the_last_line_is_no_heading() -> None:
    assert headings(f"{PARAGRAPH}\nKari Nes, Lillevik") == []


def test_the_cleaned_seeds() -> None:
    teasers = ("Påstått sabotasje", "Angriper Russland", "Kommenterer syk", "Rapport med varsko")
    text = (SEEDS / "000_417ea550213c305f.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if not line.startswith(teasers)]
    assert headings("\n".join(lines)) == [
        "- Tror Putin er rasende",
        "Ekspert: - Gjennomtenkt",
        "Ba om hjelp i fjor",
    ]
    text = (SEEDS / "002_280d5b0759e2e5e9.txt").read_text(encoding="utf-8")
    lines = [
        line
        for line in text.split("\n")[1:]
        if "Foto:" not in line and not line.startswith(("Artikkelen fortsetter", "Video:"))
    ]
    assert headings("\n".join(lines)) == []


@given(st.one_of(st.text(), st.text(alphabet="-–A a.\n:1«» ", max_size=300)))
def test_offsets_hold(text: str) -> None:
    end = 0
    for heading in find_headings(text):
        assert heading.text == text[heading.start : heading.end] != ""
        assert heading.start >= end
        end = heading.end
