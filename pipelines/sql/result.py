"""A query's result, read as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.databases import ENGINE_ERRORS

ResultRow = tuple[Any, ...]
# DuckDB hands rows out in vectors of 2,048; nested values make rows large.
_ROWS_AT_ONCE = 4 * 2048


class ResultError(NewsbeamError):
    """The query failed while its rows were read. The message is DuckDB's."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The rows of a query, once. ``names`` are its columns', each another."""

    names: tuple[str, ...]
    reader: pa.RecordBatchReader

    def rows(self) -> Iterator[ResultRow]:
        """The rows as Python's values, a batch of them in memory at once.

        Raises:
            ResultError: the query failed.
        """
        for batch in self.batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow's batches. Raises as ``rows`` does."""
        while True:
            try:
                batch = self.reader.read_next_batch()
            except StopIteration:
                return
            except (pa.ArrowException, OSError) as error:  # so DuckDB's errors come through Arrow
                raise ResultError(str(error)) from error
            yield batch.rename_columns(list(self.names))

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow has them."""
        fields = zip(self.names, self.reader.schema, strict=True)
        return pa.schema([field.with_name(name) for name, field in fields])


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> Result:
    """Begin to run ``query``, one statement that answers with rows.

    Raises:
        duckdb.Error: it is wrong, or failed.
    """
    try:
        # Not `execute`, which would hold all rows.
        reader = connection.sql(query).to_arrow_reader(_ROWS_AT_ONCE)
    except ENGINE_ERRORS:
        connection.execute(query)  # fails as well, and its message shows the place
        raise
    return Result(_number_names(reader.schema.names), reader)


def _number_names(names: list[str]) -> tuple[str, ...]:
    """``names`` with a number behind each that was there before."""
    numbered: list[str] = []
    for name in names:
        free, number = name, 0
        while free in numbered:
            number += 1
            free = f"{name}_{number}"
        numbered.append(free)
    return tuple(numbered)
