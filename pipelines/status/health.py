"""How feeds and sources are doing, judged from their histories. Pure; ``now`` is an argument.

``silence`` and ``drift`` hold the judgements that need statistics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from newsbeam.pipelines.status.drift import Drift
from newsbeam.pipelines.status.silence import PastPoll, Silence, judge_silence
from newsbeam.transforms.poll.future import is_closed, is_future

Problem = Literal["silent", "failing", "drift", "overdue", "clock"]
PROBLEMS: tuple[Problem, ...] = ("silent", "failing", "drift", "overdue", "clock")

DAY, WEEK = timedelta(days=1), timedelta(days=7)
# All ours. A feed fails when it did so this often in a row, or for this long,
FAILING_AFTER, FAILING_FOR = 3, timedelta(days=1)
# a feed that is gone (410) is reported for this long, for nobody asks it again,
_GONE_FOR = timedelta(days=14)
# a feed is overdue beyond this and beyond the longest of its last waits,
_OVERDUE_AFTER, _LAST_WAITS = timedelta(hours=1), 20
# and left out of the config, we suppose, when others were polled for this long without it.
_LEFT_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class PollFacts:
    """One poll, as its row of ``feed_polls`` tells it. ``pending`` counts pages to try again.

    Of all but the newest of a feed, only ``polled_at``, ``outcome``, ``new``, ``changed``,
    ``is_false_304`` and ``next_poll_at`` are looked at.
    """

    polled_at: datetime
    outcome: str
    url: str | None = None
    status: int | None = None
    reason: str | None = None
    detail: str | None = None
    title: str | None = None
    entries: int | None = None
    new: int = 0
    changed: int = 0
    failed_pages: int = 0
    is_false_304: bool = False
    next_poll_at: datetime | None = None
    failures: int = 0
    moved_to: str | None = None
    blocked: tuple[tuple[str, datetime], ...] = ()
    pending: int = 0

    @property
    def is_answered(self) -> bool:
        """Whether the poll told us what is in the feed."""
        return self.outcome not in ("failed", "gone")

    @property
    def has_lost_all_pages(self) -> bool:
        """Whether it told of articles, and the page of none could be had."""
        asked = self.new + self.changed
        return self.is_answered and 0 < asked <= self.failed_pages


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How a feed is doing. ``due_at`` is when it is polled next, ``None`` for never; ``blocked``
    are the domains that are left alone now, as they asked for it or failed.

    ``is_dropped`` says that nobody polls it any more while others are polled: it is no longer in
    any config, presumably, and not judged. ``false_304s`` is of the last week.
    """

    source: str
    feed: str
    newest: PollFacts
    answered_at: datetime | None
    new_day: int
    new_week: int
    changed_day: int
    changed_week: int
    false_304s: int
    blocked: tuple[tuple[str, datetime], ...]
    silence: Silence
    problems: tuple[Problem, ...]
    due_at: datetime | None
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source is doing.

    ``stored`` counts the rows of ``articles`` (revisions too), ``articles_day`` and
    ``articles_week`` the new articles of the last 24 hours and 7 days. ``rejects`` holds stage,
    reason and how many items, of the last 24 hours, most first. ``missing`` counts, by column and
    language, articles in which it was not looked for.
    """

    source: str
    feeds: tuple[FeedHealth, ...]
    stored: int
    ingested_at: datetime | None
    articles_day: int
    articles_week: int
    rejects: tuple[tuple[str, str, int], ...]
    drift: Drift
    missing: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def brought_nothing(self) -> bool:
        """Whether there is no article yet, though feeds answer and told of some."""
        told = (feed.newest for feed in self.feeds if not feed.is_dropped)
        return not self.stored and any(
            poll.is_answered and (poll.failed_pages or poll.pending) for poll in told
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those of its feeds and its own, in the order of ``PROBLEMS``."""
        found = {problem for feed in self.feeds for problem in feed.problems}
        if self.brought_nothing:
            found.add("failing")
        if self.drift.changes:
            found.add("drift")
        return tuple(problem for problem in PROBLEMS if problem in found)


def judge_feed(
    source: str, feed: str, polls: Sequence[PollFacts], *, now: datetime, others_polled_at: datetime
) -> FeedHealth:
    """Judge a feed by its ``polls`` (at least one), oldest first.

    ``others_polled_at`` is the newest poll of any feed in the lake. Polls that lie in the future
    say nothing of the feed's rhythm; where the newest is one, the feed is due now.
    """
    newest = polls[-1]
    is_ahead = is_future(newest.polled_at, now)
    polls = [poll for poll in polls if not is_future(poll.polled_at, now)]
    answered = [poll for poll in polls if poll.is_answered]
    silence = judge_silence([_reduce(poll) for poll in answered])
    due = newest.next_poll_at
    if is_ahead and due is not None:
        due = min(due, now)
    is_dropped = due is not None and others_polled_at - due > max(_LEFT_AFTER, _longest_wait(polls))
    problems: list[Problem] = []
    if not is_dropped:
        if silence.verdict == "silent":
            problems.append("silent")
        if _is_failing(newest, answered, now):
            problems.append("failing")
        if due is not None and now - due > max(_OVERDUE_AFTER, _longest_wait(polls)):
            problems.append("overdue")
        if is_ahead:
            problems.append("clock")
    day = [poll for poll in polls if poll.polled_at > now - DAY]
    week = [poll for poll in polls if poll.polled_at > now - WEEK]
    return FeedHealth(
        source=source,
        feed=feed,
        newest=newest,
        answered_at=answered[-1].polled_at if answered else None,
        new_day=sum(poll.new for poll in day),
        new_week=sum(poll.new for poll in week),
        changed_day=sum(poll.changed for poll in day),
        changed_week=sum(poll.changed for poll in week),
        false_304s=sum(poll.is_false_304 for poll in week),
        blocked=tuple((domain, until) for domain, until in newest.blocked if is_closed(until, now)),
        silence=silence,
        problems=tuple(problems),
        due_at=due,
        is_dropped=is_dropped,
    )


def _reduce(poll: PollFacts) -> PastPoll:
    due = poll.next_poll_at
    return PastPoll(poll.polled_at.timestamp(), poll.new, due.timestamp() if due else None)


def _is_failing(newest: PollFacts, answered: Sequence[PollFacts], now: datetime) -> bool:
    if newest.outcome == "gone":
        return now - newest.polled_at < _GONE_FOR
    if newest.is_answered:
        return newest.has_lost_all_pages
    if not answered:
        return True  # it never worked: an address that is wrong does not get better
    long_ago = now - answered[-1].polled_at > FAILING_FOR
    return newest.failures >= FAILING_AFTER or (long_ago and newest.failures > 1)


def _longest_wait(polls: Sequence[PollFacts]) -> timedelta:
    """The longest time between two of the last polls: how often somebody runs newsbeam."""
    last = polls[-_LAST_WAITS:]
    return max((b.polled_at - a.polled_at for a, b in pairwise(last)), default=timedelta())
