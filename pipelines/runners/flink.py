"""Ends jobs on a Flink cluster.

Beam's job server only stops to wait for a job that it is told to cancel (seen with 2.70); the job
itself goes on. So a stream asks Flink, by its REST interface.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from newsbeam.pipelines.runners.options import find_option

# Ours: seconds for an answer, and for a job to end.
_ANSWER = 10.0
_END = 60.0
_ENDED = frozenset({"FINISHED", "CANCELED", "FAILED", "SUSPENDED"})


def find_master(beam_arguments: Sequence[str]) -> str | None:
    """The REST address in Beam's argument --flink_master, with its scheme; the last one counts."""
    master = find_option(beam_arguments, "--flink_master")
    if master is None or master.startswith("["):  # [auto], [local]
        return None
    return master if master.startswith(("http://", "https://")) else f"http://{master}"


def cancel_job(master: str, name: str) -> int:
    """Cancel the jobs called ``name``, and wait until they have ended; how many there were.

    Raises:
        OSError: Flink does not answer, or a job does not end within a minute.
    """
    try:
        return _cancel_jobs(master, name)
    except urllib.error.URLError as error:
        raise ConnectionError(
            f"Flink does not answer at {master} (--flink_master): {error.reason}"
        ) from error


def _cancel_jobs(master: str, name: str) -> int:
    jobs = _list_live(master, name)
    for job in jobs:
        _ask(f"{master}/jobs/{job}?mode=cancel", "PATCH")
    deadline = time.monotonic() + _END
    while live := _list_live(master, name):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Flink's job {live[0]} does not end; look at {master}")
        time.sleep(0.5)
    return len(jobs)


def _list_live(master: str, name: str) -> list[str]:
    jobs = _ask(f"{master}/jobs/overview", "GET")["jobs"]
    return [job["jid"] for job in jobs if job["name"] == name and job["state"] not in _ENDED]


def _ask(url: str, method: str) -> Any:
    request = urllib.request.Request(url, method=method)
    with urllib.request.urlopen(request, timeout=_ANSWER) as answer:
        return json.loads(answer.read() or b"{}")
