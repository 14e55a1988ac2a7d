"""What cannot be read of a lake, in words: the file, what it held, and the command that helps."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.text.counts import show_count

LOG_FOLDER = "_delta_log"
# What reading a damaged Parquet file may end in. (OSError: Arrow's, and the file system's.)
UNREADABLE = (OSError, pa.ArrowException, ValueError, KeyError, MemoryError)


def lake_of(path: Path) -> Path:
    """The folder of the lake that the file at ``path`` is part of."""
    for folder in path.parents:
        if (folder / LOG_FOLDER).is_dir():
            return folder.parent
        if folder.name.startswith("_") and folder.name != LOG_FOLDER:
            return folder.parent
    return path.parent


def damaged_log(path: LakePath, what: str) -> DamagedLake:
    """The error for a file of a table's log."""
    table = path.parent.parent
    return DamagedLake(
        f"{path} {what}: without it nobody can tell which files belong to the table "
        f"`{table.name}`; {advise(table.parent)}",
        path if isinstance(path, Path) else None,
    )


def damaged_file(folder: LakePath, path: str, error: Exception | str) -> DamagedLake:
    """The error for the file at ``path`` of the table in ``folder``; it says what the file held."""
    what = describe_fault(error) if isinstance(error, Exception) else error
    if isinstance(folder, ObjectPath):
        return DamagedLake(
            f"{folder / path} {what}; {advise(folder.parent)}", file_of(folder, path)
        )
    file = folder / path
    return DamagedLake(
        f"{file} {what}; it held {describe_rows(folder, path)}; {advise(folder.parent)}", file
    )


def file_of(folder: LakePath, path: str) -> PurePath:
    """What ``DamagedLake.file`` is for the file at ``path`` of the table in ``folder``."""
    return PurePosixPath(folder.key, path) if isinstance(folder, ObjectPath) else folder / path


def damaged_note(file: LakePath, what: str) -> DamagedLake:
    """The error for a file that newsbeam keeps beside the tables."""
    if isinstance(file, ObjectPath):
        return DamagedLake(f"{file} {what}; delete it if no run is at work")
    return DamagedLake(f"{file} {what}; {advise(lake_of(file))}", file)


def advise(root: LakePath) -> str:
    """What helps a lake at ``root`` of which something is damaged."""
    if isinstance(root, ObjectPath):
        return (
            "put back an older version of the object, or a backup; without one, "
            f"`newsbeam repair {shlex.quote(str(root))}` says what can be mended"
        )
    return f"`newsbeam repair {shlex.quote(str(root))}` says what can be mended"


def describe_fault(error: Exception) -> str:
    """What is wrong with a file, as the end of a sentence that begins with its name."""
    if isinstance(error, FileNotFoundError):
        return "is missing"
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot be read ({error.strerror})"
    text = " ".join(str(error).split())[:120] or type(error).__name__
    return f"is damaged ({text})"


def describe_rows(folder: LakePath, path: str, count: int | None = None) -> str:
    """``12 rows of articles (source avis, published_date 2026-11-22)``, as far as it is known.

    ``count`` is what the log states of the file, for who has it at hand.
    """
    values = ", ".join(f"{name} {value}" for name, value in partition_values(path).items())
    if count is None and isinstance(folder, Path):
        count = count_rows(folder, path)
    rows = "rows" if count is None else show_count(count, "row")
    return f"{rows} of {folder.name}" + (f" ({values})" if values else "")


def count_rows(folder: Path, path: str) -> int | None:
    """How many rows the log states for a file of the table; ``None`` where it does not."""
    try:
        names = sorted((folder / LOG_FOLDER).iterdir(), reverse=True)
    except OSError:
        return None
    for name in names:
        try:
            adds = list(_read_adds(name, path.rpartition("/")[2]))
        except UNREADABLE:
            continue
        for add in adds:
            if unquote(add["path"]) == path:
                rows = json.loads(add.get("stats") or "{}").get("numRecords")
                return rows if isinstance(rows, int) else None
    return None


def _read_adds(entry: Path, name: str) -> Iterator[dict[str, Any]]:
    """The additions in a file of the log that may be of a file called ``name``."""
    if entry.suffix == ".json":
        for line in entry.read_bytes().splitlines():
            if name.encode() in line and b'"add"' in line:
                yield json.loads(line)["add"]
    elif ".checkpoint" in entry.name:
        columns = pq.read_table(entry, columns=["add.path", "add.stats"])["add"]
        yield from (add for add in columns.to_pylist() if add and name in add["path"])


def name_some(paths: Iterable[str]) -> str:
    """The first of ``paths``, and how many more there are."""
    names = sorted(paths)
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{names[0]}{more}" if names else "none"
