"""A lake as views of a DuckDB database in memory that can do nothing but read them.

The views name the files that the Delta tables hold now, no others. Their columns and types are
those of ``transforms/tables/schema.py``, given to DuckDB outright: no file is opened before a
query needs it, and a column that an older file lacks is null. The partition columns stand in
the files' paths, by which DuckDB leaves out files before it opens them.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from deltalake.exceptions import DeltaError

from pipelines.monitoring.status_rows import is_lake
from transforms.tables.known_cache import cache_folder, load_known_state
from transforms.tables.lake import Lake, list_files
from transforms.tables.schema import ARTICLES, FEED_POLLS, REJECTS, STORIES, TABLES, Table

# What a piece of an article (a quote, an entity, a removed line) carries along.
_ABOUT = ("article_id", "source", "published_at", "published_date", "title", "url", "language")
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


class NoLakeError(Exception):
    """The folder holds no lake."""


class UnreadableLakeError(Exception):
    """The lake's tables cannot be read."""


@dataclass(frozen=True, slots=True)
class LakeView:
    """A view and what is in it, in words."""

    name: str
    holds: str


VIEWS = (
    LakeView("articles", "the newest revision of each article, with its story_id"),
    LakeView("revisions", "all revisions of all articles"),
    LakeView("quotes", "a row a quote in the newest revisions"),
    LakeView("entities", "a row a named entity in the newest revisions"),
    LakeView("removed", "a row a line that cleaning took out of the newest revisions"),
    LakeView("rejects", "items that could not go on, and why"),
    LakeView("polls", "a row a poll of a feed"),
    LakeView("stories", "which articles tell the same story: the newest decision on each"),
)


@contextmanager
def open_lake(root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a new database with ``VIEWS`` of the lake in the folder ``root``.

    It shows the lake as it is now; what is committed later it does not show. Nothing is written
    but DuckDB's scratch files, in a folder of their own which is gone at the end.

    Raises:
        NoLakeError: ``root`` holds no lake.
        UnreadableLakeError: the log of a table cannot be read.
    """
    if not is_lake(root):
        raise NoLakeError(f"{root} holds no lake: no table `articles` is in it")
    lake = Lake(root.resolve())
    with tempfile.TemporaryDirectory(prefix="newsbeam-sql-") as scratch:
        connection = duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": scratch})
        try:
            # The lake's instants are UTC, and so are their days.
            connection.execute("LOAD icu; SET TimeZone = 'UTC'")
            try:
                _make_views(connection, lake)
            except (DeltaError, OSError, ValueError) as error:
                raise UnreadableLakeError(f"{root} cannot be read: {error}") from error
            _lock(connection, lake)
            yield connection
        finally:
            connection.close()


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
        fields = (f"{_quote(field.name)} {sql_type(field.type)}" for field in kind)
        return f"STRUCT({', '.join(fields)})"
    return _SQL_TYPES[kind]


def _make_views(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    connection.execute("CREATE SCHEMA internal")
    files = {table.name: _list_paths(lake, table) for table in TABLES}
    for table in TABLES:
        variable = f"newsbeam_{table.name}"
        # A view is bound when it is made, which takes long with many files: with one here, and
        # with all of them whenever it is asked. `schema` keeps DuckDB from opening it.
        connection.execute(f"SET VARIABLE {variable} = ?", [files[table.name][:1]])
        connection.execute(
            f"CREATE VIEW internal.{table.name} AS "
            + _select_table(lake, table, variable, is_empty=not files[table.name])
        )
    _make_revised(connection, lake)
    articles = ", ".join(f"internal.articles.{_quote(name)}" for name in ARTICLES.schema.names)
    connection.execute(f"""
        CREATE VIEW revisions AS FROM internal.articles;
        CREATE VIEW rejects AS FROM internal.{REJECTS.name};
        CREATE VIEW polls AS FROM internal.{FEED_POLLS.name};
        CREATE VIEW stories AS
            FROM internal.{STORIES.name} WHERE story_id IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY decision DESC) = 1;
        CREATE VIEW internal.newest AS
            SELECT {articles} FROM internal.articles ANTI JOIN internal.revised
            ON internal.articles.article_id = internal.revised.article_id
            AND internal.articles.revision < internal.revised.revision;
        CREATE VIEW articles AS
            SELECT newest.*, told.story_id FROM internal.newest AS newest LEFT JOIN (
                SELECT article_id, max_by(story_id, decision) AS story_id
                FROM internal.{STORIES.name} WHERE story_id IS NOT NULL GROUP BY article_id
            ) AS told ON newest.article_id = told.article_id;
        """)
    for name in ("quotes", "entities", "removed"):
        connection.execute(_view_pieces(name))
    for table in TABLES:
        connection.execute(f"SET VARIABLE newsbeam_{table.name} = ?", [files[table.name]])


def _list_paths(lake: Lake, table: Table) -> list[str]:
    """The table's files as DuckDB wants them: a name is a pattern to it."""
    if not (lake.root / table.name / "_delta_log").is_dir():
        return []
    base = _escape(lake.root / table.name)
    return [f"{base}/{path}" for path in sorted(list_files(lake.open(table)))]


