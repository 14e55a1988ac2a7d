"""Writes the script of a newspaper: what happens when. Pure and seeded.

Each decision draws on its own name (``chances``), so that switching one kind of event off leaves
the others where they are, but for feeds that can now take what they had no room for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.support.newspaper.chances import Chances
from tests.support.newspaper.events import (
    ARTICLE_SHARES,
    FEED_SHARES,
    MISCHIEF_SHARES,
    befall_article,
    befall_feed,
)
from tests.support.newspaper.faults import FAULT_RATES, write_fault
from tests.support.newspaper.truth import Address, Article, Feed, Listing, Script, Site

OSLO = ZoneInfo("Europe/Oslo")
# Shares of the sites; at least one of each.
SITE_SHARES = {"robots": 0.7, "no_canonical": 0.4, "gzip": 0.4, "chunked": 0.4, "latin1": 0.3}
# A fortnight before the clocks change, so that 30 days hold a night of 23 hours.
START = datetime(2026, 3, 16, 5, tzinfo=UTC)
BACKLOG = timedelta(days=4)
EVENTS = frozenset({*FEED_SHARES, *ARTICLE_SHARES, *SITE_SHARES, *FAULT_RATES})
# What befalls a paper only where it is asked for.
MISCHIEFS = frozenset({*MISCHIEF_SHARES, "login_week"})
CALM: frozenset[str] = frozenset()
SECTIONS = tuple("nyheter sport kultur okonomi lokalt meninger utenriks teknologi".split())
FORMATS = ("rss", "atom", "rss", "json_feed", "rss", "rdf", "atom", "rss", "news_sitemap", "rss")
# Ours: articles by hour of the day in Oslo, quiet at night, most of them before noon.
HOURS = (1, 1, 1, 1, 1, 3, 6, 8, 9, 9, 9, 9, 8, 8, 8, 7, 6, 5, 5, 5, 4, 4, 3, 2)
WEEKEND = 0.5


def write_script(
    seed: int,
    *,
    feeds: int = 20,
    hosts: int = 5,
    days: float = 30,
    start: datetime = START,
    pace: float = 1.0,
    events: Collection[str] = EVENTS,
) -> Script:
    """Return the script of ``hosts`` sites with ``feeds`` feeds between them.

    ``pace`` scales the number of articles; at 1 a feed has 5 to 40 a working day. ``events`` are
    the kinds of things that happen beside new articles. Raises ValueError for an unknown kind,
    fewer feeds than hosts, or a ``start`` without time zone.
    """
    if unknown := sorted(set(events) - EVENTS - MISCHIEFS):
        raise ValueError(f"unknown events {unknown}; known are {sorted(EVENTS)}")
    if not 0 < hosts <= min(feeds, 200):
        raise ValueError("give at least one host, and no fewer feeds than hosts")
    if start.tzinfo is None:
        raise ValueError("start needs a time zone")
    chances = Chances(seed, frozenset(events), start, start + timedelta(days=days))
    sites = _write_site(chances, hosts)
    all_feeds = befall_feed(chances, _write_feed(feeds, sites, start - 2 * BACKLOG))
    articles = tuple(sorted(
        (article for feed in all_feeds if feed.mirrors is None
         for article in _write_article(chances, feed, sites, pace)),
        key=lambda article: (article.published_at, article.id),
    ))  # fmt: skip
    articles = befall_article(chances, articles, all_feeds, sites)
    return Script(
        seed, start, chances.end, sites, all_feeds, articles,
        tuple(write_fault(chances, sites, all_feeds)),
    )  # fmt: skip


def _write_site(chances: Chances, count: int) -> tuple[Site, ...]:
    sites = [
        Site(
            host=f"127.0.0.{number + 2}",
            name=f"avis-{number + 2}",
            language="nn" if number % 4 == 3 else "nb",
            page_style=("code", "dated", "query")[number % 3],
            has_robots=False,
        )
        for number in range(count)
    ]
    chosen = {
        event: chances.choose(event, share, sites, lambda site: site.host)
        for event, share in SITE_SHARES.items()
    }
    return tuple(
        replace(
            site,
            has_canonical=site.host not in chosen["no_canonical"],
            has_robots=site.host in chosen["robots"],
            disallowed=("/pluss/",) if site.host in chosen["robots"] else (),
            crawl_delay=0.05 if site.host == min(chosen["robots"], default="") else None,
            gzip=site.host in chosen["gzip"],
            chunked=site.host in chosen["chunked"],
            charset="iso-8859-1" if site.host in chosen["latin1"] else "utf-8",
        )
        for site in sites
    )


def _write_feed(count: int, sites: Sequence[Site], since: datetime) -> tuple[Feed, ...]:
    feeds = []
    for number in range(count):
        site, place = sites[number % len(sites)], number // len(sites)
        section = SECTIONS[place % len(SECTIONS)] + str(place // len(SECTIONS) or "")
        kind = FORMATS[number % len(FORMATS)]
        suffix = {"json_feed": "json", "news_sitemap": "sitemap.xml"}.get(kind, "xml")
        feeds.append(
            Feed(
                id=f"feed-{number:02}",
                host=site.host,
                section=section,
                format=kind,  # type: ignore[arg-type]
                addresses=(Address(since, f"/feeds/{section}.{suffix}"),),
                has_guids=kind not in ("rdf", "news_sitemap"),
            )
        )
    return tuple(feeds)


def _write_article(
    chances: Chances, feed: Feed, sites: Sequence[Site], pace: float
) -> Iterator[Article]:
    """The articles that are this feed's own, as they are before anything befalls them."""
    random = Random(f"{chances.seed}/articles/{feed.id}")
    rate = pace * random.choice((5, 8, 8, 12, 12, 20, 40))
    (site,) = (site for site in sites if site.host == feed.host)
    begin = chances.start - BACKLOG
    day, number = begin.astimezone(OSLO).date(), 0
    while day <= chances.end.astimezone(OSLO).date():
        for at in _list_instant(random, day, rate):
            number += 1
            if not begin <= at < chances.end:
                continue
            if feed.silent_at is not None and at >= feed.silent_at:
                continue
            yield make_article(site, feed, number, at)
        day += timedelta(days=1)


def make_article(site: Site, feed: Feed, number: int, at: datetime) -> Article:
    """The plain article ``number`` of ``feed``: published ``at``, never touched again."""
    name = f"{feed.id}-{number:04}"
    code = hashlib.blake2b(f"{site.host}/{name}".encode(), digest_size=6).hexdigest()
    match site.page_style:
        case "code":
            path = f"/{feed.section}/i/{code}"
        case "dated":
            path = f"/{feed.section}/{at:%Y/%m/%d}/{code}.html"
        case "query":
            path = f"/les?sak={code}"
    return Article(
        id=name,
        host=site.host,
        section=feed.section,
        topic=number,
        language=site.language,
        addresses=(Address(at, path),),
        revised_at=(at,),
        listings=(Listing(feed.id, at),),
    )


def _list_instant(random: Random, day: date, rate: float) -> list[datetime]:
    """When articles appear on ``day`` in Oslo, in order: ``rate`` on average on a working day."""
    mean = rate * (WEEKEND if day.weekday() >= 5 else 1.0)
    count = max(0, round(random.gauss(mean, mean**0.5)))
    midnight = datetime.combine(day, time(), tzinfo=OSLO).astimezone(UTC)
    found = {
        midnight + timedelta(hours=hour, minutes=random.randrange(60))
        for hour in random.choices(range(24), weights=HOURS, k=count)
    }
    return sorted(found)
