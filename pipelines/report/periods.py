"""Days, weeks or months: what time is counted in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "week", "month"]

# Ours: up to so long, days and weeks stay wide enough to be told apart on a phone.
_DAYS, _WEEKS = timedelta(weeks=3), timedelta(days=2 * 365)
# strftime would speak the language of the machine.
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of a ``unit`` that cover the days ``first`` to ``last``, both included."""

    unit: Unit
    first: date
    last: date

    def list_starts(self) -> list[date]:
        """The first day of each period, in order; weeks begin on Monday (ISO 8601)."""
        return list(self._iterate())

    def _iterate(self) -> Iterator[date]:
        day = begin_period(self.first, self.unit)
        while day <= self.last:
            yield day
            day = end_period(day, self.unit)


def choose_periods(first: date, last: date) -> Periods:
    """Days where there are less than three weeks, weeks below two years, else months (ours)."""
    span = last - first + _ONE_DAY
    unit: Unit = "day" if span < _DAYS else "week" if span < _WEEKS else "month"
    return Periods(unit, first, last)


def begin_period(day: date, unit: Unit) -> date:
    """The first day of the period of ``day``."""
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit == "week" else day


def end_period(start: date, unit: Unit) -> date:
    """The first day of the period after the one that begins at ``start``."""
    if unit == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if unit == "week" else 1)


def name_period(start: date, unit: Unit) -> str:
    """What a sentence calls the period that begins at ``start``: *2026-11-24*, *the week of
    2026-11-23*, *November 2026*."""
    if unit == "month":
        return f"{_MONTHS[start.month - 1]} {start.year}"
    return f"the week of {start}" if unit == "week" else str(start)
