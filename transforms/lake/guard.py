"""Before a lake is written: is it what the last run left, or was it set back?

A disk that loses the newest entry of a table's log, or a backup put back in parts, leaves files
whose rows the log does not name. A run would take what they hold for new and write it again. So
each run leaves a note, ``<lake>/_cache/left.json``, and compares the log with it before its first
write (docs/decisions/damage.md).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.damage import (
    LOG_FOLDER,
    advise,
    damaged_log,
    describe_fault,
    name_some,
)
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.places import CACHE_FOLDER
from newsbeam.transforms.lake.replay import replay_log
from newsbeam.transforms.lake.schema import TABLES, Table
from newsbeam.transforms.lake.strays import find_lost_rows, find_strays
from newsbeam.transforms.text.counts import show_count

NOTE = "left.json"
_FILE = re.compile(r"(\d{20})\.(?:json|checkpoint.*\.parquet)")


@dataclass(frozen=True, slots=True)
class LogNote:
    """The log of a table as a run left it: its version, a hash of the newest commit, and one of
    the names, sizes and change times of all files of the log up to it.

    No copy or restored backup has the same change times, whatever else it kept.
    """

    version: int
    commit: str | None
    files: str


def check_before_writing(lake: Lake) -> None:
    """Refuse to write to a lake that was set back, or that has rows which no log names.

    Costs a look at the names in the tables' logs. Where these are not as the last run left them,
    or where it left no note, all of the log is read, and all folders are looked through.

    Raises:
        DamagedLake: it is such a lake, or a log cannot be read.
    """
    if lake.is_remote:  # not on a disk that could lose it
        return
    notes = read_log_notes(lake.root)  # before the logs: others may write meanwhile
    for table in TABLES:
        folder, note = lake.root / table.name, notes.get(table.name)
        if note is not None and note == note_log(folder, note.version):
            continue
        if folder.exists() or note is not None:
            _check_table(lake, table, note)


def leave_note(lake: Lake) -> None:
    """Note how the logs are now, for the next run. Without room for it that one looks closer."""
    if lake.is_remote:
        return
    notes: dict[str, Any] = {}
    for table in TABLES:
        version = lake.version(table)
        note = note_log(lake.root / table.name, version) if version >= 0 else None
        if note is not None:
            notes[table.name] = [note.version, note.commit, note.files]
    text = json.dumps({"tables": notes, "digest": _hash(json.dumps(notes))})
    with suppress(OSError):
        path = _place(lake.root)
        if not path.exists() or path.read_text(encoding="utf-8", errors="replace") != text:
            write_file(path, text.encode())


def read_log_notes(root: Path) -> dict[str, LogNote]:
    """What the last run noted, by table; nothing where that is gone or damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(_place(root).read_bytes())
        if note["digest"] == _hash(json.dumps(note["tables"])):
            return {name: LogNote(*values) for name, values in note["tables"].items()}
    return {}


def note_log(folder: Path, version: int) -> LogNote | None:
    """The log of the table in ``folder`` up to ``version``; ``None`` where it has none."""
    seen, newest = [], None
    try:
        with os.scandir(folder / LOG_FOLDER) as entries:
            for entry in entries:
                found = _FILE.fullmatch(entry.name)
                if found is None or int(found[1]) > version:
                    continue
                status = entry.stat()
                seen.append((entry.name, status.st_size, status.st_ctime_ns))
                if int(found[1]) == version and entry.name.endswith(".json"):
                    newest = entry.path
        commit = None
        if newest is not None:
            with open(newest, "rb") as file:
                commit = hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None
    if not seen:
        return None
    return LogNote(version, commit, _hash(repr(sorted(seen))))


def _check_table(lake: Lake, table: Table, note: LogNote | None) -> None:
    root, folder = lake.root, lake.root / table.name
    strays = find_strays(root, table)
    state = replay_log(folder)
    if state.faults:
        state = replay_log(folder)  # else another's checkpoint at that moment
    if state.faults:
        raise damaged_log(state.faults[0].file, state.faults[0].what)
    if note is not None:
        newest = folder / LOG_FOLDER / f"{note.version:020d}.json"
        if state.version < note.version:
            raise DamagedLake(
                f"{newest} is missing: the table `{table.name}` was set back from version "
                f"{note.version} to {state.version}, and what the last run wrote would be written "
                f"again; nothing was written; {advise(root)}",
                newest,
            )
        try:
            commit = lake.log(table).digest(note.version)
        except DamagedLake:
            raise
        except OSError as error:
            raise damaged_log(newest, describe_fault(error)) from error
        if note.commit is not None and commit not in (note.commit, None):
            raise DamagedLake(
                f"{newest} is not what the last run wrote: the table `{table.name}` was set back "
                f"or made anew; nothing was written; {advise(root)}",
                newest,
            )
    if not strays:
        return
    lost = find_lost_rows(root, table, strays, state.live)
    if lost:
        rows = sum(count or 0 for count in lost.values())
        first = folder / min(lost)
        raise DamagedLake(
            f"{name_some(str(folder / path) for path in lost)}: no log names "
            f"{'it' if len(lost) == 1 else 'them'}, and the table `{table.name}`, whose log was "
            f"set back or lost, lacks {show_count(rows, 'row')} of it; nothing was written; "
            f"{advise(root)}",
            first,
        )


def _place(root: Path) -> Path:
    return root / CACHE_FOLDER / NOTE


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
