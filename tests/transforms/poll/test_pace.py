"""When a feed is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.poll.pace import (
    FIRST_INTERVAL,
    adapt_interval,
    back_off_poll,
    choose_next_poll,
    limit_interval,
    parse_http_date,
    read_cache_lifetime,
)
from newsbeam.transforms.settings.source import PollSettings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STEADY = PollSettings(jitter=0.0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_mostly_known_is_slower_mostly_new_is_faster() -> None:
    assert adapt_interval(HOUR, 0.9) > HOUR
    assert adapt_interval(HOUR, 0.5) == HOUR
    assert adapt_interval(HOUR, 0.1) < HOUR
    assert adapt_interval(None, 0.0) == FIRST_INTERVAL


def test_a_quick_feed_is_never_left_alone_for_longer_than_a_third_of_its_window() -> None:
    burst = [NOW - timedelta(minutes=5 * i) for i in range(10)]
    quiet = [NOW - DAY - i * HOUR for i in range(20)]
    assert limit_interval(burst + quiet, 30) == timedelta(minutes=45)
    assert limit_interval([], 30) == 2 * HOUR  # no instants: careful
    assert limit_interval([NOW], 2) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=600"}, 10 * MINUTE),
        ({"cache-control": "max-age=600", "age": "500"}, 100 * timedelta(seconds=1)),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "max-age=99999999"}, DAY),
        (
            {
                "date": "Sun, 22 Nov 2026 12:00:00 GMT",
                "expires": "Sun, 22 Nov 2026 13:00:00 GMT",
            },
            HOUR,
        ),
        ({"expires": "0", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, None),
        (
            {
                "date": "Sun, 22 Nov 2026 12:00:00 GMT",
                "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
            },
            timedelta(),
        ),
    ],
)
def test_the_server_says_how_long_its_answer_is_fresh(
    headers: dict[str, str], expected: timedelta | None
) -> None:
    assert read_cache_lifetime(headers) == expected


def test_the_longest_wish_counts_within_the_limits() -> None:
    def wait(**given: object) -> timedelta:
        return choose_next_poll(NOW, STEADY, Random(0), **given) - NOW  # type: ignore[arg-type]

    assert wait(interval=MINUTE) == 10 * MINUTE
    assert wait(interval=HOUR, asked_for=[3 * HOUR, None]) == 3 * HOUR
    assert wait(interval=HOUR, asked_for=[MINUTE]) == HOUR
    assert wait(interval=40 * DAY) == DAY
    assert wait(interval=HOUR, asked_for=[3 * HOUR], pinned=MINUTE) == MINUTE


def test_hours_and_days_that_the_feed_wants_to_be_left_alone() -> None:
    def next_poll(hours: set[int], days: set[int]) -> datetime:
        return choose_next_poll(
            NOW, STEADY, Random(0), interval=90 * MINUTE,
            skip_hours=frozenset(hours), skip_days=frozenset(days),
        )  # fmt: skip

    assert next_poll(set(), set()) == NOW + 90 * MINUTE
    assert next_poll({13, 14}, set()) == NOW.replace(hour=15)
    assert next_poll(set(), {6}) == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 22nd is a Sunday
    assert next_poll(set(range(24)), set()) == NOW + 90 * MINUTE  # nonsense is not obeyed


def test_failures_slow_down_up_to_a_month() -> None:
    waits = [
        back_off_poll(NOW, STEADY, Random(0), interval=HOUR, backoff=n) - NOW
        for n in range(0, 40, 2)
    ]
    assert waits[:3] == [HOUR, 4 * HOUR, 16 * HOUR]
    assert waits == sorted(waits)
    assert waits[-1] == 30 * DAY


@given(
    st.floats(min_value=0, max_value=1e6),
    st.lists(st.none() | st.floats(min_value=0, max_value=1e8)),
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
    st.integers(),
)
def test_the_next_poll_is_never_too_soon_or_forgotten(
    interval: float,
    wishes: list[float | None],
    hours: frozenset[int],
    days: frozenset[int],
    seed: int,
) -> None:
    settings = PollSettings()
    instant = choose_next_poll(
        NOW,
        settings,
        Random(seed),
        interval=timedelta(seconds=interval),
        asked_for=[None if w is None else timedelta(seconds=w) for w in wishes],
        skip_hours=hours,
        skip_days=days,
    )
    wait = instant - NOW
    assert settings.at_least * 0.9 <= wait <= settings.at_most * 1.1 + 7 * DAY


@pytest.mark.parametrize("value", [None, "", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_no_http_date(value: str | None) -> None:
    assert parse_http_date(value) is None


def test_http_date() -> None:
    assert parse_http_date("Sun, 22 Nov 2026 12:00:00 GMT") == NOW
