"""Delta tables on an object store: opened once by each thread that uses them, then kept current.

Opening one fetches every entry of its log since the last checkpoint; bringing it up to date
fetches what is new. Who needs no more than the names of its files keeps them on this machine, and
fetches what is new as well.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from threading import local
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.object_log import ObjectLog
from newsbeam.transforms.lake.object_path import ObjectPath, delta_options
from newsbeam.transforms.lake.store_faults import name_fault

_OPENED = local()


def open_object_table(place: ObjectPath, version: int | None = None) -> DeltaTable:
    """The Delta table at ``place``, at ``version`` or as it is now.

    Raises:
        TableNotFoundError: there is none (yet).
        StoreFault: the store refuses, or does not answer, or its log cannot be read.
    """
    opened: dict[ObjectPath, DeltaTable] = _OPENED.__dict__.setdefault("tables", {})
    handle = opened.get(place)
    if handle is not None and version is not None and handle.version() == version:
        return handle
    if handle is not None and version is None:
        with suppress(DeltaError, OSError):  # made anew, say: see below
            handle.update_incremental()
            return handle
    try:
        handle = DeltaTable(str(place), version=version, storage_options=delta_options(place))
    except TableNotFoundError:
        raise
    except (DeltaError, OSError, ValueError) as error:
        raise name_fault(place, error) from error
    if version is None:
        opened[place] = handle
    return handle


def list_kept_files(log: ObjectLog, place: Path) -> set[str]:
    """The paths of the files of the table with this ``log``, at the version that was listed last;
    kept in the file ``place``.

    Raises:
        StoreFault, DamagedLake: the log cannot be read.
    """
    version = log.find_seen_version()
    files: set[str] | None = None
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(place.read_bytes())
        kept = note["version"]
        if kept <= version and note["digest"] == log.digest(kept):
            files = _follow(log, set(note["files"]), kept, version)
            if kept == version:
                return files
    if files is None:
        handle = open_object_table(log.place, version)
        files = set(handle.get_add_actions(flatten=True).column("path").to_pylist())
    with suppress(OSError):  # the next one reads it all
        note = {"version": version, "digest": log.digest(version), "files": sorted(files)}
        write_file(place, json.dumps(note).encode())
    return files


def _follow(log: ObjectLog, files: set[str], after: int, upto: int) -> set[str]:
    """``files`` of the version ``after`` as they are at ``upto``.

    Raises:
        FileNotFoundError: the log does not reach back so far.
    """
    for version in range(after + 1, upto + 1):
        for action in log.read_actions(version):
            if "add" in action:
                files.add(unquote(action["add"]["path"]))
            elif "remove" in action:
                files.discard(unquote(action["remove"]["path"]))
    return files
