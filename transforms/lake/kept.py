"""Rows kept in ``<lake>/_cache`` as of a version of a table, so that the next reads what is new.

They may vanish at any time, or be of a table that was deleted and made anew: the table has it all.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.log import TableLog


def load_kept(path: Path, log: TableLog, version: int, kind: str) -> tuple[int, pa.Table] | None:
    """What ``store_kept`` put at ``path``: its version, out of which ``version`` grew, and rows.

    ``kind`` is what they were stored as: others are of another newsbeam.
    """
    try:
        rows = pa.ipc.open_file(pa.py_buffer(path.read_bytes())).read_all()
        rows.validate(full=True)
        notes = rows.schema.metadata or {}
        kept, commit = int(notes[b"version"]), notes[b"commit"].decode()
        is_same = notes[b"kind"].decode() == kind
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None  # not there or damaged
    if not is_same or kept > version or commit != log.digest(kept):
        return None
    return kept, rows


def store_kept(path: Path, log: TableLog, version: int, kind: str, rows: pa.Table) -> None:
    """Keep ``rows``, with what their schema notes, at ``path``, as of ``version`` of the table.

    Raises:
        OSError: the file cannot be written.
    """
    commit = log.digest(version)
    if commit is None:
        return
    notes = {"version": str(version), "commit": commit, "kind": kind}
    rows = rows.replace_schema_metadata({**(rows.schema.metadata or {}), **notes})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(sink, rows.schema, options=options) as writer:
        writer.write_table(rows)
    write_file(path, sink.getvalue().to_pybytes())
