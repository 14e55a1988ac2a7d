"""What a table of the lake is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """A column: its Arrow type and what it holds."""

    name: str
    type: pa.DataType
    description: str


# Of a day's ISO form, the beginning that names its month or year.
_PERIODS = {
    "published_month": (
        Column("published_month", pa.string(), "Month of `published_date` (`2026-11`)."),
        7,
    ),
    "published_year": (
        Column("published_year", pa.int32(), "Year of `published_date` (2026)."),
        4,
    ),
}


@dataclass(frozen=True)
class Table:
    """A table of the lake: its folder's name, columns and partition columns.

    Articles may be laid out otherwise in a lake: ``Lake.table`` tells how they are.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """All columns, partition columns included."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    @property
    def file_schema(self) -> pa.Schema:
        """The columns inside a file; partition columns stand in its path (Hive layout)."""
        return pa.schema([f for f in self.schema if f.name not in self.partition_by])

    def laid_out(self, partition_by: Sequence[str]) -> Table:
        """The table in folders by these columns. Of a period that it lacks, it gets the column.

        Raises:
            ValueError: a table like this has no such column.
        """
        if tuple(partition_by) == self.partition_by:
            return self
        columns = tuple(c for c in self.columns if c.name not in _PERIODS)
        names = {column.name for column in columns}
        for name in partition_by:
            if name not in names and name not in _PERIODS:
                raise ValueError(f"{self.name} cannot be in folders by {name}")
        periods = tuple(_PERIODS[name][0] for name in partition_by if name in _PERIODS)
        return replace(self, columns=columns + periods, partition_by=tuple(partition_by))

    def place_row(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """The values of the partition columns for a row, as they stand in a file's path."""
        return tuple(
            str(row["published_date"])[: _PERIODS[name][1]] if name in _PERIODS else str(row[name])
            for name in self.partition_by
        )


# How the folders of articles may be divided below their source, and the column that names it.
PARTITIONS = {"day": "published_date", "month": "published_month", "year": "published_year"}
