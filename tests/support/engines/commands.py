"""``newsbeam`` as a process of its own: a command to its end, or a stream."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from tests.support.workplace import ROOT

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass
class Stream:
    """``newsbeam stream`` in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path
    began: float = field(default_factory=time.time)

    @property
    def said(self) -> list[dict[str, int]]:
        """Its progress so far."""
        lines = self.log.with_suffix(".out").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def stop(self, seconds: float = 60) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def tail(self) -> str:
        return self.log.read_text("utf-8", errors="replace")[-3000:]


def run_newsbeam(
    *arguments: str | Path, seconds: float = 240, variables: Mapping[str, str] = _NONE
) -> None:
    """The command line to its end, which must be a good one."""
    done = subprocess.run(
        [sys.executable, "-m", "newsbeam", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


def find_sentence(process: subprocess.Popen[str], seconds: float = 240) -> str:
    """What a command says that fails: its last line, beside which there is no traceback."""
    _, said = process.communicate(timeout=seconds)
    assert process.returncode == 1, said
    assert "Traceback" not in said, said
    assert "\tat " not in said, said  # Java's
    (sentence,) = (line for line in said.splitlines() if line.startswith("newsbeam: "))
    return sentence


def start_newsbeam(
    *arguments: str | Path, variables: Mapping[str, str] = _NONE
) -> subprocess.Popen[str]:
    """The command line, with what it says on standard error to be read."""
    return subprocess.Popen(
        [sys.executable, "-m", "newsbeam", *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **variables},
    )  # fmt: skip


@contextmanager
def start_stream(
    configs: Path,
    output: Path | str,
    log: Path,
    beam: Sequence[str],
    *options: str,
    variables: Mapping[str, str] = _NONE,
) -> Iterator[Stream]:
    """A stream that is killed at the end of the block; ``beam`` names its engine."""
    command = [
        sys.executable, "-m", "newsbeam", "stream", str(configs), "--output", str(output),
        "--tick", "1", "--window", "3", "--json", *options, "--", *beam,
    ]  # fmt: skip
    with log.with_suffix(".out").open("wb") as out, log.open("wb") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=errors, start_new_session=True,
            env={**os.environ, **variables},
        )  # fmt: skip
    try:
        yield Stream(process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
