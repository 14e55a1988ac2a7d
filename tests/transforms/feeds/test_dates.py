"""Dates as feeds write them, as instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.feeds.dates import read_dates, read_feed_instant

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

INSTANTS = {
    # RFC 822 and its kin
    "Sun, 22 Nov 2026 10:00:00 +0100": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 +01:00": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 +1": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 GMT": "2026-11-22T10:00:00",
    "Sun, 22 Nov 2026 10:00:00 UT": "2026-11-22T10:00:00",
    "Sun, 22 Nov 2026 10:00:00 Z": "2026-11-22T10:00:00",
    "Sun, 22 Nov 2026 10:00:00 GMT+1": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 GMT+0100": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 UTC+01": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 (CET)": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00": "2026-11-22T09:00:00",
    "Sun,22 Nov 2026 10:00:00 +0100": "2026-11-22T09:00:00",
    "Sun, 22 Nov 26 10:00:00 +0100": "2026-11-22T09:00:00",
    "22 Nov 26 10:00 GMT": "2026-11-22T10:00:00",
    "Fri, 31 Dec 99 10:00:00 GMT": "1999-12-31T10:00:00",
    "Sunday, 22-Nov-26 10:00:00 GMT": "2026-11-22T10:00:00",
    "Sun Nov 22 10:00:00 2026": "2026-11-22T09:00:00",
    "Sun Nov 22 10:00:00 CET 2026": "2026-11-22T09:00:00",
    "Sun Nov  1 10:00:00 +0100 2026": "2026-11-01T09:00:00",
    "Sun, 22 Nov 2026 10:00:60 GMT": "2026-11-22T10:00:59",
    "Sun, 22 Nov 2026 24:00:00 GMT": "2026-11-23T00:00:00",
    "Sun, 22 Nov 2026 10:00 PM": "2026-11-22T21:00:00",
    # zones by name
    "Wed, 22 Jul 2026 23:30 CEST": "2026-07-22T21:30:00",
    "Wed, 22 Jul 2026 23:30:00 MEST": "2026-07-22T21:30:00",
    "Sun, 22 Nov 2026 10:00:00 CET": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 MET": "2026-11-22T09:00:00",
    "Sun, 22 Nov 2026 10:00:00 EST": "2026-11-22T15:00:00",
    "Wed, 22 Jul 2026 08:00:00 EDT": "2026-07-22T12:00:00",
    "Sun, 22 Nov 2026 10:00:00 EET": "2026-11-22T08:00:00",
    "Sun, 22 Nov 2026 10:00:00 JST": "2026-11-22T01:00:00",
    # summer and winter in the source's own zone
    "Wed, 22 Jul 2026 10:00:00": "2026-07-22T08:00:00",
    "2026-10-25 02:30:00": "2026-10-25T00:30:00",
    # Norwegian, Danish, Swedish, German
    "søn., 22 nov. 2026 10:00:00 +0100": "2026-11-22T09:00:00",
    "man. 4. mai 2026 kl. 09.15": "2026-05-04T07:15:00",
    "lø 3. okt. 2026 18:05": "2026-10-03T16:05:00",
    "fredag 13. desember 2024 kl. 07:05": "2024-12-13T06:05:00",
    "laurdag 3. oktober 2026 klokka 18.05": "2026-10-03T16:05:00",
    "tysdag 2. juni 2026 10:00": "2026-06-02T08:00:00",
    "sundag 7. juni 2026 10:00": "2026-06-07T08:00:00",
    "lørdag d. 3. oktober 2026 kl. 18:05": "2026-10-03T16:05:00",
    "tors, 14 maj 2026 09:15:00 +0200": "2026-05-14T07:15:00",
    "mån, 04 maj 2026 09:15:00 +0200": "2026-05-04T07:15:00",
    "lör 3 okt 2026 18:05": "2026-10-03T16:05:00",
    "Di., 3. März 2026 18:05 Uhr": "2026-03-03T17:05:00",
    "3. Mär 2026 18:05 MEZ": "2026-03-03T17:05:00",
    "29. marraskuuta 2024 klo 14.05": "2024-11-29T13:05:00",
    "pe 15 maaliskuuta 2024 14:05": "2024-03-15T13:05:00",
    "15. heinä 2026 14:05": "2026-07-15T12:05:00",
    "22 Sept 2026 10:00:00 +0200": "2026-09-22T08:00:00",
    # digits
    "03.10.2026 18:05": "2026-10-03T16:05:00",
    "03.10.2026 18:05:33": "2026-10-03T16:05:33",
    "3/10-2026 18:05": "2026-10-03T16:05:00",
    "22-11-2026 18:05": "2026-11-22T17:05:00",
    "22/11/2026 10:00": "2026-11-22T09:00:00",
    # ISO 8601 and RFC 3339
    "2026-11-22T10:00:00+01:00": "2026-11-22T09:00:00",
    "2026-11-22T10:00:00+0100": "2026-11-22T09:00:00",
    "2026-11-22T10:00:00+01": "2026-11-22T09:00:00",
    "2026-11-22T10:00:00 +01:00": "2026-11-22T09:00:00",
    "2026-11-22T10:00:00.123Z": "2026-11-22T10:00:00.123000",
    "2026-11-22T10:00:00.1234567890Z": "2026-11-22T10:00:00.123456",
    "2026-11-22t10:00:00z": "2026-11-22T10:00:00",
    "2026-11-22T10:00Z": "2026-11-22T10:00:00",
    "2026-11-22T10:00:00-00:00": "2026-11-22T10:00:00",
    "2026-11-22 10:00:00": "2026-11-22T09:00:00",
    "2026-11-22 10:00:00 UTC": "2026-11-22T10:00:00",
    "2026-11-22T10:00:00+01:00[Europe/Oslo]": "2026-11-22T09:00:00",
    "2026-11-22T24:00:00Z": "2026-11-23T00:00:00",
    "20261122T100000Z": "2026-11-22T10:00:00",
    "20261122T1000": "2026-11-22T09:00:00",
    "2026-W47-7T10:00:00Z": "2026-11-22T10:00:00",
    # Unix time
    "1795338000": "2026-11-22T09:00:00",
    "1795338000000": "2026-11-22T09:00:00",
    "1795338000.5": "2026-11-22T09:00:00",
}
DAYS = {
    "2026-11-22": "2026-11-22T11:00:00",
    "2026-07-22": "2026-07-22T10:00:00",
    "20261122": "2026-11-22T11:00:00",
    "2026-W47-7": "2026-11-22T11:00:00",
    "22. november 2026": "2026-11-22T11:00:00",
    "Sun, 22 Nov 2026": "2026-11-22T11:00:00",
    "Nov 22, 2026": "2026-11-22T11:00:00",
    "22.11.26": "2026-11-22T11:00:00",
}
NO_INSTANTS = [
    *["", " ", "i dag", "nå", "now", "tirsdag", "kl. 10.00", "tull", "2026", "2026-11"],
    *["-1795338000"],
    *["03-10-2026 18:05", "03/10/2026", "32.10.2026", "2026-02-30", "2026-11-22T25:00:00Z"],
    *["Thu, 01 Jan 1970 00:00:00 +0000", "0", "0001-01-01T00:00:00", "0000-00-00 00:00:00"],
    *["Mon, 30 Nov -0001 00:00:00 +0000", "1899-12-30", "9999-12-31T23:59:59Z"],
    # in the future; in a zone that nobody knows
    *["Wed, 25 Nov 2026 12:00:01 GMT", "2027-01-01", "Sun, 22 Nov 2026 10:00:00 XYZT"],
    *["Sun, 22 Nov 2026 10:00:00 +9999", "2026-11-22 " * 20, "1" * 100_000],
]  # fmt: skip


@pytest.mark.parametrize("text", INSTANTS)
def test_instants(text: str) -> None:
    dates = read_dates([text], [], OSLO, NOW)
    expected = datetime.fromisoformat(INSTANTS[text]).replace(tzinfo=UTC)
    assert (dates.published_at, dates.published_at_from) == (expected, "feed")
    assert dates.published_at_text == text.strip()


@pytest.mark.parametrize("text", DAYS)
def test_days_are_their_noon_and_said_to_be_days(text: str) -> None:
    dates = read_dates([text], [], OSLO, NOW)
    expected = datetime.fromisoformat(DAYS[text]).replace(tzinfo=UTC)
    assert (dates.published_at, dates.published_at_from) == (expected, "feed_day")


@pytest.mark.parametrize("text", NO_INSTANTS, ids=lambda text: text[:40])
def test_what_cannot_be_believed_is_none(text: str) -> None:
    assert read_feed_instant(text, OSLO, NOW) is None


def test_future_is_known_only_by_the_time_of_the_fetch() -> None:
    late = "Wed, 25 Nov 2026 12:00:01 GMT"
    assert read_feed_instant(late, OSLO) is not None
    assert read_feed_instant(late, OSLO, NOW + timedelta(days=2)) is not None


def test_zone_is_the_sources() -> None:
    there = read_feed_instant("22.11.2026 10:00", ZoneInfo("America/New_York"))
    assert there == (datetime(2026, 11, 22, 15, tzinfo=UTC), False)


def test_first_date_that_can_be_believed_counts() -> None:
    dates = read_dates(["tull", "1970-01-01T00:00:00Z", "2026-11-20T10:00:00Z"], [], OSLO, NOW)
    assert dates.published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert dates.modified_at is None


def test_change_stands_for_publication_where_that_is_not_told() -> None:
    dates = read_dates([], ["2026-11-20T10:00:00Z"], OSLO, NOW)
    assert dates.published_at == dates.modified_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_change_before_publication_is_not_believed() -> None:
    dates = read_dates(["2026-11-20T10:00:00Z"], ["2026-11-19T10:00:00Z"], OSLO, NOW)
    assert dates.modified_at is None
    assert dates.published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


@given(st.text() | st.from_regex(r"[0-9a-zæøå .:/,+T-]{0,40}", fullmatch=True))
def test_any_text_gives_an_instant_in_utc_or_none(text: str) -> None:
    found = read_feed_instant(text, OSLO, NOW)
    assert found is None or found[0].tzinfo is UTC


@given(st.datetimes(datetime(1990, 1, 2), datetime(2049, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_rfc_5322_and_3339_are_read_back(instant: datetime) -> None:
    instant = instant.replace(microsecond=0)
    for text in (
        format_datetime(instant),
        format_datetime(instant.astimezone(OSLO)),
        instant.strftime("%a, %d %b %y %H:%M:%S GMT"),
        instant.isoformat().lower(),
        instant.strftime("%a %b %e %H:%M:%S UTC %Y"),
    ):
        assert read_feed_instant(text, OSLO) == (instant, False), text
