"""What goes wrong at the newspaper: walls, hiccups, moves, broken feeds."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from lxml import etree
from protego import Protego

from tests.support.newspaper import START, Newspaper
from tests.support.newspaper.asking import (
    HOUR,
    LATER,
    ask,
    fault_of,
    is_peaceful,
    peaceful,
    some_article,
)
from tests.support.newspaper.truth import Fault, Feed


def feed_with(paper: Newspaper, fault: Fault) -> tuple[Feed, str]:
    assert fault.feed is not None
    feed = paper.feeds[fault.feed]
    return feed, paper.feed_url(feed.id, fault.start)


def test_validators_work(paper: Newspaper) -> None:
    feed = next(f for f in paper.script.feeds if f.has_validators and not f.new_guids_at)
    at, url = peaceful(paper, feed.host, START + HOUR), paper.feed_url(feed.id)
    first = ask(paper, url, at)
    tag, stamp = first.header("ETag") or "", first.header("Last-Modified") or ""
    assert ask(paper, url, at, if_none_match=tag).status == 304
    assert ask(paper, url, at, if_none_match=f'"x", W/{tag}').status == 304
    assert ask(paper, url, at, if_modified_since=stamp).status == 304
    assert ask(paper, url, at, if_none_match='"old"', if_modified_since=stamp).status == 200
    later = paper.editions(feed.id)[paper.edition(feed.id, at).number + 1].since
    later = peaceful(paper, feed.host, later)
    assert ask(paper, url, later, if_none_match=tag).status == 200
    assert ask(paper, url, later, if_modified_since=stamp).status == 200


def test_some_304s_are_false(paper: Newspaper) -> None:
    fault, at = fault_of(paper, "false_304")
    feed, url = feed_with(paper, fault)
    answer = ask(paper, url, at, if_none_match='"of last year"')
    assert answer.status == 304
    honest = ask(paper, url, at)
    assert honest.status == 200
    assert honest.header("ETag")
    assert ask(paper, url, peaceful(paper, feed.host, fault.end), if_none_match='"x"').status == 200


@pytest.mark.slow
def test_broken_feeds_parse_nowhere(paper: Newspaper) -> None:
    broken = [fault for fault in paper.script.faults if fault.kind == "broken_xml"]
    assert {fault.variant % 2 for fault in broken} == {0, 1}
    for fault in broken:
        feed, url = feed_with(paper, fault)
        answer = ask(paper, url, fault.start)
        if answer.status != 200:
            continue
        assert answer.header("ETag") is None
        error = ValueError if feed.format == "json_feed" else etree.XMLSyntaxError
        with pytest.raises(error):
            (json.loads if feed.format == "json_feed" else etree.fromstring)(answer.body)


def test_a_page_stands_in_for_the_feed(paper: Newspaper) -> None:
    fault, at = fault_of(paper, "html_feed")
    answer = ask(paper, feed_with(paper, fault)[1], at)
    assert (answer.status, answer.header("Content-Type")) == (200, "text/html; charset=utf-8")
    assert b"<!DOCTYPE html>" in answer.body


@pytest.mark.parametrize("kind", ["feed_429", "page_429"])
def test_too_many_requests_says_until_when(paper: Newspaper, kind: str) -> None:
    spelled = set()
    for fault in (fault for fault in paper.script.faults if fault.kind == kind):
        if fault.feed is not None:
            url = feed_with(paper, fault)[1]
        else:
            url = paper.article_url(next(a.id for a in paper.articles.values()
                                         if a.host == fault.host))  # fmt: skip
        answer = ask(paper, url, fault.start)
        if answer.status != 429:
            continue
        wait = answer.header("Retry-After") or ""
        spelled.add(wait.isdigit())
        until = (fault.start + timedelta(seconds=int(wait)) if wait.isdigit()
                 else parsedate_to_datetime(wait))  # fmt: skip
        assert until == fault.end
    assert spelled == {True, False}


def test_server_errors_hit_all_but_robots(paper: Newspaper) -> None:
    fault, at = fault_of(paper, "server_errors")
    site = paper.sites[fault.host]
    urls = [paper.feed_url(feed.id) for feed in paper.feeds.values() if feed.host == fault.host]
    assert {ask(paper, url, at).status for url in urls} <= {500, 502, 503, 504}
    robots = ask(paper, paper.url(fault.host, "/robots.txt"), at)
    assert robots.status == (200 if site.has_robots else 404)


def test_robots_has_its_bad_hours(paper: Newspaper) -> None:
    fault, at = fault_of(paper, "robots_errors")
    url = paper.url(fault.host, "/robots.txt")
    assert ask(paper, url, at).status == 503
    rules = Protego.parse(ask(paper, url, fault.end).body.decode())
    forbidden = some_article(paper, access="forbidden")
    assert not rules.can_fetch(paper.article_url(forbidden.id), "newsbeam")
    assert rules.can_fetch(paper.url(fault.host, "/nyheter/i/1"), "newsbeam")
    delays = {site.crawl_delay for site in paper.sites.values() if site.has_robots}
    assert delays == {None, 0.05}


def test_resets_and_hiccups(paper: Newspaper) -> None:
    fault, at = fault_of(paper, "resets")
    article = next(a for a in paper.articles.values() if a.host == fault.host)
    assert ask(paper, paper.article_url(article.id), at).manner == "reset"
    for hiccup, status in (("status_503", 503), ("status_429", 429), ("reset", 0)):
        article = some_article(paper, hiccup=hiccup)
        url = paper.article_url(article.id)
        assert ask(paper, url, article.published_at, earlier=0).status == status
        assert ask(paper, url, article.published_at, earlier=1).status == 200


def test_moved_pages_redirect(paper: Newspaper) -> None:
    article = next(
        a for a in paper.script.articles
        if len(a.addresses) > 1 and a.access == "open" and a.removed_at is None
        and is_peaceful(paper, a.host, a.addresses[1].since)
        and is_peaceful(paper, a.host, a.published_at)
    )  # fmt: skip
    moved_at = article.addresses[1].since
    old, new = paper.article_url(article.id), paper.article_url(article.id, moved_at)
    assert ask(paper, old, article.published_at).status == 200
    assert ask(paper, new, article.published_at).status == 404
    answer = ask(paper, old, moved_at)
    assert (answer.status, answer.header("Location")) == (301, new)
    assert ask(paper, new, moved_at).status == 200
    feed = article.listings[0].feed
    assert paper.feeds[feed].has_guids
    edition = paper.edition(feed, moved_at)
    assert new in {paper.url(article.host, line.path) for line in edition.lines}


def test_walls_and_removals(paper: Newspaper) -> None:
    for access, status in (("status_402", 402), ("status_403", 403), ("teaser", 200)):
        article = some_article(paper, access=access)
        answer = ask(paper, paper.article_url(article.id), article.published_at)
        assert answer.status == status
    story = paper.story(article.id, 0)
    page = answer.body.decode(paper.sites[article.host].charset)
    assert '"isAccessibleForFree": false' in page
    assert story.standfirst in page
    assert not [line for line in story.paragraphs if line in page]
    gone = {}
    for article in paper.script.articles:
        at = article.removed_at
        if at is not None and is_peaceful(paper, article.host, at):
            gone[article.is_gone] = ask(paper, paper.article_url(article.id), at).status
    assert gone == {True: 410, False: 404}


def test_moved_feeds_detours_and_gone_ones(paper: Newspaper) -> None:
    moved = next(feed for feed in paper.script.feeds if len(feed.addresses) > 1)
    at = peaceful(paper, moved.host, moved.addresses[1].since)
    answer = ask(paper, paper.feed_url(moved.id), at)
    assert answer.status == moved.move_status
    assert answer.header("Location") == paper.feed_url(moved.id, at)
    early = peaceful(paper, moved.host, START)
    assert ask(paper, paper.feed_url(moved.id, at), early).status == 404
    assert ask(paper, paper.feed_url(moved.id), early).status == 200

    roundabout = next(feed for feed in paper.script.feeds if feed.detour)
    assert roundabout.detour is not None
    at = peaceful(paper, roundabout.host, roundabout.detour[0])
    answer = ask(paper, paper.feed_url(roundabout.id, at), at)
    assert answer.status == 302
    assert ask(paper, answer.header("Location") or "", at).status == 200

    gone = next(feed for feed in paper.script.feeds if feed.gone_at)
    assert gone.gone_at is not None
    at = peaceful(paper, gone.host, gone.gone_at)
    assert ask(paper, paper.feed_url(gone.id), at).status == 410

    silent = next(feed for feed in paper.script.feeds if feed.silent_at)
    assert silent.silent_at is not None
    newest = max(paper.articles[line.article].published_at
                 for line in paper.edition(silent.id, LATER).lines)  # fmt: skip
    assert newest < silent.silent_at


def test_front_pages_lead_to_feeds_and_articles(paper: Newspaper) -> None:
    feed = next(feed for feed in paper.script.feeds if feed.format == "rss")
    at = peaceful(paper, feed.host, START)
    for path in ("/", f"/{feed.section}/"):
        page = ask(paper, paper.url(feed.host, path), at).body.decode()
        assert 'rel="alternate" type="application/rss+xml"' in page
        assert feed.addresses[0].path in page
        links = re.findall(r'<h2><a href="([^"]+)"', page)
        assert links
        assert all(paper.article_at(paper.url(feed.host, link)) for link in links)
