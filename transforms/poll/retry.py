"""Which rejects may succeed now: a choice among the rows of the table ``rejects``. Pure functions.

What was read from files needs no retry: every run reads them again. So only rows with a packed
request count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from newsbeam.transforms.packing import unpack_request
from newsbeam.transforms.poll.leads import FindDocument
from newsbeam.transforms.records import PageRequest

# Of a fetch, what time alone may heal.
TEMPORARY = frozenset({
    "timeout", "connect_failed", "dns_failed", "server_error", "rate_limited", "asked_to_wait",
    "host_in_trouble", "robots_unreachable", "broken_response", "bad_tls", "login_page",
    "strange_page",
})  # fmt: skip
# These failed on a page that was there: today's rules may do better.
_RULES = frozenset({"extract", "clean", "enrich", "write"})

Skipped = Literal["not_temporary", "in_the_lake", "waiting", "too_old", "unreadable"]
RejectRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Retry:
    """A request to be tried again, and its newest reject's reason and source config's path."""

    request: PageRequest
    reason: str
    config: str | None
    rejected_at: datetime


@dataclass(frozen=True, slots=True)
class Retries:
    """``chosen`` by source id, oldest reject first; ``skipped`` counts the others by why.

    ``not_temporary`` are left to ``everything``; ``waiting`` are tried by the coming runs anyway;
    ``unreadable`` rows hold a request that this version cannot read.
    """

    chosen: Mapping[str, tuple[Retry, ...]]
    skipped: Mapping[Skipped, int] = field(default_factory=dict)


def select_retries(
    rejects: Iterable[RejectRow],
    *,
    identify: Callable[[PageRequest], str],
    find: FindDocument,
    waiting: Collection[str] = frozenset(),
    since: datetime | None = None,
    everything: bool = False,
) -> Retries:
    """Choose the requests among ``rejects`` (rows of the table, in any order) to try again.

    ``identify`` gives the id of the document that a request leads to; of the rejects of one
    document the newest counts. It is chosen if its reason is temporary or the stage that it
    failed in comes after fetching, or, with ``everything``, whatever it is. Not chosen is what
    was rejected before ``since``; a document that ``find`` shows to have come into the lake in
    the same run or later; and one whose id is ``waiting`` for a later run.
    """
    newest: dict[tuple[str, str], Retry] = {}
    stages: dict[tuple[str, str], str] = {}
    skipped: Counter[Skipped] = Counter()
    for row in rejects:
        if row["request"] is None:
            continue
        try:
            request = unpack_request(row["request"])
        except ValueError:
            skipped["unreadable"] += 1
            continue
        name = (row["source"], identify(request))
        if name not in newest or newest[name].rejected_at < row["rejected_at"]:
            newest[name] = Retry(request, row["reason"], row["config"], row["rejected_at"])
            stages[name] = row["stage"]
    chosen: dict[str, list[Retry]] = {}
    for (source, document), retry in newest.items():
        known = find(document)
        if known is not None and known.ingested_at >= retry.rejected_at:
            skipped["in_the_lake"] += 1
        elif since is not None and retry.rejected_at < since:
            skipped["too_old"] += 1
        elif document in waiting:
            skipped["waiting"] += 1
        elif not (everything or may_succeed(stages[source, document], retry.reason)):
            skipped["not_temporary"] += 1
        else:
            chosen.setdefault(source, []).append(retry)
    return Retries(
        {
            source: tuple(sorted(chosen[source], key=lambda retry: retry.rejected_at))
            for source in sorted(chosen)
        },
        skipped,
    )


def may_succeed(stage: str, reason: str) -> bool:
    """Whether a page that was rejected so may do better now, with nothing changed at its site."""
    return reason in TEMPORARY if stage == "fetch" else stage in _RULES
