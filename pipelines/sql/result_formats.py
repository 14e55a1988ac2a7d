"""A query's result as CSV, JSON, JSON Lines, Markdown or Parquet, row by row as it comes."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from newsbeam.pipelines.sql.result import Result, ResultError, ResultRow
from newsbeam.pipelines.sql.values import to_text, value_to_json
from newsbeam.pipelines.terminal_text import show_safe

# What Markdown, and HTML within it, could take for a command (CommonMark 0.31, GFM tables).
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>#|~&!$]")
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def write_csv(names: Sequence[str], rows: Iterator[ResultRow], output: IO[str]) -> int:
    """RFC 4180 with a line of names; null is nothing. Returns the number of rows."""
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow(map(to_text, row))
        count += 1
    return count


def write_json(names: Sequence[str], rows: Iterator[ResultRow], output: IO[str]) -> int:
    """An array of objects, one a line. Returns the number of rows."""
    count = 0
    output.write("[")
    for row in rows:
        output.write(",\n" if count else "\n")
        output.write(_pack(names, row))
        count += 1
    output.write("\n]\n" if count else "]\n")
    return count


def write_jsonl(names: Sequence[str], rows: Iterator[ResultRow], output: IO[str]) -> int:
    """An object a line. Returns the number of rows."""
    count = 0
    for row in rows:
        output.write(_pack(names, row) + "\n")
        count += 1
    return count


def write_markdown(names: Sequence[str], rows: Iterator[ResultRow], output: IO[str]) -> int:
    """A table of GitHub's Markdown that says what the cells say. Returns the number of rows."""
    output.write(f"| {' | '.join(map(_escape, names))} |\n|{' --- |' * len(names)}\n")
    count = 0
    for row in rows:
        output.write(f"| {' | '.join(_escape(to_text(value)) for value in row)} |\n")
        count += 1
    return count


WRITERS: dict[str, Callable[[Sequence[str], Iterator[ResultRow], IO[str]], int]] = {
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
    "markdown": write_markdown,
}


def write_parquet(result: Result, output: IO[bytes]) -> int:
    """Write a Parquet file; returns the number of rows.

    Another database writes it: the lake's may write nothing.

    Raises:
        ResultError: the query failed while its rows were read.
        OSError: the file cannot be written.
    """
    count = 0

    def read() -> Iterator[pa.RecordBatch]:
        nonlocal count
        for batch in result.batches():
            count += batch.num_rows
            yield batch

    with tempfile.TemporaryDirectory(prefix="newsbeam-sql-") as folder:
        path = Path(folder) / "result.parquet"
        with duckdb.connect(":memory:") as writer:
            writer.register("result", pa.RecordBatchReader.from_batches(result.schema, read()))
            try:
                writer.execute(f"COPY result TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
            except duckdb.Error as error:
                raise ResultError(str(error)) from error
        with path.open("rb") as file:
            shutil.copyfileobj(file, output)
    return count


def _pack(names: Sequence[str], row: ResultRow) -> str:
    return json.dumps(
        {name: value_to_json(value) for name, value in zip(names, row, strict=True)},
        ensure_ascii=False,
    )


def _escape(text: str) -> str:
    safe = show_safe(text, keep_newlines=True)
    marked = _MARKDOWN.sub(lambda found: _HTML.get(found[0], "\\" + found[0]), safe)
    return marked.replace("\n", "<br>")
