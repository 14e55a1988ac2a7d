"""What is remembered of a feed between polls: a row of the table feed_polls, as a record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from newsbeam.transforms.lake.schema import Row
from newsbeam.transforms.packing import pack_request, unpack_request
from newsbeam.transforms.records import PageRequest
from newsbeam.transforms.text.identity import read_wording

PollOutcome = Literal["parsed", "unchanged", "not_modified", "failed", "gone"]


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry that was dealt with: what it said (its digest) and the document it led to."""

    digest: str
    document_id: str

    @property
    def wording(self) -> str:
        """What the digest says of all but the address, that an entry tells."""
        return read_wording(self.digest)


@dataclass(frozen=True, slots=True)
class Recheck:
    """That the article of an entry was asked for again, as its feed told the entry differently.

    ``written_at`` is when the lake had written the article last by then, ``for_words`` and
    ``for_instants`` how often it was asked for since, because of other words or of other instants
    alone.
    """

    asked_at: datetime
    written_at: datetime | None
    for_words: int = 0
    for_instants: int = 0


@dataclass(frozen=True, slots=True)
class PendingPage:
    """An entry whose page is to be tried again, not before ``retry_at``."""

    request: PageRequest
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed after a poll (columns of ``schema.FEED_POLLS``).

    ``entries`` = ``new`` + ``known`` + ``changed`` + ``rejected`` + ``waiting``. ``seen`` and
    ``rechecks`` are keyed by ``hash_entry_id``. ``poll_number`` counts the polls, so that the
    newest is known whatever the clocks of machines said. ``knows_more`` is true where ``seen``
    differs from what it was before, so that the row must carry it.
    """

    source: str
    feed: str
    configured_url: str
    url: str
    polled_at: datetime
    outcome: PollOutcome
    poll_number: int = 0
    status: int | None = None
    reason: str | None = None
    detail: str | None = None
    kind: str | None = None
    title: str | None = None
    entries: int = 0
    new: int = 0
    known: int = 0
    changed: int = 0
    rejected: int = 0
    waiting: int = 0
    failed_pages: int = 0
    latest_entry_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    validated_at: datetime | None = None
    is_false_304: bool = False
    interval: timedelta | None = None
    interval_limit: timedelta | None = None
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    next_poll_at: datetime | None = None
    failures: int = 0
    backoff: float = 0.0
    moved_to: str | None = None
    moves: int = 0
    blocked: Mapping[str, datetime] = field(default_factory=dict)
    seen: Mapping[str, SeenEntry] = field(default_factory=dict)
    pending: tuple[PendingPage, ...] = ()
    rechecks: Mapping[str, Recheck] = field(default_factory=dict)
    knows_more: bool = True

    @property
    def order(self) -> tuple[int, datetime]:
        """What is greater in a later state of the feed."""
        return self.poll_number, self.polled_at


def hash_entry_id(entry_id: str) -> str:
    """The first 16 hex digits of the SHA-256 of an entry's id."""
    return hashlib.sha256(entry_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def make_poll_row(state: FeedState, run_id: str) -> Row:
    """``state`` as a row of ``FEED_POLLS``."""
    return {
        "source": state.source,
        "feed": state.feed,
        "polled_at": state.polled_at,
        "poll_number": state.poll_number,
        "polled_date": state.polled_at.astimezone(UTC).date(),
        "configured_url": state.configured_url,
        "url": state.url,
        "outcome": state.outcome,
        "status": state.status,
        "reason": state.reason,
        "detail": state.detail,
        "kind": state.kind,
        "title": state.title,
        "entries": state.entries,
        "new": state.new,
        "known": state.known,
        "changed": state.changed,
        "rejected": state.rejected,
        "waiting": state.waiting,
        "failed_pages": state.failed_pages,
        "latest_entry_at": state.latest_entry_at,
        "etag": state.etag,
        "last_modified": state.last_modified,
        "body_hash": state.body_hash,
        "validated_at": state.validated_at,
        "is_false_304": state.is_false_304,
        "interval_seconds": _seconds(state.interval),
        "interval_limit_seconds": _seconds(state.interval_limit),
        "ttl_seconds": _seconds(state.ttl),
        "skip_hours": sorted(state.skip_hours),
        "skip_days": sorted(state.skip_days),
        "next_poll_at": state.next_poll_at,
        "failures": state.failures,
        "backoff": state.backoff,
        "moved_to": state.moved_to,
        "moves": state.moves,
        "blocked": [{"domain": d, "until": until} for d, until in sorted(state.blocked.items())],
        "seen": [
            {"id": key, "digest": entry.digest, "document_id": entry.document_id}
            for key, entry in state.seen.items()
        ]
        if state.knows_more
        else None,
        "pending": [
            {
                "request": pack_request(page.request, with_content=False),
                "retry_at": page.retry_at,
            }
            for page in state.pending
        ],
        "rechecks": [
            {
                "id": key,
                "asked_at": recheck.asked_at,
                "written_at": recheck.written_at,
                "for_words": recheck.for_words,
                "for_instants": recheck.for_instants,
            }
            for key, recheck in state.rechecks.items()
        ],
        "run_id": run_id,
    }


def read_poll_row(row: Row) -> FeedState:
    """The state that ``make_poll_row`` packed; a column that is missing counts as null.

    Raises:
        ValueError: a pending request is not what was packed.
    """
    return FeedState(
        source=row["source"],
        feed=row["feed"],
        configured_url=row["configured_url"],
        url=row["url"],
        polled_at=row["polled_at"],
        outcome=row["outcome"],
        poll_number=row.get("poll_number") or 0,
        status=row.get("status"),
        reason=row.get("reason"),
        detail=row.get("detail"),
        kind=row.get("kind"),
        title=row.get("title"),
        entries=row.get("entries") or 0,
        new=row.get("new") or 0,
        known=row.get("known") or 0,
        changed=row.get("changed") or 0,
        rejected=row.get("rejected") or 0,
        waiting=row.get("waiting") or 0,
        failed_pages=row.get("failed_pages") or 0,
        latest_entry_at=row.get("latest_entry_at"),
        etag=row.get("etag"),
        last_modified=row.get("last_modified"),
        body_hash=row.get("body_hash"),
        validated_at=row.get("validated_at"),
        is_false_304=bool(row.get("is_false_304")),
        interval=_duration(row.get("interval_seconds")),
        interval_limit=_duration(row.get("interval_limit_seconds")),
        ttl=_duration(row.get("ttl_seconds")),
        skip_hours=frozenset(row.get("skip_hours") or ()),
        skip_days=frozenset(row.get("skip_days") or ()),
        next_poll_at=row.get("next_poll_at"),
        failures=row.get("failures") or 0,
        backoff=row.get("backoff") or 0.0,
        moved_to=row.get("moved_to"),
        moves=row.get("moves") or 0,
        blocked={item["domain"]: item["until"] for item in row.get("blocked") or ()},
        seen={
            item["id"]: SeenEntry(item["digest"], item["document_id"])
            for item in row.get("seen") or ()
        },
        pending=tuple(
            PendingPage(unpack_request(item["request"]), item["retry_at"])
            for item in row.get("pending") or ()
        ),
        rechecks={
            item["id"]: Recheck(
                item["asked_at"], item["written_at"], item["for_words"], item["for_instants"]
            )
            for item in row.get("rechecks") or ()
        },
        knows_more=False,
    )


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else round(duration.total_seconds())


def _duration(seconds: Any) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
