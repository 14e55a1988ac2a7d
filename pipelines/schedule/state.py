"""What a scheduler leaves on disk for others to see: its lock and its heartbeat.

Both lie in the lake's cache on this machine. The lock keeps a second scheduler away, with a lease
where other machines reach the lake, too; the heartbeat is what ``newsbeam status`` shows.
"""

from __future__ import annotations

import json
import os
import platform
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.files import FileLock, take_lock, write_file
from newsbeam.transforms.lake.leases import hold_leases
from newsbeam.transforms.lake.machine import cache_folder, lease_seconds
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath

LOCK = "schedule.lock"
HEARTBEAT = "schedule.json"
BATCH_LOG = "last_batch.log"

State = Literal["waiting", "batch", "stopped"]
# How long a batch whose scheduler was killed may take to notice (ours; it takes milliseconds).
_ORPHAN_SECONDS = 10.0
# Somebody who only asks ``is_scheduled`` holds the lock for a moment, too (ours).
_MOMENT = 0.5


class ScheduleHeld(NewsbeamError):
    """Another scheduler works on this output."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch did, summed over its sources, from the run's own summary."""

    run_id: str
    new: int
    revised: int
    known: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch. ``exit_code`` is that of its process, negative for a signal, ``None`` where it
    could not be started. Either ``counts`` is there, or ``fault`` says why the batch failed.
    """

    started_at: datetime
    seconds: float
    exit_code: int | None
    counts: Counts | None
    fault: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain data; keys are stable."""
        return {
            "outcome": "done" if self.counts else "failed",
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            **(asdict(self.counts) if self.counts else dict.fromkeys(Counts.__slots__)),
            "fault": self.fault,
        }


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the scheduler is doing. ``faults`` are those of configs that cannot be used now."""

    pid: int
    host: str
    started_at: datetime
    written_at: datetime
    state: State
    batches: int = 0
    failures_in_a_row: int = 0
    next_batch_at: datetime | None = None
    last_batch: Batch | None = None
    faults: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data; keys are stable. Instants are ISO 8601 with their offset."""
        return {
            "pid": self.pid,
            "host": self.host,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "written_at": self.written_at.isoformat(timespec="seconds"),
            "state": self.state,
            "batches": self.batches,
            "failures_in_a_row": self.failures_in_a_row,
            "next_batch_at": self.next_batch_at
            and self.next_batch_at.isoformat(timespec="seconds"),
            "last_batch": self.last_batch and self.last_batch.to_json(),
            "faults": list(self.faults),
        }


def write_heartbeat(output: LakePath, heartbeat: Heartbeat) -> None:
    """Replace the heartbeat in one step, so that no reader sees half of it."""
    text = json.dumps(heartbeat.to_json(), ensure_ascii=False) + "\n"
    write_file(cache_folder(output) / HEARTBEAT, text.encode())


@contextmanager
def hold_schedule(output: LakePath, seconds: float = _ORPHAN_SECONDS) -> Iterator[int]:
    """Be the scheduler of ``output`` while the block runs; yields the lock's file descriptor.

    A batch that inherits the descriptor holds the lock too (flock belongs to the open file), so
    a scheduler that was killed is not replaced while its last batch still lives; for that
    batch's end this waits ``seconds``.

    Raises:
        ScheduleHeld: another scheduler is alive, or a batch of a dead one after that time.
    """
    cache_folder(output).mkdir(parents=True, exist_ok=True)
    with _take(output, seconds) as lock, _hold_for_all(output):
        os.ftruncate(lock.descriptor, 0)
        os.pwrite(lock.descriptor, f"{os.getpid()} {platform.node()}\n".encode(), 0)
        yield lock.descriptor


@contextmanager
def _hold_for_all(output: LakePath) -> Iterator[None]:
    """Keep schedulers of other machines away from a lake that they reach, too.

    The lease of one that was killed runs out while this waits.
    """
    if not isinstance(output, ObjectPath):
        yield
        return
    start = time.monotonic()
    while True:
        with hold_leases(output / "_claims", cache_folder(output), ["schedule"]) as held:
            if held:
                yield
                return
        if time.monotonic() - start > 2 * lease_seconds():
            raise ScheduleHeld(
                f"another scheduler works on {output}, on another machine; stop that one first, or "
                "give another --output"
            )
        time.sleep(lease_seconds() / 10)


def is_scheduled(output: LakePath) -> bool:
    """Whether a scheduler (or the last batch of one that died) works on ``output`` now."""
    try:
        with take_lock(cache_folder(output) / LOCK, shared=True, wait=False):
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def _take(output: LakePath, seconds: float) -> FileLock:
    path, start = cache_folder(output) / LOCK, time.monotonic()
    while True:
        with suppress(BlockingIOError):
            return take_lock(path, wait=False, create=True)
        pid, host = _read_owner(path)
        waited = time.monotonic() - start
        orphaned = host == platform.node() and not _is_alive(pid)
        if not orphaned and waited > _MOMENT:
            raise ScheduleHeld(
                f"another scheduler works on {output}: process {pid} on {host}; "
                "stop that one first, or give another --output"
            )
        if orphaned and waited > seconds:
            raise ScheduleHeld(
                f"the last batch of a scheduler that died (process {pid}) still works on "
                f"{output}; try again when it has ended"
            )
        time.sleep(0.05)


def _read_owner(lock: Path) -> tuple[int, str]:
    """Process id and host in the lock; 0 where its owner has not written them yet."""
    pid, _, host = lock.read_text(encoding="utf-8", errors="replace").strip().partition(" ")
    return (int(pid), host) if re.fullmatch(r"[0-9]{1,9}", pid) else (0, "this host")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # alive, and another user's
    return True
