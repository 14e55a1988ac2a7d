"""Notices edited configs, and keeps a broken one from stopping the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsbeam.pipelines.config.job import ConfigError, Fault, Job
from newsbeam.pipelines.config.load import LANGUAGE_FOLDER, SUFFIXES, find_configs, load_job

Stamp = frozenset[tuple[str, int, int]]


@dataclass(frozen=True)
class Loaded:
    """What could be read: ``job`` from ``paths``, without the files that ``faults`` are about.

    ``job`` is ``None`` where nothing can be used until somebody mends the configs.
    """

    job: Job | None
    paths: tuple[Path, ...]
    faults: tuple[Fault, ...] = ()


def list_config_files(paths: Sequence[Path]) -> list[Path]:
    """All YAML files that may matter: those in the folders of ``paths`` and their languages'."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    return [
        file
        for folder in folders
        for inside in (folder, folder / LANGUAGE_FOLDER)
        if inside.is_dir()
        for file in sorted(inside.iterdir())
        if file.suffix in SUFFIXES
    ]


def load_usable(paths: Sequence[Path]) -> Loaded:
    """Read the configs; where some are faulty, the others alone."""
    try:
        return Loaded(load_job(paths), tuple(paths))
    except ConfigError as error:
        faults = error.faults
    faulty = {Path(fault.file) for fault in faults}
    usable = [file for path in paths for file in _find_inside(path) if file not in faulty]
    if not usable:
        return Loaded(None, tuple(paths), tuple(faults))
    try:
        return Loaded(load_job(usable), tuple(usable), tuple(faults))
    except ConfigError as error:
        # A file that all share, such as a language, or a fault that only now comes to light.
        return Loaded(None, tuple(paths), tuple(sorted({*faults, *error.faults})))


def _find_inside(path: Path) -> Iterable[Path]:
    try:
        return find_configs([path])
    except ConfigError:
        return ()


def _stamp(paths: Sequence[Path]) -> Stamp:
    """Names, sizes and times of the files: equal as long as nobody edits one."""
    found = set()
    for file in list_config_files(paths):
        try:
            status = file.stat()
        except FileNotFoundError:
            continue  # deleted at this moment
        found.add((str(file), status.st_size, status.st_mtime_ns))
    return frozenset(found)


@dataclass
class ConfigWatch:
    """The configs at ``paths`` as they were when last read."""

    paths: Sequence[Path]
    loaded: Loaded = field(init=False)
    _seen: Stamp = field(init=False)

    def __post_init__(self) -> None:
        self._read()

    def refresh(self) -> bool:
        """Read the configs again if a file of theirs has changed; returns whether one had."""
        if _stamp(self.paths) == self._seen:
            return False
        self._read()
        return True

    def _read(self) -> None:
        # The stamp first: an edit while we read is noticed the next time.
        self._seen = _stamp(self.paths)
        self.loaded = load_usable(self.paths)
