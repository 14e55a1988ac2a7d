"""Which days a report is of: all of a lake, or the newest of one that is large."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.live_files import LiveFile, list_live_files
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.lake.schema import ARTICLES

# Ours: so many rows a report counts in half a minute; of more it is of the last months alone.
_LARGE = 100_000
_RECENT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Window:
    """The days from ``since`` to ``until`` (UTC, both with it; ``None`` is without bound); the
    lake has ``rows`` revisions in all."""

    since: date | None
    rows: int
    until: date | None = None

    def to_json(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "rows": self.rows,
        }


def choose_window(
    root: LakePath, asked: timedelta | date | None, now: datetime, until: date | None = None
) -> Window:
    """The days that a report made at ``now`` is of: those ``asked`` for, or what suits the lake.

    A time reaches back from ``until``, or else from the newest month that has articles, which may
    be long over.

    Raises:
        DamagedLake: the table's log cannot be read.
    """
    lake = Lake(root.resolve())
    files = list_live_files(lake.open(ARTICLES)) if lake.version(ARTICLES) >= 0 else []
    rows = sum(file.rows or 0 for file in files)
    if isinstance(asked, date) or (asked is None and rows <= _LARGE):
        return Window(asked, rows, until)
    try:
        if until is not None:
            end = datetime.combine(until + timedelta(days=1), time.min, UTC)
        else:
            end = min([now, *_list_ends(files, now)[-1:]])
        return Window((end - (asked or _RECENT)).date(), rows, until)
    except OverflowError:  # since before time began
        return Window(None, rows, until)


def _list_ends(files: list[LiveFile], now: datetime) -> list[datetime]:
    """The ends of the days, months or years that have articles and have begun at ``now``."""
    periods = {list(partition_values(file.path).values())[-1] for file in files}
    return sorted(_end(period) for period in periods if period <= str(now.date())[: len(period)])


def _end(period: str) -> datetime:
    first = date.fromisoformat(f"{period}-01-01"[:10])
    days = {10: 1, 7: 31, 4: 366}[len(period)]
    last = first + timedelta(days=days)
    if len(period) < 10:
        last = last.replace(day=1)
    return datetime.combine(last, time.min, UTC)
