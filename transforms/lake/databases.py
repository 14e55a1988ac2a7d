"""DuckDB's databases in memory for the questions of one lake: what they may read and write."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
import uuid
from functools import cache
from pathlib import Path

import duckdb

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath
from newsbeam.transforms.lake.schema import TABLES

# What DuckDB raises: RuntimeError is of its binding to Python, which cannot tell of an error whose
# message is not UTF-8, as when it quotes a damaged file.
ENGINE_ERRORS = (duckdb.Error, RuntimeError)
# Files that a query could reach if the views did not name them stay closed by these; what
# DuckDB itself would still write, `statements` refuses.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Else a table's name that is no view could be a variable of this program.
    "python_enable_replacements": False,
}


def open_database(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A connection to a new database, which reaches the files of ``lake``."""
    place = f"{_make_scratch()}/{uuid.uuid4().hex}"
    connection = duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": place})
    # The lake's instants are UTC, and so are their days.
    connection.execute("LOAD icu; SET TimeZone = 'UTC'")
    if isinstance(lake.place, ObjectPath):
        from newsbeam.transforms.lake.object_files import ObjectFiles

        connection.register_filesystem(ObjectFiles(lake.place.bucket))
    return connection


@cache
def _make_scratch() -> str:
    """A folder where this process' databases put what does not fit into memory."""
    folder = tempfile.mkdtemp(prefix="newsbeam-sql-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def confine_to_lake(connection: duckdb.DuckDBPyConnection, root: LakePath) -> None:
    """Let ``connection`` read nothing but the tables of the lake at ``root``, for good."""
    # Both as they are and as patterns: DuckDB asks for leave with the names that it was given.
    folders = [
        f"{base}{os.sep}"
        for table in TABLES
        for base in sorted({str(root / table.name), escape_place(root / table.name)})
    ]
    connection.execute("SET allowed_directories = ?", [folders])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def read_whole(path: Path) -> None:
    """Have DuckDB read all of a Parquet file, which may fail where Arrow does not.

    Raises:
        ENGINE_ERRORS: it cannot.
    """
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute(
            "SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet(?, hive_partitioning = false)",
            [escape_place(path)],
        ).fetchall()


def escape_place(path: LakePath) -> str:
    """A pattern that matches ``path`` alone."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))
