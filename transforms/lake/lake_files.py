"""Files of a lake wherever it is, for code that is the same for a folder and an object store.

On an object store each look is a request, which takes its time, so that many are sent at once.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.files import move, sync
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath, delete_objects

# Requests at once. Ours.
_AT_ONCE = 16

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def list_file_names(folder: LakePath) -> list[str]:
    """The names in a folder that has no folders; none where it is not there."""
    if isinstance(folder, ObjectPath):
        return [entry.place for entry in folder.list()]
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def is_file(path: LakePath) -> bool:
    """Whether a file is there."""
    return path.exists() if isinstance(path, ObjectPath) else path.is_file()


def move_file(path: LakePath, place: LakePath) -> None:
    """Move the file at ``path`` to ``place``, both on the same disk or store.

    Raises:
        FileNotFoundError: it is not there.
    """
    if isinstance(path, ObjectPath) and isinstance(place, ObjectPath):
        path.copy_to(place)
        delete_objects([path])
    elif isinstance(path, Path) and isinstance(place, Path):
        move(path, place)
    else:
        raise ValueError(f"{path} cannot be moved to {place}")


def sort_paths(paths: Iterable[LakePath]) -> list[LakePath]:
    """Paths of one kind, in their order."""
    return sorted(paths, key=lambda path: path.key if isinstance(path, ObjectPath) else path.parts)


def open_source(path: LakePath) -> tuple[Path | BinaryIO, int]:
    """What Arrow reads the file at ``path`` from, and its size in bytes.

    Raises:
        OSError: it is missing.
    """
    if isinstance(path, Path):
        return path, path.stat().st_size
    source = path.open()
    return source, source.seek(0, os.SEEK_END)


@contextmanager
def fetch_file(path: LakePath) -> Iterator[Path]:
    """The file at ``path`` on this machine: itself, or a copy that goes with the block.

    Raises:
        FileNotFoundError: it is not there.
    """
    if isinstance(path, Path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="newsbeam-") as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        yield copy


@contextmanager
def fill_file(path: LakePath) -> Iterator[Path]:
    """A file of this machine to be written, which is at ``path`` for good when the block has ended
    well: itself, or what is put there then.

    Raises:
        OSError: it cannot be written.
    """
    if isinstance(path, ObjectPath):
        with tempfile.TemporaryDirectory(prefix="newsbeam-") as folder:
            copy = Path(folder) / path.name
            yield copy
            path.write_file(copy)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    except DamagedLake:
        path.unlink()
        raise
    sync(path)
    sync(path.parent)


@contextmanager
def read_ahead(paths: Iterable[LakePath]) -> Iterator[Callable[[LakePath], bytes]]:
    """A function that reads files whole; ``paths`` of an object store are asked for at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = {p: pool.submit(p.read_bytes) for p in paths if isinstance(p, ObjectPath)}
        yield lambda path: asked[path].result() if path in asked else path.read_bytes()


def look_at_all(
    look: Callable[[_Item], _Result], items: Iterable[_Item], place: LakePath
) -> Iterator[_Result]:
    """What ``look`` makes of each of ``items``, in their order; of many at once where the lake's
    ``place`` is on an object store."""
    if isinstance(place, Path):
        yield from map(look, items)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(look, items)
