"""The staging area of a run: files wait here, unseen by readers, until they are committed.

``<lake>/_staging/<run>/`` holds the Parquet files of a run, its lock and its intents. An intent
is written before files move to their places in a table and deleted after the commit. A run that
died leaves its folder; ``clean_staging`` of a later run takes uncommitted files out of the
tables again. A folder belongs to a living run as long as some process holds its lock (flock,
which the operating system drops with the process).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from newsbeam.transforms.errors import DamagedLake, NewsbeamError
from newsbeam.transforms.files import move, replace_file, take_lock
from newsbeam.transforms.lake.damage import damaged_note, describe_fault
from newsbeam.transforms.lake.object_path import LakePath, local_folder
from newsbeam.transforms.lake.places import STAGING_FOLDER, hold_places
from newsbeam.transforms.lake.sealed_files import pack_sealed_file

_LOCK = "lock"
INTENT = "intent.json"
# Areas are made under a name with this prefix, which cleaners pass over.
_HIDDEN = "new-"


class StagingLost(NewsbeamError):
    """The run's staging area was taken away: another run believed this one dead."""


@dataclass(frozen=True, slots=True)
class Staging:
    """The staging area of one run of the lake at ``root``. Cheap to make, safe to pickle.

    ``Lake.stage`` makes the one that the lake needs.
    """

    root: LakePath
    run_id: str

    @property
    def folder(self) -> Path:
        """Where the area is.

        Raises:
            PlaceRefused: not in a folder.
        """
        return local_folder(self.root) / STAGING_FOLDER / self.run_id

    @property
    def area(self) -> LakePath:
        """Where the area is."""
        return self.root / STAGING_FOLDER / self.run_id

    @contextmanager
    def create(self) -> Iterator[None]:
        """Make the area and hold it while the block runs; then it is free to be cleaned."""
        hidden = self.folder.with_name(f"{_HIDDEN}{self.run_id}")
        hidden.mkdir(parents=True)
        # Locked before it gets its name: no cleaner ever sees it unheld.
        with take_lock(hidden / _LOCK, shared=True, create=True):
            move(hidden, self.folder)
            yield

    def remove(self) -> None:
        """Delete the area with everything left in it.

        The lock goes last: a cleaner that finds none makes one, and takes the area for dead. From
        then on it is empty, and whoever comes last takes it away.
        """
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()
        with suppress(OSError):
            (self.folder / _LOCK).unlink(missing_ok=True)
            self.folder.rmdir()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the area against ``clean_staging`` while the block runs.

        Raises:
            StagingLost: the area is gone.
        """
        try:
            # A cleaner deletes the file while it holds the lock that this waits for.
            lock = take_lock(self.folder / _LOCK, shared=True)
        except FileNotFoundError:
            raise self.lost() from None
        with lock:
            yield

    def write_rows(self, name: str, rows: pa.Table) -> int:
        """Put ``rows`` into the area as a Parquet file; returns its size in bytes."""
        data = pack_sealed_file(rows)
        self.write_file(name, data)
        return len(data)

    def write_file(self, name: str, data: bytes) -> None:
        """Put a file into the area."""
        # The folder must exist: if the area was cleaned away, this fails, as it should.
        (self.folder / name).write_bytes(data)

    def read_file(self, name: str) -> bytes:
        """What a file of the area holds."""
        return (self.folder / name).read_bytes()

    def write_intent(self, table: str, paths: list[str]) -> None:
        """Note that ``paths`` (relative to the table's folder) are about to appear there."""
        with replace_file(self.folder / f"{table}.{INTENT}") as draft:
            draft.write_bytes(pack_intent(paths))

    def clear_intent(self, table: str, names: Iterable[str] = ()) -> None:
        """Forget the intent: its files, by ``names`` here, are part of the table now."""
        (self.folder / f"{table}.{INTENT}").unlink()

    def read_intents(self, table: str | None = None) -> dict[str, list[str]]:
        """The paths of intents still standing, by table; with ``table``, of that one alone.

        Raises:
            DamagedLake: one cannot be read.
        """
        return {
            path.name.removesuffix(f".{INTENT}"): read_intent(path)
            for path in sorted(self.folder.glob(f"{table or '*'}.{INTENT}"))
        }

    def hold_places(self, table: str) -> AbstractContextManager[object]:
        """Keep the table's files where they are while the block runs."""
        return hold_places(local_folder(self.root) / table)

    def bring_out(self, table: str, places: Mapping[str, str]) -> None:
        """Let files of the area (by name) appear at their places in the table's folder, which
        are held."""
        folder = local_folder(self.root) / table
        for name, place in places.items():
            move(self.folder / name, folder / place)

    def bring_back(self, table: str, places: Iterable[str]) -> None:
        """Take files that are not part of the table, as far as they are there, out again."""
        folder = local_folder(self.root) / table
        with hold_places(folder):
            for place in places:
                path = folder / place
                if path.exists():
                    move(path, self.folder / path.name)

    def place(self, name: str) -> LakePath:
        """Where a file of the area is."""
        return self.folder / name

    def lost(self) -> StagingLost:
        """The error of a run whose area was taken away."""
        return StagingLost(f"run {self.run_id} was cleaned away by a later run")


def pack_intent(paths: list[str]) -> bytes:
    """An intent as it is written."""
    return json.dumps({"paths": paths, "digest": _digest(paths)}).encode()


def read_intent(path: LakePath) -> list[str]:
    """The paths in an intent. One of an older newsbeam has no digest.

    Raises:
        FileNotFoundError: its run has just ended.
        DamagedLake: it cannot be read, or is not what was written.
    """
    try:
        note = json.loads(path.read_bytes())
        paths = note["paths"] if isinstance(note, dict) else note
        is_sound = isinstance(paths, list) and all(isinstance(place, str) for place in paths)
        if is_sound and (isinstance(note, list) or note["digest"] == _digest(paths)):
            return list(paths)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise damaged_note(path, describe_fault(error)) from error
    except (ValueError, KeyError, TypeError):
        pass
    raise damaged_note(
        path, "is damaged: it named the files that a run which died was about to commit"
    )


def _digest(paths: list[str]) -> str:
    return hashlib.sha256("\n".join(paths).encode("utf-8", "surrogatepass")).hexdigest()


def clean_staging(root: Path, committed: Callable[[str], set[str]]) -> list[str]:
    """Undo what dead runs left in the lake at ``root``; living runs are left alone.

    ``committed`` gives the paths that belong to a table, by the table's name. Returns the ids of
    the runs that were cleaned up.
    """
    cleaned = []
    for folder in sorted((root / STAGING_FOLDER).glob("*/")):
        staging = Staging(root, folder.name)
        if folder.name.startswith(_HIDDEN):
            continue
        try:
            lock = take_lock(folder / _LOCK, wait=False, create=True)
        except (FileNotFoundError, BlockingIOError):
            continue  # cleaned by another run at this moment, or its run is alive
        with lock:
            for table, paths in staging.read_intents().items():
                strays = set(paths) - committed(table)
                with hold_places(root / table):
                    for path in strays:
                        _delete(root / table / path)
            staging.remove()
            cleaned.append(folder.name)
    return cleaned


def _delete(path: Path) -> None:
    if path.is_dir():  # somebody put it there
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def list_intents(root: LakePath, table: str, *, skip_damaged: bool = False) -> set[str]:
    """The paths of all intents for ``table`` that stand now, of living and dead runs.

    Raises:
        DamagedLake: one cannot be read; with ``skip_damaged`` it counts as naming nothing.
    """
    paths: set[str] = set()
    for intent in (root / STAGING_FOLDER).glob(f"*/{table}.{INTENT}"):
        with suppress(FileNotFoundError):  # its run ended at this moment
            try:
                paths.update(read_intent(intent))
            except DamagedLake:
                if not skip_damaged:
                    raise
    return paths


def find_oldest_run(root: Path) -> float | None:
    """When the oldest of the runs that are alive began (seconds since 1970)."""
    began = []
    for folder in (root / STAGING_FOLDER).glob("*/"):
        lock = folder / _LOCK
        with suppress(FileNotFoundError, IsADirectoryError):  # it has ended
            try:
                with take_lock(lock, wait=False):
                    pass  # it is dead
            except BlockingIOError:
                began.append(lock.stat().st_mtime)
    return min(began, default=None)
