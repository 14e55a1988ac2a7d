"""Asks feeds: one request each, all registrable domains at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random

from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.lake.feed_state import FeedState
from newsbeam.transforms.poll.decide import (
    Feed,
    choose_address,
    decide_failure,
    decide_parsed,
    decide_unchanged,
    hash_body,
    wants_validators,
)
from newsbeam.transforms.poll.leads import PolledFeed
from newsbeam.transforms.poll.read_answer import read_feed_answer
from newsbeam.transforms.poll.sitemap_index import follow_index
from newsbeam.transforms.records import Clock, FetchFault, ParsedFeed, Rejection, Response
from newsbeam.transforms.settings.source import Source, UrlSettings
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.request import Request

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
    request = Request(
        url=address,
        settings=source.fetch,
        max_bytes=source.fetch.max_feed_bytes,
        accept=_ACCEPT,
        etag=conditional.etag if conditional else None,
        last_modified=conditional.last_modified if conditional else None,
    )
    answer = await client.fetch(request)
    parsed: ParsedFeed | FeedFault | None = None
    if isinstance(answer, Response) and not _is_as_before(before, answer):
        async with reading:
            parsed = await asyncio.to_thread(read_feed_answer, feed, source, answer)
        if isinstance(parsed, ParsedFeed) and parsed.kind == "sitemap_index":
            read = partial(read_feed_answer, feed, source)
            found = await follow_index(client, request, answer, parsed, read, reading)
            answer, parsed = (found, None) if isinstance(found, FetchFault) else found
    if isinstance(answer, Response):
        plainly = conditional is None
        return _judge_answer(feed, before, answer, parsed, now, rng, source.url, plainly)
    if answer.reason == "asked_to_wait" and answer.status is None:
        return None
    return _fail(feed, before, answer, now, rng)


def _is_as_before(before: FeedState | None, answer: Response) -> bool:
    """Whether the answer is the one of the last time, so that it need not be read."""
    return before is not None and (
        answer.status == 304 or before.body_hash == hash_body(answer.body)
    )


def _judge_answer(
    feed: Feed,
    before: FeedState | None,
    answer: Response,
    parsed: ParsedFeed | FeedFault | None,
    now: datetime,
    rng: Random,
    rules: UrlSettings,
    asked_plainly: bool,
) -> Poll:
    """What an answer means; ``parsed`` is ``None`` where it is as before."""
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
    assert parsed is not None
    if isinstance(parsed, FeedFault):
        asked = choose_address(feed, before)
        led = f" (a redirect led to {answer.url})" if answer.url != asked else ""
        fault = FetchFault(
            parsed.reason, parsed.detail + led, is_temporary=True, domain="", status=answer.status
        )
        return _fail(feed, before, fault, now, rng)
    state, fresh = decide_parsed(
        feed, before, answer, parsed, now, rng, asked_plainly=asked_plainly, rules=rules
    )
    rejections = tuple(
        Rejection(feed.source, "poll", reason, detail, answer.url)
        for reason, detail in parsed.faults
    )
    told_before = before.seen if before else {}
    polled = PolledFeed(state, tuple(fresh), polled_before, told_before, feed.full_text)
    return Poll(polled, rejections)


def _fail(
    feed: Feed, before: FeedState | None, fault: FetchFault, now: datetime, rng: Random
) -> Poll:
    state = decide_failure(feed, before, fault, now, rng)
    rejection = Rejection(feed.source, "poll", fault.reason, fault.detail, state.url)
    return Poll(PolledFeed(state, (), before.polled_at if before else None), (rejection,))
