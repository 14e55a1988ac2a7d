"""Puts the rows of many small files into few, in files that wait for readers of plain Parquet.

Delta's log names the new files at once; ``vacuum`` later gives them plain names, in the place of
the old ones. (docs/decisions/compaction.md)
"""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.tables.lake import Lake
from transforms.tables.places import (
    hide_place,
    hold_places,
    is_hidden,
    plain_place,
    sync_folder,
)
from transforms.tables.rewrites import Rewrite, commit_rewrites, partition_values
from transforms.tables.schema import STORIES, Table
from transforms.tables.staging import list_intents
from transforms.tables.table_log import TableLog
from transforms.tables.table_state import LiveFile, TableState, UnknownFeatures

# Bytes of rows in memory, and in a row group (Arrow's reckoning; on disk it is a third to a
# fifth of it). Ours.
_GROUP_BYTES = 32 * 1024 * 1024
_BATCH_ROWS = 1_000
# After so many merges they are committed: what a kill can undo. Ours.
_COMMIT_AFTER = 500


@dataclass(frozen=True, slots=True)
class Merge:
    """Files of ``partition`` (``source=a/published_date=…``) that become one, in their order."""

    partition: str
    files: tuple[LiveFile, ...]


def plan_merges(
    live: Iterable[LiveFile], kept: Set[str], partition_by: Sequence[str], target: int
) -> list[Merge]:
    """Which files become one: small ones of a partition, in portions of about ``target`` bytes.

    A file of half of ``target`` or more is left as it is, so that rows are not written again and
    again. Paths in ``kept`` are left, and partitions in which a compacted file still waits: its
    turn must not be put off.
    """
    partitions: dict[str, list[LiveFile]] = defaultdict(list)
    for file in live:
        partitions[plain_place(file.path).rpartition("/")[0]].append(file)
    merges = []
    for partition, files in sorted(partitions.items()):
        if list(partition_values(partition)) != list(partition_by):
            continue  # not laid out by newsbeam
        if any(is_hidden(file.path) for file in files):
            continue
        small = [f for f in files if f.size < target // 2 and f.path not in kept]
        small.sort(key=lambda file: (file.modified_at, file.path))
        portions: list[list[LiveFile]] = [[]]
        for file in small:
            if sum(f.size for f in portions[-1]) + file.size > target:
                portions.append([])
            portions[-1].append(file)
        merges += [Merge(partition, tuple(portion)) for portion in portions if len(portion) > 1]
    return merges


def find_merges(lake: Lake, table: Table, state: TableState, target: int) -> list[Merge]:
    """Bring ``state`` up to date and plan the merges of what it holds.

    Files of an intent that still stands are left: whoever undoes the intent of a dead run looks
    for its files in the log, and deletes those that he does not find there.
    """
    with hold_places(lake.root / table.name, alone=True):
        kept = list_intents(lake.root, table.name)
        state.refresh()
    if table is STORIES:  # the next update looks up its mark there
        kept |= _find_last_additions(state.log, state.version)
    return plan_merges(state.live.values(), kept, table.partition_by, target)


def merge_files(
    lake: Lake,
    table: Table,
    state: TableState,
    merges: Sequence[Merge],
    show: Callable[[str], None] = lambda _: None,
) -> list[Rewrite]:
    """Write and commit ``merges``; returns those that are in the table now.

    Raises:
        CommitFailedError: runs were faster every time.
        UnknownFeatures: a file has columns that this newsbeam does not know.
        OSError: a file cannot be read or written.
    """
    folder = lake.root / table.name
    done: list[Rewrite] = []
    for start in range(0, len(merges), _COMMIT_AFTER):
        part: list[Rewrite] = []
        for merge in merges[start : start + _COMMIT_AFTER]:
            show(f"{table.name}: {start + len(part)} of {len(merges)} merges")
            part.append(_write_merge(folder, table, merge))
        done += commit_rewrites(lake, table, state, part)
    return done


def _write_merge(folder: Path, table: Table, merge: Merge) -> Rewrite:
    place = hide_place(f"{merge.partition}/part-{uuid.uuid4().hex}.parquet")
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    with pq.ParquetWriter(path, table.file_schema, compression="zstd") as writer:
        for group in _read_groups(folder, table, merge.files):
            writer.write_table(group, row_group_size=group.num_rows)
            rows += group.num_rows
    with path.open("rb") as file:
        os.fsync(file.fileno())  # the old files will go, so the new one must be there to stay
    sync_folder(path.parent)
    # As old as its rows, for whoever looks for what is recent.
    newest = max(file.modified_at for file in merge.files)
    return Rewrite(merge.files, LiveFile(place, path.stat().st_size, rows, newest))


def _read_groups(folder: Path, table: Table, files: Sequence[LiveFile]) -> Iterator[pa.Table]:
    """All rows of ``files``, in their order, in tables of about ``_GROUP_BYTES``."""
    waiting: list[pa.Table] = []
    size = 0
    for file in files:
        for rows in _read_file(folder / file.path, table):
            waiting.append(rows)
            size += rows.nbytes
            if size >= _GROUP_BYTES:
                yield pa.concat_tables(waiting)
                waiting, size = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def _read_file(path: Path, table: Table) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        present = set(file.schema_arrow.names)
        if strange := present - set(table.file_schema.names):
            raise UnknownFeatures(
                f"{path}: columns that this newsbeam does not know "
                f"({', '.join(sorted(strange))}); use the newer one"
            )
        for batch in file.iter_batches(_BATCH_ROWS, use_threads=False):
            columns = [
                # An older newsbeam's file may lack a column: null, as readers have it.
                batch.column(field.name).cast(field.type)
                if field.name in present
                else pa.nulls(batch.num_rows, field.type)
                for field in table.file_schema
            ]
            yield pa.Table.from_arrays(columns, schema=table.file_schema)


def _find_last_additions(log: TableLog, version: int) -> set[str]:
    """The files that the newest commit with new rows brought."""
    for number in range(version, -1, -1):
        try:
            (entry,) = log.read(number - 1, number)
        except FileNotFoundError:
            break
        if entry.added:
            return set(entry.added)
    return set()
