"""When the next batch is due: pure arithmetic on feeds, files and failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.schedule.pace import (
    Pace,
    Past,
    back_off_batch,
    believe_past,
    find_start,
    parse_interval,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_feed_that_is_due_starts_a_batch_at_its_time() -> None:
    assert find_start(Past(), Pace(), NOON, has_files=False) == NOON
    assert find_start(Past(NOON - MINUTE), Pace(), NOON, has_files=False) == NOON


def test_two_batches_lie_apart() -> None:
    past = Past(ended_at=NOON, files_at=NOON - MINUTE)
    assert find_start(past, Pace(), NOON - MINUTE, has_files=False) == NOON + Pace().pause


def test_nothing_to_poll_and_no_files_is_never() -> None:
    assert find_start(Past(NOON), Pace(), None, has_files=False) is None


def test_files_are_looked_for_at_once_and_then_at_their_interval() -> None:
    first = find_start(Past(), Pace(), None, has_files=True)
    assert first is not None
    assert first < NOON
    past = Past(ended_at=NOON + MINUTE, files_at=NOON)
    assert find_start(past, Pace(), None, True, 1.1) == NOON + timedelta(minutes=11)
    assert find_start(past, Pace(), NOON + 5 * MINUTE, True) == NOON + 5 * MINUTE


def test_what_a_clock_ahead_said_of_the_past_is_not_believed() -> None:
    ahead = Past(NOON + 1000 * MINUTE, NOON + 999 * MINUTE, 2)
    assert believe_past(ahead, NOON) == Past(NOON, NOON, 2)
    assert believe_past(Past(NOON - MINUTE), NOON) == Past(NOON - MINUTE)


def test_failures_double_the_wait_up_to_its_limit() -> None:
    waits = [back_off_batch(Pace(), failures) // MINUTE for failures in (1, 2, 3, 4, 5, 6, 7, 1000)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    past = Past(ended_at=NOON, failures=3)
    assert find_start(past, Pace(), NOON - MINUTE, has_files=False) == NOON + 4 * MINUTE
    assert find_start(past, Pace(), None, has_files=True) == NOON + 4 * MINUTE


@given(
    ended=st.integers(-1000, 1000),
    due=st.none() | st.integers(-1000, 1000),
    failures=st.integers(0, 100),
    files=st.booleans(),
)
def test_no_batch_follows_another_at_once(
    ended: int, due: int | None, failures: int, files: bool
) -> None:
    past = Past(NOON + ended * MINUTE, None if failures else NOON + ended * MINUTE, failures)
    feeds = None if due is None else NOON + due * MINUTE
    start = find_start(past, Pace(), feeds, files)
    assert (start is None) == (feeds is None and not files)
    if start is not None:
        assert past.ended_at is not None
        assert start >= past.ended_at + (MINUTE if failures else Pace().pause)


def test_intervals_are_written_as_in_configs() -> None:
    assert parse_interval("90s") == timedelta(seconds=90)
    for text in ("", "10", "0m", "-1m", "1y", "soon"):
        with pytest.raises(ValueError, match="30s, 10m, 6h or 1d"):
            parse_interval(text)
