"""The lake: one place whose tables are Delta tables of plain Parquet files.

It is a folder, or below a bucket of an object store. What works on both goes from ``Lake.place``
and asks the methods here; ``Lake.root`` is for what needs files of this machine, and refuses a
lake on an object store in one sentence (docs/decisions/object-store.md).

Creates the tables, cleans up after dead runs, and reads what feeds said. ``commit`` adds rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.schema import ArrayType, DataType, StructType

from newsbeam.transforms.errors import DamagedLake, LakeBusy, NewsbeamError
from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.damage import LOG_FOLDER, damaged_file
from newsbeam.transforms.lake.feed_cache import (
    fold_polls,
    load_feed_states,
    no_states,
    store_feed_states,
    unpack_states,
)
from newsbeam.transforms.lake.log import TableLog, read_rows
from newsbeam.transforms.lake.machine import cache_folder
from newsbeam.transforms.lake.object_log import ObjectLog
from newsbeam.transforms.lake.object_path import (
    LakePath,
    ObjectPath,
    delta_options,
    local_folder,
)
from newsbeam.transforms.lake.object_staging import ObjectStaging, clean_areas
from newsbeam.transforms.lake.object_tables import list_kept_files, open_object_table
from newsbeam.transforms.lake.places import check_place_of_lake
from newsbeam.transforms.lake.replay import name_log_fault
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, PARTITIONS, TABLES, Row, Table
from newsbeam.transforms.lake.staging import Staging, clean_staging
from newsbeam.transforms.lake.store_faults import name_fault
from newsbeam.transforms.lake.transactions import REMOTE_INTERVAL, ObjectHead, TableHead, fence_run

# A checkpoint is a Parquet file under the table's folder, which a reader's `**/*.parquet` would
# take for data; see docs/decisions/checkpoints.md.
CHECKPOINT_INTERVALS = {table.name: 1000 if table is ARTICLES else 100 for table in TABLES}
_INTERVAL = "delta.checkpointInterval"
# A folder a source and month: 50 sources make 600 a year (docs/decisions/partitions.md).
DEFAULT_PARTITION = "month"
# So many files' rows are in memory at once when a whole table is read.
_FILES_AT_ONCE = 500

_View = TypeVar("_View")


class OtherPartition(NewsbeamError):
    """A lake that is there is not laid out as was asked for."""

    is_usage = True


@dataclass(frozen=True, slots=True)
class Lake:
    """The lake at ``place``. Cheap to make, safe to pickle.

    Making it raises ``PlaceRefused`` where no lake can be.
    """

    place: LakePath

    def __post_init__(self) -> None:
        check_place_of_lake(self.place)

    @property
    def root(self) -> Path:
        """The lake's folder.

        Raises:
            PlaceRefused: it is on an object store.
        """
        return local_folder(self.place)

    @property
    def cache(self) -> Path:
        """The folder of this machine for what may vanish at any time."""
        return cache_folder(self.place)

    @property
    def is_remote(self) -> bool:
        """Whether it is on an object store."""
        return isinstance(self.place, ObjectPath)

    def folder(self, table: Table) -> LakePath:
        """Where the table is."""
        return self.place / table.name

    def stage(self, run_id: str) -> Staging:
        """The staging area of a run."""
        return (ObjectStaging if self.is_remote else Staging)(self.place, run_id)

    def open(self, table: Table, version: int | None = None) -> DeltaTable:
        """The Delta table. Takes time for every file in it (20 us) and every commit since its
        last checkpoint (250 us), so open it to write or to read all of it.

        Raises:
            TableNotFoundError: there is none (yet).
            DamagedLake: its log cannot be read.
        """
        if isinstance(self.place, ObjectPath):
            return open_object_table(self.place / table.name, version)
        folder = self.root / table.name
        try:
            return DeltaTable(str(folder), version=version)
        except TableNotFoundError:
            if (folder / LOG_FOLDER).exists():
                raise name_log_fault(folder, ValueError("it holds no commit")) from None
            raise
        except (DeltaError, OSError, ValueError) as error:
            raise name_log_fault(folder, error) from error

    def head(self, table: Table) -> TableHead | ObjectHead:
        """The newest version of the table, to commit on; errors as ``open``, or StoreFault."""
        log = self.log(table)
        if isinstance(log, ObjectLog) and (version := log.find_fresh_version()) >= 0:
            return ObjectHead(self.table(table), log, version)
        return TableHead(table, log, self.open(table))

    def list_files(self, table: Table) -> set[str]:
        """The paths of the table's files, relative to its folder: as ``open`` shows them, but
        on an object store kept in mind, and as of the version that was listed last."""
        log = self.log(table)
        if isinstance(log, ObjectLog):
            return list_kept_files(log, self.cache / "files" / f"{table.name}.json")
        return list_files(self.open(table))

    def table(self, table: Table) -> Table:
        """``table`` as it is laid out here: how, is said by its log when it was made.

        Raises:
            DamagedLake: its log cannot be read.
        """
        if table.name != ARTICLES.name or self.seen_version(table) < 0:
            return table
        note = self._read_note(table)
        if note is None:
            return table.laid_out(self.open(table).metadata().partition_columns)
        return table.laid_out(note["partition_by"])

    def log(self, table: Table) -> TableLog:
        """The table's log."""
        return (ObjectLog if self.is_remote else TableLog)(self.folder(table))

    def version(self, table: Table) -> int:
        """The table's newest version, or -1 where there is no table."""
        return self.log(table).find_version()

    def seen_version(self, table: Table) -> int:
        """As ``version``, but as ``create`` found it where a look costs a request."""
        return self.log(table).find_seen_version()

    def create(self, partition: str | None = None) -> None:
        """Create the folder and the tables that are not there; mend those of an older newsbeam.

        A table that lacks columns gets them; they are null in the rows that it has. A new table of
        articles has a folder for each source and ``partition`` (a key of ``PARTITIONS``; months,
        where none is given); one that is there stays as it is.

        Raises:
            OtherPartition: it is there, and otherwise.
            OSError: the folder cannot be made or written.
        """
        if isinstance(self.place, Path):
            self.place.mkdir(parents=True, exist_ok=True)
        wanted = ("source", PARTITIONS[partition or DEFAULT_PARTITION])
        if partition and self.version(ARTICLES) >= 0:
            found = self.table(ARTICLES).partition_by
            if found != wanted:
                raise OtherPartition(
                    f"{self.place} is there, and its articles are in folders by {found[-1]}; "
                    f"`newsbeam maintain --partition {partition}` converts it"
                )
        for table in TABLES:
            if self.is_remote:
                self.version(table)  # one listing, which tells digests, too
            if self._read_note(table) is not None:
                continue
            for last_try in (False, True):
                try:
                    self._create_table(table, wanted if table is ARTICLES else table.partition_by)
                    break
                except CommitFailedError as error:
                    if last_try:
                        raise LakeBusy(f"{error}; start this run again") from error
                except DeltaError:
                    if last_try:  # the first time it was another run that created it
                        raise
                except OSError as error:
                    if not isinstance(self.place, ObjectPath):
                        raise
                    raise name_fault(self.place / table.name, error, "written") from error

    def clean(self) -> list[str]:
        """Undo what runs that died have left; returns their ids."""
        by_name = {table.name: table for table in TABLES}
        if isinstance(self.place, ObjectPath):
            return clean_areas(
                self.place, self.cache, lambda name, run_id: self._bar(by_name[name], run_id)
            )
        return clean_staging(self.root, lambda name: list_files(self.open(by_name[name])))

    def _bar(self, table: Table, run_id: str) -> set[str]:
        """The table's files, now that it takes none of ``run_id`` any more."""
        fence_run(self.head(table), run_id)
        return list_files(self.open(table))

    def read_feed_states(
        self,
        keep: bool = False,
        damaged: list[DamagedLake] | None = None,
        version: int | None = None,
    ) -> dict[tuple[str, str], Row]:
        """The newest row of each feed by source and feed, `seen` from the newest row with one; as
        of ``version`` of their table, where that was looked up just now.

        With ``keep`` the next call reads only what comes in from now on. Files that cannot be
        read are passed over where they can be noted in ``damaged``.

        Raises:
            DamagedLake: the log, or a file, cannot be read.
            OSError: they cannot be kept.
        """
        log = self.log(FEED_POLLS)
        version = self.version(FEED_POLLS) if version is None else version
        kept = load_feed_states(self.cache, log, version)
        states = self._bring_up(
            FEED_POLLS, version, FEED_POLLS.schema, kept, no_states(), fold_polls, damaged
        )
        if keep and not damaged and version >= 0 and (kept is None or kept[0] != version):
            store_feed_states(self.cache, log, version, states)
        return unpack_states(states)

    def _bring_up(
        self,
        table: Table,
        version: int,
        columns: pa.Schema,
        kept: tuple[int, _View] | None,
        empty: _View,
        add: Callable[[_View, pa.Table], _View],
        damaged: list[DamagedLake] | None,
    ) -> _View:
        """The view of ``table`` at ``version``: what was ``kept`` and the rows since, or all."""
        if version < 0:
            return empty
        if kept is not None:
            paths = self.log(table).find_additions(kept[0], version)
            if paths is not None:
                # Compacted and vacuumed: other files have it.
                with suppress(FileNotFoundError, DamagedLake):
                    return self._add_files(table, columns, paths, kept[1], add)
        view = empty
        paths = sorted(list_files(self.open(table, version)))
        for start in range(0, len(paths), _FILES_AT_ONCE):
            part = paths[start : start + _FILES_AT_ONCE]
            view = add(view, read_sound_rows(self.folder(table), part, columns, damaged))
        return view

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
            view = add(view, read_rows(self.folder(table), part, columns))
        return view

    def _read_note(self, table: Table) -> dict[str, Any] | None:
        """What ``_create_table`` noted when it was here with the same table and the same schema."""
        if self.is_remote:
            self.seen_version(table)
        with suppress(OSError, ValueError, KeyError, TypeError):
            note: dict[str, Any] = json.loads(self._note(table).read_text(encoding="utf-8"))
            commit = self.log(table).digest(note["version"])
            made = self._make_note(table, note["version"], commit, note["partition_by"])
            made["folder"] = self._find_folder(table)
            if commit is not None and note == made:
                table.laid_out(note["partition_by"])
                return note
        return None

    def _create_table(self, table: Table, partition_by: Sequence[str]) -> None:
        interval = {_INTERVAL: str(self._find_interval(table))}
        if self.version(table) < 0:
            laid_out = table.laid_out(partition_by)
            DeltaTable.create(
                str(self.folder(table)),
                laid_out.schema,
                mode="ignore",
                storage_options=delta_options(self.place),
                partition_by=list(laid_out.partition_by),
                name=table.name,
                description=table.description,
                configuration=interval,
            )
        folder, handle = self._find_folder(table), self.open(table)
        present = {field.name: field.type for field in handle.schema().fields}
        wanted = Schema.from_arrow(table.schema).fields
        missing = [f for f in wanted if f.name not in present or _lacks(present[f.name], f.type)]
        if missing:
            handle.alter.add_columns(missing)  # It also widens a struct that lacks fields.
        if handle.metadata().configuration.get(_INTERVAL) != interval[_INTERVAL]:
            handle.alter.set_table_properties(interval)
        version = self.version(table)
        commit = self.log(table).digest(version)
        if commit is not None:
            note = self._make_note(table, version, commit, handle.metadata().partition_columns)
            write_file(self._note(table), json.dumps({**note, "folder": folder}).encode())

    def _find_folder(self, table: Table) -> int:
        """The number of the log's folder on its disk: another one, once it was laid out anew."""
        return 0 if self.is_remote else (self.root / table.name / LOG_FOLDER).stat().st_ino

    def _note(self, table: Table) -> Path:
        return self.cache / "tables" / f"{table.name}.json"

    def _find_interval(self, table: Table) -> int:
        return REMOTE_INTERVAL if self.is_remote else CHECKPOINT_INTERVALS[table.name]

    def _make_note(
        self, table: Table, version: int, commit: str | None, partition_by: Sequence[str]
    ) -> dict[str, object]:
        wanted = f"{table.schema.to_string()} {self._find_interval(table)}"
        return {
            "version": version,
            "commit": commit,
            "wanted": hashlib.sha256(wanted.encode()).hexdigest(),
            "partition_by": list(partition_by),
        }


