"""Fetches the pages of wanted entries and hands them on as documents.

All lanes (registrable domains) of a shard are fetched in parallel by one thread while documents
are yielded to what comes next, so page bodies never wait in a shuffle.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics

from transforms.archives.archive import ArchiveWriter
from transforms.clock import Clock
from transforms.identity import canonicalize_url, digest_bytes
from transforms.outcomes import REJECTED, route
from transforms.polls.feed_state import FeedState
from transforms.polls.page_requests import pack_request
from transforms.polls.wanted import PageOutcome, entry_key, finish_poll, judge_fault
from transforms.records import (
    Document,
    Entry,
    FetchFault,
    FullText,
    MediaType,
    PageRequest,
    Provenance,
    Rejection,
    Response,
)
from transforms.settings import Source
from transforms.tables.staging import Staging
from transforms.tally import ITEMS, add_to_tally
from transforms.web.http_client import HttpClient
from transforms.web.http_request import Request
from transforms.web.web_addresses import read_web_address

OUTCOMES = "outcomes"
_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
_MEDIA_TYPES: dict[str, MediaType] = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "application/xml": "text/html",
    "text/xml": "text/html",
    "text/plain": "text/plain",
    "": "text/html",
}
# Ours: what a feed carries is taken for the whole article from this many characters on...
_WHOLE_ARTICLE = 1000
# ... in this many paragraphs.
_WHOLE_PARAGRAPHS = 3
_PARAGRAPH = ("</p>", "<br", "</div>", "\n\n")
# Documents that wait to be taken; more than these and the lanes wait.
_WAITING = 32
_LANES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What the fetching of pages must know of the run.

    ``quiet_until`` are the instants (Unix seconds) before which domains that were just polled
    must not be asked again. ``archive`` is where the WARC files of sources with an archive grow.
    """

    sources: Mapping[str, Source]
    full_text: Mapping[tuple[str, str], FullText]
    clock: Clock
    robots_folder: Path | None
    quiet_until: Mapping[str, float]
    closed: Mapping[str, datetime]
    archive: Staging | None
    tallies: str | None = None


FetchResult = Document | Rejection | PageOutcome


def wants_page(entry: Entry, full_text: FullText) -> bool:
    """Whether the entry's article has to be fetched, or is what the feed carries."""
    if full_text == "page" and entry.url is not None:
        return True
    if full_text == "feed" or entry.url is None:
        return False
    content = entry.content or ""
    paragraphs = max(content.lower().count(mark) for mark in _PARAGRAPH)
    ending = content.rstrip().lower()[-40:]
    is_cut = "…" in ending or "..." in ending or "[&#8230;]" in ending
    return len(content) < _WHOLE_ARTICLE or paragraphs < _WHOLE_PARAGRAPHS or is_cut


def make_feed_document(request: PageRequest, source: Source, fetched_at: datetime) -> Document:
    """The document that the feed itself carries: its content, or else its summary."""
    entry = request.entry
    body = entry.content or entry.metadata.lead or ""
    provenance = _provenance(request, source, body.encode("utf-8", "replace"), fetched_at)
    given = replace(entry.metadata, url=provenance.url)
    if entry.content is None:
        # The summary is the text here.
        return Document(provenance, "text/plain", body, given=replace(given, lead=None))
    return Document(provenance, "text/html", _as_page(body), given=given)


def make_page_document(
    request: PageRequest, source: Source, response: Response
) -> Document | Rejection:
    """The document that was fetched, or why it is no article page."""
    media_type = _MEDIA_TYPES.get(response.content_type)
    if media_type is None:
        return Rejection(
            request.source,
            "fetch",
            "wrong_content_type",
            f"{response.content_type}, not an HTML page",
            response.url,
            pack_request(request, with_content=False),
        )
    provenance = _provenance(
        request, source, response.body, response.fetched_at, fetched_from=response.url
    )
    return Document(
        provenance, media_type, response.body, response.charset, hints=request.entry.metadata
    )


