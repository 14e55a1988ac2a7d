"""The status of a lake as JSON, for scripts. docs/monitoring.md describes the keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsbeam.pipelines.status.gather import STATUS_WINDOW, Status
from newsbeam.pipelines.status.health import FeedHealth, SourceHealth


def status_to_json(status: Status) -> dict[str, Any]:
    """Plain data; keys are stable. Instants are ISO 8601 with offset."""
    scheduler, check = status.scheduler, status.check
    return {
        "output": str(status.root),
        "now": status.now.isoformat(),
        "window_days": STATUS_WINDOW.days,
        "problems": status.find_problems(),
        "scheduler": scheduler and {"running": scheduler.is_running, **scheduler.heartbeat},
        "last_check": check
        and {"at": check.at.isoformat(), "deep": check.is_deep, "damage": list(check.damage)},
        "backfills": {name: past.to_json() for name, past in status.backfills.items()},
        "sources": [_source_to_json(source) for source in status.sources],
    }


def _source_to_json(source: SourceHealth) -> dict[str, Any]:
    drift = source.drift
    return {
        "source": source.source,
        "problems": list(source.problems),
        "stored": source.stored,
        "last_ingested_at": _iso(source.ingested_at),
        "articles_24h": source.articles_day,
        "articles_7d": source.articles_week,
        "rejects_24h": [
            {"stage": stage, "reason": reason, "count": count}
            for stage, reason, count in source.rejects
        ],
        "missing": {column: dict(tags) for column, tags in source.missing.items()},
        "drift": {
            "judged": drift.judged,
            "past": drift.past,
            "changes": [
                {
                    "sign": change.sign,
                    "bad": change.bad,
                    "newest": change.newest,
                    "share": round(change.share, 4),
                    "share_before": round(change.share_before, 4),
                    "limit": change.limit,
                    "chance": change.chance,
                }
                for change in drift.changes
            ],
            "shares": {sign: round(share, 4) for sign, share in drift.shares},
        },
        "feeds": [_feed_to_json(feed) for feed in source.feeds],
    }


def _feed_to_json(feed: FeedHealth) -> dict[str, Any]:
    newest, silence = feed.newest, feed.silence
    return {
        "feed": feed.feed,
        "url": newest.url,
        "title": newest.title,
        "problems": list(feed.problems),
        "left": feed.is_dropped,
        "last_poll_at": _iso(newest.polled_at),
        "last_answer_at": _iso(feed.answered_at),
        "next_poll_at": _iso(feed.due_at),
        "outcome": newest.outcome,
        "status": newest.status,
        "reason": newest.reason,
        "detail": newest.detail,
        "failures": newest.failures,
        "entries": newest.entries,
        "new": newest.new,
        "changed": newest.changed,
        "failed_pages": newest.failed_pages,
        "new_24h": feed.new_day,
        "new_7d": feed.new_week,
        "changed_24h": feed.changed_day,
        "changed_7d": feed.changed_week,
        "false_304s_7d": feed.false_304s,
        "moved_to": newest.moved_to,
        "pending_pages": newest.pending,
        "blocked": [{"domain": domain, "until": _iso(until)} for domain, until in feed.blocked],
        "silence": {
            "verdict": silence.verdict,
            "since": _iso(silence.since),
            "seconds": round(silence.seconds),
            "longest_seconds": round(silence.longest_seconds),
            "expected_entries": round(silence.expected, 2),
            "chance_a_month": silence.chance,
            "gaps": silence.gaps,
        },
    }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
