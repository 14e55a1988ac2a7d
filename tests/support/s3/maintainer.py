"""A ``newsbeam maintain`` that sends itself a signal between two steps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from newsbeam.pipelines.maintain import MaintainOptions, maintain_lake
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake import compaction, object_vacuum
from newsbeam.transforms.lake.object_path import ObjectPath, read_place
from newsbeam.transforms.lake.object_staging import ObjectStaging
from tests.support.workplace import ROOT

# What it has just done, of the articles, when it is stopped.
STEPS = ("intent", "upload", "commit", "copy", "delete", "shown")


def start_maintainer(
    place: ObjectPath, environment: Mapping[str, str], step: str, signal_name: str = "SIGKILL"
) -> subprocess.Popen[bytes]:
    """A process that maintains the lake, nothing retained, and stops itself after ``step``."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.s3.maintainer", str(place), step, signal_name],
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )


def _stop_after(step: str, number: signal.Signals) -> None:
    """Let this process send itself the signal when it has done ``step`` once."""
    owners: dict[str, tuple[Any, str]] = {
        "intent": (ObjectStaging, "write_intent"),
        "upload": (compaction, "_write_merge"),
        "commit": (compaction, "commit_rewrites"),
        "copy": (ObjectPath, "copy_to"),
        "delete": (object_vacuum, "_settle"),
        "shown": (object_vacuum, "commit_rewrites"),
    }
    owner, name = owners[step]
    original: Callable[..., Any] = getattr(owner, name)

    def do_and_stop(*arguments: Any) -> Any:
        result = original(*arguments)
        os.kill(os.getpid(), number)
        return result

    setattr(owner, name, do_and_stop)


def main(place: str, step: str, signal_name: str) -> int:
    """What ``start_maintainer`` starts."""
    _stop_after(step, signal.Signals[signal_name])
    try:
        maintain_lake(read_place(place), MaintainOptions(retain=timedelta()))
    except NewsbeamError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
