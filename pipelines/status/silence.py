"""Whether a feed is silent: nothing new for longer than its own past makes likely.

The feed's past says how many new entries to expect at each hour of the day, on weekdays, Saturdays
and Sundays, so that a night or a weekend counts for what such hours brought before. A *run* is the
time from a poll that brought something new to the last poll that brought nothing since: what the
polls prove, not what the clock says, so that a feed that cannot be polled is never silent. The
length of a run is the number of entries that should have come in it.

Two tests ask how likely a run as long as the present one is:

* Of entries. If they come as a Poisson process of varying rate, the number expected in the wait
  for the next one is exponential with mean 1 (time rescaling: Brown et al. 2002, Neural
  Computation 14:325). Feeds are burstier, so the mean is taken to be as large as the dispersion
  of the counts (Pearson's chi-square by degrees of freedom, as in quasi-Poisson models: McCullagh
  and Nelder 1989, section 6.2) or as the upper quantiles of past runs say it is.
* Of gaps between polls that brought something. Where they are more even than chance (a weekly
  paper), they are taken as gamma distributed with a shape of up to 4.

A mean that is estimated from n gaps of shape k makes the next gap, in units of that mean,
F(2k, 2kn) distributed: few gaps, much doubt (Lawless 1971, Technometrics 13:725, for k = 1).
A feed is silent when either test finds a run so long to be due less than ``FALSE_ALARMS`` times a
month, as many runs as the feed has. (Ours, as are the numbers; docs/monitoring.md has what they
give on simulated feeds.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Literal

SilenceVerdict = Literal["fine", "silent", "too_little_history", "unknown"]

# All ours.
FALSE_ALARMS = 0.01  # of one feed, a month, if the feed is as its past
LEAST_GAPS = 10  # before which nothing is judged
_PRIOR_ENTRIES = 2.0  # how many entries an hour's bin must have had to outweigh the mean of all
_MOST_EVEN = 4  # the largest shape; a past of 90 days cannot prove more
_QUANTILES = (0.9, 0.95, 0.99)
_HOLE = timedelta(hours=6)  # later than due by more than this: nobody polled
_HOUR, _DAY, _WEEK = 3600.0, 86_400.0, 604_800.0
_MONTH = 30 * _DAY
# 1970-01-01 was a Thursday: 3 = Thursday.
_EPOCH_WEEKDAY = 3


@dataclass(frozen=True, slots=True)
class PastPoll:
    """A poll that the feed answered. ``at`` is in POSIX seconds, ``new`` counts entries.

    ``due`` is when the next poll was due, in POSIX seconds; ``None`` if that is not known.
    """

    at: float
    new: int
    due: float | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """What a feed's past says of its present run.

    ``seconds`` is the run's length by the clock, ``expected`` the number of entries that should
    have come, ``longest_seconds`` the longest run of its past. ``chance`` is how often in a month
    a run as long as this is due (1 is once). ``gaps`` is how many gaps the judgement rests on.
    ``since`` is the poll that brought something last.
    """

    verdict: SilenceVerdict
    since: datetime | None = None
    seconds: float = 0.0
    longest_seconds: float = 0.0
    expected: float = 0.0
    chance: float | None = None
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many new entries an hour brings: 168 rates, from Monday 0 h UTC on, and their sums."""

    rates: tuple[float, ...]
    sums: tuple[float, ...]

    def entries_before(self, at: float) -> float:
        """Entries expected from the epoch to ``at`` (POSIX seconds)."""
        weeks, rest = divmod(at + _EPOCH_WEEKDAY * _DAY, _WEEK)
        hour, part = divmod(rest, _HOUR)
        place = int(hour)
        return weeks * self.sums[-1] + self.sums[place] + self.rates[place] * part / _HOUR


def judge_silence(polls: Sequence[PastPoll], *, window: timedelta = timedelta(days=90)) -> Silence:
    """Judge a feed by its answered ``polls``, oldest first.

    The past is the ``window`` before the last poll that brought something. Fewer than
    ``LEAST_GAPS`` gaps are ``too_little_history``, no poll at all ``unknown``. Whatever its
    past, a feed that brought nothing for a whole ``window`` is silent.
    """
    if not polls:
        return Silence("unknown")
    last = next((at for at in range(len(polls) - 1, -1, -1) if polls[at].new), None)
    start = polls[0].at if last is None else polls[last].at
    since = None if last is None else datetime.fromtimestamp(start, UTC)
    seconds = polls[-1].at - start
    is_dormant = seconds >= window.total_seconds()
    past = [] if last is None else _select_past(polls[: last + 1], window)
    news = sum(poll.new > 0 for poll in past)
    if news <= LEAST_GAPS:
        verdict: SilenceVerdict = "silent" if is_dormant else "too_little_history"
        return Silence(verdict, since, seconds, _longest_run(past), gaps=max(news - 1, 0))
    past = _clip_bursts(past)
    rhythm = learn_rhythm(past)
    expected = rhythm.entries_before(polls[-1].at) - rhythm.entries_before(start)
    a_month = news * _MONTH / max(past[-1].at - past[0].at, _DAY)
    by_entries = _chance_by_entries(expected, past, rhythm)
    by_gaps = _chance_by_gaps(expected, past, rhythm)
    # Two tests: twice the chance (Bonferroni).
    chance = a_month * min(2 * min(by_entries, by_gaps), 1.0)
    is_silent = is_dormant or chance < FALSE_ALARMS
    return Silence(
        "silent" if is_silent else "fine",
        since, seconds, _longest_run(past), expected, chance, news - 1,
    )  # fmt: skip


