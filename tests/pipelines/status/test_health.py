"""What is said of a feed and of a source from their histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsbeam.pipelines.status.drift import Change, Drift
from newsbeam.pipelines.status.health import FeedHealth, PollFacts, SourceHealth, judge_feed

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def poll(hours_ago: float, outcome: str = "parsed", new: int = 1, **facts: object) -> PollFacts:
    at = NOW - hours_ago * HOUR
    known = {"next_poll_at": at + HOUR, **facts}
    return PollFacts(at, outcome, new=new, **known)  # type: ignore[arg-type]


def judge(*polls: PollFacts, others_polled_at: datetime = NOW) -> FeedHealth:
    history = [poll(hours) for hours in range(100, 10, -1)]
    return judge_feed("avis", "f", [*history, *polls], now=NOW, others_polled_at=others_polled_at)


def test_feed_that_brings_news_is_fine() -> None:
    found = judge(*(poll(hours) for hours in range(10, 0, -1)))
    assert (found.problems, found.is_dropped) == ((), False)
    assert (found.new_day, found.new_week) == (23, 100)
    assert found.answered_at == NOW - HOUR


def test_silence_is_a_problem() -> None:
    found = judge(*(poll(hours, "not_modified", 0) for hours in range(10, -1, -1)))
    assert found.problems == ("silent",)


def test_failures_are_failing_from_the_third_on_and_not_silent() -> None:
    one, two, three = (
        poll(hours, "failed", 0, failures=n, reason="timeout", detail="no answer")
        for n, hours in ((1, 6), (2, 4), (3, 0.5))
    )
    assert judge(poll(7), one).problems == ("overdue",)
    assert judge(poll(7), replace(two, polled_at=NOW, next_poll_at=NOW + HOUR)).problems == ()
    assert judge(poll(7), one, two, three).problems == ("failing",)


def test_a_feed_that_never_answered_is_failing_at_once() -> None:
    first = poll(0, "failed", 0, failures=1, next_poll_at=NOW + HOUR)
    found = judge_feed("avis", "f", [first], now=NOW, others_polled_at=NOW)
    assert found.problems == ("failing",)
    assert found.answered_at is None


def test_a_feed_whose_pages_all_failed_is_failing() -> None:
    assert judge(poll(0, new=4, failed_pages=4)).problems == ("failing",)
    assert judge(poll(0, new=4, failed_pages=3)).problems == ()
    assert "failing" not in judge(poll(0, new=0, failed_pages=0)).problems


@pytest.mark.parametrize(
    ("stored", "pending", "failed", "problems"),
    [(0, 4, 0, ("failing",)), (0, 0, 2, ("failing",)), (3, 4, 2, ()), (0, 0, 0, ())],
)
def test_a_source_of_which_nothing_came_in_is_failing(
    stored: int, pending: int, failed: int, problems: tuple[str, ...]
) -> None:
    feed = judge(poll(0, new=9, failed_pages=failed, pending=pending))
    source = SourceHealth("avis", (feed,), stored, None, 0, 0, (), Drift(False, 0, ()))
    assert source.problems == problems


def test_two_failures_over_more_than_a_day_are_failing() -> None:
    last = poll(0, "failed", 0, failures=2, next_poll_at=NOW + HOUR)
    history = [poll(hours) for hours in range(60, 40, -1)]
    found = judge_feed("avis", "f", [*history, last], now=NOW, others_polled_at=NOW)
    assert found.problems == ("failing",)


def test_feed_that_is_gone_is_reported_for_two_weeks() -> None:
    gone = poll(0, "gone", 0, failures=1, next_poll_at=None)
    assert judge(gone).problems == ("failing",)
    later = judge_feed("avis", "f", [gone], now=NOW + timedelta(days=15), others_polled_at=NOW)
    assert later.problems == ()


def test_feed_that_nobody_polls_is_overdue_by_the_measure_of_its_own_waits() -> None:
    hourly = [poll(hours) for hours in range(30, 3, -1)]
    daily = [poll(24 * days + 12) for days in range(9, -1, -1)]
    for polls, problems in ((hourly, ("overdue",)), (daily, ())):
        found = judge_feed("avis", "f", polls, now=NOW, others_polled_at=polls[-1].polled_at)
        assert found.problems == problems


def test_feed_that_only_others_outlived_is_taken_for_left() -> None:
    old = [poll(hours) for hours in range(200, 100, -1)]
    found = judge_feed("avis", "f", old, now=NOW, others_polled_at=NOW)
    assert (found.is_dropped, found.problems) == (True, ())
    stopped = judge_feed("avis", "f", old, now=NOW, others_polled_at=old[-1].polled_at)
    assert (stopped.is_dropped, stopped.problems) == (False, ("overdue",))


def test_only_blocks_and_false_304s_that_still_matter_are_told() -> None:
    found = judge(
        poll(9, is_false_304=True),
        poll(0, blocked=(("avis.example", NOW + HOUR), ("old.example", NOW - HOUR))),
    )
    assert found.blocked == (("avis.example", NOW + HOUR),)
    assert found.false_304s == 1
    assert judge(poll(0)).false_304s == 0


def test_newest_poll_in_the_future_is_told_and_the_feed_due() -> None:
    ahead = poll(-40 * 24)
    found = judge(ahead)
    assert (found.problems, found.due_at, found.is_dropped) == (("clock",), NOW, False)
    assert found.answered_at == NOW - 11 * HOUR  # of the polls that can be believed
    assert judge_feed("avis", "f", [ahead], now=NOW, others_polled_at=NOW).problems == ("clock",)
    later = judge(ahead, poll(1))  # by its number the newer one
    assert (later.problems, later.due_at) == ((), NOW)


@pytest.mark.parametrize("drifts", [False, True])
def test_source_has_the_problems_of_its_feeds_and_drift(drifts: bool) -> None:
    failing = judge(*(poll(h, "failed", 0, failures=n) for n, h in ((1, 2), (2, 1), (3, 0))))
    silent = judge(*(poll(hours, "not_modified", 0) for hours in range(10, -1, -1)))
    change = Change("short", 40, 50, 0.05, 1e-20, 80)
    source = SourceHealth(
        "avis", (failing, silent), 0, None, 0, 0, (), Drift(True, 99, (change,) * drifts)
    )
    assert source.problems == ("silent", "failing", "drift")[: 2 + drifts]
