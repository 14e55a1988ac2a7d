"""Keeps what is known as files in ``<lake>/_cache/known/``, a state for each table version.

A state is a small JSON file, ``<version>.json``, that names its runs (``known_rows``); a run's
name is the hash of its content. Nothing here is ever changed, only added and, after a day, taken
away, so that runs of the job may read and write at once. A worker that comes too late for its
state makes it anew from the table.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from transforms.tables.cache_file import FOLDER, write_cache_file
from transforms.tables.known_rows import ARTICLES, DOCUMENTS, Known, SortedRun, map_run
from transforms.tables.table_log import TableLog

# Seconds for which states and runs are kept after their last use. Ours: a worker process opens
# its state at once, and one that does not finds the table.
_KEPT = 86_400
_STATE = ".json"


def cache_folder(root: Path) -> Path:
    """Where the lake at ``root`` keeps the files."""
    return root / FOLDER / "known"


def load_known_state(folder: Path, log: TableLog, version: int) -> tuple[int, Known] | None:
    """The newest kept state that ``version`` of the table grew out of, with its own version."""
    for path, kept in _find_states(folder):
        if kept > version:
            continue
        with suppress(OSError, ValueError, KeyError, TypeError):  # whatever is wrong: not usable
            state = json.loads(path.read_text(encoding="utf-8"))
            if not state["commit"] or state["commit"] != log.digest(kept):
                continue  # of a table that is no more
            known = Known(
                tuple(map_run(DOCUMENTS, folder / name) for name in state["documents"]),
                tuple(map_run(ARTICLES, folder / name) for name in state["articles"]),
            )
            if [len(run) for run in known.documents + known.articles] == state["rows"]:
                return kept, known
    return None


def store_known_state(folder: Path, log: TableLog, version: int, known: Known) -> None:
    """Keep ``known`` as the state of ``version``, and take away what nobody has used for a day.

    Raises:
        OSError: the files cannot be written.
    """
    state = {
        "commit": log.digest(version),
        "documents": [_store_run(folder, run) for run in known.documents],
        "articles": [_store_run(folder, run) for run in known.articles],
        "rows": [len(run) for run in known.documents + known.articles],
    }
    write_cache_file(_state_path(folder, version), json.dumps(state).encode())
    _clean_states(folder)


def touch_known_state(folder: Path, version: int) -> None:
    """Note that the state of ``version`` is in use."""
    with suppress(FileNotFoundError):  # another run took it away; the table is still there
        os.utime(_state_path(folder, version))


def _state_path(folder: Path, version: int) -> Path:
    return folder / f"{version:020d}{_STATE}"


def _find_states(folder: Path) -> Iterator[tuple[Path, int]]:
    """The kept states, newest version first."""
    for path in sorted(folder.glob(f"{'[0-9]' * 20}{_STATE}"), reverse=True):
        yield path, int(path.stem)


def _store_run(folder: Path, run: SortedRun) -> str:
    if run.name is not None:
        return run.name
    data = run.pack()
    name = f"{run.layout.name}-{hashlib.sha256(data).hexdigest()[:32]}.rows"
    write_cache_file(folder / name, data)
    return name


def _clean_states(folder: Path) -> None:
    limit = time.time() - _KEPT
    newest, *older = [path for path, _ in _find_states(folder)]
    keep = {newest.name}
    for path in (newest, *older):
        with suppress(OSError, ValueError, KeyError, TypeError):
            if path is newest or path.stat().st_mtime > limit:
                state = json.loads(path.read_text(encoding="utf-8"))
                keep.update([path.name, *state["documents"], *state["articles"]])
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another run was faster
            if path.name not in keep and path.stat().st_mtime < limit:
                path.unlink()
