"""What is true of the scripted newspaper: its sites, feeds, articles and faults. Pure records.

Instants are timezone-aware UTC on whole seconds; spans are half-open, [start, end).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

FeedFormat = Literal["rss", "atom", "rdf", "json_feed", "news_sitemap"]
DateStyle = Literal["standard", "none", "zone_name", "dotted", "words", "no_offset"]
# teaser: 200 with JSON-LD isAccessibleForFree=false and only the standfirst; forbidden: lies in
# the section that robots.txt disallows (the server would answer 200).
Access = Literal["open", "teaser", "status_402", "status_403", "forbidden"]
Hiccup = Literal["none", "status_503", "status_429", "reset", "cut"]
FaultKind = Literal[
    "false_304",  # a feed: 304 to every conditional request, whatever has changed
    "broken_xml",  # a feed: cut off, or a bare ampersand
    "html_feed",  # a feed: 200 with the front page
    "feed_429",  # a feed: 429 with Retry-After
    "page_429",  # a host's articles: 429 with Retry-After
    "server_errors",  # a host, but for robots.txt: 500, 502, 503 or 504
    "resets",  # a host's articles: the connection is reset
    "robots_errors",  # a host's robots.txt: 503
    "login_week",  # a host's articles: 302 to a form to log in with, status 200
]
ON_A_FEED = frozenset({"false_304", "broken_xml", "html_feed", "feed_429"})
WINDOW = 30  # entries of a feed, newest first


@dataclass(frozen=True, slots=True)
class Site:
    """A newspaper's domain: one loopback address. ``disallowed`` are path prefixes.

    ``charset`` is that of its pages. ``page_style`` chooses how its article paths look.
    """

    host: str
    name: str
    language: str
    page_style: Literal["code", "dated", "query"] = "code"
    has_canonical: bool = True
    has_robots: bool = True
    disallowed: tuple[str, ...] = ()
    crawl_delay: float | None = None
    gzip: bool = False
    chunked: bool = False
    charset: Literal["utf-8", "iso-8859-1"] = "utf-8"


@dataclass(frozen=True, slots=True)
class Address:
    """A path (with query) and the instant from which it is the right one."""

    since: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. ``addresses`` are in order of time; the older ones redirect with ``move_status``.

    ``detour`` is a span in which it answers 302 to a temporary address. ``new_guids_at`` is when
    all its GUIDs change. ``has_guids`` is false where the format has none, or the paper left them
    out; with ``counts_guids`` they are the entries' positions. With ``has_moving_dates`` all dates
    are others at every request. ``ttl_minutes`` is what it says of itself. ``mirrors`` is the id
    of the feed all of whose articles it carries, too.
    """

    id: str
    host: str
    section: str
    format: FeedFormat
    addresses: tuple[Address, ...]
    move_status: Literal[301, 308] = 301
    detour: tuple[datetime, datetime] | None = None
    has_guids: bool = True
    new_guids_at: datetime | None = None
    has_validators: bool = True
    has_tracking: bool = False
    full_text: bool = False
    date_style: DateStyle = "standard"
    ttl_minutes: int | None = None
    silent_at: datetime | None = None
    gone_at: datetime | None = None
    mirrors: str | None = None
    counts_guids: bool = False
    has_moving_dates: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """An article comes to the top of a feed at ``since``."""

    feed: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Article:
    """An article. Revision n is served from ``revised_at[n]`` until the next one begins.

    ``addresses`` are in order of time; older ones redirect with 301 to the present one. From
    ``removed_at`` on its page answers 404 (410 if ``is_gone``); feeds drop it at ``dropped_at``.
    ``hiccup`` is what the first request to it, ever, gets in place of the page.
    """

    id: str
    host: str
    section: str
    topic: int
    language: str
    addresses: tuple[Address, ...]
    revised_at: tuple[datetime, ...]
    listings: tuple[Listing, ...]
    access: Access = "open"
    removed_at: datetime | None = None
    dropped_at: datetime | None = None
    is_gone: bool = False
    hiccup: Hiccup = "none"

    @property
    def published_at(self) -> datetime:
        return self.revised_at[0]

    def revision_at(self, at: datetime) -> int:
        """The number of the revision at ``at``; -1 before it is published."""
        return bisect_right(self.revised_at, at) - 1

    def path_at(self, at: datetime) -> str:
        """The right path at ``at`` (the first one before it is published)."""
        return right_path(self.addresses, at)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong with a feed (``feed`` is its id) or a host (``feed`` is None).

    ``variant`` chooses between the ways of a kind: see ``answers``.
    """

    kind: FaultKind
    host: str
    feed: str | None
    start: datetime
    end: datetime
    variant: int = 0

    def covers(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Script:
    """All that will happen between ``start`` and ``end``. Articles are older than ``start``, too,
    so that no feed is empty then.
    """

    seed: int
    start: datetime
    end: datetime
    sites: tuple[Site, ...]
    feeds: tuple[Feed, ...]
    articles: tuple[Article, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a feed shows it: which article, in which revision, at which address."""

    article: str
    revision: int
    path: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A feed's entries, newest first, from ``since`` until the next edition."""

    since: datetime
    number: int
    lines: tuple[Line, ...]


def right_path(addresses: tuple[Address, ...], at: datetime) -> str:
    """The path of the last address whose time has come; the first one before that."""
    path = addresses[0].path
    for address in addresses:
        if address.since <= at:
            path = address.path
    return path


def list_edition(feed: Feed, articles: tuple[Article, ...]) -> tuple[Edition, ...]:
    """All editions of ``feed``, in order of time: one for each change of what it shows."""
    steps = sorted(
        (step for article in articles for step in _list_step(feed.id, article)),
        key=lambda step: (step[0], step[1], step[2].id),
    )
    order: dict[str, Article] = {}  # oldest first
    editions: list[Edition] = []
    for place, (at, what, article) in enumerate(steps):
        if what != "change":
            order.pop(article.id, None)
        if what == "list":
            order[article.id] = article
            # Twice the window, as a dropped article lets an older one come back.
            if len(order) > 2 * WINDOW:
                del order[next(iter(order))]
        if place + 1 < len(steps) and steps[place + 1][0] == at:
            continue
        lines = tuple(
            Line(article.id, article.revision_at(at), article.path_at(at))
            for article in islice(reversed(order.values()), WINDOW)
        )
        if not editions or editions[-1].lines != lines:
            editions.append(Edition(at, len(editions), lines))
    return tuple(editions)


def _list_step(feed: str, article: Article) -> Iterator[tuple[datetime, str, Article]]:
    mine = [listing.since for listing in article.listings if listing.feed == feed]
    if not mine:
        return
    yield from ((since, "list", article) for since in mine)
    later = (*article.revised_at[1:], *(address.since for address in article.addresses[1:]))
    yield from ((since, "change", article) for since in later)
    if article.dropped_at is not None:
        yield article.dropped_at, "drop", article
