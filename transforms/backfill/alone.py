"""One backfill at a time works on a lake."""

from __future__ import annotations

from pathlib import Path

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.files import FileLock, take_lock

_LOCK = "lock"


def hold_backfill(folder: Path) -> FileLock:
    """The lock of the backfills in ``folder``, which is made.

    Raises:
        LakeBusy: another one works there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return take_lock(folder / _LOCK, wait=False, create=True)
    except BlockingIOError:
        raise LakeBusy(
            "another backfill works on this lake; give it all sources, or wait for its end"
        ) from None
