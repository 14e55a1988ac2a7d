"""Locks by which runs keep out of each other's feeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from newsbeam.transforms.files import take_lock
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.leases import hold_leases
from newsbeam.transforms.lake.object_path import ObjectPath


@contextmanager
def hold_sources(lake: Lake, sources: Sequence[str]) -> Iterator[frozenset[str]]:
    """Hold the sources' feeds while the block runs; yields those that no other run holds.

    The operating system lets go of them when the process ends, however it does; on an object
    store leases run out.
    """
    if isinstance(lake.place, ObjectPath):
        with hold_leases(lake.place / "_claims" / "polling", lake.cache, sources) as leased:
            yield leased
        return
    folder = lake.cache / "polling"
    folder.mkdir(parents=True, exist_ok=True)
    held = set()
    with ExitStack() as locks:
        for source in sources:
            with suppress(BlockingIOError):
                lock = take_lock(folder / f"{source}.lock", wait=False, create=True)
                locks.enter_context(lock)
                held.add(source)
        yield frozenset(held)
