"""Instants as feeds write them.

What ``dates`` reads needs an ear for the spellings of feeds: RFC 822 with years of two digits, the
order of C's ``asctime``, "GMT+1", a leap second, midnight as 24:00. They are rewritten here before
they are read. feedparser's own dates are not used: it reads "23:30 CEST" as 23:30 UTC and does not
know Norwegian months.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsbeam.transforms.text.dates import find_instant, is_known_zone, is_plausible

_MONTH = r"[^\W\d_]{3,12}\.?"
# RFC 5322 section 4.3: 00 to 49 are the years from 2000, 50 to 99 those from 1950.
_SHORT_YEAR = re.compile(rf"\b(\d{{1,2}})([ -]){_MONTH}[ -](\d\d)(?=[ ,]|$)")
_SMALL_ISO = re.compile(r"\d{4}-?\d\d-?\d\d(?:t\d\d:?\d\d.*|.*\dz)")
# Typographers' minus; between two times the dash means "to".
_MINUS = re.compile(r"(?<=:\d\d) ?(?:\u2212(?=\d\d:?\d\d$)|\u2013(?=\d{4}$))")
_BRACKETED = re.compile(r"(?<=:\d\d) ?\(((?:GMT|UTC)?[+-][\d:]+)\)$")
_SHORT_OFFSET = re.compile(r"(?<=:\d\d) ?(?:GMT|UTC)? ?([+-])(\d)(?=\)?$)")
_HOUR_OFFSET = re.compile(r"(?<=:\d\d) ?(?:GMT|UTC) ?([+-]\d\d)(?=\)?$)")
_LEAP_SECOND = re.compile(r"(?<=:\d\d:)60(?!\d)")
_MIDNIGHT = re.compile(r"(?<=[ T])24(?=:00(?::00)?(?![\d:]))")
# As Danes and Norwegians write by hand: 3/10-2026.
_SLASH_DASH = re.compile(r"^(\d{1,2})/(\d{1,2})-(\d{4})\b")
_DASHED = re.compile(r"^(\d{1,2})-(\d{1,2})-(\d{4})\b")
_EPOCH_FRACTION = re.compile(r"^(\d{10})\.\d+$")
_NO_ZONES = frozenset({"am", "pm", "a.m.", "p.m.", "a.m", "p.m", "uhr"})
# What stands behind the time, where it is more than digits: a zone, which must be a known one.
_ZONE_BEHIND = re.compile(
    r":\d\d?(?:[.,]\d+)?(?: ?[ap]\.?m\b\.?)? ?[(\[]?(?P<name>[^\W\d][^\d+()\[\]-]*?)[)\]]?$",
    re.IGNORECASE,
)
# The first word behind the time, behind a date: an offset, or the year of ``asctime``.
_BEHIND = re.compile(
    r"\d.*?[ T]\d\d?:\d\d(?::\d\d?(?:[.,]\d+)?)?(?: ?[ap]\.?m\b\.?)?"
    r"[ (\[]*(?P<word>[^\s,;()\[\]]*)",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:GMT|UTC)?[+-](?:\d\d(?::?[0-5]\d)?|\d(?::[0-5]\d)?)|(?:19|20)\d\d")
_SIGN = re.compile(r"[\d+\u2010-\u2015\u2212-]")


@dataclass(frozen=True, slots=True)
class FeedDates:
    """When an entry says that it was published and changed, in UTC.

    ``published_at_from`` is ``feed``, or ``feed_day`` for a day without a time (its noon in the
    source's time zone); ``published_at_text`` is the evidence as the feed writes it.
    """

    published_at: datetime | None = None
    published_at_from: str | None = None
    published_at_text: str | None = None
    modified_at: datetime | None = None


def read_dates(
    published: Iterable[str],
    modified: Iterable[str],
    timezone: ZoneInfo,
    latest: datetime | None = None,
) -> FeedDates:
    """Return the first instants of each kind that can be believed.

    Where no time of publication can be, the time of change stands for it: nothing was published
    later than it was changed. A change before the publication is not believed. ``latest`` is as
    in ``read_feed_instant``.
    """
    modified = list(modified)
    changes = (read_feed_instant(text, timezone, latest) for text in modified)
    change = next((found for found in changes if found), None)
    for text in [*published, *modified]:
        if found := read_feed_instant(text, timezone, latest):
            at, is_day = found
            later = change[0] if change and change[0] >= at else None
            return FeedDates(at, "feed_day" if is_day else "feed", text.strip(), later)
    return FeedDates()


def read_feed_instant(
    text: str, timezone: ZoneInfo, latest: datetime | None = None
) -> tuple[datetime, bool] | None:
    """Return the instant in UTC that ``text`` states, and whether it is a day only; or None.

    Without an offset the value is read in ``timezone``. Not believed are instants before 1990
    (systems write 1970 and 0001 for "no date"), those over a day after ``latest``, the time of the
    fetch, and those whose zone or offset is not understood.
    """
    line = " ".join(text.split())
    if len(line) > 100:
        return None
    moved = bool(_MIDNIGHT.search(line))
    for pattern, replacement in _REWRITES:
        line = pattern.sub(replacement, line)
    behind = _BEHIND.search(line)
    if behind and _SIGN.search(behind["word"]) and not _OFFSET.fullmatch(behind["word"]):
        return None
    zone = _ZONE_BEHIND.search(line)
    if zone and not is_known_zone(zone["name"]) and zone["name"].casefold() not in _NO_ZONES:
        return None
    found = find_instant(line, timezone)
    if found is None:
        return None
    at, is_day = found
    try:
        at = at.astimezone(UTC) + timedelta(days=moved)
    except OverflowError:
        return None
    return (at, is_day) if is_plausible(at, latest) else None


def _write_year(found: re.Match[str]) -> str:
    century = "20" if int(found[3]) < 50 else "19"
    return f"{found[0][:-2]}{century}{found[3]}"


def _dot(found: re.Match[str]) -> str:
    return f"{found[1]}.{found[2]}.{found[3]}"


def _dot_if_certain(found: re.Match[str]) -> str:
    """Day and month, unless each might be the other."""
    return _dot(found) if int(found[1]) > 12 or found[1] == found[2] else found[0]


def _capitalize(found: re.Match[str]) -> str:
    return found[0].upper()


_REWRITES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r",(?=\S)"), ", "),
    (_SMALL_ISO, _capitalize),
    (_SHORT_YEAR, _write_year),
    (_MINUS, "-"),
    (_BRACKETED, r" \g<1>"),
    (_SHORT_OFFSET, r" \g<1>0\g<2>00"),
    (_HOUR_OFFSET, r" \g<1>00"),
    (_LEAP_SECOND, "59"),
    (_MIDNIGHT, "00"),
    (_SLASH_DASH, _dot),
    (_DASHED, _dot_if_certain),
    (_EPOCH_FRACTION, r"\g<1>"),
)
