"""``newsbeam status``: reads what the lake says of its feeds and sources, and judges it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa

from newsbeam.pipelines.backfill.show import PastProgress, read_backfills
from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.pipelines.schedule.state import HEARTBEAT, is_scheduled
from newsbeam.pipelines.status.drift import ArticleOutcome, judge_drift
from newsbeam.pipelines.status.health import (
    DAY,
    PROBLEMS,
    WEEK,
    FeedHealth,
    PollFacts,
    Problem,
    SourceHealth,
    judge_feed,
)
from newsbeam.transforms.errors import NoLakeError, UnknownSourceError
from newsbeam.transforms.lake.findings import LastCheck, read_last_check
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.machine import cache_folder
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.recent import RecentRows, Selection, read_columns, read_recent
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS
from newsbeam.transforms.poll.future import is_future
from newsbeam.transforms.settings.language import list_missing

# How far back a past is looked at. Polls twice as far: the past of a feed that has been silent
# for most of the window lies before it.
STATUS_WINDOW = timedelta(days=90)
# Rejects of these stages say that a page was had and no article found on it.
_EMPTY_STAGES = ("extract", "clean")

_POLLS = Selection(
    FEED_POLLS,
    """
    source, feed, polled_at, outcome, url, status, reason, detail, title, entries, next_poll_at,
    moved_to, blocked, coalesce(new, 0) AS new, coalesce(changed, 0) AS changed,
    coalesce(failed_pages, 0) AS failed_pages, coalesce(failures, 0) AS failures,
    coalesce(is_false_304, false) AS is_false_304, coalesce(len(pending), 0) AS pending,
    coalesce(poll_number, 0) AS poll_number
    """,
    order=("source", "feed", "poll_number", "polled_at"),
    at="polled_at",
    window=2 * STATUS_WINDOW,
)
# What is looked at of every poll; of the newest it is all.
_OF_EVERY = ("source", "feed", "polled_at", "outcome", "new", "changed", "is_false_304",
             "next_poll_at")  # fmt: skip
# From `word_count` on, and `at`, as an `ArticleOutcome` has them.
_ARTICLES = Selection(
    ARTICLES,
    """
    source, ingested_at AS at, published_at, revision, language,
    coalesce(len(entities) > 0, false) AS has_entities,
    coalesce(len(quotes) > 0, false) AS has_quotes, word_count, title IS NOT NULL AS has_title,
    coalesce(published_at_from NOT IN ('feed', 'feed_day', 'url_day'), false) AS has_date,
    coalesce(len(authors) > 0, false) AS has_authors, coalesce(paywalled, false) AS is_paywalled,
    coalesce(len(removed), 0) AS removed
    """,
    order=("source", "at", "published_at"),
    at="at",
    window=STATUS_WINDOW,
)
_REJECTS = Selection(
    REJECTS,
    "source, rejected_at AS at, stage, reason, origin",
    order=("source", "at"),
    at="at",
    window=STATUS_WINDOW,
)


@dataclass(frozen=True, slots=True)
class SchedulerFacts:
    """The scheduler's heartbeat, as it was written, and whether it runs now."""

    is_running: bool
    heartbeat: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """How the lake's sources were doing at ``now``; ``scheduler`` is there if one ever ran, and
    ``check`` if `newsbeam check` did. ``backfills`` are those of the sources, by id."""

    root: LakePath
    now: datetime
    sources: tuple[SourceHealth, ...]
    scheduler: SchedulerFacts | None
    check: LastCheck | None = None
    backfills: Mapping[str, PastProgress] = field(default_factory=dict)

    def find_problems(self) -> dict[Problem, list[str]]:
        """What each problem holds of: ``source`` or ``source feed``, in their order."""
        found: dict[Problem, list[str]] = {problem: [] for problem in PROBLEMS}
        for source in self.sources:
            if source.brought_nothing:
                found["failing"].append(source.source)
            if source.drift.changes:
                found["drift"].append(source.source)
            for feed in source.feeds:
                for problem in feed.problems:
                    found[problem].append(f"{source.source} {feed.feed}")
        return found


def read_status(
    root: LakePath, now: datetime, only: str | None = None, *, skip_damaged: bool = False
) -> Status:
    """Read and judge the lake in ``root`` as of ``now``; with ``only``, that source alone.

    With ``skip_damaged`` files that cannot be read are left out.

    Raises:
        NoLakeError: ``root`` holds no lake.
        DamagedLake: a file of it cannot be read.
        UnknownSourceError: the lake has nothing of the source ``only``.
    """
    lake = Lake(root)
    if lake.version(ARTICLES) < 0:
        raise NoLakeError(root)
    feeds = _read_feeds(lake, now, skip_damaged)
    recent = read_recent(lake, _ARTICLES, now, skip_damaged=skip_damaged)
    stored = recent.stored
    articles = _group(recent, now - STATUS_WINDOW)
    rejected = read_recent(lake, _REJECTS, now, skip_damaged=skip_damaged)
    rejects = _group(rejected, now - STATUS_WINDOW)
    names = sorted({*feeds, *stored, *articles, *rejects})
    if only is not None and only not in names:
        known = ", ".join(names) or "none yet"
        raise UnknownSourceError(f"nothing of a source {only!r} is in {root}; its sources: {known}")
    return Status(
        root,
        now,
        tuple(
            _judge_source(
                name, tuple(feeds[name]), stored[name], articles[name], rejects[name], now
            )
            for name in names
            if only in (None, name)
        ),
        _read_scheduler(root),
        read_last_check(lake.cache),
        {name: past for name, past in read_backfills(lake).items() if only in (None, name)},
    )


