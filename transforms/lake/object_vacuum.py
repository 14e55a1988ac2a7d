"""As ``vacuum``, of a table on an object store: what takes the place of what, by copies.

Folders cannot change places there. A merged file is copied to its plain place, and then the old
ones are deleted in one request: for that moment readers of plain Parquet see its rows twice, never
too few. No lock keeps runs away meanwhile; what may be deleted follows from the order in which
things are looked at. (docs/decisions/compaction.md)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from newsbeam.transforms.lake.damage import damaged_file
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.live_files import LiveFile, TableState
from newsbeam.transforms.lake.object_path import ObjectPath, delete_objects
from newsbeam.transforms.lake.places import is_hidden, is_laid_out
from newsbeam.transforms.lake.rewrites import Rewrite, commit_rewrites
from newsbeam.transforms.lake.schema import Table
from newsbeam.transforms.lake.staging import Staging, list_intents
from newsbeam.transforms.lake.vacuum import (
    DiskFile,
    PartitionPlan,
    VacuumCount,
    find_waiting,
    plan_partition,
)


def vacuum_objects(
    lake: Lake,
    table: Table,
    state: TableState,
    cutoff: Callable[[], int],
    staging: Staging | None,
) -> VacuumCount:
    """As ``vacuum_table``; without ``staging``, which the commits are those of, a dry run.

    A run copies files to their places when its intent is written, and drops that when they are in
    the log. So these are looked at in this order: the objects, then areas and intents, then the
    log. What is in neither then is no run's, and of runs that are there nothing is as old as the
    cutoff (``find_oldest_area``).

    Raises:
        LakeBusy: runs were faster every time.
        StagingLost: another one believed this one dead.
        DamagedLake: a merged file is missing.
    """
    place = lake.place / table.name
    assert isinstance(place, ObjectPath)
    entries = {e.place: DiskFile(e.size, e.written_at) for e in place.list()}
    until, intents = cutoff(), list_intents(lake.place, table.name)
    state.refresh()
    found: dict[str, dict[str, DiskFile]] = defaultdict(dict)
    for path, file in entries.items():
        if is_laid_out(path, len(table.partition_by)):
            partition, _, name = path.rpartition("/")
            found[partition][name] = file
    # A dead run's intent is undone by who looks for its files in the log: they stay as they are.
    waiting = {
        partition: {n: f for n, f in files.items() if f.path not in intents}
        for partition, files in find_waiting(state).items()
    }
    count, plain = VacuumCount(), set(entries)
    for partition in sorted(found.keys() | waiting.keys()):
        plan = plan_partition(
            partition, found[partition], state, waiting.get(partition, {}), intents, until
        )
        if plan is None:
            continue
        count.add(plan)
        if plan.is_due and staging is not None:
            plain |= _settle(place, plan)
    if staging is not None:
        _commit_shown(lake, table, state, waiting, plain, staging)
    hidden = {path for path in entries if is_hidden(path)} - intents
    _delete_hidden(place, {path: entries[path] for path in hidden}, state, cutoff, count, staging)
    return count


def _settle(place: ObjectPath, plan: PartitionPlan) -> set[str]:
    """Do what is planned; returns the places of what is shown."""
    shown = set()
    for name, path in plan.shown.items():
        try:
            (place / path).copy_to(place / plan.partition / name)
        except FileNotFoundError as error:
            raise damaged_file(place, path, error) from error
        shown.add(f"{plan.partition}/{name}")
    delete_objects(place / plan.partition / name for name in plan.dropped)
    return shown


def _commit_shown(
    lake: Lake,
    table: Table,
    state: TableState,
    waiting: dict[str, dict[str, LiveFile]],
    plain: set[str],
    staging: Staging,
) -> None:
    """Let the log name the plain places of files that have them."""
    rewrites = [
        Rewrite((file,), LiveFile(f"{partition}/{name}", file.size, file.rows, file.modified_at))
        for partition, files in waiting.items()
        for name, file in files.items()
        if f"{partition}/{name}" in plain
    ]
    if rewrites:
        commit_rewrites(lake, table, state, rewrites, staging)


def _delete_hidden(
    place: ObjectPath,
    hidden: dict[str, DiskFile],
    state: TableState,
    cutoff: Callable[[], int],
    count: VacuumCount,
    staging: Staging | None,
) -> None:
    """Delete waiting files that no version of the table names which is young enough to be read."""
    ended = {p: f for p, f in hidden.items() if p not in state.live}
    if not ended:
        return
    until, dropped = cutoff(), []
    for path, file in ended.items():
        ceased_at = state.removed_at.get(path, state.since)
        if ceased_at > until:
            count.wait(file.size, ceased_at)
        else:
            dropped.append(place / path)
            count.delete(file.size)
    if staging is not None:
        delete_objects(dropped)
