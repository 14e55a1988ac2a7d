"""Puts the rows of many small files into few, in files that wait for readers of plain Parquet.

Delta's log names the new files at once; ``vacuum`` later gives them plain names, in the place of
the old ones. (docs/decisions/compaction.md)
"""

from __future__ import annotations

import math
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import UNREADABLE, damaged_file
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.lake_files import fill_file
from newsbeam.transforms.lake.live_files import LiveFile, TableState, UnknownFeatures
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath
from newsbeam.transforms.lake.places import (
    hide_place,
    hold_places,
    is_hidden,
    partition_values,
    plain_place,
)
from newsbeam.transforms.lake.rewrites import Rewrite, commit_rewrites
from newsbeam.transforms.lake.schema import ARTICLES, STORIES, Table
from newsbeam.transforms.lake.sealed_files import open_sealed_file
from newsbeam.transforms.lake.staged_files import sort_rows
from newsbeam.transforms.lake.staging import Staging, list_intents
from newsbeam.transforms.text.counts import show_count

# Bytes of rows in memory, and in a row group (Arrow's reckoning; on disk it is a third to a
# fifth of it). Ours.
_GROUP_BYTES = 32 * 1024 * 1024
_BATCH_ROWS = 1_000
# After so many merges they are committed: what a kill can undo. Ours.
_COMMIT_AFTER = 500
# Rows of a file: DuckDB's row groups have 122,880, and readers like whole ones. Ours.
_FILE_ROWS = 100_000
# Late articles come in for so long after a month is over. Ours.
_LATE = timedelta(days=2)
# The name of a merged file of a month that is over begins so: it is not merged again.
_WHOLE = "whole-"


@dataclass(frozen=True, slots=True)
class Merge:
    """Files of ``partition`` (``source=a/published_month=…``) that become one, in their order.

    ``is_last``: the month is over, and the file is not merged again.
    """

    partition: str
    files: tuple[LiveFile, ...]
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class MergeWish:
    """What is worth merging: into files of ``target`` bytes, ``least`` small ones of a partition
    whose time goes on at ``now``, and two of one that is over.
    """

    target: int
    now: datetime
    least: int = 2


def plan_merges(
    live: Iterable[LiveFile], kept: Set[str], partition_by: Sequence[str], wish: MergeWish
) -> list[Merge]:
    """Which files become one: small ones of a partition, in portions of about the size wished.

    A file of half of that or more is left as it is, so that rows are not written again and
    again, as is what was merged when its month was over. Paths in ``kept`` are left, and
    partitions in which a compacted file still waits: its turn must not be put off.
    """
    target = wish.target
    partitions: dict[str, list[LiveFile]] = defaultdict(list)
    for file in live:
        partitions[plain_place(file.path).rpartition("/")[0]].append(file)
    merges = []
    for partition, files in sorted(partitions.items()):
        if list(partition_values(partition)) != list(partition_by):
            continue  # not laid out by newsbeam
        if any(is_hidden(file.path) for file in files):
            continue
        is_over = _is_over(partition, wish.now)
        small = [
            f for f in files
            if f.size < target // 2 and (f.rows or 0) < _FILE_ROWS // 2 and f.path not in kept
            and not f.path.rpartition("/")[2].startswith(_WHOLE)
        ]  # fmt: skip
        if len(small) < (2 if is_over else wish.least):
            continue
        small.sort(key=lambda file: (file.modified_at, file.path))
        portions: list[list[LiveFile]] = [[]]
        for file in small:
            size = sum(f.size for f in portions[-1]) + file.size
            rows = sum(f.rows or 0 for f in portions[-1]) + (file.rows or 0)
            if portions[-1] and (size > target or rows > _FILE_ROWS):
                portions.append([])
            portions[-1].append(file)
        merges += [
            Merge(partition, tuple(portion), is_over) for portion in portions if len(portion) > 1
        ]
    return merges


def _is_over(partition: str, now: datetime) -> bool:
    """Whether no article of the partition's day, month or year is expected any more."""
    *_, (column, period) = partition_values(partition).items()
    return column != "source" and period < str((now - _LATE).date())[: len(period)]


