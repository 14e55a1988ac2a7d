"""The newspaper: a script, a clock and a port, and everything that can be asked of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import yaml

from tests.support.newspaper.expected import Expected, list_expected
from tests.support.newspaper.feeds import MEDIA_TYPES, Item, render_feed
from tests.support.newspaper.pages import render_content, render_front, render_page, render_robots
from tests.support.newspaper.script import CALM, EVENTS, START, make_article, write_script
from tests.support.newspaper.stories import Story, revise_story, write_story
from tests.support.newspaper.truth import (
    Article,
    Edition,
    Fault,
    FaultKind,
    Feed,
    FeedFormat,
    Script,
    list_edition,
    right_path,
)

_TRACKERS = ("utm_source=", "utm_medium=", "utm_id=")


class Newspaper:
    """A scripted newspaper of one or more sites.

    Either give a ``script`` or what ``write_script`` makes one from. ``clock`` tells the
    simulated now; ``set_time`` stops it at an instant. ``port`` is 0 until ``serve`` has bound
    one; served again, the paper keeps it, as its addresses hold it.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        feeds: int = 20,
        hosts: int = 5,
        days: float = 30,
        start: datetime = START,
        pace: float = 1.0,
        events: Collection[str] = EVENTS,
        script: Script | None = None,
    ) -> None:
        self.script = script or write_script(
            seed, feeds=feeds, hosts=hosts, days=days, start=start, pace=pace, events=events
        )
        self.port = 0
        self.clock: Callable[[], datetime] = lambda: self.script.start
        self.sites = {site.host: site for site in self.script.sites}
        self.feeds = {feed.id: feed for feed in self.script.feeds}
        self.articles = {article.id: article for article in self.script.articles}
        self.story = lru_cache(20_000)(self._write_story)
        self.editions = lru_cache(None)(self._list_edition)
        self.page = lru_cache(4_000)(self._render_page)
        self.document = lru_cache(500)(self._render_document)

    def set_time(self, at: datetime) -> None:
        """Stop the paper's clock at ``at``."""
        self.clock = lambda: at

    # Addresses

    def url(self, host: str, path: str) -> str:
        """Absolute address of ``path``. Raises RuntimeError before the paper is served."""
        if not self.port:
            raise RuntimeError("the paper has no address before `serve` has bound a port")
        return f"http://{host}:{self.port}{path}"

    def feed_url(self, feed: str, at: datetime | None = None) -> str:
        """The feed's right address at ``at``; its first one if left out."""
        found = self.feeds[feed]
        return self.url(
            found.host, right_path(found.addresses, at) if at else found.addresses[0].path
        )

    def article_url(self, article: str, at: datetime | None = None) -> str:
        """The article's canonical address at ``at``; its first one if left out."""
        found = self.articles[article]
        return self.url(
            found.host, right_path(found.addresses, at) if at else found.addresses[0].path
        )

    @property
    def feed_urls(self) -> list[str]:
        """The first addresses of all feeds."""
        return [self.feed_url(feed) for feed in self.feeds]

    def article_at(self, url: str) -> Article | None:
        """The article that ``url`` leads to, at whatever time and with whatever trackers."""
        parts = urlsplit(url)
        path = urlunsplit(("", "", parts.path, parts.query, ""))
        return self.pages_by_path.get((parts.hostname or "", strip_trackers(path)))

    # The truth

    def _write_story(self, article: str, revision: int) -> Story:
        found = self.articles[article]
        seed = f"{self.script.seed}/{article}"
        if revision == 0:
            return write_story(seed, found.language, found.topic)
        return revise_story(self.story(article, revision - 1), f"{seed}/{revision}")

    def _list_edition(self, feed: str) -> tuple[Edition, ...]:
        return list_edition(self.feeds[feed], self._listed[feed])

    def edition(self, feed: str, at: datetime) -> Edition:
        """What the feed shows at ``at``."""
        editions = self.editions(feed)
        place = bisect_right(editions, at, key=lambda edition: edition.since) - 1
        return editions[place] if place >= 0 else Edition(self.script.start, -1, ())

    def expected(
        self,
        poll_gap: timedelta,
        until: datetime,
        *,
        since: datetime | None = None,
        retry_for: timedelta = timedelta(0),
        robots_memory: timedelta = timedelta(days=1),
    ) -> Expected:
        """What a well-behaved client must have; see ``expected.list_expected``."""
        return list_expected(
            self.script,
            {feed: self.editions(feed) for feed in self.feeds},
            poll_gap=poll_gap,
            since=since or self.script.start,
            until=until,
            retry_for=retry_for,
            robots_memory=robots_memory,
        )

    # Lookups of the server

    @cached_property
    def feeds_by_path(self) -> dict[tuple[str, str], Feed]:
        return {(feed.host, x.path): feed for feed in self.feeds.values() for x in feed.addresses}

    @cached_property
    def pages_by_path(self) -> dict[tuple[str, str], Article]:
        return {(a.host, x.path): a for a in self.articles.values() for x in a.addresses}

    def faults(self, kind: FaultKind, host: str) -> list[Fault]:
        """The faults of a kind at a host, whenever they are."""
        return self._faults.get((kind, host), [])

    @cached_property
    def _faults(self) -> dict[tuple[FaultKind, str], list[Fault]]:
        found: dict[tuple[FaultKind, str], list[Fault]] = {}
        for fault in self.script.faults:
            found.setdefault((fault.kind, fault.host), []).append(fault)
        return found

    @cached_property
    def _listed(self) -> dict[str, tuple[Article, ...]]:
        listed: dict[str, list[Article]] = {feed: [] for feed in self.feeds}
        for article in self.script.articles:
            for feed in {listing.feed for listing in article.listings}:
                listed[feed].append(article)
        return {feed: tuple(articles) for feed, articles in listed.items()}

    @cached_property
    def _by_host(self) -> dict[str, list[Article]]:
        found: dict[str, list[Article]] = {host: [] for host in self.sites}
        for article in self.script.articles:
            found[article.host].append(article)
        return found

    # What the server sends

    def _render_page(self, article: str, revision: int, path: str) -> bytes:
        found = self.articles[article]
        site = self.sites[found.host]
        story = self.story(article, revision)
        return render_page(
            site,
            found,
            story,
            self.url(found.host, path),
            found.revised_at[revision],
            self._list_latest(found.host, found.published_at, 4),
            self._sections(found.host),
        )

    def _render_document(
        self, feed: str, edition: int, has_new_guids: bool, token: str | None, shift: int = 0
    ) -> bytes:
        """The feed's body; ``token`` goes into the links where the feed tracks its readers, all
        dates are ``shift`` minutes earlier than they are."""
        found = self.feeds[feed]
        shown = self.editions(feed)[edition] if edition >= 0 else Edition(self.script.start, -1, ())
        items = []
        earlier = timedelta(minutes=shift)
        for place, line in enumerate(shown.lines, 1):
            article = self.articles[line.article]
            guid = str(place) if found.counts_guids else self._guid(found, article, has_new_guids)
            items.append(
                Item(
                    guid=guid if found.has_guids else None,
                    link=self.url(found.host, _track(line.path, found, token)),
                    story=self.story(line.article, line.revision),
                    section=article.section,
                    published_at=article.published_at - earlier,
                    updated_at=article.revised_at[line.revision] - earlier
                    if line.revision
                    else None,
                    content=render_content(self.story(line.article, line.revision))
                    if found.full_text and article.access == "open"
                    else None,
                )
            )
        site = self.sites[found.host]
        title = f"{site.name} - {found.section}"
        return render_feed(found, title, self.url(found.host, "/"), items, site.language)

    def front(self, host: str, at: datetime, section: str | None = None) -> bytes:
        """The front page of a site, or of a section of it, at ``at``."""
        feeds = [
            (right_path(feed.addresses, at), MEDIA_TYPES[feed.format], feed.section)
            for feed in self.feeds.values()
            if feed.host == host
            and section in (None, feed.section)
            and feed.format != "news_sitemap"
        ]
        latest = self._list_latest(host, at, 20, section)
        return render_front(self.sites[host], latest, feeds, self._sections(host))

    def robots(self, host: str) -> bytes:
        """The site's robots.txt."""
        sitemaps = [
            self.feed_url(feed.id)
            for feed in self.feeds.values()
            if feed.host == host and feed.format == "news_sitemap"
        ]
        return render_robots(self.sites[host], sitemaps)

    def _guid(self, feed: Feed, article: Article, has_new_guids: bool) -> str:
        series = "ny" if has_new_guids else "sak"
        owner = f"{feed.id}." if feed.mirrors else ""
        return f"{self.sites[feed.host].name}:{series}:{owner}{article.id}"

    def _sections(self, host: str) -> list[str]:
        return sorted({feed.section for feed in self.feeds.values() if feed.host == host})

    def _list_latest(
        self, host: str, at: datetime, count: int, section: str | None = None
    ) -> list[tuple[str, str]]:
        """(path, title) of the newest articles before ``at``, as first published."""
        mine = self._by_host[host]
        end = bisect_right(mine, at - timedelta(seconds=1), key=lambda a: a.published_at)
        found: list[tuple[str, str]] = []
        for article in reversed(mine[:end]):
            if section in (None, article.section):
                found.append((article.path_at(at), self.story(article.id, 0).title))
            if len(found) == count:
                break
        return found

    # Configuration

    def write_configs(self, folder: Path, contact: str = "tests@example.org") -> list[Path]:
        """Write one source a site, as newsbeam's YAML, into ``folder``; return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for site in self.sites.values():
            source = {
                "id": site.name,
                "language": site.language,
                "feeds": [self.feed_url(f.id) for f in self.feeds.values() if f.host == site.host],
                "fetch": {
                    "allow_addresses": ["127.0.0.0/8"],
                    "seconds_between_requests": 0.02,
                    "contact": contact,
                },
            }
            path = folder / f"{site.name}.yaml"
            path.write_text(yaml.safe_dump(source, sort_keys=False), encoding="utf-8")
            paths.append(path)
        return paths


def make_site(
    articles: int = 3,
    *,
    feeds: int = 1,
    hosts: int = 1,
    format: FeedFormat = "rss",
    seed: int = 1,
    start: datetime = START,
    every: timedelta = timedelta(hours=1),
) -> Newspaper:
    """Return a calm paper: each feed has ``articles`` articles, the last published at ``start``,
    one ``every`` before the other. Nothing else ever happens.
    """
    script = write_script(seed, feeds=feeds, hosts=hosts, days=1, start=start, pace=0, events=CALM)
    sites = {site.host: site for site in script.sites}
    ours = tuple(
        replace(feed, format=format, has_guids=format not in ("rdf", "news_sitemap"))
        for feed in script.feeds
    )
    made = tuple(
        make_article(sites[feed.host], feed, number + 1, start - (articles - 1 - number) * every)
        for number in range(articles)
        for feed in ours
    )
    return Newspaper(script=replace(script, feeds=ours, articles=made))


def strip_trackers(path: str) -> str:
    """``path`` without the tracking parameters that the paper's feeds add."""
    stem, _, query = path.partition("?")
    kept = [item for item in query.split("&") if item and not item.startswith(_TRACKERS)]
    return f"{stem}?{'&'.join(kept)}" if kept else stem


def _track(path: str, feed: Feed, token: str | None) -> str:
    if token is not None:
        added = f"utm_source=rss&utm_medium=feed&utm_id={token}"
    elif feed.mirrors is not None:
        added = "utm_source=forsiden"
    else:
        return path
    return f"{path}{'&' if '?' in path else '?'}{added}"
