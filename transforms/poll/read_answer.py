"""From the answer to a feed, or to a page that is polled in place of one, to its entries. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

from newsbeam.transforms.feeds.entries import DraftEntry, make_entries
from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.feeds.parse import parse_feed
from newsbeam.transforms.poll.decide import Feed
from newsbeam.transforms.poll.parts import mark_parts
from newsbeam.transforms.poll.story_links import read_story_links
from newsbeam.transforms.records import Metadata, ParsedFeed, Response
from newsbeam.transforms.settings.source import Source, UrlSettings

_NO_RULES = UrlSettings()


def read_feed_answer(feed: Feed, source: Source, answer: Response) -> ParsedFeed | FeedFault:
    """What ``answer`` to ``feed`` lists, or why it lists nothing; as ``parse_feed`` and
    ``read_front_page`` do."""
    if feed.is_front_page:
        parsed = read_front_page(answer, feed.links, source.url)
    else:
        parsed = parse_feed(
            answer.body,
            url=answer.url,
            charset=answer.charset,
            timezone=ZoneInfo(source.timezone),
            latest=answer.fetched_at,
            url_rules=source.url,
            max_bytes=source.fetch.max_feed_bytes,
        )
    if isinstance(parsed, FeedFault):
        return parsed
    entries = mark_parts(parsed.entries, feed.full_text, source.url)
    return replace(parsed, entries=entries, faults=(*answer.faults, *parsed.faults))


def read_front_page(
    answer: Response, links: str | None = None, rules: UrlSettings = _NO_RULES
) -> ParsedFeed | FeedFault:
    """The links on a page as entries, in the page's order: those that look like articles of the
    same site, or those that the expression ``links`` is found in.

    An entry has its address alone: the page tells neither when a story was published nor that it
    was changed. Faults: ``not_a_page``, ``no_links``.
    """
    pattern = None if links is None else re.compile(links)
    found = read_story_links(answer.body, answer.charset, answer.url, pattern)
    if found is None:
        return FeedFault("not_a_page", "no page that can be read; look at the address")
    if not found[0]:
        wanted = "`links` is found in none" if links else "none looks like an article (`links`)"
        return FeedFault("no_links", f"of the links on the page {wanted}")
    made = make_entries([DraftEntry(None, url, Metadata()) for url in found[0]], rules)
    return ParsedFeed(
        "front_page", entries=made.entries, unusable=made.unusable, copies=made.copies
    )
