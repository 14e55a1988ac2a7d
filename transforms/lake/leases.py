"""Leases: how processes on several machines keep out of each other's way on an object store.

A lease is a small object that its holder changes every third of its time, each time on the
condition that it is as he left it. Whoever sees it unchanged for all of its time, by his own
clock, takes it over on the same condition. So no two clocks are compared. A lease is politeness:
its holder may sleep over its end and wake up. What must not happen twice is refused by the
table's log (``transactions.fence_run``).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.machine import lease_seconds
from newsbeam.transforms.lake.object_path import (
    ObjectChanged,
    ObjectPath,
    delete_objects,
)
from newsbeam.transforms.lake.store_faults import StoreFault

# The tag under which the absence of an object is remembered.
NO_TAG = "none"
_NOTES = "leases.json"


class Lease:
    """The lease at ``path``, held by this process unless ``is_lost``."""

    def __init__(self, path: ObjectPath) -> None:
        self.path = path
        self.is_lost = False
        self._holder = uuid.uuid4().hex
        self._beats = 0
        self._tag: str | None = None
        self._is_second = False

    def take(self, over: str | None = None, *, is_second: bool = False) -> bool:
        """Take what nobody holds, or what has the tag ``over``; whether that went well.

        ``is_second`` says to the first holder that he is thought to be dead (``is_held``).
        """
        self._tag, self._is_second = over, is_second
        return self._write()

    def renew(self) -> None:
        """Show that the holder lives. Where the store does not answer, the next call tries."""
        with suppress(StoreFault):
            if not self.is_lost and not self._write():
                self.is_lost = True

    def _write(self) -> bool:
        self._beats += 1
        note = {
            "holder": self._holder,
            "beat": self._beats,
            "seconds": lease_seconds(),
            "second": self._is_second,
        }
        data = json.dumps(note).encode()
        try:
            self._tag = self.path.write_new(data, self._tag)
        except ObjectChanged:
            return self._is_ours(data)
        except FileNotFoundError:  # it was taken over, and its area cleaned away
            return False
        return True

    def _is_ours(self, data: bytes) -> bool:
        """Whether what was written is there, and only the answer got lost."""
        try:
            found, tag = self.path.read_tagged()
        except FileNotFoundError:
            return False
        if found != data:
            return False
        self._tag = tag
        return True


def is_held(path: ObjectPath) -> bool:
    """Whether the lease at ``path`` is there, and its first holder was not taken for dead."""
    try:
        return not json.loads(path.read_bytes()).get("second")
    except (FileNotFoundError, ValueError, AttributeError):
        return False


@contextmanager
def keep_alive(leases: Iterable[Lease]) -> Iterator[None]:
    """Renew ``leases`` while the block runs."""
    kept, is_over = list(leases), Event()

    def renew() -> None:
        while not is_over.wait(lease_seconds() / 3):
            for lease in kept:
                lease.renew()

    thread = Thread(target=renew, name="newsbeam-leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@contextmanager
def hold_leases(place: ObjectPath, cache: Path, names: Iterable[str]) -> Iterator[frozenset[str]]:
    """Hold the leases of these names below ``place`` while the block runs; yields those that
    nobody else holds. What this machine saw of the others' is kept in the folder ``cache``."""
    watch, held = LeaseWatch(cache), {}
    for name in names:
        lease = Lease(place / f"{name}.json")
        is_ours = lease.take()
        if not is_ours and (tag := lease.path.read_tag()) is not None:
            is_ours = watch.is_dead(lease.path, tag) and lease.take(tag)
        if is_ours:
            held[name] = lease
    watch.keep()
    with keep_alive(held.values()):
        try:
            yield frozenset(held)
        finally:
            with suppress(StoreFault):  # others may take them at once, or when they run out
                delete_objects([lease.path for lease in held.values() if not lease.is_lost])


class LeaseWatch:
    """What this machine saw of others' leases, and since when, in a file of the folder ``cache``.

    Runs end before a lease does, so that what one saw the next has to know.
    """

    def __init__(self, cache: Path) -> None:
        self._file = cache / _NOTES
        self._seen: dict[str, list[Any]] = {}
        with suppress(OSError, ValueError):
            found = json.loads(self._file.read_bytes())
            self._seen = found if isinstance(found, dict) else {}

    def is_dead(self, path: ObjectPath, tag: str) -> bool:
        """Whether the lease at ``path`` has had ``tag`` for all of its time; notes what it saw."""
        now = time.time()
        with suppress(ValueError, TypeError):
            known, since = self._seen.get(str(path), ("", now))
            if known == tag and since <= now:
                return bool(now - since > _read_seconds(path))
        self._seen[str(path)] = [tag, now]
        return False

    def forget(self, place: ObjectPath, present: Iterable[ObjectPath]) -> None:
        """Forget what was seen below ``place``, but for what is ``present``."""
        wanted = set(map(str, present))
        self._seen = {
            path: note
            for path, note in self._seen.items()
            if path in wanted or not path.startswith(f"{place}/")
        }

    def keep(self) -> None:
        """Keep in mind what was seen."""
        if self._seen or self._file.exists():
            with suppress(OSError):
                write_file(self._file, json.dumps(self._seen).encode())


def _read_seconds(path: ObjectPath) -> float:
    """For how long the lease holds; its holder may have been told another time than we."""
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        return float(json.loads(path.read_bytes())["seconds"])
    return lease_seconds()
