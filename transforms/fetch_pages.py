"""Fetches the pages of wanted entries and hands them on as documents.

All lanes (registrable domains) of a shard are fetched in parallel by one thread while documents
are yielded to what comes next, so page bodies never wait in a shuffle.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics

from transforms.archives.archive import ArchiveWriter
from transforms.identity import canonicalize_url, digest_bytes
from transforms.outcomes import REJECTED, route
from transforms.polls.feed_state import FeedState
from transforms.polls.page_fetching import MEDIA_TYPES, FetchJob, fetch_in_thread
from transforms.polls.page_requests import pack_request
from transforms.polls.wanted import PageOutcome, entry_key, finish_poll, judge_fault
from transforms.records import (
    Document,
    FetchFault,
    PageRequest,
    Provenance,
    Rejection,
    Response,
)
from transforms.settings import Source
from transforms.tally import ITEMS, add_to_tally
from transforms.web.web_addresses import read_web_address

OUTCOMES = "outcomes"

FetchResult = Document | Rejection | PageOutcome


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
    media_type = MEDIA_TYPES.get(response.content_type)
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
    with ExitStack() as stack, fetch_in_thread(requests, job) as fetched:
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
