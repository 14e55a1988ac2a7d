"""``newsbeam maintain``: few large files in the place of many small ones, while others write."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from transforms.tables.compaction import Merge, find_merges, merge_files, plan_merges
from transforms.tables.lake import Lake
from transforms.tables.places import HIDDEN, SWAP, is_hidden, plain_place, swap_folders
from transforms.tables.schema import TABLES, Table
from transforms.tables.staging import find_oldest_run, list_intents
from transforms.tables.table_state import TableState
from transforms.tables.vacuum import VacuumCount, vacuum_table

# What a notebook opened stays readable for so long. Ours: a working day and the night after it.
RETAIN = timedelta(hours=24)
# Delta's own vacuums keep files for a week (delta.deletedFileRetentionDuration).
LONGEST_RETAIN = timedelta(days=7)
# Bytes of a file. Delta's optimize aims at 100 to 1,000 MB; a day of a newspaper has a few.
TARGET_SIZE = 128 * 1024 * 1024
# Runs may need files of versions since they began; one that goes on for longer than this finds
# what it needs in newer ones.
_LONGEST_RUN = timedelta(hours=24)
# A run reads the tables' versions a moment before others see that it is there.
_MOMENT = timedelta(minutes=1)


class NoLake(RuntimeError):
    """The folder holds no lake."""


class MaintenanceHeld(RuntimeError):
    """Another ``maintain`` is at work on the lake."""


class CannotSwap(RuntimeError):
    """The lake's file system lacks what compaction needs."""


@dataclass(frozen=True, slots=True)
class MaintainOptions:
    """How to maintain a lake: how long what readers have opened is kept, and the size in bytes
    that files should have.
    """

    retain: timedelta = RETAIN
    target_size: int = TARGET_SIZE
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class TableReport:
    """What was done with a table, or would be.

    Files and bytes are the table's own, as Delta has them. ``merged`` files became ``merges``;
    ``shown`` compacted files took the plain places of what they replace; ``deleted`` files were
    deleted with ``deleted_bytes``; ``waiting`` old files are kept for readers until ``kept_until``.
    """

    table: str
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    merged: int
    merges: int
    shown: int
    deleted: int
    deleted_bytes: int
    waiting: int
    waiting_bytes: int
    kept_until: datetime | None


def maintain_lake(
    folder: Path, options: MaintainOptions, show: Callable[[str], None] = lambda _: None
) -> list[TableReport]:
    """Compact and clean the tables of the lake in ``folder``. May be killed and repeated.

    Raises:
        NoLake: the folder holds none.
        MaintenanceHeld: another one is at it.
        CannotSwap: the file system cannot do it; nothing was changed.
        UnknownFeatures: a table is not as newsbeam makes it; it was not changed.
        CommitFailedError: runs were faster every time.
        OSError: the lake cannot be read or written.
    """
    lake = Lake(folder.resolve())
    tables = [table for table in TABLES if lake.version(table) >= 0]
    if not tables:
        raise NoLake(f"{folder} holds no lake: there is no table `articles`")
    if options.dry_run:
        return [_plan_table(lake, table, options) for table in tables]
    with _hold(lake.root):
        for table in tables:
            _probe(lake.root / table.name)
        lake.create()
        lake.clean()
        return [_maintain_table(lake, table, options, show) for table in TABLES]


def _maintain_table(
    lake: Lake, table: Table, options: MaintainOptions, show: Callable[[str], None]
) -> TableReport:
    def cutoff() -> int:
        return _find_cutoff(lake.root, options.retain)

    state = TableState.read(lake, table, cutoff())
    before = _measure(state)
    counts = [vacuum_table(lake, table, state, cutoff, show=show)]
    merges = find_merges(lake, table, state, options.target_size)
    done = merge_files(lake, table, state, merges, show)
    if done:
        if not options.retain:
            counts.append(vacuum_table(lake, table, state, cutoff, show=show))
        # The tombstones of all those files would be read by everyone, at every opening.
        lake.open(table).create_checkpoint()
        counts.append(vacuum_table(lake, table, state, cutoff, dry_run=True))
    merged = sum(len(rewrite.old) for rewrite in done)
    return _report(table, options, before, _measure(state), counts, merged, len(done))


def _plan_table(lake: Lake, table: Table, options: MaintainOptions) -> TableReport:
    """What ``_maintain_table`` would do."""
    state = TableState.read(lake, table, _find_cutoff(lake.root, options.retain))
    before = _measure(state)
    count = vacuum_table(
        lake, table, state, lambda: _find_cutoff(lake.root, options.retain), dry_run=True
    )
    shown = [f for f in state.live.values() if _partition(f.path) not in count.due]
    merges: list[Merge] = plan_merges(
        shown, list_intents(lake.root, table.name), table.partition_by, options.target_size
    )
    merged = sum(len(merge.files) for merge in merges)
    after = (before[0] - merged + len(merges), before[1])
    return _report(table, options, before, after, [count], merged, len(merges))


def _report(
    table: Table,
    options: MaintainOptions,
    before: tuple[int, int],
    after: tuple[int, int],
    counts: list[VacuumCount],
    merged: int,
    merges: int,
) -> TableReport:
    *acted, last = counts if len(counts) > 1 else [*counts, counts[0]]
    kept_until = None
    if last.waiting:
        kept_until = datetime.fromtimestamp(last.ceased_at / 1000, UTC) + options.retain
    return TableReport(
        table.name,
        *(before[0], after[0], before[1], after[1], merged, merges),
        sum(count.shown for count in acted),
        sum(count.deleted for count in acted),
        sum(count.bytes for count in acted),
        last.waiting,
        last.waiting_bytes,
        kept_until,
    )


def _partition(path: str) -> str | None:
    return plain_place(path).rpartition("/")[0] if is_hidden(path) else None


def _measure(state: TableState) -> tuple[int, int]:
    return len(state.live), sum(file.size for file in state.live.values())


def _find_cutoff(root: Path, retain: timedelta) -> int:
    """The instant (ms since 1970) whose readers and runs are the oldest to be minded."""
    now = time.time()
    cutoff = now - retain.total_seconds()
    oldest = find_oldest_run(root)
    if oldest is not None:
        began = max(oldest - _MOMENT.total_seconds(), now - _LONGEST_RUN.total_seconds())
        cutoff = min(cutoff, began)
    return int(cutoff * 1000)


def _probe(table: Path) -> None:
    """Make sure that folders can be swapped here.

    Raises:
        CannotSwap: they cannot.
    """
    place = table / HIDDEN / SWAP / uuid.uuid4().hex
    try:
        for name in ("a", "b"):
            (place / name).mkdir(parents=True)
        (place / "a/file").touch()
        os.link(place / "a/file", place / "a/link")
        swap_folders(place / "a", place / "b")
        if not (place / "b/link").exists():
            raise CannotSwap(f"{table}: folders that were exchanged are where they were")
    except OSError as error:
        raise CannotSwap(
            f"{table}: this file system lacks hard links or the exchange of two folders in one "
            f"step, which compaction needs (ext4, XFS, Btrfs and APFS have them): {error}"
        ) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
        with suppress(OSError):  # something waits there
            place.parent.rmdir()
            place.parent.parent.rmdir()


@contextmanager
def _hold(root: Path) -> Iterator[None]:
    """Be the only ``maintain`` of the lake while the block runs; freed with the process."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MaintenanceHeld(
                f"another `newsbeam maintain` is at work on {root}; this one did nothing"
            ) from None
        yield
    finally:
        os.close(descriptor)
