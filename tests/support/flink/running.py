"""``newsbeam stream`` on a Flink cluster, and how its processes fare."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any

from tests.support.engines.commands import Stream, start_stream
from tests.support.flink.cluster import Cluster
from tests.support.waiting import wait_until


@contextmanager
def run_stream(
    cluster: Cluster,
    configs: Path,
    output: Path | str,
    log: Path,
    *beam: str,
    environment: str = "EXTERNAL",
    checkpoint: float = 3,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Stream]:
    """A stream that is killed at the end of the block, its job cancelled."""
    arguments = [
        *cluster.beam_arguments(environment=environment),
        f"--checkpointing_interval={int(checkpoint * 1000)}", *beam,
    ]  # fmt: skip
    try:
        with start_stream(configs, output, log, arguments, variables=variables) as stream:
            wait_until(
                lambda: stream.process.poll() is not None or cluster.jobs("RUNNING"),
                120,
                "a running job",
            )
            assert stream.process.poll() is None, stream.tail()
            yield stream
    finally:
        for job in cluster.jobs("RUNNING", "RESTARTING", "CREATED"):
            cluster.cancel(job)


@dataclass
class Sample:
    """Memory of processes in MB and what a job keeps, at a time."""

    at: float
    memory: dict[str, float]


def take_sample(cluster: Cluster) -> Sample:
    """Look at all processes of the cluster."""
    processes = (cluster.job_manager, *cluster.task_managers, cluster.job_server, cluster.workers)
    return Sample(
        time.monotonic(), {one.name: round(one.memory) for one in processes if one.is_alive}
    )


def compare_halves(values: Sequence[float]) -> tuple[float, float]:
    """Median of the second quarter and of the last: the first quarter warms up."""
    quarter = len(values) // 4
    return median(values[quarter : 2 * quarter]), median(values[-quarter:])


def watch(seconds: float, look: Callable[[], Any], every: float = 5) -> list[Any]:
    """What ``look`` returns now and then, for so many seconds."""
    seen, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen.append(look())
        time.sleep(every)
    return seen
