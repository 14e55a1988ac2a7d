"""What a poll of a feed means: from the state before and the answer to the state after.

Pure functions; ``ask`` does the asking. The numbers are settings (``PollSettings``) whose
defaults are explained in docs/feeds.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from newsbeam.transforms.lake.feed_state import (
    FeedState,
    PendingPage,
    PollOutcome,
    SeenEntry,
    hash_entry_id,
)
from newsbeam.transforms.poll.documents import canonicalize, document_of, is_one_story
from newsbeam.transforms.poll.pace import (
    FIRST_INTERVAL,
    adapt_interval,
    back_off_poll,
    choose_next_poll,
    limit_interval,
    read_cache_lifetime,
)
from newsbeam.transforms.records import (
    Entry,
    FetchFault,
    FullText,
    ParsedFeed,
    Response,
)
from newsbeam.transforms.settings.source import FeedSettings, PollSettings, Source, UrlSettings
from newsbeam.transforms.text.identity import digest_bytes, split_digest

# Faults of a feed of which only a part has come.
_HALF = frozenset({"truncated", "missing_sitemap"})
# How much a failure counts towards slowing down.
_HARD, _SOFT, _DNS = 1.0, 0.5, 0.25


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as configured. ``every`` is its pinned interval, if it has one. A page that is polled
    in place of a feed ``is_front_page``; ``links`` is found in its articles' addresses."""

    source: str
    id: str
    url: str
    full_text: FullText
    every: timedelta | None
    settings: PollSettings
    is_front_page: bool = False
    links: str | None = None


@dataclass(frozen=True, slots=True)
class FreshEntry:
    """An entry that the feed has not told before, or tells differently than ``before``."""

    entry: Entry
    before: SeenEntry | None = None

    @property
    def is_retold(self) -> bool:
        """Whether nothing but instants differs from ``before``."""
        _, told = split_digest(self.entry.digest)
        return self.before is not None and split_digest(self.before.digest)[1] == told != ""


def make_feed(source: Source, feed: FeedSettings) -> Feed:
    """``feed`` with what its source says for all of its feeds."""
    return Feed(
        source.id,
        feed.id or feed.url,
        feed.url,
        "page" if feed.front_page else feed.full_text or source.full_text,
        feed.every or source.poll.every,
        source.poll,
        feed.front_page,
        feed.links,
    )


def choose_address(feed: Feed, before: FeedState | None) -> str:
    """Where to ask: the configured address, or the one that the feed has moved to since."""
    if before is None or before.configured_url != feed.url:
        return feed.url
    if before.moved_to is not None and before.moves >= feed.settings.moves_after:
        return before.moved_to
    return before.url


def wants_validators(feed: Feed, before: FeedState | None, address: str, now: datetime) -> bool:
    """Whether to ask conditionally: not when the last unconditional answer is a day old."""
    return (
        before is not None
        # Where the old address redirected, it was the new one that gave the validators.
        and address in (before.url, before.moved_to)
        and before.body_hash is not None
        # Its sitemaps may change while it does not.
        and before.kind != "sitemap_index"
        and before.validated_at is not None
        and before.validated_at > now - feed.settings.validate_after
    )


def due_at(feed: Feed, before: FeedState | None, now: datetime) -> datetime | None:
    """When the feed is due; ``None`` when it is gone for good."""
    if before is None or before.configured_url != feed.url:
        return now
    return before.next_poll_at


def decide_failure(
    feed: Feed, before: FeedState | None, fault: FetchFault, now: datetime, rng: Random
) -> FeedState:
    """The state after a poll that brought no feed."""
    base = _begin(feed, before, now)
    backoff = base.backoff + _weigh(fault)
    next_poll_at = back_off_poll(
        now, feed.settings, rng, interval=feed.every or _interval(base), backoff=backoff
    )
    blocked = dict(base.blocked)
    if fault.retry_at is not None:
        next_poll_at = max(next_poll_at, fault.retry_at)
        blocked[fault.domain] = max(fault.retry_at, blocked.get(fault.domain, fault.retry_at))
    is_gone = fault.status == 410
    return replace(
        base,
        outcome="gone" if is_gone else "failed",
        status=fault.status,
        reason=fault.reason,
        detail=fault.detail,
        failures=base.failures + 1,
        backoff=backoff,
        moves=0,
        blocked=blocked,
        next_poll_at=None if is_gone else next_poll_at,
    )


