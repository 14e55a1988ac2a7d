"""The newest state of every feed: the same as reading all polls, whatever is kept."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.lake.commit import commit_rows, stage_rows
from newsbeam.transforms.lake.feed_cache import fold_polls, no_states, unpack_states
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import FEED_POLLS, Row
from newsbeam.transforms.lake.staging import Staging

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Seen = list[dict[str, str]]


def poll(feed: str, minute: int, seen: Seen | None = None, source: str = "avis") -> Row:
    at = NOW + timedelta(minutes=minute)
    row: Row = dict.fromkeys(FEED_POLLS.schema.names)
    return row | {
        "source": source,
        "feed": feed,
        "polled_at": at,
        "polled_date": at.date(),
        "outcome": "parsed",
        "blocked": [{"domain": "avis.example", "until": at}],
        "seen": seen,
        "run_id": f"run-{minute}",
    }


def seen(*names: str) -> Seen:
    return [{"id": name, "digest": "d", "document_id": "0" * 32} for name in names]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.create()
    return lake


def commit(lake: Lake, *rows: Row) -> None:
    staging = Staging(lake.root, uuid.uuid4().hex)
    with staging.create():
        files = stage_rows(staging, FEED_POLLS, rows)
        commit_rows(lake, staging, FEED_POLLS, files, lake.version(FEED_POLLS))


def read_naively(rows: list[Row]) -> Mapping[tuple[str, str], Row]:
    """The last poll of each feed, `seen` from the last that has one."""
    states: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: (row["poll_number"] or 0, row["polled_at"])):
        before = states.get((row["source"], row["feed"]), {"seen": None})
        kept = before["seen"] if row["seen"] is None else row["seen"]
        states[row["source"], row["feed"]] = row | {"seen": kept}
    return states


def as_table(rows: list[Row]) -> pa.Table:
    table = pa.Table.from_pylist(rows, FEED_POLLS.schema)
    # The files do not hold their partition column.
    return table.set_column(
        table.schema.get_field_index("polled_date"),
        FEED_POLLS.schema.field("polled_date"),
        pa.nulls(len(rows), pa.date32()),
    )


polls = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]), st.sampled_from(["avis", "blad"]),
        st.one_of(st.none(), st.just(seen()), st.just(seen("x")), st.just(seen("x", "y"))),
        st.none() | st.integers(0, 3),
    ),
    max_size=12,
)  # fmt: skip


@given(polls, st.randoms(use_true_random=False), st.lists(st.integers(0, 12), max_size=3))
def test_polls_in_any_order_and_portions_give_the_newest_rows(
    drawn: list[tuple[str, str, Seen | None, int | None]], order: Any, cuts: list[int]
) -> None:
    rows = [
        poll(f, 400 * n, s, source) | {"poll_number": number}
        for n, (f, source, s, number) in enumerate(drawn)
    ]
    shuffled = rows.copy()
    order.shuffle(shuffled)
    bounds = sorted([0, len(rows), *(cut for cut in cuts if cut <= len(rows))])
    states = no_states()
    for start, end in pairwise(bounds):
        states = fold_polls(states, as_table(shuffled[start:end]))
    assert unpack_states(states) == read_naively(rows)


def test_only_new_files_are_read(lake: Lake) -> None:
    rows = [poll("a", 0, seen("x")), poll("b", 0, seen("y"))]
    commit(lake, *rows)
    assert lake.read_feed_states(keep=True) == read_naively(rows)
    for path in (lake.root / "feed_polls").glob("polled_date=*/*.parquet"):
        path.write_bytes(b"not to be read again")
    later = poll("a", 1500)
    commit(lake, later)
    for keep in (True, False):
        assert lake.read_feed_states(keep=keep) == read_naively([*rows, later])
    assert lake.read_feed_states()["avis", "a"]["polled_date"] == date(2026, 11, 23)
    assert lake.read_feed_states()["avis", "a"]["seen"] == seen("x")


@pytest.mark.parametrize("harm", ["cut", "garbage", "gone", "other table", "log", "compacted"])
def test_whatever_is_kept_the_table_counts(lake: Lake, harm: str) -> None:
    rows = [poll("a", 0, seen("x")), poll("b", 5, seen("y"))]
    commit(lake, rows[0])
    commit(lake, rows[1])
    assert len(lake.read_feed_states(keep=True)) == 2
    cache = lake.root / "_cache/feeds.arrow"
    if harm == "cut":
        os.truncate(cache, cache.stat().st_size // 2)
    elif harm == "garbage":
        cache.write_bytes(b"\0" * cache.stat().st_size)
    elif harm == "gone":
        cache.unlink()
    elif harm == "other table":
        shutil.rmtree(lake.root / "feed_polls")
        lake.create()
        rows = [poll("c", minute, seen("z")) for minute in range(3)]
        for row in rows:
            commit(lake, row)
    elif harm == "log":
        rows += [poll("a", 8, seen("z")), poll("b", 9)]
        commit(lake, rows[-2])
        commit(lake, rows[-1])
        lake.open(FEED_POLLS).create_checkpoint()
        (lake.root / f"feed_polls/_delta_log/{3:020d}.json").unlink()
    else:
        table = lake.open(FEED_POLLS)
        table.optimize.compact()
        table.vacuum(0, dry_run=False, enforce_retention_duration=False)
        rows.append(poll("b", 9))
        commit(lake, rows[-1])
    for keep in (False, True, True):
        assert lake.read_feed_states(keep=keep) == read_naively(rows)


def test_deleted_polls_are_forgotten(lake: Lake) -> None:
    rows = [poll("a", 0, seen("x")), poll("b", 5, seen("y"))]
    commit(lake, *rows)
    lake.read_feed_states(keep=True)
    lake.open(FEED_POLLS).delete("feed = 'a'")
    assert lake.read_feed_states() == read_naively(rows[1:])


def test_reading_without_keeping_writes_nothing(lake: Lake, tmp_path: Path) -> None:
    commit(lake, poll("a", 0))
    before = sorted(lake.root.rglob("*"))
    assert len(lake.read_feed_states()) == 1
    assert sorted(lake.root.rglob("*")) == before


def test_no_lake_at_all(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "none")
    assert lake.read_feed_states(keep=True) == {}
    assert not lake.root.exists()
