"""The staging area of a run on an object store: leases in place of locks, copies of moves.

``<lake>/_staging/<run>/`` holds what it holds in a folder, with ``lease.json`` in place of the
lock. Files are copied to their places and deleted here after the commit. Whoever cleans up after
a run that seems dead fences it out of the tables first: it may only be asleep.
(docs/decisions/object-store.md)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsbeam.transforms.lake.leases import NO_TAG, Lease, LeaseWatch, is_held, keep_alive
from newsbeam.transforms.lake.object_path import (
    ObjectEntry,
    ObjectPath,
    delete_objects,
)
from newsbeam.transforms.lake.places import STAGING_FOLDER
from newsbeam.transforms.lake.staging import INTENT, Staging, StagingLost, pack_intent, read_intent

_LEASE = "lease.json"
# In a run's id: when it began.
_BEGAN = re.compile(r"\d{8}T\d{6}Z")
# Seconds by which clocks may differ: S3 refuses the requests of a machine that is more off.
_SKEW = 15 * 60
# The leases of areas by their places: of those held here now, and of those whose runs ended in
# this process, so that nobody need wait for them.
_HELD: dict[ObjectPath, Lease] = {}
_ENDED: dict[ObjectPath, Lease] = {}


@dataclass(frozen=True, slots=True)
class ObjectStaging(Staging):
    """The staging area of one run of a lake on an object store."""

    @property
    def area(self) -> ObjectPath:
        """Where the area is."""
        assert isinstance(self.root, ObjectPath)
        return self.root / STAGING_FOLDER / self.run_id

    @contextmanager
    def create(self) -> Iterator[None]:
        """As ``Staging.create``."""
        lease = Lease(self.area / _LEASE)
        if not lease.take():
            raise StagingLost(f"run {self.run_id} is there already")
        _HELD[self.area] = lease
        with keep_alive([lease]):
            try:
                yield
            finally:
                if _HELD.pop(self.area, None) is not None:
                    _ENDED[self.area] = lease

    def remove(self) -> None:
        """Delete the area with everything left in it."""
        _HELD.pop(self.area, None)
        delete_objects([self.area / entry.place for entry in self.area.list()])

    @contextmanager
    def hold(self) -> Iterator[None]:
        """See that the area is there. It may be lost in the block: the table's log decides.

        Raises:
            StagingLost: the area is gone.
        """
        lease = _HELD.get(self.area)  # as far as this process knows; another one has to ask
        if lease.is_lost if lease is not None else not is_held(self.area / _LEASE):
            raise self.lost()
        yield

    def place(self, name: str) -> ObjectPath:
        """As ``Staging.place``."""
        return self.area / name

    def write_file(self, name: str, data: bytes) -> None:
        """As ``Staging.write_file``."""
        (self.area / name).write_bytes(data)

    def read_file(self, name: str) -> bytes:
        """As ``Staging.read_file``."""
        try:
            return (self.area / name).read_bytes()
        except FileNotFoundError:
            raise self.lost() from None

    def write_intent(self, table: str, paths: list[str]) -> None:
        """As ``Staging.write_intent``."""
        (self.area / f"{table}.{INTENT}").write_bytes(pack_intent(paths))

    def clear_intent(self, table: str, names: Iterable[str] = ()) -> None:
        """As ``Staging.clear_intent``, with the files of these ``names``: they were copied."""
        intent = self.area / f"{table}.{INTENT}"
        delete_objects([*(self.area / name for name in names), intent])

    def read_intents(self, table: str | None = None) -> dict[str, list[str]]:
        """As ``Staging.read_intents``."""
        if table is None:
            names = [e.place for e in self.area.list() if e.place.endswith(f".{INTENT}")]
        else:
            names = [f"{table}.{INTENT}"]
        found = {}
        for name in names:
            with suppress(FileNotFoundError):
                found[name.removesuffix(f".{INTENT}")] = read_intent(self.area / name)
        return found

    def hold_places(self, table: str) -> AbstractContextManager[object]:
        """As ``Staging.hold_places``: nobody moves whole folders here."""
        return nullcontext()

    def bring_out(self, table: str, places: Mapping[str, str]) -> None:
        """As ``Staging.bring_out``; the files stay here, too, until the intent is cleared."""
        assert isinstance(self.root, ObjectPath)
        try:
            for name, place in places.items():
                (self.area / name).copy_to(self.root / table / place)
        except FileNotFoundError:
            raise self.lost() from None

    def bring_back(self, table: str, places: Iterable[str]) -> None:
        """As ``Staging.bring_back``: the copies go."""
        assert isinstance(self.root, ObjectPath)
        delete_objects([self.root / table / place for place in places])


def find_oldest_area(root: ObjectPath, own: str | None = None) -> float | None:
    """When the oldest of the runs began whose areas are there (seconds since 1970), but for that of
    the run ``own``; earlier than that by what clocks may differ."""
    began = []
    for entry in (root / STAGING_FOLDER).list():
        run_id = entry.place.partition("/")[0]
        if run_id == own:
            continue
        found = _BEGAN.search(run_id)
        began.append(datetime.fromisoformat(found[0]).timestamp() - _SKEW if found else 0.0)
    return min(began, default=None)


def clean_areas(
    root: ObjectPath, cache: Path, list_committed: Callable[[str, str], set[str]]
) -> list[str]:
    """As ``staging.clean_staging``: undo what dead runs left in the lake at ``root``.

    ``list_committed`` fences a run (its second argument) out of a table and then tells which
    files belong to it. A run whose process died counts as dead when this machine, whose notes
    are in ``cache``, has seen its lease unchanged for as long as it holds.
    """
    areas: dict[str, list[ObjectEntry]] = defaultdict(list)
    for entry in (root / STAGING_FOLDER).list():
        run_id, _, name = entry.place.partition("/")
        areas[run_id].append(replace(entry, place=name))
    watch, cleaned, leases = LeaseWatch(cache), [], []
    for run_id, entries in areas.items():
        area = root / STAGING_FOLDER / run_id
        path = area / _LEASE
        leases.append(path)
        tag = next((entry.tag for entry in entries if entry.place == _LEASE), NO_TAG)
        lease = _ENDED.pop(area, None)
        is_over = lease is not None
        if lease is None:
            if not watch.is_dead(path, tag):
                continue
            lease = Lease(path)
            if not lease.take(None if tag == NO_TAG else tag, is_second=True):
                continue  # it has stirred, or another cleaner was faster
        elif lease.is_lost:
            continue
        with keep_alive([lease]):
            area_now = ObjectStaging(root, run_id)
            # Of a run that ended here nobody adds to it; one that is asleep may have.
            found = entries if is_over else area_now.area.list()
            _clean_area(area_now, found, list_committed)
        cleaned.append(run_id)
    watch.forget(root / STAGING_FOLDER, leases)
    watch.keep()
    return cleaned


def _clean_area(
    staging: ObjectStaging,
    entries: Sequence[ObjectEntry],
    list_committed: Callable[[str, str], set[str]],
) -> None:
    area = staging.area
    intents = {
        entry.place.removesuffix(f".{INTENT}"): area / entry.place
        for entry in entries
        if entry.place.endswith(f".{INTENT}")
    }
    places = {}
    for table, path in intents.items():
        with suppress(FileNotFoundError):
            places[table] = read_intent(path)
    committed = {table: list_committed(table, staging.run_id) for table in places}
    # First what copies are made of, so that a run which wakes up can make no more of them. The
    # lease goes last: until then nobody else begins.
    others = [area / e.place for e in entries if e.place != _LEASE]
    delete_objects(path for path in others if path not in intents.values())
    for table, paths in places.items():
        staging.bring_back(table, sorted(set(paths) - committed[table]))
    delete_objects([*intents.values(), area / _LEASE])
