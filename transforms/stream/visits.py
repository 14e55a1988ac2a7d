"""Visits to sites, for ever: polls what is due and fetches what is wanted, a step at a tick.

The lake says when a feed is due and what is known (docs/decisions/streaming.md). What a visitor
remembers itself is only what is on its way there: pages to fetch, polls that are not committed
yet, and when servers may be asked again. A visitor that has lost its memory asks feeds again
whose pages were on their way; what comes in twice by that is known when it is committed.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.metrics import Metrics
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from newsbeam.transforms.fetch.pages import fetch_pages
from newsbeam.transforms.fetch.queue import FetchJob
from newsbeam.transforms.lake.feed_state import FeedState
from newsbeam.transforms.lake.known import Known, KnownLater, NewestKnown, load_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath, read_place
from newsbeam.transforms.lake.schema import REJECTS
from newsbeam.transforms.packing import drop_content, pack, unpack
from newsbeam.transforms.poll.future import is_closed
from newsbeam.transforms.poll.right_of_way import way_folder
from newsbeam.transforms.poll.round import (
    PollOptions,
    find_blocked,
    list_feeds,
    poll_round,
    read_states,
    robots_folder,
)
from newsbeam.transforms.poll.source_locks import hold_sources
from newsbeam.transforms.poll.wanted import Draft, PageOutcome
from newsbeam.transforms.records import Clock, Document, PageRequest, Rejection
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.stage import REJECTED, route
from newsbeam.transforms.web.urls import read_web_address

NOTES = "notes"
FeedKey = tuple[str, str]
# Ours: a step takes about so long, so that checkpoints need not wait for it.
_STEP = timedelta(seconds=10)
# Ours: a poll that is not committed so long after it is given up and repeated.
_GIVEN_UP = timedelta(minutes=30)
_POLLED = PollOptions()
# Ours, in seconds: no step takes so long.
_LATE_TICKS = 3600.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A round of polls, as the committer must know of it.

    ``rejects_version`` is the version of the table of rejects before it, against which a repeated
    commit of this visit's rejections is recognised.
    """

    at: datetime
    drafts: tuple[Draft, ...]
    rejections: tuple[Rejection, ...]
    rejects_version: int


