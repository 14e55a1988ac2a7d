"""The staging area of a run: files wait here, unseen by readers, until they are committed.

``<lake>/_staging/<run>/`` holds the Parquet files of a run, its lock and its intents. An intent
is written before files move to their places in a table and deleted after the commit. A run that
died leaves its folder; ``clean_staging`` of a later run takes uncommitted files out of the
tables again. A folder belongs to a living run as long as some process holds its lock (flock,
which the operating system drops with the process).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from transforms.tables.places import hold_places

FOLDER = "_staging"
_LOCK = "lock"
_INTENT = "intent.json"
# Areas are made under a name with this prefix, which cleaners pass over.
_HIDDEN = "new-"


class StagingLost(RuntimeError):
    """The run's staging area was taken away: another run believed this one dead."""


@dataclass(frozen=True, slots=True)
class Staging:
    """The staging area of one run of the lake at ``root``. Cheap to make, safe to pickle."""

    root: Path
    run_id: str

    @property
    def folder(self) -> Path:
        """Where the area is."""
        return self.root / FOLDER / self.run_id

    @contextmanager
    def create(self) -> Iterator[None]:
        """Make the area and hold it while the block runs; then it is free to be cleaned."""
        hidden = self.folder.with_name(f"{_HIDDEN}{self.run_id}")
        hidden.mkdir(parents=True)
        descriptor = os.open(hidden / _LOCK, os.O_RDWR | os.O_CREAT)
        try:
            # Locked before it gets its name: no cleaner ever sees it unheld.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            os.replace(hidden, self.folder)
            yield
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Delete the area with everything left in it."""
        shutil.rmtree(self.folder)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the area against ``clean_staging`` while the block runs.

        Raises:
            StagingLost: the area is gone.
        """
        try:
            descriptor = os.open(self.folder / _LOCK, os.O_RDWR)
        except FileNotFoundError:
            raise StagingLost(f"run {self.run_id} was cleaned away by a later run") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            # The cleaner deletes the file while it holds the lock that we waited for.
            if os.fstat(descriptor).st_nlink == 0:
                raise StagingLost(f"run {self.run_id} was cleaned away by a later run")
            yield
        finally:
            os.close(descriptor)

    def write_intent(self, table: str, paths: list[str]) -> None:
        """Note that ``paths`` (relative to the table's folder) are about to appear there."""
        intent = self.folder / f"{table}.{_INTENT}"
        new = intent.with_suffix(".new")
        new.write_text(json.dumps(paths), encoding="utf-8")
        os.replace(new, intent)

    def clear_intent(self, table: str) -> None:
        """Forget the intent: its files are part of the table now."""
        (self.folder / f"{table}.{_INTENT}").unlink()

    def read_intents(self) -> dict[str, list[str]]:
        """The paths of intents still standing, by table."""
        return {
            path.name.removesuffix(f".{_INTENT}"): json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(self.folder.glob(f"*.{_INTENT}"))
        }


def clean_staging(root: Path, committed: Callable[[str], set[str]]) -> list[str]:
    """Undo what dead runs left in the lake at ``root``; living runs are left alone.

    ``committed`` gives the paths that belong to a table, by the table's name. Returns the ids of
    the runs that were cleaned up.
    """
    cleaned = []
    for folder in sorted((root / FOLDER).glob("*/")):
        staging = Staging(root, folder.name)
        if folder.name.startswith(_HIDDEN):
            continue
        try:
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:
            continue  # cleaned by another run at this moment
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink == 0:
                continue
            for table, paths in staging.read_intents().items():
                strays = set(paths) - committed(table)
                with hold_places(root / table):
                    for path in strays:
                        (root / table / path).unlink(missing_ok=True)
            staging.remove()
            cleaned.append(folder.name)
        except BlockingIOError:
            continue  # its run is alive
        finally:
            os.close(descriptor)
    return cleaned


def list_intents(root: Path, table: str) -> set[str]:
    """The paths of all intents for ``table`` that stand now, of living and dead runs."""
    paths: set[str] = set()
    for folder in (root / FOLDER).glob("*/"):
        with suppress(FileNotFoundError):  # none, or its run ended at this moment
            intent = folder / f"{table}.{_INTENT}"
            paths.update(json.loads(intent.read_text(encoding="utf-8")))
    return paths


def find_oldest_run(root: Path) -> float | None:
    """When the oldest of the runs that are alive began (seconds since 1970)."""
    began = []
    for folder in (root / FOLDER).glob("*/"):
        try:
            descriptor = os.open(folder / _LOCK, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            began.append(os.fstat(descriptor).st_mtime)
        finally:
            os.close(descriptor)
    return min(began, default=None)
