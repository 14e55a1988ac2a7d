"""One backfill at a time works on a lake, and keeps its state in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.files import take_lock
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.leases import hold_leases
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.lake.places import BACKFILL_FOLDER

_LOCK, _CLAIM = "lock", "backfill"


def backfill_folder(lake: Lake) -> Path:
    """Where backfills keep what they found and did: files of this machine, in the lake where that
    is a folder."""
    return lake.cache / "backfill" if lake.is_remote else lake.root / BACKFILL_FOLDER


@contextmanager
def hold_backfill(lake: Lake) -> Iterator[Path]:
    """Be the only backfill of the lake, as long as the block lasts, and have its folder; on an
    object store those of other machines count, too.

    Raises:
        LakeBusy: another one is at work.
    """
    folder = backfill_folder(lake)
    folder.mkdir(parents=True, exist_ok=True)
    busy = LakeBusy("another backfill works on this lake; give it all sources, or wait for its end")
    with ExitStack() as stack:
        try:
            stack.enter_context(take_lock(folder / _LOCK, wait=False, create=True))
        except BlockingIOError:
            raise busy from None
        if isinstance(lake.place, ObjectPath):
            leases = hold_leases(lake.place / "_claims", lake.cache, [_CLAIM])
            if not stack.enter_context(leases):
                raise busy
        yield folder
