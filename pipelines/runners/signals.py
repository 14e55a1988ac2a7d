"""Waiting that signals and the end of a child process cut short."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_STOP = (signal.SIGTERM, signal.SIGINT)


@dataclass
class Signals:
    """The signals to stop that came in, oldest first."""

    reader: int
    stops: list[int] = field(default_factory=list)

    @property
    def is_stopped(self) -> bool:
        """Whether somebody wants the process to end."""
        return bool(self.stops)

    def wait(self, seconds: float) -> None:
        """Sleep until a signal to stop comes, a child process ends, or the time is over."""
        if select.select([self.reader], [], [], max(0.0, seconds))[0]:
            os.read(self.reader, 4096)


@contextmanager
def catch_signals() -> Iterator[Signals]:
    """Collect SIGTERM and SIGINT while the block runs, in place of ending. Main thread only."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signals = Signals(reader)
    # Python writes a byte for each signal that has a handler; a handler's own work (waking
    # a lock that the main thread may hold) could dead-lock.
    before_wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda n, _: signals.stops.append(n))
              for number in _STOP}  # fmt: skip
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_wakeup)
        os.close(reader)
        os.close(writer)


def name_end(code: int) -> str:
    """How a process ended, in words; ``code`` is ``Popen.returncode``."""
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name
    return f"ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