def decide_unchanged(
    feed: Feed,
    before: FeedState,
    response: Response,
    outcome: PollOutcome,
    now: datetime,
    rng: Random,
    *,
    asked_plainly: bool,
) -> FeedState:
    """The state after a 304 (``not_modified``) or the same bytes once more (``unchanged``)."""
    base = _answered(feed, before, response, now)
    interval = adapt_interval(_interval(base), 1.0)
    return replace(
        _with_next_poll(feed, base, response, interval, now, rng),
        outcome=outcome,
        kind=before.kind,
        title=before.title,
        entries=before.entries,
        latest_entry_at=before.latest_entry_at,
        validated_at=now if asked_plainly else before.validated_at,
    )


def decide_parsed(
    feed: Feed,
    before: FeedState | None,
    response: Response,
    parsed: ParsedFeed,
    now: datetime,
    rng: Random,
    *,
    asked_plainly: bool,
    rules: UrlSettings,
) -> tuple[FeedState, list[FreshEntry]]:
    """The state after a feed that parsed, and its entries that are new or tell something new.

    The state's ``seen`` holds the entries that need nothing more; the caller adds the others as
    they are dealt with.
    """
    base = _answered(feed, before, response, now)
    body_hash: str | None = hash_body(response.body)
    kept: Mapping[str, SeenEntry] = {}
    if before is not None and any(reason in _HALF for reason, _ in parsed.faults):
        # Half an answer is no state to come back to: the whole one before stays that.
        base = replace(base, etag=before.etag, last_modified=before.last_modified)
        body_hash, kept = before.body_hash, before.seen
    told = {hash_entry_id(entry.id): entry for entry in parsed.entries}
    base = replace(base, pending=tuple(_update_page(p, told, rules) for p in base.pending))
    seen, fresh, waiting = _sort_entries(base, told)
    new = sum(item.before is None for item in fresh)
    changed = [item for item in fresh if item.before is not None and not item.is_retold]
    known_count = len(parsed.entries) - new - len(changed) - waiting
    # Words that change while the article stays do not make a feed a fast one; nor do instants.
    steady = known_count + sum(_is_steady(base, item) for item in changed)
    instants = [
        entry.metadata.published_at
        for entry in parsed.entries
        if entry.metadata.published_at is not None
    ]
    share = steady / len(parsed.entries) if parsed.entries else 1.0
    limit = limit_interval(instants, len(parsed.entries))
    interval = adapt_interval(_interval(base) if before is not None else None, share)
    said_unchanged = before is not None and before.outcome == "not_modified"
    etag = response.headers.get("etag")
    state = replace(
        base,
        outcome="parsed",
        kind=parsed.kind,
        title=parsed.title,
        entries=len(parsed.entries) + parsed.unusable + parsed.copies,
        new=new,
        known=known_count + parsed.copies,
        changed=len(changed),
        rejected=parsed.unusable,
        waiting=waiting,
        latest_entry_at=max(instants, default=None),
        body_hash=body_hash,
        validated_at=now if asked_plainly or before is None else before.validated_at,
        # The validator of old on a new body: what it validates is not the body.
        is_false_304=asked_plainly
        and said_unchanged
        and etag is not None
        and before is not None
        and etag == before.etag,
        interval_limit=limit,
        ttl=None if parsed.ttl_seconds is None else timedelta(seconds=parsed.ttl_seconds),
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
        seen={**kept, **seen},
        rechecks={
            key: recheck for key, recheck in base.rechecks.items() if key in kept or key in told
        },
        knows_more=True,
    )
    return _with_next_poll(feed, state, response, interval, now, rng), fresh


def _update_page(page: PendingPage, told: Mapping[str, Entry], rules: UrlSettings) -> PendingPage:
    """``page`` with what the feed tells of it now. At another address it stays the document that
    it was. Where its entry's id is another story's now, it goes on without it."""
    request = page.request
    was, now = request.entry, told.get(hash_entry_id(request.entry.id))
    if now is None:
        return page
    addresses = {canonicalize(entry.url or "", rules) for entry in (was, now)}
    if len(addresses) == 1:
        return replace(page, request=replace(request, entry=now))
    # Where nothing tells, both are asked for.
    is_titled = was.metadata.title or now.metadata.title
    if not is_titled or not is_one_story(was, now, rules):
        nameless = replace(was, id=f"{was.id}\x1f{was.url}")
        return replace(page, request=replace(request, entry=nameless))
    known_as = document_of(request, rules)
    return replace(page, request=replace(request, entry=now, known_as=known_as))


