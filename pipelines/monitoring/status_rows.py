"""Rows of the lake's tables for ``newsbeam status``: few columns, recent files, each read once.

A lake of months has tens of thousands of small files. What was read of a file is kept in
``<lake>/_cache/status``, as a file of a table never changes; anybody may delete that folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from transforms.tables.cache_file import FOLDER, write_cache_file
from transforms.tables.lake import Lake
from transforms.tables.schema import Table

_FILE = "_file"
_COLUMNS = b"newsbeam.columns"
# A dataset keeps 100 KB of each of its files in memory as long as it lives (measured).
_FILES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Selection:
    """Some columns, or expressions of columns, of a table's recent files.

    ``window`` reaches back from the newest file's modification time as the table's log has it,
    so that a lake whose clock runs ahead (a simulation) is read like any other.
    """

    table: Table
    columns: Mapping[str, ds.Expression]
    window: timedelta

    @property
    def name(self) -> bytes:
        """Says what a cached row holds."""
        return repr([(name, str(column)) for name, column in self.columns.items()]).encode()


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of a table: ``path`` relative to the table's folder, its rows, its partition."""

    path: str
    rows: int
    source: str | None
    modified_at: int

    @property
    def name(self) -> str:
        """Its name, unique in the table."""
        return self.path.rpartition("/")[2]


def is_lake(root: Path) -> bool:
    """Whether ``root`` holds the tables of a lake."""
    return (root / "articles" / "_delta_log").is_dir()


def list_table(lake: Lake, table: Table) -> list[FileFacts]:
    """The files of ``table``, in no order; none where the lake is older than the table."""
    if not (lake.root / table.name / "_delta_log").is_dir():
        return []
    actions = pa.table(lake.open(table).get_add_actions(flatten=True))
    names = actions.column_names
    sources = (
        actions["partition.source"].to_pylist()
        if "partition.source" in names
        else [None] * actions.num_rows
    )
    # Every commit of newsbeam states the number of rows; whoever else writes may not.
    rows = actions["num_records"].to_pylist() if "num_records" in names else [0] * actions.num_rows
    modified = pc.cast(actions["modification_time"], pa.int64()).to_pylist()
    paths = actions["path"].to_pylist()
    return [
        FileFacts(path, count or 0, source, at)
        for path, count, source, at in zip(paths, rows, sources, modified, strict=True)
    ]


def read_rows(lake: Lake, files: list[FileFacts], selection: Selection) -> pa.Table:
    """The selected rows, in no order, from the cache where it has them."""
    if not files:
        return _make_empty(selection).drop_columns([_FILE])
    earliest = max(file.modified_at for file in files) - selection.window // timedelta(
        milliseconds=1
    )
    wanted = {file.name: file.path for file in files if file.modified_at >= earliest}
    place = lake.root / FOLDER / "status" / f"{selection.table.name}.arrow"
    cached = _load(place, selection)
    cached = cached.filter(pc.is_in(cached[_FILE], pa.array(list(wanted), pa.string())))
    missing = set(wanted) - set(pc.unique(cached[_FILE]).to_pylist())
    if not missing:
        return cached.drop_columns([_FILE])
    paths = [wanted[name] for name in sorted(missing)]
    fresh = [
        _scan(lake, selection, paths[start : start + _FILES_AT_ONCE])
        for start in range(0, len(paths), _FILES_AT_ONCE)
    ]
    rows = pa.concat_tables([cached, *fresh]).combine_chunks()
    # Who cannot write here (no permission, no space) reads all of it every time, but reads.
    with suppress(OSError):
        _save(place, rows, selection)
    return rows.drop_columns([_FILE])


def _scan(lake: Lake, selection: Selection, paths: list[str]) -> pa.Table:
    table = selection.table
    base = lake.root / table.name
    dataset = ds.dataset(
        [str(base / path) for path in paths],
        schema=table.schema,
        format="parquet",
        partitioning=ds.partitioning(
            pa.schema([table.schema.field(name) for name in table.partition_by]), flavor="hive"
        ),
        partition_base_dir=str(base),
    )
    schema = _make_schema(selection)
    tables = [_make_empty(selection, schema)]
    for tagged in dataset.scanner(columns=dict(selection.columns)).scan_batches():
        batch = tagged.record_batch
        name = pa.repeat(os.path.basename(tagged.fragment.path), batch.num_rows)
        tables.append(
            pa.table([*batch.columns, name], names=[*selection.columns, _FILE]).cast(schema)
        )
    return pa.concat_tables(tables)


def _make_schema(selection: Selection) -> pa.Schema:
    """The schema of the selected rows with the name of their file."""
    nothing = ds.dataset(selection.table.schema.empty_table())
    schema = nothing.scanner(columns=dict(selection.columns)).projected_schema
    return schema.append(pa.field(_FILE, pa.string()))


def _make_empty(selection: Selection, schema: pa.Schema | None = None) -> pa.Table:
    return (schema or _make_schema(selection)).empty_table()


def _load(place: Path, selection: Selection) -> pa.Table:
    try:
        with pa.memory_map(str(place)) as source:
            rows = pa.ipc.open_file(source).read_all()
    except (OSError, pa.ArrowInvalid):
        return _make_empty(selection)
    if (rows.schema.metadata or {}).get(_COLUMNS) != selection.name:
        return _make_empty(selection)  # written by another version of newsbeam
    return rows.replace_schema_metadata(None)


def _save(place: Path, rows: pa.Table, selection: Selection) -> None:
    rows = rows.replace_schema_metadata({_COLUMNS: selection.name})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(sink, rows.schema, options=options) as writer:
        writer.write_table(rows)
    write_cache_file(place, sink.getvalue().to_pybytes())
