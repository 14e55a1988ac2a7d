"""Statements of SQL in, results out."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb
from rich.console import Console

from newsbeam.pipelines.sql.hints import explain_query_error, is_failure
from newsbeam.pipelines.sql.result import Result, ResultError, ask
from newsbeam.pipelines.sql.result_formats import WRITERS, write_parquet
from newsbeam.pipelines.sql.result_table import show_table
from newsbeam.pipelines.sql.statements import RefusedError, SqlStatement, split_statements
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.files import replace_file
from newsbeam.transforms.lake.databases import ENGINE_ERRORS
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.views import find_cause, list_columns
from newsbeam.transforms.text.counts import show_count

# Formats in which one result can follow another.
_FOR_PEOPLE = ("table", "markdown")
_ENDINGS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".md": "markdown",
}


@dataclass(frozen=True, slots=True)
class SqlOptions:
    """How ``newsbeam sql`` was called.

    ``query`` is ``None`` where statements come from standard input, or from the prompt where
    that is a terminal. ``tables`` are files to ask beside the lake. ``max_rows`` limits a table
    (0: all rows); by default a table in a terminal has 100.
    """

    root: LakePath
    query: str | None = None
    format: str | None = None
    output: Path | None = None
    max_rows: int | None = None
    skip_damaged: bool = False
    tables: tuple[Path, ...] = ()


class QueryError(NewsbeamError):
    """A statement has no result. ``is_usage``: it is the statement that is wrong."""

    def __init__(self, message: str, *, is_usage: bool) -> None:
        super().__init__(message)
        self.is_usage = is_usage


def run_text(
    connection: duckdb.DuckDBPyConnection,
    text: str,
    options: SqlOptions,
    output: Console,
    errors: Console,
) -> None:
    """Run the statements in ``text``, all of which are checked before the first runs.

    Raises:
        RefusedError: they are not what this runs.
        DamagedLake: a file of the lake cannot be read.
        QueryError: one of them has no result, or the result cannot be written.
        KeyboardInterrupt: Ctrl-C ended one.
    """
    try:
        statements = split_statements(connection, text)
        if not statements:
            raise RefusedError("no statement was given")
        kind = _choose_format(options, output)
        if kind not in _FOR_PEOPLE or options.output is not None:
            _check_single(statements, kind)
        for statement in statements:
            _run_statement(connection, statement, kind, options, output, errors)
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (*ENGINE_ERRORS, ResultError) as error:
        message = str(error)
        if (damage := find_cause(options.root, message)) is not None:
            raise damage from error
        if isinstance(error, RuntimeError):
            raise
        hint = explain_query_error(message, list_columns(connection))
        raise QueryError(hint, is_usage=not is_failure(message)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise QueryError(f"the result cannot be written: {error}", is_usage=False) from error


def check_output(options: SqlOptions, output: Console) -> None:
    place = options.output
    root = options.root.resolve()
    if place is not None and isinstance(root, Path) and place.resolve().is_relative_to(root):
        raise RefusedError(
            f"{place} is within the lake, where this writes nothing: give another --output"
        )
    if place is not None and place.suffix:
        told = _ENDINGS.get(place.suffix.lower())
        if told is None and options.format is None:
            known = ", ".join(_ENDINGS)
            raise RefusedError(
                f"{place}: there is no format for {place.suffix}, but for {known}; give --format, "
                "or another ending"
            )
        if told is not None and options.format not in (None, told):
            raise RefusedError(f"{place} would not be {told}, but {options.format}: which is it?")
    if options.format == "parquet" and place is None and output.is_terminal:
        raise RefusedError("Parquet is not for a terminal: give --output FILE")


def _choose_format(options: SqlOptions, output: Console) -> str:
    if options.format is not None:
        return options.format
    if options.output is not None:
        return _ENDINGS.get(options.output.suffix.lower(), "csv")
    return "table" if output.is_terminal else "csv"


def _check_single(statements: Sequence[SqlStatement], kind: str) -> None:
    if sum(statement.has_rows for statement in statements) > 1:
        raise RefusedError(f"one result makes one {kind} file: give one query, or --format table")


def _run_statement(
    connection: duckdb.DuckDBPyConnection,
    statement: SqlStatement,
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
    note = show_count(count, "row")
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
    with replace_file(place) as draft:  # a query that fails leaves no half of a file
        if kind == "parquet":
            with draft.open("wb") as binary:
                return write_parquet(result, binary)
        with draft.open("w", encoding="utf-8", newline="") as text:
            return _write_text(result, kind, text)


def _write_text(result: Result, kind: str, file: IO[str]) -> int:
    if kind == "table":
        return show_table(result.names, result.rows(), Console(file=file), None)[1]
    return WRITERS[kind](result.names, result.rows(), file)


def _say(errors: Console, message: str) -> None:
    errors.print(message, markup=False, highlight=False, soft_wrap=True)
