"""What must happen in one step that all see at once: files written whole, moves, locks, swaps.

Nothing else in the house renames, links or locks.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# linux/fs.h and fcntl.h; sys/stdio.h of macOS.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_RENAME_SWAP = 2


@contextmanager
def replace_file(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """A draft to write, which becomes ``path`` when the block ends: all of it, or nothing.

    Until then readers see what was there before. The draft lies beside it under a name of its
    own, so that any number of processes may write the same file; the last one wins. Its mode is
    that of any new file. Where the block raises, the draft goes.

    Raises:
        FileExistsError: ``path`` is there, and ``overwrite`` is not given.
        OSError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.new")
    try:
        yield draft
        sync(draft)  # else a power cut may leave the name without the content
        if overwrite:
            os.replace(draft, path)
        else:
            os.link(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink()


def write_file(path: Path, data: bytes) -> None:
    """Make ``data`` the content of ``path``, as ``replace_file``; its folder need not be there.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as draft:
        draft.write_bytes(data)


def sync(path: Path) -> None:
    """Wait until what a file holds, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(path: Path, place: Path) -> None:
    """Give the file or folder at ``path`` the name ``place``, whose folder need not be there.

    A file that was there before goes.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, place)


@dataclass(frozen=True, slots=True)
class FileLock:
    """A lock (flock) that is held; its end is that of a ``with`` block, or of the process.

    It belongs to the open file: processes that inherit ``descriptor`` hold it, too.
    """

    descriptor: int

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def take_lock(
    path: Path, *, shared: bool = False, wait: bool = True, create: bool = False
) -> FileLock:
    """Lock the file or folder at ``path`` against others, or together with others (``shared``).

    Raises:
        FileNotFoundError: it is not there, or was deleted while this waited.
        BlockingIOError: it is locked, and ``wait`` is false.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT if create else os.O_RDONLY, 0o666)
    try:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return FileLock(descriptor)


def swap_folders(first: Path, second: Path) -> None:
    """Let two folders of one file system change their places.

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


def refill_folder(folder: Path, files: Mapping[str, Path], spare: Path) -> None:
    """Let ``folder`` hold ``files`` (by their names in it, as hard links) and nothing else.

    ``spare`` is not there before, and afterwards holds what ``folder`` held.

    Raises:
        OSError: a file is not there, or the file system cannot do it; ``folder`` is as it was.
    """
    spare.mkdir(parents=True)
    for name, path in files.items():
        os.link(path, spare / name)
    _copy_owner(folder, spare)
    sync(spare)
    swap_folders(spare, folder)
    sync(folder.parent)


def link_files(folder: Path, other: Path) -> None:
    """Give the files of ``folder`` a second name (hard links) in ``other``, a folder that is there.

    Raises:
        OSError: the file system cannot do it.
    """
    for path in folder.iterdir():
        if path.is_file():
            os.link(path, other / path.name)


def _copy_owner(old: Path, new: Path) -> None:
    """Give ``new`` the owner and the permissions of ``old``, which may be another user's."""
    status = old.stat()
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(new, status.st_uid, status.st_gid)
    os.chmod(new, status.st_mode & 0o7777)
