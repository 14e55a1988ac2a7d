"""How often a feed asks to be polled, and when not at all."""

from __future__ import annotations

from collections.abc import Iterable

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# web.resource.org/rss/1.0/modules/syndication
_PERIODS = {
    "hourly": 3_600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}
# No news feed means to be asked less than once in 30 days: longer waits are a mistake. Ours.
_LONGEST_WAIT = 30 * 86_400
_HOURS = 24


def read_ttl(ttl: str | None, period: str | None, frequency: str | None) -> int | None:
    """Return the longer wait, in seconds, of ``ttl`` (minutes) and ``sy:update*``; None for none.

    ``frequency`` is how often in a ``period`` (hourly, daily, ...) the feed changes, once if left
    out. Values that are no number, not positive, or longer than 30 days are ignored.
    """
    waits = [60 * (_read_number(ttl) or 0)]
    if seconds := _PERIODS.get((period or "").strip().lower()):
        often = 1 if frequency is None else _read_number(frequency)
        waits.append(seconds // often if often else 0)
    return max((wait for wait in waits if 0 < wait <= _LONGEST_WAIT), default=None)


def read_skip_hours(texts: Iterable[str]) -> frozenset[int]:
    """Return the hours (0..23, GMT) in which not to poll; 24 means 0, as in RSS 0.91.

    All 24 hours are none: a feed that is never to be asked has made a mistake.
    """
    numbers = (_read_number(text) for text in texts)
    hours = frozenset(n % _HOURS for n in numbers if n is not None and n <= _HOURS)
    return hours if len(hours) < _HOURS else frozenset()


def read_skip_days(texts: Iterable[str]) -> frozenset[int]:
    """Return the days (0 = Monday, GMT) on which not to poll; all seven are none."""
    names = (text.strip().lower() for text in texts)
    days = frozenset(_DAYS.index(name) for name in names if name in _DAYS)
    return days if len(days) < len(_DAYS) else frozenset()


def _read_number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None
