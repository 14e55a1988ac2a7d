"""Transactions of a table's log that only one of two racing writers gets through.

All carry one application id with the next number, so that Delta's conflict check refuses the
second of two that looked at the same version. On an object store an answer may get lost, or come
late: whoever was refused, or heard nothing, looks into the log for what he wrote. There an entry
of the log is written as it is, on the condition that it is the next one: Delta's library would
fetch all entries since the last checkpoint first.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction

from newsbeam.transforms.errors import LakeBusy, NewsbeamError
from newsbeam.transforms.lake.log import LogEntry, TableLog, quote_path
from newsbeam.transforms.lake.object_log import ObjectLog
from newsbeam.transforms.lake.object_tables import open_object_table
from newsbeam.transforms.lake.schema import Table
from newsbeam.transforms.lake.store_faults import StoreFault

# One id for all runs makes Delta's conflict check see that two commits raced.
APP_ID = "newsbeam"
# In what a commit notes: the run, and the run whose commits the table takes no longer.
RUN_NOTE, _FENCED = "newsbeam.run", "newsbeam.fenced"
TRIES = 20
# Readers on an object store make a request or two for each commit since the last checkpoint; so
# there they come often, and only with them expired entries are looked for. Ours.
REMOTE_INTERVAL = 10
# Ours: so often a commit is tried on the same version where no answer comes.
_SILENT_TRIES = 5

FileActions: TypeAlias = Sequence[AddAction | RemoveAction]


@dataclass(slots=True)
class TableHead:
    """The newest version of a table, to commit on."""

    kind: Table
    log: TableLog
    handle: DeltaTable

    @property
    def table(self) -> Table:
        """The table as it is laid out in this version."""
        return self.kind.laid_out(self.handle.metadata().partition_columns)

    @property
    def version(self) -> int:
        """The version."""
        number: int = self.handle.version()
        return number

    def refresh(self) -> None:
        """Be what is the newest version now.

        Raises:
            StoreFault: the store refuses, or does not answer.
        """
        self.handle.update_incremental()

    def add(self, actions: FileActions, noted: Mapping[str, str]) -> bool:
        """Commit ``actions``, with what is ``noted``; ``False`` where another commit was faster.

        Raises:
            OSError, DeltaError: it could not be written to a folder.
            StoreFault: or to an object store. It may still arrive, until something else is the
                next version (``fence_run``).
        """
        number = (self.handle.transaction_version(APP_ID) or 0) + 1
        return self._commit(
            actions,
            CommitProperties(
                app_transactions=[Transaction(APP_ID, number)], custom_metadata=dict(noted)
            ),
        )

    def rewrite(self, actions: FileActions, noted: Mapping[str, str]) -> bool:
        """As ``add`` for those that change no row, as the very next version of the table."""
        # No application transaction: runs that commit at this moment see no conflict.
        return self._commit(
            actions, CommitProperties(max_commit_retries=0, custom_metadata=dict(noted))
        )

    def _commit(self, actions: FileActions, properties: CommitProperties) -> bool:
        table = self.table
        # Delta's library takes files of other partitions, and nobody can read the table then.
        if any(
            (action.partition_values or {}).keys() ^ set(table.partition_by) for action in actions
        ):
            raise AssertionError(f"files that are not laid out by {', '.join(table.partition_by)}")
        try:
            self.handle.create_write_transaction(
                list(actions),
                "append",
                table.schema,
                partition_by=list(table.partition_by),
                commit_properties=properties,
            )
        except CommitFailedError:
            return False
        return True


@dataclass(slots=True)
class ObjectHead:
    """As ``TableHead``, of a table on an object store."""

    table: Table
    log: ObjectLog
    version: int

    def refresh(self) -> None:
        """As ``TableHead.refresh``."""
        self.version = self.log.find_version()

    def add(self, actions: FileActions, noted: Mapping[str, str]) -> bool:
        """As ``TableHead.add``.

        Whatever the answer, the log decides. Where it has neither this commit nor another one, the
        same is tried once more: should the first arrive late, one of both is refused.
        """
        number = self.version + 1
        data = _pack_entry(self.table, actions, noted, number)
        for _ in range(_SILENT_TRIES):
            try:
                if not self.log.write(number, data):
                    return False
            except StoreFault as error:
                fault = error
                pause()
                continue
            self.version = number
            if number % REMOTE_INTERVAL == 0:
                self._make_checkpoint()
            return True
        raise fault

    rewrite = add

    def _make_checkpoint(self) -> None:
        """Readers begin there; where it fails, they begin at the one before."""
        with suppress(NewsbeamError, DeltaError, OSError):
            handle = open_object_table(self.log.place)
            handle.create_checkpoint()
            handle.cleanup_metadata()


def _pack_entry(table: Table, actions: FileActions, noted: Mapping[str, str], number: int) -> bytes:
    """An entry of a log (Delta protocol, "Actions")."""
    now = time.time_ns() // 1_000_000
    how = {"mode": "Append", "partitionBy": json.dumps(list(table.partition_by))}
    about = {"timestamp": now, "operation": "WRITE", "operationParameters": how}
    lines: list[dict[str, Any]] = [
        {"commitInfo": {**about, "engineInfo": APP_ID, **noted}},
        *map(_pack_action, actions),
        # It only has to grow.
        {"txn": {"appId": APP_ID, "version": number, "lastUpdated": now}},
    ]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()


def _pack_action(action: AddAction | RemoveAction) -> dict[str, Any]:
    about = {
        "path": quote_path(action.path),
        "partitionValues": dict(action.partition_values or {}),
        "size": action.size,
        "dataChange": action.data_change,
    }
    if isinstance(action, AddAction):
        return {
            "add": {
                **about, "modificationTime": action.modification_time, "stats": action.stats,
            }
        }  # fmt: skip
    return {
        "remove": {
            **about, "deletionTimestamp": action.deletion_timestamp, "extendedFileMetadata": True,
        }
    }  # fmt: skip


def fence_run(head: TableHead | ObjectHead, run_id: str) -> None:
    """Let the table refuse what ``run_id`` may still try to commit.

    The run looked at an older version than this empty commit makes: its own conflicts with it,
    and looking again it finds this.

    Raises:
        LakeBusy: others were faster every time.
        StoreFault: the store refuses, or does not answer.
    """
    for _ in range(TRIES):
        before = head.version
        if head.add([], {_FENCED: run_id}):
            return
        head.refresh()
        if is_fenced(head.log.read(before, head.version), run_id):
            return
        pause()
    raise LakeBusy(f"run {run_id} could not be cleaned up: others were faster {TRIES} times")


def is_fenced(entries: Iterable[LogEntry], run_id: str) -> bool:
    """Whether one of ``entries`` bars the run from the table."""
    return any(entry.info.get(_FENCED) == run_id for entry in entries)


def pause() -> None:
    """Wait for a moment of random length, so that writers who met do not meet again."""
    time.sleep(random.uniform(0.02, 0.25))
