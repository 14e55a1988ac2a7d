"""Lays the articles of a lake out anew, by day, month or year, while runs and readers go on.

A whole new folder of the table is made beside it, with its log and one commit more, and changes
places with the old one in one step: who looks before sees the old files and the old log, who looks
after it the new ones. A kill leaves one or the other. (docs/decisions/partitions.md)
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema

from newsbeam.transforms.errors import DamagedLake, LakeBusy
from newsbeam.transforms.files import link_files, move, swap_folders, sync
from newsbeam.transforms.lake.compaction import read_table_file
from newsbeam.transforms.lake.damage import LOG_FOLDER, UNREADABLE, advise, damaged_file
from newsbeam.transforms.lake.known_database import refresh_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.live_files import LiveFile, TableState
from newsbeam.transforms.lake.log import quote_path
from newsbeam.transforms.lake.places import HIDDEN, hold_places, partition_values, plain_place
from newsbeam.transforms.lake.rebuild import make_add
from newsbeam.transforms.lake.replay import replay_log
from newsbeam.transforms.lake.schema import ARTICLES, PARTITIONS, Table
from newsbeam.transforms.lake.sealed_files import write_sealed_file
from newsbeam.transforms.lake.staged_files import divide_rows, sort_rows
from newsbeam.transforms.lake.staging import list_intents
from newsbeam.transforms.lake.strays import find_lost_rows, find_strays
from newsbeam.transforms.text.counts import show_count

# Below the lake's folder: the table as it will be, and for a moment as it was.
CONVERSION_FOLDER = "_conversion"
# Bytes of rows in memory before they become a file (Arrow's reckoning), and rows. Ours.
_FILE_BYTES, _FILE_ROWS = 256 * 1024 * 1024, 100_000
# Ours: each try waits for runs that are in the midst of a commit.
_TRIES = 200


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion did: the table had ``files_before`` files, now ``files_after``."""

    files_before: int
    files_after: int


def convert_articles(
    lake: Lake, period: str, show: Callable[[str], None] = lambda _: None
) -> Conversion | None:
    """Lay the articles out by ``period`` (a key of ``PARTITIONS``); ``None`` where they are so.

    Only one process at a time may do this; runs may commit meanwhile.

    Raises:
        DamagedLake: a file cannot be read, or no log names files with rows; nothing was changed.
        LakeBusy: runs were in the midst of a commit every time.
        OSError: a file cannot be written.
    """
    old = lake.table(ARTICLES)
    new = old.laid_out(("source", PARTITIONS[period]))
    place = lake.root / CONVERSION_FOLDER
    shutil.rmtree(place, ignore_errors=True)  # of one that was killed
    if new is old:
        return None
    _refuse_strays(lake, old)
    state = TableState.read(lake, old, 0)
    made = _Copy(lake.root / old.name, place / old.name, new)
    try:
        for _ in range(_TRIES):
            made.follow(old, state, show)
            refresh_known(lake, state.version)  # from files that will be gone
            if _try_to_switch(lake, old, state, made):
                return Conversion(made.files_before, len(made.adds))
            lake.clean()
            time.sleep(0.1)
            state.refresh()
        raise LakeBusy(f"runs were in the midst of a commit {_TRIES} times; start this again")
    finally:
        shutil.rmtree(place, ignore_errors=True)


@dataclass(slots=True)
class _Copy:
    """The rows of the table in ``folder``, in files of ``table`` below ``place``.

    ``taken`` are the files whose rows are there, by their paths; ``adds`` the actions that name
    what was made of them.
    """

    folder: Path
    place: Path
    table: Table
    taken: dict[str, LiveFile] = field(default_factory=dict)
    adds: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[tuple[str, ...], list[pa.Table]] = field(
        default_factory=lambda: defaultdict(list)
    )
    newest: int = 0
    rows: int = 0

    @property
    def files_before(self) -> int:
        return len(self.taken)

    def follow(self, old: Table, state: TableState, show: Callable[[str], None]) -> None:
        """Take in what the table has at ``state`` and this has not."""
        if self.taken.keys() - state.live.keys():  # rows were taken away: begin anew
            shutil.rmtree(self.place, ignore_errors=True)
            self.taken, self.adds, self.rows = {}, [], 0
        files = [file for path, file in state.live.items() if path not in self.taken]
        partitions: dict[str, list[LiveFile]] = defaultdict(list)
        for file in files:
            partitions[plain_place(file.path).rpartition("/")[0]].append(file)
        done = 0
        ordered = sorted(partitions)
        for number, partition in enumerate(ordered):
            values = partition_values(partition)
            for file in sorted(partitions[partition], key=lambda f: (f.modified_at, f.path)):
                show(f"{old.name}: {done:,} of {show_count(len(files), 'file')} laid out anew")
                self._take(old, file, values)
                done += 1
            following = ordered[number + 1] if number + 1 < len(ordered) else ""
            self._flush_but(tuple(partition_values(following).values()))

    def _take(self, old: Table, file: LiveFile, values: dict[str, str]) -> None:
        count = 0
        try:
            for rows in read_table_file(self.folder / file.path, old):
                count += rows.num_rows
                for place, _, part in divide_rows(self.table, rows, values):
                    self.waiting[place].append(part)
                    if _is_enough(self.waiting[place]):
                        self._flush(place)
        except UNREADABLE as error:
            raise damaged_file(self.folder, file.path, error) from error
        if file.rows not in (None, count):
            fault = ValueError(
                f"has {show_count(count, 'row')}, and not {file.rows:,} as when committed"
            )
            raise damaged_file(self.folder, file.path, fault)
        self.taken[file.path] = file
        self.rows += count
        self.newest = max(self.newest, file.modified_at)

    def _flush_but(self, following: tuple[str, ...]) -> None:
        """Write what waits, but for partitions that the one that follows is of."""
        for place in list(self.waiting):
            source, period = place
            is_of = following[:1] == (source,) and (
                following[1].startswith(period) or period.startswith(following[1])
            )
            if not is_of:
                self._flush(place)
        if not self.waiting:
            self.newest = 0

    def _flush(self, place: tuple[str, ...]) -> None:
        rows = sort_rows(pa.concat_tables(self.waiting.pop(place)))
        values = zip(self.table.partition_by, place, strict=True)
        folders = "/".join(f"{column}={value}" for column, value in values)
        name = f"{folders}/part-{uuid.uuid4().hex}.parquet"
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_sealed_file(path, rows)
        # As old as its rows, for whoever looks for what is recent.
        os.utime(path, (self.newest / 1000, self.newest / 1000))
        sync(path)
        self.adds.append(make_add(self.place, name, rows.num_rows) | {"dataChange": False})