def fetch_pages(requests: Sequence[PageRequest], job: FetchJob) -> Iterator[FetchResult]:
    """Fetch ``requests`` and yield what comes of each, as it comes.

    Every request yields a ``Document``, or a ``Rejection`` and a ``PageOutcome``, or (where it
    did not get its turn) a ``PageOutcome`` alone.
    """
    with ExitStack() as stack, _fetch_in_thread(requests, job) as fetched:
        archives: dict[str, ArchiveWriter] = {}
        for request, answer in fetched:
            source = job.sources[request.source]
            if isinstance(answer, FetchFault):
                yield from _explain(request, answer, job)
                continue
            document = (
                make_feed_document(request, source, job.clock.now())
                if answer is None
                else make_page_document(request, source, answer)
            )
            if isinstance(document, Rejection):
                yield document
                yield PageOutcome(request.source, request.feed, request.entry.id)
                continue
            if job.archive is not None and source.archive:
                if source.id not in archives:
                    archives[source.id] = stack.enter_context(ArchiveWriter(job.archive, source.id))
                archives[source.id].add(document, answer, request)
            yield document


# ``None`` in place of an answer: the feed itself carries the article.
_Fetched = tuple[PageRequest, Response | FetchFault | None]


@contextmanager
def _fetch_in_thread(
    requests: Sequence[PageRequest], job: FetchJob
) -> Iterator[Iterator[_Fetched]]:
    """What a thread of its own fetches while the caller works on what has come."""
    waiting: queue.Queue[_Fetched | None] = queue.Queue(_WAITING)
    stop = threading.Event()

    def fetch() -> None:
        try:
            # Not among the loop's own threads: there, pages that wait to be taken would keep
            # others from being decoded until their servers seem too slow.
            with ThreadPoolExecutor(1, "hand-on") as thread:
                asyncio.run(_fetch_lanes(requests, job, waiting, thread, stop))
        finally:
            waiting.put(None)

    with ThreadPoolExecutor(1, "fetch") as executor:
        done = executor.submit(fetch)
        try:
            yield iter(waiting.get, None)
            done.result()  # a bug in the thread is a bug here
        finally:
            stop.set()
            while not done.done():
                with suppress(queue.Empty):
                    waiting.get(timeout=0.1)


async def _fetch_lanes(
    requests: Sequence[PageRequest],
    job: FetchJob,
    waiting: queue.Queue[_Fetched | None],
    thread: ThreadPoolExecutor,
    stop: threading.Event,
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def hand_on(request: PageRequest, answer: Response | FetchFault | None) -> None:
        await loop.run_in_executor(thread, waiting.put, (request, answer))

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

        async def fetch_lane(domain: str, lane: deque[PageRequest]) -> None:
            while lane and not stop.is_set():
                request = lane.popleft()
                source = job.sources[request.source]
                if loop.time() - began > source.fetch.time_a_run.total_seconds():
                    answer: Response | FetchFault = FetchFault(
                        "asked_to_wait", "not in this run", is_temporary=True, domain=domain
                    )
                else:
                    answer = await client.fetch(_page_request(request, source))
                await hand_on(request, answer)

        async def fetch_some() -> None:
            while queued:
                domain, lane = queued.popleft()
                at_once = max(job.sources[r.source].fetch.requests_at_once for r in lane)
                await asyncio.gather(*(fetch_lane(domain, lane) for _ in range(at_once)))

        await asyncio.gather(*(fetch_some() for _ in range(_LANES_AT_ONCE)))


def _page_request(request: PageRequest, source: Source) -> Request:
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
        media_types=frozenset(_MEDIA_TYPES) - {""},
    )


