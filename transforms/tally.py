"""Counts that the person who started a local run can watch while workers are at work.

A tally is a file that grows by one byte an event: appending one byte is atomic, so any number of
worker processes can share it, and its size is the count. Where the folder is not there (a worker
on another machine) nothing is counted; Beam's metrics tell the truth at the end.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

FILES, ITEMS, ARTICLES = "files", "items", "articles"


@lru_cache(maxsize=16)
def _open_tally(folder: str, name: str) -> int | None:
    try:
        return os.open(Path(folder, name), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    except FileNotFoundError:
        return None


def add_to_tally(folder: str | None, name: str, count: int = 1) -> None:
    """Add ``count`` events to the tally ``name`` in ``folder``."""
    descriptor = _open_tally(folder, name) if folder else None
    if descriptor is not None:
        os.write(descriptor, b"." * count)


def read_tally(folder: Path, name: str) -> int:
    """The number of events so far."""
    try:
        return (folder / name).stat().st_size
    except FileNotFoundError:
        return 0
