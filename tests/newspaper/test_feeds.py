"""The newspaper's feeds: every format, every window, odd dates."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import feedparser
import pytest
from lxml import etree

from newsbeam.transforms.text.dates import parse_instant
from tests.support.newspaper import START, Newspaper, make_site
from tests.support.newspaper.asking import (
    DAY,
    HOUR,
    ask,
    peaceful,
)
from tests.support.newspaper.feeds import format_date
from tests.support.newspaper.truth import WINDOW, FeedFormat

OSLO = ZoneInfo("Europe/Oslo")


def test_a_feed_shows_the_newest_and_forgets_the_oldest(paper: Newspaper) -> None:
    feed = paper.script.feeds[0]
    at = START + 10 * DAY
    lines = paper.edition(feed.id, at).lines
    assert len(lines) == WINDOW
    listed = [paper.articles[line.article] for line in lines]
    tops = [max(x.since for x in a.listings if x.feed == feed.id and x.since <= at) for a in listed]
    assert tops == sorted(tops, reverse=True)
    others = [
        x.since
        for a in paper.script.articles if a not in listed and a.dropped_at is None
        for x in a.listings if x.feed == feed.id and x.since <= at
    ]  # fmt: skip
    assert max(others) <= min(tops)


@pytest.mark.slow
def test_entries_fall_out_and_come_back(paper: Newspaper) -> None:
    spans: dict[tuple[str, str], list[bool]] = {}
    for feed in paper.feeds:
        shown = [{line.article for line in edition.lines} for edition in paper.editions(feed)]
        for article in paper.script.articles:
            if sum(listing.feed == feed for listing in article.listings) > 1:
                spans[feed, article.id] = [article.id in edition for edition in shown]
    left_and_came = [
        key for key, there in spans.items() if "10" in (word := "".join(str(int(x)) for x in there))
        and "1" in word[word.index("10") + 2 :]
    ]  # fmt: skip
    assert left_and_came


@pytest.mark.parametrize("format", ["rss", "atom", "rdf", "json_feed", "news_sitemap"])
def test_every_format_says_what_is_true(format: FeedFormat) -> None:
    site = make_site(articles=5, format=format)
    site.port = 8000
    body = ask(site, site.feed_urls[0], START).body
    if format == "json_feed":
        items = [(i["url"], i["title"], i["date_published"]) for i in json.loads(body)["items"]]
    elif format == "news_sitemap":
        urls = etree.fromstring(body).findall("{*}url")
        items = [
            (u.findtext("{*}loc"), u.findtext(".//{*}title"), u.findtext(".//{*}publication_date"))
            for u in urls
        ]
    else:
        found = feedparser.parse(body)
        assert not found.bozo
        items = [(e.link, e.title, e.get("published") or e.updated) for e in found.entries]
    articles = sorted(site.articles.values(), key=lambda a: a.published_at, reverse=True)
    assert [(link, title) for link, title, _ in items] == [
        (site.article_url(a.id), site.story(a.id, 0).title) for a in articles
    ]
    dates = [parse_instant(date, OSLO) for _, _, date in items]
    assert dates == [article.published_at for article in articles]


@pytest.mark.parametrize("style", ["standard", "zone_name", "dotted", "words", "no_offset"])
@pytest.mark.parametrize("at", [START, datetime(2026, 4, 5, 21, 30, tzinfo=UTC)])
def test_odd_dates_mean_the_same_instant(style: str, at: datetime) -> None:
    assert parse_instant(format_date(at, style), OSLO) == at  # type: ignore[arg-type]


def test_full_text_feeds_carry_every_line(paper: Newspaper) -> None:
    feed = next(f for f in paper.script.feeds if f.full_text and f.format == "rss")
    at = peaceful(paper, feed.host, START + HOUR)
    entries = feedparser.parse(ask(paper, paper.feed_url(feed.id), at).body).entries
    told = {paper.article_at(e.link): e.get("content") for e in entries}
    for article, content in told.items():
        assert article is not None
        assert (content is not None) == (article.access == "open")
        story = paper.story(article.id, article.revision_at(at))
        if content:
            assert content[0].value == "".join(f"<p>{line}</p>" for line in story.lines)


def test_trackers_change_from_poll_to_poll_and_lead_to_the_same_page(paper: Newspaper) -> None:
    feed = next(f for f in paper.script.feeds if f.has_tracking and f.format == "rss")
    at = peaceful(paper, feed.host, START + HOUR)
    links = [
        {e.link for e in feedparser.parse(ask(paper, paper.feed_url(feed.id), when).body).entries}
        for when in (at, at + timedelta(seconds=1))
    ]
    assert not links[0] & links[1]
    assert {paper.article_at(x) for x in links[0]} & {paper.article_at(x) for x in links[1]}
    listed = [a for link in links[0] if (a := paper.article_at(link))]
    article = next(a for a in listed if a.access == "open" and a.removed_at is None
                   and len(a.addresses) == 1)  # fmt: skip
    link = next(x for x in links[0] if paper.article_at(x) == article)
    assert "utm_" in link
    assert ask(paper, link, at).body == ask(paper, paper.article_url(article.id), at).body


def test_a_mirror_lists_the_same_articles_under_other_links(paper: Newspaper) -> None:
    mirror = next(feed for feed in paper.script.feeds if feed.mirrors)
    at = START + 5 * DAY
    assert mirror.mirrors is not None
    pair = [paper.edition(feed, at).lines for feed in (mirror.id, mirror.mirrors)]
    assert pair[0] == pair[1]
    assert b"utm_source=forsiden" in paper.document(mirror.id, 3, False, None)


def test_guids_change_and_addresses_stay(paper: Newspaper) -> None:
    feed = next(f for f in paper.script.feeds if f.new_guids_at and f.format in ("rss", "atom"))
    assert feed.new_guids_at is not None
    number = paper.edition(feed.id, feed.new_guids_at).number
    old, new = (feedparser.parse(paper.document(feed.id, number, x, None)) for x in (False, True))
    assert not {e.id for e in old.entries} & {e.id for e in new.entries}
    assert [e.link for e in old.entries] == [e.link for e in new.entries]
    before = feed.new_guids_at - timedelta(seconds=1)
    tags = [
        ask(paper, paper.feed_url(feed.id), at).header("ETag") for at in (before, feed.new_guids_at)
    ]
    assert not feed.has_validators or tags[0] != tags[1]
