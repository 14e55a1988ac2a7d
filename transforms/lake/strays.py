"""Files in a table's folders that its log does not name, and what their rows are to the table.

Readers of plain Parquet see them. Most are harmless: a run is about to commit them, or they were
merged and wait for ``vacuum``. Those that hold rows which the table lacks were part of it once:
the log was set back.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.data_files import find_file_fault
from newsbeam.transforms.lake.lake_files import sort_paths
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath
from newsbeam.transforms.lake.places import (
    is_hidden,
    is_laid_out,
    is_plain,
    partition_values,
    plain_place,
)
from newsbeam.transforms.lake.replay import LogState, replay_log
from newsbeam.transforms.lake.schema import (
    APPEARANCES,
    ARTICLES,
    FEED_POLLS,
    PEOPLE,
    REJECTS,
    STORIES,
    Table,
)
from newsbeam.transforms.lake.staging import list_intents

# By what a row is known again.
ROW_KEYS = {
    ARTICLES.name: ("article_id", "revision", "content_hash"),
    REJECTS.name: ("stage", "reason", "origin", "request", "rejected_at", "run_id"),
    FEED_POLLS.name: ("source", "feed", "polled_at", "run_id"),
    STORIES.name: ("article_id", "decision", "run_id"),
    APPEARANCES.name: ("article_id", "name", "decision", "run_id"),
    PEOPLE.name: ("person_id", "decision", "run_id"),
}
RowKey = tuple[object, ...]


def list_plain_files(folder: LakePath, table: Table) -> Iterator[str]:
    """The files that readers of plain Parquet take for data of the table at ``folder``."""
    if isinstance(folder, ObjectPath):
        depth = len(table.partition_by)
        yield from (e.place for e in folder.list() if is_laid_out(e.place, depth))
        return
    yield from _walk(folder, "", len(table.partition_by))


def find_layout(folder: LakePath, table: Table, state: LogState) -> Table:
    """``table`` as it is laid out in ``folder``: by its log, or else by where its files lie."""
    said = state.actions.get("metaData", {}).get("partitionColumns", ())
    places = (*state.live, *list_plain_files(folder, table))
    for names in (said, *map(list, map(partition_values, places[:1]))):
        with suppress(ValueError, TypeError):
            if len(names) == len(table.partition_by):
                return table.laid_out(names)
    return table


def find_strays(root: LakePath, table: Table, *, skip_damaged: bool = False) -> list[str]:
    """The table's plain files that neither its log nor the intent of a run names.

    Raises:
        DamagedLake: an intent cannot be read; with ``skip_damaged`` it counts as naming nothing.
    """
    folder = root / table.name
    found = set(list_plain_files(folder, table))
    for _ in range(2):  # a run may have taken a file back and moved it here again
        if not found:
            break
        # Intents before the log: a file that is in neither is no run's.
        found -= list_intents(root, table.name, skip_damaged=skip_damaged)
        found -= {plain_place(path) for path in replay_log(folder).named}
        found = {path for path in found if (folder / path).exists()}
    return sorted(found)


def find_lost_rows(
    root: LakePath, table: Table, strays: Sequence[str], live: Iterable[str]
) -> dict[str, int | None]:
    """Of ``strays`` those with rows that no file of ``live`` has, and how many.

    ``None`` where a stray cannot be read. Files of ``live`` that cannot be read count as having
    none.
    """
    folder = root / table.name
    by_partition: dict[str, list[str]] = defaultdict(list)
    for path in live:
        by_partition[plain_place(path).rpartition("/")[0]].append(path)
    lost: dict[str, int | None] = {}
    for partition, paths in _group(strays).items():
        have: set[RowKey] = set()
        for path in by_partition[partition]:
            with suppress(FileNotFoundError, DamagedLake):
                have.update(read_row_keys(folder, path, table))
        for path in paths:
            try:
                keys = read_row_keys(folder, path, table)
            except FileNotFoundError:  # gone by now
                continue
            except DamagedLake:
                lost[path] = None
                continue
            if count := sum(key not in have for key in keys):
                lost[path] = count
            have.update(keys)
    return lost


def find_unshown(root: LakePath, table: Table, state: LogState) -> dict[str, str]:
    """Old files that readers of plain Parquet still need, as the merged file waits to take their
    place, and that are damaged: what is wrong with them, by path. A partition's path stands for
    those that are missing."""
    folder = root / table.name
    waiting: dict[str, list[str]] = defaultdict(list)
    for path in state.live:
        if is_hidden(path):
            waiting[plain_place(path).rpartition("/")[0]].append(path)
    found: dict[str, str] = {}
    for partition, hidden in sorted(waiting.items()):
        plain: Counter[RowKey] = Counter()
        for name in sort_paths((folder / partition).glob("*.parquet")):
            path = f"{partition}/{name.name}"
            fault = find_file_fault(name, deep=True)
            if fault is not None and path not in state.live:
                found[path] = fault
            elif fault is None:
                plain.update(read_row_keys(folder, path, table))
        for path in hidden:
            with suppress(FileNotFoundError, DamagedLake):
                if Counter(read_row_keys(folder, path, table)) - plain:
                    found.setdefault(partition, "lacks files that were merged")
    return found


def read_row_keys(folder: LakePath, path: str, table: Table) -> list[RowKey]:
    """By what the rows of a file are known again, in their order.

    Raises:
        FileNotFoundError: it is missing.
        DamagedLake: it cannot be read.
    """
    schema = pa.schema([field for field in table.schema if field.name in ROW_KEYS[table.name]])
    return make_row_keys(path, read_rows(folder, [path], schema), table)


def make_row_keys(path: str, rows: pa.Table, table: Table) -> list[RowKey]:
    """By what ``rows`` of the file at ``path`` are known again; columns that they lack are null."""
    values = tuple(partition_values(path).values())
    columns = []
    for name in ROW_KEYS[table.name]:
        if name not in rows.schema.names:
            columns.append([None] * rows.num_rows)
            continue
        column = rows[name]
        is_instant = pa.types.is_timestamp(column.type)
        columns.append((column.cast(pa.int64()) if is_instant else column).to_pylist())
    return [(*values, *key) for key in zip(*columns, strict=True)]


def _group(paths: Iterable[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        grouped[path.rpartition("/")[0]].append(path)
    return grouped


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if depth and "=" in entry.name and entry.is_dir():
            yield from _walk(folder / entry.name, f"{prefix}{entry.name}/", depth - 1)
        elif not depth and is_plain(entry.name) and entry.is_file():
            yield f"{prefix}{entry.name}"
