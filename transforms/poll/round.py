"""A round of polls: every feed that is due, asked once, and what is wanted of what they tell.

Polling is waiting for the network, so one process does it for all feeds; a graph begins with
the pages to fetch (docs/decisions/polling.md).
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.feed_state import FeedState, read_poll_row
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.poll.ask import Poll, poll_feeds
from newsbeam.transforms.poll.decide import Feed, choose_address, due_at, make_feed
from newsbeam.transforms.poll.future import bring_back, is_closed, is_future
from newsbeam.transforms.poll.leads import KnownItems
from newsbeam.transforms.poll.pace import FIRST_INTERVAL
from newsbeam.transforms.poll.right_of_way import go_first
from newsbeam.transforms.poll.wanted import Draft, choose_wanted, waiting_requests
from newsbeam.transforms.records import Clock, PageRequest, Rejection
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.spans import ANY_DAY, DayRange
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.urls import read_web_address

States = Mapping[tuple[str, str], FeedState]
# Ours: feeds that are due within this time of each other are asked in one run, or within this
# share of their own intervals, so that a feed that is to be asked every minute is.
_GATHER, _GATHER_SHARE = timedelta(minutes=1), 0.1


@dataclass(frozen=True, slots=True)
class PollOptions:
    """``all`` asks feeds that are not due, too; ``limit`` is per feed. Entries of other ``days``
    are left to a later round."""

    all: bool = False
    limit: int | None = None
    days: DayRange = ANY_DAY


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of polls brought.

    ``quiet_until`` (Unix seconds by domain) keeps the pages' fetching polite towards the servers
    that were just polled, ``closed`` are domains that asked to be left alone. ``retries`` are
    requests of earlier runs. ``from_future`` are the feeds (source, id) that were asked although
    their last poll lies in the future, by this machine's clock.
    """

    drafts: tuple[Draft, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    quiet_until: Mapping[str, float] = field(default_factory=dict)
    closed: Mapping[str, datetime] = field(default_factory=dict)
    retries: tuple[PageRequest, ...] = ()
    from_future: frozenset[tuple[str, str]] = frozenset()

    @property
    def requests(self) -> list[PageRequest]:
        """The pages that are wanted."""
        return [*(request for draft in self.drafts for request in draft.requests), *self.retries]

    def without(self, sources: Collection[str]) -> Round:
        """As if ``sources`` had not been asked."""
        return replace(
            self,
            drafts=tuple(draft for draft in self.drafts if draft.state.source not in sources),
            rejections=tuple(r for r in self.rejections if r.source not in sources),
            retries=tuple(request for request in self.retries if request.source not in sources),
        )


def robots_folder(lake: Lake) -> Path:
    """Where robots.txt files are kept."""
    return lake.cache / "robots"


def read_states(
    lake: Lake, damaged: list[DamagedLake] | None = None, version: int | None = None
) -> dict[tuple[str, str], FeedState]:
    """The states of all feeds of the lake, by source and feed id; as of ``version`` of their table,
    where that was looked up just now.

    Files that cannot be read are noted in ``damaged``: what they told is asked for again. Without
    it they raise ``DamagedLake``.
    """
    rows = lake.read_feed_states(True, damaged, version)
    return {key: read_poll_row(row) for key, row in rows.items()}


def list_feeds(sources: Iterable[Source]) -> list[Feed]:
    """The feeds of all ``sources``, in order."""
    return [make_feed(source, feed) for source in sources for feed in source.feeds]


def find_blocked(states: States, now: datetime) -> dict[str, datetime]:
    """The registrable domains that asked to be left alone, and until when."""
    blocked: dict[str, datetime] = {}
    for state in states.values():
        for domain, until in state.blocked.items():
            if is_closed(until, now):
                blocked[domain] = max(until, blocked.get(domain, until))
    return blocked


def next_due(lake: Lake, sources: Sequence[Source], now: datetime) -> datetime | None:
    """When a run is next worth its while; ``None`` if no feed will ever be due."""
    # A run says what is damaged.
    kept = read_states(lake, [])
    states = bring_back(kept, now)
    blocked = find_blocked(states, now)
    instants = []
    for feed in list_feeds(sources):
        state = states.get((feed.source, feed.id))
        due = due_at(feed, state, now)
        if due is None:
            continue
        if state is None:
            return now
        until = blocked.get(read_web_address(choose_address(feed, state)).domain, due)
        interval = feed.every or state.interval or FIRST_INTERVAL
        gather = min(_GATHER, interval * _GATHER_SHARE)
        if state is not kept[feed.source, feed.id]:
            gather = timedelta()  # it is due whenever somebody looks: that would never pass
        instants.append(max(due, until) + gather)
    return max(now, min(instants)) if instants else None


def poll_round(
    sources: Sequence[Source],
    states: States,
    known: KnownItems,
    clock: Clock,
    robots: Path | None,
    options: PollOptions,
    *,
    busy: Collection[tuple[str, str]] = (),
    waiting: Iterable[PageRequest] = (),
    quiet_until: Mapping[str, float] | None = None,
    way: Path | None = None,
) -> Round:
    """Ask every feed of ``sources`` that is due, once, and choose what is wanted of it.

    ``busy`` are feeds (source, id) not to be asked now; ``waiting`` are requests that are on
    their way already, beside those that the feeds in ``states`` keep for later. ``quiet_until``
    (Unix seconds by domain) is when servers may be asked again that were asked just now. ``way``
    has the locks by which feeds go before backfills.
    """
    now = clock.now()
    states = bring_back(states, now)
    blocked = find_blocked(states, now)
    feeds = [
        feed
        for feed in list_feeds(sources)
        if (feed.source, feed.id) not in busy and _is_turn(feed, states, blocked, now, options.all)
    ]
    if not feeds:
        return Round(closed=blocked)
    domains = {
        read_web_address(choose_address(feed, states.get((feed.source, feed.id)))).domain
        for feed in feeds
    }
    with go_first(way, domains):
        polls, closed = asyncio.run(
            _ask(sources, feeds, states, blocked, clock, robots, quiet_until or {})
        )
    ended = time.time()
    by_source: dict[str, list[Poll]] = defaultdict(list)
    for poll in polls:
        by_source[poll.polled.state.source].append(poll)
    on_the_way: dict[str, list[PageRequest]] = defaultdict(list)
    for request in waiting:
        on_the_way[request.source].append(request)
    drafts: list[Draft] = []
    for source in sources:
        polled = [poll.polled for poll in by_source.get(source.id, ())]
        asked = {poll.state.feed for poll in polled}
        kept = [state for state in states.values() if state.source == source.id]
        others = [state for state in kept if state.feed not in asked]
        drafts += choose_wanted(
            polled,
            source.url,
            known,
            now,
            waiting=[*waiting_requests(others), *on_the_way[source.id]],
            limit=options.limit,
            window=options.days.span(ZoneInfo(source.timezone)),
            others=kept,
        )
    gaps = {source.id: source.fetch.seconds_between_requests for source in sources}
    return Round(
        tuple(drafts),
        tuple(rejection for poll in polls for rejection in poll.rejections),
        {
            read_web_address(poll.polled.state.url).domain: ended + gaps[poll.polled.state.source]
            for poll in polls
        },
        closed,
        from_future=frozenset(
            (feed.source, feed.id)
            for feed in feeds
            if (state := states.get((feed.source, feed.id))) and is_future(state.polled_at, now)
        ),
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
    sources: Sequence[Source],
    feeds: Sequence[Feed],
    states: States,
    blocked: Mapping[str, datetime],
    clock: Clock,
    robots: Path | None,
    quiet_until: Mapping[str, float],
) -> tuple[list[Poll], dict[str, datetime]]:
    by_id = {source.id: source for source in sources}
    async with HttpClient(clock, robots) as client:
        for domain, until in blocked.items():
            client.close_lane(domain, until)
        for domain, instant in quiet_until.items():
            client.pause_lane(domain, instant - time.time())
        polls = await poll_feeds(client, feeds, by_id, states, clock, Random())
        return polls, client.closed_lanes()
