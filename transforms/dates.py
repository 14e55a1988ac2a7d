"""Instants from the many ways in which pages, feeds and data write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# A 64-bit count of nanoseconds, which pandas and Parquet use, holds these years in full.
_YEARS = range(1678, 2262)
# What content systems write for "no date" is 0001-01-01 or 1970-01-01; the web itself is younger.
EARLIEST_PAGE = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(days=1)

# First letters of the months in Norwegian (both standards), Danish, Swedish, English, German and
# Dutch: no two months share a prefix, so one table serves all of them.
_MONTH_PREFIX = {
    1: ("jan",),
    2: ("feb",),
    3: ("mar", "mär", "maa", "mrt", "mrz"),
    4: ("apr",),
    5: ("mai", "maj", "may", "mei"),
    6: ("jun",),
    7: ("jul",),
    8: ("aug",),
    9: ("sep",),
    10: ("okt", "oct"),
    11: ("nov",),
    12: ("des", "dec", "dez"),
}
_MONTH = {prefix: month for month, prefixes in _MONTH_PREFIX.items() for prefix in prefixes}
# Hours east of UTC; RFC 5322 section 4.3 and the names used in Europe.
_ZONE_HOURS = {
    **dict.fromkeys(("z", "utc", "gmt", "ut", "wet"), 0),
    **dict.fromkeys(("cet", "met", "mez", "bst", "west"), 1),
    **dict.fromkeys(("cest", "mest", "mesz", "eet"), 2),
    **dict.fromkeys(("eest", "msk"), 3),
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    **dict.fromkeys(("jst", "kst"), 9),
    "aest": 10,
    "aedt": 11,
    "edt": -4,
    "pst": -8,
}

_MONTH_NAME = r"(?P<month_name>[^\W\d_]{3,12})\.?"
_DAY_MONTH_YEAR = rf"(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?[ -]{_MONTH_NAME},?[ -](?P<year>\d{{4}})"
_MONTH_DAY_YEAR = rf"{_MONTH_NAME} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})"
_DOTTED = r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4}|\d{2})"
_SLASHED = r"(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4})"
_YEAR_FIRST = r"(?P<year>\d{4})[-/. ](?P<month>\d{1,2})[-/. ](?P<day>\d{1,2})"
_DATE = [
    re.compile(rf"(?<![\w.,-]){pattern}(?![^\WT_])")
    for pattern in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _YEAR_FIRST, _DOTTED, _SLASHED)
]
_TIME = re.compile(
    r"(?<![\d.:])(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?(?:[.,]\d+)?"
    r"(?: ?(?P<half>[ap])\.?m\b\.?)?(?![\d:])",
    re.IGNORECASE,
)
_OFFSET = re.compile(r" ?(?:GMT|UTC)? ?(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?(?!\d)")
_ZONE_NAME = re.compile(r" ?\(?(?P<name>[A-Za-z]{1,4})\b")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_SPACE_BEFORE_OFFSET = re.compile(r"(?<=\d) (?=[+-]\d\d:?\d\d$|Z$)")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_LONGEST = 100
# ISO 8601's days: calendar, ordinal and week dates, extended and basic.
_DAY = re.compile(r"\d{4}-?\d\d-?\d\d|\d{4}-?W\d\d(?:-?\d)?")
# Midnight in Oslo is the day before in UTC, and with it in the lake's partitions.
_NOON = 12


def parse_instant(value: str, timezone: ZoneInfo) -> datetime | None:
    """Return the instant that ``value`` states, timezone-aware, or None.

    Understood: ISO 8601, RFC 5322 ("Mon, 28 Apr 2024 08:00:00 CEST"), days with
    the month's number or name in Norwegian, Danish, Swedish, English, German or Dutch
    ("28. april 2024 kl. 14.47", "Publisert: 05.08.24 kl. 14:47", "April 28, 2024, 2:47 PM"),
    digits alone (YYYYMMDD, YYYYMMDDhhmm[ss]) and Unix time in seconds or milliseconds.

    Without an offset or a known zone name the value is read in ``timezone``; of two instants in
    the hour that is repeated in autumn the first is meant. A day without time is its
    noon, which falls on the same day in UTC.
    Nothing is guessed: "03/04/2024", which means two days, gives None; so do years outside
    1678-2261, which Parquet readers cannot hold. Values over 100 characters are not read.
    """
    found = find_instant(value, timezone)
    return found[0] if found else None


def find_instant(value: str, timezone: ZoneInfo) -> tuple[datetime, bool] | None:
    """As ``parse_instant``, and whether ``value`` is a day without a time."""
    text = " ".join(value.split())
    if not text or len(text) > _LONGEST:
        return None
    try:
        found = (
            _parse_digits(text, timezone)
            or _parse_iso(text, timezone)
            or _parse_words(text, timezone)
        )
    except (ValueError, OverflowError):  # a 31st of June, an hour 25, an offset of 99 hours
        return None
    return found if found is not None and found[0].year in _YEARS else None


def is_plausible(instant: datetime, latest: datetime | None = None) -> bool:
    """Whether a page on the web can have been published at ``instant``.

    Not before 1990 and not more than a day (clocks and zones go wrong) after ``latest``, the time
    at which the page was fetched. Both must be timezone-aware. It is for evidence found on
    pages; data that states a date of 1950 is believed.
    """
    return instant >= EARLIEST_PAGE and (latest is None or instant <= latest + _CLOCK_SKEW)


def is_known_zone(name: str) -> bool:
    """Whether the zone ``name`` ("CEST", "gmt") is one that ``parse_instant`` reads."""
    return name.casefold() in _ZONE_HOURS


def _parse_digits(text: str, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    if not (text.isascii() and text.isdigit()):
        return None
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC), False
    if match := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part) for part in match.groups("0"))
        return datetime(year, month, day, hour, minute, second, tzinfo=zone), False
    return None


def _parse_iso(text: str, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    # Python wants no space before the offset, which many systems write.
    text = _SPACE_BEFORE_OFFSET.sub("", text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_day = _DAY.fullmatch(text) is not None
    if is_day:
        found = found.replace(hour=_NOON)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone), is_day


def _parse_words(text: str, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    for pattern in _DATE:
        for match in pattern.finditer(text):
            if day := _read_day(match.groupdict(), zone):
                return _add_time(day, text[: match.start()], text[match.end() :])
    return None


def _read_day(part: dict[str, str], zone: ZoneInfo) -> datetime | None:
    year, day = int(part["year"]), int(part.get("day", 0))
    if "month_name" in part:
        month = _MONTH.get(part["month_name"].casefold()[:3], 0)
    elif "first" in part:
        day, month = int(part["first"]), int(part["second"])
        if month > 12:
            day, month = month, day
        elif day <= 12 and day != month:
            return None
    else:
        month = int(part["month"])
    return datetime(year + 2000 if year < 100 else year, month, day, tzinfo=zone) if month else None


def _add_time(day: datetime, before: str, after: str) -> tuple[datetime, bool]:
    match = _TIME.search(after) or _TIME.search(before)
    if match is None:
        return day.replace(hour=_NOON), True
    hour = int(match["hour"])
    if half := match["half"]:
        hour = hour % 12 + (12 if half in "pP" else 0)
    instant = day.replace(hour=hour, minute=int(match["minute"]), second=int(match["second"] or 0))
    rest = match.string[match.end() :]
    if offset := _OFFSET.match(rest):
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
        minutes = minutes if offset["sign"] == "+" else -minutes
    elif (name := _ZONE_NAME.match(rest)) and name["name"].casefold() in _ZONE_HOURS:
        minutes = _ZONE_HOURS[name["name"].casefold()] * 60
    else:
        return instant, False
    return instant.replace(tzinfo=timezone(timedelta(minutes=minutes))), False