def learn_rhythm(past: Sequence[PastPoll]) -> Rhythm:
    """The rates of new entries that ``past`` (two polls or more) shows.

    The entries of a poll are spread evenly over the time since the poll before it, as nothing
    tells when in it they came. Hours of the day are told apart, and weekdays, Saturdays and
    Sundays. Bins of little evidence are drawn to the mean of all (gamma prior).
    """
    entries, hours = [0.0] * 72, [0.0] * 72
    for before, poll in pairwise(past):
        if _is_hole(before, poll):
            continue
        length = poll.at - before.at
        at = before.at
        while at < poll.at:
            until = min((at // _HOUR + 1) * _HOUR, poll.at)
            place = _bin(int((at // _HOUR + _EPOCH_WEEKDAY * 24) % 168))
            hours[place] += (until - at) / _HOUR
            entries[place] += poll.new * (until - at) / length
            at = until
    mean = max(sum(entries), 1.0) / max(sum(hours), 1.0)
    rates = [
        (entries[place] + _PRIOR_ENTRIES) / (hours[place] + _PRIOR_ENTRIES / mean)
        for place in map(_bin, range(168))
    ]
    return Rhythm(tuple(rates), (0.0, *accumulate(rates)))


def _bin(hour: int) -> int:
    """The bin of an hour of the week: 0-23 weekdays, 24-47 Saturdays, 48-71 Sundays."""
    day, hour = divmod(hour, 24)
    return max(day - 4, 0) * 24 + hour


def _select_past(polls: Sequence[PastPoll], window: timedelta) -> list[PastPoll]:
    earliest = polls[-1].at - window.total_seconds()
    past = [poll for poll in polls if poll.at >= earliest]
    # The first poll that we know of brings entries of any age: it only starts the clock.
    return [PastPoll(past[0].at, 1, past[0].due), *past[1:]]


def _clip_bursts(past: list[PastPoll]) -> list[PastPoll]:
    """One day of changed GUIDs or one imported archive must not pass for the feed's habit."""
    most = _quantile(sorted(poll.new for poll in past if poll.new), 0.95)
    return [PastPoll(poll.at, min(poll.new, int(most)), poll.due) for poll in past]


def _is_hole(before: PastPoll, poll: PastPoll) -> bool:
    """Whether nobody polled for long before a poll that brought something: when, is not known."""
    return (
        poll.new > 0
        and before.due is not None
        and poll.at - before.due > max(_HOLE.total_seconds(), before.due - before.at)
    )


def _longest_run(past: Sequence[PastPoll]) -> float:
    return max((end - start for start, end in _runs(past)), default=0.0)


def _runs(past: Sequence[PastPoll]) -> list[tuple[float, float]]:
    """Start and end of each run that a poll with something new ended."""
    runs, start = [], past[0].at if past else 0.0
    for before, poll in pairwise(past):
        if poll.new:
            runs.append((start, before.at))
            start = poll.at
    return runs


def _chance_by_entries(expected: float, past: Sequence[PastPoll], rhythm: Rhythm) -> float:
    chi_square, intervals, total = 0.0, 0, 0
    for before, poll in pairwise(past):
        if not _is_hole(before, poll):
            mean = max(rhythm.entries_before(poll.at) - rhythm.entries_before(before.at), 1e-9)
            chi_square += (poll.new - mean) ** 2 / mean
            intervals += 1
            total += poll.new
    lengths = sorted(
        rhythm.entries_before(end) - rhythm.entries_before(start) for start, end in _runs(past)
    )
    # Of an exponential distribution with mean 1, the quantile q is -ln(1 - q).
    tails = [
        _quantile(lengths, q) / -math.log(1 - q) for q in _QUANTILES if len(lengths) * (1 - q) >= 1
    ]
    unit = max(1.0, chi_square / max(intervals - 1, 1), *tails)
    return exceed_gap(expected / unit, total / unit, 1)


def _chance_by_gaps(expected: float, past: Sequence[PastPoll], rhythm: Rhythm) -> float:
    gaps, start = [], past[0].at
    for before, poll in pairwise(past):
        if poll.new:
            end = before.at if _is_hole(before, poll) else poll.at
            gaps.append(rhythm.entries_before(end) - rhythm.entries_before(start))
            start = poll.at
    count, mean = len(gaps), sum(gaps) / len(gaps)
    variation = sum((gap - mean) ** 2 for gap in gaps) / (count - 1) / mean**2
    # The squared coefficient of variation is 1/shape; not less than what its own error allows.
    shape = int(1 / max(variation * (1 + 3 / math.sqrt(count)), 1 / _MOST_EVEN))
    return exceed_gap(expected / mean, count, shape) if shape > 1 else 1.0


def exceed_gap(ratio: float, count: float, shape: int) -> float:
    """The chance that a gap is longer than ``ratio`` x the mean of ``count`` earlier ones.

    Gaps are gamma distributed with the integer ``shape``: F(2 shape, 2 shape count), which
    is the lower tail of a binomial distribution where ``shape * count`` is an integer and the
    same sum with gamma functions where it is not.
    """
    share = ratio / (count + ratio)
    trials = shape + shape * count - 1
    return sum(
        math.exp(
            math.lgamma(trials + 1) - math.lgamma(j + 1) - math.lgamma(trials - j + 1)
            + (trials - j) * math.log1p(-share)
        ) * share**j
        for j in range(shape)
    )  # fmt: skip


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of ``ordered`` that at least ``share`` of them do not exceed."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
