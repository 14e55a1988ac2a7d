"""One source's part in a backfill: what to ask next, what became of it, when to go on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

from newsbeam.pipelines.backfill.alone import backfill_folder
from newsbeam.transforms.backfill.counts import PastCounts
from newsbeam.transforms.backfill.find import LISTING_ANSWER, PAST_FEED
from newsbeam.transforms.backfill.state import OpenPage, PageEnd, PastState, page_key
from newsbeam.transforms.fetch.kept_answers import KeptAnswers
from newsbeam.transforms.lake.known import Known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.run import Run, has_commit
from newsbeam.transforms.lake.schema import REJECTS
from newsbeam.transforms.poll.documents import document_of, list_documents
from newsbeam.transforms.poll.wanted import judge_fault
from newsbeam.transforms.records import Entry, FetchFault, Metadata, PageRequest
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.spans import Span

# Ours: pages of a site that are asked before what they brought is committed.
_MOST_AT_ONCE = 1_000
# Ours: a site that gave nothing is left alone for so long, as in `web.lanes`.
_TROUBLE = timedelta(minutes=10)
# What a page's time of publication is known by to the second.
_EXACT = timedelta(seconds=1)


def state_place(lake: Lake, source: str) -> Path:
    """The file with the state of the backfill of ``source``."""
    return backfill_folder(lake) / f"{source}.sqlite"


def request_gap(source: Source, state: PastState) -> float:
    """Seconds between two requests to the source's site, as far as is known of its robots.txt."""
    delay = float(state.note("crawl_delay") or 0.0)
    return max(source.fetch.seconds_between_requests, delay)


@dataclass(slots=True)
class SourcePast:
    """The backfill of ``source`` within ``window``. ``spent`` counts requests of this process, of
    which there may be ``limit``; ``wait_until`` is when the site may be asked again."""

    source: Source
    state: PastState
    window: Span
    answers: KeptAnswers
    limit: int | None
    spent: int = 0
    wait_until: datetime | None = None
    brought: Counter[str] = field(default_factory=Counter)
    requests: dict[str, tuple[OpenPage, PageRequest]] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Seconds between two requests."""
        return request_gap(self.source, self.state)

    @property
    def allowed(self) -> int:
        """How many requests may be made before what they bring is committed."""
        most, settings = _MOST_AT_ONCE, self.source.fetch
        if self.gap:
            turns = settings.time_a_run.total_seconds() / self.gap * settings.requests_at_once
            most = min(most, max(1, ceil(turns)))
        return most if self.limit is None else min(most, self.limit - self.spent)

    def recover(self, lake: Lake, now: datetime) -> None:
        """Finish what a process that was killed had begun: what it had committed is done, and
        answers that nobody waits for go."""
        for draft in self.answers.folder.glob(".*.new"):
            draft.unlink(missing_ok=True)
        run, version = self.state.note("run"), int(self.state.note("rejects_version") or -1)
        pages = self._kept_pages()
        if run is not None and pages and has_commit(lake, REJECTS, version, run):
            self.requests = pages
            self.settle(now)
            self.spent, self.wait_until = 0, None
        for name in self.answers.names():
            number = name.removeprefix(LISTING_ANSWER)
            is_open = (
                self.state.is_open(int(number))
                if name.startswith(LISTING_ANSWER)
                else bool(self.state.find_pages([page_key(name)]))
            )
            if not is_open:
                self.answers.forget(name)

    def _kept_pages(self) -> dict[str, tuple[OpenPage, PageRequest]]:
        names = [name for name in self.answers.names() if not name.startswith(LISTING_ANSWER)]
        pages = self.state.find_pages(page_key(name) for name in names)
        made = (self._make_request(page) for page in pages)
        return {self._name(request): (page, request) for page, request in made}

    def choose(self, known: Known, now: datetime) -> None:
        """Choose what to ask now (``requests``): what has an answer already, then the newest pages.
        What the lake has, as of a feed, is done."""
        self.requests = self._kept_pages()
        open_listing = self.state.next_listing(self.window, now)
        newest = None
        if open_listing is not None:
            newest = open_listing.listing.span.end
            if newest is None:
                return
        while len(self.requests) < self.allowed:
            ends: list[tuple[int, PageEnd]] = []
            most = self.allowed
            for page in self.state.next_pages(self.window, now, most, newest):
                _, request = self._make_request(page)
                if any(known.document(one) for one in list_documents(request, self.source.url)):
                    ends.append((page.key, "known"))
                else:
                    self.requests.setdefault(self._name(request), (page, request))
                if len(self.requests) >= most:
                    break
            if not ends:
                return
            self.state.end_pages(ends)

    def _make_request(self, page: OpenPage) -> tuple[OpenPage, PageRequest]:
        url, span = page.page.url, page.page.span
        told = None
        if span.first is not None and span.end is not None and span.end - span.first <= _EXACT:
            told = span.first
        metadata = Metadata(published_at=told, published_at_from="feed" if told else None)
        digest = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        entry = Entry(url, url, digest, metadata)
        return page, PageRequest(self.source.id, PAST_FEED, entry, page.tries)

    def _name(self, request: PageRequest) -> str:
        return document_of(request, self.source.url)

    def begin(self, run: Run) -> None:
        """Note the run that is about to ask for ``requests``."""
        self.state.write_notes({"run": run.id, "rejects_version": str(run.rejects_version)})

    def settle(self, now: datetime) -> None:
        """Note what became of ``requests``: all that was answered is in the lake by now, as an
        article or as a reject."""
        ends: list[tuple[int, PageEnd]] = []
        later: list[tuple[int, datetime]] = []
        faults: list[FetchFault] = []
        answered = dict(self._find_answers())
        for name, fault in answered.items():
            page, request = self.requests[name]
            if fault is None:
                ends.append((page.key, "asked"))
                continue
            faults.append(fault)
            pending = judge_fault(request, fault, now, self.source.poll.retries).pending
            if pending is None:
                ends.append((page.key, "failed"))
            else:
                later.append((page.key, pending.retry_at))
        self.state.end_pages(ends, later)
        for name in answered:
            self.answers.forget(name)
        self.spent += len(answered)
        is_left = len(answered) < len(self.requests)
        self.wait_until = _find_wait(faults, is_left, len(faults) == len(answered), now)
        self.requests = {}

    def _find_answers(self) -> Iterator[tuple[str, FetchFault | None]]:
        for name in self.requests:
            answer = self.answers.find(name)
            if answer is not None:
                yield name, answer if isinstance(answer, FetchFault) else None

    def counts(self) -> PastCounts:
        """What was found and done so far."""
        return self.state.count(self.window)


def _find_wait(
    faults: list[FetchFault], is_left: bool, is_all_faults: bool, now: datetime
) -> datetime | None:
    """When a site is asked again that did not answer all that was to be asked."""
    asked_to = [fault.retry_at for fault in faults if fault.retry_at is not None]
    if is_left and asked_to:
        return max(asked_to)
    return now + _TROUBLE if is_left and is_all_faults else None
