"""A lake to ask from Python."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import duckdb

from newsbeam.pipelines.extras import need_object_stores
from newsbeam.pipelines.maintain import (
    RETAIN,
    TARGET_SIZE,
    MaintainOptions,
    TableReport,
    maintain_lake,
)
from newsbeam.pipelines.sql.statements import RefusedError, split_statements
from newsbeam.pipelines.status.gather import Status, read_status
from newsbeam.transforms.errors import NoLakeError
from newsbeam.transforms.lake.lake import Lake as FolderLake
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath, read_place
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.lake.views import connect_lake
from newsbeam.transforms.records import Clock


class OpenLake:
    """The lake in a folder, to be asked; ``newsbeam.Lake``.

    Answers are DuckDB relations: nothing is read before it is needed, and then only the columns
    and days that the question is about. ``.df()`` makes a pandas frame of one, ``.pl()`` one of
    Polars, ``.to_arrow_table()`` an Arrow table; all of them also take it as it is by Arrow's
    interface. They can only read.

    Every method shows the lake as it is when called.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the lake in the folder ``path``, or at ``s3://bucket/name``.

        Raises:
            NoLakeError: there is none.
            PlaceRefused: no lake can be there.
            MissingExtraError: what asks an object store is not installed.
        """
        self.path: LakePath = read_place(os.fspath(path)).resolve()
        if isinstance(self.path, ObjectPath):
            need_object_stores(self.path)
        if FolderLake(self.path).version(ARTICLES) < 0:
            raise NoLakeError(self.path)

    def __repr__(self) -> str:
        return f"Lake({str(self.path)!r})"

    def articles(self) -> duckdb.DuckDBPyRelation:
        """The newest revision of each article (docs/schema.md), with its ``story_id``."""
        return self.sql("FROM articles")

    def quotes(self) -> duckdb.DuckDBPyRelation:
        """A row a quote in the newest revisions: who said what, in which article."""
        return self.sql("FROM quotes")

    def statements(self) -> duckdb.DuckDBPyRelation:
        """A row a statement that the newest revisions report in their own words."""
        return self.sql("FROM statements")

    def entities(self) -> duckdb.DuckDBPyRelation:
        """A row a named entity in the newest revisions."""
        return self.sql("FROM entities")

    def people(self) -> duckdb.DuckDBPyRelation:
        """A row a person, whatever articles call them (docs/people.md); ``person_id`` joins it to
        ``quotes``, ``statements``, ``entities`` and ``appearances``."""
        return self.sql("FROM people")

    def sql(self, query: str, parameters: Sequence[Any] | None = None) -> duckdb.DuckDBPyRelation:
        """The answer to a query (docs/cookbook.md). ``parameters`` stand for its ``?``, in order.

        The views are those of ``newsbeam sql``: articles, revisions, quotes, statements,
        entities, removed, rejects, polls, stories, people and appearances. Of several statements,
        the last one answers.

        Raises:
            RefusedError: it would do more than read.
            duckdb.Error: it is no SQL, or fails.
            UnreadableLakeError: the lake's tables cannot be read.
        """
        connection = connect_lake(self.path, is_confined=True)
        statements = split_statements(connection, query)
        if not statements or not statements[-1].has_rows:
            raise RefusedError("the last statement should be a query, which answers with rows")
        for statement in statements[:-1]:
            connection.execute(statement.text)
        return connection.sql(statements[-1].text, params=parameters)

    def status(self, source: str | None = None) -> Status:
        """How the feeds and sources are doing now (docs/monitoring.md); with ``source``, that one
        alone.

        Raises:
            UnknownSourceError: the lake has nothing of it.
        """
        return read_status(self.path, Clock().now(), source)

    def maintain(
        self,
        *,
        retain: timedelta = RETAIN,
        target_size: int = TARGET_SIZE,
        dry_run: bool = False,
    ) -> list[TableReport]:
        """Make few large files of many small ones (docs/maintenance.md), while others write and
        read; says what was done with each table.

        What readers have opened stays readable for ``retain``; files are made of about
        ``target_size`` bytes.

        Raises:
            MaintenanceHeld: another one is at it.
            CannotSwap: the file system cannot do it; nothing was changed.
            CommitFailedError: (of deltalake) runs were faster every time.
            OSError: the lake cannot be read or written.
        """
        return maintain_lake(self.path, MaintainOptions(retain, target_size, dry_run))
