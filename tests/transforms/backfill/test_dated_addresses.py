"""Spans of time in addresses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.backfill.dated_addresses import (
    list_periods,
    read_listing_spans,
    read_page_span,
)
from newsbeam.transforms.text.spans import EVER, Span, make_window

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SITE = "https://www.example.org"


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=OSLO)


@pytest.mark.parametrize(
    ("path", "first", "end"),
    [
        ("/sitemap-2019-03.xml", day(2019, 3), day(2019, 4)),
        ("/sitemap_201912.xml.gz", day(2019, 12), day(2020)),
        ("/maps/2020/sitemap.xml", day(2020), day(2021)),
        ("/sitemap-2019-03-17.xml", day(2019, 3, 17), day(2019, 3, 18)),
        ("/sitemap.xml?yyyy=2019&mm=3&dd=7", day(2019, 3, 7), day(2019, 3, 8)),
        ("/sitemap.xml?year=2019&month=02", day(2019, 2), day(2019, 3)),
    ],
)
def test_a_listing_names_the_time_that_it_holds(path: str, first: datetime, end: datetime) -> None:
    assert read_listing_spans([SITE + path], OSLO, NOW) == {SITE + path: Span(first, end)}


def test_pages_that_are_counted_are_no_years() -> None:
    urls = [f"{SITE}/sitemap-{number}.xml" for number in range(1900, 2100)]
    assert read_listing_spans(urls, OSLO, NOW) == {}
    months = [f"{SITE}/sitemap-{year}-{month}.xml" for year in (2019, 2020) for month in (1, 12)]
    assert len(read_listing_spans(months, OSLO, NOW)) == 2 * 2


def test_an_article_s_address_tells_its_day() -> None:
    assert read_page_span(f"{SITE}/nyheter/2019/03/17/sak", OSLO, NOW) == Span(
        day(2019, 3, 17), day(2019, 3, 18)
    )
    assert read_page_span(f"{SITE}/2019/03/sak", OSLO, NOW) == Span(day(2019, 3), day(2019, 4))
    assert read_page_span(f"{SITE}/sak-20190317", OSLO, NOW) == EVER
    assert read_page_span(f"{SITE}/kalender/2031/05/01/mai", OSLO, NOW) == EVER


def test_a_span_that_disagrees_with_another_is_left_as_it_is() -> None:
    month, before = Span(day(2019, 3), day(2019, 4)), Span(None, day(2018))
    assert before.within(month) == before
    assert Span(None, day(2019, 3, 9)).within(month) == Span(day(2019, 3), day(2019, 3, 9))


@given(st.dates(date(1995, 1, 1), date(2026, 11, 1)), st.integers(0, 400))
def test_periods_cover_the_window_once_and_newest_first(since: date, length: int) -> None:
    until = min(since + timedelta(days=length), NOW.date())
    window = make_window(since, until, OSLO)
    for pattern, at_most in (("{yyyy}/{mm}/{dd}", 402), ("{yyyy}/{m}", 16), ("{yyyy}", 4)):
        found = list_periods(f"{SITE}/{pattern}", window, OSLO, NOW)
        assert 0 < len(found) <= at_most
        assert len({url for url, _ in found}) == len(found)
        spans = [span for _, span in found]
        assert all(span.meets(window) for span in spans)
        assert all(new.first == old.end for old, new in zip(spans[1:], spans, strict=False))
        assert spans[-1].first is not None
        assert window.first is not None
        assert spans[-1].first <= window.first
        assert spans[0].end is not None
        assert window.end is not None
        assert spans[0].end >= min(window.end, NOW)
