"""A lake as views of a DuckDB database in memory: the way to ask its tables anything.

The views name the files that the Delta tables hold now, no others. Their columns and types are
those of ``transforms/lake/schema.py``, given to DuckDB outright: no file is opened before a
query needs it, and a column that an older file lacks is null. The partition columns stand in
the files' paths, by which DuckDB leaves out files before it opens them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from newsbeam.transforms.errors import (
    DamagedLake,
    NewsbeamError,
    NoLakeError,
    UnreadableLakeError,
)
from newsbeam.transforms.lake.data_files import find_damaged_file, list_sound_files
from newsbeam.transforms.lake.databases import (
    ENGINE_ERRORS,
    confine_to_lake,
    escape_place,
    open_database,
)
from newsbeam.transforms.lake.known import revised_articles
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.lake.schema import ARTICLES, TABLES, Table
from newsbeam.transforms.lake.view_queries import REVISED_VIEW, quote_name, write_views

# All lakes' articles have it, whatever their folders are: the first value that the path tells.
_MONTH = pa.field("published_month", pa.string())
# A table's files, for who reads the folder and not the log.
_FILES = "*=*/**/*.parquet"
_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.binary(): "BLOB",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
}
# DuckDB's messages about the query itself; all others may come from a damaged file.
_OF_THE_QUERY = re.compile(
    r"(?:Parser|Syntax|Binder|Catalog|Permission|Conversion|Out of Range|Not implemented|"
    r"Interrupted|INTERRUPT)\b"
)


@dataclass(frozen=True, slots=True)
class LakeView:
    """A view and what is in it, in words."""

    name: str
    holds: str


VIEWS = (
    LakeView("articles", "the newest revision of each article, with its story_id"),
    LakeView("revisions", "all revisions of all articles"),
    LakeView("quotes", "a row a quote in the newest revisions, with its speaker's person_id"),
    LakeView("statements", "a row a reported statement in the newest revisions; as quotes"),
    LakeView("entities", "a row a named entity in the newest revisions, with its person_id"),
    LakeView("removed", "a row a line that cleaning took out of the newest revisions"),
    LakeView("rejects", "items that could not go on, and why"),
    LakeView("polls", "a row a poll of a feed"),
    LakeView("stories", "which articles tell the same story: the newest decision on each"),
    LakeView("people", "a row a person, across articles"),
    LakeView("appearances", "which person each name in an article means, and why"),
)


@contextmanager
def open_lake(
    root: LakePath,
    *,
    skip_damaged: bool = False,
    prepare: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a new database with ``VIEWS`` of the lake in the folder ``root``.

    It shows the lake as it is now; what is committed later it does not show. For whatever SQL a
    person writes: it reads the lake's tables, no other file, and writes nothing but DuckDB's
    scratch files.

    With ``skip_damaged`` files that cannot be read are left out, which takes a look at all.
    ``prepare`` may add tables before other files are out of reach.

    Raises:
        NoLakeError: ``root`` holds no lake.
        DamagedLake: the log of a table cannot be read, or a file that was asked for.
    """
    connection = connect_lake(root, skip_damaged=skip_damaged)
    try:
        if prepare is not None:
            prepare(connection)
        confine_to_lake(connection, root.resolve())
    except BaseException:
        connection.close()
        raise
    try:
        yield connection
    except ENGINE_ERRORS as error:
        if (damage := find_cause(root, str(error))) is not None:
            raise damage from error
        raise
    finally:
        connection.close()


def find_cause(root: LakePath, message: str) -> DamagedLake | None:
    """The damaged file behind DuckDB's ``message``, which may not name it; ``None`` where it is
    about the query, or none is found."""
    if _OF_THE_QUERY.match(message):
        return None
    return find_damaged_file(root.resolve())


