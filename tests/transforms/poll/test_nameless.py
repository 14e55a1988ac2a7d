"""Entries that no address tells apart, and ids that tell nothing: polls against a made-up lake."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.lake.feed_state import FeedState, SeenEntry, hash_entry_id
from newsbeam.transforms.poll.decide import FreshEntry
from newsbeam.transforms.poll.documents import document_of
from newsbeam.transforms.poll.leads import PolledFeed
from newsbeam.transforms.poll.nameless import OtherFeeds
from newsbeam.transforms.poll.wanted import choose_wanted
from newsbeam.transforms.records import Entry, PageRequest
from newsbeam.transforms.text.identity import article_id, read_wording
from tests.support.polled_site import NOON, RULES, TITLES, Site, make_entry


def text_of(number: int, more: str = "") -> str:
    """A text like no other story's."""
    return f"<p>{' '.join(f'ord{number}x{n}' for n in range(60))}{more}</p>"


def tell(guid: str, number: int, more: str = "", *, url: str | None = None) -> Entry:
    # Headlines of different stories may have half of their words in common.
    return make_entry(guid, url, f"{TITLES[number % 8]} {number}", content=text_of(number, more))


@pytest.mark.parametrize("url", [None, "/presse"])
@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(3, 6), st.data())
def test_ids_that_count_positions_make_no_story_another_ones_revision(
    url: str | None, steps: list[int], size: int, data: st.DataObject
) -> None:
    site, first = Site(full_text="feed"), 0
    for step in [0, *steps]:
        first += step
        stories = range(first, first + size)
        site.poll(*(tell(f"{at}", n, url=url) for at, n in enumerate(reversed(stories))))
        if url is None and data.draw(st.booleans()):
            site.lose_polls()
    assert site.revisions == [1] * (first + size)
    assert {row.text for row in site.rows} == {text_of(n) for n in range(first + size)}


def test_an_id_that_is_given_to_the_next_story_makes_another_article() -> None:
    site = Site(full_text="feed")
    for number in range(3):
        site.poll(tell("1", number))
    assert site.revisions == [1, 1, 1]


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("title", [TITLES[0], "Taket på skolen er lekk", "Noe annet skjedde"])
def test_an_edited_entry_is_the_article_that_it_was(is_lost: bool, title: str) -> None:
    site = Site(full_text="feed")
    site.poll(make_entry("n", None, TITLES[0], content=text_of(0)))
    if is_lost:
        site.lose_polls()
    edited = make_entry("n", None, title, content=text_of(0, " Slik endte det."))
    site.poll(edited)
    assert site.revisions == [2]
    assert site.poll(edited) == []


def test_an_entry_that_is_moved_on_and_edited_at_once_is_the_article_that_it_was() -> None:
    site = Site(full_text="feed")
    site.poll(tell("1", 0), tell("2", 1))
    site.poll(tell("1", 2), tell("2", 0, " Slik endte det."), tell("3", 1))
    assert sorted(site.revisions) == [1, 1, 2]


def test_a_short_note_that_is_written_anew_under_its_headline_stays_one() -> None:
    site = Site(full_text="feed")
    for text in ("<p>Brua er stengt.</p>", "<p>Politiet melder at den er åpen.</p>"):
        site.poll(make_entry("n", None, "Brua i Nes", content=text))
    assert site.revisions == [2]


def test_entries_that_swap_their_ids_are_known() -> None:
    site = Site(full_text="feed")
    site.poll(tell("a", 0), tell("b", 1))
    assert site.poll(tell("b", 0), tell("a", 1)) == []
    assert site.revisions == [1, 1]


def test_ids_that_are_new_with_every_poll_are_known_by_what_they_say() -> None:
    site = Site(full_text="feed")
    for turn in range(3):
        asked = site.poll(*(tell(f"{turn}-{n}", n) for n in range(3)))
        assert len(asked) == (0 if turn else 3)


def test_a_note_that_stays_is_not_what_another_one_says() -> None:
    site = Site(full_text="feed")
    site.poll(tell("a", 0))
    asked = site.poll(tell("a", 0), tell("b", 0))
    assert len(asked) == 1
    site.poll(tell("a", 0), tell("b", 1))
    assert {row.text for row in site.rows} == {text_of(0), text_of(1)}


def test_of_an_older_lake_an_id_is_believed_unless_it_counts_positions() -> None:
    site = Site(full_text="feed")
    site.poll(tell("1", 0), tell("2", 1))
    site.rows = [replace(row, sketch=None) for row in site.rows]
    site.poll(make_entry("1", None, "Helt ny tittel", content=text_of(7)), tell("2", 1))
    assert site.revisions == [2, 1]
    site = Site(full_text="feed")
    site.poll(tell("1", 0), tell("2", 1))
    site.rows = [replace(row, sketch=None) for row in site.rows]
    site.poll(tell("1", 5), tell("2", 0))
    assert site.revisions == [1, 1, 1]


def test_what_another_feed_of_the_source_told_is_the_article_that_it_was() -> None:
    entry, site = tell("new", 0), Site(full_text="feed")
    site.poll(tell("old", 0))
    document = site.rows[0].document_id
    before = FeedState("avis", "old feed", "u", "u", NOON, "parsed",
                       seen={hash_entry_id("old"): SeenEntry(entry.digest, document)})  # fmt: skip
    site.poll(make_entry("x", "/x", TITLES[1]))  # so that there is a state
    assert site.state is not None
    state = replace(site.state, feed="new feed", seen={}, pending=(), new=1, known=0, entries=1)
    polled = PolledFeed(state, (FreshEntry(entry),), full_text="feed")
    (draft,) = choose_wanted([polled], RULES, site, NOON, others=[before])
    assert draft.requests == ()
    assert [seen.document_id for seen in draft.state.seen.values()] == [document]
    assert OtherFeeds([before]).find(read_wording(entry.digest), "old feed") is None


def test_documents_of_entries_without_an_address_go_by_their_ids() -> None:
    entry = tell("a", 0)
    request = PageRequest("avis", "f", entry)
    assert document_of(request, RULES) == article_id("avis", "f\x1fa")
    part = replace(request, entry=replace(entry, part="b"))
    assert document_of(part, RULES) == article_id("avis", "f\x1fb")