def _sort_entries(
    base: FeedState, told: Mapping[str, Entry]
) -> tuple[dict[str, SeenEntry], list[FreshEntry], int]:
    """Of what is ``told`` (by hashed id): what was told so before, what was not, and how many
    are waiting for their pages."""
    waiting = {hash_entry_id(page.request.entry.id) for page in base.pending} & set(told)
    seen: dict[str, SeenEntry] = {}
    fresh: list[FreshEntry] = []
    for key, entry in told.items():
        known = base.seen.get(key)
        if key in waiting:
            continue
        if known is not None and split_digest(known.digest)[0] == split_digest(entry.digest)[0]:
            seen[key] = replace(known, digest=entry.digest)
        else:
            fresh.append(FreshEntry(entry, known))
    return seen, fresh, len(waiting)


def _is_steady(base: FeedState, item: FreshEntry) -> bool:
    """Whether the words of an entry have changed before without a change of its article."""
    recheck = base.rechecks.get(hash_entry_id(item.entry.id))
    return recheck is not None and recheck.for_words > 1


def hash_body(body: bytes) -> str:
    """What an unchanged body is known by: 32 hex digits."""
    return digest_bytes(body)[:32]


def _begin(feed: Feed, before: FeedState | None, now: datetime) -> FeedState:
    """The state to start from: what is remembered, without what the last poll reported."""
    address = choose_address(feed, before)
    if before is None:
        return FeedState(feed.source, feed.id, feed.url, address, now, "failed", poll_number=1)
    has_moved = address != before.url
    # Until the feed is told anew, nothing in it is.
    waiting = min(len(before.pending), before.entries - before.rejected)
    return replace(
        before,
        configured_url=feed.url,
        url=address,
        polled_at=now,
        poll_number=before.poll_number + 1,
        status=None,
        reason=None,
        detail=None,
        new=0,
        known=before.entries - before.rejected - waiting,
        changed=0,
        waiting=waiting,
        failed_pages=0,
        is_false_304=False,
        etag=before.etag if address in (before.url, before.moved_to) else None,
        last_modified=before.last_modified if address in (before.url, before.moved_to) else None,
        moved_to=None if has_moved else before.moved_to,
        moves=0 if has_moved else before.moves,
        blocked={domain: until for domain, until in before.blocked.items() if until > now},
        knows_more=False,
    )


def _answered(feed: Feed, before: FeedState | None, response: Response, now: datetime) -> FeedState:
    """The state with what every good answer brings: validators, moves, an end to failures."""
    base = _begin(feed, before, now)
    moved_to = response.moved_to if response.moved_to != base.url else None
    is_again = moved_to is not None and moved_to == base.moved_to
    etag, last_modified = response.headers.get("etag"), response.headers.get("last-modified")
    if response.status == 304 or (etag is None and last_modified is None):
        # A 304 may leave out what has not changed. A 200 without any validator leaves the old
        # ones good: a 304 to them says that all is as it was, and that was dealt with.
        etag, last_modified = etag or base.etag, last_modified or base.last_modified
    return replace(
        base,
        status=response.status,
        etag=etag,
        last_modified=last_modified,
        failures=0,
        backoff=0.0,
        moved_to=moved_to,
        moves=0 if moved_to is None else base.moves + 1 if is_again else 1,
    )


def _with_next_poll(
    feed: Feed,
    state: FeedState,
    response: Response,
    interval: timedelta,
    now: datetime,
    rng: Random,
) -> FeedState:
    settings = feed.settings
    longest = min(state.interval_limit or settings.at_most, settings.at_most)
    interval = min(max(interval, settings.at_least), max(longest, settings.at_least))
    return replace(
        state,
        interval=interval,
        next_poll_at=choose_next_poll(
            now,
            settings,
            rng,
            interval=interval,
            asked_for=(state.ttl, read_cache_lifetime(response.headers)),
            limit=state.interval_limit,
            pinned=feed.every,
            skip_hours=state.skip_hours,
            skip_days=state.skip_days,
        ),
    )


def _interval(state: FeedState) -> timedelta:
    return state.interval or FIRST_INTERVAL


def _weigh(fault: FetchFault) -> float:
    if fault.reason == "dns_failed":
        return _DNS
    return _SOFT if fault.is_temporary else _HARD
