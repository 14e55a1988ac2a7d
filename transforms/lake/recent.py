"""The newest rows of a table, a few columns of them, for ``newsbeam status``: each file read once.

A lake of months has tens of thousands of small files. What was read of them is kept in
``<lake>/_cache/status`` as of a version of the table; anybody may delete that folder.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from newsbeam.transforms.lake.data_files import list_sound_files
from newsbeam.transforms.lake.kept import load_kept, store_kept
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.live_files import LiveFile, list_live_files, read_add
from newsbeam.transforms.lake.schema import Table

_STORED = b"stored"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """Columns (SQL: what stands behind SELECT) of a table's rows of the last ``window``.

    It reaches back from now, by the selected column ``at``, or from the newest row where that is
    older. They come in the ``order`` of these columns.
    """

    table: Table
    columns: str
    order: tuple[str, ...]
    at: str
    window: timedelta


@dataclass(frozen=True, slots=True)
class RecentRows:
    """The selected rows; of a table with a folder for each source also how many rows of each it
    has ``stored`` in all."""

    rows: pa.Table
    stored: Counter[str]


def read_recent(
    lake: Lake, selection: Selection, now: datetime, *, skip_damaged: bool = False
) -> RecentRows:
    """The selected rows as of ``now``: those that were kept, and what came in since.

    With ``skip_damaged`` files that cannot be read are left out; all are looked at.

    Raises:
        DamagedLake: the table's log, or a file, cannot be read.
        OSError: a file was taken away meanwhile.
    """
    if skip_damaged:
        adds = list_sound_files(lake.place, selection.table).values()
        return _read_files(lake, selection, [read_add(add) for add in adds], now)
    table, log = selection.table, lake.log(selection.table)
    version = log.find_version()
    kind = repr((selection.columns, selection.order, selection.at, selection.window))
    place = lake.cache / "status" / f"{table.name}.arrow"
    recent = None
    if kept := load_kept(place, log, version, kind):
        recent = _unpack(kept[1])
        if kept[0] == version:
            return recent
        recent = _add_new(lake, selection, recent, log.find_additions(kept[0], version), now)
    if recent is None:
        recent = _read_all(lake, selection, version, now)
    # Who cannot write here (no permission, no space) reads all of it every time, but reads.
    with suppress(OSError):
        store_kept(place, log, version, kind, _pack(recent))
    return recent


def read_columns(rows: pa.Table, names: Iterable[str]) -> list[list[Any]]:
    """The columns as Python's values."""
    return [_read_column(rows[name]) for name in names]


def _read_column(column: pa.ChunkedArray) -> list[Any]:
    if not pa.types.is_timestamp(column.type):
        return list(column.to_pylist())
    # Arrow makes instants one by one, and loads pandas (250 ms) for them.
    return [
        None if us is None else _EPOCH + timedelta(microseconds=us)
        for us in column.cast(pa.int64()).to_pylist()
    ]


def _add_new(
    lake: Lake,
    selection: Selection,
    recent: RecentRows,
    paths: Sequence[str] | None,
    now: datetime,
) -> RecentRows | None:
    """``recent`` and the rows of the files at ``paths``; ``None`` where these do not tell all."""
    if paths is None:
        return None
    if not paths:
        return recent
    try:
        new = _ask(lake, selection, paths)
    except OSError:  # compacted and vacuumed away: other files have the rows
        return None
    stored = Counter(recent.stored)
    if _is_by_source(selection.table):
        stored.update(new["source"].to_pylist())
    return _make(selection, pa.concat_tables([recent.rows, new]), stored, now)


def _read_all(lake: Lake, selection: Selection, version: int, now: datetime) -> RecentRows:
    files = list_live_files(lake.open(selection.table, version)) if version >= 0 else []
    return _read_files(lake, selection, files, now)


def _read_files(
    lake: Lake, selection: Selection, files: Sequence[LiveFile], now: datetime
) -> RecentRows:
    table = selection.table
    newest = max((file.modified_at for file in files), default=0)
    newest = min(newest, int(now.timestamp() * 1000))
    earliest = newest - selection.window // timedelta(milliseconds=1)
    stored: Counter[str] = Counter()
    if _is_by_source(table):
        for file in files:
            folder = next(part for part in file.path.split("/") if part.startswith("source="))
            stored[folder.removeprefix("source=")] += file.rows or 0
    paths = sorted(file.path for file in files if file.modified_at >= earliest)
    return _make(selection, _ask(lake, selection, paths), stored, now)


def _is_by_source(table: Table) -> bool:
    return table.partition_by[:1] == ("source",)


def _ask(lake: Lake, selection: Selection, paths: Sequence[str]) -> pa.Table:
    from newsbeam.transforms.lake.views import query_files  # DuckDB's import takes 50 ms

    table = selection.table
    query = f'SELECT {selection.columns} FROM {table.name} WHERE "{selection.at}" IS NOT NULL'
    return query_files(lake, table, paths, query)


def _make(selection: Selection, rows: pa.Table, stored: Counter[str], now: datetime) -> RecentRows:
    """Of ``rows`` those of the window, in order."""
    newest = pc.max(rows[selection.at])
    if newest.is_valid:
        # A row from the future (a clock was ahead) must not make the others old.
        end = min(newest.cast(pa.int64()).as_py(), (now - _EPOCH) // _MICROSECOND)
        start = pa.scalar(end - selection.window // _MICROSECOND, pa.int64())
        earliest = start.cast(newest.type)
        rows = rows.filter(pc.greater_equal(rows[selection.at], earliest))
    rows = rows.sort_by([(name, "ascending") for name in selection.order])
    return RecentRows(rows.combine_chunks(), stored)


def _pack(recent: RecentRows) -> pa.Table:
    return recent.rows.replace_schema_metadata({_STORED: json.dumps(recent.stored)})


def _unpack(rows: pa.Table) -> RecentRows:
    notes = rows.schema.metadata or {}
    stored = Counter(json.loads(notes.get(_STORED, b"{}")))
    return RecentRows(rows.replace_schema_metadata(None), stored)
