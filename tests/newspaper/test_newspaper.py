"""The scripted newspaper itself: that it does what its script says, and that its checks bite."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import feedparser
import pytest
from lxml import etree
from protego import Protego

from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.records import Article as ExtractedArticle
from newsbeam.transforms.records import Document, Provenance
from newsbeam.transforms.text.dates import parse_instant
from tests.support.newspaper import CALM, EVENTS, MISCHIEFS, START, Newspaper, make_site
from tests.support.newspaper.answers import Answer, Question, answer_question
from tests.support.newspaper.feeds import format_date
from tests.support.newspaper.truth import WINDOW, Article, Fault, Feed, FeedFormat

OSLO = ZoneInfo("Europe/Oslo")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = START + 30 * DAY


@pytest.fixture(scope="module")
def paper() -> Newspaper:
    """A month with all that can happen. Not served: its port is only said to be one."""
    newspaper = Newspaper(seed=7)
    newspaper.port = 8000
    return newspaper


def ask(paper: Newspaper, url: str, at: datetime, earlier: int = 1, **headers: str) -> Answer:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_question(paper, Question(parts.hostname or "", path, "GET", given), at, earlier)


def is_peaceful(paper: Newspaper, host: str, at: datetime) -> bool:
    return not any(fault.host == host and fault.covers(at) for fault in paper.script.faults)


def peaceful(paper: Newspaper, host: str, since: datetime) -> datetime:
    """The first full hour from ``since`` on without a fault at ``host``."""
    return next(at for n in range(99) if is_peaceful(paper, host, at := since + n * HOUR))


def some_article(paper: Newspaper, **wanted: object) -> Article:
    """The first article with these attributes that is young, served plainly and in peace."""
    plain: dict[str, object] = {"access": "open", "hiccup": "none", "removed_at": None} | wanted
    return next(
        article
        for article in paper.script.articles
        if article.published_at > START
        and all(getattr(article, name) == value for name, value in plain.items())
        and is_peaceful(paper, article.host, article.published_at)
    )


def fault_of(paper: Newspaper, kind: str) -> tuple[Fault, datetime]:
    """A fault of a kind, and an instant when it is the only one at its host."""
    for fault in paper.script.faults:
        others = [f for f in paper.script.faults if f.host == fault.host and f != fault]
        middle = fault.start + (fault.end - fault.start) / 2
        if fault.kind == kind and not any(other.covers(middle) for other in others):
            return fault, middle
    raise AssertionError(f"no {kind} of its own")


# --- The script


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_happens_within_a_month(seed: int) -> None:
    script = Newspaper(seed).script
    feeds, articles, sites = script.feeds, script.articles, script.sites
    happened = {
        "gone_feeds": any(feed.gone_at for feed in feeds),
        "silent_feeds": any(feed.silent_at for feed in feeds),
        "changed_guids": any(feed.new_guids_at for feed in feeds),
        "moved_feeds": any(len(feed.addresses) > 1 for feed in feeds),
        "detours": any(feed.detour for feed in feeds),
        "no_validators": not all(feed.has_validators for feed in feeds),
        "no_guids": any(feed.format == "rss" and not feed.has_guids for feed in feeds),
        "no_dates": any(feed.date_style == "none" for feed in feeds),
        "odd_dates": any(feed.date_style not in ("none", "standard") for feed in feeds),
        "tracking": any(feed.has_tracking for feed in feeds),
        "full_text": any(feed.full_text for feed in feeds),
        "ttl": any(feed.ttl_minutes for feed in feeds),
        "mirrors": any(feed.mirrors for feed in feeds),
        "edits": any(len(article.revised_at) > 1 for article in articles),
        "moved_pages": any(len(article.addresses) > 1 for article in articles),
        "removals": any(article.removed_at for article in articles),
        "paywalls": {"teaser", "status_402", "status_403"} <= {a.access for a in articles},
        "robots": any(article.access == "forbidden" for article in articles),
        "comebacks": any(len(a.listings) > len({x.feed for x in a.listings}) for a in articles),
        "shared_entries": any(len({x.feed for x in a.listings}) > 1 for a in articles),
        "hiccups": {"status_503", "reset", "cut"} & {a.hiccup for a in articles},
        "short_429": any(article.hiccup == "status_429" for article in articles),
        "no_canonical": not all(site.has_canonical for site in sites),
        "gzip": any(site.gzip for site in sites),
        "chunked": any(site.chunked for site in sites),
        "latin1": any(site.charset == "iso-8859-1" for site in sites),
    } | dict.fromkeys({fault.kind for fault in script.faults}, True)
    assert set(happened) == EVENTS
    assert [event for event, has in happened.items() if not has] == []
    assert {feed.format for feed in feeds} == {"rss", "atom", "rdf", "json_feed", "news_sitemap"}
    assert {article.language for article in articles} == {"nb", "nn"}


def test_the_same_seed_gives_the_same_paper_and_another_one_another() -> None:
    first, again, other = (Newspaper(seed, feeds=4, hosts=2, days=3) for seed in (1, 1, 2))
    assert first.script == again.script
    assert first.script != other.script
    name = first.script.articles[0].id
    assert first.story(name, 0) == again.story(name, 0) != other.story(name, 0)


def test_a_calm_paper_only_publishes() -> None:
    script = Newspaper(3, feeds=4, hosts=2, days=3, events=CALM).script
    assert script.faults == ()
    assert {a.access for a in script.articles} == {"open"}
    assert all(len(a.revised_at) == len(a.addresses) == len(a.listings) == 1
               for a in script.articles)  # fmt: skip
    assert not any(f.gone_at or f.silent_at or f.mirrors or f.has_tracking for f in script.feeds)


def test_one_event_comes_alone() -> None:
    script = Newspaper(3, feeds=4, hosts=2, days=10, events={"broken_xml"}).script
    assert {fault.kind for fault in script.faults} == {"broken_xml"}
    assert all(len(article.revised_at) == 1 for article in script.articles)


def test_mischief_comes_where_it_is_asked_for() -> None:
    whole = Newspaper(5, events=EVENTS | MISCHIEFS).script
    calm = Newspaper(5).script
    assert not any(feed.has_moving_dates or feed.counts_guids for feed in calm.feeds)
    moving = [feed for feed in whole.feeds if feed.has_moving_dates]
    assert moving
    assert not any(feed.has_validators for feed in moving)
    assert any(feed.counts_guids for feed in whole.feeds)
    (week,) = (fault for fault in whole.faults if fault.kind == "login_week")
    assert week.end - week.start == timedelta(days=7)
    # Feeds that send no validators have no false 304.
    others = [f for f in whole.faults if f.kind not in ("login_week", "false_304")]
    assert others == [fault for fault in calm.faults if fault.kind != "false_304"]


def test_switching_an_event_off_leaves_the_others_alone() -> None:
    whole, less = Newspaper(5).script, Newspaper(5, events=EVENTS - {"edits"}).script
    assert less.faults == whole.faults
    assert less.feeds == whole.feeds
    assert [replace(a, revised_at=a.revised_at[:1]) for a in whole.articles] == list(less.articles)


@pytest.mark.parametrize(
    "wrong", [{"events": {"quake"}}, {"feeds": 2, "hosts": 3}, {"start": datetime(2026, 3, 1)}]  # noqa: DTZ001
)  # fmt: skip
def test_impossible_papers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Newspaper(1, **wrong)  # type: ignore[arg-type]


def test_articles_keep_the_paper_s_hours(paper: Newspaper) -> None:
    local = [article.published_at.astimezone(OSLO) for article in paper.script.articles]
    night = sum(at.hour < 5 for at in local)
    morning = sum(8 <= at.hour < 13 for at in local)
    assert morning > 5 * night > 0
    saturday, tuesday = (sum(at.weekday() == day for at in local) for day in (5, 1))
    assert saturday < 0.8 * tuesday


def test_paragraphs_are_unique_and_norwegian(paper: Newspaper) -> None:
    stories = [paper.story(article.id, 0) for article in paper.script.articles[::10]]
    lines = [line for story in stories for line in story.lines]
    assert len(set(lines)) > 0.995 * len(lines)
    assert all(4 <= len(story.paragraphs) <= 12 for story in stories)
    assert all(said in "\n".join(story.lines) for story in stories for said, _ in story.quotes)
    assert not [line for line in lines if "{" in line or (not line[0].isupper() and line[0] != "–")]


def test_an_edit_keeps_what_was_there(paper: Newspaper) -> None:
    article = next(a for a in paper.script.articles if len(a.revised_at) > 2)
    first, second = paper.story(article.id, 0), paper.story(article.id, 1)
    assert set(first.paragraphs) < set(second.paragraphs)
    assert second.standfirst.startswith(first.standfirst)
    assert second.standfirst != first.standfirst


# --- Feeds


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


# --- What goes wrong


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


# --- Pages


def test_pages_extract_to_the_truth(paper: Newspaper) -> None:
    """The reference extractor's lines, less what cleaning removes, are the story's lines."""
    chosen = [a for a in paper.script.articles if a.access == "open"][::400]
    sites = [paper.sites[article.host] for article in chosen]
    assert {site.charset for site in sites} == {"utf-8", "iso-8859-1"}
    for article, site in zip(chosen, sites, strict=True):
        revision = len(article.revised_at) - 1
        url = paper.article_url(article.id, LATER)
        body = paper.page(article.id, revision, article.addresses[-1].path)
        provenance = Provenance(site.name, url, url, "0" * 64, url, LATER)
        found = extract_article(
            Document(provenance, "text/html", body, site.charset),
            language=site.language,
            timezone=OSLO,
        )
        assert isinstance(found, ExtractedArticle), found
        story = paper.story(article.id, revision)
        lines = [block.text for block in found.blocks]
        assert [line for line in lines if line in story.lines] == list(story.lines)
        told = found.metadata
        assert (told.title, told.authors) == (story.title, (story.author,))
        assert (told.published_at, told.modified_at) == (
            article.published_at,
            article.revised_at[revision],
        )
        assert found.language == article.language
