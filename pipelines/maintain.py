"""``newsbeam maintain``: few large files in the place of many small ones, while others write."""

from __future__ import annotations

import errno
import math
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG

from newsbeam.transforms.errors import NewsbeamError, NoLakeError, PlaceRefused
from newsbeam.transforms.files import refill_folder, take_lock
from newsbeam.transforms.lake.compaction import (
    Merge,
    MergeWish,
    find_merges,
    merge_files,
    plan_merges,
)
from newsbeam.transforms.lake.conversion import convert_articles
from newsbeam.transforms.lake.damage import damaged_file, describe_fault, file_of
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.leases import hold_leases
from newsbeam.transforms.lake.live_files import TableState
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath
from newsbeam.transforms.lake.object_staging import find_oldest_area
from newsbeam.transforms.lake.object_vacuum import vacuum_objects
from newsbeam.transforms.lake.places import HIDDEN, SWAP, is_hidden, plain_place
from newsbeam.transforms.lake.run import make_run_id
from newsbeam.transforms.lake.schema import TABLES, Table
from newsbeam.transforms.lake.staging import Staging, find_oldest_run, list_intents
from newsbeam.transforms.lake.vacuum import VacuumCount, vacuum_table

# What a notebook opened stays readable for so long. Ours: a working day and the night after it.
RETAIN = timedelta(hours=24)
# Bytes of a file. Delta's optimize aims at 100 to 1,000 MB; a day of a newspaper has a few.
TARGET_SIZE = 128 * 1024 * 1024
# Runs may need files of versions since they began; one that goes on for longer than this finds
# what it needs in newer ones.
_LONGEST_RUN = timedelta(hours=24)
# A run reads the tables' versions a moment before others see that it is there.
_MOMENT = timedelta(minutes=1)
# What says nothing about the kind of file system: another user, or more room, would get on here.
_REFUSALS = frozenset({errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT})


class MaintenanceHeld(NewsbeamError):
    """Another ``maintain`` is at work on the lake."""


class CannotSwap(NewsbeamError):
    """The lake's file system lacks what compaction needs."""


@dataclass(frozen=True, slots=True)
class MaintainOptions:
    """How to maintain a lake: how long what readers have opened is kept, and the size in bytes
    that files should have. With ``partition`` (a key of ``PARTITIONS``) articles are laid out so.
    Partitions whose month goes on are merged from ``least`` small files on; no merge is begun
    after so many ``seconds``.
    """

    retain: timedelta = RETAIN
    target_size: int = TARGET_SIZE
    dry_run: bool = False
    partition: str | None = None
    least: int = 2
    seconds: float = math.inf

    def wish(self) -> MergeWish:
        """What is worth merging now."""
        return MergeWish(self.target_size, datetime.now(UTC), self.least)


@dataclass(frozen=True, slots=True)
class TableReport:
    """What was done with a table, or would be.

    Files and bytes are the table's own, as Delta has them. ``merged`` files became ``merges``;
    ``shown`` compacted files took the plain places of what they replace; ``deleted`` files were
    deleted with ``deleted_bytes``; ``waiting`` old files are kept for readers until ``kept_until``.
    ``damage`` tells of files that cannot be read, and were left as they are. ``converted`` files
    were laid out anew.
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
    damage: tuple[str, ...] = ()
    converted: int = 0


def maintain_lake(
    place: LakePath, options: MaintainOptions, show: Callable[[str], None] = lambda _: None
) -> list[TableReport]:
    """Compact and clean the tables of the lake at ``place``. May be killed and repeated.

    Raises:
        NoLakeError: there is none.
        PlaceRefused: it is on an object store, and a ``partition`` is wished.
        StagingLost: another one believed this one dead.
        MaintenanceHeld: another one is at it.
        CannotSwap: the file system cannot do it; nothing was changed.
        UnknownFeatures: a table is not as newsbeam makes it; it was not changed.
        LakeBusy: runs were faster every time.
        OSError: the lake cannot be read or written.
    """
    deadline = time.monotonic() + options.seconds
    lake = Lake(place.resolve())
    if options.partition and lake.is_remote:
        raise PlaceRefused(
            f"{place} is on an object store, where no table can change places with another: copy "
            "it into a folder, convert it there, and copy it to a new place; or `run --replay` "
            "into a new lake with --partition"
        )
    tables = [table for table in TABLES if lake.version(table) >= 0]
    if not tables:
        raise NoLakeError(place)
    if options.dry_run:
        return [_plan_table(lake, lake.table(table), options) for table in tables]
    with _hold(lake) as staging:
        check_before_writing(lake)
        for table in tables:
            if isinstance(lake.place, Path):
                _probe(lake.root / table.name)
        lake.create()
        lake.clean()
        try:
            done = options.partition and convert_articles(lake, options.partition, show)
            reports = [
                _maintain_table(lake, lake.table(table), options, show, deadline, staging)
                for table in TABLES
            ]
            if done:
                reports[0] = replace(reports[0], converted=done.files_before)
            return reports
        finally:
            leave_note(lake)


def _maintain_table(
    lake: Lake,
    table: Table,
    options: MaintainOptions,
    show: Callable[[str], None],
    deadline: float,
    staging: Staging | None,
) -> TableReport:
    def cutoff() -> int:
        return _find_cutoff(lake, options.retain, staging)

    def vacuum(dry_run: bool = False) -> VacuumCount:
        if lake.is_remote:
            return vacuum_objects(lake, table, state, cutoff, None if dry_run else staging)
        return vacuum_table(lake, table, state, cutoff, dry_run=dry_run, show=show)

    state, folder = TableState.read(lake, table, cutoff()), lake.folder(table)
    before = _measure(state)
    counts = [vacuum()]
    merges = find_merges(lake, table, state, options.wish())
    damaged = [
        damaged_file(folder, file.path, what)
        for file in state.live.values()
        if (what := _find_fault(folder / file.path)) is not None
    ]
    known = {fault.file for fault in damaged}
    merges = [m for m in merges if not {file_of(folder, f.path) for f in m.files} & known]
    done = merge_files(lake, table, state, merges, show, damaged, deadline, staging)
    if done:
        if not options.retain:
            counts.append(vacuum())
        # The tombstones of all those files would be read by everyone, at every opening.
        lake.open(table).create_checkpoint()
        counts.append(vacuum(dry_run=True))
    merged = sum(len(rewrite.old) for rewrite in done)
    report = _report(table, options, before, _measure(state), counts, merged, len(done))
    return replace(report, damage=tuple(map(str, damaged)))


def _find_fault(path: LakePath) -> str | None:
    """What a look at a file's name tells, where that costs no request."""
    if isinstance(path, ObjectPath):
        return None
    try:
        return None if S_ISREG(path.stat().st_mode) else "is no file"
    except OSError as error:
        return describe_fault(error)


