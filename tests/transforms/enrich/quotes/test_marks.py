"""Pairs of quotation marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.enrich.quotes.marks import MAX_QUOTE_CHARS, find_marked


def spans(text: str) -> list[tuple[str, bool]]:
    return [(text[span.start : span.end], span.closed) for span in find_marked(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Han sa «hei» og «hopp».", [("hei", True), ("hopp", True)]),
        ("«Jeg sa «hei» til ham»", [("Jeg sa «hei» til ham", True)]),
        ('Han sa "hei" og "hopp".', [("hei", True), ("hopp", True)]),
        ("“hei” og „hopp“ og „hopp” og ”hei”",
         [("hei", True), ("hopp", True), ("hopp", True), ("hei", True)]),
        ("«To\nlinjer»", [("To\nlinjer", True)]),
        ("«Et avsnitt\n\net annet»", [("", False)]),
        ('Et rør på 5" og en "ring"', [("ring", True)]),
        ('Et "åpent merke\nog "et til"', [("", False), ("et til", True)]),
        ("«" + "a" * (MAX_QUOTE_CHARS + 1) + "»", [("", False)]),
        ("»", []),
    ],
)  # fmt: skip
def test_pairs(text: str, expected: list[tuple[str, bool]]) -> None:
    assert spans(text) == expected


@given(st.text(alphabet='«»“”„" \na', max_size=200))
def test_stretches_are_ordered_and_apart(text: str) -> None:
    end = 0
    for span in find_marked(text):
        assert end <= span.start - 1
        assert span.start <= span.end <= len(text)
        end = span.end


def test_straight_marks_cross_a_line_to_a_partner_that_closes() -> None:
    text = 'Hun sa at "veien er lang.\nTuren er tung."'
    (span,) = find_marked(text)
    assert (text[span.start : span.end], span.closed) == ("veien er lang.\nTuren er tung.", True)
    opened = find_marked('Han sa "nei.\n- Ja, sa "Nes" da.')
    assert [span.closed for span in opened] == [False, True]


@pytest.mark.parametrize(
    "said",
    [
        'Jeg ringte ham.\nJeg spurte: "Gjorde du det?"\nHan sa ja.',
        'Så sa de "det var ikke meg.\nDet var ikke meg."\nHusk svaret – "nei?\nNei, nei."\nHør nå.',
    ],
)
@pytest.mark.parametrize("mark", ['"', "”"])
def test_straight_marks_cross_lines_with_pairs_of_their_own(said: str, mark: str) -> None:
    text = f'"{said}"\nDet var alt.\n"Ja", sa Moe.'.replace('"', mark)
    first, second = find_marked(text)
    assert (text[first.start : first.end], first.closed) == (said.replace('"', mark), True)
    assert text[second.start : second.end] == "Ja"


def test_a_straight_mark_stands_in_for_a_lost_guillemet() -> None:
    text = 'Hun skrev: «Vi er klare." Så gikk hun.'
    (span,) = find_marked(text)
    assert text[span.start : span.end] == "Vi er klare."
    nested = '«Han sa "nei" i går», sa hun.'
    assert nested[slice(*find_marked(nested)[0][:2])] == 'Han sa "nei" i går'
