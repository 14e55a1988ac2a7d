"""From the answer to a listing to the addresses and further listings in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsbeam.transforms.backfill.dated_addresses import read_listing_spans, read_page_span
from newsbeam.transforms.backfill.listings import Listed, Listing, bound, date_listed
from newsbeam.transforms.backfill.paged_feeds import find_older_page
from newsbeam.transforms.backfill.sitemaps import SitemapReader
from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.feeds.parse import parse_feed
from newsbeam.transforms.poll.story_links import read_story_links
from newsbeam.transforms.records import Response
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.spans import EVER, Span

# Of an index so many maps are looked at (by the protocol it has no more).
_MOST_IN_INDEX = 50_000


@dataclass(frozen=True, slots=True)
class PastPage:
    """An article's address, and when it may have been published."""

    url: str
    span: Span = EVER


class ListingReader:
    """Reads the ``answer`` to ``listing``. After ``read``, ``fault`` tells what was wrong."""

    def __init__(self, listing: Listing, answer: Response, source: Source) -> None:
        self._listing, self._answer, self._source = listing, answer, source
        self._zone = ZoneInfo(source.timezone)
        self._now = answer.fetched_at
        self.fault: str | None = None

    def read(self) -> Iterator[PastPage | Listing]:
        """What is listed, in its order."""
        match self._listing.kind:
            case "sitemap":
                yield from self._read_sitemap()
            case "archive_page":
                yield from self._read_archive_page()
            case "feed":
                yield from self._read_feed()

    def _read_sitemap(self) -> Iterator[PastPage | Listing]:
        reader = SitemapReader(self._answer.body, self._answer.url, self._zone)
        maps: list[Listed] = []
        for listed in reader.read():
            if not reader.is_index:
                yield self._make_page(listed)
            elif len(maps) < _MOST_IN_INDEX:
                maps.append(listed)
        self.fault = reader.fault
        spans = read_listing_spans((one.url for one in maps), self._zone, self._now)
        for listed in maps:
            # A map was changed when its newest article came in, or later.
            named = spans.get(listed.url, EVER)
            span = bound(listed, EVER, named, self._now) if named == EVER else named
            yield Listing(listed.url, "sitemap", span.within(self._listing.span))

    def _make_page(self, listed: Listed) -> PastPage:
        named = read_page_span(listed.url, self._zone, self._now)
        return PastPage(listed.url, bound(listed, named, self._listing.span, self._now))

    def _read_archive_page(self) -> Iterator[PastPage | Listing]:
        pattern = self._source.backfill.links
        found = read_story_links(
            self._answer.body,
            self._answer.charset,
            self._answer.url,
            None if pattern is None else re.compile(pattern),
        )
        if found is None:
            self.fault = "not a page that can be read"
            return
        links, next_page = found
        for url in links:
            named = read_page_span(url, self._zone, self._now)
            yield PastPage(url, _span_on_page(named, self._listing.span))
        if next_page is not None:
            yield Listing(next_page, "archive_page", self._listing.span)

    def _read_feed(self) -> Iterator[PastPage | Listing]:
        answer, source = self._answer, self._source
        feed = parse_feed(
            answer.body, url=answer.url, charset=answer.charset, timezone=self._zone,
            latest=answer.fetched_at, url_rules=source.url, max_bytes=source.fetch.max_feed_bytes,
        )  # fmt: skip
        if isinstance(feed, FeedFault):
            self.fault = feed.detail
            return
        oldest: datetime | None = None
        for entry in feed.entries:
            told = entry.metadata.published_at
            if entry.url is not None:
                yield self._make_page(
                    date_listed(entry.url, None if told is None else (told, False))
                )
            if told is not None:
                oldest = told if oldest is None else min(oldest, told)
        older = find_older_page(answer.body, answer.url)
        if older is not None and feed.entries:
            end = None if oldest is None else oldest + timedelta(seconds=1)
            yield Listing(older, "feed", Span(None, end))


def _span_on_page(named: Span, page: Span) -> Span:
    """When an article on an archive page of the time ``page`` was published; its own address may
    name another day, as that of a piece which the page shows beside its own."""
    return named if named != EVER else page