def _is_enough(parts: list[pa.Table]) -> bool:
    rows: int = sum(part.num_rows for part in parts)
    size: int = sum(part.nbytes for part in parts)
    return rows >= _FILE_ROWS or size >= _FILE_BYTES


def _refuse_strays(lake: Lake, table: Table) -> None:
    """Files that no log names would go with the old folder.

    Raises:
        DamagedLake: some have rows that the table has not.
    """
    strays = find_strays(lake.root, table)
    lost = find_lost_rows(lake.root, table, strays, replay_log(lake.root / table.name).live)
    if lost:
        path = lake.root / table.name / min(lost)
        raise DamagedLake(
            f"{path} is named by no log, and has rows that the table has not; nothing was "
            f"changed; {advise(lake.root)}",
            path,
        )


def _try_to_switch(lake: Lake, old: Table, state: TableState, made: _Copy) -> bool:
    """Let the new folder take the place of the old; ``False`` where a run is about to commit, or
    has committed much."""
    folder = lake.root / old.name
    with hold_places(folder, alone=True):
        # Files of a standing intent may be in the folder, or in the table, or not.
        if list_intents(lake.root, old.name):
            return False
        state.refresh()
        if len(state.live.keys() - made.taken.keys()) > 20:
            return False
        made.follow(old, state, lambda _: None)
        _write_log(folder, state, made)
        for path in sorted(made.place.rglob("*/"), reverse=True):
            sync(path)
        shutil.copymode(folder, made.place)
        swap_folders(made.place, folder)
        sync(lake.root)
        _keep_foreign(made.place, folder)
    lake.create()  # notes how the table is laid out now
    return True


def _write_log(folder: Path, state: TableState, made: _Copy) -> None:
    """The table's log with one commit more, by which it has other files and partition columns."""
    log = made.place / LOG_FOLDER
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir(parents=True)
    link_files(folder / LOG_FOLDER, log)
    now = time.time_ns() // 1_000_000
    head = dict(replay_log(folder).actions["metaData"])
    schema = Schema.from_arrow(made.table.schema)
    head |= {
        "partitionColumns": list(made.table.partition_by),
        "schemaString": schema.to_json(),
    }
    removes = [
        {"path": quote_path(path), "deletionTimestamp": now, "dataChange": False}
        for path in sorted(made.taken)
    ]
    stated = sum(_count_rows(add) for add in made.adds)
    if stated != made.rows:
        raise AssertionError(f"{show_count(made.rows, 'row')} became {stated:,}")
    info = {"timestamp": now, "operation": "CONVERT", "newsbeam.maintain": str(len(made.adds))}
    actions = [
        {"commitInfo": info},
        {"metaData": head},
        *({"remove": remove} for remove in removes),
        *({"add": add} for add in made.adds),
    ]
    _write_lines(log / f"{state.version + 1:020d}.json", actions)
    DeltaTable(str(made.place)).create_checkpoint()
    sync(log)


def _count_rows(add: dict[str, Any]) -> int:
    return int(json.loads(add["stats"])["numRecords"])


def _write_lines(path: Path, actions: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for action in actions:
            file.write(json.dumps(action, ensure_ascii=False) + "\n")
    sync(path)


def _keep_foreign(old: Path, new: Path) -> None:
    """What newsbeam did not put into the folder stays in it."""
    for path in old.iterdir():
        if path.name not in (LOG_FOLDER, HIDDEN) and "=" not in path.name:
            move(path, new / path.name)
