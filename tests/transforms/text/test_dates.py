from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.text.dates import is_plausible, parse_instant

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-04-28", "2024-04-28T12:00:00+02:00"),
        ("2024-01-28T10:00", "2024-01-28T10:00:00+01:00"),
        ("2024-04-28T10:00:00Z", "2024-04-28T10:00:00+00:00"),
        ("2024-04-28 10:00:00 +0200", "2024-04-28T10:00:00+02:00"),
        ("2024-04-28T10:00:00.1234567+05:30", "2024-04-28T10:00:00.123456+05:30"),
        ("2024-04-28T10:00:00 CET", "2024-04-28T10:00:00+01:00"),
        ("Sun, 28 Apr 2024 08:00:00 GMT", "2024-04-28T08:00:00+00:00"),
        ("Sun, 28 Apr 2024 23:30 CEST", "2024-04-28T23:30:00+02:00"),
        ("Sun Apr 28 2024 10:00:00 GMT+0300 (somewhere)", "2024-04-28T10:00:00+03:00"),
        ("28. april 2024 kl. 14.47", "2024-04-28T14:47:00+02:00"),
        ("laurdag 7. desember 2024, klokka 7.05", "2024-12-07T07:05:00+01:00"),
        ("3. mars 2024", "2024-03-03T12:00:00+01:00"),
        ("2024年4月28日 14時07分", "2024-04-28T14:07:00+02:00"),
        ("公開日：2024年04月28日(日) 14:07", "2024-04-28T14:07:00+02:00"),
        ("2024년 4월 28일 14시 7분", "2024-04-28T14:07:00+02:00"),
        ("2024年4月28日", "2024-04-28T12:00:00+02:00"),
        ("Publisert: 05.08.24 kl. 14:47", "2024-08-05T14:47:00+02:00"),
        ("01.03.2026 23:30", "2026-03-01T23:30:00+01:00"),
        ("Publicerad 23 okt 2025 kl 10.23", "2025-10-23T10:23:00+02:00"),
        ("Oppdatert kl. 10:31 28. februar 2024", "2024-02-28T10:31:00+01:00"),
        ("April 28, 2024, 2:47 PM", "2024-04-28T14:47:00+02:00"),
        ("Apr 28, 2024 at 12:05 am EST", "2024-04-28T00:05:00-05:00"),
        ("28-Apr-2024", "2024-04-28T12:00:00+02:00"),
        ("2024/04/28 10:11", "2024-04-28T10:11:00+02:00"),
        ("Onsdag 4. mars 2026 kl. 18", "2026-03-04T18:00:00+01:00"),
        ("Mar. 4, 2026, 6 p.m.", "2026-03-04T18:00:00+01:00"),
        ("4/3-2026", "2026-03-04T12:00:00+01:00"),
        ("4/3 2026", "2026-03-04T12:00:00+01:00"),
        ("4. Jänner 2026", "2026-01-04T12:00:00+01:00"),
        ("13/04/2024", "2024-04-13T12:00:00+02:00"),
        ("04/13/2024", "2024-04-13T12:00:00+02:00"),
        ("20240428", "2024-04-28T12:00:00+02:00"),
        ("20240428101500", "2024-04-28T10:15:00+02:00"),
        ("1714300000", "2024-04-28T10:26:40+00:00"),
        ("1714300000123", "2024-04-28T10:26:40.123000+00:00"),
        ("  2024-04-28\n", "2024-04-28T12:00:00+02:00"),
    ],
)
def test_forms_are_read(value: str, expected: str) -> None:
    found = parse_instant(value, OSLO)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    "value",
    [
        *["", "i går", "12345", "28. 2024", "5 maskiner 2024", "31. juni 2024", "2024-02-30"],
        *["03/04/2024", "2024-04-28T25:00", "0001-01-01T00:00:00Z", "9999-12-31", "9" * 10_000],
    ],
)
def test_what_is_no_instant_or_two_is_none(value: str) -> None:
    assert parse_instant(value, OSLO) is None


def test_the_zone_is_the_sources() -> None:
    there = parse_instant("28.04.2024 10:00", ZoneInfo("America/New_York"))
    assert there == datetime(2024, 4, 28, 14, tzinfo=UTC)


@given(st.text() | st.from_regex(r"[0-9a-zæøå .:/,+T-]{0,40}", fullmatch=True))
def test_any_string_gives_an_aware_instant_that_utc_can_hold_or_none(value: str) -> None:
    found = parse_instant(value, OSLO)
    assert found is None or found.astimezone(UTC).tzinfo is UTC


@given(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_iso_is_read_back(instant: datetime) -> None:
    assert parse_instant(instant.isoformat(), OSLO) == instant


def test_plausible_is_after_1990_and_not_in_the_future() -> None:
    fetched = datetime(2024, 4, 28, 12, tzinfo=UTC)
    assert is_plausible(fetched + timedelta(hours=23), fetched)
    assert not is_plausible(fetched + timedelta(hours=25), fetched)
    assert is_plausible(fetched + timedelta(days=999))
    assert not is_plausible(datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "language", "expected"),
    [
        ("03/04/2024", "en-US", "2024-03-04"),
        ("03/04/2024", "en_US", "2024-03-04"),
        ("03/04/2024", "en-GB", "2024-04-03"),
        ("03/04/2024", "nb", "2024-04-03"),
        ("03-04-2024", "da", "2024-04-03"),
        ("Mon, 03/04/2024", None, "2024-03-04"),
        ("onsdag 03/04/2024", "en-US", "2024-04-03"),
        ("05/05/2024", None, "2024-05-05"),
        ("03/04/2024", "en", None),
        ("Tue, 07/11/2023", None, None),
        ("31/31/2024", "nb", None),
    ],
)
def test_weekday_and_language_decide_what_numbers_mean_or_nobody_does(
    value: str, language: str | None, expected: str | None
) -> None:
    found = parse_instant(value, OSLO, language)
    assert (found and found.date().isoformat()) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-20 14.30", "2026-11-20T14:30:00+01:00"),
        ("2026-11-20T14:30:15.5", "2026-11-20T14:30:15.500000+01:00"),
        ("Mon Oct 11 14:57:21 CEST 2021", "2021-10-11T14:57:21+02:00"),
        ("Mon Aug 03 12:45:00 EDT 2015", "2015-08-03T12:45:00-04:00"),
        ("04.04.2020 05.04.2020", "2020-04-04T12:00:00+02:00"),
    ],
)
def test_a_time_is_not_read_from_what_is_none(value: str, expected: str) -> None:
    found = parse_instant(value, OSLO)
    assert found is not None
    assert found.isoformat() == expected