def _plan_table(lake: Lake, table: Table, options: MaintainOptions) -> TableReport:
    """What ``_maintain_table`` would do."""

    def cutoff() -> int:
        return _find_cutoff(lake, options.retain, None)

    state = TableState.read(lake, table, cutoff())
    before = _measure(state)
    if lake.is_remote:
        count = vacuum_objects(lake, table, state, cutoff, None)
    else:
        count = vacuum_table(lake, table, state, cutoff, dry_run=True)
    shown = [f for f in state.live.values() if _partition(f.path) not in count.due]
    merges: list[Merge] = plan_merges(
        shown, list_intents(lake.place, table.name), table.partition_by, options.wish()
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


def _find_cutoff(lake: Lake, retain: timedelta, staging: Staging | None) -> int:
    """The instant (ms since 1970) whose readers and runs are the oldest to be minded; not this
    one's, whose area is ``staging``."""
    now = time.time()
    cutoff = now - retain.total_seconds()
    if isinstance(lake.place, ObjectPath):
        oldest = find_oldest_area(lake.place, None if staging is None else staging.run_id)
    else:
        oldest = find_oldest_run(lake.root)
    if oldest is not None:
        began = max(oldest - _MOMENT.total_seconds(), now - _LONGEST_RUN.total_seconds())
        cutoff = min(cutoff, began)
    return int(cutoff * 1000)


def _probe(table: Path) -> None:
    """Make sure that folders can be swapped here.

    Raises:
        CannotSwap: they cannot.
        OSError: this user may not write here, or there is no room.
    """
    place = table / HIDDEN / SWAP / uuid.uuid4().hex
    try:
        folder, file = place / "folder", place / "file"
        folder.mkdir(parents=True)
        file.touch()
        refill_folder(folder, {"link": file}, place / "spare")
        if not (folder / "link").exists():
            raise CannotSwap(f"{table}: folders that were exchanged are where they were")
    except OSError as error:
        if error.errno in _REFUSALS:
            raise
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
def _hold(lake: Lake) -> Iterator[Staging | None]:
    """Be the only ``maintain`` of the lake while the block runs. On an object store, where others
    clean up after one that only seems dead, yields its staging area.
    """
    held = MaintenanceHeld(
        f"another `newsbeam maintain` is at work on {lake.place}; this one did nothing"
    )
    if not isinstance(lake.place, ObjectPath):
        try:
            lock = take_lock(lake.root, wait=False)
        except BlockingIOError:
            raise held from None
        with lock:
            yield None
        return
    with hold_leases(lake.place / "_claims", lake.cache, ["maintain"]) as names:
        if not names:
            raise held
        staging = lake.stage(make_run_id(datetime.now(UTC), "maintain-"))
        try:
            with staging.create():
                yield staging
        finally:
            with suppress(NewsbeamError):  # else the next run does it
                lake.clean()
