"""``newsbeam status``: reads what the lake says of its feeds and sources, and judges it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines.monitoring.status_rows import Selection, is_lake, list_table, read_rows
from pipelines.scheduling.schedule_state import FOLDER, HEARTBEAT, is_scheduled
from transforms.tables.lake import Lake
from transforms.tables.schema import ARTICLES, FEED_POLLS, REJECTS
from transforms.watch.drift import Outcome, judge_drift
from transforms.watch.health import (
    DAY,
    PROBLEMS,
    WEEK,
    FeedHealth,
    PollFacts,
    Problem,
    SourceHealth,
    judge_feed,
)

# How far back a past is looked at. Polls twice as far: the past of a feed that has been silent
# for most of the window lies before it.
WINDOW = timedelta(days=90)
# Rejects of these stages say that a page was had and no article found on it.
_EMPTY_STAGES = ("extract", "clean")

_f = ds.field
_NO_PAGE_DATE = ["feed", "feed_day", "url_day"]
_POLLS = Selection(
    FEED_POLLS,
    {
        name: _f(name)
        for name in (
            "source", "feed", "polled_at", "outcome", "url", "status", "reason", "detail",
            "title", "entries", "new", "changed", "failed_pages", "is_false_304", "next_poll_at",
            "failures", "moved_to", "blocked",
        )
    }
    | {"pending": pc.list_value_length(_f("pending"))},
    2 * WINDOW,
)  # fmt: skip
_ARTICLES = Selection(
    ARTICLES,
    {
        "source": _f("source"),
        "at": _f("ingested_at"),
        "published_at": _f("published_at"),
        "revision": _f("revision"),
        "words": _f("word_count"),
        "has_title": _f("title").is_valid(),
        "has_date": _f("published_at_from").is_valid()
        & ~_f("published_at_from").isin(_NO_PAGE_DATE),
        "authors": pc.list_value_length(_f("authors")),
        "is_paywalled": _f("paywalled"),
        "removed": pc.list_value_length(_f("removed")),
    },
    WINDOW,
)
_REJECTS = Selection(
    REJECTS,
    {
        "source": _f("source"),
        "at": _f("rejected_at"),
        "stage": _f("stage"),
        "reason": _f("reason"),
        "origin": _f("origin"),
    },
    WINDOW,
)


@dataclass(frozen=True, slots=True)
class SchedulerFacts:
    """The scheduler's heartbeat, as it was written, and whether it runs now."""

    is_running: bool
    heartbeat: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """How the lake's sources were doing at ``now``; ``scheduler`` is there if one ever ran."""

    root: Path
    now: datetime
    sources: tuple[SourceHealth, ...]
    scheduler: SchedulerFacts | None

    def find_problems(self) -> dict[Problem, list[str]]:
        """What each problem holds of: ``source`` or ``source feed``, in their order."""
        found: dict[Problem, list[str]] = {problem: [] for problem in PROBLEMS}
        for source in self.sources:
            if source.drift.changes:
                found["drift"].append(source.source)
            for feed in source.feeds:
                for problem in feed.problems:
                    found[problem].append(f"{source.source} {feed.feed}")
        return found


class NoLakeError(Exception):
    """The folder holds no lake."""


class NoSourceError(Exception):
    """The lake has never seen the source."""


def read_status(root: Path, now: datetime, only: str | None = None) -> Status:
    """Read and judge the lake in ``root`` as of ``now``; with ``only``, that source alone.

    Raises:
        NoLakeError: ``root`` holds no lake.
        NoSourceError: the lake has nothing of the source ``only``.
    """
    if not is_lake(root):
        raise NoLakeError(f"{root} holds no lake: no table `articles` is in it")
    lake = Lake(root)
    feeds = _read_feeds(lake, now)
    article_files = list_table(lake, ARTICLES)
    stored: Counter[str] = Counter()
    for file in article_files:
        stored[file.source or ""] += file.rows
    articles = _group(_drop_earlier(read_rows(lake, article_files, _ARTICLES), now), "published_at")
    rejects = _group(_drop_earlier(read_rows(lake, list_table(lake, REJECTS), _REJECTS), now))
    names = sorted({*feeds, *stored, *articles, *rejects})
    if only is not None and only not in names:
        known = ", ".join(names) or "none yet"
        raise NoSourceError(f"nothing of a source {only!r} is in {root}; its sources: {known}")
    return Status(
        root,
        now,
        tuple(
            _judge_source(
                name, tuple(feeds[name]), stored[name], articles.get(name), rejects.get(name), now
            )
            for name in names
            if only in (None, name)
        ),
        _read_scheduler(root),
    )


