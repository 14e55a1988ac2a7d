"""A table's log read leniently: what it says in spite of what is damaged in it.

Delta's library gives up at the first fault. This reads on behind it (Delta protocol, "Delta Log
Entries", "Checkpoints"), for whoever has to say what is wrong, or to mend it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import (
    LOG_FOLDER,
    UNREADABLE,
    damaged_log,
    describe_fault,
)
from newsbeam.transforms.lake.lake_files import fetch_file, list_file_names, read_ahead
from newsbeam.transforms.lake.object_path import LakePath, delta_options
from newsbeam.transforms.lake.places import partition_values

_ENTRY = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet")
_HINT = "_last_checkpoint"
# Names of files in the log as newsbeam and Delta's library write them: percent-encoded.
_PLACE = re.compile(r"(?:[\w/=:.~-]|%[0-9A-Fa-f]{2})+", re.ASCII)
# What an `add` cannot do without (Delta protocol, "Add File and Remove File"), but for its path.
_KINDS = {"add", "remove", "cdc", "metaData", "protocol", "txn", "commitInfo", "domainMetadata",
          "checkpointMetadata", "sidecar"}  # fmt: skip
# Reads a file of the log whole.
ReadFile: TypeAlias = Callable[[LakePath], bytes]
_ADD_FIELDS = {"partitionValues": dict, "size": int, "modificationTime": int, "dataChange": bool}


@dataclass(frozen=True, slots=True)
class LogFault:
    """A file of the log, what is wrong with it (the end of a sentence that begins with its name),
    and whether that hides something: not where a later checkpoint says it all."""

    file: LakePath
    what: str
    is_hiding: bool = True


@dataclass(slots=True)
class LogState:
    """What the log of a table says at ``version`` (-1: nothing).

    ``live`` has the `add` action of each file by its path; ``removed`` are paths that the log
    names as taken away, ``named`` all that it names. ``actions`` are the newest of the kinds
    `protocol` and `metaData`. ``faults`` come in the order of the versions.
    """

    version: int = -1
    live: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    faults: list[LogFault] = field(default_factory=list)

    @property
    def named(self) -> set[str]:
        """Paths of all files that the log names."""
        return self.removed | self.live.keys()

    @property
    def is_readable(self) -> bool:
        """Whether nothing is hidden by a fault."""
        return not any(fault.is_hiding for fault in self.faults)

    def apply(self, actions: Iterable[Mapping[str, Any]]) -> str | None:
        """Add a commit's actions; returns what contradicts what was said before, or is not whole.

        An action that is not whole is passed over: no name in it can be trusted.

        Raises:
            KeyError, TypeError: they are no actions.
        """
        wrong = None
        for action in actions:
            if not _is_whole(action):
                wrong = "is damaged (it does not say whole what became of a file)"
            elif (add := action.get("add")) is not None:
                path = unquote(add["path"])
                if path in self.live:
                    wrong = f"adds {path}, which the table has already: is it an old version?"
                self.live[path] = dict(add)
                self.removed.discard(path)
            elif (remove := action.get("remove")) is not None:
                path = unquote(remove["path"])
                self.live.pop(path, None)
                self.removed.add(path)
            elif (txn := action.get("txn")) is not None:
                self.transactions[txn["appId"]] = txn["version"]
            for kind in ("protocol", "metaData"):
                if action.get(kind) is not None:
                    self.actions[kind] = dict(action[kind])
        return wrong


def _is_whole(action: Mapping[str, Any]) -> bool:
    """Whether what an action says of a file can be so. A flipped bit may leave JSON as it was."""
    if not action.keys() & _KINDS:
        return False
    about = action.get("add") or action.get("remove")
    if about is None:
        return True
    path = about.get("path")
    if not isinstance(path, str) or not _PLACE.fullmatch(path):
        return False
    if action.get("add") is None:
        return True
    if not all(isinstance(about.get(name), kind) for name, kind in _ADD_FIELDS.items()):
        return False
    try:
        stats = json.loads(about.get("stats") or "{}")
    except (ValueError, TypeError):
        return False
    values: dict[str, str] = about["partitionValues"]
    return isinstance(stats, dict) and values == partition_values(unquote(path))


def replay_log(folder: LakePath) -> LogState:
    """What the log of the table at ``folder`` says, from its newest readable checkpoint on."""
    log = folder / LOG_FOLDER
    names = list_file_names(log)
    if not names:
        return LogState()
    entries = {int(found[1]): log / found[0] for found in map(_ENTRY.fullmatch, names) if found}
    checkpoints = {
        int(found[1]): log / found[0] for found in map(_CHECKPOINT.fullmatch, names) if found
    }
    with read_ahead(entries.values()) as read:
        return _replay(log, entries, checkpoints, read)


def _replay(
    log: LakePath,
    entries: Mapping[int, LakePath],
    checkpoints: Mapping[int, LakePath],
    read: ReadFile,
) -> LogState:
    state = LogState()
    _check_hint(log, checkpoints, state)
    begun = -1
    for version in sorted(checkpoints, reverse=True):
        try:
            _read_checkpoint(checkpoints[version], state)
        except UNREADABLE as error:
            # What it hides, the entries since an older one may still tell.
            is_hiding = min(entries, default=version) > 0
            state.faults.append(LogFault(checkpoints[version], describe_fault(error), is_hiding))
            continue
        begun = version
        break
    last = max([*entries, *checkpoints], default=-1)
    first = begun + 1
    if begun < 0 and any(fault.is_hiding for fault in state.faults):
        first = min(entries, default=0)  # what came before was cleaned up
    for version in sorted(v for v in entries if v <= begun):
        fault = _find_fault(entries[version], LogState(), read)
        if fault is not None:
            state.faults.append(LogFault(entries[version], fault, is_hiding=False))
    for version in range(first, last + 1):
        entry = entries.get(version, log / f"{version:020d}.json")
        fault = _find_fault(entry, state, read)
        if fault is not None:
            state.faults.append(LogFault(entry, fault))
    if last >= 0 and (wrong := _check_head(state)) is not None:
        state.faults.append(LogFault(log / f"{max(begun, 0):020d}.json", wrong))
    state.version = last
    return state


def read_entry(
    path: LakePath, read: ReadFile = lambda path: path.read_bytes()
) -> list[dict[str, Any]]:
    """The actions of a commit.

    Raises:
        ValueError: it is damaged; the message is the end of a sentence that begins with its name.
        OSError: it is missing or cannot be read.
    """
    try:
        actions = [json.loads(line) for line in read(path).splitlines() if line.strip()]
    except ValueError:
        raise ValueError("is damaged (it is no JSON)") from None
    if not actions:
        raise ValueError("is damaged (it is empty)")
    if not all(isinstance(action, dict) for action in actions):
        raise ValueError("is damaged (it holds no actions)")
    return actions


def _check_head(state: LogState) -> str | None:
    """What is wrong with the table's columns and protocol; drops what is."""
    try:
        Schema.from_json(state.actions["metaData"]["schemaString"])
        state.actions["metaData"]["partitionColumns"][0]
        state.actions["metaData"]["format"]["provider"]
    except (KeyError, IndexError, TypeError, ValueError, DeltaError):
        state.actions.pop("metaData", None)
    protocol = state.actions.get("protocol", {})
    versions = protocol.get("minReaderVersion"), protocol.get("minWriterVersion")
    if not all(isinstance(version, int) for version in versions):
        state.actions.pop("protocol", None)
    missing = {"metaData", "protocol"} - state.actions.keys()
    return f"lacks what the table is ({', '.join(sorted(missing))})" if missing else None


