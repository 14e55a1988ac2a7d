"""Which entries of polled feeds are wanted: the anti-join of what they tell with the lake.

Pure functions. A poll becomes a ``Draft``: the feed's state but for what the fetching of its
pages will add; ``finish_poll`` adds that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from transforms.identity import article_id, canonicalize_url
from transforms.polls.feed_state import FeedState, PendingPage, SeenEntry, hash_entry_id
from transforms.polls.polling import FreshEntry
from transforms.records import Entry, FetchFault, PageRequest
from transforms.settings import UrlSettings

# Ours: the wait before a page is tried again in a later run, doubled with every try.
_FIRST_RETRY = timedelta(minutes=10)
_LONGEST_RETRY = timedelta(days=1)


class KnownItem(Protocol):
    """What the lake knows of a document."""

    @property
    def ingested_at(self) -> datetime:
        """When the run began that wrote it last."""


FindDocument = Callable[[str], KnownItem | None]


@dataclass(frozen=True, slots=True)
class PolledFeed:
    """A feed that was polled: its state, its fresh entries, and when it was polled before."""

    state: FeedState
    fresh: tuple[FreshEntry, ...] = ()
    polled_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A poll whose pages are yet to be fetched; ``known`` counts entries that need nothing."""

    state: FeedState
    requests: tuple[PageRequest, ...] = ()
    known: int = 0


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """A requested page that could not be had. ``pending`` where it will be tried again.

    ``blocked`` is the domain that asked to be left alone, and until when. ``is_failure`` is
    false where the page only did not get its turn.
    """

    source: str
    feed: str
    entry_id: str
    pending: PendingPage | None = None
    blocked: tuple[str, datetime] | None = None
    is_failure: bool = True


def entry_key(entry: Entry, feed: str, rules: UrlSettings) -> str:
    """What identifies the entry's article within its source: its canonical URL, if it has one."""
    url = canonicalize_url(entry.url or "", keep=rules.keep_parameters, drop=rules.drop_parameters)
    return url or f"{feed}\x1f{entry.id}"


def document_of(request: PageRequest, rules: UrlSettings) -> str:
    """The id in the lake of the document that ``request`` leads to."""
    key = entry_key(request.entry, request.feed, rules)
    return request.known_as or article_id(request.source, key)


def choose_wanted(
    polled: Sequence[PolledFeed],
    rules: UrlSettings,
    find: FindDocument,
    now: datetime,
    *,
    waiting: Iterable[PageRequest] = (),
    limit: int | None = None,
) -> list[Draft]:
    """The drafts of one source's polls.

    Of an article that several feeds carry, the first one's entry is taken. ``find`` looks into
    the lake. ``waiting`` are requests that other feeds of the source keep for later: what they
    lead to is not asked for here. At most ``limit`` fresh entries of a feed are taken; the others
    count as not seen.
    """
    taken = {document_of(request, rules) for request in waiting}
    for poll in polled:
        taken |= {document_of(page.request, rules) for page in poll.state.pending}
    return [_draft(poll, rules, find, now, taken, limit) for poll in polled]


def finish_poll(draft: Draft, outcomes: Iterable[PageOutcome], rules: UrlSettings) -> FeedState:
    """The state of the feed after its pages were fetched, but for those in ``outcomes``."""
    troubled = {outcome.entry_id: outcome for outcome in outcomes}
    state = draft.state
    if not draft.requests:
        return state
    seen, blocked = dict(state.seen), dict(state.blocked)
    pending = list(state.pending)
    failed = 0
    for request in draft.requests:
        outcome = troubled.get(request.entry.id)
        if outcome is None or outcome.pending is None:
            seen[hash_entry_id(request.entry.id)] = SeenEntry(
                request.entry.digest, document_of(request, rules)
            )
        else:
            pending.append(outcome.pending)
        if outcome is not None:
            failed += outcome.is_failure
            if outcome.blocked is not None:
                domain, until = outcome.blocked
                blocked[domain] = max(until, blocked.get(domain, until))
    return replace(
        state,
        seen=seen,
        pending=tuple(pending),
        blocked=blocked,
        failed_pages=failed,
        knows_more=True,
    )


def judge_fault(
    request: PageRequest, fault: FetchFault, now: datetime, retries: int
) -> PageOutcome:
    """What becomes of a page that could not be had: another try in a later run, or none."""
    blocked = None if fault.retry_at is None else (fault.domain, fault.retry_at)
    names = (request.source, request.feed, request.entry.id)
    if fault.reason == "asked_to_wait" and fault.status is None:  # it was not even asked for
        pending = PendingPage(request, fault.retry_at or now)
        return PageOutcome(*names, pending, blocked, is_failure=False)
    if not fault.is_temporary or request.tries >= retries:
        return PageOutcome(*names, None, blocked)
    wait = min(_FIRST_RETRY * 2**request.tries, _LONGEST_RETRY)
    retry_at = max(now + wait, fault.retry_at or now)
    return PageOutcome(
        *names, PendingPage(replace(request, tries=request.tries + 1), retry_at), blocked
    )


def _draft(
    poll: PolledFeed,
    rules: UrlSettings,
    find: FindDocument,
    now: datetime,
    taken: set[str],
    limit: int | None,
) -> Draft:
    state = poll.state
    requests = [page.request for page in state.pending if page.retry_at <= now]
    later = tuple(page for page in state.pending if page.retry_at > now)
    seen = dict(state.seen)
    known, fresh_taken, left_out = 0, 0, False
    for fresh in poll.fresh:
        request = _request(fresh, state, rules, find)
        document = document_of(request, rules)
        if document in taken or _is_known(fresh, find(document), poll.polled_before):
            seen[hash_entry_id(fresh.entry.id)] = SeenEntry(fresh.entry.digest, document)
            known += 1
        elif limit is not None and fresh_taken >= limit:
            left_out = True
        else:
            requests.append(request)
            taken.add(document)
            fresh_taken += 1
    if state.outcome == "parsed":
        known += state.entries - len(poll.fresh) - len(state.pending)
    state = replace(state, seen=seen, pending=later)
    if left_out:
        # What was left out must not hide behind a 304 next time.
        state = replace(state, etag=None, last_modified=None, body_hash=None)
    return Draft(state, tuple(requests), max(known, 0))


def _request(
    fresh: FreshEntry, state: FeedState, rules: UrlSettings, find: FindDocument
) -> PageRequest:
    request = PageRequest(state.source, state.feed, fresh.entry)
    before = fresh.before
    has_moved = before is not None and before.document_id != document_of(request, rules)
    if before is not None and has_moved and find(before.document_id) is not None:
        return replace(request, known_as=before.document_id)
    return request


def _is_known(
    fresh: FreshEntry, document: KnownItem | None, polled_before: datetime | None
) -> bool:
    """Whether the lake holds what ``fresh`` tells."""
    if document is None:
        return False
    modified_at = fresh.entry.metadata.modified_at
    if fresh.before is None:
        return modified_at is None or modified_at <= document.ingested_at
    # It tells something new: known only if another feed has brought that in since.
    return (
        modified_at is not None
        and polled_before is not None
        and polled_before < document.ingested_at
        and modified_at <= document.ingested_at
    )


def waiting_requests(states: Collection[FeedState]) -> list[PageRequest]:
    """The requests that these feeds keep for later."""
    return [page.request for state in states for page in state.pending]
