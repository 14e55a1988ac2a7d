"""Mends a table: leaves out what cannot be read, takes in what belongs to it, each row once.

A plan is made from the log, read leniently, and the files themselves; carried out, files that go
are moved to ``<lake>/_damaged``, never deleted (docs/decisions/damage.md).
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake.transaction import AddAction, RemoveAction

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.files import move, sync
from newsbeam.transforms.lake.data_files import (
    find_file_fault,
    read_sound_columns,
    read_sound_groups,
)
from newsbeam.transforms.lake.guard import read_log_notes
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.lake_files import is_file, move_file
from newsbeam.transforms.lake.live_files import TableState
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath, local_folder
from newsbeam.transforms.lake.places import (
    DAMAGED_FOLDER,
    HIDDEN,
    hold_places,
    partition_values,
    plain_place,
)
from newsbeam.transforms.lake.rebuild import REPAIR_MARK, make_add, rebuild_log
from newsbeam.transforms.lake.replay import LogState, ask_library, read_stated_rows, replay_log
from newsbeam.transforms.lake.schema import ARTICLES, Table
from newsbeam.transforms.lake.sealed_files import pack_sealed_file, write_sealed_file
from newsbeam.transforms.lake.strays import (
    RowKey,
    find_layout,
    find_strays,
    find_unshown,
    make_row_keys,
    read_row_keys,
)
from newsbeam.transforms.lake.vacuum import vacuum_table
from newsbeam.transforms.text.counts import show_count

_NAMES = ("article_id", "document_id", "url", "title", "origin")


@dataclass(frozen=True, slots=True)
class LostFile:
    """A file of which ``rows`` are lost (``None``: nobody knows how many), and what of them could
    still be read: by column of the table, in their order."""

    path: str
    what: str
    rows: int | None
    columns: Mapping[str, list[Any]] = field(default_factory=dict)


@dataclass(slots=True)
class TablePlan:
    """What is to be done with a table.

    ``removed`` leave the table and ``taken`` are files that it gets as they are, by their paths
    with their rows; ``rescued`` are rows that get a file of their own, by partition. ``aside`` are
    files that leave the table's folder. For ``unshown``, what waits takes its place at once, and
    old files go. ``is_rebuilt``: the log is written anew.
    """

    table: Table
    state: LogState
    version: int
    removed: dict[str, str] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    rescued: dict[str, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    aside: dict[str, str] = field(default_factory=dict)
    lost: list[LostFile] = field(default_factory=list)
    unshown: dict[str, str] = field(default_factory=dict)
    is_rebuilt: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (
            self.removed or self.taken or self.rescued or self.aside or self.unshown
            or self.is_rebuilt
        )  # fmt: skip

    @property
    def rows_rescued(self) -> int:
        """Rows that come back, out of damaged files and strays."""
        rescued: int = sum(rows.num_rows for part in self.rescued.values() for rows in part)
        return rescued + sum(self.taken.values())


def plan_table(
    root: LakePath, table: Table, show: Callable[[str], None] = lambda _: None
) -> TablePlan:
    """Find out what is to be done with a table; changes nothing. Every page is read."""
    folder = root / table.name
    strays = find_strays(root, table, skip_damaged=True)
    state = replay_log(folder)
    ask_library(folder, state)
    table = find_layout(folder, table, state)
    note = read_log_notes(root).get(table.name) if isinstance(root, Path) else None
    plan = TablePlan(table, state, max(state.version, note.version if note else -1) + 1)
    plan.is_rebuilt = bool(state.faults) or (state.version < 0 and bool(strays))
    have: dict[str, Counter[RowKey]] = defaultdict(Counter)
    for number, (path, add) in enumerate(sorted(state.live.items(), key=_age)):
        show(f"{table.name}: {number:,} of {show_count(len(state.live), 'file')}")
        what = find_file_fault(folder / path, add, deep=True)
        if what is None:
            keys = read_row_keys(folder, path, table)
            known = have[_partition(path)]
            if not _repeats(keys, known, table, state):
                known.update(keys)
                continue
            what = "holds rows that the table has already"
        plan.removed[path] = what
    # Old files that were merged into one that is lost have its rows, too.
    hurt = {_partition(path) for path in plan.removed}
    merged = [p for p in state.removed if _partition(p) in hurt and is_file(folder / p)]
    hidden = _list_hidden(folder, state) if not state.is_readable or hurt else []
    back = Counter[str]()  # rows of merged files, by partition
    for path in dict.fromkeys([*strays, *merged, *hidden]):
        known = have[_partition(path)]
        before = known.total()
        _take_in(plan, folder, path, known, is_merged=path in state.removed)
        if path not in strays:
            back[_partition(path)] += known.total() - before
    for path, what in plan.removed.items():
        _rescue(plan, folder, path, what, have[_partition(path)], back)
    plan.unshown = find_unshown(root, table, state)
    return plan


def _repeats(keys: list[RowKey], known: Counter[RowKey], table: Table, state: LogState) -> bool:
    """Whether a file of the table holds what others have: because it is another file's copy, or
    because the commit that took it away is lost."""
    if table.name == ARTICLES.name:
        return len(set(keys)) < len(keys) or any(key in known for key in keys)
    return not state.is_readable and bool(keys) and not Counter(keys) - known


def _take_in(
    plan: TablePlan, folder: LakePath, path: str, have: Counter[RowKey], *, is_merged: bool
) -> None:
    """Take in what the file at ``path``, which is not the table's, has and the table lacks."""
    fault = find_file_fault(folder / path, deep=True)
    if fault is None:
        keys = read_row_keys(folder, path, plan.table)
        new = Counter(keys) - have
        if new.total() == len(keys) and not path.startswith(f"{HIDDEN}/"):
            plan.taken[path] = len(keys)
            have.update(keys)
            return
        if not new and is_merged:  # `vacuum` will delete it
            return
    if not path.startswith(f"{HIDDEN}/"):
        plan.aside[path] = fault or "belongs to no table"
    _rescue_rows(plan, folder, path, have)
    if fault is not None and not is_merged:
        plan.lost.append(LostFile(path, fault, None, _read_names(folder, path, plan.table)))


