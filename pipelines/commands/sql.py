"""``newsbeam sql``: questions to a lake."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from pipelines.commands.shared import USAGE, Commands, add_lake, print_error

FORMATS = ("table", "csv", "json", "jsonl", "parquet", "markdown")


def add_sql(commands: Commands) -> None:
    """The command ``sql``."""
    sql = commands.add_parser(
        "sql",
        help="ask a lake in SQL",
        description="Asks the tables under DIR by DuckDB, which can only read them, through the "
        "views articles (newest revisions), revisions, quotes, entities, removed, rejects, polls "
        "and stories. Without a query, a prompt; statements may also come from standard input. "
        "docs/cookbook.md has questions with their answers.",
        epilog='Example: newsbeam sql out "SELECT speaker, count(*) FROM quotes GROUP BY ALL"',
    )
    add_lake(sql)
    sql.add_argument("query", nargs="?", metavar="SQL",
                     help="one statement, or more with ; between them")  # fmt: skip
    sql.add_argument("--file", type=Path, metavar="FILE", help="read the statements from there")
    sql.add_argument("--format", choices=FORMATS,
                     help="of the result (default: table in a terminal, else csv)")  # fmt: skip
    sql.add_argument("--output", type=Path, metavar="FILE",
                     help="write the result there (default: standard output)")  # fmt: skip
    sql.add_argument("--max-rows", type=_count, metavar="N",
                     help="rows of a table shown (default 100 in a terminal; 0: all)")  # fmt: skip
    sql.set_defaults(command=_sql)


def _sql(options: argparse.Namespace, errors: Console) -> int:
    from pipelines.sql.run import SqlOptions, run_sql

    query = options.query
    if options.file is not None:
        if query is not None:
            print_error(errors, "newsbeam: give a query or --file, not both")
            return USAGE
        try:
            query = options.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            print_error(errors, f"newsbeam: {options.file} cannot be read: {error}")
            return USAGE
    chosen = SqlOptions(options.lake, query, options.format, options.output, options.max_rows)
    return run_sql(chosen, Console(), errors)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("should be 0 or more")
    return number
