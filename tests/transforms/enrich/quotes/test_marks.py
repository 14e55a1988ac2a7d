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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A mark between words that no space parts from the word before it opens nothing.
        ("et» stort navn« kom. »Ja,« sagde hun.", ["Ja,"]),
        # Behind a mark or a space a guillemet closes, if no word follows it.
        ('»Han er imod "krig"«, säger Moe. »Nej.«', ['Han er imod "krig"', "Nej."]),
        ("»En film. «\nMoe sa: »Ja.«", ["En film. ", "Ja."]),
        # What stands behind a mark that never closes is read by itself.
        ("»En plan.\nMoe sa: »To «store» planer.« Så »tre«.", ["", "To «store» planer.", "tre"]),
        ("«En plan.\nMoe sa: «To planer.»\n«Nei», sa hun.", ["", "To planer.", "Nei"]),
    ],
)
def test_odd_guillemets_do_not_turn_others_inside_out(text: str, expected: list[str]) -> None:
    assert [words for words, _ in spans(text)] == expected


@pytest.mark.parametrize("marks", ['"”', '”"', "““", '“"', '«"', '»"'])
def test_one_mark_stands_in_for_another(marks: str) -> None:
    opening, closing = marks
    text = f"{opening}Vi er klare{closing}, sa Moe. {opening}Ja{closing}"
    assert spans(text) == [("Vi er klare", True), ("Ja", True)]


@pytest.mark.parametrize("marks", ['""', "””", '"”', '”"', "“”", "„“", "«»", "»«"])
def test_marks_cross_lines_where_each_is_a_sentence(marks: str) -> None:
    opening, closing = marks
    text = f"Moe sier: {opening}Vi er klare.\nVi går nå.{closing}\nHun går."
    assert spans(text) == [("Vi er klare.\nVi går nå.", True)]
    nested = f"{opening}Vi er {opening}klare{closing}{closing}, sa Moe."
    assert spans(nested) == [(f"Vi er {opening}klare{closing}", True)]
    lost = f"{opening}Vi er klare.\n{opening}Vi går nå{closing}, sa Moe."
    assert spans(lost) == [("", False), ("Vi går nå", True)]