def _read_feeds(lake: Lake, now: datetime) -> dict[str, list[FeedHealth]]:
    rows = read_rows(lake, list_table(lake, FEED_POLLS), _POLLS)
    feeds: dict[str, list[FeedHealth]] = defaultdict(list)
    if not rows.num_rows:
        return feeds
    others_polled_at = pc.max(rows["polled_at"]).as_py()
    rows = rows.sort_by([(name, "ascending") for name in ("source", "feed", "polled_at")])
    start = 0
    for (source, feed), polls in _group_polls(rows):
        newest = _read_newest(rows, start + len(polls) - 1)
        start += len(polls)
        feeds[source].append(
            judge_feed(
                source, feed, [*polls[:-1], newest], now=now, others_polled_at=others_polled_at
            )
        )
    return feeds


def _group_polls(rows: pa.Table) -> Iterator[tuple[tuple[str, str], list[PollFacts]]]:
    """The polls of each feed with what a judgement needs of every one of them."""
    names = ("source", "feed", "polled_at", "outcome", "new", "changed", "is_false_304",
             "next_poll_at")  # fmt: skip
    lists = (rows[name].to_pylist() for name in names)
    for key, group in groupby(zip(*lists, strict=True), key=itemgetter(0, 1)):
        yield key, [
            PollFacts(
                at, outcome, new=new or 0, changed=changed or 0, is_false_304=bool(is_false),
                next_poll_at=due,
            )
            for _, _, at, outcome, new, changed, is_false, due in group
        ]  # fmt: skip


def _read_newest(rows: pa.Table, place: int) -> PollFacts:
    (facts,) = rows.slice(place, 1).drop_columns(["source", "feed"]).to_pylist()
    for name in ("new", "changed", "failed_pages", "failures", "pending"):
        facts[name] = facts[name] or 0
    facts["is_false_304"] = bool(facts["is_false_304"])
    facts["blocked"] = tuple((b["domain"], b["until"]) for b in facts["blocked"] or ())
    return PollFacts(**facts)


def _drop_earlier(rows: pa.Table, now: datetime) -> pa.Table:
    return rows.filter(pc.field("at") >= pa.scalar(now - WINDOW, rows.schema.field("at").type))


def _group(rows: pa.Table, *within_run: str) -> dict[str, pa.Table]:
    """The rows of each source in the order of their runs."""
    rows = rows.sort_by([(name, "ascending") for name in ("source", "at", *within_run)])
    runs = pc.run_end_encode(rows["source"].combine_chunks()) if rows.num_rows else None
    if runs is None:
        return {}
    ends = runs.run_ends.to_pylist()
    return {
        source: rows.slice(start, end - start)
        for source, start, end in zip(runs.values.to_pylist(), [0, *ends], ends, strict=False)
    }


def _judge_source(
    source: str,
    feeds: tuple[FeedHealth, ...],
    stored: int,
    articles: pa.Table | None,
    rejects: pa.Table | None,
    now: datetime,
) -> SourceHealth:
    outcomes, ingested = [], []
    if articles is not None:
        ingested = articles["at"].to_pylist()
        outcomes = list(_iterate_articles(articles))
    new = [outcome.at for outcome in outcomes]
    reasons: Counter[tuple[str, str]] = Counter()
    if rejects is not None:
        seen = set()
        recent = set()
        for row in rejects.to_pylist():
            # A file that cannot be read is rejected again by every run: it counts once.
            if row["stage"] in _EMPTY_STAGES and row["origin"] not in seen:
                seen.add(row["origin"])
                outcomes.append(Outcome(row["at"], None))
            if row["at"] > now - DAY:
                recent.add((row["stage"], row["reason"], row["origin"]))
        reasons.update((stage, reason) for stage, reason, _ in recent)
        outcomes.sort(key=lambda outcome: outcome.at)
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return SourceHealth(
        source=source,
        feeds=feeds,
        stored=stored,
        ingested_at=ingested[-1] if ingested else None,
        articles_day=sum(at > now - DAY for at in new),
        articles_week=sum(at > now - WEEK for at in new),
        rejects=tuple((stage, reason, count) for (stage, reason), count in ordered),
        drift=judge_drift(outcomes),
    )


def _iterate_articles(rows: pa.Table) -> Iterator[Outcome]:
    """First revisions: an article that is edited often is one article."""
    rows = rows.filter(pc.field("revision") == 1)
    names = ("at", "words", "has_title", "has_date", "authors", "is_paywalled", "removed")
    for at, words, has_title, has_date, authors, is_paywalled, removed in zip(
        *(rows[name].to_pylist() for name in names), strict=True
    ):
        yield Outcome(
            at, words, bool(has_title), bool(has_date), bool(authors), bool(is_paywalled),
            removed or 0,
        )  # fmt: skip


def _read_scheduler(root: Path) -> SchedulerFacts | None:
    try:
        heartbeat = json.loads((root / FOLDER / HEARTBEAT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return SchedulerFacts(is_scheduled(root), heartbeat) if isinstance(heartbeat, dict) else None