def find_merges(lake: Lake, table: Table, state: TableState, wish: MergeWish) -> list[Merge]:
    """Bring ``state`` up to date and plan the merges of what it holds.

    Files of an intent that still stands are left: whoever undoes the intent of a dead run looks
    for its files in the log, and deletes those that he does not find there.
    """
    with nullcontext() if lake.is_remote else hold_places(lake.root / table.name, alone=True):
        # In this order: what is in the log has an intent until its run has nothing to undo.
        state.refresh()
        kept = list_intents(lake.place, table.name)
    if table is STORIES:  # the next update looks up its mark there
        with suppress(FileNotFoundError):  # the log was cleaned up
            kept.update(state.log.find_last_additions(state.version))
    return plan_merges(state.live.values(), kept, table.partition_by, wish)


def merge_files(
    lake: Lake,
    table: Table,
    state: TableState,
    merges: Sequence[Merge],
    show: Callable[[str], None] = lambda _: None,
    damaged: list[DamagedLake] | None = None,
    deadline: float = math.inf,
    staging: Staging | None = None,
) -> list[Rewrite]:
    """Write and commit ``merges``; returns those that are in the table now. On an object store the
    files are announced in ``staging``, as no lock keeps others from taking them for leftovers.

    A merge with a file that cannot be read is left out, and noted in ``damaged``. None is begun
    after the ``deadline`` (``time.monotonic``).

    Raises:
        LakeBusy: runs were faster every time.
        UnknownFeatures: a file has columns that this newsbeam does not know.
        StagingLost: another one believed this one dead.
        OSError: a file cannot be read or written.
    """
    folder = lake.folder(table)
    done: list[Rewrite] = []
    for start in range(0, len(merges), _COMMIT_AFTER):
        part: list[Rewrite] = []
        chosen = {_choose_place(merge): merge for merge in merges[start : start + _COMMIT_AFTER]}
        with nullcontext() if staging is None else _announce(staging, table, chosen):
            for place, merge in chosen.items():
                if time.monotonic() > deadline:
                    break
                show(f"{table.name}: {start + len(part):,} of {show_count(len(merges), 'merge')}")
                try:
                    part.append(_write_merge(folder, table, merge, place))
                except DamagedLake as fault:
                    if damaged is None:
                        raise
                    damaged.append(fault)
            done += commit_rewrites(lake, table, state, part, staging)
    return done


@contextmanager
def _announce(staging: Staging, table: Table, places: Iterable[str]) -> Iterator[None]:
    with staging.hold():
        staging.write_intent(table.name, list(places))
        yield
        staging.clear_intent(table.name)


def _choose_place(merge: Merge) -> str:
    name = f"{_WHOLE if merge.is_last else 'part-'}{uuid.uuid4().hex}.parquet"
    return hide_place(f"{merge.partition}/{name}")


def _write_merge(folder: LakePath, table: Table, merge: Merge, place: str) -> Rewrite:
    rows = 0
    # The old files will go, so the new one must be there to stay.
    with fill_file(folder / place) as path:
        with open_sealed_file(path, table.file_schema) as writer:
            for group in _read_groups(folder, table, merge.files):
                if table.name == ARTICLES.name:
                    group = sort_rows(group)
                writer.write_table(group, row_group_size=group.num_rows)
                rows += group.num_rows
        size = path.stat().st_size
    # As old as its rows, for whoever looks for what is recent.
    newest = max(file.modified_at for file in merge.files)
    return Rewrite(merge.files, LiveFile(place, size, rows, newest))


def _read_groups(folder: LakePath, table: Table, files: Sequence[LiveFile]) -> Iterator[pa.Table]:
    """All rows of ``files``, in their order, in tables of about ``_GROUP_BYTES``."""
    waiting: list[pa.Table] = []
    size = 0
    for file in files:
        try:
            for rows in read_table_file(folder / file.path, table):
                waiting.append(rows)
                size += rows.nbytes
                if size >= _GROUP_BYTES:
                    yield pa.concat_tables(waiting)
                    waiting, size = [], 0
        except UNREADABLE as error:
            raise damaged_file(folder, file.path, error) from error
    if waiting:
        yield pa.concat_tables(waiting)


def read_table_file(path: LakePath, table: Table) -> Iterator[pa.Table]:
    """The rows of a file of ``table`` as its files have them now, in their order, some at a time.

    Raises:
        UnknownFeatures: it has columns that this newsbeam does not know.
        UNREADABLE: it cannot be read.
    """
    source = pa.BufferReader(path.read_bytes()) if isinstance(path, ObjectPath) else path
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
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
