"""Commits that put other files in the place of some, and change no row by it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from deltalake.transaction import AddAction, RemoveAction

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.live_files import LiveFile, TableState
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.lake.schema import Table
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.transactions import RUN_NOTE, is_fenced

# Ours: each try costs another writer one commit, so that this outlasts any burst of runs.
_TRIES = 100
_MARK = "newsbeam.maintain"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Files of one partition, and the file with the same rows that takes their place."""

    old: tuple[LiveFile, ...]
    new: LiveFile


def commit_rewrites(
    lake: Lake,
    table: Table,
    state: TableState,
    rewrites: Sequence[Rewrite],
    staging: Staging | None = None,
) -> list[Rewrite]:
    """Commit ``rewrites``, but for those whose old files no longer belong to the table.

    Returns those committed; ``state`` is brought up to date. delta-rs 1.6 does not check whether
    removed files are still there when it rebases a commit onto others, so that each try may only
    become the version after the one looked at. On an object store they are those of the run whose
    area is ``staging``.

    Raises:
        LakeBusy: others were faster every time.
        StagingLost: another one believed this one dead.
    """
    head = lake.head(table)
    if staging is not None:  # even with nothing to commit, it may have been fenced out
        head.refresh()
    run_id, begun = "" if staging is None else staging.run_id, state.version
    for _ in range(_TRIES):
        state.refresh(head.version)
        # What was seen before the files were announced cannot bar them.
        if staging is not None and is_fenced(head.log.read(begun, head.version), run_id):
            raise staging.lost()
        wanted = [r for r in rewrites if all(file.path in state.live for file in r.old)]
        if not wanted:
            return []
        now = time.time_ns() // 1_000_000
        actions = [action for rewrite in wanted for action in _make_actions(rewrite, now)]
        noted = {_MARK: str(len(wanted))} | ({RUN_NOTE: run_id} if run_id else {})
        if head.rewrite(actions, noted):
            state.refresh()
            return wanted
        time.sleep(random.uniform(0, 0.05))
        head.refresh()
    raise LakeBusy(f"other runs were faster {_TRIES} times; start this again")


def _make_actions(rewrite: Rewrite, now: int) -> list[AddAction | RemoveAction]:
    new = rewrite.new
    values: dict[str, str | None] = {**partition_values(new.path)}
    stats = json.dumps({"numRecords": new.rows})
    actions: list[AddAction | RemoveAction] = [
        AddAction(new.path, new.size, values, new.modified_at, False, stats)
    ]
    actions += [RemoveAction(file.path, False, now, file.size, values) for file in rewrite.old]
    return actions
