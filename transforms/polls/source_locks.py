"""Locks by which runs keep out of each other's feeds."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from transforms.tables.cache_file import FOLDER as CACHE
from transforms.tables.lake import Lake


@contextmanager
def hold_sources(lake: Lake, sources: Sequence[str]) -> Iterator[frozenset[str]]:
    """Hold the sources' feeds while the block runs; yields those that no other run holds.

    The operating system lets go of them when the process ends, however it does.
    """
    folder = lake.root / CACHE / "polling"
    folder.mkdir(parents=True, exist_ok=True)
    held: dict[str, int] = {}
    try:
        for source in sources:
            descriptor = os.open(folder / f"{source}.lock", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                held[source] = descriptor
        yield frozenset(held)
    finally:
        for descriptor in held.values():
            os.close(descriptor)
