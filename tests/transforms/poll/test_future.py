"""Polls that lie in the future are due now, and lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.lake.feed_state import FeedState, PendingPage, SeenEntry
from newsbeam.transforms.poll.decide import Feed, due_at, wants_validators
from newsbeam.transforms.poll.future import CLOCK_TOLERANCE, bring_back, is_closed
from newsbeam.transforms.poll.round import find_blocked
from newsbeam.transforms.records import Entry, PageRequest
from newsbeam.transforms.settings.source import PollSettings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URL = "https://avis.example/rss"
FEED = Feed("avis", URL, URL, "auto", None, PollSettings())
PAGE = PageRequest("avis", URL, Entry("a", "https://avis.example/a", "a" * 16))


def polled(at: datetime) -> FeedState:
    return FeedState(
        "avis", URL, URL, URL, at, "parsed", poll_number=7, body_hash="0",
        next_poll_at=at + HOUR, validated_at=at, blocked={"avis.example": at + HOUR},
        seen={"0" * 16: SeenEntry("1" * 16, "2" * 32)}, pending=(PendingPage(PAGE, at + HOUR),),
    )  # fmt: skip


@given(ahead=st.timedeltas(-40 * DAY, 40 * DAY), later=st.timedeltas(timedelta(), DAY))
def test_no_feed_waits_longer_than_its_own_interval(ahead: timedelta, later: timedelta) -> None:
    """Whatever the clock said when it was polled, and whichever way it is set now."""
    state = polled(NOW + ahead)
    now = NOW + later
    brought = bring_back({"f": state}, now)["f"]
    due = due_at(FEED, brought, now)
    assert due is not None
    assert due <= now + CLOCK_TOLERANCE + HOUR
    assert (brought.seen, [page.request for page in brought.pending]) == (state.seen, [PAGE])
    assert all(page.retry_at <= now + CLOCK_TOLERANCE + HOUR for page in brought.pending)
    if ahead <= later:
        assert brought == state


def test_what_a_poll_of_the_future_says_of_instants_is_not_believed() -> None:
    ahead = polled(NOW + 40 * DAY)
    assert wants_validators(FEED, ahead, URL, NOW)
    brought = bring_back({("avis", URL): ahead}, NOW)
    assert not wants_validators(FEED, brought["avis", URL], URL, NOW)
    assert not brought["avis", URL].blocked
    assert not find_blocked({("avis", URL): ahead}, NOW)
    assert is_closed(NOW + DAY, NOW)
    assert not is_closed(NOW, NOW)


def test_a_feed_that_is_gone_stays_gone() -> None:
    state = FeedState("avis", URL, URL, URL, NOW + 40 * DAY, "gone")
    assert due_at(FEED, bring_back({0: state}, NOW)[0], NOW) is None
