"""What a poll means: the state after it, and which entries are fresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from newsbeam.transforms.lake.feed_state import (
    FeedState,
    PendingPage,
    SeenEntry,
    hash_entry_id,
    make_poll_row,
    read_poll_row,
)
from newsbeam.transforms.lake.schema import FEED_POLLS
from newsbeam.transforms.poll.decide import (
    Feed,
    FreshEntry,
    choose_address,
    decide_failure,
    decide_parsed,
    decide_unchanged,
    due_at,
    hash_body,
    wants_validators,
)
from newsbeam.transforms.poll.documents import document_of
from newsbeam.transforms.records import (
    Entry,
    FetchFault,
    Metadata,
    PageRequest,
    ParsedFeed,
    Response,
)
from newsbeam.transforms.settings.source import PollSettings, UrlSettings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://avis.example/rss"
FEED = Feed("avis", URL, URL, "auto", None, PollSettings(jitter=0.0))
RNG = Random(0)
RULES = UrlSettings()


def entry(name: str, said: str = "a") -> Entry:
    url = f"https://avis.example/{name}"
    return Entry(name, url, said * 16, Metadata(published_at=NOW - HOUR))


def answer(status: int = 200, moved_to: str | None = None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(URL, status, named, b"<rss/>", NOW, moved_to)


def parse(
    before: FeedState | None, *entries: Entry, now: datetime = NOW, **given: Any
) -> tuple[FeedState, list[FreshEntry]]:
    response = given.pop("response", answer(etag='"1"', last_modified="yesterday"))
    plainly = given.pop("asked_plainly", True)
    parsed = ParsedFeed("rss", "Avis", "nb", entries, **given)
    return decide_parsed(
        FEED, before, response, parsed, now, RNG, asked_plainly=plainly, rules=RULES
    )


def deal_with(state: FeedState, *entries: Entry) -> FeedState:
    seen = {hash_entry_id(e.id): SeenEntry(e.digest, f"document of {e.id}") for e in entries}
    return replace(state, seen={**state.seen, **seen})


def test_a_first_poll_finds_all_entries_new() -> None:
    state, fresh = parse(None, entry("a"), entry("b"))
    assert [item.entry.id for item in fresh] == ["a", "b"]
    assert all(item.before is None for item in fresh)
    assert (state.outcome, state.entries, state.new, state.changed) == ("parsed", 2, 2, 0)
    assert (state.etag, state.last_modified) == ('"1"', "yesterday")
    assert state.body_hash == hash_body(b"<rss/>")
    assert state.latest_entry_at == NOW - HOUR
    assert not state.seen  # nothing is dealt with yet


def test_only_what_is_new_or_told_differently_is_fresh() -> None:
    before = deal_with(parse(None, entry("a"), entry("b"))[0], entry("a"), entry("b"))
    state, fresh = parse(before, entry("a"), entry("b", "x"), entry("c"))
    assert [item.entry.id for item in fresh] == ["b", "c"]
    assert fresh[0].before == SeenEntry("a" * 16, "document of b")
    assert (state.new, state.changed) == (1, 1)
    assert set(state.seen) == {hash_entry_id("a")}


def test_an_entry_that_waits_for_its_page_is_not_fresh_but_brought_up_to_date() -> None:
    request = PageRequest("avis", URL, entry("a"), tries=2)
    before = replace(parse(None)[0], pending=(PendingPage(request, NOW + HOUR),))
    state, fresh = parse(before, entry("a", "x"))
    assert not fresh
    (page,) = state.pending
    assert page == PendingPage(replace(request, entry=entry("a", "x")), NOW + HOUR)


@pytest.mark.parametrize(
    ("before", "now", "is_one"),
    [
        (("/skolen", "Skolen får nytt tak"), ("/nytt-tak", "Skolen får nytt tak likevel"), True),
        (("/a/skolen", "Skolen får nytt tak"), ("/b/skolen", "Taket er på"), True),
        (("/skolen", "Skolen får nytt tak"), ("/ferja", "Ferja innstilt hele uken"), False),
        (("/sak/1", "Ukas gjest"), ("/sak/2", "Ukas gjest"), False),
        (("/skolen", None), ("/ferja", None), False),
    ],
)
def test_a_waiting_page_stays_its_document_and_is_not_given_to_another_story(
    before: tuple[str, str], now: tuple[str, str], is_one: bool
) -> None:
    was, told = (
        Entry("g", f"https://avis.example{path}", title or path, Metadata(title=title))
        for path, title in (before, now)
    )
    request = PageRequest("avis", URL, was, tries=2)
    document = document_of(request, RULES)
    state, fresh = parse(replace(parse(None)[0], pending=(PendingPage(request, NOW + HOUR),)), told)
    (page,) = state.pending
    assert document_of(page.request, RULES) == document
    assert page.request.tries == 2
    assert page.request.entry.url == (told if is_one else was).url
    assert [item.entry for item in fresh] == ([] if is_one else [told])
    assert (state.waiting, state.new) == (int(is_one), int(not is_one))
    # Nobody takes one for the other: what becomes of pages is told by their entries' ids.
    assert is_one or page.request.entry.id != told.id


def test_not_modified_keeps_what_is_known() -> None:
    before = deal_with(parse(None, entry("a"))[0], entry("a"))
    later = NOW + HOUR
    state = decide_unchanged(
        FEED, before, answer(304), "not_modified", later, RNG, asked_plainly=False
    )
    assert (state.etag, state.last_modified, state.body_hash) == (
        before.etag,
        before.last_modified,
        before.body_hash,
    )
    assert state.seen == before.seen
    assert not state.knows_more
    assert state.validated_at == before.validated_at
    assert state.interval > before.interval  # type: ignore[operator]
    renewed = decide_unchanged(
        FEED, before, answer(304, etag='"2"'), "not_modified", later, RNG, asked_plainly=False
    )
    assert renewed.etag == '"2"'


def test_once_a_day_it_is_asked_without_validators() -> None:
    before, _ = parse(None, entry("a"))
    assert not wants_validators(FEED, None, URL, NOW)
    assert wants_validators(FEED, before, URL, NOW + 23 * HOUR)
    assert not wants_validators(FEED, before, URL, NOW + DAY)
    assert not wants_validators(FEED, before, "https://elsewhere.example/", NOW + HOUR)


def test_a_304_that_was_false_is_recorded() -> None:
    before = decide_unchanged(
        FEED, parse(None)[0], answer(304), "not_modified", NOW, RNG, asked_plainly=False
    )
    state, _ = parse(before, entry("a"), now=NOW + DAY)
    assert state.is_false_304
    honest, _ = parse(before, entry("a"), response=answer(etag='"2"'), now=NOW + DAY)
    assert not honest.is_false_304


def test_an_answer_without_validators_leaves_the_old_ones_good() -> None:
    before, _ = parse(None, entry("a"))
    state, _ = parse(before, entry("b"), response=answer(), now=NOW + HOUR)
    assert (state.etag, state.last_modified) == (before.etag, before.last_modified)
    state, _ = parse(state, entry("b"), response=answer(etag='"2"'), now=NOW + HOUR)
    assert (state.etag, state.last_modified) == ('"2"', None)


def test_half_a_feed_brings_its_entries_but_is_no_state_to_come_back_to() -> None:
    before = deal_with(parse(None, entry("a"))[0], entry("a"))
    cut, fresh = parse(
        before, entry("b"), response=answer(etag='"half"'), faults=(("truncated", ""),)
    )
    assert [item.entry.id for item in fresh] == ["b"]
    assert (cut.etag, cut.body_hash) == (before.etag, before.body_hash)
    assert set(cut.seen) == {hash_entry_id("a")}


def fault(status: int | None = 500, **given: Any) -> FetchFault:
    given = {"reason": "server_error", "is_temporary": True, **given}
    return FetchFault(detail="", domain="avis.example", status=status, **given)


def test_failures_slow_down_by_their_weight_and_success_forgets_them() -> None:
    good, _ = parse(None, entry("a"))
    soft = decide_failure(FEED, good, fault(), NOW, RNG)
    hard = decide_failure(FEED, good, fault(404, is_temporary=False), NOW, RNG)
    dns = decide_failure(FEED, good, fault(None, reason="dns_failed"), NOW, RNG)
    assert NOW < dns.next_poll_at < soft.next_poll_at < hard.next_poll_at  # type: ignore[operator]
    twice = decide_failure(FEED, soft, fault(), NOW, RNG)
    assert (twice.failures, twice.backoff) == (2, 1.0)
    assert twice.seen == good.seen
    assert twice.etag == good.etag
    again, _ = parse(twice, entry("a"))
    assert (again.failures, again.backoff, again.reason) == (0, 0.0, None)


def test_gone_is_never_asked_again_and_retry_after_is_obeyed() -> None:
    gone = decide_failure(FEED, None, fault(410, is_temporary=False), NOW, RNG)
    assert (gone.outcome, gone.next_poll_at) == ("gone", None)
    assert due_at(FEED, gone, NOW + 365 * DAY) is None
    until = NOW + 20 * HOUR
    asked = decide_failure(FEED, None, fault(429, retry_at=until), NOW, RNG)
    assert asked.next_poll_at == until
    assert asked.blocked == {"avis.example": until}
    later, _ = parse(asked, now=until + HOUR)
    assert not later.blocked


def test_a_feed_has_moved_after_three_permanent_redirects_in_a_row() -> None:
    new = "https://avis.example/feed"
    state: FeedState | None = None
    for _ in range(3):
        assert choose_address(FEED, state) == URL
        state, _ = parse(state, response=answer(moved_to=new))
    assert choose_address(FEED, state) == new
    assert state is not None
    assert wants_validators(FEED, state, new, NOW)  # it was the new address that gave them
    settled, _ = parse(state, response=replace(answer(), url=new))
    assert (settled.url, settled.moved_to, settled.moves) == (new, None, 0)
    assert choose_address(FEED, settled) == new
    # The config goes before what was learnt.
    assert choose_address(replace(FEED, url="https://avis.example/other"), settled).endswith(
        "other"
    )


def test_a_failure_or_another_target_starts_the_count_of_moves_again() -> None:
    state, _ = parse(None, response=answer(moved_to="https://a.example/"))
    state, _ = parse(state, response=answer(moved_to="https://b.example/"))
    assert (state.moved_to, state.moves) == ("https://b.example/", 1)
    assert decide_failure(FEED, state, fault(), NOW, RNG).moves == 0


def test_pinned_intervals_go_before_what_the_feed_asks() -> None:
    pinned = replace(FEED, every=timedelta(minutes=15))
    parsed = ParsedFeed("rss", ttl_seconds=7200)
    state, _ = decide_parsed(
        pinned, None, answer(), parsed, NOW, RNG, asked_plainly=True, rules=RULES
    )
    assert state.next_poll_at == NOW + timedelta(minutes=15)
    state, _ = decide_parsed(
        FEED, None, answer(), parsed, NOW, RNG, asked_plainly=True, rules=RULES
    )
    assert state.next_poll_at == NOW + 2 * HOUR


@pytest.mark.parametrize("knows_more", [True, False])
def test_a_state_survives_its_row(knows_more: bool) -> None:
    state, _ = parse(None, entry("a"), skip_hours=frozenset({3}), ttl_seconds=600)
    state = replace(
        deal_with(state, entry("a")),
        pending=(PendingPage(PageRequest("avis", URL, entry("b"), 1, "f" * 32), NOW),),
        blocked={"avis.example": NOW + HOUR},
        knows_more=knows_more,
    )
    row = make_poll_row(state, "run")
    assert set(row) == {column.name for column in FEED_POLLS.columns}
    back = read_poll_row(row)
    expected = replace(state, knows_more=False)
    assert back == (expected if knows_more else replace(expected, seen={}))
