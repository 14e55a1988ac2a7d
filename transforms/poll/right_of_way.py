"""Feeds go first: a backfill asks a site only while no other command of the lake does.

Whoever asks for what is new announces itself (``go_first``) and waits for the one request of a
backfill that may be on its way; a backfill asks for leave before each request (``take_turn``).
The locks are those of the operating system, which drops them with the process, however it ends
(docs/decisions/backfill.md).
"""

from __future__ import annotations

import asyncio
import os
import time
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

from newsbeam.transforms.files import FileLock, take_lock
from newsbeam.transforms.lake.lake import Lake

# Ours: sites share so many locks, as open files are few. Who shares one waits without need.
_LANES = 64
# Seconds between two looks. Ours.
_LOOK = 0.05


def way_folder(lake: Lake) -> Path:
    """Where the locks are. Anyone may delete it while nothing runs."""
    return lake.cache / "lanes"


@contextmanager
def go_first(folder: Path | None, domains: Iterable[str]) -> Iterator[None]:
    """Keep backfills from asking ``domains`` while the block runs.

    Begins when the requests that were on their way, at most one a domain, have ended. Without a
    ``folder`` nothing is kept.
    """
    lanes = sorted({_find_lane(domain) for domain in domains}) if folder is not None else []
    with ExitStack() as stack:
        if folder is None or not lanes:
            yield
            return
        folder.mkdir(parents=True, exist_ok=True)
        announced = [folder / f"{lane:02}.feeds" for lane in lanes]
        for path in announced:
            stack.enter_context(take_lock(path, shared=True, create=True))
        # All are announced before the first is waited for, so that the waits run side by side.
        for lane in lanes:
            with take_lock(folder / f"{lane:02}.backfill", create=True):
                pass
        try:
            yield
        finally:
            # From here the gap to a backfill's next request is reckoned. The system's own stamp
            # would be some milliseconds old.
            now = time.time_ns()
            for path in announced:
                os.utime(path, ns=(now, now))


@asynccontextmanager
async def take_turn(folder: Path, domain: str, gap: float) -> AsyncIterator[None]:
    """Wait until nobody else wants to ask ``domain``, and hold the turn while the block runs and
    until ``gap`` seconds after its start, so that who comes next is polite, too."""
    lane = _find_lane(domain)
    folder.mkdir(parents=True, exist_ok=True)
    while (lock := _try_turn(folder, lane, gap)) is None:
        await asyncio.sleep(_LOOK)
    with lock:
        began = time.monotonic()
        try:
            yield
        finally:
            await asyncio.sleep(max(0.0, began + gap - time.monotonic()))


def _try_turn(folder: Path, lane: int, gap: float) -> FileLock | None:
    """The turn, held; ``None`` where somebody goes first, or went a moment ago."""
    try:
        lock = take_lock(folder / f"{lane:02}.backfill", shared=True, wait=False, create=True)
    except BlockingIOError:
        return None
    feeds = folder / f"{lane:02}.feeds"
    with suppress(BlockingIOError), take_lock(feeds, wait=False, create=True):
        ago = time.time() - feeds.stat().st_mtime
        if not 0 <= ago < gap:  # what lies ahead comes from a clock that was set back since
            return lock
    lock.__exit__()
    return None


def _find_lane(domain: str) -> int:
    return zlib.crc32(domain.encode("utf-8", "surrogatepass")) % _LANES
