"""Fetches the pages of wanted entries and hands them on as documents.

All lanes (registrable domains) of a shard are fetched in parallel by one thread while documents
are yielded to what comes next, so page bodies never wait in a shuffle.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

from newsbeam.transforms.extract.article import extract_articles
from newsbeam.transforms.feeds.texts import judge_content
from newsbeam.transforms.fetch.archive import ArchiveWriter
from newsbeam.transforms.fetch.kept_answers import KeptAnswers
from newsbeam.transforms.fetch.queue import MEDIA_TYPES, FetchJob, fetch_in_thread
from newsbeam.transforms.fetch.unwanted import (
    OtherPage,
    Settled,
    Strangers,
    find_other_page,
    read_signs,
)
from newsbeam.transforms.packing import pack_request
from newsbeam.transforms.poll.documents import entry_key
from newsbeam.transforms.poll.wanted import PageOutcome, judge_fault
from newsbeam.transforms.records import (
    Article,
    Count,
    Document,
    FetchFault,
    PageRequest,
    Provenance,
    Rejection,
    Response,
)
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.identity import canonicalize_url, digest_bytes
from newsbeam.transforms.web.urls import read_web_address

# Ours: with the waits between them, 9 days.
_LOGIN_RETRIES = 15
# Ours: so many times the text of the page, and the feed has what the page holds back.
_MORE_THAN_PAGE = 1.2

FetchResult = Document | Rejection | PageOutcome


def make_feed_document(request: PageRequest, source: Source, fetched_at: datetime) -> Document:
    """The document that the feed itself carries: its content, or else its summary."""
    entry = request.entry
    body = entry.content or entry.metadata.lead or ""
    provenance = _provenance(request, source, body.encode("utf-8", "replace"), fetched_at)
    given = replace(
        entry.metadata,
        url=provenance.url,
        modified_at_from=None if entry.metadata.modified_at is None else "feed",
    )
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
        detail = f"{response.content_type}, not an HTML page"
        return _reject(request, "wrong_content_type", detail, response.url)
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
    strangers = Strangers()
    with ExitStack() as stack, fetch_in_thread(requests, job) as fetched:
        keep = _Keeper(job, stack)
        for request, answer in fetched:
            if isinstance(answer, FetchFault):
                yield from _explain(request, answer, job)
            elif answer is None:
                source = job.sources[request.source]
                yield keep(make_feed_document(request, source, job.clock.now()), None, request)
            else:
                for page in _sort_pages(request, answer, strangers):
                    yield from _make_result(*page, job, keep)
        for page in strangers.finish():
            yield from _make_result(*page, job, keep)


def _sort_pages(
    request: PageRequest, response: Response, strangers: Strangers
) -> Iterator[Settled]:
    """The pages that are settled once ``response`` has come: itself, or strangers before it."""
    signs = read_signs(request, response)
    other = find_other_page(request, response, signs)
    if signs.is_doubtful and (other is None or other.reason == "strange_page"):
        yield from strangers.add(request, response, signs, other)
    else:
        yield request, response, other


def _make_result(
    request: PageRequest,
    response: Response,
    other: OtherPage | None,
    job: FetchJob,
    keep: _Keeper,
) -> Iterator[FetchResult]:
    source = job.sources[request.source]
    if other is not None and other.reason in ("login_page", "strange_page"):
        # A house that shows it to everybody means to let its readers in again.
        fault = FetchFault(other.reason, other.detail, is_temporary=True, domain="", status=200)
        if job.answers is not None:
            KeptAnswers(job.answers / request.source).keep(job.past_name(request), fault)
        yield from _explain(request, fault, job, response.url)
        return
    if other is not None:
        document: Document | Rejection = _reject(request, other.reason, other.detail, response.url)
    else:
        document = make_page_document(request, source, response)
    if isinstance(document, Rejection):
        yield document
        yield PageOutcome(request.source, request.feed, request.entry.id)
        return
    if _is_doubtful(request, job):
        feed = make_feed_document(request, source, response.fetched_at)
        if _count_text(feed, source) > _MORE_THAN_PAGE * _count_text(document, source):
            yield keep(feed, None, request)
            return
    yield keep(document, response, request)


def _is_doubtful(request: PageRequest, job: FetchJob) -> bool:
    """Whether the feed's content may be the whole article, or more of it than the page has."""
    entry, source = request.entry, job.sources[request.source]
    full_text = job.full_text.get((request.source, request.feed), source.full_text)
    return (
        full_text == "auto"
        and entry.content is not None
        and judge_content(entry.content, entry.metadata.lead, entry.url) == "doubtful"
    )


def _count_text(document: Document, source: Source) -> int:
    """How many code points of text the article would have."""
    (article,) = extract_articles([document], {source.id: source})
    return len(article.text) if isinstance(article, Article) else 0


class _Keeper:
    """Adds documents to the archives of their sources, where those want one."""

    def __init__(self, job: FetchJob, stack: ExitStack) -> None:
        self._job, self._stack = job, stack
        self._archives: dict[str, ArchiveWriter] = {}

    def __call__(
        self, document: Document, response: Response | None, request: PageRequest
    ) -> Document:
        source, job = self._job.sources[request.source], self._job
        if job.archive is not None and source.archive:
            if source.id not in self._archives:
                writer = ArchiveWriter(job.archive, source.id)
                self._archives[source.id] = self._stack.enter_context(writer)
            self._archives[source.id].add(document, response, request)
        return document


def _explain(
    request: PageRequest, fault: FetchFault, job: FetchJob, origin: str | None = None
) -> Iterator[FetchResult]:
    retries = job.sources[request.source].poll.retries
    if fault.reason == "login_page" and retries:
        retries = max(retries, _LOGIN_RETRIES)
    outcome = judge_fault(request, fault, job.clock.now(), retries)
    if outcome.is_failure:
        again = "; it will be tried again" if outcome.pending else ""
        origin = origin or request.entry.url or ""
        yield _reject(request, fault.reason, fault.detail + again, origin)
    yield outcome


def _reject(request: PageRequest, reason: str, detail: str, origin: str) -> Rejection:
    packed = pack_request(request, with_content=False)
    return Rejection(request.source, "fetch", reason, detail, origin, packed)


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
        request.entry.part is not None,
    )


def _as_page(content: str) -> str:
    return f"<!doctype html><html><body><article>{content}</article></body></html>"


def choose_shard(request: PageRequest, shards: int) -> int:
    """The one of ``shards`` (from 0) that the request's registrable domain belongs to, so that one
    worker alone asks it."""
    return zlib.crc32(read_web_address(request.entry.url or "").domain.encode()) % shards


def fetch_shards(
    shards: Iterable[tuple[int, Iterable[PageRequest]]], job: FetchJob
) -> Iterator[FetchResult | Count]:
    """What ``fetch_pages`` yields for each shard's requests, and counts: pages that are ``read``,
    and those that are left ``waiting`` for a later run."""
    for _, requests in shards:
        for result in fetch_pages(list(requests), job):
            if isinstance(result, PageOutcome):
                if result.pending is not None and not result.is_failure:
                    yield Count(result.source, "waiting")
            elif isinstance(result, Rejection):
                yield Count(result.source, "read")
            else:
                yield Count(result.provenance.source, "read")
            yield result