def read_sound_rows(
    folder: LakePath, paths: Sequence[str], schema: pa.Schema, damaged: list[DamagedLake] | None
) -> pa.Table:
    """As ``read_rows`` where nobody takes files away: what is missing is damage.

    What cannot be read is noted in ``damaged`` and passed over, or raised where that is ``None``.

    Raises:
        DamagedLake: a file is missing or cannot be read.
    """
    with suppress(FileNotFoundError, DamagedLake):
        return read_rows(folder, paths, schema)
    sound = []
    for path in paths:
        try:
            sound.append(read_rows(folder, [path], schema))
        except DamagedLake as fault:
            if damaged is None:
                raise
            damaged.append(fault)
        except FileNotFoundError as error:
            if damaged is None:
                raise damaged_file(folder, path, error) from error
            damaged.append(damaged_file(folder, path, error))
    return pa.concat_tables(sound) if sound else schema.empty_table()


def _lacks(present: DataType, wanted: DataType) -> bool:
    """Whether a struct inside ``wanted`` has fields that ``present`` has not."""
    if isinstance(wanted, ArrayType) and isinstance(present, ArrayType):
        return _lacks(present.element_type, wanted.element_type)
    if isinstance(wanted, StructType) and isinstance(present, StructType):
        fields = {field.name: field.type for field in present.fields}
        return any(f.name not in fields or _lacks(fields[f.name], f.type) for f in wanted.fields)
    return False


def list_files(table: DeltaTable) -> set[str]:
    """The paths of the table's files at its version, relative to its folder."""
    return set(table.get_add_actions(flatten=True).column("path").to_pylist())
