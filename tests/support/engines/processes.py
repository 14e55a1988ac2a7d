"""The processes of a cluster, each with its log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.workplace import ROOT


@dataclass
class Process:
    """A process with a process group of its own and its output in a file."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        return self

    def kill(self) -> None:
        """SIGKILL to the process and all that it started; again is no fault."""
        if self.running is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def kill_alone(self) -> list[psutil.Process]:
        """SIGKILL to the process, and not to what it started, which is returned."""
        assert self.running is not None
        children = psutil.Process(self.running.pid).children(recursive=True)
        self.running.kill()
        self.running.wait()
        return children

    @property
    def is_alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def _list_family(self) -> Iterator[psutil.Process]:
        """The process, and what it started."""
        if self.is_alive and self.running is not None:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(self.running.pid)
                yield from (process, *process.children(recursive=True))

    @property
    def memory(self) -> float:
        """Resident MB, with its children."""
        total = 0
        for one in self._list_family():
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
        return total / 2**20

    def tail(self, characters: int = 3000) -> str:
        """The end of its output."""
        return self.log.read_text("utf-8", errors="replace")[-characters:]
