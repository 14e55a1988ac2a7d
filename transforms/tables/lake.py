"""The lake: one folder whose tables are Delta tables of plain Parquet files.

Creates the tables, cleans up after dead runs, and reads what is known. ``commit`` adds rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError

from transforms.tables.cache_file import FOLDER as CACHE
from transforms.tables.cache_file import write_cache_file
from transforms.tables.feed_cache import (
    fold_polls,
    load_feed_states,
    no_states,
    store_feed_states,
    unpack_states,
)
from transforms.tables.known_cache import (
    cache_folder,
    load_known_state,
    store_known_state,
    touch_known_state,
)
from transforms.tables.known_rows import COLUMNS, Known
from transforms.tables.schema import ARTICLES, FEED_POLLS, TABLES, Row, Table
from transforms.tables.staging import clean_staging
from transforms.tables.table_files import read_rows
from transforms.tables.table_log import TableLog

# A checkpoint is a Parquet file under the table's folder, which a reader's `**/*.parquet` would
# take for data; see docs/decisions/checkpoints.md.
CHECKPOINT_INTERVALS = {table.name: 1000 if table is ARTICLES else 100 for table in TABLES}
_INTERVAL = "delta.checkpointInterval"
# So many files' rows are in memory at once when a whole table is read.
_FILES_AT_ONCE = 500

_View = TypeVar("_View")

__all__ = ["CACHE", "CHECKPOINT_INTERVALS", "Lake", "list_files"]


@dataclass(frozen=True, slots=True)
class Lake:
    """The lake in the folder ``root``. Cheap to make, safe to pickle."""

    root: Path

    def open(self, table: Table, version: int | None = None) -> DeltaTable:
        """The Delta table. Takes time for every file in it (20 us) and every commit since its
        last checkpoint (250 us), so open it to write or to read all of it.

        Raises:
            TableNotFoundError: there is none (yet).
        """
        return DeltaTable(str(self.root / table.name), version=version)

    def log(self, table: Table) -> TableLog:
        """The table's log."""
        return TableLog(self.root / table.name)

    def version(self, table: Table) -> int:
        """The table's newest version, or -1 where there is no table."""
        return self.log(table).find_version()

    def create(self) -> None:
        """Create the folder and the tables that are not there; mend those of an older newsbeam.

        A table that lacks columns gets them; they are null in the rows that it has.

        Raises:
            OSError: the folder cannot be made or written.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            if self._is_up_to_date(table):
                continue
            for last_try in (False, True):
                try:
                    self._create_table(table)
                    break
                except (CommitFailedError, DeltaError):
                    if last_try:  # the first time it was another run that created it
                        raise

    def clean(self) -> list[str]:
        """Undo what runs that died have left; returns their ids."""
        by_name = {table.name: table for table in TABLES}
        return clean_staging(self.root, lambda name: list_files(self.open(by_name[name])))

    def read_known(self, version: int) -> Known:
        """What the articles table holds at ``version`` (-1: nothing).

        Only opened where ``refresh_known`` was here before, else made in memory.
        """
        kept = load_known_state(cache_folder(self.root), self.log(ARTICLES), version)
        return self._bring_up(ARTICLES, version, COLUMNS, kept, Known(), Known.add)

    def refresh_known(self, version: int) -> None:
        """Make ready, on disk, what ``read_known`` answers for ``version``.

        Reads the files that came in since the newest state kept, or all files where none is.

        Raises:
            OSError: it cannot be written.
        """
        if version < 0:
            return
        folder, log = cache_folder(self.root), self.log(ARTICLES)
        kept = load_known_state(folder, log, version)
        if kept is not None and kept[0] == version:
            touch_known_state(folder, version)
            return
        known = self._bring_up(ARTICLES, version, COLUMNS, kept, Known(), Known.add)
        store_known_state(folder, log, version, known)

    def read_feed_states(self, keep: bool = False) -> dict[tuple[str, str], Row]:
        """The newest row of each feed by source and feed, `seen` from the newest row with one.

        With ``keep`` the next call reads only what comes in from now on.

        Raises:
            OSError: they cannot be kept.
        """
        log, version = self.log(FEED_POLLS), self.version(FEED_POLLS)
        kept = load_feed_states(self.root, log, version)
        states = self._bring_up(
            FEED_POLLS, version, FEED_POLLS.schema, kept, no_states(), fold_polls
        )
        if keep and version >= 0 and (kept is None or kept[0] != version):
            store_feed_states(self.root, log, version, states)
        return unpack_states(states)

    def _bring_up(
        self,
        table: Table,
        version: int,
        columns: pa.Schema,
        kept: tuple[int, _View] | None,
        empty: _View,
        add: Callable[[_View, pa.Table], _View],
    ) -> _View:
        """The view of ``table`` at ``version``: what was ``kept`` and the rows since, or all."""
        if version < 0:
            return empty
        if kept is not None:
            paths = self.log(table).find_additions(kept[0], version)
            if paths is not None:
                with suppress(FileNotFoundError):  # compacted and vacuumed: other files have it
                    return self._add_files(table, columns, paths, kept[1], add)
        paths = sorted(list_files(self.open(table, version)))
        return self._add_files(table, columns, paths, empty, add)

    def _add_files(
        self,
        table: Table,
        columns: pa.Schema,
        paths: Sequence[str],
        view: _View,
        add: Callable[[_View, pa.Table], _View],
    ) -> _View:
        for start in range(0, len(paths), _FILES_AT_ONCE):
            part = paths[start : start + _FILES_AT_ONCE]
            view = add(view, read_rows(self.root / table.name, part, columns))
        return view

    def _is_up_to_date(self, table: Table) -> bool:
        """Whether ``_create_table`` was here before with the same table and the same schema."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self._note(table).read_text(encoding="utf-8"))
            commit = self.log(table).digest(note["version"])
            return commit is not None and note == self._make_note(table, note["version"], commit)
        return False

    def _create_table(self, table: Table) -> None:
        interval = {_INTERVAL: str(CHECKPOINT_INTERVALS[table.name])}
        if self.version(table) < 0:
            DeltaTable.create(
                str(self.root / table.name),
                table.schema,
                mode="ignore",
                partition_by=list(table.partition_by),
                name=table.name,
                description=table.description,
                configuration=interval,
            )
        handle = self.open(table)
        present = {field.name for field in handle.schema().fields}
        missing = [f for f in Schema.from_arrow(table.schema).fields if f.name not in present]
        if missing:
            handle.alter.add_columns(missing)
        if handle.metadata().configuration.get(_INTERVAL) != interval[_INTERVAL]:
            handle.alter.set_table_properties(interval)
        version = self.version(table)
        commit = self.log(table).digest(version)
        if commit is not None:
            note = self._make_note(table, version, commit)
            write_cache_file(self._note(table), json.dumps(note).encode())

    def _note(self, table: Table) -> Path:
        return self.root / CACHE / "tables" / f"{table.name}.json"

    @staticmethod
    def _make_note(table: Table, version: int, commit: str) -> dict[str, object]:
        wanted = f"{table.schema.to_string()} {CHECKPOINT_INTERVALS[table.name]}"
        return {
            "version": version,
            "commit": commit,
            "wanted": hashlib.sha256(wanted.encode()).hexdigest(),
        }


def list_files(table: DeltaTable) -> set[str]:
    """The paths of the table's files at its version, relative to its folder."""
    return set(table.get_add_actions(flatten=True).column("path").to_pylist())
