"""The newest row of every feed, kept as ``<lake>/_cache/feeds.arrow`` at a table version."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pyarrow as pa

from transforms.tables.cache_file import FOLDER, write_cache_file
from transforms.tables.schema import FEED_POLLS, Row
from transforms.tables.table_log import TableLog

# Beside a row stands which poll its `seen` comes from: later rows may arrive in any order.
_SEEN_FROM = pa.schema([("seen_at", pa.timestamp("us", tz="UTC")), ("seen_run", pa.string())])
_SCHEMA = pa.unify_schemas([FEED_POLLS.schema, _SEEN_FROM])


def fold_polls(states: pa.Table, polls: pa.Table) -> pa.Table:
    """One row a feed: the newest of ``states`` and ``polls``, `seen` from the newest with one.

    ``polls`` has the columns of ``FEED_POLLS``; ``states`` is what this function returned before,
    or ``no_states()``. In whatever portions polls come, the outcome is the same.
    """
    seen = polls["seen"].is_valid().to_pylist()
    for name, column in (("seen_at", "polled_at"), ("seen_run", "run_id")):
        values = polls[column].to_pylist()
        filled = [value if has else None for value, has in zip(values, seen, strict=True)]
        polls = polls.append_column(name, pa.array(filled, _SEEN_FROM.field(name).type))
    rows = pa.concat_tables([states, polls.select(_SCHEMA.names)])
    feeds = list(zip(rows["source"].to_pylist(), rows["feed"].to_pylist(), strict=True))
    newest = _find_newest(feeds, rows["polled_at"], rows["run_id"])
    seen_from = _find_newest(feeds, rows["seen_at"], rows["seen_run"])
    order = sorted(newest)
    folded = rows.take(pa.array([newest[feed] for feed in order], pa.int64()))
    origin = rows.take(pa.array([seen_from.get(feed) for feed in order], pa.int64()))
    for name in ("seen", *_SEEN_FROM.names):
        at = folded.schema.get_field_index(name)
        folded = folded.set_column(at, _SCHEMA.field(name), origin[name])
    return folded.combine_chunks()


def no_states() -> pa.Table:
    """What ``fold_polls`` begins with."""
    return _SCHEMA.empty_table()


def unpack_states(states: pa.Table) -> dict[tuple[str, str], Row]:
    """The rows of ``states`` by column name, by source and feed."""
    found = {}
    for row in states.select(FEED_POLLS.schema.names).to_pylist():
        # A partition column, which is not in the files; its definition is.
        row["polled_date"] = row["polled_at"].astimezone(UTC).date()
        found[row["source"], row["feed"]] = row
    return found


def load_feed_states(root: Path, log: TableLog, version: int) -> tuple[int, pa.Table] | None:
    """The kept states that ``version`` of the table grew out of, with their own version."""
    try:
        states = pa.ipc.open_file(pa.py_buffer(_path(root).read_bytes())).read_all()
        states.validate(full=True)
        notes = states.schema.metadata or {}
        kept, commit = int(notes[b"version"]), notes[b"commit"].decode()
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None  # not there or damaged: the table has it all
    if kept > version or commit != log.digest(kept) or not states.schema.equals(_SCHEMA):
        return None
    return kept, states.replace_schema_metadata(None)


def store_feed_states(root: Path, log: TableLog, version: int, states: pa.Table) -> None:
    """Keep ``states`` as those of ``version``.

    Raises:
        OSError: the file cannot be written.
    """
    commit = log.digest(version)
    if commit is None:
        return
    states = states.replace_schema_metadata({"version": str(version), "commit": commit})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, states.schema) as writer:
        writer.write_table(states)
    write_cache_file(_path(root), sink.getvalue().to_pybytes())


def _path(root: Path) -> Path:
    return root / FOLDER / "feeds.arrow"


def _find_newest(
    feeds: list[tuple[str, str]], instants: pa.ChunkedArray, runs: pa.ChunkedArray
) -> dict[tuple[str, str], int]:
    """By feed the index of the row with the newest instant; rows without one do not count."""
    newest: dict[tuple[str, str], int] = {}
    at, run = instants.cast(pa.int64()).to_pylist(), runs.to_pylist()
    for index, feed in enumerate(feeds):
        if at[index] is None:
            continue
        best = newest.get(feed)
        if best is None or (at[index], run[index] or "") >= (at[best], run[best] or ""):
            newest[feed] = index
    return newest
