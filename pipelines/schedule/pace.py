"""When the scheduler starts its next batch: times in, an instant out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from newsbeam.transforms.settings.source import Duration

_AT_ONCE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """The times that the scheduler keeps. All ours.

    ``files_every`` is for sources with files, and varies by a tenth. ``pause`` lies between two
    batches, so that feeds which are due within it share one. A failed batch is tried again after
    ``back_off_from``, doubled with each failure in a row, at most ``back_off_to``. ``check`` is
    how often edited configs are looked for and the heartbeat is written. A batch that runs longer
    than ``batch_limit`` is killed.
    """

    files_every: timedelta = timedelta(minutes=10)
    pause: timedelta = timedelta(seconds=30)
    check: timedelta = timedelta(minutes=1)
    back_off_from: timedelta = timedelta(minutes=1)
    back_off_to: timedelta = timedelta(minutes=30)
    batch_limit: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Past:
    """What the next start depends on. ``files_at`` is the start of the last batch, if it was
    good; ``failures`` counts the failed batches in a row.
    """

    ended_at: datetime | None = None
    files_at: datetime | None = None
    failures: int = 0


def parse_interval(text: str) -> timedelta:
    """A positive time as configs have it: 30s, 10m, 6h or 1d.

    Raises:
        ValueError: it is none.
    """
    try:
        interval: timedelta = TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        interval = timedelta()
    if not interval:
        raise ValueError(f"{text!r} should be a number and a unit: 30s, 10m, 6h or 1d")
    return interval


def believe_past(past: Past, now: datetime) -> Past:
    """``past`` by a clock that has been set back: nothing in it lies after ``now``."""
    ended_at, files_at = (at and min(at, now) for at in (past.ended_at, past.files_at))
    return Past(ended_at, files_at, past.failures)


def back_off_batch(pace: Pace, failures: int) -> timedelta:
    """How long to wait after ``failures`` (1 or more) failed batches in a row."""
    # 2 ** 20 minutes is past any limit and short of an overflow.
    factor: int = 2 ** min(failures - 1, 20)
    return min(pace.back_off_from * factor, pace.back_off_to)


def find_start(
    past: Past, pace: Pace, feeds_due: datetime | None, has_files: bool, jitter: float = 1.0
) -> datetime | None:
    """When the next batch is to start; an instant that has passed means now, ``None`` never.

    ``feeds_due`` is when the next feed is due, ``None`` if none ever is. ``jitter`` (about 1)
    stretches the interval between batches for files. Instants are timezone-aware.
    """
    due = [] if feeds_due is None else [feeds_due]
    if has_files:
        at = past.files_at
        due.append(_AT_ONCE if at is None else at + pace.files_every * jitter)
    if not due:
        return None
    if past.ended_at is None:
        return min(due)
    wait = back_off_batch(pace, past.failures) if past.failures else pace.pause
    return max(min(due), past.ended_at + wait)
