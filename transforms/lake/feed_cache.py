"""The newest row of every feed, kept as ``feeds.arrow`` in the lake's cache at a table version."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pyarrow as pa

from newsbeam.transforms.lake.kept import load_kept, store_kept
from newsbeam.transforms.lake.log import TableLog
from newsbeam.transforms.lake.schema import FEED_POLLS, Row

# What tells which of two polls is the newer one: their numbers, as clocks may have been wrong; of
# equal ones (those of older newsbeams have none) the instants.
_ORDER = ("poll_number", "polled_at", "run_id")
# Beside a row stands which poll its `seen` comes from: later rows may arrive in any order.
_SEEN_FROM = pa.schema(
    [
        ("seen_number", pa.int64()),
        ("seen_at", pa.timestamp("us", tz="UTC")),
        ("seen_run", pa.string()),
    ]
)
_SCHEMA = pa.unify_schemas([FEED_POLLS.schema, _SEEN_FROM])
_KIND = "feeds"


def fold_polls(states: pa.Table, polls: pa.Table) -> pa.Table:
    """One row a feed: the newest of ``states`` and ``polls``, `seen` from the newest with one.

    ``polls`` has the columns of ``FEED_POLLS``; ``states`` is what this function returned before,
    or ``no_states()``. In whatever portions polls come, the outcome is the same.
    """
    seen = polls["seen"].is_valid().to_pylist()
    for name, column in zip(_SEEN_FROM.names, _ORDER, strict=True):
        values = polls[column].to_pylist()
        filled = [value if has else None for value, has in zip(values, seen, strict=True)]
        polls = polls.append_column(name, pa.array(filled, _SEEN_FROM.field(name).type))
    rows = pa.concat_tables([states, polls.select(_SCHEMA.names)])
    feeds = list(zip(rows["source"].to_pylist(), rows["feed"].to_pylist(), strict=True))
    newest = _find_newest(feeds, *(rows[name] for name in _ORDER))
    seen_from = _find_newest(feeds, *(rows[name] for name in _SEEN_FROM.names))
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


def load_feed_states(cache: Path, log: TableLog, version: int) -> tuple[int, pa.Table] | None:
    """The kept states that ``version`` of the table grew out of, with their own version."""
    kept = load_kept(_path(cache), log, version, _KIND)
    if kept is None or not kept[1].schema.equals(_SCHEMA):
        return None
    return kept[0], kept[1].replace_schema_metadata(None)


def store_feed_states(cache: Path, log: TableLog, version: int, states: pa.Table) -> None:
    """Keep ``states`` as those of ``version``.

    Raises:
        OSError: the file cannot be written.
    """
    store_kept(_path(cache), log, version, _KIND, states)


def _path(cache: Path) -> Path:
    return cache / "feeds.arrow"


def _find_newest(
    feeds: list[tuple[str, str]],
    numbers: pa.ChunkedArray,
    instants: pa.ChunkedArray,
    runs: pa.ChunkedArray,
) -> dict[tuple[str, str], int]:
    """By feed the index of the newest row; rows without an instant do not count."""
    newest: dict[tuple[str, str], int] = {}
    order = [
        (number or 0, at, run or "")
        for number, at, run in zip(
            numbers.to_pylist(),
            instants.cast(pa.int64()).to_pylist(),
            runs.to_pylist(),
            strict=True,
        )
    ]
    for index, feed in enumerate(feeds):
        if order[index][1] is None:
            continue
        best = newest.get(feed)
        if best is None or order[index] >= order[best]:
            newest[feed] = index
    return newest
