"""Silence: regular papers raise no alarm, papers that stop do, and the statistics are exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from newsbeam.pipelines.status.silence import (
    LEAST_GAPS,
    PastPoll,
    Silence,
    exceed_gap,
    judge_silence,
    learn_rhythm,
)

HOUR, DAY = 3600.0, 86_400.0
MONDAY = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
# Share of a busy hour's entries by hour, on weekdays; of those on Saturdays and Sundays.
_HOURS = [0.1] * 5 + [0.5, 1.0] + [1.8] * 9 + [1.3] * 4 + [0.8] * 3 + [0.3]
_WEEKEND = 0.3


def publish(a_day: float, days: float, seed: int = 1) -> list[float]:
    """Instants of a Poisson process with the rhythm of a newspaper, from a Monday on."""
    rng, at, out = Random(seed), MONDAY, []
    mean = sum(_HOURS) * (5 + 2 * _WEEKEND) / (24 * 7)
    while True:
        at += rng.expovariate(a_day / DAY * 1.8 / mean)
        if at > MONDAY + days * DAY:
            return out
        instant = datetime.fromtimestamp(at, UTC)
        weight = _HOURS[instant.hour] * (_WEEKEND if instant.weekday() > 4 else 1)
        if rng.random() * 1.8 < weight:
            out.append(at)


def poll(
    instants: list[float], days: float, every: float = HOUR, off: tuple[float, float] = (0, 0)
) -> list[PastPoll]:
    """What polling every ``every`` seconds finds; the first poll finds ten old entries.

    ``off`` are the days from which and to which nobody polls.
    """
    polls, place, at = [PastPoll(MONDAY, 10, MONDAY + every)], 0, MONDAY
    while at + every <= MONDAY + days * DAY:
        at += every
        if off[0] < (at - MONDAY) / DAY < off[1]:
            continue
        start = place
        while place < len(instants) and instants[place] <= at:
            place += 1
        polls.append(PastPoll(at, place - start, at + every))
    return polls


def delay(
    instants: list[float], stop: float, every: float = HOUR, off: tuple[float, float] = (0, 0)
) -> float:
    """Days from ``stop`` (in days) to the first poll at which the feed is silent."""
    polls = poll([at for at in instants if at < MONDAY + stop * DAY], stop + 60, every, off)
    ends = [end for end, one in enumerate(polls) if one.at > MONDAY + stop * DAY]

    def is_silent(end: int) -> bool:
        return judge_silence(polls[: end + 1]).verdict == "silent"

    # Silence lasts: every eighth poll tells about where it begins.
    about = next(place for place in range(0, len(ends), 8) if is_silent(ends[place]))
    first = next(end for end in ends[max(0, about - 7) :] if is_silent(end))
    return (polls[first].at - MONDAY) / DAY - stop


def alarms(polls: list[PastPoll], first: float) -> int:
    """How many runs after ``first`` days end in an alarm; a run is worst at its end."""
    ends = [
        end
        for end, (this, following) in enumerate(pairwise(polls))
        if this.at > MONDAY + first * DAY and not this.new and following.new
    ]
    return sum(judge_silence(polls[: end + 1]).verdict == "silent" for end in ends)


@pytest.mark.parametrize("a_day", [50, 5, 1])
def test_regular_paper_raises_no_alarm(a_day: float) -> None:
    polls = poll(publish(a_day, 75), 75)
    assert alarms(polls, 60) == 0


@pytest.mark.parametrize(("a_day", "least", "most"), [(100, 0.02, 1), (10, 0.3, 3), (1, 4, 16)])
def test_paper_that_stops_is_noticed_the_sooner_the_more_it_published(
    a_day: float, least: float, most: float
) -> None:
    assert least < delay(publish(a_day, 60), 60) < most


def test_night_counts_for_less_than_the_same_hours_of_a_day() -> None:
    polls = poll(publish(100, 60), 60)
    rhythm = learn_rhythm(polls)

    def expect(hour: int) -> float:
        start = MONDAY + 63 * DAY + hour * HOUR
        return rhythm.entries_before(start + 4 * HOUR) - rhythm.entries_before(start)

    assert expect(10) > 5 * expect(0)
    saturday = 5 * 24 + 10
    assert expect(10) > 2 * expect(saturday)


def test_weekly_paper_is_waited_for_longer_than_a_week() -> None:
    issues = [MONDAY + (7 * week + 3) * DAY + n for week in range(13) for n in range(20)]
    polls = poll(issues, 88, every=6 * HOUR)
    assert alarms(polls, 77) == 0
    last = 12 * 7 + 3
    assert 8 < delay(issues, last + 0.01, every=6 * HOUR) < 28


def test_monthly_magazine_has_too_little_history_and_is_dormant_after_the_window() -> None:
    issues = [MONDAY + month * 30 * DAY + 5 * DAY for month in range(4)]
    polls = poll(issues, 95 + 89, every=6 * HOUR)
    assert judge_silence(polls).verdict == "too_little_history"
    polls = poll(issues, 95 + 91, every=6 * HOUR)
    assert judge_silence(polls).verdict == "silent"


def test_alarm_stands_until_something_new_comes() -> None:
    instants = publish(10, 60)
    polls = poll(instants, 175)
    for days in (70, 100, 140, 175):
        seen = [p for p in polls if p.at <= MONDAY + days * DAY]
        assert judge_silence(seen).verdict == "silent"
    back = [*polls, PastPoll(polls[-1].at + HOUR, 3, polls[-1].at + 2 * HOUR)]
    assert judge_silence(back).verdict == "too_little_history"


def test_time_in_which_nobody_polled_is_not_silence() -> None:
    instants = publish(20, 60)
    off = poll(instants, 60, off=(40, 50))
    assert max(b.at - a.at for a, b in pairwise(off)) > 9 * DAY
    assert alarms(off, 38) == 0
    after = judge_silence(off)
    assert after.longest_seconds < 2 * DAY
    # Nor does it make the feed seem slower than it is.
    assert delay(instants, 60) == pytest.approx(delay(instants, 60, off=(40, 50)), abs=0.3)


def test_feed_that_has_nothing_after_a_hole_is_silent() -> None:
    instants = [at for at in publish(20, 60) if at < MONDAY + 40 * DAY]
    assert judge_silence(poll(instants, 50.2, off=(40, 50))).verdict == "silent"


def test_one_earlier_outage_does_not_blind_it() -> None:
    instants = [at for at in publish(20, 80) if not 20 < (at - MONDAY) / DAY < 30]
    assert delay(instants, 80) < 4


def test_changed_guids_of_one_day_do_not_blind_it() -> None:
    instants = publish(20, 60)
    flood = sorted([*instants, *([MONDAY + 30 * DAY + 10 * HOUR] * 300)])
    assert delay(flood, 60) < 1.5 * delay(instants, 60)


def test_no_polls_are_unknown_and_few_gaps_too_little_history() -> None:
    assert judge_silence([]) == Silence("unknown")
    polls = [PastPoll(MONDAY + n * HOUR, 1, MONDAY + (n + 1) * HOUR) for n in range(LEAST_GAPS)]
    assert judge_silence(polls).verdict == "too_little_history"
    following = polls[-1].at + HOUR
    assert judge_silence([*polls, PastPoll(following, 1)]).verdict == "fine"


def test_feed_that_never_brought_anything_is_silent_after_the_window() -> None:
    polls = [PastPoll(MONDAY + n * DAY, 0) for n in range(100)]
    assert judge_silence(polls[:50]).verdict == "too_little_history"
    found = judge_silence(polls)
    assert (found.verdict, found.since) == ("silent", None)
    assert judge_silence(polls, window=timedelta(days=200)).verdict == "too_little_history"


@given(
    st.floats(0, 50), st.integers(2, 3000), st.integers(1, 4)
)  # fmt: skip
def test_chance_of_a_gap_is_the_tail_of_f(ratio: float, count: int, shape: int) -> None:
    expected = special.fdtrc(2 * shape, 2 * shape * count, ratio)
    assert exceed_gap(ratio, count, shape) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(
    st.lists(
        st.tuples(st.floats(1, 1e6), st.integers(0, 40), st.booleans()), min_size=1, max_size=60
    )
)
def test_any_history_is_judged(steps: list[tuple[float, int, bool]]) -> None:
    polls, at = [], MONDAY
    for wait, new, is_due in steps:
        at += wait
        polls.append(PastPoll(at, new, at + HOUR if is_due else None))
    found = judge_silence(polls)
    assert found.seconds >= 0
    assert found.chance is None or found.chance >= 0
    assert (found.verdict == "fine") <= (found.gaps >= LEAST_GAPS)
