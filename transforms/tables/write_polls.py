"""Writes polls that brought nothing to fetch: no graph is needed for a few rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from transforms.polls.feed_state import FeedState, make_poll_row
from transforms.records import Rejection
from transforms.tables.commit import commit_rows, stage_rows
from transforms.tables.runs import Run
from transforms.tables.schema import FEED_POLLS, REJECTS, Row, Table, make_reject_row


def write_polls(run: Run, states: Sequence[FeedState], rejections: Sequence[Rejection]) -> None:
    """Write polls that brought nothing to fetch, without a graph.

    Raises:
        OSError: the lake cannot be written.
        CommitFailedError: other runs were faster every time.
    """
    lake, staging = run.lake, run.staging
    for table, rows, base in (
        (
            REJECTS,
            [make_run_reject(rejection, run) for rejection in rejections],
            run.rejects_version,
        ),
        (FEED_POLLS, [make_poll_row(state, run.id) for state in states], run.polls_version),
    ):
        files = [stage_rows(staging, table, part) for part in partition_rows(table, rows)]
        commit_rows(lake, staging, table, files, base)


def partition_rows(table: Table, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """``rows`` by the partitions of ``table``."""
    partitions: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        partitions[tuple(row[column] for column in table.partition_by)].append(row)
    yield from partitions.values()


def make_run_reject(rejection: Rejection, run: Run) -> Row:
    """``rejection`` as a row of ``REJECTS``."""
    return make_reject_row(
        rejection,
        run_id=run.id,
        started_at=run.started_at,
        config=run.configs.get(rejection.source),
    )
