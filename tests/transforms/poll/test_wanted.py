"""Which entries of polled feeds are wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsbeam.transforms.lake.feed_state import FeedState, PendingPage, SeenEntry, hash_entry_id
from newsbeam.transforms.poll.decide import FreshEntry
from newsbeam.transforms.poll.documents import entry_key
from newsbeam.transforms.poll.leads import PolledFeed
from newsbeam.transforms.poll.wanted import (
    Draft,
    PageOutcome,
    choose_wanted,
    finish_poll,
    judge_fault,
)
from newsbeam.transforms.records import Entry, FetchFault, Metadata, PageRequest
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.identity import article_id
from tests.support.known_pages import KnownPages, store_page

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = UrlSettings()
BASE = "https://avis.example"


class Documents(KnownPages):
    """What the lake knows."""

    def add(self, path: str, at: datetime, title: str | None = None) -> str:
        document = document_id(path)
        told = {"feed": "f", "title": title, "url": f"{BASE}{path}"}
        self.rows.append(store_page(document, document, at, **told))
        return document


def document_id(path: str) -> str:
    return article_id("avis", f"{BASE}{path}")


def entry(path: str, said: str = "a", modified_at: datetime | None = None) -> Entry:
    return Entry(f"id of {path}", f"{BASE}{path}", said * 16, Metadata(modified_at=modified_at))


def poll(
    *fresh: FreshEntry, feed: str = "f", before: datetime | None = None, pending: tuple = ()
) -> PolledFeed:  # type: ignore[type-arg]
    state = FeedState("avis", feed, feed, feed, NOW, "parsed", entries=len(fresh), pending=pending)
    return PolledFeed(state, fresh, before)


def choose(*polled: PolledFeed, lake: Documents | None = None, **given: object) -> list[Draft]:
    return choose_wanted(polled, RULES, Documents() if lake is None else lake, NOW, **given)  # type: ignore[arg-type]


def wanted(draft: Draft) -> list[str]:
    return [(request.entry.url or "").removeprefix(BASE) for request in draft.requests]


def test_what_the_lake_does_not_hold_is_wanted() -> None:
    lake = Documents()
    known = lake.add("/a", NOW - HOUR)
    (draft,) = choose(poll(FreshEntry(entry("/a")), FreshEntry(entry("/b"))), lake=lake)
    assert wanted(draft) == ["/b"]
    assert draft.known == 1
    assert draft.state.seen == {hash_entry_id("id of /a"): SeenEntry("a" * 16, known)}


def test_a_known_article_is_wanted_again_when_the_feed_says_it_changed_since() -> None:
    lake = Documents()
    lake.add("/a", NOW - HOUR)
    (older,) = choose(poll(FreshEntry(entry("/a", modified_at=NOW - 2 * HOUR))), lake=lake)
    assert wanted(older) == []
    (newer,) = choose(poll(FreshEntry(entry("/a", modified_at=NOW))), lake=lake)
    assert wanted(newer) == ["/a"]


@pytest.mark.parametrize(
    ("title", "content", "feed", "is_wanted"),
    [
        ("Kaia stenger", None, "f", False),
        ("Kaia stenger likevel ikke", None, "f", True),
        ("Kaia stenger likevel ikke", None, "another", True),
        ("Kaia stenger likevel ikke", None, None, False),  # from files
        (None, None, "f", False),
        # What the feed carries costs no request.
        (
            "Kaia stenger",
            "<p>Kommunen stenger kaia i vinter fordi isen tok den.</p>" * 40,
            "f",
            True,
        ),
        (
            "Kaia stenger",
            "<p>Kommunen stenger kaia i vinter fordi isen tok den.</p>" * 40,
            "g",
            False,
        ),
    ],
)
def test_an_entry_that_no_feed_remembers_is_looked_at_where_it_may_tell_a_change(
    title: str | None, content: str | None, feed: str | None, is_wanted: bool
) -> None:
    lake = Documents()
    lake.add("/a", NOW - HOUR, "Kaia stenger")
    lake.rows = [replace(row, feed=feed) for row in lake.rows]
    told = replace(entry("/a"), metadata=Metadata(title=title), content=content)
    (draft,) = choose(poll(FreshEntry(told)), lake=lake)
    assert bool(draft.requests) == is_wanted
    (draft,) = choose(poll(FreshEntry(replace(told, metadata=Metadata()))), lake=Documents())
    assert draft.requests[0].known_title is None


def test_entries_that_nothing_is_asked_for_are_counted_as_known() -> None:
    lake = Documents()
    lake.add("/a", NOW - HOUR)
    polled = poll(FreshEntry(entry("/a")), FreshEntry(entry("/b")), FreshEntry(entry("/b/")))
    polled = replace(polled, state=replace(polled.state, new=3))
    (draft,) = choose(polled, lake=lake)
    assert (draft.state.new, draft.state.known) == (1, 2)


def test_an_entry_that_tells_something_new_is_wanted_unless_another_feed_brought_it() -> None:
    lake = Documents()
    document = lake.add("/a", NOW - HOUR)
    changed = FreshEntry(
        entry("/a", "x", modified_at=NOW - 2 * HOUR), SeenEntry("a" * 16, document)
    )
    (draft,) = choose(poll(changed, before=NOW - HOUR / 2), lake=lake)
    assert wanted(draft) == ["/a"]
    # The lake has it from after our last poll and after the change: another feed's doing.
    (draft,) = choose(poll(changed, before=NOW - 3 * HOUR), lake=lake)
    assert wanted(draft) == []


def test_an_article_that_two_feeds_carry_is_asked_for_once() -> None:
    one, two = choose(
        poll(FreshEntry(entry("/a?utm_source=one"))),
        poll(FreshEntry(entry("/a?utm_source=two")), feed="g"),
    )
    assert wanted(one) == ["/a?utm_source=one"]
    assert wanted(two) == []
    assert set(two.state.seen) == {hash_entry_id("id of /a?utm_source=two")}


def test_a_page_that_waits_in_another_feed_is_not_asked_for() -> None:
    waiting = PageRequest("avis", "g", entry("/a"))
    (draft,) = choose(poll(FreshEntry(entry("/a"))), waiting=[waiting])
    assert wanted(draft) == []


def test_a_page_that_moved_while_its_guid_stayed_is_the_same_document() -> None:
    lake = Documents()
    old = lake.add("/old", NOW - HOUR)
    moved = Entry("guid", f"{BASE}/new", "x" * 16)
    (draft,) = choose(poll(FreshEntry(moved, SeenEntry("a" * 16, old))), lake=lake)
    assert [request.known_as for request in draft.requests] == [old]
    # If nothing came of the old address, there is nothing to be the same as.
    (draft,) = choose(poll(FreshEntry(moved, SeenEntry("a" * 16, "f" * 32))), lake=lake)
    assert [request.known_as for request in draft.requests] == [None]


def test_pages_are_tried_again_when_their_time_has_come() -> None:
    due, later = (
        PendingPage(PageRequest("avis", "f", entry("/due"), tries=1), NOW),
        PendingPage(PageRequest("avis", "f", entry("/later"), tries=1), NOW + HOUR),
    )
    (draft,) = choose(poll(pending=(due, later)))
    assert draft.requests == (due.request,)
    assert draft.state.pending == (later,)


def test_a_limit_leaves_the_rest_for_the_next_run() -> None:
    fresh = [FreshEntry(entry(f"/{n}")) for n in range(5)]
    (draft,) = choose(poll(*fresh), limit=2)
    assert wanted(draft) == ["/0", "/1"]
    assert not draft.state.seen
    assert (draft.state.etag, draft.state.body_hash) == (None, None)


@pytest.mark.parametrize(
    ("reason", "is_temporary", "tries", "again"),
    [
        ("timeout", True, 0, True),
        ("timeout", True, 4, True),
        ("timeout", True, 5, False),
        ("not_found", False, 0, False),
    ],
)
def test_what_may_pass_is_tried_again(
    reason: str, is_temporary: bool, tries: int, again: bool
) -> None:
    request = PageRequest("avis", "f", entry("/a"), tries)
    outcome = judge_fault(request, FetchFault(reason, "", is_temporary, "x.example"), NOW, 5)
    assert outcome.is_failure
    assert (outcome.pending is not None) == again
    if outcome.pending is not None:
        assert outcome.pending.request.tries == tries + 1
        assert outcome.pending.retry_at > NOW


def test_a_page_that_did_not_get_its_turn_loses_no_try() -> None:
    request = PageRequest("avis", "f", entry("/a"), 3)
    fault = FetchFault("asked_to_wait", "", True, "avis.example", retry_at=NOW + HOUR)
    outcome = judge_fault(request, fault, NOW, 0)
    assert outcome.pending == PendingPage(request, NOW + HOUR)
    assert not outcome.is_failure
    assert outcome.blocked == ("avis.example", NOW + HOUR)


def test_the_state_after_the_pages_were_fetched() -> None:
    (draft,) = choose(poll(*(FreshEntry(entry(path)) for path in ("/a", "/b", "/c"))))
    again = PendingPage(replace(draft.requests[1], tries=1), NOW + HOUR)
    state = finish_poll(
        draft,
        [
            PageOutcome("avis", "f", "id of /b", again, ("avis.example", NOW + HOUR)),
            PageOutcome("avis", "f", "id of /c"),
        ],
        RULES,
    )
    assert set(state.seen) == {hash_entry_id("id of /a"), hash_entry_id("id of /c")}
    assert state.pending == (again,)
    assert state.failed_pages == 2
    assert state.blocked == {"avis.example": NOW + HOUR}
    assert state.knows_more


def test_an_entry_without_address_is_known_by_its_feed_and_id() -> None:
    nameless = Entry("guid", None, "a" * 16)
    assert entry_key(nameless, "f", RULES) != entry_key(nameless, "g", RULES)
    rules = UrlSettings(drop_parameters=("ref",), keep_parameters=("utm_id",))
    url = f"{BASE}/a?ref=1&utm_id=2&utm_source=x"
    assert entry_key(Entry("guid", url, ""), "f", rules) == f"{BASE}/a?utm_id=2"
