"""The spans of time that addresses name: what a listing can hold, when a page was made.

Pure functions. DayRange are those of the source's own time zone, in which papers date.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from urllib.parse import parse_qs, urlsplit

from newsbeam.transforms.text.spans import EVER, Span, begin_day

# Before it no paper was on the web.
_FIRST_YEAR = 1990
_DAY = re.compile(r"(?<!\d)(\d{4})([-/_.]?)(\d{2})\2(\d{2})(?!\d)")
_MONTH = re.compile(r"(?<!\d)(\d{4})[-/_.]?(\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
# In an article's address a date has parts of the path of its own: other digits are ids.
_PATH_DAY = re.compile(r"/(\d{4})([-/_.])(\d{1,2})\2(\d{1,2})(?=[/_.-]|$)")
_PATH_MONTH = re.compile(r"/(\d{4})/(\d{1,2})(?=/|$)")
_DIGITS = re.compile(r"\d+")
_YEAR_NAMES, _MONTH_NAMES, _DAY_NAMES = ("yyyy", "year"), ("mm", "month"), ("dd", "day")


def read_listing_spans(urls: Iterable[str], zone: tzinfo, now: datetime) -> dict[str, Span]:
    """The spans that addresses of one list name (``sitemap-2019-03.xml``, ``?yyyy=2019&mm=03``).

    Addresses that differ in digits alone are believed together or not at all: where one of them
    holds numbers that are no date, the others are no dates either, but pages that are counted.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        groups[_DIGITS.sub("#", url)].append(url)
    spans: dict[str, Span] = {}
    for group in groups.values():
        found = {url: _read_span(url, zone, now) for url in group}
        if all(span is not None for span in found.values()):
            spans |= {url: span for url, span in found.items() if span is not None}
    return spans


def _read_span(url: str, zone: tzinfo, now: datetime) -> Span | None:
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    numbers = [_find_number(asked, names) for names in (_YEAR_NAMES, _MONTH_NAMES, _DAY_NAMES)]
    if numbers[0] is not None:
        return _make_span(zone, now, *numbers)
    text = f"{parts.path}?{parts.query}"
    for pattern, places in ((_DAY, (1, 3, 4)), (_MONTH, (1, 2)), (_YEAR, (1,))):
        for found in pattern.finditer(text):
            span = _make_span(zone, now, *(int(found[place]) for place in places))
            if span is not None:
                return span
    return None


def _find_number(asked: dict[str, list[str]], names: Iterable[str]) -> int | None:
    value = next((asked[name][0] for name in names if name in asked), "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 4 else None


def _make_span(
    zone: tzinfo, now: datetime, year: int | None, month: int | None = None, day: int | None = None
) -> Span | None:
    """The year, month or day; ``None`` where there is none, or it has not begun by ``now``."""
    if year is None or not _FIRST_YEAR <= year <= now.year + 1:
        return None
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if begin_day(first, zone) > now + timedelta(days=1):
        return None
    if month is None:
        length = 366 if monthrange(year, 2)[1] == 29 else 365
    else:
        length = monthrange(year, month)[1] if day is None else 1
    return Span(begin_day(first, zone), begin_day(first + timedelta(days=length), zone))


def read_page_span(url: str, zone: tzinfo, now: datetime) -> Span:
    """The day or month in the address of an article (``/2019/03/17/``, ``/2019/03/``)."""
    path = urlsplit(url).path
    for pattern, places in ((_PATH_DAY, (1, 3, 4)), (_PATH_MONTH, (1, 2))):
        found = pattern.search(path)
        if found:
            numbers = [int(found[place]) for place in places]
            return _make_span(zone, now, *numbers) or EVER
    return EVER


def list_periods(pattern: str, window: Span, zone: tzinfo, now: datetime) -> list[tuple[str, Span]]:
    """The addresses that ``pattern`` (with ``{yyyy}``, ``{mm}`` and, for days, ``{dd}``) has for
    the days, months or years of ``window``, the newest first, each with its span.

    ``{m}`` and ``{d}`` are without leading zeros, ``{yy}`` without the century.
    """
    first = (window.first or datetime(_FIRST_YEAR, 1, 1, tzinfo=zone)).astimezone(zone).date()
    last_moment = min(window.end - timedelta(microseconds=1) if window.end else now, now)
    day = last_moment.astimezone(zone).date()
    has_days = "{dd}" in pattern or "{d}" in pattern
    has_months = has_days or "{mm}" in pattern or "{m}" in pattern
    found = []
    while day >= first:
        numbers = (day.year, day.month if has_months else None, day.day if has_days else None)
        span = _make_span(zone, now, *numbers)
        if span is None or span.first is None:
            break
        found.append((_fill(pattern, day), span))
        day = span.first.astimezone(zone).date() - timedelta(days=1)
        if span.first <= (window.first or span.first - timedelta(1)):
            break
    return found


def _fill(pattern: str, day: date) -> str:
    values = {
        "{yyyy}": f"{day.year:04}", "{yy}": f"{day.year % 100:02}", "{mm}": f"{day.month:02}",
        "{m}": f"{day.month}", "{dd}": f"{day.day:02}", "{d}": f"{day.day}",
    }  # fmt: skip
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return pattern
