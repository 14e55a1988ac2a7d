"""Fetches wanted pages, all registrable domains at once, in a thread beside its caller's."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsbeam.transforms.feeds.texts import judge_content
from newsbeam.transforms.fetch.past_pages import PastAsker
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.poll.documents import document_of
from newsbeam.transforms.poll.right_of_way import go_first, way_folder
from newsbeam.transforms.poll.round import robots_folder
from newsbeam.transforms.records import (
    Clock,
    Entry,
    FetchFault,
    FullText,
    MediaType,
    PageRequest,
    Response,
)
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.request import Request
from newsbeam.transforms.web.urls import read_web_address

_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
MEDIA_TYPES: dict[str, MediaType] = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "application/xml": "text/html",
    "text/xml": "text/html",
    "text/plain": "text/plain",
    "": "text/html",
}
# Documents that wait to be taken; more than these and the lanes wait.
_WAITING = 32
# Ours: no page is asked for while more bytes than these wait to be taken.
_WAITING_BYTES = 128 * 1024 * 1024
_LANES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What the fetching of pages must know of the run.

    ``lake`` is there where its cache may be used: each worker has its own, which may lie elsewhere
    than that of the process that starts the run. ``quiet_until`` are the instants (Unix seconds)
    before which domains that were just polled must not be asked again. ``archive`` is where the
    WARC files of sources with an archive grow. ``answers`` makes it a backfill: it is where
    answers are kept (``PastAsker``).
    """

    sources: Mapping[str, Source]
    full_text: Mapping[tuple[str, str], FullText]
    clock: Clock
    lake: Lake | None
    quiet_until: Mapping[str, float]
    closed: Mapping[str, datetime]
    archive: Staging | None
    answers: Path | None = None

    @property
    def robots_folder(self) -> Path | None:
        """Where this process keeps robots.txt files."""
        return None if self.lake is None else robots_folder(self.lake)

    @property
    def way(self) -> Path | None:
        """Where the locks are by which feeds go before backfills."""
        return None if self.lake is None else way_folder(self.lake)

    def past_name(self, request: PageRequest) -> str:
        """The name that the answer to ``request`` is kept as."""
        return document_of(request, self.sources[request.source].url)


def wants_page(entry: Entry, full_text: FullText) -> bool:
    """Whether the entry's article has to be fetched, or is what the feed carries."""
    if entry.part is not None:  # its address leads to a list
        return False
    if full_text == "page" and entry.url is not None:
        return True
    if full_text == "feed" or entry.url is None:
        return False
    content = entry.content
    return content is None or judge_content(content, entry.metadata.lead, entry.url) != "whole"


# ``None`` in place of an answer: the feed itself carries the article.
Fetched = tuple[PageRequest, Response | FetchFault | None]


