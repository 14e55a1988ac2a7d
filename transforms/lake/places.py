"""Where things lie in a lake, and who may move a table's files now.

A table's folder holds files in their plain places, ``source=…/…/part-….parquet``, and compacted
files that wait in ``_compacted/``, which readers of plain Parquet pass over
(docs/decisions/compaction.md).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from newsbeam.transforms.errors import PlaceRefused
from newsbeam.transforms.files import FileLock, take_lock
from newsbeam.transforms.lake.object_path import LakePath

# Below the lake's folder: copies of what the tables say, which may vanish at any time.
CACHE_FOLDER = "_cache"
STAGING_FOLDER = "_staging"
HIDDEN = "_compacted"
# Folders on their way, below HIDDEN.
SWAP = "_swap"
# What backfills have found and done, below the lake's folder.
BACKFILL_FOLDER = "_backfill"
# What `newsbeam repair` took out of the tables, below the lake's folder.
DAMAGED_FOLDER = "_damaged"
_PLAIN_ENDING = ".parquet"
# No reader's `**/*.parquet` takes a waiting file for data, whatever it makes of folders.
_WAITING_ENDING = ".waiting"
# Delta's library (1.6) reads such signs in a folder's name as what they stand for in an address.
_TAKEN_FOR_ADDRESS = re.compile(r"%[0-9A-Fa-f]{2}")


def hide_place(place: str) -> str:
    """Where the compacted file of the plain ``place`` waits."""
    return f"{HIDDEN}/{place.removesuffix(_PLAIN_ENDING)}{_WAITING_ENDING}"


def plain_place(path: str) -> str:
    """The plain place of the file at ``path``, which may be a waiting one."""
    if not is_hidden(path):
        return path
    return path.removeprefix(f"{HIDDEN}/").removesuffix(_WAITING_ENDING) + _PLAIN_ENDING


def is_hidden(path: str) -> bool:
    """Whether the file at ``path`` waits where readers of plain Parquet do not see it."""
    return path.startswith(f"{HIDDEN}/")


def is_plain(name: str) -> bool:
    """Whether readers of plain Parquet take a file of this name for data."""
    return name.endswith(_PLAIN_ENDING)


def is_laid_out(place: str, depth: int) -> bool:
    """Whether readers of plain Parquet find the file at ``place`` in ``depth`` folders of a
    partition."""
    *folders, name = place.split("/")
    return len(folders) == depth and all("=" in part for part in folders) and is_plain(name)


def partition_values(place: str) -> dict[str, str]:
    """The partition columns in a file's or partition's place (``source=a/published_month=…``)."""
    parts = (part.partition("=") for part in plain_place(place).split("/"))
    return {column: value for column, equals, value in parts if equals}


def hold_places(table: Path, *, alone: bool = False) -> FileLock:
    """Keep the files of the table in the folder ``table`` where they are, but for one's own moves.

    Who moves single files in or out holds it with others of the kind; who changes whole folders
    holds it alone.
    """
    log = table / "_delta_log"
    while True:
        with suppress(FileNotFoundError):
            lock = take_lock(log, shared=not alone)
            # The whole table may have been laid out anew in another folder while this waited.
            if os.path.samestat(os.fstat(lock.descriptor), log.stat()):
                return lock
            lock.__exit__()
        if not log.exists():
            return take_lock(log, shared=not alone)


def check_place_of_lake(root: LakePath) -> None:
    """Raise ``PlaceRefused`` where no lake can be in the folder ``root``."""
    if not isinstance(root, Path):
        return
    for path in (str(root), str(root.resolve())):
        if found := _TAKEN_FOR_ADDRESS.search(path):
            raise PlaceRefused(
                f"{path}: Delta's library cannot use a folder with {found[0]} in its path; "
                "give the folder another name"
            )