def read_stated_rows(add: Mapping[str, Any]) -> int | None:
    """How many rows an `add` action of the log states; ``None`` where it does not."""
    try:
        rows = json.loads(add.get("stats") or "{}").get("numRecords")
    except (ValueError, AttributeError):
        return None
    return rows if isinstance(rows, int) else None


def _find_fault(entry: LakePath, state: LogState, read: ReadFile) -> str | None:
    """Add what a commit says to ``state``; returns what is wrong with it."""
    try:
        return state.apply(read_entry(entry, read))
    except ValueError as error:
        return str(error)
    except OSError as error:
        return describe_fault(error)
    except (KeyError, TypeError, AttributeError):
        return "is damaged (it holds no actions)"


def _read_checkpoint(path: LakePath, state: LogState) -> None:
    with fetch_file(path) as copy, pq.ParquetFile(copy) as file:
        columns = {"add", "remove", "protocol", "metaData", "txn"} & set(file.schema_arrow.names)
        for batch in file.iter_batches(2_000, columns=sorted(columns), use_threads=False):
            for row in batch.to_pylist():
                action = {k: _plain(v) for k, v in row.items() if v is not None}
                wrong = state.apply([action]) if action else None
                if wrong is not None:
                    raise ValueError(wrong)


def _plain(action: dict[str, Any]) -> dict[str, Any]:
    """An action of a checkpoint as JSON has it: maps come as lists of pairs."""
    found = {}
    for name, value in action.items():
        if name in ("partitionValues", "configuration", "tags", "options"):
            value = dict(value) if value is not None else None
        elif isinstance(value, dict):
            value = _plain(value)
        if value is not None and not name.endswith("_parsed"):
            found[name] = value
    return found


def _check_hint(log: LakePath, checkpoints: Mapping[int, LakePath], state: LogState) -> None:
    """A hint that leads nowhere stops Delta's library, though it is only that."""
    hint = log / _HINT
    try:
        version = json.loads(hint.read_bytes())["version"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError):
        state.faults.append(LogFault(hint, "is damaged (it is no JSON)", is_hiding=False))
        return
    if version not in checkpoints:
        missing = log / f"{version:020d}.checkpoint.parquet"
        state.faults.append(LogFault(missing, "is missing", is_hiding=False))


def ask_library(folder: LakePath, state: LogState) -> None:
    """Add to ``state`` where Delta's library cannot read the log, or reads it otherwise."""
    if state.version < 0 or state.faults:
        return
    entry = folder / LOG_FOLDER / f"{state.version:020d}.json"
    try:
        table = DeltaTable(str(folder), storage_options=delta_options(folder))
        adds = table.get_add_actions(flatten=True)
        files = set(adds.column("path").to_pylist())
    except (DeltaError, OSError, ValueError) as error:
        what = f"cannot be read ({_first_line(error)})"
    else:
        if files == state.live.keys():
            return
        what = "is damaged (it is read as naming other files)"
    state.faults.append(LogFault(entry, what))


def _first_line(error: Exception) -> str:
    return re.split(r"\n|\s0: <unknown>", str(error))[0]


def name_log_fault(folder: Path, error: Exception) -> DamagedLake:
    """The error for a table whose log Delta's library cannot read."""
    state = replay_log(folder)
    if state.faults:
        return damaged_log(state.faults[0].file, state.faults[0].what)
    what = f"cannot be read ({_first_line(error)})"
    return damaged_log(folder / LOG_FOLDER / f"{max(state.version, 0):020d}.json", what)