def connect_lake(
    root: LakePath, *, is_confined: bool = False, skip_damaged: bool = False
) -> duckdb.DuckDBPyConnection:
    """As ``open_lake``, for programs: unless ``is_confined``, their queries may read and write
    whatever they name.

    Close it, or let it go: what was made of it, a relation or an Arrow reader, outlives it.
    (A ``cursor()`` of it does not see the views, and a reader must be at its end before the
    connection is asked again: whoever wants both at once makes two connections.)

    Raises:
        NoLakeError: ``root`` holds no lake.
        DamagedLake: the log of a table cannot be read.
    """
    lake = Lake(root.resolve())
    if not _has_table(lake, ARTICLES):
        raise NoLakeError(root)
    connection = open_database(lake)
    try:
        _make_views(connection, lake, skip_damaged)
        if is_confined:
            confine_to_lake(connection, root.resolve())
    except NewsbeamError:
        connection.close()
        raise
    except ENGINE_ERRORS as error:  # of the file by which a view was bound
        connection.close()
        raise find_cause(root, str(error)) or UnreadableLakeError(
            f"{root} cannot be read: {error}"
        ) from error
    except (DeltaError, OSError, ValueError) as error:
        connection.close()
        raise UnreadableLakeError(f"{root} cannot be read: {error}") from error
    return connection


def query_files(
    lake: Lake, table: Table, paths: Sequence[str], query: str, parameters: Sequence[Any] = ()
) -> pa.Table:
    """The answer to ``query`` on the rows of the files at ``paths`` below the table's folder.

    In it the table goes by its own name; its column ``file`` is the row's path in ``paths``.

    Raises:
        DamagedLake: a file cannot be read, or is missing.
        OSError: a file was compacted and vacuumed away meanwhile, or the machine is at fault.
    """
    variable = f"newsbeam_{table.name}"
    with open_database(lake) as connection:
        connection.execute(f"SET VARIABLE {variable} = ?", [_escape_paths(lake, table, paths)])
        rows = _select_table(lake, table, variable, paths)
        asked = f"WITH {table.name} AS ({rows}) {query}"
        try:
            return connection.sql(asked, params=list(parameters)).to_arrow_table()
        except ENGINE_ERRORS as error:
            damage = find_damaged_file(lake.place, [table], set(paths).__contains__)
            if damage is None and not isinstance(error, duckdb.IOException):
                raise
            raise damage or OSError(str(error)) from error


def list_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Name and SQL type of each view's columns, by view, temporary ones of the session too."""
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index"
    ).fetchall()
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        columns.setdefault(table, []).append((column, kind))
    return columns


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type of the lake's tables."""
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        fields = (f"{quote_name(field.name)} {sql_type(field.type)}" for field in kind)
        return f"STRUCT({', '.join(fields)})"
    return _SQL_TYPES[kind]


def _make_views(connection: duckdb.DuckDBPyConnection, lake: Lake, skip_damaged: bool) -> None:
    connection.execute("CREATE SCHEMA internal")
    files = {table.name: _list_paths(lake, table, skip_damaged) for table in TABLES}
    # A view is bound when it is made, and all that it is made of again with it. Of empty tables
    # that takes a sixth of the time; what it is made of changes places with them at the end.
    for table in TABLES:
        rows = _select_table(lake, table, "", [])
        connection.execute(f"CREATE TABLE internal.{table.name} AS {rows}")
    _make_revised(connection, lake, skip_damaged)
    connection.execute(write_views(_list_fields(ARTICLES)))
    for table in TABLES:
        variable = f"newsbeam_{table.name}"
        # With many files binding takes long: with one here, and with all of them whenever it is
        # asked. `schema` keeps DuckDB from opening it.
        connection.execute(f"SET VARIABLE {variable} = ?", [files[table.name][:1]])
        connection.execute(
            f"DROP TABLE internal.{table.name}; CREATE VIEW internal.{table.name} AS "
            + _select_table(lake, table, variable, files[table.name])
        )
        connection.execute(f"SET VARIABLE {variable} = ?", [files[table.name]])


