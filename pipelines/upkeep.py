"""Upkeep by itself: `newsbeam maintain` in quiet moments of a scheduler or a stream.

It is a process of its own, which may be killed at any moment; runs and readers go on beside it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.schema import ARTICLES

# Seconds, all ours. After the start: a service that is restarted again and again does no upkeep.
_FIRST = 600.0
# Small files of months that go on are worth merging from so many on, and are looked at so often;
# a day later merged files are due to take the place of the old ones.
_LEAST, _EVERY, _DAY = 8, 3 * 3600.0, 24 * 3600.0
# So often a lake on an object store is looked at, where that is a request.
_LOOK = 60.0
# No merge is begun after so long.
_LONGEST = "5m"
MAINTAIN_COMMAND = (sys.executable, "-P", "-m", "newsbeam", "maintain")
OPTIONS = ("--least", str(_LEAST), "--stop-after", _LONGEST)


@dataclass(slots=True)
class Upkeep:
    """Keeps the lake in ``output``; ask it often, and stop it at the end.

    ``first`` are seconds until it begins; ``command`` starts `newsbeam maintain`.
    """

    output: LakePath
    first: float = _FIRST
    command: tuple[str, ...] = MAINTAIN_COMMAND
    _child: subprocess.Popen[bytes] | None = None
    _version: int = -1
    _done_at: float = field(default_factory=time.monotonic)
    _is_first: bool = True
    _look_at: float = 0.0

    def tend(self, is_quiet: bool) -> str | None:
        """Start what is due, if it ``is_quiet``; returns a line to say when one has ended badly.

        Raises:
            OSError: it cannot be started.
        """
        if self._child is not None:
            if (code := self._child.poll()) is None:
                return None
            self._child, self._done_at = None, time.monotonic()
            return None if code == 0 else f"upkeep ended with {code}; see `newsbeam maintain`"
        if not is_quiet or not self._is_due():
            return None
        self._is_first = False
        self._child = subprocess.Popen(
            [*self.command, str(self.output), *OPTIONS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_yield_to_others,
        )
        return None

    @property
    def is_at_work(self) -> bool:
        """Whether one that was started has not ended yet."""
        return self._child is not None

    def stop(self) -> None:
        """Kill what runs: the next one goes on with it."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def _is_due(self) -> bool:
        waited = time.monotonic() - self._done_at
        if waited < (self.first if self._is_first else _EVERY):
            return False
        if not isinstance(self.output, Path):
            if time.monotonic() < self._look_at:
                return False
            self._look_at = time.monotonic() + _LOOK
        try:
            version = Lake(self.output.resolve()).version(ARTICLES)
        except (OSError, NewsbeamError):  # away, or damaged: others tell of it
            return False
        is_worth = version >= self._version + _LEAST or waited >= _DAY
        if is_worth:
            self._version = version
        return is_worth


def _yield_to_others() -> None:
    os.nice(10)
