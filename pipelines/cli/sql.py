"""``newsbeam sql``: questions to a lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt
from rich.console import Console

from newsbeam.pipelines.cli.arguments import File, LakePlace, SkipDamaged
from newsbeam.pipelines.cli.shared import UsageError

SqlFormat = Literal["table", "csv", "json", "jsonl", "parquet", "markdown"]


def sql(
    lake: LakePlace,
    query: Annotated[str | None, Parameter(name="SQL")] = None,
    /,
    *,
    file: File | None = None,
    format: Annotated[SqlFormat | None, Parameter(metavar="FORMAT")] = None,
    output: File | None = None,
    max_rows: Annotated[NonNegativeInt | None, Parameter(metavar="N")] = None,
    skip_damaged: SkipDamaged = False,
    with_: Annotated[tuple[Path, ...], Parameter(name="--with", metavar="FILE")] = (),
    print_views: bool = False,
) -> None:
    """Ask a lake in SQL.

    Asks the tables under DIR by DuckDB, which can only read them, through the views articles
    (newest revisions), revisions, quotes, statements, entities, removed, rejects, polls, stories,
    people and appearances, and search('words') among the articles. Without a query, a prompt;
    statements may also come from standard input. docs/cookbook.md has questions with their answers.

        newsbeam sql out "SELECT speaker, count(*) FROM quotes GROUP BY ALL"

    Args:
        query: one statement, or more with ; between them
        file: read the statements from there
        format: of the result (default: by the ending of --output; table in a terminal, else csv)
        output: write the result there (default: standard output)
        max_rows: rows of a table shown (default 100 in a terminal; 0: all)
        with_: a CSV, JSON or Parquet file to ask, too, as a table of its name; may be repeated
        print_views: print the views as SQL for DuckDB's own command line, and end
    """
    from newsbeam.pipelines.sql.run import SqlOptions
    from newsbeam.pipelines.sql.session import print_lake_views, run_sql

    if print_views:
        print_lake_views(lake, Console())
        return
    if file is not None:
        if query is not None:
            raise UsageError("give a query or --file, not both")
        try:
            query = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file} cannot be read: {error}") from error
    run_sql(
        SqlOptions(lake, query, format, output, max_rows, skip_damaged, with_),
        Console(),
        Console(stderr=True),
    )
