"""An event loop whose time passes only where all wait, at once, so that no neighbour delays it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Skipping(selectors.DefaultSelector):
    """Asked to wait, it moves the time on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("all wait, and for nothing that time brings")
        self.now += max(timeout, 0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Not for sockets or threads: nothing from outside comes in time."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._skipping.now


def run_in_virtual_time(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` to its end; ``asyncio.get_running_loop().time`` is its clock."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(work)


def virtual_now() -> float:
    """``time.monotonic`` for what runs in such a loop."""
    return asyncio.get_running_loop().time()