def print_views(root: Path) -> str:
    """``VIEWS`` of the lake in ``root`` as SQL for DuckDB alone, which finds the files by patterns:
    what is written later it shows, too, from the next query on.

    Raises:
        NoLakeError: ``root`` holds no lake.
    """
    lake = Lake(root.resolve())
    if not _has_table(lake, ARTICLES):
        raise NoLakeError(root)
    lines = ["LOAD icu;", "SET TimeZone = 'UTC';", "CREATE SCHEMA internal;"]
    for table in TABLES:
        place = lake.root / table.name
        first = [f.relative_to(place).as_posix() for f in islice(place.glob(_FILES), 1)]
        rows = _select_table(lake, table, "files", _escape_paths(lake, table, first))
        pattern = _literal(f"{escape_place(place)}/{_FILES}")
        rows = rows.replace("getvariable('files')", pattern)
        lines.append(f"CREATE VIEW internal.{table.name} AS {rows};")
    lines.append(f"{REVISED_VIEW};{write_views(_list_fields(ARTICLES))}")
    return "\n".join(lines)


def _has_table(lake: Lake, table: Table) -> bool:
    if lake.is_remote:
        return lake.version(table) >= 0
    return (lake.root / table.name / "_delta_log").is_dir()


def _list_paths(lake: Lake, table: Table, skip_damaged: bool) -> list[str]:
    if not _has_table(lake, table):
        return []
    if skip_damaged:
        return _escape_paths(lake, table, sorted(list_sound_files(lake.place, table)))
    return _escape_paths(lake, table, sorted(lake.list_files(table)))


def _escape_paths(lake: Lake, table: Table, paths: Sequence[str]) -> list[str]:
    """The files as DuckDB wants them: a name is a pattern to it."""
    base = escape_place(lake.folder(table))
    return [f"{base}/{path}" for path in paths]


def _list_fields(table: Table) -> list[pa.Field]:
    return [*table.schema, _MONTH] if table is ARTICLES else list(table.schema)


def _select_table(lake: Lake, table: Table, variable: str, paths: Sequence[str]) -> str:
    fields = _list_fields(table)
    if not paths:
        nulls = (f"NULL::{sql_type(f.type)} AS {quote_name(f.name)}" for f in fields)
        return f"SELECT {', '.join(nulls)}, NULL::VARCHAR AS file WHERE false"
    base = escape_place(lake.folder(table))
    # All files of a table are laid out alike.
    table = table.laid_out(tuple(partition_values(paths[0].removeprefix(base))))
    columns = ", ".join(
        f"{_literal(f.name)}: {{name: {_literal(f.name)}, type: {_literal(sql_type(f.type))}, "
        "default_value: NULL}"
        for f in table.file_schema
    )
    # The part of a file's path that names its partition: source=…/published_month=…/part-….
    place = f"substr(filename, {len(str(lake.folder(table))) + 2})"
    chosen = [f"{place} AS file"]
    month = "strftime(published_date, '%Y-%m')"
    for f in fields:
        if f.name in table.partition_by:
            # From the end: compacted files have a folder more before it.
            at = table.partition_by.index(f.name) - len(table.partition_by) - 1
            folder = f"split_part({place}, '/', {at})"
            value = f"substr({folder}, {len(f.name) + 2})"
            cast = "" if f.type == pa.string() else f"::{sql_type(f.type)}"
            chosen.append(f"({value}){cast} AS {quote_name(f.name)}")
            if f.name == "published_date":
                month = f"substr({value}, 1, 7)"
        elif f.name == _MONTH.name:
            chosen.append(f"{month} AS {quote_name(f.name)}")
        else:
            chosen.append(quote_name(f.name))
    return (
        f"SELECT {', '.join(chosen)} FROM read_parquet(getvariable('{variable}'), "
        f"schema = MAP {{{columns}}}, filename = true)"
    )


def _make_revised(connection: duckdb.DuckDBPyConnection, lake: Lake, skip_damaged: bool) -> None:
    """``internal.revised``: the newest revision of each article that has more than one.

    Runs keep what is newest beside the tables; where that is gone, it is read from the table by
    each query that needs it.
    """
    # With rows left out, the newest revision there is may be an older one.
    revised = None if skip_damaged else revised_articles(lake)
    if revised is None:
        connection.execute(REVISED_VIEW)
        return
    # Not from Arrow, which would import pandas: a quarter of what a question takes to start.
    connection.execute(
        "CREATE TABLE internal.revised AS SELECT unnest($1::VARCHAR[]) AS article_id, "
        "unnest($2::INTEGER[]) AS revision",
        [list(revised.keys()), list(revised.values())],
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
