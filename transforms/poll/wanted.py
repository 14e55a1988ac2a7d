"""Which entries of polled feeds are wanted: the anti-join of what they tell with the lake.

Pure functions. A poll becomes a ``Draft``: the feed's state but for what the fetching of its
pages will add; ``finish_poll`` adds that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsbeam.transforms.lake.feed_state import FeedState, PendingPage, SeenEntry, hash_entry_id
from newsbeam.transforms.poll.account import Account
from newsbeam.transforms.poll.documents import (
    document_of,
    is_one_story,
    list_documents,
)
from newsbeam.transforms.poll.future import is_future
from newsbeam.transforms.poll.leads import KnownItem, KnownItems, Lead, PolledFeed
from newsbeam.transforms.poll.moves import Tracker
from newsbeam.transforms.poll.nameless import OtherFeeds, is_nameless
from newsbeam.transforms.poll.parts import carries_article
from newsbeam.transforms.records import Entry, FetchFault, PageRequest
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.characters import squeeze
from newsbeam.transforms.text.likeness import has_common_title
from newsbeam.transforms.text.spans import EVER, Span

# Ours: the wait before a page is tried again in a later run, doubled with every try.
_FIRST_RETRY = timedelta(minutes=10)
_LONGEST_RETRY = timedelta(days=1)


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


def choose_wanted(
    polled: Sequence[PolledFeed],
    rules: UrlSettings,
    known: KnownItems,
    now: datetime,
    *,
    waiting: Iterable[PageRequest] = (),
    limit: int | None = None,
    window: Span = EVER,
    others: Iterable[FeedState] = (),
) -> list[Draft]:
    """The drafts of one source's polls.

    Of an article that several feeds carry, the first one's entry is taken. ``known`` looks into
    the lake. ``waiting`` are requests that other feeds of the source keep for later: what they
    lead to is not asked for here. ``others`` are the source's feeds as they were before. At most
    ``limit`` fresh entries of a feed are taken, none that it says were published outside
    ``window``; the others count as not seen.
    """
    pages = [*waiting, *(page.request for poll in polled for page in poll.state.pending)]
    told = OtherFeeds(others)
    trackers = [Tracker(poll, rules, told) for poll in polled]
    leads = [
        [tracker.find(fresh, known) for fresh in poll.fresh]
        for poll, tracker in zip(polled, trackers, strict=True)
    ]
    # A feed that tells of a page only after it moved cannot know of that.
    moved = _list_moved([*pages, *(lead.request for found in leads for lead in found)], rules)
    taken = {document_of(request, rules): request.entry for request in pages}
    drafts = []
    for poll, found in zip(polled, leads, strict=True):
        known_leads = [_follow(lead, moved, known, rules) for lead in found]
        drafts.append(_draft(poll, known_leads, rules, now, taken, limit, window))
    return drafts


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
    leads: Sequence[Lead],
    rules: UrlSettings,
    now: datetime,
    taken: dict[str, Entry],
    limit: int | None,
    window: Span,
) -> Draft:
    state = poll.state
    requests = [page.request for page in state.pending if page.retry_at <= now]
    later = tuple(page for page in state.pending if page.retry_at > now)
    seen = dict(state.seen)
    account, put_off = Account(state, now), []
    known_entries, fresh_taken, left_out = 0, 0, False
    for fresh, lead in zip(poll.fresh, leads, strict=True):
        document = document_of(lead.request, rules)
        same = _find_taken(lead, fresh.before, taken, rules)
        written_at = None if lead.item is None else lead.item.ingested_at
        known_title = None if lead.item is None else lead.item.title
        request = replace(lead.request, known_title=known_title)
        if same is not None or _is_known(lead, poll, now):
            account.settle(fresh)
            seen[hash_entry_id(fresh.entry.id)] = SeenEntry(fresh.entry.digest, same or document)
            known_entries += 1
        elif fresh.before is not None and (until := account.find_wait(fresh, written_at)):
            # As it is not dealt with, the next poll finds it changed again, if it is whole.
            seen[hash_entry_id(fresh.entry.id)] = fresh.before
            page = account.put_off(fresh, request, written_at, until)
            put_off += [] if page is None else [page]
            left_out |= page is None
            known_entries += fresh.is_retold
        elif (limit is not None and fresh_taken >= limit) or _is_outside(fresh.entry, window):
            account.leave(fresh)
            left_out = True
        else:
            account.ask(fresh, written_at)
            requests.append(request)
            taken[document] = fresh.entry
            fresh_taken += 1
    if state.outcome == "parsed":
        known_entries += state.known - sum(fresh.is_retold for fresh in poll.fresh)
    state = replace(account.close(), seen=seen, pending=(*later, *put_off))
    if left_out:
        # What was left out must not hide behind a 304 next time.
        state = replace(state, etag=None, last_modified=None, body_hash=None)
    return Draft(state, tuple(requests), max(known_entries, 0))


def _is_outside(entry: Entry, window: Span) -> bool:
    published = entry.metadata.published_at
    return published is not None and not window.holds(published)


def _list_moved(requests: Iterable[PageRequest], rules: UrlSettings) -> dict[str, str]:
    """The documents of pages that have moved, by those that their addresses now would be."""
    return {
        document_of(replace(request, known_as=None), rules): request.known_as
        for request in requests
        if request.known_as is not None
    }


def _follow(lead: Lead, moved: Mapping[str, str], known: KnownItems, rules: UrlSettings) -> Lead:
    """``lead``, or, where it leads to what nobody knows, to the page that ``moved`` there."""
    document = moved.get(document_of(lead.request, rules))
    if document is None or lead.item is not None or lead.request.known_as is not None:
        return lead
    return replace(
        lead, request=replace(lead.request, known_as=document), item=known.document(document)
    )


def _find_taken(
    lead: Lead, before: SeenEntry | None, taken: Mapping[str, Entry], rules: UrlSettings
) -> str | None:
    """The document among those ``taken`` (with their entries) that the entry leads to, too, though
    it may spell the address otherwise, or tell a new one of what it told of ``before``."""
    entry, own = lead.request.entry, document_of(lead.request, rules)
    for document in list_documents(lead.request, rules):
        if document in taken:
            titles = entry.metadata.title, taken[document].metadata.title
            if document == own or has_common_title(*titles):
                return document
    if is_nameless(entry):
        return None
    if lead.item is None and before is not None and before.document_id in taken:
        is_one = is_one_story(entry, taken[before.document_id], rules)
        return before.document_id if is_one else None
    return None


def _is_known(lead: Lead, poll: PolledFeed, now: datetime) -> bool:
    """Whether the lake holds what the entry tells."""
    document = lead.item
    if document is None or lead.is_news is not None:
        return document is not None and not lead.is_news
    entry, polled_before = lead.request.entry, poll.polled_before
    modified_at = entry.metadata.modified_at
    if modified_at is not None and is_future(document.ingested_at, now):
        return False  # nobody can tell which was first
    if not lead.before:
        if modified_at is not None:
            return modified_at <= document.ingested_at
        return not _may_have_changed(entry, document, poll)
    # It tells something new: known only if another feed has brought that in since.
    return (
        modified_at is not None
        and polled_before is not None
        and polled_before < document.ingested_at
        and modified_at <= document.ingested_at
    )


def _may_have_changed(entry: Entry, document: KnownItem, poll: PolledFeed) -> bool:
    """Whether the article of an entry that no feed remembers may be another one now: its headline
    is, or the entry carries the article, so that it costs no request to see."""
    if document.feed is None:
        return False
    titles = [squeeze(title) for title in (entry.metadata.title, document.title) if title]
    if len(set(titles)) > 1:
        return True
    return document.feed == poll.state.feed and carries_article(entry, poll.full_text)


def waiting_requests(states: Collection[FeedState]) -> list[PageRequest]:
    """The requests that these feeds keep for later."""
    return [page.request for state in states for page in state.pending]
