"""News sitemaps, plain ones, and their index. The golden pairs are in test_feeds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.feeds import sitemap as news_sitemap
from newsbeam.transforms.feeds.parse import FeedFault, parse_feed
from newsbeam.transforms.records import ParsedFeed

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 7, 23, 12, tzinfo=UTC)
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def parse(body: str) -> ParsedFeed | FeedFault:
    return parse_feed(
        body.encode(), url="https://avis.example/news.xml", charset=None, timezone=OSLO, latest=NOW
    )


def read(body: str) -> ParsedFeed:
    found = parse(body)
    assert isinstance(found, ParsedFeed), found
    return found


def page(number: int, news: str = "", **fields: str) -> str:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    news = f"<news:news>{news}</news:news>" if news else ""
    return f"<url><loc>https://avis.example/{number}</loc>{inner}{news}</url>"


def urlset(*pages: str) -> str:
    return f"<urlset {SPACES}>{''.join(pages)}</urlset>"


def test_plain_sitemap_tells_when_pages_changed() -> None:
    feed = read(urlset(page(1, lastmod="2026-07-22T10:00:00+02:00"), page(2)))
    first, second = (entry.metadata for entry in feed.entries)
    assert first.modified_at == datetime(2026, 7, 22, 8, tzinfo=UTC)
    assert first.published_at is None
    assert second.modified_at is None


def test_pages_without_news_beside_news_are_left_out() -> None:
    feed = read(urlset(page(1, "<news:title>Sak</news:title>"), page(2)))
    assert [entry.url for entry in feed.entries] == ["https://avis.example/1"]
    assert feed.faults == ()


@pytest.mark.parametrize(
    ("access", "paywalled"),
    [("Subscription", True), ("registration", True), ("Free", False), ("?", None), ("", None)],
)
def test_access(access: str, paywalled: bool | None) -> None:
    (entry,) = read(urlset(page(1, f"<news:access>{access}</news:access>"))).entries
    assert entry.metadata.paywalled is paywalled


def test_publications_that_differ_are_not_the_feeds() -> None:
    def news(name: str, language: str) -> str:
        return (
            f"<news:publication><news:name>{name}</news:name>"
            f"<news:language>{language}</news:language></news:publication>"
        )

    feed = read(urlset(page(1, news("Avis", "nb")), page(2, news("Blad", "nn"))))
    assert (feed.title, feed.language) == (None, None)
    assert [entry.metadata.language for entry in feed.entries] == ["nb", "nn"]
    same = read(urlset(page(1, news("Avis", "nb")), page(2, news("Avis", "nb"))))
    assert (same.title, same.language) == ("Avis", "nb")


def test_undeclared_prefix_and_no_namespace_at_all() -> None:
    body = f"<urlset>{page(1, '<news:title>Sak</news:title>')}</urlset>"
    assert [entry.metadata.title for entry in read(body).entries] == ["Sak"]


def test_address_that_is_none_is_a_fault() -> None:
    feed = read(urlset("<url><loc>file:///etc/passwd</loc></url>", "<url/>", page(1)))
    assert len(feed.entries) == 1
    assert [reason for reason, _ in feed.faults] == ["no_address", "no_address"]


def test_same_page_twice_is_one_entry() -> None:
    feed = read(urlset(page(1, lastmod="2026-07-20"), page(1, lastmod="2026-07-21"), page(2)))
    assert len(feed.entries) == 2
    assert feed.entries[0].metadata.modified_at == datetime(2026, 7, 21, 10, tzinfo=UTC)
    assert [reason for reason, _ in feed.faults] == ["repeated_entry"]


def test_more_pages_than_any_sitemap_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert news_sitemap.MOST_ENTRIES == 50_000
    monkeypatch.setattr(news_sitemap, "MOST_ENTRIES", 10)
    feed = read(urlset(*(f"<url><loc>/{n}</loc></url>" for n in range(12))))
    assert len(feed.entries) == 10
    assert [reason for reason, _ in feed.faults] == ["too_many_entries"]


def test_sitemap_that_breaks_off() -> None:
    whole = urlset(*(page(n) for n in range(5)))
    feed = read(whole[: whole.index("/3<")])
    assert len(feed.entries) == 3
    assert [reason for reason, _ in feed.faults] == ["truncated"]


def test_index_lists_newest_first_and_each_once() -> None:
    items = [("a", "2026-07-01"), ("b", ""), ("c", "2026-07-03T10:00:00Z"), ("a", "2026-07-02")]
    inner = "".join(
        f"<sitemap><loc>/{name}.xml</loc><lastmod>{day}</lastmod></sitemap>" for name, day in items
    )
    feed = read(f"<sitemapindex {SPACES}>{inner}</sitemapindex>")
    assert feed.kind == "sitemap_index"
    assert feed.sitemaps == tuple(f"https://avis.example/{name}.xml" for name in "cab")
    assert feed.entries == ()
