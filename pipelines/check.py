"""``newsbeam check``: what is damaged in a lake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from newsbeam.transforms.errors import NoLakeError
from newsbeam.transforms.fetch.archive import ARCHIVE_FOLDER
from newsbeam.transforms.lake.damage import LOG_FOLDER, advise
from newsbeam.transforms.lake.examine import examine_caches, examine_staging, examine_table
from newsbeam.transforms.lake.findings import Finding, LastCheck, note_check
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.lake_files import list_file_names, sort_paths
from newsbeam.transforms.lake.machine import cache_folder
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.schema import TABLES
from newsbeam.transforms.read.warc_frames import Frame, iterate_frame

# Of a record's block no more is kept in memory; its end is read all the same. Ours.
_BLOCK_BYTES = 65_536


def check_lake(
    place: LakePath,
    now: datetime,
    *,
    deep: bool = False,
    show: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Look for damage in the lake at ``place``: log, files (``deep``: every page), caches, staging
    areas, archives. Changes nothing but the note of it, for ``newsbeam status``.

    Raises:
        NoLakeError: there is none.
    """
    root = place.resolve()
    if not is_lake(root):
        raise NoLakeError(place)
    Lake(root)  # refuses places where none can be
    findings: list[Finding] = []
    for table in TABLES:
        findings += examine_table(root, table, deep=deep, show=show)
    findings += examine_staging(root)
    findings += examine_caches(root, deep=deep)
    findings += examine_archives(root, deep=deep, show=show)
    damage = tuple(str(finding) for finding in findings if finding.is_damage)
    note_check(cache_folder(root), LastCheck(now, deep, damage))
    return findings


def is_lake(root: LakePath) -> bool:
    """Whether at ``root`` is a lake, or what is left of one."""
    folders = [root / table.name for table in TABLES]
    return any(
        f.is_dir() if isinstance(f, Path) else list_file_names(f / LOG_FOLDER) for f in folders
    )


def examine_archives(
    root: LakePath, *, deep: bool, show: Callable[[str], None] = lambda _: None
) -> Iterator[Finding]:
    """Archives of pages with records that cannot be read; without ``deep`` their beginnings."""
    paths = sort_paths((root / ARCHIVE_FOLDER).glob("source=*/*/*.warc.gz"))
    for number, path in enumerate(paths):
        show(f"archives: {number:,} of {len(paths):,}")
        what, count = None, 0
        try:
            frames = list_frames(path, deep=deep)
            faults = [frame.fault for frame in frames if frame.fault is not None]
            count = len(faults)
            if faults:
                what = f"is damaged ({faults[0].detail})"
            elif not frames:
                what = "is empty"
        except OSError as error:
            what = f"cannot be read ({error.strerror or error})"
        if what is not None:
            yield Finding(
                "archive", path, what,
                f"{count or 'all'} of its records cannot be read again by `run --replay`; no row "
                "of the tables is lost", advise(root), rows=count or None,
            )  # fmt: skip


def list_frames(path: LakePath, *, deep: bool) -> list[Frame]:
    """The records of an archive, without their blocks; without ``deep`` the first.

    Raises:
        OSError: it cannot be read.
    """
    found = []
    with path.open("rb") as file:
        for frame in iterate_frame(file, _BLOCK_BYTES, compressed=True):
            found.append(Frame(frame.offset, fault=frame.fault))
            if not deep:
                break
    return found
