"""Files that are asked together with a lake: a list of members of parliament, of places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from newsbeam.pipelines.sql.statements import RefusedError
from newsbeam.transforms.lake.views import VIEWS

# How DuckDB reads a file, by its suffix.
_READERS = {
    ".csv": "read_csv", ".tsv": "read_csv", ".parquet": "read_parquet", ".json": "read_json_auto",
    ".jsonl": "read_json_auto",
}  # fmt: skip


def add_tables(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Read each of ``files`` into a table of its name, without the suffix.

    Raises:
        RefusedError: a file cannot be read, or its name is taken.
    """
    taken = {view.name for view in VIEWS}
    for file in files:
        name = re.sub(r"\W", "_", file.name.partition(".")[0]).lower()
        reader = _READERS.get(file.suffix.lower())
        if reader is None:
            raise RefusedError(f"{file}: --with takes {', '.join(_READERS)}")
        if not file.is_file():
            raise RefusedError(f"{file}: there is no such file")
        if name in taken or not name:
            raise RefusedError(f"{file}: there is a table {name!r} already; rename the file")
        taken.add(name)
        path = re.sub(r"[*?\[]", r"[\g<0>]", str(file))
        try:
            connection.execute(f'CREATE TABLE "{name}" AS FROM {reader}(?)', [path])
        except duckdb.Error as error:
            raise RefusedError(f"{file} cannot be read: {error}") from error
