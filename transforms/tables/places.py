"""Where the files of a table are, who may move them now, and two folders that change places.

A table's folder holds files in their plain places, ``source=…/…/part-….parquet``, and compacted
files that wait in ``_compacted/``, which readers of plain Parquet pass over
(docs/decisions/compaction.md).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HIDDEN = "_compacted"
# Folders on their way, below HIDDEN.
SWAP = "_swap"
_PLAIN_ENDING = ".parquet"
# No reader's `**/*.parquet` takes a waiting file for data, whatever it makes of folders.
_WAITING_ENDING = ".waiting"
# linux/fs.h and fcntl.h; sys/stdio.h of macOS.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_RENAME_SWAP = 2


def hide_place(place: str) -> str:
    """Where the compacted file of the plain ``place`` waits."""
    return f"{HIDDEN}/{place.removesuffix(_PLAIN_ENDING)}{_WAITING_ENDING}"


def plain_place(path: str) -> str:
    """The plain place of the file at ``path``, which may be a waiting one."""
    if not is_hidden(path):
        return path
    return path.removeprefix(f"{HIDDEN}/").removesuffix(_WAITING_ENDING) + _PLAIN_ENDING


def is_hidden(path: str) -> bool:
    """Whether the file at ``path`` waits where readers of plain Parquet do not see it."""
    return path.startswith(f"{HIDDEN}/")


def is_plain(name: str) -> bool:
    """Whether readers of plain Parquet take a file of this name for data."""
    return name.endswith(_PLAIN_ENDING)


@contextmanager
def hold_places(table: Path, *, alone: bool = False) -> Iterator[None]:
    """Keep the files of the table in the folder ``table`` where they are, but for one's own moves.

    Who moves single files in or out holds it with others of the kind; who changes whole folders
    holds it alone. The system frees it with the process.
    """
    descriptor = os.open(table / "_delta_log", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def swap_folders(first: Path, second: Path) -> None:
    """Let two folders of one file system change their places, in one step that all see at once.

    renameat2(2) with RENAME_EXCHANGE on Linux, renamex_np(2) with RENAME_SWAP on macOS.

    Raises:
        OSError: one is not there, or the system or file system cannot do it.
    """
    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(first), os.fsencode(second)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(*names, ctypes.c_uint(_RENAME_SWAP))
        else:
            failed = library.renameat2(
                _AT_FDCWD, names[0], _AT_FDCWD, names[1], ctypes.c_uint(_RENAME_EXCHANGE)
            )
    except AttributeError:  # the C library has no such function
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(first)) from None
    if failed:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(first), None, str(second))


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
