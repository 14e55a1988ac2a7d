"""Takes away files that no reader needs any more, and brings compacted ones to plain places.

Nothing is noted on the way: what is to do follows from the log and the folder, so that whoever
comes after a killed one goes on. (docs/decisions/compaction.md)
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from newsbeam.transforms.files import refill_folder
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.live_files import LiveFile, TableState
from newsbeam.transforms.lake.places import (
    HIDDEN,
    SWAP,
    hold_places,
    is_hidden,
    is_plain,
    plain_place,
)
from newsbeam.transforms.lake.rewrites import Rewrite, commit_rewrites
from newsbeam.transforms.lake.schema import Table
from newsbeam.transforms.lake.staging import list_intents
from newsbeam.transforms.text.counts import show_count


@dataclass(frozen=True, slots=True)
class DiskFile:
    """A file in a partition's folder: bytes, and when it was written (ms since 1970)."""

    size: int
    written_at: int


@dataclass(frozen=True, slots=True)
class PartitionPlan:
    """What becomes of a partition's folder.

    ``kept`` and ``dropped`` are names in it; ``shown`` are waiting files, by the name that they
    get. ``ceased_at`` (ms since 1970) is when the last of the dropped ones ceased to belong to
    the table, and ``is_due`` whether that is long enough ago for all of this to happen.
    """

    partition: str
    kept: frozenset[str]
    dropped: Mapping[str, DiskFile]
    shown: Mapping[str, str]
    ceased_at: int
    is_due: bool


@dataclass(slots=True)
class VacuumCount:
    """What a vacuum did, or would do.

    ``shown``: waiting files that got plain places. ``deleted``: files deleted, with ``bytes``.
    ``waiting``: old files that wait for their time, and ``waiting_bytes``; the last ceased to
    belong to the table at ``ceased_at`` (ms since 1970).
    """

    shown: int = 0
    deleted: int = 0
    bytes: int = 0
    waiting: int = 0
    waiting_bytes: int = 0
    ceased_at: int = 0
    due: set[str] = field(default_factory=set)

    def add(self, plan: PartitionPlan) -> None:
        """Count what becomes of a partition."""
        for file in plan.dropped.values():
            if plan.is_due:
                self.delete(file.size)
            else:
                self.wait(file.size, plan.ceased_at)
        if plan.is_due:
            self.due.add(plan.partition)
            self.shown += len(plan.shown)

    def delete(self, size: int) -> None:
        """Count a deleted file."""
        self.deleted += 1
        self.bytes += size

    def wait(self, size: int, ceased_at: int) -> None:
        """Count a file that waits."""
        self.waiting += 1
        self.waiting_bytes += size
        self.ceased_at = max(self.ceased_at, ceased_at)


def plan_partition(
    partition: str,
    found: Mapping[str, DiskFile],
    state: TableState,
    waiting: Mapping[str, LiveFile],
    intents: Set[str],
    cutoff: int,
) -> PartitionPlan | None:
    """What is to do with the folder of ``partition``; ``None`` if nothing.

    ``found`` are its files by name, ``waiting`` its waiting files by the name that they will have.
    A file is kept if the table has it, if a run is about to commit it (``intents``), or if it is
    no data. The others go all at once and together with the coming of the waiting ones, once the
    last of them ceased to belong to the table at or before ``cutoff`` (ms since 1970).
    """
    kept, dropped = set(), {}
    for name, file in found.items():
        place = f"{partition}/{name}"
        if place in state.live or place in intents or name in waiting or not is_plain(name):
            kept.add(name)
        else:
            dropped[name] = file
    shown = {name: file.path for name, file in waiting.items() if name not in found}
    if not dropped and not shown:
        return None
    ceased_at = max(
        (_find_end(state, f"{partition}/{n}", f.written_at) for n, f in dropped.items()),
        default=0,
    )
    return PartitionPlan(
        partition, frozenset(kept), dropped, shown, ceased_at, ceased_at <= cutoff
    )  # fmt: skip


def vacuum_table(
    lake: Lake,
    table: Table,
    state: TableState,
    cutoff: Callable[[], int],
    *,
    dry_run: bool = False,
    show: Callable[[str], None] = lambda _: None,
) -> VacuumCount:
    """Delete what ceased to belong to the table at or before ``cutoff()`` (ms since 1970), and
    let waiting files take the place of what they replace. ``state`` is brought up to date.

    Only one process at a time may do this; runs may commit meanwhile.

    Raises:
        LakeBusy: runs were faster every time.
        OSError: a file cannot be moved or deleted.
    """
    folder = lake.root / table.name
    count = VacuumCount()
    if not dry_run:
        shutil.rmtree(folder / HIDDEN / SWAP, ignore_errors=True)
    waiting = find_waiting(state)
    partitions = sorted(_list_partitions(folder, len(table.partition_by)) | waiting.keys())
    for number, partition in enumerate(partitions):
        show(f"{table.name}: {number:,} of {show_count(len(partitions), 'partition')} looked at")
        plan = _look(lake, table, state, partition, waiting.get(partition, {}), cutoff())
        if plan is None:
            continue
        if plan.is_due and not dry_run:
            plan = _settle(lake, table, state, partition, cutoff())
        if plan is None:
            continue
        count.add(plan)
    if not dry_run:
        _commit_shown(lake, table, state)
        _remove_empty(folder)
    _delete_hidden(folder, state, cutoff(), count, dry_run)
    return count


