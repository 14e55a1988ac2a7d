"""Instants from the many ways in which pages, feeds and data write them."""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

# A 64-bit count of nanoseconds, which pandas and Parquet use, holds these years in full.
_YEARS = range(1678, 2262)
# What content systems write for "no date" is 0001-01-01 or 1970-01-01; the web itself is younger.
EARLIEST_PAGE = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(days=1)

# First letters of the months in Norwegian (both standards), Danish, Swedish, English, German and
# Dutch: no two months share a prefix, so one table serves all of them.
_MONTH_PREFIX = {
    1: ("jan", "jän"),
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
# In Finnish, three letters do not tell November from March; "marras", "marraskuu", "marraskuuta".
_FINNISH = "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu".split()
_MONTH_FINNISH = {
    stem + ending: number
    for number, stem in enumerate(_FINNISH, 1)
    for ending in ("", "kuu", "kuuta")
}
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

_MONTHS = 12
# First letters of the weekdays in the same languages, from Monday; English "mo" and German "mo"
# are one day, and so are all that look alike.
_WEEKDAY_NAME = re.compile(
    r"\b(?:man|mån|mon|mo|tir|tis|tue|tu|die|di|tys|ons|wed|mit|mi|mid|tor|thu|don|do|fre|fri|fr|"
    r"lør|lau|lör|sat|sam|sa|søn|sun|sön|son|so|su)(?:\w*(?:da[gy]|tag|woch)\w*|s)?\b"
)
_WEEKDAY = {
    prefix: number
    for number, prefixes in enumerate(
        (
            ("ma", "må", "mo"),
            ("ti", "tu", "di", "ty"),
            ("on", "we", "mi"),
            ("to", "th", "do"),
            ("fr",),
            ("lø", "la", "lö", "sa"),
            ("sø", "su", "sö", "so"),
        )
    )
    for prefix in prefixes
}
# Regions where English is written with the month first (CLDR's short dates).
_MONTH_FIRST = frozenset({"us", "ph", "pr", "gu", "um", "fm", "mh", "as", "mp", "vi"})

_MONTH_NAME = r"(?P<month_name>[^\W\d_]{3,12})\.?"
_DAY_MONTH_YEAR = rf"(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?[ -]{_MONTH_NAME},?[ -](?P<year>\d{{4}})"
_MONTH_DAY_YEAR = rf"{_MONTH_NAME} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})"
_DOTTED = r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4}|\d{2})"
_SLASHED = r"(?P<first>\d{1,2})(?P<mark>[/-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})"
# "4/3-2026", "4/3 2026": the day is first wherever it is written so.
_NORDIC = r"(?P<day>\d{1,2})/(?P<month>\d{1,2})[ -](?P<year>\d{4})"
_YEAR_FIRST = r"(?P<year>\d{4})[-/. ](?P<month>\d{1,2})[-/. ](?P<day>\d{1,2})"
_DATE = [
    re.compile(rf"(?<![\w.,-]){pattern}(?![^\WT_])")
    for pattern in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _YEAR_FIRST, _DOTTED, _SLASHED, _NORDIC)
]
# Japanese, Chinese and Korean: "2026年11月20日 10時05分", "2026년 11월 20일".
_EAST_DATE = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일号]")
_EAST_TIME = re.compile(r"(?<!\d)(\d{1,2}) ?[時时시] ?(\d{1,2}) ?[分분]")
# The order of C's asctime and Java's Date: "Mon Oct 11 14:57:21 CEST 2021".
_YEAR_BEHIND = re.compile(
    rf"{_MONTH_NAME} +(?P<day>\d{{1,2}}) (?P<time>\d\d?:\d\d(?::\d\d)?)"
    r"(?P<zone> [A-Z]{1,5}| [+-]\d\d:?\d\d)? (?P<year>\d{4})\b"
)
_TIME = re.compile(
    r"(?<![\d.:])(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d?)(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[ap])\.?m\b\.?)?(?![\d:]|\.\d)",
    re.IGNORECASE,
)
# An hour alone: "kl. 18", "6 p.m."
_CLOCK_HOUR = re.compile(r"\b(kl\.?|klokk[ae]n?|klockan|um) (\d{1,2})(?![\d:]|\.\d)", re.IGNORECASE)
_HALF_HOUR = re.compile(r"(?<![\d.:])\b(\d{1,2}) ?([ap])\.?m\b", re.IGNORECASE)
_OFFSET = re.compile(
    r" ?(?:GMT|UTC)? ?(?P<sign>[+-])"
    r"(?P<hours>\d\d?)(?:(?<=\d\d):?(?P<minutes>\d\d)|:(?P<after>\d\d))?(?!\d)"
)
_ZONE_NAME = re.compile(r" ?\(?(?P<name>[A-Za-z]{1,4})\b")
_ZONE_PLACE = re.compile(r" ?[(\[]?(?P<place>[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+){1,2}|[ECMP]T)\b")
# As Americans write a zone whether it is summer or not.
_PLACES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver",
           "PT": "America/Los_Angeles"}  # fmt: skip
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_SPACE_BEFORE_OFFSET = re.compile(r"(?<=\d) (?=[+-]\d\d:?\d\d$|Z$)")
_DOTTED_TIME = re.compile(r"^[\dW-]{7,10}[T ]\d\d[.,]\d")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_LONGEST = 100
# ISO 8601's days: calendar, ordinal and week dates, extended and basic.
_DAY = re.compile(r"\d{4}-?\d\d-?\d\d|\d{4}-?W\d\d(?:-?\d)?")
# Midnight in Oslo is the day before in UTC, and with it in the lake's partitions.
NOON = time(12)


