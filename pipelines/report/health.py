"""How feeds and sources are doing, as ``newsbeam status`` judges them, for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from newsbeam.pipelines.missing import explain_missing
from newsbeam.pipelines.report.ingestion_facts import RejectFacts
from newsbeam.pipelines.status.gather import Status
from newsbeam.pipelines.status.health import PROBLEMS, FeedHealth, SourceHealth
from newsbeam.pipelines.status.show import describe_change, describe_check, list_notes
from newsbeam.transforms.text.counts import show_count


def describe_health(
    status: Status, rejects: list[RejectFacts], newest: Mapping[str, str | None]
) -> dict[str, Any]:
    """Plain data: a line a feed that is polled, a line a source, and the rejects.

    ``newest`` is the instant of each source's newest article.
    """
    return {
        "feeds": [
            _describe_feed(feed, status.now)
            for source in status.sources
            for feed in source.feeds
            if not feed.is_dropped
        ],
        "sources": [
            _describe_source(source) | {"last_article": newest.get(source.source)}
            for source in status.sources
        ],
        "rejects": [asdict(reject) for reject in rejects],
        # What a problem of a feed or source begins with, where it is one for a person to see to.
        "serious": list(PROBLEMS),
        "check": describe_check(status.check, status.now),
    }


def format_instant(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return None if instant is None else f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _describe_feed(feed: FeedHealth, now: datetime) -> dict[str, Any]:
    newest = feed.newest
    return {
        "source": feed.source,
        "feed": feed.feed,
        "last_poll": format_instant(newest.polled_at),
        "next_poll": format_instant(feed.due_at),
        "status": newest.status,
        "outcome": newest.outcome,
        "failures": newest.failures,
        "new": newest.new,
        "problems": list(list_notes(feed, now)),
    }


def _describe_source(source: SourceHealth) -> dict[str, Any]:
    problems = []
    for problem in source.problems:
        if problem == "drift":
            changes = "; ".join(describe_change(change) for change in source.drift.changes)
            problems.append(f"drift: {changes}")
        elif problem == "failing" and source.brought_nothing:
            problems.append("failing: its feeds tell of articles, and none came in")
        else:
            count = sum(problem in feed.problems for feed in source.feeds)
            problems.append(f"{problem}: {count} of {show_count(len(source.feeds), 'feed')}")
    problems += explain_missing(source.missing)
    return {"id": source.source, "problems": problems}
