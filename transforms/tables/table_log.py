"""A Delta table's log, read as the JSON it is: what was committed after a version.

Opening a table costs time for every file that it ever got; a commit is one small file of the
log (Delta protocol, "Delta Log Entries"), so what is new costs what is new.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

_ENTRY = re.compile(r"(\d{20})\.(json|checkpoint.*\.parquet)")


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

    folder: Path

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

    def read(self, after: int, upto: int) -> Iterator[LogEntry]:
        """The commits ``after + 1`` to ``upto``, oldest first.

        Raises:
            FileNotFoundError: the log was cleaned up and does not reach back so far.
        """
        for version in range(after + 1, upto + 1):
            yield _parse_entry(self._path(version).read_bytes())

    def read_actions(self, version: int) -> list[dict[str, Any]]:
        """All actions of one commit, as the protocol has them ("Actions").

        Raises:
            FileNotFoundError: the log was cleaned up and does not have it any more.
        """
        lines = self._path(version).read_bytes().splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def digest(self, version: int) -> str | None:
        """A hash that only this commit of this table has; ``None`` if the log lacks it.

        Commits hold random file names and instants, so that a table deleted and made anew, or
        set back from a backup, differs.
        """
        try:
            return hashlib.sha256(self._path(version).read_bytes()).hexdigest()
        except FileNotFoundError:
            return None

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

    def _last_checkpoint(self) -> int:
        """The version of the last checkpoint, as far as it is noted; else 0."""
        try:
            note = (self.folder / "_delta_log/_last_checkpoint").read_text(encoding="utf-8")
            return int(json.loads(note)["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _list_newest(self) -> int:
        try:
            names = os.listdir(self.folder / "_delta_log")
        except FileNotFoundError:
            return -1
        return max((int(found[1]) for found in map(_ENTRY.fullmatch, names) if found), default=-1)

    def _has(self, version: int) -> bool:
        return os.path.exists(self._path(version))

    def _path(self, version: int) -> Path:
        return self.folder / "_delta_log" / f"{version:020d}.json"


def _parse_entry(data: bytes) -> LogEntry:
    added, removed, info = [], [], {}
    for line in data.splitlines():
        action = json.loads(line) if line.strip() else {}
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
