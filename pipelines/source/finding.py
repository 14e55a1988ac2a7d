"""Finds the feeds of a site, from the address of its front page, a feed or an article."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsbeam.pipelines.source.feed_choice import FoundFeed, JudgedFeed, choose_feeds
from newsbeam.pipelines.source.feed_places import (
    find_front,
    is_topic_feed,
    list_common_places,
    rank_sitemaps,
)
from newsbeam.pipelines.source.site_pages import SitePage, looks_like_feed, read_site_page
from newsbeam.pipelines.source.trouble import SourceTrouble, Trouble, explain_fault, explain_no_feed
from newsbeam.pipelines.source.visits import SiteVisitor
from newsbeam.transforms.feeds.parse import FeedFault, parse_feed
from newsbeam.transforms.poll.read_answer import read_front_page
from newsbeam.transforms.records import FetchFault, ParsedFeed, Response
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.identity import canonicalize_url

# Ours: requests while looking for feeds, robots.txt aside. A site whose feeds are in the head of
# its front page needs two or three of them.
MOST_REQUESTS = 15
_MOST_IN_HEAD, _MOST_LINKED, _MOST_SITEMAPS, _MOST_OF_INDEX = 6, 4, 4, 2
# Where a wall stands before the pages, there may be none before the feeds.
_MOST_BEHIND_WALL = 4
_WALLS = frozenset({"forbidden", "bot_wall", "unauthorized", "paywalled"})
# So many links that look like stories make a page one to poll. Ours.
_FEWEST_STORIES = 5
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class FoundSite:
    """A site and its feeds. ``pages`` are those that were looked at (front page, article).

    ``article`` is the answer to the address that was given, where that is an article.
    """

    url: str
    feeds: tuple[JudgedFeed, ...]
    pages: tuple[SitePage, ...]
    article: Response | None

    @property
    def chosen(self) -> tuple[FoundFeed, ...]:
        """The feeds to poll, the best first."""
        return tuple(feed.found for feed in self.feeds if feed.left_out is None)


class _Search:
    """The search on one site: what was asked for already, what was found."""

    def __init__(self, visitor: SiteVisitor) -> None:
        self.visitor = visitor
        self.found: list[FoundFeed] = []
        self.pages: list[SitePage] = []
        self.fronts: list[Response] = []
        self._asked: set[str] = set()

    def has_usable(self, now: datetime) -> bool:
        """Whether a feed was found that is worth polling, and is no last resort."""
        return any(
            one.left_out is None
            and not one.found.is_plain_sitemap
            and (one.found.is_given or not is_topic_feed(one.found.url))
            for one in choose_feeds(self.found, now)
        )

    async def try_feeds(
        self, addresses: Iterable[str], found_by: str, most: int, *, deeper: bool = True
    ) -> None:
        """Ask at most ``most`` of ``addresses`` for feeds; pages that list feeds and sitemaps that
        list sitemaps are followed one step (``deeper``)."""
        new = [a for a in dict.fromkeys(addresses) if self.key(a) not in self._asked]
        for address in new[:most]:
            if self.key(address) in self._asked:
                continue
            answer = await self.visit(address, found_by)
            if not isinstance(answer, Response):
                continue
            parsed = self.read_feed(answer, found_by)
            if parsed is None:
                page = read_site_page(answer.body, answer.charset, answer.url)
                # A page about RSS, where a feed was looked for.
                if page is not None and deeper and looks_like_feed(answer.url):
                    linked = (*page.feeds, *page.feed_links)
                    await self.try_feeds(linked, "linked there", _MOST_LINKED, deeper=False)
            elif parsed.kind == "sitemap_index" and deeper:
                listed = rank_sitemaps(parsed.sitemaps)
                await self.try_feeds(listed, "listed there", _MOST_OF_INDEX, deeper=False)

    async def visit(self, address: str, why: str) -> Response | FetchFault | None:
        """Ask ``address``, once."""
        self._asked.add(self.key(address))
        return await self.visitor.ask(address, why)

    def read_feed(
        self, answer: Response, found_by: str, *, is_given: bool = False
    ) -> ParsedFeed | None:
        """The feed in an answer, which is noted; ``None`` where there is none."""
        parsed = parse_feed(
            answer.body, url=answer.url, charset=answer.charset, timezone=_UTC,
            latest=answer.fetched_at,
        )  # fmt: skip
        if isinstance(parsed, FeedFault):
            if not (is_given or found_by == "the front page"):
                self.visitor.judge_last(f"no feed: {parsed.detail}", is_ok=False)
            return None
        self._asked.add(self.key(answer.url))
        address = answer.moved_to or self.visitor.visits[-1].url
        kind = parsed.kind.replace("_", " ")
        self.visitor.judge_last(f"{kind}, {show_count(len(parsed.entries), 'entry')}", is_ok=True)
        if not any(self.key(one.url) == self.key(address) for one in self.found):
            self.found.append(FoundFeed(address, found_by, parsed, is_given))
        return parsed

    def read_page(self, answer: Response) -> SitePage | None:
        """What the page in an answer tells, which is noted."""
        page = read_site_page(answer.body, answer.charset, answer.url)
        if page is not None:
            self.pages.append(page)
            if not page.is_article:
                self.fronts.append(answer)
        return page

    def take_page(self) -> None:
        """Take a page in place of a feed: the first that lists stories."""
        for answer in self.fronts:
            parsed = read_front_page(answer)
            if isinstance(parsed, ParsedFeed) and len(parsed.entries) >= _FEWEST_STORIES:
                self.found.append(FoundFeed(answer.url, "the page itself", parsed))
                return

    @staticmethod
    def key(address: str) -> str:
        """What two spellings of an address have in common."""
        return (canonicalize_url(address) or address).rstrip("/")


async def find_site(visitor: SiteVisitor, url: str, now: datetime) -> FoundSite:
    """Look for the feeds of the site of ``url``; at most ``MOST_REQUESTS`` are asked.

    In this order, until a feed is found that is worth polling: the address itself; the head of its
    page and of the front page; robots.txt's sitemaps; links that look like feeds; common places.
    Where there is none, the page is taken that lists stories.

    Raises:
        SourceTrouble: there is nothing to poll; why, and what to try.
    """
    search = _Search(visitor)
    client = visitor.client
    start = await search.visit(url, "the given address")
    if isinstance(start, FetchFault) and start.reason not in _WALLS:
        raise SourceTrouble(explain_fault(start, client, url, visitor.visits))
    article: Response | None = None
    site_url = url
    page: SitePage | None = None
    if isinstance(start, Response):
        site_url = start.url
        given = search.read_feed(start, "given", is_given=True)
        if given is not None and given.kind != "sitemap_index":
            return _finish(search, site_url, now, None)
        if given is not None:
            listed = rank_sitemaps(given.sitemaps)
            await search.try_feeds(listed, "listed there", _MOST_SITEMAPS)
            return _finish(search, site_url, now, None)
        page = search.read_page(start)
        if page is None:
            detail = f"{start.url} is neither a web page nor a feed: {start.content_type or '?'}"
            advice = ("Give the address of the front page, of an article or of a feed.",)
            raise SourceTrouble(Trouble("not_html", detail, advice, tuple(visitor.visits)))
        article = start if page.is_article else None
        await search.try_feeds(page.feeds, "in the page's head", _MOST_IN_HEAD)
    front = find_front(site_url)
    if search.key(front) != search.key(site_url) and not search.has_usable(now):
        answer = await search.visit(front, "the front page")
        if isinstance(answer, Response) and search.read_feed(answer, "the front page") is None:
            page = search.read_page(answer) or page
            if page is not None:
                await search.try_feeds(page.feeds, "in the front page's head", _MOST_IN_HEAD)
    await _look_around(search, site_url, page, now)
    if not any(one.left_out is None for one in choose_feeds(search.found, now)):
        search.take_page()
    if isinstance(start, FetchFault) and not search.has_usable(now):
        raise SourceTrouble(explain_fault(start, client, url, visitor.visits))
    return _finish(search, site_url, now, article)


async def _look_around(search: _Search, url: str, page: SitePage | None, now: datetime) -> None:
    """robots.txt, links and common places, until there is a feed."""
    robots = search.visitor.client.known_robots(url)
    if not search.has_usable(now) and robots is not None:
        sitemaps = rank_sitemaps(robots.sitemaps)
        await search.try_feeds(sitemaps, "in robots.txt", _MOST_SITEMAPS)
    if not search.has_usable(now) and page is not None:
        linked = page.feed_links
        await search.try_feeds(linked, "linked on the page", _MOST_LINKED)
    # Refused at the door: a few places will do.
    most = MOST_REQUESTS if search.pages or page is not None else _MOST_BEHIND_WALL
    for place in list_common_places(url)[:most]:
        if search.has_usable(now):
            break
        await search.try_feeds([place], "a common place", 1)


def _finish(search: _Search, url: str, now: datetime, article: Response | None) -> FoundSite:
    judged = tuple(choose_feeds(search.found, now))
    site = FoundSite(url, judged, tuple(search.pages), article)
    if site.chosen:
        return site
    visits = search.visitor.visits
    trouble = explain_no_feed(url, visits)
    if judged:
        flaws = "; ".join(f"{one.found.url}: {one.left_out}" for one in judged)
        detail = f"{trouble.detail}: those that answered are of no use ({flaws})"
        trouble = Trouble(trouble.reason, detail, trouble.advice, trouble.visits)
    raise SourceTrouble(trouble)
