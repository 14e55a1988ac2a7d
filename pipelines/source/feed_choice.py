"""Which of a site's feeds are worth polling: judged by what they hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from newsbeam.pipelines.source.feed_places import is_comment_feed, is_topic_feed
from newsbeam.transforms.fetch.queue import wants_page
from newsbeam.transforms.records import ParsedFeed
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.identity import canonicalize_url
from newsbeam.transforms.web.urls import domain_of

# All ours. Feeds of which more than this share stands in better ones are not needed;
_SAME_ENTRIES = 0.8
# one whose newest entry is older is not kept up;
_OLD = timedelta(days=60)
# a plain sitemap with more addresses is that of the whole site, not of the news;
_MOST_IN_SITEMAP = 2_000
# more feeds are seldom other articles.
MOST_FEEDS = 6


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that answered. ``found_by`` says in words how its address was found; ``is_given``
    that it was named by whoever asks."""

    url: str
    found_by: str
    feed: ParsedFeed
    is_given: bool = False

    @property
    def newest(self) -> datetime | None:
        """The newest instant that an entry states."""
        instants = (e.metadata.published_at or e.metadata.modified_at for e in self.feed.entries)
        return max((instant for instant in instants if instant), default=None)

    @property
    def is_plain_sitemap(self) -> bool:
        """Whether it is a list of pages that does not say when they were published."""
        return self.feed.kind == "news_sitemap" and not any(
            entry.metadata.published_at or entry.metadata.title for entry in self.feed.entries
        )

    @property
    def is_front_page(self) -> bool:
        """Whether it is a page in place of a feed."""
        return self.feed.kind == "front_page"

    @property
    def whole_share(self) -> float:
        """The share of entries that carry the whole article."""
        entries = self.feed.entries
        return sum(not wants_page(entry, "auto") for entry in entries) / max(len(entries), 1)


@dataclass(frozen=True, slots=True)
class JudgedFeed:
    """A feed and why it is left out; ``left_out`` is ``None`` for those that are chosen."""

    found: FoundFeed
    left_out: str | None


def choose_feeds(found: Sequence[FoundFeed], now: datetime) -> list[JudgedFeed]:
    """Return ``found`` with a judgement each, the chosen ones first and the best of them first.

    Left out are feeds of comments, empty ones, those of one tag or another site, old ones and
    those whose entries the better ones have, as long as any other is left. A feed that was named
    is only left out where it is of no use.
    """
    judged = [JudgedFeed(one, _find_flaw(one)) for one in found]
    usable = [one.found for one in judged if one.left_out is None]
    left = [one for one in judged if one.left_out is not None]
    for is_poor, reason in (
        (lambda one: one.is_plain_sitemap, "a sitemap without news, and there are feeds"),
        (lambda one: is_topic_feed(one.url), "of one tag or author only"),
        (lambda one: _is_elsewhere(one), "its entries are at another site"),
        (lambda one: _is_old(one, now), "nothing new in it for two months"),
    ):
        poor = [one for one in usable if is_poor(one) and not one.is_given]
        if len(poor) < len(usable):
            usable = [one for one in usable if one not in poor]
            left += [JudgedFeed(one, reason) for one in poor]
    usable.sort(key=_rank, reverse=True)
    chosen: list[FoundFeed] = []
    known: set[str] = set()
    for one in usable:
        keys = _list_key(one)
        if chosen and not one.is_given and len(keys & known) >= _SAME_ENTRIES * len(keys):
            left.append(JudgedFeed(one, "the same entries as the feeds that were chosen"))
        elif len(chosen) == MOST_FEEDS:
            left.append(JudgedFeed(one, f"{MOST_FEEDS} feeds are enough to begin with"))
        else:
            chosen.append(one)
            known |= keys
    return [*(JudgedFeed(one, None) for one in chosen), *left]


def _find_flaw(one: FoundFeed) -> str | None:
    """What makes a feed useless, if anything."""
    if one.feed.kind == "sitemap_index":
        return "an index of sitemaps"
    if not one.feed.entries:
        return "no entries"
    if one.is_given:
        return None
    if is_comment_feed(one.url, one.feed.title):
        return "comments of readers"
    if one.is_plain_sitemap and len(one.feed.entries) > _MOST_IN_SITEMAP:
        return f"a sitemap of the whole site ({show_count(len(one.feed.entries), 'page')})"
    return None


def _is_elsewhere(one: FoundFeed) -> bool:
    own = domain_of(urlsplit(one.url).hostname or "")
    hosts = [urlsplit(entry.url).hostname or "" for entry in one.feed.entries if entry.url]
    return sum(domain_of(host) != own for host in hosts) > len(hosts) / 2


def _is_old(one: FoundFeed, now: datetime) -> bool:
    return one.newest is not None and one.newest < now - _OLD


def _rank(one: FoundFeed) -> tuple[bool, bool, bool, int]:
    """The larger, the better: named, a feed rather than a sitemap, with whole articles, long."""
    return (
        one.is_given,
        one.feed.kind != "news_sitemap",
        one.whole_share > 0.5,
        len(one.feed.entries),
    )


def _list_key(one: FoundFeed) -> set[str]:
    return {canonicalize_url(entry.url or "") or entry.id for entry in one.feed.entries}


def oldest_instant() -> datetime:
    """An instant before all others, to sort what has none."""
    return datetime.min.replace(tzinfo=UTC)
