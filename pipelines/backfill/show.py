"""How far backfills are, in words and as JSON: for the command itself and for ``status``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from newsbeam.pipelines.backfill.alone import backfill_folder
from newsbeam.pipelines.backfill.source_past import SourcePast
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.backfill.counts import PastCounts
from newsbeam.transforms.backfill.state import BackfillDamaged, PastState
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.spans import Span


@dataclass(frozen=True, slots=True)
class PastProgress:
    """How far the backfill of a source is. ``seconds_left`` is what etiquette makes of what is
    left, as far as anybody can tell; a crawl delay counts once it is known."""

    source: str
    window: Span
    counts: PastCounts
    seconds_left: float
    broken: Sequence[tuple[str, str]] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to ask."""
        return not self.counts.left

    def to_json(self) -> dict[str, Any]:
        """Plain data; keys are stable."""
        counts = self.counts
        return {
            "since": _iso(self.window.first),
            "until": _iso(self.window.end),
            "found": counts.found,
            "asked": counts.asked,
            "known": counts.known,
            "failed": counts.failed,
            "waiting": counts.waiting,
            "to_retry": counts.retried,
            "listings_read": counts.listings,
            "listings_open": counts.open,
            "listings_failed": counts.broken,
            "listings_passed": counts.passed,
            "not_read_whole": [list(one) for one in self.broken],
            "requests_left": counts.left,
            "seconds_left": round(self.seconds_left),
        }


def measure_past(past: SourcePast) -> PastProgress:
    """How far ``past`` is."""
    counts = past.counts()
    seconds = counts.left * past.gap / past.source.fetch.requests_at_once
    past.state.write_notes(
        {"seconds_a_request": str(past.gap / past.source.fetch.requests_at_once)}
    )
    return PastProgress(past.source.id, past.window, counts, seconds, past.state.list_broken())


def read_backfills(lake: Lake) -> dict[str, PastProgress]:
    """How far the backfills of a lake are, by source. Files that cannot be read are passed over:
    the command says so."""
    found = {}
    for path in sorted(backfill_folder(lake).glob("*.sqlite")):
        with suppress(BackfillDamaged, sqlite3.Error), PastState(path, read_only=True) as state:
            since, until = state.note("since"), state.note("until")
            if since is None or until is None:
                continue
            window = Span(datetime.fromisoformat(since), datetime.fromisoformat(until))
            counts = state.count(window)
            seconds = counts.left * float(state.note("seconds_a_request") or 1.0)
            broken = state.list_broken()
            found[path.stem] = PastProgress(path.stem, window, counts, seconds, broken)
    return found


def describe_past(progress: PastProgress) -> str:
    """One line, such as *avisen: 1,200 of 36,500 pages, about 9 h 48 min left*."""
    counts = progress.counts
    done = counts.found - counts.waiting
    about = "" if not counts.open else "at least "
    text = f"{progress.source}: {done:,} of {about}{show_count(counts.found, 'page')}"
    broken = [show_safe(f"{url} ({why})") for url, why in progress.broken]
    rest = f"; not read whole: {', '.join(broken)}" if broken else ""
    if progress.is_done:
        return f"{text}; done{rest}"
    parts = [f"about {describe_seconds(progress.seconds_left)} left"]
    if counts.open:
        parts.append(f"{show_count(counts.open, 'listing')} to look into")
    if counts.retried:
        parts.append(f"{counts.retried:,} to try again")
    return f"{text}; {', '.join(parts)}{rest}"


def describe_steps(pasts: Sequence[SourcePast]) -> list[str]:
    """A line for each source: how far it is, and what this process brought."""
    lines = []
    for past in pasts:
        brought = ", ".join(f"{n:,} {name}" for name, n in past.brought.items() if n)
        line = describe_past(measure_past(past))
        lines.append(f"{line} ({brought})" if brought else line)
    return lines


def describe_seconds(seconds: float) -> str:
    """*3 days 4 h*, *2 h 5 min*, *40 s*."""
    left = timedelta(seconds=round(seconds))
    hours, rest = divmod(left.seconds, 3600)
    minutes = rest // 60
    if left.days:
        return f"{show_count(left.days, 'day')} {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{left.seconds} s"


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()