@dataclass(frozen=True, slots=True)
class Underway:
    """A poll that is not committed yet: when it was, and the pages that it wants."""

    polled_at: datetime
    requests: tuple[PageRequest, ...] = ()
    poll_number: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a visitor remembers between its steps.

    ``queue`` are the pages to fetch, oldest first. ``quiet_until`` (Unix seconds) and ``closed``
    are by registrable domain. ``began`` (Unix seconds) is when the last step did.
    """

    queue: tuple[PageRequest, ...] = ()
    underway: dict[FeedKey, Underway] = field(default_factory=dict)
    quiet_until: Mapping[str, float] = field(default_factory=dict)
    closed: Mapping[str, datetime] = field(default_factory=dict)
    began: float = 0.0

    def pack(self) -> bytes:
        """As JSON."""
        return pack(self).encode()

    @staticmethod
    def unpack(data: bytes | None) -> Memory:
        """What ``pack`` packed; an empty memory for ``None`` and for what another version of
        newsbeam wrote, since nothing is lost by forgetting."""
        try:
            return unpack(Memory, data or b"{}")
        except ValueError:
            return Memory()


def settle_memory(memory: Memory, states: Mapping[FeedKey, FeedState], now: datetime) -> Memory:
    """``memory`` without the polls that are in the lake by now, or that nobody will commit."""
    underway = {
        feed: poll
        for feed, poll in memory.underway.items()
        if abs(now - poll.polled_at) < _GIVEN_UP
        and not ((state := states.get(feed)) and state.order >= (poll.poll_number, poll.polled_at))
    }
    return replace(
        memory,
        queue=tuple(r for r in memory.queue if (r.source, r.feed) in underway),
        underway=underway,
        quiet_until={d: at for d, at in memory.quiet_until.items() if at > time.time()},
        closed={d: until for d, until in memory.closed.items() if is_closed(until, now)},
    )


def take_pages(
    queue: Sequence[PageRequest], sources: Mapping[str, Source]
) -> tuple[list[PageRequest], list[PageRequest]]:
    """What of ``queue`` to fetch in one step, and what stays: of each registrable domain as many
    pages as its pace allows within a step, at least one."""
    taken: list[PageRequest] = []
    left: list[PageRequest] = []
    counts: Counter[str] = Counter()
    for request in queue:
        if request.source not in sources:  # taken out of the configuration
            continue
        domain = _domain(request)
        gap = sources[request.source].fetch.seconds_between_requests
        most = max(1, int(_STEP.total_seconds() / max(gap, 0.1)))
        counts[domain] += 1
        (taken if counts[domain] <= most else left).append(request)
    return taken, left


class Visitor:
    """Visits the sites of ``sources`` for the lake at ``root``."""

    def __init__(self, root: LakePath, sources: Sequence[Source], clock: Clock) -> None:
        self._lake = Lake(root)
        self._sources = {source.id: source for source in sources}
        self._clock = clock

    def step(
        self, memory: Memory
    ) -> tuple[Memory, Iterator[Visit | Document | Rejection | PageOutcome]]:
        """Poll what is due and begin to fetch; returns the memory after it, and what comes in.

        The memory holds only if all that comes in is taken.
        """
        lake, now = self._lake, self._clock.now()
        states = read_states(lake)
        memory = settle_memory(memory, states, now)

        @lru_cache(maxsize=1)
        def known() -> Known:
            return load_known(NewestKnown(lake))

        with hold_sources(lake, list(self._sources)) as held:
            # Before the poll: what is committed later of this visit is found behind it.
            rejects_version = lake.version(REJECTS)
            polled = poll_round(
                [source for source in self._sources.values() if source.id in held],
                states,
                KnownLater(known),
                self._clock,
                robots_folder(lake),
                _POLLED,
                busy=memory.underway,
                waiting=[r for poll in memory.underway.values() for r in poll.requests],
                quiet_until=memory.quiet_until,
                way=way_folder(lake),
            )
        visit = Visit(now, polled.drafts, polled.rejections, rejects_version)
        underway = dict(memory.underway)
        for draft in polled.drafts:
            state = draft.state
            wanted = tuple(map(drop_content, draft.requests))
            underway[state.source, state.feed] = Underway(
                state.polled_at, wanted, state.poll_number
            )
        taken, left = take_pages([*memory.queue, *polled.requests], self._sources)
        quiet = {**memory.quiet_until, **polled.quiet_until}
        closed = {**memory.closed, **find_blocked(states, now), **polled.closed}
        return (
            replace(memory, queue=tuple(left), underway=underway, quiet_until=quiet, closed=closed),
            self._come_in(visit, taken, quiet, closed),
        )

    def rest(self, memory: Memory, outcomes: Sequence[PageOutcome], asked: Sequence[str]) -> Memory:
        """``memory`` after the fetching of a step: who wants to be left alone, and how long."""
        closed, quiet = dict(memory.closed), dict(memory.quiet_until)
        for outcome in outcomes:
            if outcome.blocked is not None:
                domain, until = outcome.blocked
                closed[domain] = max(until, closed.get(domain, until))
        longest = max(
            (source.fetch.seconds_between_requests for source in self._sources.values()),
            default=0.0,
        )
        for domain in asked:
            quiet[domain] = time.time() + longest
        return replace(memory, closed=closed, quiet_until=quiet)

    def _come_in(
        self,
        visit: Visit,
        requests: Sequence[PageRequest],
        quiet_until: Mapping[str, float],
        closed: Mapping[str, datetime],
    ) -> Iterator[Visit | Document | Rejection | PageOutcome]:
        yield visit
        if not requests:
            return
        staging = self._lake.stage(f"visit-{uuid.uuid4().hex}")
        job = FetchJob(
            sources=self._sources,
            full_text={
                (feed.source, feed.id): feed.full_text
                for feed in list_feeds(self._sources.values())
            },
            clock=self._clock,
            lake=self._lake,
            quiet_until=quiet_until,
            closed=closed,
            archive=staging,
        )
        if not any(self._sources[request.source].archive for request in requests):
            yield from fetch_pages(requests, job)
            return
        with staging.create():
            yield from fetch_pages(requests, job)
            staging.remove()


def _domain(request: PageRequest) -> str:
    return read_web_address(request.entry.url or "").domain


_TAGS = {Visit: NOTES, PageOutcome: NOTES}
_MEMORY = beam.DoFn.StateParam(ReadModifyWriteStateSpec("memory", BytesCoder()))


class _VisitSites(beam.DoFn):  # type: ignore[misc]
    def __init__(self, root: str, sources: Sequence[Source], clock: Clock) -> None:
        self._visitor = Visitor(read_place(root), sources, clock)

    def process(self, tick: tuple[str, float], kept: Any = _MEMORY) -> Iterator[Any]:
        memory, began = Memory.unpack(kept.read()), time.time()
        # Ticks that queued up behind a long step ask for no more than the first of them; run one
        # after the other, they would hold up checkpoints. (Earlier ones: the clock was set back.)
        if 0 < memory.began - tick[1] < _LATE_TICKS:
            return
        memory, coming = self._visitor.step(memory)
        outcomes: list[PageOutcome] = []
        asked: set[str] = set()
        for item in coming:
            if isinstance(item, Visit):
                for draft in item.drafts:
                    Metrics.counter(draft.state.source, "polls").inc()
            elif isinstance(item, PageOutcome):
                outcomes.append(item)
            else:
                source = item.source if isinstance(item, Rejection) else item.provenance.source
                Metrics.counter(source, "read").inc()
                if isinstance(item, Document) and item.provenance.url:
                    asked.add(read_web_address(item.provenance.url).domain)
            yield from route(item, _TAGS)
        memory = self._visitor.rest(memory, outcomes, sorted(asked))
        kept.write(replace(memory, began=began).pack())


class VisitSites(beam.PTransform):  # type: ignore[misc]
    """Ticks to ``Document`` s; outputs ``REJECTED`` and ``NOTES`` (``Visit``, ``PageOutcome``).

    One worker visits all sites, so that each sees requests one after the other and at its pace:
    waiting for the network takes no processor, and pages become articles elsewhere.
    """

    def __init__(self, root: str, sources: Sequence[Source], clock: Clock) -> None:
        super().__init__()
        self._do_fn = _VisitSites(root, sources, clock)

    def expand(self, ticks: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return (
            ticks
            | "ToVisitor" >> beam.Map(lambda _: ("visitor", time.time()))
            | "Visit" >> beam.ParDo(self._do_fn).with_outputs(REJECTED, NOTES, main="documents")
        )