def parse_instant(value: str, timezone: ZoneInfo, language: str | None = None) -> datetime | None:
    """Return the instant that ``value`` states, timezone-aware, or None.

    Understood: ISO 8601, RFC 5322 ("Mon, 28 Apr 2024 08:00:00 CEST"), days with
    the month's number or name in Norwegian, Danish, Swedish, Finnish, English, German or Dutch
    ("28. april 2024 kl. 14.47", "Publisert: 05.08.24 kl. 14:47", "April 28, 2024, 2:47 PM"),
    days and times as Japanese, Chinese and Korean write them ("2024年4月28日 14時47分"),
    digits alone (YYYYMMDD, YYYYMMDDhhmm[ss]) and Unix time in seconds or milliseconds.

    Without an offset or a known zone name the value is read in ``timezone``; of two instants in
    the hour that is repeated in autumn the first is meant. A day without time is its
    noon, which falls on the same day in UTC.
    Nothing is guessed: "03/04/2024", which means two days, gives None, unless it has a weekday
    that one of them is, or ``language`` (a BCP 47 tag) is one whose writers put the month first
    (en-US and its like) or the day (all but English without a region). So do years outside
    1678-2261, which Parquet readers cannot hold. Values over 100 characters are not read.
    """
    found = find_instant(value, timezone, language)
    return found[0] if found else None


def find_instant(
    value: str, timezone: ZoneInfo, language: str | None = None
) -> tuple[datetime, bool] | None:
    """As ``parse_instant``, and whether ``value`` is a day without a time."""
    text = " ".join(value.split())
    if not text or len(text) > _LONGEST:
        return None
    try:
        found = _parse_digits(text, timezone) or _parse_iso(text, timezone)
    except (ValueError, OverflowError):  # an hour 25, an offset of 99 hours
        return None
    if found is None and (stated := find_stated_date(text, timezone, language)):
        found = stated.instant, stated.is_day
    return found if found is not None and found[0].year in _YEARS else None


@dataclass(frozen=True, slots=True)
class StatedDate:
    """A date in a line of text: its instant, whether it is a day only (its noon), and the words
    before and behind it that are not part of it or of its time."""

    instant: datetime
    is_day: bool
    before: str
    behind: str


def find_stated_date(
    text: str, timezone: ZoneInfo, language: str | None = None
) -> StatedDate | None:
    """Return the first date with a year in a line of text; read as ``parse_instant`` says."""
    if "月" in text or "월" in text:
        text = _EAST_TIME.sub(
            lambda found: f"{found[1]}:{found[2]:0>2}", _EAST_DATE.sub(r"\1-\2-\3 ", text)
        )
    text = _YEAR_BEHIND.sub(_order, text)
    text = _HALF_HOUR.sub(r"\1:00 \2m", _CLOCK_HOUR.sub(r"\1 \2:00", text))
    try:
        for pattern in _DATE:
            for match in pattern.finditer(text):
                before, behind = text[: match.start()], text[match.end() :]
                part = match.groupdict()
                if day := _read_day(part, timezone, f"{before} {behind}", language):
                    return _add_time(day, before, behind)
    except (ValueError, OverflowError):  # a 31st of June
        return None
    return None


