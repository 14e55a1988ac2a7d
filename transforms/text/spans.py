"""Spans of time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Span:
    """From ``first`` to before ``end``, timezone-aware instants; ``None`` means without bound."""

    first: datetime | None = None
    end: datetime | None = None

    def meets(self, other: Span) -> bool:
        """Whether an instant may lie in both."""
        return _is_before(self.first, other.end) and _is_before(other.first, self.end)

    def holds(self, instant: datetime) -> bool:
        """Whether ``instant`` lies in it."""
        return _is_before(self.first, self.end) and not (
            (self.first is not None and instant < self.first)
            or (self.end is not None and instant >= self.end)
        )

    def within(self, other: Span) -> Span:
        """What both have in common; ``self`` where that is nothing, as one of them is wrong."""
        if not self.meets(other):
            return self
        firsts = [one for one in (self.first, other.first) if one is not None]
        ends = [one for one in (self.end, other.end) if one is not None]
        return Span(max(firsts, default=None), min(ends, default=None))


EVER = Span()


def _is_before(first: datetime | None, end: datetime | None) -> bool:
    return first is None or end is None or first < end


def make_window(since: date | None, until: date | None, zone: tzinfo) -> Span:
    """The span from the first moment of the day ``since`` to the last of the day ``until``."""
    return Span(
        None if since is None else begin_day(since, zone),
        None if until is None else begin_day(until + timedelta(days=1), zone),
    )


def begin_day(day: date, zone: tzinfo) -> datetime:
    """The first moment of ``day``."""
    return datetime.combine(day, time(), zone)


@dataclass(frozen=True, slots=True)
class DayRange:
    """From the day ``since`` to the day ``until``, both with it; ``None`` is without bound."""

    since: date | None = None
    until: date | None = None

    def span(self, zone: tzinfo) -> Span:
        """The days in a time zone."""
        return make_window(self.since, self.until, zone)


ANY_DAY = DayRange()