def find_waiting(state: TableState) -> dict[str, dict[str, LiveFile]]:
    """Waiting files by partition and the name that they will have."""
    found: dict[str, dict[str, LiveFile]] = {}
    for path, file in state.live.items():
        if is_hidden(path):
            partition, _, name = plain_place(path).rpartition("/")
            found.setdefault(partition, {})[name] = file
    return found


def _find_end(state: TableState, path: str, written_at: int) -> int:
    """When the file ceased to belong to the table, or a later instant if the log is silent."""
    return state.removed_at.get(path, max(written_at, state.since))


def _look(
    lake: Lake,
    table: Table,
    state: TableState,
    partition: str,
    waiting: Mapping[str, LiveFile],
    cutoff: int,
) -> PartitionPlan | None:
    """The plan for a partition; ``None`` too where someone put a folder or link into it."""
    found = _scan(lake.root / table.name / partition)
    if found is None or (
        not waiting and all(f"{partition}/{name}" in state.live for name in found)
    ):  # the usual case, without a look at the intents
        return None
    intents = list_intents(lake.root, table.name)
    state.refresh()
    return plan_partition(partition, found, state, waiting, intents, cutoff)


def _settle(
    lake: Lake, table: Table, state: TableState, partition: str, cutoff: int
) -> PartitionPlan | None:
    """Let the partition's folder hold what is kept and shown, from one step on.

    Readers of plain Parquet see the rows before it or after it, which are the same.
    """
    folder = lake.root / table.name
    place, spare = folder / partition, folder / HIDDEN / SWAP / uuid.uuid4().hex
    # Runs cannot move files in or out now. Intents are read before the log: a file that is in
    # neither is no run's.
    with hold_places(folder, alone=True):
        place.mkdir(parents=True, exist_ok=True)
        found = _scan(place)
        intents = list_intents(lake.root, table.name)
        state.refresh()
        waiting = find_waiting(state).get(partition, {})
        plan = (
            None
            if found is None
            else plan_partition(partition, found, state, waiting, intents, cutoff)
        )
        if plan is None or not plan.is_due:
            return plan
        files = {name: place / name for name in plan.kept}
        files |= {name: folder / path for name, path in plan.shown.items()}
        refill_folder(place, files, spare)
    shutil.rmtree(spare)
    return plan


def _commit_shown(lake: Lake, table: Table, state: TableState) -> None:
    """Let the log name the plain places of files that have them."""
    state.refresh()
    folder = lake.root / table.name
    rewrites = [
        Rewrite((file,), LiveFile(f"{partition}/{name}", file.size, file.rows, file.modified_at))
        for partition, files in find_waiting(state).items()
        for name, file in files.items()
        if (folder / partition / name).exists()
    ]
    if rewrites:
        commit_rewrites(lake, table, state, rewrites)


def _delete_hidden(
    folder: Path, state: TableState, cutoff: int, count: VacuumCount, dry_run: bool
) -> None:
    """Delete waiting files that no version of the table names which is young enough to be read.

    One that was never committed is of a compaction that was killed.
    """
    for path in sorted((folder / HIDDEN).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in state.live or name.startswith(f"{HIDDEN}/{SWAP}/"):
            continue
        ceased_at = state.removed_at.get(name, state.since)
        # Of a file that has its plain place by now, this is a second name, and costs nothing.
        status = path.stat()
        if ceased_at > cutoff:
            if status.st_nlink == 1:
                count.wait(status.st_size, ceased_at)
            continue
        if not dry_run:
            path.unlink()
        if status.st_nlink == 1:
            count.delete(status.st_size)
    if not dry_run:
        for path in sorted((folder / HIDDEN).rglob("*/"), reverse=True):
            with suppress(OSError):  # not empty
                path.rmdir()
        with suppress(OSError):
            (folder / HIDDEN).rmdir()


def _list_partitions(folder: Path, depth: int) -> set[str]:
    """Folders ``depth`` levels down with ``column=value`` at each level."""
    found = {path.relative_to(folder).as_posix() for path in folder.glob("/".join(["*=*"] * depth))}
    return {partition for partition in found if (folder / partition).is_dir()}


def _scan(place: Path) -> dict[str, DiskFile] | None:
    """The files in a partition's folder; ``None`` where there is something else in it."""
    found = {}
    try:
        for entry in _scandir(place):
            if not entry.is_file(follow_symlinks=False):
                return None
            with suppress(FileNotFoundError):  # a run took it back
                status = entry.stat()
                found[entry.name] = DiskFile(status.st_size, int(status.st_mtime * 1000))
    except FileNotFoundError:
        return {}
    return found


def _scandir(place: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(place) as entries:
        yield from entries


def _remove_empty(folder: Path) -> None:
    """Remove folders of partitions that hold nothing."""
    empty = [
        path
        for top in folder.glob("*=*/")
        for path, folders, files in os.walk(top, topdown=False)
        if not files and not folders
    ]
    for path in empty:
        with hold_places(folder, alone=True), suppress(OSError):  # a run has put a file there
            while Path(path) != folder:
                os.rmdir(path)
                path = os.path.dirname(path)
