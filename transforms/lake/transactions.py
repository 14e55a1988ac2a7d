"""Transactions of a table's log that only one of two racing writers gets through.

All carry one application id with the next number, so that Delta's conflict check refuses the
second of two that looked at the same version. On an object store an answer may get lost, or come
late: whoever was refused, or heard nothing, looks into the log for what he wrote.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence

from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake.log import LogEntry, TableLog
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.lake.schema import Table
from newsbeam.transforms.lake.store_faults import name_fault

# One id for all runs makes Delta's conflict check see that two commits raced.
APP_ID = "newsbeam"
# In what a commit notes: the run, and the run whose commits the table takes no longer.
RUN_NOTE, _FENCED = "newsbeam.run", "newsbeam.fenced"
TRIES = 20
# A handle on an object store is made by a request for each commit since the last checkpoint, and
# one more; so there they come often, and only with them expired entries are looked for. Ours.
REMOTE_INTERVAL = 10
# Ours: so often a commit is tried on the same version where no answer comes.
_SILENT_TRIES = 5


def write_transaction(
    handle: DeltaTable,
    table: Table,
    actions: Sequence[AddAction | RemoveAction],
    noted: Mapping[str, str],
    *,
    is_exact: bool = False,
) -> None:
    """Commit ``actions`` on what ``handle`` shows; ``is_exact``: as its very next version.

    Raises:
        CommitFailedError: another commit was faster.
        DeltaError, OSError: it could not be written, or it was, and the answer got lost.
    """
    # On an object store to ask for the last number takes a request a commit. It only has to grow.
    number = handle.version() + 1 if is_exact else (handle.transaction_version(APP_ID) or 0) + 1
    handle.create_write_transaction(
        list(actions),
        "append",
        table.schema,
        partition_by=list(table.partition_by),
        commit_properties=CommitProperties(
            app_transactions=[Transaction(APP_ID, number)],
            custom_metadata=dict(noted),
            max_commit_retries=0 if is_exact else None,
        ),
        post_commithook_properties=PostCommitHookProperties(
            cleanup_expired_logs=False if is_exact and number % REMOTE_INTERVAL else None
        ),
    )


def commit_actions(
    handle: DeltaTable,
    log: TableLog,
    table: Table,
    actions: Sequence[AddAction],
    noted: Mapping[str, str],
) -> bool:
    """Add ``actions`` to the table, with what is ``noted``; ``False`` where another commit was
    faster.

    Raises:
        OSError, DeltaError: it could not be written to a folder.
        StoreFault: or to an object store.
    """
    if isinstance(log.folder, ObjectPath):
        return _commit_next(handle, log, table, actions, noted)
    try:
        write_transaction(handle, table, actions, noted)
    except CommitFailedError:
        return False
    return True


def commit_rewriting(
    handle: DeltaTable,
    log: TableLog,
    table: Table,
    actions: Sequence[AddAction | RemoveAction],
    noted: Mapping[str, str],
) -> bool:
    """As ``commit_actions`` for those that change no row, as the very next version of the table."""
    if isinstance(log.folder, ObjectPath):
        return _commit_next(handle, log, table, actions, noted)
    try:
        handle.create_write_transaction(
            list(actions),
            "append",
            table.schema,
            partition_by=list(table.partition_by),
            # No application transaction: runs that commit at this moment see no conflict.
            commit_properties=CommitProperties(max_commit_retries=0, custom_metadata=dict(noted)),
        )
    except CommitFailedError:
        return False
    return True


def _commit_next(
    handle: DeltaTable,
    log: TableLog,
    table: Table,
    actions: Sequence[AddAction | RemoveAction],
    noted: Mapping[str, str],
) -> bool:
    """Commit ``actions`` as the next version of a table on an object store; ``False`` where
    another one was faster.

    Whatever the answer, the log decides. Where it has neither this commit nor another one, the
    same is tried once more: should the first arrive late, one of both is refused.

    Raises:
        StoreFault: the store refuses, or does not answer. The commit may still arrive, until
            something else is the next version (``fence_run``).
    """
    for _ in range(_SILENT_TRIES):
        before = handle.version()
        try:
            write_transaction(handle, table, actions, noted, is_exact=True)
        except (CommitFailedError, DeltaError, OSError) as error:
            fault = error
        else:
            return True
        update(handle, log)
        if handle.version() > before:
            entries = log.read(before, handle.version())
            return any(entry.info.get(RUN_NOTE) == noted[RUN_NOTE] for entry in entries)
        pause()
    assert isinstance(log.folder, ObjectPath)
    raise name_fault(log.folder, fault, "written") from fault


def fence_run(handle: DeltaTable, log: TableLog, table: Table, run_id: str) -> None:
    """Let the table refuse what ``run_id`` may still try to commit; ``handle`` shows it then.

    The run looked at an older version than this empty commit makes: its own conflicts with it,
    and looking again it finds this.

    Raises:
        LakeBusy: others were faster every time.
        StoreFault: the store refuses, or does not answer.
    """
    for _ in range(TRIES):
        before = handle.version()
        try:
            write_transaction(handle, table, [], {_FENCED: run_id}, is_exact=True)
        except (CommitFailedError, DeltaError, OSError) as error:
            fault = error
        else:
            handle.update_incremental()
            return
        update(handle, log)
        if is_fenced(log.read(before, handle.version()), run_id):
            return
        pause()
    raise LakeBusy(f"run {run_id} could not be cleaned up: {fault}")


def is_fenced(entries: Iterable[LogEntry], run_id: str) -> bool:
    """Whether one of ``entries`` bars the run from the table."""
    return any(entry.info.get(_FENCED) == run_id for entry in entries)


def update(handle: DeltaTable, log: TableLog) -> None:
    """Let ``handle`` show what the table holds now.

    Raises:
        StoreFault: the store refuses, or does not answer.
    """
    try:
        handle.update_incremental()
    except (DeltaError, OSError) as error:
        if isinstance(log.folder, ObjectPath):
            raise name_fault(log.folder, error) from error
        raise


def pause() -> None:
    """Wait for a moment of random length, so that writers who met do not meet again."""
    time.sleep(random.uniform(0.02, 0.25))
