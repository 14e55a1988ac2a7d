"""A Delta table as the files it is: what its log says was committed, and rows of its files.

Opening a table costs time for every file that it ever got; a commit is one small file of the
log (Delta protocol, "Delta Log Entries"), so what is new costs what is new. (Why not by
``DeltaTable.to_pyarrow_dataset``: docs/decisions/known-documents.md.)
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import UNREADABLE, damaged_file, damaged_log, describe_fault
from newsbeam.transforms.lake.object_path import LakePath, local_folder
from newsbeam.transforms.lake.replay import read_entry

_SAFE = "/=:-_.~"
ENTRY = re.compile(r"(\d{20})\.(json|checkpoint.*\.parquet)")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit: the files that it added and removed where that changed the table's rows.

    Paths are relative to the table's folder. ``info`` is what the writer noted (commitInfo).
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    info: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableLog:
    """The log of the Delta table in ``folder``, which need not exist."""

    folder: LakePath

    def find_version(self) -> int:
        """The table's newest version, or -1 where there is no table."""
        known = self._last_checkpoint()
        if not self._has(known):
            return self._list_newest()
        # From a checkpoint on no version is missing: search by doubling, then by halving.
        step = 1
        while self._has(known + step):
            known, step = known + step, step * 2
        while step > 1:
            step //= 2
            if self._has(known + step):
                known += step
        return known

    def find_seen_version(self) -> int:
        """The newest version, or one that was so a moment ago where a look costs a request."""
        return self.find_version()

    def read(self, after: int, upto: int) -> Iterator[LogEntry]:
        """The commits ``after + 1`` to ``upto``, oldest first.

        Raises:
            FileNotFoundError: the log was cleaned up and does not reach back so far.
            DamagedLake: an entry cannot be read.
        """
        for version in range(after + 1, upto + 1):
            actions = self.read_actions(version)
            try:
                yield _sum_up(actions)
            except (KeyError, TypeError, AttributeError):
                raise self._damage(version, "holds no actions") from None

    def read_actions(self, version: int) -> list[dict[str, Any]]:
        """All actions of one commit, as the protocol has them ("Actions").

        Raises:
            FileNotFoundError: the log was cleaned up and does not have it any more.
            DamagedLake: the entry cannot be read.
        """
        try:
            return read_entry(self._path(version))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._damage(version, describe_fault(error)) from error
        except ValueError as error:
            raise self._damage(version, str(error)) from None

    def digest(self, version: int) -> str | None:
        """A hash that only this commit of this table has; ``None`` if the log lacks it.

        Commits hold random file names and instants, so that a table deleted and made anew, or
        set back from a backup, differs.
        """
        try:
            return hashlib.sha256(self._path(version).read_bytes()).hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._damage(version, describe_fault(error)) from error

    def find_additions(self, after: int, upto: int) -> list[str] | None:
        """Paths of the files whose rows make version ``upto`` out of version ``after``.

        ``None`` where that is not enough: rows were taken away, or the log was cleaned up.
        """
        added: list[str] = []
        try:
            for entry in self.read(after, upto):
                if entry.removed:
                    return None
                added += entry.added
        except FileNotFoundError:
            return None
        return added

    def find_last_additions(self, upto: int) -> tuple[str, ...]:
        """Paths of the files of the newest commit that brought rows, up to version ``upto``.

        Raises:
            FileNotFoundError: the log was cleaned up and does not reach back so far.
        """
        for version in range(upto, -1, -1):
            (entry,) = self.read(version - 1, version)
            if entry.added:
                return entry.added
        return ()

    def _last_checkpoint(self) -> int:
        """The version of the last checkpoint, as far as it is noted; else 0."""
        try:
            note = (self._log / "_last_checkpoint").read_text(encoding="utf-8")
            return int(json.loads(note)["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _list_newest(self) -> int:
        try:
            names = os.listdir(self._log)
        except (FileNotFoundError, NotADirectoryError):
            return -1
        return max((int(found[1]) for found in map(ENTRY.fullmatch, names) if found), default=-1)

    def _has(self, version: int) -> bool:
        return os.path.exists(self._path(version))

    @property
    def _log(self) -> Path:
        return local_folder(self.folder) / "_delta_log"

    def _path(self, version: int) -> Path:
        return self._log / f"{version:020d}.json"

    def _damage(self, version: int, what: str) -> DamagedLake:
        """The error for an entry, by the end of a sentence that begins with its name."""
        return damaged_log(self._path(version), what)


def quote_path(path: str) -> str:
    """A file's path as the log has it: percent-encoded."""
    return quote(path, safe=_SAFE)


def read_rows(folder: LakePath, paths: Iterable[str], schema: pa.Schema) -> pa.Table:
    """The columns of ``schema`` of the files at ``paths`` below ``folder``.

    A column that a file lacks, because an older newsbeam wrote it or because it is a partition
    column, is null.

    Raises:
        FileNotFoundError: a file was compacted and vacuumed away meanwhile.
        DamagedLake: a file cannot be read.
    """
    tables = []
    for path in paths:
        try:
            tables.append(_read_file(folder / path, schema))
        except FileNotFoundError:
            raise
        except UNREADABLE as error:
            raise damaged_file(folder, path, error) from error
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _sum_up(actions: Iterable[Mapping[str, Any]]) -> LogEntry:
    added, removed, info = [], [], {}
    for action in actions:
        # Compaction moves rows into other files and says so by dataChange = false.
        if "add" in action and action["add"].get("dataChange", True):
            added.append(unquote(action["add"]["path"]))
            if action["add"].get("deletionVector"):
                removed.append(added[-1])
        elif "remove" in action and action["remove"].get("dataChange", True):
            removed.append(unquote(action["remove"]["path"]))
        elif "commitInfo" in action:
            info = action["commitInfo"]
    return LogEntry(tuple(added), tuple(removed), info)


def _read_file(path: LakePath, schema: pa.Schema) -> pa.Table:
    # In one piece: half the time of a ParquetFile that reads the path itself (small files).
    file = pq.ParquetFile(pa.py_buffer(path.read_bytes()), page_checksum_verification=True)
    present = set(file.schema_arrow.names)
    rows = file.read([name for name in schema.names if name in present], use_threads=False)
    rows.validate(full=True)  # what is no UTF-8, say, would only be met later
    count = file.metadata.num_rows
    columns = [
        rows[field.name].cast(field.type) if field.name in present else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
