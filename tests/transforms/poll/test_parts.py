"""Which entries of an address are articles of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.poll.parts import carries_article, mark_parts
from newsbeam.transforms.records import Entry, FullText, Metadata
from newsbeam.transforms.settings.source import UrlSettings

RULES = UrlSettings()
BASE = "https://avis.example"
# Three paragraphs and more than a thousand characters.
WHOLE = f"<p>{'</p><p>'.join(['Om saken som alle snakker om i bygda denne uken. ' * 8] * 3)}</p>"


def note(number: int, path: str = "/presse", content: str | None = None) -> Entry:
    told = Metadata(title=f"Melding {number}", lead=f"Kort sagt om {number} og litt til.")
    return Entry(f"pm-{number}", f"{BASE}{path}", "0" * 26, told, content)


def whole(number: int, path: str = "/presse") -> Entry:
    return note(number, path, f"<p>Sak nummer {number}.</p>{WHOLE}")


def mark(*entries: Entry, full_text: FullText = "auto") -> list[str | None]:
    return [entry.part for entry in mark_parts(entries, full_text, RULES)]


OTHER = note(9, "/sak/9")


@pytest.mark.parametrize(
    ("full_text", "entries", "parts"),
    [
        ("feed", [note(1), note(2), OTHER], ["pm-1", "pm-2", None]),
        ("feed", [note(1, "/direkte#a"), note(2, "/direkte#b")], ["pm-1", "pm-2"]),
        ("auto", [whole(1), whole(2), OTHER], ["pm-1", "pm-2", None]),
        ("auto", [whole(1, "/direkte#a"), whole(2, "/direkte#b")], ["pm-1", "pm-2"]),
        # A list: the address of many, of all, or a front page.
        ("auto", [note(1), note(2), note(3), OTHER], ["pm-1", "pm-2", "pm-3", None]),
        ("auto", [note(1), note(2)], ["pm-1", "pm-2"]),
        ("auto", [note(1, "/"), note(2, "/"), OTHER], ["pm-1", "pm-2", None]),
        # The page tells more: one article in two boxes, posts of a live page.
        ("auto", [note(1), note(2), OTHER], [None, None, None]),
        ("auto", [note(n, f"/direkte#p{n}") for n in range(4)], [None] * 4),
        ("page", [whole(1), whole(2), whole(3)], [None] * 3),
        ("feed", [note(1), note(2, "/sak/2")], [None, None]),
        # One story twice, with a tracker or another GUID.
        ("feed", [note(1), replace(note(1, "/presse?utm_source=x"), id="b")], [None, None]),
        ("feed", [note(1), replace(note(1), id="b"), note(2)], ["pm-1", "pm-1", "pm-2"]),
    ],
)
def test_parts(full_text: FullText, entries: list[Entry], parts: list[str | None]) -> None:
    assert mark(*entries, full_text=full_text) == parts


def test_one_title_with_another_text_is_another_story() -> None:
    told = Metadata(title="Pressemelding", lead="Kaia skal males gul og blå i sommer.")
    other = replace(told, lead="Ny rektor begynner etter jul ved skolen.")
    notes = [Entry(name, f"{BASE}/presse", "", text) for name, text in (("a", told), ("b", other))]
    assert mark(*notes, full_text="feed") == ["a", "b"]


def test_texts_that_are_alike_are_several_stories_of_the_feed_and_one_live_page() -> None:
    text = (
        "Gult nivå for {}: Det ventes kuling fra nordvest natt til torsdag. Sikre alt som er løst."
    )
    notes = [
        Entry(place, f"{BASE}/varsel", "", Metadata(title="Farevarsel", lead=text.format(place)))
        for place in ("Nes", "Moen", "Vik")
    ]
    assert mark(*notes, full_text="feed") == ["Nes", "Moen", "Vik"]
    assert mark(*notes) == [None] * 3


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["/a", "/b", "/a#x"])), max_size=8))
def test_no_story_of_a_feed_shares_its_part_with_another(told: list[tuple[int, str]]) -> None:
    entries = [replace(note(n, path), id=f"{n}{path}{i}") for i, (n, path) in enumerate(told)]
    marked = mark_parts(entries, "feed", RULES)
    assert [replace(entry, part=None) for entry in marked] == entries
    for one in marked:
        for other in marked:
            if one.part is not None and one.part == other.part:
                assert one.metadata == other.metadata


@pytest.mark.parametrize(
    ("full_text", "entry", "expected"),
    [
        ("feed", note(1), True),
        ("feed", replace(note(1), metadata=Metadata(title="Bare tittel")), False),
        ("auto", note(1), False),
        ("auto", whole(1), True),
        ("page", whole(1), False),
    ],
)
def test_whether_the_feed_has_the_article(
    full_text: FullText, entry: Entry, expected: bool
) -> None:
    assert carries_article(entry, full_text) == expected
