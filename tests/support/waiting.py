"""Waiting for what must come, and limits of time, on a machine that has much else to do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Only what never comes takes so long.
PATIENCE = 120


def wait_until(
    condition: Callable[[], object], seconds: float = PATIENCE, what: str = "what must come"
) -> None:
    """Wait for ``condition``. Raises TimeoutError."""
    deadline, pause = time.monotonic() + seconds, 0.01
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(pause)
        pause = min(1.2 * pause, 0.2)


def count_denied(pid: int) -> float:
    """Seconds for which threads of a process were ready to run, and others had the processors.

    All threads added up, the living ones only; 0 where Linux does not tell.
    """
    total = 0.0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(path.read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            continue  # it has just ended
    return total


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is done meanwhile takes no longer, waiting included; but what other processes take
    away from this one does not count.
    """
    denied, began = count_denied(os.getpid()), time.monotonic()
    yield
    took = time.monotonic() - began
    # Threads that ended meanwhile have taken their part with them.
    denied = max(count_denied(os.getpid()) - denied, 0.0)
    assert took - denied < seconds, f"it took {took:.1f} s, {denied:.1f} without a processor"