class _Waiting:
    """What was fetched and is not yet taken; ``size`` is its bytes."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Fetched | None] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self.size = 0

    def count(self, fetched: Fetched) -> None:
        """Count what is about to be added."""
        self._grow(_count_bytes(fetched))

    def add(self, fetched: Fetched) -> None:
        """Wait for a place and take it."""
        self._queue.put(fetched)

    def end(self) -> None:
        """Nothing more comes."""
        self._queue.put(None)

    def take(self) -> Iterator[Fetched]:
        """What comes, until the end; it counts as waiting until the next is asked for."""
        for fetched in iter(self._queue.get, None):
            yield fetched
            self._grow(-_count_bytes(fetched))

    def drop(self) -> None:
        """Make room, for nobody takes any more."""
        with suppress(queue.Empty):
            self._queue.get(timeout=0.1)

    def _grow(self, size: int) -> None:
        with self._lock:
            self.size += size


def _count_bytes(fetched: Fetched) -> int:
    answer = fetched[1]
    return len(answer.body) if isinstance(answer, Response) else 0


@contextmanager
def fetch_in_thread(requests: Sequence[PageRequest], job: FetchJob) -> Iterator[Iterator[Fetched]]:
    """What a thread of its own fetches while the caller works on what has come."""
    waiting = _Waiting()
    stop = threading.Event()

    def fetch() -> None:
        try:
            # Not among the loop's own threads: there, pages that wait to be taken would keep
            # others from being decoded until their servers seem too slow.
            domains = {read_web_address(request.entry.url or "").domain for request in requests}
            way = job.way if job.answers is None else None
            with ThreadPoolExecutor(1, "hand-on") as thread, go_first(way, domains):
                asyncio.run(_fetch_lanes(requests, job, waiting, thread, stop))
        finally:
            waiting.end()

    with ThreadPoolExecutor(1, "fetch") as executor:
        done = executor.submit(fetch)
        try:
            yield waiting.take()
            done.result()  # a bug in the thread is a bug here
        finally:
            stop.set()
            while not done.done():
                waiting.drop()


async def _fetch_lanes(
    requests: Sequence[PageRequest],
    job: FetchJob,
    waiting: _Waiting,
    thread: ThreadPoolExecutor,
    stop: threading.Event,
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def hand_on(request: PageRequest, answer: Response | FetchFault | None) -> None:
        waiting.count((request, answer))
        await loop.run_in_executor(thread, waiting.add, (request, answer))

    lanes: dict[str, deque[PageRequest]] = defaultdict(deque)
    for request in requests:
        source = job.sources[request.source]
        full_text = job.full_text.get((request.source, request.feed), source.full_text)
        if wants_page(request.entry, full_text):
            lanes[read_web_address(request.entry.url or "").domain].append(request)
        else:
            await hand_on(request, None)
    queued = deque(lanes.items())

    async with HttpClient(job.clock, job.robots_folder) as client:
        for domain, until in job.closed.items():
            client.close_lane(domain, until)
        for domain, quiet_until in job.quiet_until.items():
            client.pause_lane(domain, quiet_until - time.time())

        past = None
        if job.answers is not None and job.way is not None:
            past = PastAsker(client, job.answers, job.way)

        async def fetch_lane(domain: str, lane: deque[PageRequest]) -> None:
            while lane and not stop.is_set():
                if waiting.size > _WAITING_BYTES:
                    await asyncio.sleep(0.05)
                    continue
                request = lane.popleft()
                source = job.sources[request.source]
                if loop.time() - began > source.fetch.time_a_run.total_seconds():
                    answer: Response | FetchFault = FetchFault(
                        "asked_to_wait", "not in this run", is_temporary=True, domain=domain
                    )
                elif past is not None:
                    asked = make_web_request(request, source)
                    answer = await past.ask(asked, source.id, job.past_name(request))
                else:
                    answer = await client.fetch(make_web_request(request, source))
                await hand_on(request, answer)

        async def fetch_some() -> None:
            while queued:
                domain, lane = queued.popleft()
                at_once = max(job.sources[r.source].fetch.requests_at_once for r in lane)
                await asyncio.gather(*(fetch_lane(domain, lane) for _ in range(at_once)))

        await asyncio.gather(*(fetch_some() for _ in range(_LANES_AT_ONCE)))


def make_web_request(request: PageRequest, source: Source) -> Request:
    """How the page of ``request`` is asked for, as its source is configured."""
    url = request.entry.url or ""
    own = {read_web_address(feed.url).domain for feed in source.feeds}
    settings = source.fetch
    if read_web_address(url).domain not in own:
        # The source's headers may hold a key to its own site; other sites must not see it.
        settings = settings.model_copy(update={"headers": {}})
    return Request(
        url=url,
        settings=settings,
        max_bytes=source.fetch.max_page_bytes,
        accept=_ACCEPT,
        tries=source.fetch.tries,
        media_types=frozenset(MEDIA_TYPES) - {""},
        follows_refresh=True,
    )
