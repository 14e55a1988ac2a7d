"""Finds the pages of a source's past: asks its listings, the newest first, as many as need be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsbeam.transforms.backfill.dated_addresses import list_periods
from newsbeam.transforms.backfill.listings import Listing
from newsbeam.transforms.backfill.read_listing import ListingReader
from newsbeam.transforms.backfill.sitemaps import MOST_MAP_BYTES
from newsbeam.transforms.backfill.state import OpenListing, PastState
from newsbeam.transforms.fetch.kept_answers import KeptAnswers
from newsbeam.transforms.fetch.past_pages import PastAsker, was_sent
from newsbeam.transforms.poll.documents import canonicalize
from newsbeam.transforms.poll.right_of_way import take_turn
from newsbeam.transforms.poll.wanted import judge_fault
from newsbeam.transforms.records import Clock, Entry, FetchFault, PageRequest, Response
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.spans import Span
from newsbeam.transforms.web.request import Request
from newsbeam.transforms.web.robots import Robots
from newsbeam.transforms.web.urls import WebAddress, read_web_address

# The feed that pages of a backfill bear in the lake.
PAST_FEED = "backfill"
# Where sitemaps are that robots.txt does not name: one is asked after the other, until one is
# there. By sitemaps.org, Yoast, WordPress.
_PLACES = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
_ACCEPT = "application/xml,text/xml;q=0.9,text/html;q=0.8,*/*;q=0.5"
# What the names of kept answers to listings begin with; behind it stands the listing's id.
LISTING_ANSWER = "listing-"


@dataclass(slots=True)
class PastFinder:
    """Finds pages of ``source`` for ``window`` through ``asker``. ``reading`` is held while a
    listing is read: one at a time, in a thread."""

    source: Source
    state: PastState
    window: Span
    asker: PastAsker
    clock: Clock
    reading: asyncio.Lock
    asked: int = 0
    wait_until: datetime | None = None

    async def find(self, most: int, requests: int) -> None:
        """Ask listings until ``most`` pages are known that no open listing can have newer ones
        than, or nothing is left to ask, or ``requests`` were made (``asked``).

        ``wait_until`` is when the site may be asked again, where it may not be asked now.
        """
        window = f"{self.window.first} {self.window.end}"
        if self.state.note("roots") != window:
            await self._find_roots(window)
        while self.asked < requests and self.wait_until is None:
            open_listing = self.state.next_listing(self.window, self.clock.now())
            if open_listing is None:
                if not self._fall_back():
                    return
                continue
            newest = open_listing.listing.span.end
            if newest is not None and self._has_pages(most, newest):
                return
            await self._ask(open_listing)

    def _has_pages(self, most: int, newer_than: datetime) -> bool:
        found = self.state.next_pages(self.window, self.clock.now(), most, newer_than)
        return len(found) >= most

    async def _find_roots(self, window: str) -> None:
        """Note where to begin: patterns of archive pages, and sitemaps that the config names, or
        robots.txt, or else the first common place."""
        settings = self.source.backfill
        zone, now = ZoneInfo(self.source.timezone), self.clock.now()
        roots = [Listing(url, "sitemap") for url in settings.sitemaps]
        if not settings.sitemaps and not settings.archive:
            for origin in self._list_origins():
                robots = await self._learn_robots(origin)
                if robots is None:
                    return
                named = [url for url in robots.sitemaps if url.startswith(("http:", "https:"))]
                roots += [Listing(url, "sitemap") for url in named or [origin + _PLACES[0]]]
        for pattern in settings.archive:
            periods = list_periods(pattern, self.window, zone, now)
            roots += [Listing(url, "archive_page", span) for url, span in periods]
        self.state.add_listings(roots)
        self.state.write_notes({"roots": window})

    def _list_origins(self) -> list[str]:
        addresses = [read_web_address(feed.url) for feed in self.source.feeds]
        return list(dict.fromkeys(a.origin for a in addresses if isinstance(a, WebAddress)))

    async def _learn_robots(self, origin: str) -> Robots | None:
        """The robots.txt of ``origin``; ``None`` where it cannot be had now."""
        request = self._request(f"{origin}/")
        address = read_web_address(request.url)
        gap = self.source.fetch.seconds_between_requests
        async with take_turn(self.asker.way, address.domain, gap):
            robots = await self.asker.client.learn_robots(request)
        if isinstance(robots, Robots) and robots.verdict != "unreachable":
            self.state.write_notes({"crawl_delay": str(robots.crawl_delay)})
            return robots
        self.wait_until = (
            robots.fresh_until if isinstance(robots, Robots) else robots.retry_at
        ) or self.clock.now()
        return None

    def _fall_back(self) -> bool:
        """Where no sitemap had any page, go by the feeds, which may page; whether there are any
        that were not asked."""
        counts = self.state.count(Span())
        if counts.listed or self.state.note("feeds") is not None or counts.open:
            return False
        self.state.write_notes({"feeds": "asked"})
        self.state.add_listings(Listing(feed.url, "feed") for feed in self.source.feeds)
        return bool(self.source.feeds)

    async def _ask(self, open_listing: OpenListing) -> None:
        listing, name = open_listing.listing, f"{LISTING_ANSWER}{open_listing.id}"
        kept = KeptAnswers(self.asker.answers / self.source.id)
        answer = await self.asker.ask(self._request(listing.url), self.source.id, name)
        if isinstance(answer, FetchFault):
            if not was_sent(answer):
                self.wait_until = answer.retry_at or self.clock.now()
                return
            self.asked += 1
            self._note_fault(open_listing, answer)
        else:
            self.asked += 1
            async with self.reading:
                await asyncio.to_thread(self._read, open_listing, answer)
        kept.forget(name)

    def _read(self, open_listing: OpenListing, answer: Response) -> None:
        reader = ListingReader(open_listing.listing, answer, self.source)
        spell = partial(canonicalize, rules=self.source.url)
        self.state.add_found(
            open_listing, reader.read(), self.source.id, spell, self.clock.now(),
            lambda: reader.fault or "",
        )  # fmt: skip

    def _note_fault(self, open_listing: OpenListing, fault: FetchFault) -> None:
        now, url = self.clock.now(), open_listing.listing.url
        entry = Entry(url, url, "")
        request = PageRequest(self.source.id, PAST_FEED, entry, open_listing.tries)
        pending = judge_fault(request, fault, now, self.source.poll.retries).pending
        if pending is not None:
            self.state.put_off_listing(open_listing, pending.retry_at)
            return
        self.state.end_listing(open_listing, "failed", f"{fault.reason}: {fault.detail}", now)
        place = urlsplit(url).path
        origin = url.removesuffix(place)
        if place in _PLACES[:-1] and origin in self._list_origins():
            next_place = _PLACES[_PLACES.index(place) + 1]
            self.state.add_listings([Listing(origin + next_place, "sitemap")])

    def _request(self, url: str) -> Request:
        settings = self.source.fetch
        own = {read_web_address(feed.url).domain for feed in self.source.feeds}
        own |= {read_web_address(one).domain for one in self.source.backfill.sitemaps}
        if read_web_address(url).domain not in own:
            # As with pages: the headers may hold a key to the source's own site.
            settings = settings.model_copy(update={"headers": {}})
        return Request(url, settings, max(settings.max_feed_bytes, MOST_MAP_BYTES), accept=_ACCEPT)
