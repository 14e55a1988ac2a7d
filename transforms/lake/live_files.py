"""Which files a Delta table has, and which it had: its log, followed action by action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.log import TableLog
from newsbeam.transforms.lake.replay import read_stated_rows
from newsbeam.transforms.lake.schema import Table


class UnknownFeatures(NewsbeamError):
    """The table needs what this newsbeam cannot do; it must not be rewritten."""


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A file of a table: its path below the table's folder, bytes, rows (``None``: not stated),
    and the instant that the log has for it (ms since 1970).
    """

    path: str
    size: int
    rows: int | None
    modified_at: int


def list_live_files(handle: DeltaTable) -> list[LiveFile]:
    """The files of the table at its version, in no order."""
    actions = handle.get_add_actions(flatten=True)
    count = actions.num_rows
    # Every commit of newsbeam states the number of rows; whoever else writes may not.
    stated = "num_records" in actions.schema.names
    return [
        LiveFile(path, size, rows, at)
        for path, size, rows, at in zip(
            actions["path"].to_pylist(),
            actions["size_bytes"].to_pylist(),
            actions["num_records"].to_pylist() if stated else [None] * count,
            actions["modification_time"].to_pylist(),
            strict=True,
        )
    ]


@dataclass(slots=True)
class TableState:
    """The files of a table at ``version``, and when (ms since 1970) others ceased to belong to it.

    ``removed_at`` knows those that ceased after ``since``; where the log no longer reaches back
    so far, ``since`` is later than was asked for.
    """

    log: TableLog
    version: int
    live: dict[str, LiveFile]
    removed_at: dict[str, int]
    since: int

    @classmethod
    def read(cls, lake: Lake, table: Table, since: int) -> TableState:
        """The table's state now; what ceased to belong to it before ``since`` may be left out.

        Raises:
            UnknownFeatures: the table has features or columns that newsbeam did not give it.
        """
        handle = lake.open(table)
        protocol = handle.protocol()
        if protocol.min_reader_version > 1 or protocol.min_writer_version > 2:
            raise UnknownFeatures(
                f"{table.name}: another writer gave it Delta features that newsbeam does not know; "
                "maintain it with that one"
            )
        table = table.laid_out(handle.metadata().partition_columns)
        strange = {field.name for field in handle.schema().fields} - set(table.schema.names)
        if strange:
            raise UnknownFeatures(
                f"{table.name}: columns that this newsbeam does not know "
                f"({', '.join(sorted(strange))}); use the newer one"
            )
        live = {file.path: file for file in list_live_files(handle)}
        log = lake.log(table)
        removed_at, reached = _read_removals(log, handle.version(), since)
        return cls(log, handle.version(), live, removed_at, reached)

    def refresh(self, version: int | None = None) -> None:
        """Follow the log up to ``version`` (default: to its end).

        Raises:
            FileNotFoundError: the log was cleaned up meanwhile.
            DamagedLake: an entry of the log cannot be read.
        """
        newest = self.log.find_version() if version is None else version
        for number in range(self.version + 1, newest + 1):
            added, removed, _ = _sort_actions(self.log.read_actions(number))
            for path in removed:
                self.live.pop(path, None)
            self.removed_at.update(removed)
            for file in added:
                self.live[file.path] = file
                self.removed_at.pop(file.path, None)
            self.version = number


def _read_removals(log: TableLog, version: int, since: int) -> tuple[dict[str, int], int]:
    """Files that ceased to belong to the table, and how far back (ms since 1970) that is known."""
    found: dict[str, int] = {}
    reached = 2**62
    for number in range(version, -1, -1):
        try:
            _, removed, written = _sort_actions(log.read_actions(number))
        except FileNotFoundError:  # cleaned up
            return found, reached
        for path, at in removed.items():
            found.setdefault(path, at)
        reached = min(reached, written)
        if written < since:
            return found, since
    return found, since


def _sort_actions(
    actions: list[dict[str, Any]],
) -> tuple[list[LiveFile], dict[str, int], int]:
    """A commit's files that came, those that went and when, and when it was written."""
    written = next((a["commitInfo"].get("timestamp", 0) for a in actions if "commitInfo" in a), 0)
    added = [read_add(action["add"]) for action in actions if "add" in action]
    removed = {
        unquote(action["remove"]["path"]): action["remove"].get("deletionTimestamp") or written
        for action in actions
        if "remove" in action
    }
    return added, removed, max([written, *removed.values()])


def read_add(add: Mapping[str, Any]) -> LiveFile:
    """The file that an `add` action of the log names."""
    return LiveFile(
        unquote(add["path"]), add["size"], read_stated_rows(add), add["modificationTime"]
    )
