"""Fetches a polite sample of the articles that feeds tell of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsbeam.pipelines.source.feed_choice import FoundFeed, oldest_instant
from newsbeam.pipelines.source.visits import SiteVisitor
from newsbeam.transforms.fetch.pages import make_feed_document, make_page_document
from newsbeam.transforms.records import (
    Document,
    Entry,
    FetchFault,
    PageRequest,
    Rejection,
    Response,
)
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.identity import canonicalize_url


@dataclass(frozen=True, slots=True)
class SampledEntry:
    """An entry at the instant ``at``, and what its page gave; ``None``: it has no page."""

    feed: str
    entry: Entry
    answer: Response | FetchFault | None
    at: datetime

    def make_page(self, source: Source) -> Document | Rejection | None:
        """The document that its page is to ``source``; ``None`` where there is no page."""
        if not isinstance(self.answer, Response):
            return None
        return make_page_document(self._request(source), source, self.answer)

    def make_feed(self, source: Source) -> Document | None:
        """The document that the feed carries, if it carries more than a summary."""
        return self.make_summary(source) if self.entry.content else None

    def make_summary(self, source: Source) -> Document:
        """The document that the feed carries, be it a summary only."""
        return make_feed_document(self._request(source), source, self.at)

    def _request(self, source: Source) -> PageRequest:
        return PageRequest(source.id, self.feed, self.entry)


async def fetch_sample(
    visitor: SiteVisitor,
    feeds: Sequence[FoundFeed],
    size: int,
    now: datetime,
    given: Response | None = None,
) -> list[SampledEntry]:
    """Fetch the pages of ``size`` entries, the newest of each feed in turn.

    ``given`` is an article's page that was fetched already: one of the sample. After three pages in
    a row that are refused or cannot be had, no more are asked for.
    """
    sample: list[SampledEntry] = []
    if given is not None:
        entry = _find_entry(feeds, given.url) or Entry(given.url, given.url, "given")
        sample.append(SampledEntry(feeds[0].url, entry, given, now))
    taken = {canonicalize_url(one.entry.url or "") for one in sample}
    in_vain = 0
    for feed, entry in take_turns(feeds):
        if len(sample) >= size or in_vain == 3:
            break
        key = canonicalize_url(entry.url or "")
        if key is None and entry.content:
            sample.append(SampledEntry(feed.url, entry, None, now))
        if key is None or key in taken:
            continue
        taken.add(key)
        answer = await visitor.ask_page(entry.url or "", "an article")
        if answer is None:
            break
        in_vain = in_vain + 1 if isinstance(answer, FetchFault) else 0
        sample.append(SampledEntry(feed.url, entry, answer, now))
    return sample


def take_turns(feeds: Sequence[FoundFeed]) -> Iterator[tuple[FoundFeed, Entry]]:
    """The newest entry of each feed, then the second newest of each, and so on."""
    queues = [(feed, _sort_entries(feed.feed.entries)) for feed in feeds]
    for place in range(max((len(entries) for _, entries in queues), default=0)):
        for feed, entries in queues:
            if place < len(entries):
                yield feed, entries[place]


def _sort_entries(entries: Sequence[Entry]) -> list[Entry]:
    """Newest first, those behind a paywall last."""
    oldest = oldest_instant()

    def key(entry: Entry) -> tuple[bool, float]:
        metadata = entry.metadata
        at = metadata.published_at or metadata.modified_at or oldest
        return metadata.paywalled is True, -at.timestamp()

    return sorted(entries, key=key)


def _find_entry(feeds: Sequence[FoundFeed], url: str) -> Entry | None:
    """The entry of the page at ``url``; feeds add parameters to addresses."""
    entries = [entry for feed in feeds for entry in feed.feed.entries if entry.url]
    exact = [e for e in entries if canonicalize_url(e.url or "") == canonicalize_url(url)]
    plain = url.partition("?")[0]
    loose = [e for e in entries if (e.url or "").partition("?")[0] == plain]
    return exact[0] if exact else loose[0] if len(loose) == 1 else None