def is_plausible(instant: datetime, latest: datetime | None = None) -> bool:
    """Whether a page on the web can have been published at ``instant``.

    Not before 1990 and not more than a day (clocks and zones go wrong) after ``latest``, the time
    at which the page was fetched. Both must be timezone-aware. It is for evidence found on
    pages; data that states a date of 1950 is believed.
    """
    return instant >= EARLIEST_PAGE and (latest is None or instant <= latest + _CLOCK_SKEW)


def is_known_zone(name: str) -> bool:
    """Whether the zone ``name`` ("CEST", "gmt") is one that ``parse_instant`` reads."""
    return name.casefold() in _ZONE_HOURS or _find_place(name) is not None


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
    if _DOTTED_TIME.search(text):  # Python reads "14.30" as three tenths of an hour's second
        return None
    # Python wants no space before the offset, which many systems write.
    text = _SPACE_BEFORE_OFFSET.sub("", text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_day = _DAY.fullmatch(text) is not None
    if is_day:
        found = found.replace(hour=NOON.hour)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone), is_day


def _order(found: re.Match[str]) -> str:
    part = found.groupdict("")
    return f"{part['day']} {part['month_name']} {part['year']} {part['time']}{part['zone']}"


def _read_day(
    part: dict[str, str], zone: ZoneInfo, around: str, language: str | None
) -> datetime | None:
    year, day = int(part["year"]), int(part.get("day", 0))
    if "month_name" in part:
        name = part["month_name"].casefold()
        month = _MONTH_FINNISH.get(name) or _MONTH.get(name[:3], 0)
    elif "first" in part:
        days = _list_days(year, int(part["first"]), int(part["second"]), around, language)
        if len(days) != 1:
            return None
        month, day = days[0].month, days[0].day
    else:
        month = int(part["month"])
    return datetime(year + 2000 if year < 100 else year, month, day, tzinfo=zone) if month else None


def _list_days(year: int, first: int, second: int, around: str, language: str | None) -> list[date]:
    """The days that two numbers with a stroke between them can mean."""
    days = [
        date(year, month, day)
        for day, month in dict.fromkeys(((first, second), (second, first)))
        if month <= _MONTHS and day <= calendar.monthrange(year, month)[1]
    ]
    if len(days) < 2:
        return days
    named = {_WEEKDAY[word[:2]] for word in _WEEKDAY_NAME.findall(around.casefold())}
    fitting = [day for day in days if day.weekday() in named]
    if len(fitting) == 1:
        return fitting
    speech, _, region = (language or "").replace("_", "-").casefold().partition("-")
    if not speech or (speech == "en" and not region):
        return days
    is_month_first = speech == "en" and region.rpartition("-")[2] in _MONTH_FIRST
    return [days[1]] if is_month_first else [days[0]]


def _add_time(day: datetime, before: str, behind: str) -> StatedDate:
    match = _TIME.search(behind)
    is_behind = match is not None
    match = match or _TIME.search(before)
    if match is None:
        return StatedDate(day.replace(hour=NOON.hour), True, before, behind)
    hour = int(match["hour"])
    if half := match["half"]:
        hour = hour % 12 + (12 if half in "pP" else 0)
    instant = day.replace(hour=hour, minute=int(match["minute"]), second=int(match["second"] or 0))
    end = match.end()
    if zoned := _read_zone(match.string, end, instant):
        instant, end = zoned
    rest = f"{match.string[: match.start()]} {match.string[end:]}"
    return StatedDate(instant, False, before if is_behind else rest, rest if is_behind else behind)


def _read_zone(text: str, start: int, instant: datetime) -> tuple[datetime, int] | None:
    """``instant`` in the zone or with the offset that stands at ``start``, and where that ends."""
    if offset := _OFFSET.match(text, start):
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or offset["after"] or 0)
        minutes = minutes if offset["sign"] == "+" else -minutes
        return instant.replace(tzinfo=timezone(timedelta(minutes=minutes))), offset.end()
    if (place := _ZONE_PLACE.match(text, start)) and (zone := _find_place(place["place"])):
        return instant.replace(tzinfo=zone), place.end()
    if (name := _ZONE_NAME.match(text, start)) and name["name"].casefold() in _ZONE_HOURS:
        hours = _ZONE_HOURS[name["name"].casefold()]
        return instant.replace(tzinfo=timezone(timedelta(hours=hours))), name.end()
    return None


def _find_place(name: str) -> ZoneInfo | None:
    """The zone that IANA, or an American, calls ``name``."""
    if name not in _PLACES and "/" not in name:
        return None
    with suppress(KeyError, ValueError, OSError):
        return ZoneInfo(_PLACES.get(name, name))
    return None
