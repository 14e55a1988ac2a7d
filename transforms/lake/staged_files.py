"""Files of a run that wait for a commit: what is known of them, and how they are written."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsbeam.transforms.lake.damage import UNREADABLE, damaged_note, describe_fault
from newsbeam.transforms.lake.schema import Table
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.text.likeness import Telling


@dataclass(frozen=True, slots=True)
class Apart:
    """What an article is if the address that its page names is another story's: its id and address
    by where the page was, and the hash of its content with that."""

    article_id: str
    url: str | None
    content_hash: str


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a committer must know of an article's row. ``order`` sorts rows of one article.

    ``base_content`` is the content that the lake held of it when the run began. ``apart`` is null
    where the row's article does not go by the address that its page names. A row that ``is_copy``
    is not written; its document stands among the ``copies`` of another one.
    """

    article_id: str
    revision: int
    content_hash: str
    order: str
    entities: int
    quotes: int
    base_content: str = ""
    fetched_at: datetime | None = None
    document_id: str = ""
    telling: Telling = field(default_factory=Telling)
    text_hash: str | None = None
    published_at: datetime | None = None
    apart: Apart | None = None
    is_copy: bool = False
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A Parquet file in a staging area. ``rows`` stays empty for tables other than articles."""

    name: str
    table: str
    partition: tuple[tuple[str, str], ...]
    size: int
    row_count: int
    rows: tuple[RowFacts, ...] = ()

    @property
    def place(self) -> str:
        """Where the file belongs, relative to its table's folder."""
        return "/".join([*(f"{column}={value}" for column, value in self.partition), self.name])


def make_column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """``values`` as Arrow's, with what UTF-8 cannot hold (lone surrogates) as ``?``; offsets stay
    right.
    """
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array(list(map(_storable, values)), kind)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    return value


def lay_out_file(staging: Staging, table: Table, file: StagedFile) -> list[StagedFile]:
    """The staged file as ``table`` is laid out now: itself, or others beside it with its rows, if
    the table was converted after it was staged.

    Raises:
        DamagedLake: it cannot be read.
        OSError: they cannot be written.
    """
    if tuple(column for column, _ in file.partition) == table.partition_by:
        return [file]
    try:
        data = pa.py_buffer(staging.read_file(file.name))
        rows = pq.ParquetFile(data, page_checksum_verification=True).read()
    except UNREADABLE as error:
        raise damaged_note(staging.place(file.name), describe_fault(error)) from error
    parts = []
    for partition, numbers, part in divide_rows(table, rows, dict(file.partition)):
        name = f"part-{uuid.uuid4().hex}.parquet"
        parts.append(
            replace(
                file,
                name=name,
                partition=tuple(zip(table.partition_by, partition, strict=True)),
                size=staging.write_rows(name, part),
                row_count=part.num_rows,
                rows=tuple(file.rows[number] for number in numbers) if file.rows else (),
            )
        )
    return parts


def sort_rows(rows: pa.Table) -> pa.Table:
    """Rows of articles as files have them: by ``published_at``, so that readers pass over pages of
    another time; those that have none by when they came in."""
    keys = pc.coalesce(rows["published_at"], rows["ingested_at"])
    return rows.take(pc.array_sort_indices(keys))


def divide_rows(
    table: Table, rows: pa.Table, values: Mapping[str, str]
) -> list[tuple[tuple[str, ...], list[int], pa.Table]]:
    """Rows of a file of another layout, whose partition columns had ``values``, by the partitions
    of ``table``: the partition's values, the numbers of its rows, and these as a file has them."""
    rows = _complete(rows, values, table.schema)
    days = zip(rows["source"].to_pylist(), rows["published_date"].to_pylist(), strict=True)
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, (source, day) in enumerate(days):
        found[table.place_row({"source": source, "published_date": day})].append(number)
    names = table.file_schema.names
    return [(place, at, rows.select(names).take(at)) for place, at in found.items()]


def _complete(rows: pa.Table, values: Mapping[str, str], schema: pa.Schema) -> pa.Table:
    """``rows`` with all columns of ``schema``: the partition columns as ``values`` say, and what
    an older newsbeam did not write null."""
    columns = []
    for column in schema:
        if column.name in rows.schema.names:
            columns.append(rows[column.name].cast(column.type))
        else:
            value = pa.scalar(values.get(column.name), pa.string()).cast(column.type)
            columns.append(pa.repeat(value, rows.num_rows))
    return pa.Table.from_arrays(columns, schema=schema)
