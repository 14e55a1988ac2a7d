"""Makes a table's log readable again: one checkpoint that says all, and a commit on top.

What came before is not needed then, and damaged files of the log can be put aside. Versions go on
from where they were, so that no copy as of an older version is taken for one of the new log.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from newsbeam.transforms.files import move, replace_file, write_file
from newsbeam.transforms.lake.damage import LOG_FOLDER
from newsbeam.transforms.lake.lake import CHECKPOINT_INTERVALS
from newsbeam.transforms.lake.log import quote_path
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath, local_folder
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.lake.replay import LogState, read_stated_rows
from newsbeam.transforms.lake.schema import Table

Actions = list[dict[str, Any]]
REPAIR_MARK = "newsbeam.repair"


def make_add(folder: LakePath, path: str, rows: int) -> dict[str, Any]:
    """The `add` action of a file of the table in ``folder``."""
    file = folder / path
    if isinstance(file, ObjectPath):
        size, written = file.read_size(), time.time()
    else:
        status = file.stat()
        size, written = status.st_size, status.st_mtime
    return {
        "path": quote_path(path),
        "partitionValues": partition_values(path),
        "size": size,
        "modificationTime": int(written * 1000),
        "dataChange": True,
        "stats": json.dumps({"numRecords": rows}),
    }


def rebuild_log(
    folder: Path,
    table: Table,
    state: LogState,
    live: Mapping[str, dict[str, Any]],
    version: int,
    note: Mapping[str, Any],
    aside: Path,
) -> None:
    """Let the log of the table in ``folder`` say at ``version``, which it does not have yet, that
    ``live`` (`add` actions by path) are its files. Damaged files of the log move to ``aside``.

    Raises:
        FileExistsError: another process committed meanwhile.
        OSError: it cannot be written.
    """
    log = folder / LOG_FOLDER
    log.mkdir(parents=True, exist_ok=True)
    now = time.time_ns() // 1_000_000
    # Old files that were merged still lie there, for readers, until `vacuum` takes them away.
    removes = [
        {"remove": {"path": quote_path(path), "deletionTimestamp": now, "dataChange": False}}
        for path in sorted(state.removed - live.keys())
        if (folder / path).is_file()
    ]
    transactions = [
        {"txn": {"appId": name, "version": number}} for name, number in state.transactions.items()
    ]

    def list_actions(head: Mapping[str, Any], adds: Iterable[Mapping[str, Any]]) -> Actions:
        added = [{"add": {**add, "dataChange": True}} for add in adds]
        return [*_make_head(table, head), *transactions, *added, *removes]

    info = {"timestamp": now, "operation": "REPAIR", **note}
    name = f"{version:020d}"
    checkpoint = log / f"{name}.checkpoint.parquet"
    adds = [add for _, add in sorted(live.items())]
    actions = list_actions(state.actions, adds)
    try:
        _write_checkpoint(actions, checkpoint)
    except DeltaError:
        # What the log says of the columns, or of the values in files, is damaged, too.
        actions = list_actions({}, map(_without_values, adds))
        _write_checkpoint(actions, checkpoint)
    # The commit says it all once more, for whoever follows the log by its commits.
    with replace_file(log / f"{name}.json", overwrite=False) as draft:
        _write_lines(draft, [{"commitInfo": info}, *actions])
    hinted = log / "_last_checkpoint"
    if hinted.is_dir():
        move(hinted, aside / LOG_FOLDER / hinted.name)
    hint = {"version": version, "size": len(actions)}
    write_file(hinted, json.dumps(hint).encode())
    for fault in state.faults:
        file = local_folder(fault.file)
        if file.name != "_last_checkpoint" and os.path.lexists(file):
            move(file, aside / LOG_FOLDER / file.name)


def _write_checkpoint(actions: Actions, path: Path) -> None:
    """Write a checkpoint that says ``actions``.

    Raises:
        DeltaError: they make no table.
    """
    with tempfile.TemporaryDirectory(prefix="newsbeam-repair-") as place:
        bare = Path(place) / LOG_FOLDER
        bare.mkdir()
        _write_lines(bare / f"{0:020d}.json", actions)
        DeltaTable(place).create_checkpoint()
        with replace_file(path) as draft:
            shutil.copyfile(bare / f"{0:020d}.checkpoint.parquet", draft)


def _without_values(add: Mapping[str, Any]) -> dict[str, Any]:
    """An `add` action that states of its file how many rows it has, and no more."""
    rows = read_stated_rows(add)
    return {**add, "stats": json.dumps({} if rows is None else {"numRecords": rows})}


def _make_head(table: Table, said: Mapping[str, Any]) -> Actions:
    """What the table's columns are: as its log ``said``, or as this newsbeam has them."""
    if {"protocol", "metaData"} <= said.keys():
        return [{kind: said[kind]} for kind in ("protocol", "metaData")]
    with tempfile.TemporaryDirectory(prefix="newsbeam-repair-") as place:
        DeltaTable.create(
            place,
            table.schema,
            partition_by=list(table.partition_by),
            name=table.name,
            description=table.description,
            configuration={"delta.checkpointInterval": str(CHECKPOINT_INTERVALS[table.name])},
        )
        lines = (Path(place) / LOG_FOLDER / f"{0:020d}.json").read_bytes().splitlines()
    made = [json.loads(line) for line in lines]
    head = [action for action in made if action.keys() & {"protocol", "metaData"}]
    for action in head:
        if "metaData" in action:
            action["metaData"]["id"] = str(uuid.uuid4())
    return head


def _write_lines(path: Path, actions: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for action in actions:
            file.write(json.dumps(action, ensure_ascii=False) + "\n")
