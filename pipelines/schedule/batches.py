"""Starts a batch as a process of its own, waits for it, and reads what became of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from newsbeam.pipelines.runners.signals import name_end
from newsbeam.pipelines.schedule.notify import VARIABLES
from newsbeam.pipelines.schedule.state import Batch, Counts

# -P: a folder `pipelines` where somebody happens to stand must not be taken for ours.
COMMAND = (sys.executable, "-P", "-m", "newsbeam.pipelines.cli.batch")
_LAST_LINES = 20
_LAST_BYTES = 16_384


def read_summary_counts(summary: str) -> Counts:
    """The counts of a run's JSON summary, summed over its sources.

    Raises:
        ValueError: ``summary`` is no such summary.
    """
    try:
        data = json.loads(summary)
        sources = list(data["sources"].values())
        return Counts(
            run_id=str(data["run_id"]),
            new=sum(source["new"] for source in sources),
            revised=sum(source["revised"] for source in sources),
            known=sum(source["known"] for source in sources),
            rejected=sum(sum(source["rejected"].values()) for source in sources),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its summary cannot be read: {error!r}") from None


def run_batch(
    command: Sequence[str],
    log: Path,
    lock: int,
    tend: Callable[[subprocess.Popen[bytes]], str | None],
) -> Batch:
    """Run ``command`` to its end. Its standard error goes to the file ``log``.

    The process leads a session of its own: Ctrl-C in our terminal is for us alone. It inherits
    the file descriptor ``lock``, and its standard input ends when we do (see ``batch``).
    ``tend`` waits for it and returns ``None``, or why it should be killed.
    """
    started_at, start = datetime.now(UTC), time.monotonic()
    code: int | None = None
    counts: Counts | None = None
    fault: str | None = None
    try:
        with tempfile.TemporaryFile() as out, log.open("w+b") as errors:
            child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=out, stderr=errors, pass_fds=(lock,),
                start_new_session=True,
                env={name: text for name, text in os.environ.items() if name not in VARIABLES},
            )  # fmt: skip
            try:
                fault = tend(child)
            finally:
                code = _end(child)
            if code != 0:
                fault = _describe_end(fault or name_end(code), errors)
            else:
                out.seek(0)
                counts = read_summary_counts(out.read().decode("utf-8", "replace"))
    except OSError as error:
        fault = f"could not be started: {error}"
    except ValueError as error:
        fault = str(error)
    return Batch(started_at, time.monotonic() - start, code, counts, fault)


def _end(child: subprocess.Popen[bytes]) -> int:
    """Leave nothing of the batch behind: neither it nor a process that it started."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    assert child.stdin is not None
    child.stdin.close()
    return child.wait()


def _describe_end(end: str, errors: IO[bytes]) -> str:
    """``end`` with the last lines of what the batch said."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _LAST_BYTES))
    lines = errors.read().decode("utf-8", "replace").splitlines()[-_LAST_LINES:]
    return "\n".join([f"{end}; its last words:", *lines]) if lines else end
