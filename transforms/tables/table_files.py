"""Rows out of a table's Parquet files, whichever newsbeam wrote them.

Not by ``DeltaTable.to_pyarrow_dataset``: docs/decisions/known-documents.md tells why.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def read_rows(folder: Path, paths: Iterable[str], schema: pa.Schema) -> pa.Table:
    """The columns of ``schema`` of the files at ``paths`` below ``folder``.

    A column that a file lacks, because an older newsbeam wrote it or because it is a partition
    column, is null.

    Raises:
        FileNotFoundError: a file was compacted and vacuumed away meanwhile.
    """
    tables = [_read_file(folder / path, schema) for path in paths]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _read_file(path: Path, schema: pa.Schema) -> pa.Table:
    # In one piece: half the time of a ParquetFile that reads the path itself (small files).
    file = pq.ParquetFile(pa.py_buffer(path.read_bytes()))
    present = set(file.schema_arrow.names)
    rows = file.read([name for name in schema.names if name in present], use_threads=False)
    count = file.metadata.num_rows
    columns = [
        rows[field.name].cast(field.type) if field.name in present else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
