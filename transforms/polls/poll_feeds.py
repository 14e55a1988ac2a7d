"""Asks feeds: one request each, all registrable domains at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from transforms.clock import Clock
from transforms.feeds.feed_fault import FeedFault
from transforms.feeds.parsing import parse_feed
from transforms.polls.feed_state import FeedState
from transforms.polls.polling import (
    Feed,
    choose_address,
    decide_failure,
    decide_parsed,
    decide_unchanged,
    hash_body,
    wants_validators,
)
from transforms.polls.wanted import PolledFeed
from transforms.records import FetchFault, Rejection, Response
from transforms.settings import Source
from transforms.web.http_client import HttpClient
from transforms.web.http_request import Request

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll brought: the feed after it, and what could not be used."""

    polled: PolledFeed
    rejections: tuple[Rejection, ...] = ()


async def poll_feeds(
    client: HttpClient,
    feeds: Sequence[Feed],
    sources: Mapping[str, Source],
    states: Mapping[tuple[str, str], FeedState],
    clock: Clock,
    rng: Random,
) -> list[Poll]:
    """Ask ``feeds``, in parallel as politeness allows; in their order, without those whose
    server has asked not to be asked now."""
    # A hostile feed may take seconds and hundreds of megabytes to read: one at a time.
    reading = asyncio.Lock()
    polls = await asyncio.gather(
        *(
            poll_feed(client, feed, sources[feed.source], states.get((feed.source, feed.id)),
                      clock, rng, reading)
            for feed in feeds
        )
    )  # fmt: skip
    return [poll for poll in polls if poll is not None]


async def poll_feed(
    client: HttpClient,
    feed: Feed,
    source: Source,
    before: FeedState | None,
    clock: Clock,
    rng: Random,
    reading: asyncio.Lock,
) -> Poll | None:
    """Ask one feed; ``None`` where its server's Retry-After runs, so that it was not asked.

    Its answer is read while ``reading`` is held, in a thread, so that other feeds' requests go on.
    """
    address = choose_address(feed, before)
    conditional = before if wants_validators(feed, before, address, clock.now()) else None
    now = clock.now()
    answer = await client.fetch(
        Request(
            url=address,
            settings=source.fetch,
            max_bytes=source.fetch.max_feed_bytes,
            accept=_ACCEPT,
            etag=conditional.etag if conditional else None,
            last_modified=conditional.last_modified if conditional else None,
        )
    )
    if isinstance(answer, Response):
        async with reading:
            return await asyncio.to_thread(
                _read_answer, feed, source, before, answer, now, rng, conditional is None
            )
    if answer.reason == "asked_to_wait" and answer.status is None:
        return None
    return _fail(feed, before, answer, now, rng)


def _read_answer(
    feed: Feed,
    source: Source,
    before: FeedState | None,
    answer: Response,
    now: datetime,
    rng: Random,
    asked_plainly: bool,
) -> Poll:
    polled_before = before.polled_at if before else None
    if before is not None and answer.status == 304:
        state = decide_unchanged(
            feed, before, answer, "not_modified", now, rng, asked_plainly=False
        )
        return Poll(PolledFeed(state, (), polled_before))
    if before is not None and before.body_hash == hash_body(answer.body):
        state = decide_unchanged(
            feed, before, answer, "unchanged", now, rng, asked_plainly=asked_plainly
        )
        return Poll(PolledFeed(state, (), polled_before))
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
        fault = FetchFault(
            parsed.reason, parsed.detail, is_temporary=True, domain="", status=answer.status
        )
        return _fail(feed, before, fault, now, rng)
    if parsed.kind == "sitemap_index":
        listed = ", ".join(parsed.sitemaps[:3])
        fault = FetchFault(
            "sitemap_index",
            f"an index of sitemaps, not a news sitemap; poll one that it lists, such as {listed}",
            is_temporary=False,
            domain="",
            status=answer.status,
        )
        return _fail(feed, before, fault, now, rng)
    state, fresh = decide_parsed(
        feed, before, answer, parsed, now, rng, asked_plainly=asked_plainly
    )
    rejections = tuple(
        Rejection(feed.source, "poll", reason, detail, answer.url)
        for reason, detail in parsed.faults
    )
    return Poll(PolledFeed(state, tuple(fresh), polled_before), rejections)


def _fail(
    feed: Feed, before: FeedState | None, fault: FetchFault, now: datetime, rng: Random
) -> Poll:
    state = decide_failure(feed, before, fault, now, rng)
    rejection = Rejection(feed.source, "poll", fault.reason, fault.detail, state.url)
    return Poll(PolledFeed(state, (), before.polled_at if before else None), (rejection,))
