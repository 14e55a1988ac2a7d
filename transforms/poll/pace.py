"""When a feed is asked again: pure arithmetic on what it said and how it behaved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

from newsbeam.transforms.settings.source import PollSettings

_HOUR = timedelta(hours=1)
# Ours: where a new feed begins.
FIRST_INTERVAL = timedelta(minutes=30)
# Above and below these shares of known entries polls get rarer and more frequent (the rule of
# Media Cloud and reader; the factors are ours).
_MOSTLY_KNOWN, _MOSTLY_NEW = 0.67, 0.33
_SLOWER, _FASTER = 1.25, 0.5
# Ours: entries of a feed that states no instants may come and go in this time.
_UNDATED_LIMIT = timedelta(hours=2)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})")
_MAX_HEADER_WAIT = timedelta(days=1)


def adapt_interval(previous: timedelta | None, known_share: float) -> timedelta:
    """The interval after a poll of whose entries the share ``known_share`` was known before."""
    if previous is None:
        return FIRST_INTERVAL
    if known_share > _MOSTLY_KNOWN:
        return previous * _SLOWER
    return previous * _FASTER if known_share < _MOSTLY_NEW else previous


def limit_interval(instants: Sequence[datetime], entries: int) -> timedelta | None:
    """The interval beyond which a feed's entries might come and go unseen.

    ``instants`` are the entries' instants of publication, ``entries`` is their number. Ours: the
    shortest time in which a third of them came, so that even three times that rate loses none.
    ``None`` where there is too little to tell.
    """
    if entries < 3:
        return None
    third = max(2, entries // 3)
    ordered = sorted(instants)
    spans = [later - earlier for earlier, later in zip(ordered, ordered[third - 1 :], strict=False)]
    return min(spans) if spans else _UNDATED_LIMIT


def read_cache_lifetime(headers: Mapping[str, str]) -> timedelta | None:
    """How long the server says that its answer stays fresh (RFC 9111), at most a day."""
    found = _MAX_AGE.search(headers.get("cache-control", "").lower())
    if found:
        age = headers.get("age", "0").strip()
        seconds = int(found[1]) - (int(age) if age.isdigit() and len(age) < 10 else 0)
        lifetime = timedelta(seconds=max(0, seconds))
    else:
        expires = parse_http_date(headers.get("expires"))
        date = parse_http_date(headers.get("date"))
        if expires is None or date is None:
            return None
        lifetime = max(timedelta(), expires - date)
    return min(lifetime, _MAX_HEADER_WAIT)


def parse_http_date(value: str | None) -> datetime | None:
    """An HTTP-date (RFC 9110 section 5.6.7), aware; ``None`` for anything else."""
    try:
        instant = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def choose_next_poll(
    now: datetime,
    settings: PollSettings,
    rng: Random,
    *,
    interval: timedelta,
    asked_for: Sequence[timedelta | None] = (),
    limit: timedelta | None = None,
    pinned: timedelta | None = None,
    skip_hours: frozenset[int] = frozenset(),
    skip_days: frozenset[int] = frozenset(),
) -> datetime:
    """The next poll of a feed that answered.

    ``asked_for`` are the waits that the feed and its server say would do; none of them counts
    beyond ``limit``, after which entries might be gone unseen. ``pinned`` is an interval from the
    config that goes before all others.
    """
    if pinned is not None:
        wait = pinned
    else:
        waits = [min(wait, limit or wait) for wait in asked_for if wait is not None]
        longest = max([interval, *waits])
        wait = min(max(longest, settings.at_least), settings.at_most)
    instant = now + wait * vary(settings, rng)
    return instant if pinned is not None else _leave_alone(instant, skip_hours, skip_days)


def back_off_poll(
    now: datetime, settings: PollSettings, rng: Random, *, interval: timedelta, backoff: float
) -> datetime:
    """The next poll of a feed that failed; ``backoff`` is the sum of its failures' weights."""
    base = min(max(interval, settings.at_least), settings.at_most)
    wait = base * 2 ** min(backoff, 20.0)
    return now + min(wait, settings.back_off_to) * vary(settings, rng)


def vary(settings: PollSettings, rng: Random) -> float:
    """A factor around 1 that keeps feeds from being asked all at once."""
    return 1 + rng.uniform(-settings.jitter, settings.jitter)


def _leave_alone(
    instant: datetime, skip_hours: frozenset[int], skip_days: frozenset[int]
) -> datetime:
    """The first instant from ``instant`` on that lies in no skipped hour or day (GMT)."""
    moved = instant.astimezone(UTC)
    for _ in range(7 * 24):
        if moved.hour not in skip_hours and moved.weekday() not in skip_days:
            return moved
        moved = moved.replace(minute=0, second=0, microsecond=0) + _HOUR
    return instant  # it asks never to be polled