def _rescue(
    plan: TablePlan,
    folder: LakePath,
    path: str,
    what: str,
    have: Counter[RowKey],
    back: Counter[str],
) -> None:
    """Rescue what can be read of a file of the table, and note what is lost."""
    stated = read_stated_rows(plan.state.live[path])
    if (folder / path).exists():
        plan.aside[path] = what
    names = _read_names(folder, path, plan.table)
    readable = _rescue_rows(plan, folder, path, have)
    if stated is None:
        plan.lost.append(LostFile(path, what, None, names))
        return
    left = max(stated - readable, 0)
    other = min(left, back[_partition(path)])
    back[_partition(path)] -= other
    if left > other:
        plan.lost.append(LostFile(path, what, left - other, names))


def _rescue_rows(plan: TablePlan, folder: LakePath, path: str, have: Counter[RowKey]) -> int:
    """Add to the plan the readable rows that ``have`` lacks; returns how many are readable."""
    readable = 0
    for rows in read_sound_groups(folder / path):
        try:
            rows = _conform(rows, plan.table)
            keys = make_row_keys(path, rows, plan.table)
        except (pa.ArrowException, ValueError, KeyError):
            continue
        readable += rows.num_rows
        wanted = []
        spare = Counter(have)
        for key in keys:
            is_there = spare[key] > 0
            spare[key] -= is_there
            wanted.append(not is_there)
        kept = rows.filter(pa.array(wanted))
        if kept.num_rows:
            plan.rescued[_partition(path)].append(kept)
            have.update(key for key, is_wanted in zip(keys, wanted, strict=True) if is_wanted)
    return readable


