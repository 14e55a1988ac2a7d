"""The log of a Delta table on an object store: one listing tells its versions apart.

A listing names each commit's file with a tag, which another content does not have. So the newest
version costs one request, a digest mostly none, and an entry is fetched once a process.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import LOG_FOLDER
from newsbeam.transforms.lake.log import ENTRY, TableLog
from newsbeam.transforms.lake.object_path import ObjectChanged, ObjectPath

# By table: the tags of its commits as they were listed last in this process, and when that was.
_LISTED: dict[ObjectPath, dict[int, str]] = {}
_LISTED_AT: dict[ObjectPath, float] = {}
# What entries hold, by their place and tag: the last ones that were read or written.
_READ: OrderedDict[tuple[ObjectPath, str], bytes] = OrderedDict()
_MOST_READ = 256
# Seconds for which who is about to commit takes a listing for the newest. Ours: a moment is
# enough for a run, and a table that somebody deleted and made anew meanwhile is noticed.
_FRESH = 60.0


@dataclass(frozen=True, slots=True)
class ObjectLog(TableLog):
    """The log of a table at an ``ObjectPath``, which need not exist.

    Whatever asks the store may raise ``StoreFault``.
    """

    @property
    def place(self) -> ObjectPath:
        """The table's folder."""
        assert isinstance(self.folder, ObjectPath)
        return self.folder

    def find_version(self) -> int:
        """As ``TableLog.find_version``: by a listing behind what was known before."""
        known = _LISTED.get(self.place, {})
        last = max(known, default=-1)
        # From one before on: where that one is gone, the table was made anew.
        after = _name(last - 1) if last > 0 else None
        found = self._list(after)
        if after is not None and found.get(last) != known[last]:
            known, found = {}, self._list(None)
        _LISTED[self.place] = {**known, **found}
        _LISTED_AT[self.place] = time.monotonic()
        return max(found, default=-1)

    def find_seen_version(self) -> int:
        """The newest version as it was listed last in this process."""
        known = _LISTED.get(self.place)
        return max(known, default=-1) if known is not None else self.find_version()

    def find_fresh_version(self) -> int:
        """The newest version as of a moment ago: who commits on an older one is refused."""
        is_fresh = time.monotonic() - _LISTED_AT.get(self.place, -_FRESH) < _FRESH
        return self.find_seen_version() if is_fresh else self.find_version()

    def write(self, version: int, data: bytes) -> bool:
        """Let ``data`` be the entry of ``version``; ``False`` where another one is.

        Raises:
            StoreFault: the store refuses, or does not answer: it may be there, or arrive yet.
        """
        entry = self._entry(version)
        try:
            tag = entry.write_new(data)
        except ObjectChanged:  # by another one, or by this one, whose answer got lost
            try:
                found, tag = entry.read_tagged()
            except FileNotFoundError:  # cleaned up since: it was long ago
                return False
            if found != data:
                return False
        _LISTED.setdefault(self.place, {})[version] = _bare(tag)
        _keep_read(entry, _bare(tag), data)
        return True

    def digest(self, version: int) -> str | None:
        """As ``TableLog.digest``: its tag."""
        known = _LISTED.get(self.place, {})
        if known.get(version):
            return known[version]
        tag = self._entry(version).read_tag()
        return None if tag is None else _bare(tag)

    def read_actions(self, version: int) -> list[dict[str, Any]]:
        """As ``TableLog.read_actions``."""
        entry = self._entry(version)
        tag = _LISTED.get(self.place, {}).get(version)
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
            f"table `{self.place.name}`; put back an older version of the object, or a backup"
        )

    def _list(self, after: str | None) -> dict[int, str]:
        """The tag of each version; empty for one of which only a checkpoint is there."""
        found: dict[int, str] = {}
        for each in (self.place / LOG_FOLDER).list(after):
            if entry := ENTRY.fullmatch(each.place):
                version, is_commit = int(entry[1]), entry[2] == "json"
                found[version] = _bare(each.tag) if is_commit else found.get(version, "")
        return found

    def _entry(self, version: int) -> ObjectPath:
        return self.place / LOG_FOLDER / _name(version)


def _name(version: int) -> str:
    return f"{version:020d}.json"


def _bare(tag: str) -> str:
    """A tag as all answers have it: some stores quote it in some of them."""
    return tag.strip('"')


def _read_known(entry: ObjectPath, tag: str) -> bytes:
    """What the log's ``entry`` holds. ``tag`` tells it from that of a table that is no more."""
    data = _READ.get((entry, tag))
    if data is None:
        data = entry.read_bytes()
        _keep_read(entry, tag, data)
    return data


def _keep_read(entry: ObjectPath, tag: str, data: bytes) -> None:
    _READ[entry, tag] = data
    while len(_READ) > _MOST_READ:
        _READ.popitem(last=False)