def _read_feeds(lake: Lake, now: datetime, skip_damaged: bool) -> dict[str, list[FeedHealth]]:
    rows = read_recent(lake, _POLLS, now, skip_damaged=skip_damaged).rows
    polls = list(zip(*read_columns(rows, _OF_EVERY), strict=True))
    others_polled_at = max((at for _, _, at, *_ in polls if not is_future(at, now)), default=now)
    feeds: dict[str, list[FeedHealth]] = defaultdict(list)
    end = 0
    for (source, feed), group in groupby(polls, key=itemgetter(0, 1)):
        facts = [
            PollFacts(
                at, outcome, new=new, changed=changed, is_false_304=is_false, next_poll_at=due
            )
            for _, _, at, outcome, new, changed, is_false, due in group
        ]
        end += len(facts)
        facts[-1] = _read_poll(rows.slice(end - 1, 1))
        feeds[source].append(
            judge_feed(source, feed, facts, now=now, others_polled_at=others_polled_at)
        )
    return feeds


def _read_poll(row: pa.Table) -> PollFacts:
    row = row.drop_columns(["source", "feed", "poll_number"])
    names = row.column_names
    facts = {name: value for name, (value,) in zip(names, read_columns(row, names), strict=True)}
    facts["blocked"] = tuple((b["domain"], b["until"]) for b in facts["blocked"] or ())
    return PollFacts(**facts)


def _group(recent: RecentRows, since: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each source from ``since`` on, in their order."""
    rows = zip(*read_columns(recent.rows, recent.rows.column_names), strict=True)
    late = (row for row in rows if row[1] >= since)
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for source, group in groupby(late, key=itemgetter(0)):
        found[source] = list(group)
    return found


def _judge_source(
    source: str,
    feeds: tuple[FeedHealth, ...],
    stored: int,
    articles: Sequence[tuple[Any, ...]],
    rejects: Sequence[tuple[Any, ...]],
    now: datetime,
) -> SourceHealth:
    # First revisions: an article that is edited often is one article.
    outcomes = [
        ArticleOutcome(at, *facts)
        for _, at, _, revision, _, _, _, *facts in articles
        if revision == 1
    ]
    new = [outcome.at for outcome in outcomes]
    seen, recent = set(), set()
    for _, at, stage, reason, origin in rejects:
        # A file that cannot be read is rejected again by every run: it counts once.
        if stage in _EMPTY_STAGES and origin not in seen:
            seen.add(origin)
            outcomes.append(ArticleOutcome(at, None))
        if at > now - DAY:
            recent.add((stage, reason, origin))
    reasons = Counter((stage, reason) for stage, reason, _ in recent)
    outcomes.sort(key=lambda outcome: outcome.at)
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return SourceHealth(
        source=source,
        feeds=feeds,
        stored=stored,
        ingested_at=articles[-1][1] if articles else None,
        articles_day=sum(at > now - DAY for at in new),
        articles_week=sum(at > now - WEEK for at in new),
        rejects=tuple((stage, reason, count) for (stage, reason), count in ordered),
        drift=judge_drift(outcomes),
        missing=_find_missing(articles),
    )


def _find_missing(articles: Sequence[tuple[Any, ...]]) -> dict[str, dict[str, int]]:
    """By column and language the number of articles in which it was not looked for.

    The lake does not tell which models and words a config brings: where one article of a language
    has what newsbeam ships nothing for, somebody looked for it.
    """
    languages = load_shipped_languages()
    counts: Counter[str] = Counter()
    found: dict[str, set[str]] = {"entities": set(), "quotes": set()}
    for _, _, _, _, tag, has_entities, has_quotes, *_ in articles:
        counts[tag] += 1
        if has_entities:
            found["entities"].add(tag)
        if has_quotes:
            found["quotes"].add(tag)
    missing: dict[str, dict[str, int]] = defaultdict(dict)
    for tag, count in counts.items():
        for column in list_missing(tag, languages):
            if column in found and tag not in found[column]:
                missing[column][tag] = count
    return dict(missing)


def _read_scheduler(root: LakePath) -> SchedulerFacts | None:
    try:
        heartbeat = json.loads((cache_folder(root) / HEARTBEAT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return SchedulerFacts(is_scheduled(root), heartbeat) if isinstance(heartbeat, dict) else None
