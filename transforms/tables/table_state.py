"""Which files a Delta table has, and which it had: its log, followed action by action."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from transforms.tables.lake import Lake
from transforms.tables.schema import Table
from transforms.tables.table_log import TableLog


class UnknownFeatures(RuntimeError):
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
        strange = {field.name for field in handle.schema().fields} - set(table.schema.names)
        if strange:
            raise UnknownFeatures(
                f"{table.name}: columns that this newsbeam does not know "
                f"({', '.join(sorted(strange))}); use the newer one"
            )
        actions = handle.get_add_actions(flatten=True)
        names = actions.schema.names
        count = actions.num_rows
        rows = actions["num_records"].to_pylist() if "num_records" in names else [None] * count
        live = {
            path: LiveFile(path, size, number, at)
            for path, size, number, at in zip(
                actions["path"].to_pylist(),
                actions["size_bytes"].to_pylist(),
                rows,
                actions["modification_time"].to_pylist(),
                strict=True,
            )
        }
        log = lake.log(table)
        removed_at, reached = _read_removals(log, handle.version(), since)
        return cls(log, handle.version(), live, removed_at, reached)

    def refresh(self, version: int | None = None) -> None:
        """Follow the log up to ``version`` (default: to its end).

        Raises:
            FileNotFoundError: the log was cleaned up meanwhile.
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
    added = [_read_add(action["add"]) for action in actions if "add" in action]
    removed = {
        unquote(action["remove"]["path"]): action["remove"].get("deletionTimestamp") or written
        for action in actions
        if "remove" in action
    }
    return added, removed, max([written, *removed.values()])


def _read_add(add: Mapping[str, Any]) -> LiveFile:
    rows = json.loads(add.get("stats") or "{}").get("numRecords")
    return LiveFile(unquote(add["path"]), add["size"], rows, add["modificationTime"])
