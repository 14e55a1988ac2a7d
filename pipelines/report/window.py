"""Which days a report is of: all of a lake, or the newest of one that is large."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from newsbeam.transforms.lake.columns import INSTANT
from newsbeam.transforms.lake.lake import Lake, read_sound_rows
from newsbeam.transforms.lake.live_files import LiveFile, list_live_files
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.lake.schema import ARTICLES

# Ours: so many rows a report counts in half a minute; of more it is of the last months alone.
_LARGE = 100_000
_RECENT = timedelta(days=90)
_TIMES = pa.schema([ARTICLES.schema.field(name) for name in ("published_at", "ingested_at")])


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

    A time reaches back from ``until``, or else from the newest article that is not of the future.

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
            end = _find_newest(lake, files, now)
        return Window((end - (asked or _RECENT)).date(), rows, until)
    except OverflowError:  # since before time began
        return Window(None, rows, until)


def _find_newest(lake: Lake, files: list[LiveFile], now: datetime) -> datetime:
    """When the newest article that is not of the future was published; ``now`` without any."""
    periods: dict[str, list[str]] = {}
    for file in files:
        period = list(partition_values(file.path).values())[-1]
        if period <= str(now.date())[: len(period)]:
            periods.setdefault(period, []).append(file.path)
    for _, paths in sorted(periods.items(), reverse=True):
        # What is damaged others tell of.
        rows = read_sound_rows(lake.folder(ARTICLES), sorted(paths), _TIMES, [])
        times = pc.coalesce(rows["published_at"], rows["ingested_at"])
        newest = pc.max(times.filter(pc.less_equal(times, pa.scalar(now, INSTANT)))).as_py()
        if newest is not None:
            return newest.astimezone(UTC)  # type: ignore[no-any-return]
    return now
