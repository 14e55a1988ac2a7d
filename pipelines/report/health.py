"""How feeds and sources are doing, as ``newsbeam status`` judges them, for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pipelines.monitoring.status import Status
from pipelines.monitoring.status_report import describe_change, list_notes
from pipelines.report.ingestion_facts import RejectFacts
from transforms.watch.health import FeedHealth, SourceHealth


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
            if not feed.is_left
        ],
        "sources": [
            _describe_source(source) | {"last_article": newest.get(source.source)}
            for source in status.sources
        ],
        "rejects": [asdict(reject) for reject in rejects],
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
        "next_poll": format_instant(newest.next_poll_at),
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
        else:
            count = sum(problem in feed.problems for feed in source.feeds)
            problems.append(f"{problem}: {count} of {len(source.feeds)} feeds")
    return {"id": source.source, "problems": problems}
