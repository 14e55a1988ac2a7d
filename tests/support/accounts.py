"""Whether the polls of a lake account for every entry that their feeds told."""

from __future__ import annotations

from typing import Any

from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.schema import FEED_POLLS, REJECTS

PARTS = ("new", "known", "changed", "rejected", "waiting")


def check_account(row: dict[str, Any]) -> None:
    """Raises AssertionError unless the poll's counts make up its entries."""
    parts = {name: row[name] for name in PARTS}
    assert sum(parts.values()) == row["entries"], (row["source"], row["feed"], parts, row)
    assert min(parts.values()) >= 0, parts


def check_accounts(lake: Lake) -> int:
    """Check all polls of the lake; returns how many there are.

    Raises AssertionError where entries are not accounted for, or rejected for no reason that is
    in the table of rejects.
    """
    names = ["source", "feed", "outcome", "entries", "run_id", *PARTS]
    schema = FEED_POLLS.schema
    columns = schema.empty_table().select(names).schema
    paths = sorted(list_files(lake.open(FEED_POLLS)))
    polls = read_rows(lake.folder(FEED_POLLS), paths, columns).to_pylist()
    reasons = lake.open(REJECTS).to_pyarrow_table(columns=["stage", "source", "run_id"]).to_pylist()
    told = {(row["source"], row["run_id"]) for row in reasons if row["stage"] == "poll"}
    for row in polls:
        check_account(row)
        if row["outcome"] == "parsed" and row["rejected"]:
            assert (row["source"], row["run_id"]) in told, row
    return len(polls)
