"""``newsbeam sql`` as it is called: a lake is opened, and asked what stands in a query, in standard
input, or is typed by hand."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from newsbeam.pipelines.sql.joined_tables import add_tables
from newsbeam.pipelines.sql.run import SqlOptions, check_output, run_text
from newsbeam.transforms.lake.views import open_lake, print_views


def run_sql(options: SqlOptions, output: Console, errors: Console) -> None:
    """Run the statements, or ask for them until Ctrl-D.

    Raises:
        NoLakeError: the folder holds no lake.
        UnreadableLakeError: its tables cannot be read.
        RefusedError, QueryError: as ``run_text``; or a table cannot be added.
    """
    check_output(options, output)
    with open_lake(
        options.root,
        skip_damaged=options.skip_damaged,
        prepare=lambda connection: add_tables(connection, options.tables),
    ) as connection:
        if options.query is None and sys.stdin.isatty():
            from newsbeam.pipelines.sql.prompt import run_prompt  # an extra

            run_prompt(connection, options, output, errors)
            return
        text = sys.stdin.read() if options.query is None else options.query
        run_text(connection, text, options, output, errors)


def print_lake_views(root: Path, output: Console) -> None:
    """Print the lake's views as SQL for DuckDB alone.

    Raises:
        NoLakeError: the folder holds no lake.
    """
    output.file.write(
        "-- The views of `newsbeam sql`, for DuckDB's own command line: duckdb -init FILE\n"
        f"{print_views(root)}"
    )
