"""Whether the Parquet files of a table can be read, and what of them can."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import UNREADABLE, damaged_file, describe_fault
from newsbeam.transforms.lake.lake_files import fetch_file, look_at_all, open_source
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath
from newsbeam.transforms.lake.replay import read_stated_rows, replay_log
from newsbeam.transforms.lake.schema import TABLES, Table
from newsbeam.transforms.lake.sealed_files import check_seal
from newsbeam.transforms.text.counts import show_count

_BATCH_ROWS = 1_000


def find_file_fault(
    path: LakePath, add: Mapping[str, Any] | None = None, *, deep: bool = False
) -> str | None:
    """What is wrong with a file, as the end of a sentence that begins with its name.

    ``add`` is the log's action that named it, which states its size and rows. With ``deep`` every
    byte is read, else the footer alone.
    """
    try:
        if isinstance(path, ObjectPath) and deep:
            with fetch_file(path) as copy:
                return find_file_fault(copy, add, deep=True)
        source, size = open_source(path)
        if add is not None and add.get("size") not in (None, size):
            return (
                f"has {show_count(size, 'byte')}, and not {add['size']:,} as when it was committed"
            )
        with pq.ParquetFile(source, page_checksum_verification=True) as file:
            _check_columns(file)
            rows, stated = file.metadata.num_rows, read_stated_rows(add or {})
            if stated not in (None, rows):
                return f"has {show_count(rows, 'row')}, and not {stated:,} as when it was committed"
            if deep and isinstance(path, Path):
                return _read_all(path, file)
    except UNREADABLE as error:
        return describe_fault(error)
    return None


def _read_all(path: Path, file: pq.ParquetFile) -> str | None:
    """What is wrong with the file's bytes, all of which are read.

    Raises:
        UNREADABLE: it cannot be read.
    """
    is_sound = check_seal(path)
    if is_sound is None:
        # What has nothing new to read does without DuckDB.
        from newsbeam.transforms.lake.databases import ENGINE_ERRORS, read_whole

        for batch in file.iter_batches(_BATCH_ROWS, use_threads=False):
            batch.validate(full=True)
        try:
            read_whole(path)
        except ENGINE_ERRORS as error:
            return describe_fault(error)
    return "is damaged (its bytes are not those that were written)" if is_sound is False else None


def _check_columns(file: pq.ParquetFile) -> None:
    """Pages have checksums, the footer has none; but it states the columns twice, for Parquet and
    for Arrow. A flipped bit alters one of them.

    Raises:
        ValueError, pa.ArrowException: they differ.
    """
    stated = (file.metadata.metadata or {}).get(b"ARROW:schema")
    if stated is not None:
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(stated)))
        if not file.schema_arrow.equals(schema):
            raise ValueError("its footer contradicts itself about the columns")


def read_sound_groups(path: LakePath) -> Iterator[pa.Table]:
    """The row groups of a file that can be read whole; none where its footer cannot."""
    with ExitStack() as stack:
        try:
            copy = stack.enter_context(fetch_file(path))
            file = stack.enter_context(pq.ParquetFile(copy, page_checksum_verification=True))
        except UNREADABLE:
            return
        for number in range(file.num_row_groups):
            try:
                rows = file.read_row_group(number, use_threads=False)
                rows.validate(full=True)
            except UNREADABLE:
                continue
            yield rows


def read_sound_columns(path: LakePath, names: Sequence[str]) -> dict[str, list[Any]]:
    """Of a damaged file the columns among ``names`` that can be read in full."""
    found: dict[str, list[Any]] = {}
    with suppress(FileNotFoundError), fetch_file(path) as copy:
        for name in names:
            try:
                with pq.ParquetFile(copy, page_checksum_verification=True) as file:
                    column = file.read([name], use_threads=False)
                    column.validate(full=True)
                    found[name] = column[name].to_pylist()
            except UNREADABLE:
                continue
    return found


def list_sound_files(root: LakePath, table: Table) -> dict[str, dict[str, Any]]:
    """The files of a table that can be read, by their paths, with their actions in the log: what
    can be told of the log, and every page read."""
    faults = _find_faults(root / table.name, lambda _: True, deep=True)
    return {path: add for path, add, fault in faults if fault is None}


def find_damaged_file(
    root: LakePath,
    tables: Sequence[Table] = TABLES,
    is_wanted: Callable[[str], bool] = lambda _: True,
) -> DamagedLake | None:
    """The first file of the tables that cannot be read, as the error that tells of it. On an object
    store, which looks after its bytes, by size and footer: all of them would be a long way."""
    for deep in (False, True) if isinstance(root, Path) else (False,):
        for table in tables:
            folder = root / table.name
            for path, _, fault in _find_faults(folder, is_wanted, deep=deep):
                if fault is not None:
                    return damaged_file(folder, path, fault)
    return None


def _find_faults(
    folder: LakePath, is_wanted: Callable[[str], bool], *, deep: bool
) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """The files of the table in ``folder``, in order: path, action, and what is wrong with it."""
    files = [item for item in sorted(replay_log(folder).live.items()) if is_wanted(item[0])]

    def look(item: tuple[str, dict[str, Any]]) -> str | None:
        return find_file_fault(folder / item[0], item[1], deep=deep)

    for (path, add), fault in zip(files, look_at_all(look, files, folder), strict=True):
        yield path, add, fault
