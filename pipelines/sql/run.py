"""``newsbeam sql`` as it is called: statements in, results out."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb
from rich.console import Console

from pipelines.sql.hints import explain_error, is_failure
from pipelines.sql.lake_views import NoLakeError, UnreadableLakeError, list_columns, open_lake
from pipelines.sql.result import Result, ResultError, ask
from pipelines.sql.result_formats import FORMATS, write_parquet
from pipelines.sql.result_table import show_table
from pipelines.sql.statements import RefusedError, Statement, split_statements
from pipelines.terminal_text import show_safe

DONE, FAILED, USAGE = 0, 1, 2
# Formats in which one result can follow another.
_FOR_PEOPLE = ("table", "markdown")


@dataclass(frozen=True, slots=True)
class SqlOptions:
    """How ``newsbeam sql`` was called.

    ``query`` is ``None`` where statements come from standard input, or from the prompt where
    that is a terminal. ``max_rows`` limits a table (0: all rows); by default a table in a
    terminal has 100.
    """

    root: Path
    query: str | None = None
    format: str | None = None
    output: Path | None = None
    max_rows: int | None = None


def run_sql(options: SqlOptions, output: Console, errors: Console) -> int:
    """Run the statements; returns the exit code."""
    fault = _find_fault(options, output)
    if fault:
        _say(errors, f"newsbeam: {fault}")
        return USAGE
    try:
        with open_lake(options.root) as connection:
            if options.query is None and sys.stdin.isatty():
                from pipelines.sql.prompt import run_prompt

                return run_prompt(connection, options, output, errors)
            text = sys.stdin.read() if options.query is None else options.query
            return run_text(connection, text, options, output, errors)
    except NoLakeError as error:
        _say(errors, f"newsbeam: {error}")
        return USAGE
    except UnreadableLakeError as error:
        _say(errors, f"newsbeam: {error}")
        return FAILED


def run_text(
    connection: duckdb.DuckDBPyConnection,
    text: str,
    options: SqlOptions,
    output: Console,
    errors: Console,
) -> int:
    """Run the statements in ``text``, all of which are checked before the first runs."""
    try:
        statements = split_statements(connection, text)
        if not statements:
            _say(errors, "newsbeam: no statement was given")
            return USAGE
        kind = _choose_format(options, output)
        if kind not in _FOR_PEOPLE or options.output is not None:
            _check_single(statements, kind)
        for statement in statements:
            _run_statement(connection, statement, kind, options, output, errors)
    except RefusedError as error:
        _say(errors, f"newsbeam: {show_safe(str(error))}")
        return USAGE
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, ResultError) as error:
        message = str(error)
        _say(errors, f"newsbeam: {explain_error(message, list_columns(connection))}")
        return FAILED if is_failure(message) else USAGE
    except BrokenPipeError:
        raise
    except OSError as error:
        _say(errors, f"newsbeam: the result cannot be written: {error}")
        return FAILED
    return DONE


def _find_fault(options: SqlOptions, output: Console) -> str | None:
    place = options.output
    if place is not None and place.resolve().is_relative_to(options.root.resolve()):
        return f"{place} is within the lake, where this writes nothing: give another --output"
    if options.format == "parquet" and place is None and output.is_terminal:
        return "Parquet is not for a terminal: give --output FILE"
    return None


def _choose_format(options: SqlOptions, output: Console) -> str:
    if options.format is not None:
        return options.format
    return "table" if output.is_terminal and options.output is None else "csv"


def _check_single(statements: Sequence[Statement], kind: str) -> None:
    if sum(statement.has_rows for statement in statements) > 1:
        raise RefusedError(f"one result makes one {kind} file: give one query, or --format table")


def _run_statement(
    connection: duckdb.DuckDBPyConnection,
    statement: Statement,
    kind: str,
    options: SqlOptions,
    output: Console,
    errors: Console,
) -> None:
    began = time.monotonic()
    if not statement.has_rows:
        connection.execute(statement.text).fetchall()
        return
    result = ask(connection, statement.text)
    if kind == "table" and options.output is None:
        limit = _row_limit(options, output)
        shown, count = show_table(result.names, result.rows(), output, limit)
    else:
        shown = count = _write(result, kind, options.output, output)
    note = f"{count:,} row{'s' * (count != 1)}"
    if shown < count:
        note += f", {shown:,} shown (--max-rows 0: all)"
    _say(errors, f"{note} in {time.monotonic() - began:.2f} s")


def _row_limit(options: SqlOptions, output: Console) -> int | None:
    if options.max_rows is None:
        return 100 if output.is_terminal else None
    return options.max_rows or None


def _write(result: Result, kind: str, place: Path | None, output: Console) -> int:
    if place is None:
        if kind != "parquet":
            return _write_text(result, kind, output.file)
        output.file.flush()
        return write_parquet(result, sys.stdout.buffer)
    # Beside it and then into its place: a query that fails leaves no half of a file.
    half = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        if kind == "parquet":
            with half.open("wb") as binary:
                count = write_parquet(result, binary)
        else:
            with half.open("w", encoding="utf-8", newline="") as text:
                count = _write_text(result, kind, text)
        half.replace(place)
    finally:
        half.unlink(missing_ok=True)
    return count


def _write_text(result: Result, kind: str, file: IO[str]) -> int:
    if kind == "table":
        return show_table(result.names, result.rows(), Console(file=file), None)[1]
    return FORMATS[kind](result.names, result.rows(), file)


def _say(errors: Console, message: str) -> None:
    errors.print(message, markup=False, highlight=False, soft_wrap=True)
