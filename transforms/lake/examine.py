"""Looks for damage in a lake's tables and in what lies beside them; changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import LOG_FOLDER, advise, describe_rows
from newsbeam.transforms.lake.data_files import find_file_fault
from newsbeam.transforms.lake.findings import Finding
from newsbeam.transforms.lake.guard import NOTE, note_log, read_log_notes
from newsbeam.transforms.lake.lake_files import look_at_all, sort_paths
from newsbeam.transforms.lake.machine import cache_folder
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.places import STAGING_FOLDER, plain_place
from newsbeam.transforms.lake.replay import LogState, ask_library, read_stated_rows, replay_log
from newsbeam.transforms.lake.schema import ARTICLES, Table
from newsbeam.transforms.lake.staging import read_intent
from newsbeam.transforms.lake.strays import (
    RowKey,
    find_lost_rows,
    find_strays,
    find_unshown,
    read_row_keys,
)
from newsbeam.transforms.text.counts import show_count

Show = Callable[[str], None]


def examine_table(root: LakePath, table: Table, *, deep: bool, show: Show) -> Iterator[Finding]:
    """What is wrong with a table: its log, its files (``deep``: every page), and files that its
    log does not name."""
    folder, repair = root / table.name, advise(root)
    state = replay_log(folder)
    ask_library(folder, state)
    for fault in state.faults:
        yield Finding(
            "log", fault.file, fault.what,
            f"nobody can tell which files belong to the table `{table.name}`"
            if fault.is_hiding else "it hides nothing, but may stop readers",
            repair, is_damage=True,
        )  # fmt: skip
    if isinstance(root, Path):
        yield from _examine_version(root, table, state)

    def look(item: tuple[str, dict[str, Any]]) -> str | None:
        return find_file_fault(folder / item[0], item[1], deep=deep)

    faulty, files = set(), sorted(state.live.items())
    for number, what in enumerate(look_at_all(look, files, root)):
        if number % 100 == 0:
            show(f"{table.name}: {number:,} of {show_count(len(files), 'file')}")
        if what is not None:
            path, rows = files[number][0], read_stated_rows(files[number][1])
            faulty.add(path)
            yield Finding(
                "data", folder / path, what, f"it held {describe_rows(folder, path, rows)}",
                repair, rows=rows,
            )  # fmt: skip
    if deep and table.name == ARTICLES.name:
        yield from _find_repeated(folder, table, [p for p in state.live if p not in faulty], repair)
    for path, what in find_unshown(root, table, state).items():
        yield Finding(
            "merged", folder / path, what,
            "readers of plain Parquet lack rows, which the table has in a merged file", repair,
        )  # fmt: skip
    yield from _examine_strays(root, table, state)


def _examine_version(root: Path, table: Table, state: LogState) -> Iterator[Finding]:
    note = read_log_notes(root).get(table.name)
    if note is None:
        return
    entry = root / table.name / LOG_FOLDER / f"{note.version:020d}.json"
    now = note_log(root / table.name, note.version)
    if state.version < note.version:
        yield Finding(
            "set_back", entry, "is missing",
            f"the table `{table.name}` was set back from version {note.version} to "
            f"{state.version}", advise(root),
        )  # fmt: skip
    elif now is not None and None not in (now.commit, note.commit) and now.commit != note.commit:
        yield Finding(
            "set_back", entry, "is not what the last run wrote",
            f"the table `{table.name}` was set back or made anew", advise(root),
        )  # fmt: skip


def _examine_strays(root: LakePath, table: Table, state: LogState) -> Iterator[Finding]:
    try:
        strays = find_strays(root, table)
    except DamagedLake:  # an intent, of which others tell
        return
    lost = find_lost_rows(root, table, strays, state.live)
    for path in strays:
        rows = lost.get(path, 0)
        if rows == 0:
            yield Finding(
                "leftover", root / table.name / path, "belongs to no table",
                "all that it holds is in the table, too, so that plain readers see it twice",
                "`newsbeam maintain` deletes it when it is old", is_damage=False,
            )  # fmt: skip
            continue
        yield Finding(
            "stray", root / table.name / path, "is named by no log",
            "it cannot be read" if rows is None
            else f"the table `{table.name}` lacks {show_count(rows, 'row')} of it",
            advise(root), rows=rows,
        )  # fmt: skip


def _find_repeated(
    folder: LakePath, table: Table, paths: list[str], repair: str
) -> Iterator[Finding]:
    """Files with rows that another file has, too."""
    partitions: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        partitions[plain_place(path).rpartition("/")[0]].append(path)
    for inside in partitions.values():
        seen: set[RowKey] = set()
        for path in inside:
            with suppress(FileNotFoundError, DamagedLake):
                keys = read_row_keys(folder, path, table)
                repeated = len(keys) - len(set(keys) - seen)
                seen.update(keys)
                if repeated:
                    yield Finding(
                        "repeated", folder / path, "holds rows that the table has already",
                        f"there twice: {show_count(repeated, 'row')}", repair, rows=repeated,
                    )  # fmt: skip


def examine_staging(root: LakePath) -> Iterator[Finding]:
    """Intents of runs that cannot be read, and locks that are none."""
    if isinstance(root, Path):
        for lock in sorted((root / STAGING_FOLDER).glob("*/lock")):
            if not lock.is_file():
                yield Finding(
                    "lock", lock, "is no file", "nobody can tell whether its run is alive",
                    advise(root),
                )  # fmt: skip
    for path in sort_paths((root / STAGING_FOLDER).glob("*/*.intent.json")):
        try:
            with suppress(FileNotFoundError):
                read_intent(path)
        except DamagedLake:
            yield Finding(
                "intent", path, "is damaged",
                "files that a run which died was about to commit may lie in the table's folders",
                advise(root),
            )  # fmt: skip


def examine_caches(root: LakePath, *, deep: bool) -> Iterator[Finding]:
    """Copies in the lake's caches that cannot be read. None holds what the tables do not."""
    cache = cache_folder(root)
    others = f", or {advise(root)}" if isinstance(root, Path) else ""
    checks: list[tuple[str, Callable[[Path], object]]] = [
        ("feeds.arrow", _read_arrow),
        ("status/*.arrow", _read_arrow),
        ("known/*.sqlite", lambda path: _read_sqlite(path, deep, "layout, base, head, digest")),
        ("people/*.sqlite", lambda path: _read_sqlite(path, deep, "layout, told")),
        ("*.json", _read_json),
        ("tables/*.json", _read_json),
        ("files/*.json", _read_json),
        ("robots/*", Path.read_bytes),
        ("polling/*.lock", Path.read_bytes),
        ("*.lock", Path.read_bytes),
    ]
    for pattern, read in checks:
        for path in sorted(cache.glob(pattern)):
            try:
                read(path)
            except FileNotFoundError:
                continue
            except (OSError, ValueError, pa.ArrowException, sqlite3.Error) as error:
                reason = " ".join(str(error).split())[:100]
                yield Finding(
                    "cache", path, f"is damaged ({reason})", "no row is lost: it is a copy",
                    f"delete it{others}",
                )  # fmt: skip


def _read_arrow(path: Path) -> None:
    rows = pa.ipc.open_file(pa.py_buffer(path.read_bytes())).read_all()
    rows.validate(full=True)


def _read_sqlite(path: Path, deep: bool, state: str) -> None:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=10.0)) as database:
        kind = "integrity_check" if deep else "quick_check"
        (answer,) = database.execute(f"PRAGMA {kind}(1)").fetchone()
        if answer != "ok":
            raise ValueError(answer)
        database.execute(f"SELECT {state} FROM state").fetchone()


def _read_json(path: Path) -> None:
    json.loads(path.read_bytes())
    if path.name == NOTE and not read_log_notes(path.parents[1]):
        raise ValueError("it is not what a run wrote")
