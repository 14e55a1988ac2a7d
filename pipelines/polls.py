"""The driver's side of feeds: which are due, asking them, and what of their entries is wanted.

Polling is waiting for the network, so one process does it for all feeds; the graph begins with
the pages to fetch (docs/decisions/polling.md).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from pipelines.config import Job
from transforms.clock import Clock
from transforms.polls.feed_state import FeedState, read_poll_row
from transforms.polls.poll_feeds import Poll, poll_feeds
from transforms.polls.polling import Feed, choose_address, due_at, make_feed
from transforms.polls.wanted import Draft, FindDocument, choose_wanted, waiting_requests
from transforms.records import PageRequest, Rejection
from transforms.tables.cache_file import FOLDER as CACHE
from transforms.tables.lake import Lake
from transforms.web.http_client import HttpClient
from transforms.web.web_addresses import read_web_address

States = Mapping[tuple[str, str], FeedState]
# Ours: feeds that are due within this time of each other are asked in one run.
_GATHER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PollOptions:
    """``all`` asks feeds that are not due, too; ``limit`` is per feed."""

    all: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of polls brought.

    ``quiet_until`` (Unix seconds by domain) keeps the pages' fetching polite towards the servers
    that were just polled, ``closed`` are domains that asked to be left alone. ``retries`` are
    requests of earlier runs.
    """

    drafts: tuple[Draft, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    quiet_until: Mapping[str, float] = field(default_factory=dict)
    closed: Mapping[str, datetime] = field(default_factory=dict)
    retries: tuple[PageRequest, ...] = ()

    @property
    def requests(self) -> list[PageRequest]:
        """The pages that are wanted."""
        return [*(request for draft in self.drafts for request in draft.requests), *self.retries]


def robots_folder(lake: Lake) -> Path:
    """Where robots.txt files are kept."""
    return lake.root / CACHE / "robots"


def read_states(lake: Lake) -> dict[tuple[str, str], FeedState]:
    """The states of all feeds of the lake, by source and feed id."""
    return {key: read_poll_row(row) for key, row in lake.read_feed_states(keep=True).items()}


def list_feeds(job: Job) -> list[Feed]:
    """The feeds of all sources, in order."""
    return [make_feed(source, feed) for source in job.sources for feed in source.feeds]


def find_blocked(states: States, now: datetime) -> dict[str, datetime]:
    """The registrable domains that asked to be left alone, and until when."""
    blocked: dict[str, datetime] = {}
    for state in states.values():
        for domain, until in state.blocked.items():
            if until > now:
                blocked[domain] = max(until, blocked.get(domain, until))
    return blocked


def next_due(lake: Lake, job: Job, now: datetime) -> datetime | None:
    """When a run is next worth its while; ``None`` if no feed will ever be due."""
    states = read_states(lake)
    blocked = find_blocked(states, now)
    instants = []
    for feed in list_feeds(job):
        state = states.get((feed.source, feed.id))
        due = due_at(feed, state, now)
        if due is None:
            continue
        if state is None:
            return now
        until = blocked.get(read_web_address(choose_address(feed, state)).domain, due)
        instants.append(max(due, until))
    return max(now, min(instants) + _GATHER) if instants else None


@contextmanager
def hold_sources(lake: Lake, sources: Sequence[str]) -> Iterator[frozenset[str]]:
    """Hold the sources' feeds while the block runs; yields those that no other run holds.

    The operating system lets go of them when the process ends, however it does.
    """
    folder = lake.root / CACHE / "polling"
    folder.mkdir(parents=True, exist_ok=True)
    held: dict[str, int] = {}
    try:
        for source in sources:
            descriptor = os.open(folder / f"{source}.lock", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                held[source] = descriptor
        yield frozenset(held)
    finally:
        for descriptor in held.values():
            os.close(descriptor)


def poll_round(
    job: Job,
    sources: frozenset[str],
    states: States,
    find: FindDocument,
    clock: Clock,
    robots: Path | None,
    options: PollOptions,
) -> Round:
    """Ask every feed of ``sources`` that is due, once, and choose what is wanted of it."""
    now = clock.now()
    blocked = find_blocked(states, now)
    feeds = [
        feed
        for feed in list_feeds(job)
        if feed.source in sources and _is_turn(feed, states, blocked, now, options.all)
    ]
    if not feeds:
        return Round(closed=blocked)
    polls, closed = asyncio.run(_ask(job, feeds, states, blocked, clock, robots))
    ended = time.time()
    by_source: dict[str, list[Poll]] = defaultdict(list)
    for poll in polls:
        by_source[poll.polled.state.source].append(poll)
    drafts: list[Draft] = []
    for source in job.sources:
        polled = [poll.polled for poll in by_source.get(source.id, ())]
        asked = {poll.state.feed for poll in polled}
        others = [s for s in states.values() if s.source == source.id and s.feed not in asked]
        drafts += choose_wanted(
            polled, source.url, find, now, waiting=waiting_requests(others), limit=options.limit
        )
    gaps = {source.id: source.fetch.seconds_between_requests for source in job.sources}
    return Round(
        tuple(drafts),
        tuple(rejection for poll in polls for rejection in poll.rejections),
        {
            read_web_address(poll.polled.state.url).domain: ended + gaps[poll.polled.state.source]
            for poll in polls
        },
        closed,
    )


def _is_turn(
    feed: Feed,
    states: States,
    blocked: Mapping[str, datetime],
    now: datetime,
    even_if_not_due: bool,
) -> bool:
    state = states.get((feed.source, feed.id))
    if read_web_address(choose_address(feed, state)).domain in blocked:
        return False
    if even_if_not_due:
        return True
    due = due_at(feed, state, now)
    return due is not None and due <= now


async def _ask(
    job: Job,
    feeds: Sequence[Feed],
    states: States,
    blocked: Mapping[str, datetime],
    clock: Clock,
    robots: Path | None,
) -> tuple[list[Poll], dict[str, datetime]]:
    sources = {source.id: source for source in job.sources}
    async with HttpClient(clock, robots) as client:
        for domain, until in blocked.items():
            client.close_lane(domain, until)
        polls = await poll_feeds(client, feeds, sources, states, clock, Random())
        return polls, client.closed_lanes()