def _explain(request: PageRequest, fault: FetchFault, job: FetchJob) -> Iterator[FetchResult]:
    retries = job.sources[request.source].poll.retries
    outcome = judge_fault(request, fault, job.clock.now(), retries)
    if outcome.is_failure:
        again = "; it will be tried again" if outcome.pending else ""
        yield Rejection(
            request.source,
            "fetch",
            fault.reason,
            fault.detail + again,
            request.entry.url or "",
            pack_request(request, with_content=False),
        )
    yield outcome


def _provenance(
    request: PageRequest,
    source: Source,
    body: bytes,
    fetched_at: datetime,
    fetched_from: str | None = None,
) -> Provenance:
    key = entry_key(request.entry, request.feed, source.url)
    rules = source.url
    url = canonicalize_url(
        fetched_from or request.entry.url or "",
        keep=rules.keep_parameters,
        drop=rules.drop_parameters,
    )
    return Provenance(
        request.source,
        key,
        fetched_from or request.entry.url or request.feed,
        digest_bytes(body),
        url,
        fetched_at,
        request.known_as,
        pack_request(request, with_content=False),
    )


def _as_page(content: str) -> str:
    return f"<!doctype html><html><body><article>{content}</article></body></html>"


class _FetchShards(beam.DoFn):  # type: ignore[misc]
    def __init__(self, job: FetchJob) -> None:
        self._job = job

    def process(self, shard: tuple[int, Iterable[PageRequest]]) -> Iterator[Any]:
        for result in fetch_pages(list(shard[1]), self._job):
            if isinstance(result, PageOutcome):
                if result.pending is not None and not result.is_failure:
                    Metrics.counter(result.source, "waiting").inc()
                yield beam.pvalue.TaggedOutput(OUTCOMES, result)
                continue
            source = result.source if isinstance(result, Rejection) else result.provenance.source
            Metrics.counter(source, "read").inc()
            add_to_tally(self._job.tallies, ITEMS)
            yield route(result)


class FetchPages(beam.PTransform):  # type: ignore[misc]
    """``PageRequest`` s to ``Document`` s; outputs ``REJECTED`` and ``OUTCOMES``.

    A registrable domain belongs to one of the ``shards``, so that one worker alone asks it.
    """

    def __init__(self, job: FetchJob, shards: int = 1) -> None:
        super().__init__()
        self._job = job
        self._shards = shards

    def _shard(self, request: PageRequest) -> tuple[int, PageRequest]:
        domain = read_web_address(request.entry.url or "").domain
        return zlib.crc32(domain.encode()) % self._shards, request

    def expand(self, requests: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return (
            requests
            | "ToShards" >> beam.Map(self._shard)
            | "GroupShards" >> beam.GroupByKey()
            | "Fetch"
            >> beam.ParDo(_FetchShards(self._job)).with_outputs(
                REJECTED, OUTCOMES, main="documents"
            )
        )


class FinishPolls(beam.PTransform):  # type: ignore[misc]
    """``drafts`` (``Draft`` s) and ``OUTCOMES`` of their pages to ``FeedState`` s."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        super().__init__()
        self._sources = sources

    def _finish(
        self, keyed: tuple[tuple[str, str], dict[str, Iterable[Any]]]
    ) -> Iterator[FeedState]:
        (source, _), found = keyed
        for draft in found["drafts"]:
            yield finish_poll(draft, found[OUTCOMES], self._sources[source].url)

    def expand(self, collections: dict[str, beam.PCollection]) -> beam.PCollection:
        drafts = collections["drafts"] | "KeyDrafts" >> beam.Map(
            lambda draft: ((draft.state.source, draft.state.feed), draft)
        )
        outcomes = collections[OUTCOMES] | "KeyOutcomes" >> beam.Map(
            lambda outcome: ((outcome.source, outcome.feed), outcome)
        )
        return (
            {"drafts": drafts, OUTCOMES: outcomes}
            | beam.CoGroupByKey()
            | "Finish" >> beam.FlatMap(self._finish)
        )
