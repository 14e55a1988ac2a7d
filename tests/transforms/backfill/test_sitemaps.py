"""Sitemaps as streams."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.backfill.listings import Listed, bound, date_listed, lists_no_articles
from newsbeam.transforms.backfill.sitemaps import SitemapReader
from newsbeam.transforms.text.spans import EVER, Span

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SITE = "https://www.example.org"


def reader(body: bytes) -> SitemapReader:
    return SitemapReader(body, f"{SITE}/sitemap.xml", OSLO)


def urlset(*items: str) -> bytes:
    head = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    head += 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
    return f"{head}{''.join(items)}</urlset>".encode()


def item(path: str, rest: str = "") -> str:
    return f"<url><loc>{SITE}{path}</loc>{rest}</url>"


def test_addresses_and_instants_are_read() -> None:
    body = urlset(
        item("/a", "<lastmod>2019-03-17</lastmod>"),
        item("/b", "<lastmod>2019-03-17T10:00:00+01:00</lastmod>"),
        item("/c"),
    )
    assert list(reader(body).read()) == [
        Listed(f"{SITE}/a", None, datetime(2019, 3, 17, 23, tzinfo=UTC)),
        Listed(f"{SITE}/b", None, datetime(2019, 3, 17, 9, tzinfo=UTC)),
        Listed(f"{SITE}/c"),
    ]


def test_a_map_of_news_lists_news_alone() -> None:
    news = "<news:news><news:publication_date>2019-03-17T10:00:00Z</news:publication_date>"
    body = urlset(item("/a", f"{news}</news:news>"), item("/about"))
    (listed,) = reader(body).read()
    assert listed.url == f"{SITE}/a"
    assert listed.published is not None
    assert listed.published.first == datetime(2019, 3, 17, 10, tzinfo=UTC)


def test_an_index_is_known_for_one() -> None:
    body = (
        b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>'
        b"<loc>/maps/2.xml</loc><lastmod>2020-01-01</lastmod></sitemap></sitemapindex>"
    )
    index = reader(body)
    assert [one.url for one in index.read()] == [f"{SITE}/maps/2.xml"]
    assert index.is_index


@given(st.integers(0, 3000))
def test_what_stands_before_a_cut_is_read(at: int) -> None:
    """XML or gzip: a map that breaks off gives what it gave so far, and a fault."""
    items = [item(f"/{number}") for number in range(40)]
    body = urlset(*items)
    cut = body[: min(at, len(body) - 1)]
    whole = cut.count(b"</url>")
    for data in (cut, gzip.compress(body)[: len(gzip.compress(body)) - 1 - at % 8]):
        one = reader(data)
        found = list(one.read())
        assert [listed.url for listed in found] == [f"{SITE}/{n}" for n in range(len(found))]
        assert len(found) >= whole if data is cut else len(found) <= len(items)
    assert reader(gzip.compress(body)[:-9]).read() is not None


def test_faults_are_told() -> None:
    for body in (b"", b"not a map", b"\x1f\x8bnone", gzip.compress(urlset())[:-9], b"<html"):
        one = reader(body)
        assert not list(one.read())
        assert one.fault
    bomb = reader(b'<!DOCTYPE u [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>')
    assert not list(bomb.read())
    assert bomb.fault
    assert "entities" in bomb.fault


def test_a_list_of_lines_is_a_map() -> None:
    assert [o.url for o in reader(f"{SITE}/a\n\n{SITE}/b\n".encode()).read()] == [
        f"{SITE}/a",
        f"{SITE}/b",
    ]


def test_memory_does_not_grow_with_the_map() -> None:
    def measure(count: int) -> int:
        body = urlset(*(item(f"/nyheter/i/sak-{n}") for n in range(count)))
        tracemalloc.start()
        try:
            assert sum(1 for _ in reader(body).read()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    measure(100)
    assert measure(8_000) < 2 * measure(800) + 200_000


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/wp-sitemap-posts-post-1.xml", False),
        ("/wp-sitemap-posts-page-1.xml", True),
        ("/wp-sitemap-users-1.xml", True),
        ("/category-sitemap.xml", True),
        ("/post_tag-sitemap2.xml", True),
        ("/post-sitemap12.xml", False),
        ("/sitemap-page-3.xml", False),
        ("/images/sitemap-articles-2019.xml", False),
    ],
)
def test_maps_of_other_things_are_known_by_their_names(path: str, expected: bool) -> None:
    assert lists_no_articles(SITE + path) is expected


def test_bounds() -> None:
    """The surest word counts, and nobody is believed of the future."""
    month = Span(datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 4, 1, tzinfo=UTC))
    day = Span(datetime(2019, 3, 9, tzinfo=UTC), datetime(2019, 3, 10, tzinfo=UTC))
    told = date_listed("u", (datetime(2019, 3, 5, 8, tzinfo=UTC), False))
    assert bound(told, day, month, NOW) == told.published
    changed = date_listed("u", None, (datetime(2019, 3, 20, tzinfo=UTC), False))
    assert bound(changed, day, month, NOW) == day
    assert bound(changed, EVER, month, NOW).end == datetime(2019, 3, 20, 0, 0, 1, tzinfo=UTC)
    assert bound(changed, EVER, month, NOW).first == month.first
    future = date_listed("u", None, (NOW + timedelta(days=30), False))
    assert bound(future, EVER, EVER, NOW) == EVER