def apply_plan(lake: Lake, plan: TablePlan, stamp: str) -> None:
    """Carry out what was planned. Nobody else may write.

    Raises:
        LakeBusy: another process committed meanwhile.
        OSError: a file cannot be written or moved.
    """
    folder = lake.folder(plan.table)
    aside = lake.place / DAMAGED_FOLDER / stamp / plan.table.name
    if plan.is_rebuilt:
        (local_folder(folder) / "_delta_log").mkdir(parents=True, exist_ok=True)
    with hold_places(folder, alone=True) if isinstance(folder, Path) else nullcontext():
        added = dict(plan.taken)
        for partition, parts in plan.rescued.items():
            path = f"{partition}/part-{uuid.uuid4().hex}.parquet".lstrip("/")
            rows = pa.concat_tables(parts)
            _write_file(folder, path, rows)
            added[path] = rows.num_rows
        note = {REPAIR_MARK: json.dumps(_describe(plan))}
        adds = {path: make_add(folder, path, rows) for path, rows in added.items()}
        if plan.is_rebuilt:
            _rebuild_log(lake, plan, adds, note, local_folder(aside))
        elif plan.removed or adds:
            _commit(lake, plan, adds, note)
        for path in plan.aside:
            move_file(folder / path, aside / path)
    if plan.unshown and not lake.is_remote:
        now = time.time_ns() // 1_000_000
        vacuum_table(lake, plan.table, TableState.read(lake, plan.table, 0), lambda: now)


def _write_file(folder: LakePath, path: str, rows: pa.Table) -> None:
    if isinstance(folder, ObjectPath):
        (folder / path).write_bytes(pack_sealed_file(rows))
        return
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    # Under a name that is no data, until it is written.
    draft = folder / f"{path}.new"
    write_sealed_file(draft, rows)
    sync(draft)
    move(draft, folder / path)


def _rebuild_log(
    lake: Lake, plan: TablePlan, adds: Mapping[str, dict[str, Any]], note: dict[str, str],
    aside: Path,
) -> None:  # fmt: skip
    folder = local_folder(lake.folder(plan.table))
    live = {p: add for p, add in plan.state.live.items() if p not in plan.removed}
    try:
        rebuild_log(folder, plan.table, plan.state, {**live, **adds}, plan.version, note, aside)
    except FileExistsError:
        raise LakeBusy(f"{folder}: somebody wrote meanwhile; start this again") from None


def _commit(
    lake: Lake, plan: TablePlan, adds: Mapping[str, dict[str, Any]], note: dict[str, str]
) -> None:
    actions: list[AddAction | RemoveAction] = []
    for path, add in adds.items():
        values, stats = add["partitionValues"], add["stats"]
        actions.append(AddAction(path, add["size"], values, add["modificationTime"], True, stats))
    for path in plan.removed:
        add = plan.state.live[path]
        actions.append(
            RemoveAction(
                path, True, add["modificationTime"], add["size"], dict(partition_values(path))
            )
        )
    head = lake.head(plan.table)
    if head.version != plan.state.version or not head.rewrite(actions, note):
        raise LakeBusy(f"{lake.folder(plan.table)}: somebody wrote meanwhile; start this again")


def _describe(plan: TablePlan) -> dict[str, Any]:
    return {
        "removed": plan.removed,
        "taken": plan.taken,
        "rescued": sum(rows.num_rows for part in plan.rescued.values() for rows in part),
        "log": [str(fault.file.name) for fault in plan.state.faults],
    }


def _read_names(folder: LakePath, path: str, table: Table) -> dict[str, list[Any]]:
    return read_sound_columns(folder / path, _NAMES) if table.name == ARTICLES.name else {}


def _conform(rows: pa.Table, table: Table) -> pa.Table:
    """``rows`` with the columns of the table's files, those that they lack null.

    Raises:
        ValueError: a column of theirs has another name now, as nothing of a file's footer is
            checked by a sum: they lack one and have one that the table does not know.
    """
    present, known = set(rows.schema.names), set(table.file_schema.names)
    if known - present and present - known:
        raise ValueError(f"unknown columns: {', '.join(sorted(present - known))}")
    columns = [
        rows[f.name].cast(f.type) if f.name in present else pa.nulls(rows.num_rows, f.type)
        for f in table.file_schema
    ]
    return pa.Table.from_arrays(columns, schema=table.file_schema)


def _list_hidden(folder: LakePath, state: LogState) -> list[str]:
    """Merged files that wait, and that the log does not name as its own."""
    places = (path.as_posix() for path in (folder / HIDDEN).glob("**/*.waiting"))
    found = (place.removeprefix(f"{folder.as_posix()}/") for place in places)
    return sorted(path for path in found if path not in state.live)


def _partition(path: str) -> str:
    return plain_place(path).rpartition("/")[0]


def _age(item: tuple[str, Mapping[str, Any]]) -> tuple[int, str]:
    return item[1].get("modificationTime") or 0, item[0]
