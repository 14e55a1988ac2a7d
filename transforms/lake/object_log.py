"""The log of a Delta table on an object store: one listing tells its versions apart.

A listing names each commit's file with a tag, which another content does not have. So the newest
version costs one request, a digest mostly none, and an entry is fetched once a process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import LOG_FOLDER
from newsbeam.transforms.lake.log import ENTRY, TableLog
from newsbeam.transforms.lake.object_path import ObjectPath

# By table: the tags of its commits as they were listed last in this process.
_LISTED: dict[ObjectPath, dict[int, str]] = {}


@dataclass(frozen=True, slots=True)
class ObjectLog(TableLog):
    """The log of a table at an ``ObjectPath``, which need not exist.

    Whatever asks the store may raise ``StoreFault``.
    """

    @property
    def _place(self) -> ObjectPath:
        assert isinstance(self.folder, ObjectPath)
        return self.folder

    def find_version(self) -> int:
        """As ``TableLog.find_version``: by a listing behind what was known before."""
        known = _LISTED.get(self._place, {})
        last = max(known, default=-1)
        # From one before on: where that one is gone, the table was made anew.
        after = _name(last - 1) if last > 0 else None
        found = self._list(after)
        if after is not None and found.get(last) != known[last]:
            known, found = {}, self._list(None)
        _LISTED[self._place] = {**known, **found}
        return max(found, default=-1)

    def find_seen_version(self) -> int:
        """The newest version as it was listed last in this process."""
        known = _LISTED.get(self._place)
        return max(known, default=-1) if known is not None else self.find_version()

    def digest(self, version: int) -> str | None:
        """As ``TableLog.digest``: its tag."""
        known = _LISTED.get(self._place, {})
        return known[version] if known.get(version) else self._entry(version).read_tag()

    def read_actions(self, version: int) -> list[dict[str, Any]]:
        """As ``TableLog.read_actions``."""
        entry = self._entry(version)
        tag = _LISTED.get(self._place, {}).get(version)
        data = _read_known(entry, tag) if tag else entry.read_bytes()
        try:
            actions = [json.loads(line) for line in data.splitlines() if line.strip()]
        except ValueError:
            actions = []
        if not actions or not all(isinstance(action, dict) for action in actions):
            raise self._damage(version, "is damaged")
        return actions

    def _damage(self, version: int, what: str) -> DamagedLake:
        return DamagedLake(
            f"{self._entry(version)} {what}: without it nobody can tell which files belong to the "
            f"table `{self._place.name}`; put back an older version of the object, or a backup"
        )

    def _list(self, after: str | None) -> dict[int, str]:
        """The tag of each version; empty for one of which only a checkpoint is there."""
        found: dict[int, str] = {}
        for each in (self._place / LOG_FOLDER).list(after):
            if entry := ENTRY.fullmatch(each.place):
                version, is_commit = int(entry[1]), entry[2] == "json"
                found[version] = each.tag if is_commit else found.get(version, "")
        return found

    def _entry(self, version: int) -> ObjectPath:
        return self._place / LOG_FOLDER / _name(version)


def _name(version: int) -> str:
    return f"{version:020d}.json"


@lru_cache(maxsize=256)
def _read_known(entry: ObjectPath, tag: str) -> bytes:
    """What the log's ``entry`` holds. ``tag`` tells it from that of a table that is no more."""
    return entry.read_bytes()