def _select_table(lake: Lake, table: Table, variable: str, *, is_empty: bool) -> str:
    if is_empty:
        nulls = (f"NULL::{sql_type(f.type)} AS {_quote(f.name)}" for f in table.schema)
        return f"SELECT {', '.join(nulls)} WHERE false"
    columns = ", ".join(
        f"{_literal(f.name)}: {{name: {_literal(f.name)}, type: {_literal(sql_type(f.type))}, "
        "default_value: NULL}"
        for f in table.file_schema
    )
    # The part of a file's path that names its partition: source=…/published_date=…/part-….
    place = f"substr(filename, {len(str(lake.root / table.name)) + 2})"
    chosen = []
    for f in table.schema:
        if f.name in table.partition_by:
            # From the end: compacted files have a folder more before it.
            at = table.partition_by.index(f.name) - len(table.partition_by) - 1
            folder = f"split_part({place}, '/', {at})"
            value = f"substr({folder}, {len(f.name) + 2})"
            cast = "" if f.type == pa.string() else f"::{sql_type(f.type)}"
            chosen.append(f"({value}){cast} AS {_quote(f.name)}")
        else:
            chosen.append(_quote(f.name))
    return (
        f"SELECT {', '.join(chosen)} FROM read_parquet(getvariable('{variable}'), "
        f"schema = MAP {{{columns}}}, filename = true)"
    )


def _make_revised(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """``internal.revised``: the newest revision of each article that has more than one.

    Runs keep what is newest beside the tables; where that is gone, it is read from the table by
    each query that needs it.
    """
    version = lake.version(ARTICLES)
    if load_known_state(cache_folder(lake.root), lake.log(ARTICLES), version) is None:
        connection.execute("""
            CREATE VIEW internal.revised AS SELECT article_id, max(revision) AS revision
            FROM internal.articles WHERE revision > 1 GROUP BY article_id""")
        return
    # Rows of an article may lie in several runs, the greatest counts.
    ids, revisions = [], []
    for run in lake.read_known(version).articles:
        later = np.asarray(run.columns[1]) > 1
        ids += [value.tobytes().hex() for value in run.columns[0][later]]
        revisions.append(np.asarray(run.columns[1])[later])
    table = pa.table(
        {
            "article_id": pa.array(ids, pa.string()),
            "revision": pa.array(np.concatenate(revisions) if revisions else [], pa.int32()),
        }
    )
    connection.register("kept", table)
    connection.execute("""
        CREATE TABLE internal.revised AS
        SELECT article_id, max(revision) AS revision FROM kept GROUP BY article_id""")
    connection.unregister("kept")


def _view_pieces(name: str) -> str:
    """A view of the structs in the list column ``name``, numbered from 1 in each article."""
    fields = ARTICLES.schema.field(name).type.value_type
    about = ", ".join(_ABOUT)
    piece = ", ".join(f"piece.{_quote(field.name)} AS {_quote(field.name)}" for field in fields)
    return (
        f"CREATE VIEW {name} AS SELECT {about}, number, {piece} FROM (SELECT {about}, "
        f"unnest(range(1, len({name}) + 1)) AS number, unnest({name}) AS piece "
        "FROM internal.newest)"
    )


def _lock(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    # Both as they are and as patterns: DuckDB asks for leave with the names that it was given.
    folders = [
        f"{base}{os.sep}"
        for table in TABLES
        for base in sorted({str(lake.root / table.name), _escape(lake.root / table.name)})
    ]
    connection.execute("SET allowed_directories = ?", [folders])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _escape(path: Path) -> str:
    """A pattern that matches ``path`` alone."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
