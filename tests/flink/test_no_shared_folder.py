"""Flink with TaskManagers that share no folder: the lake is on S3, each has a cache of its own.

They are processes of one machine, each with another folder than the others at the path where homes,
caches and temporary files are (``Machines``). Only Flink's checkpoints are in a folder of all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from tests.support.engines.commands import run_newsbeam
from tests.support.engines.fixtures import skip_without_parts
from tests.support.engines.machines import Machines, run_machines
from tests.support.engines.paper import (
    WITHOUT_MODEL,
    catch_up,
    check_rows,
    count_rows,
    list_delays,
    list_rows,
    make_running_paper,
    read_rows,
    write_configs,
)
from tests.support.flink.cluster import Cluster, run_cluster
from tests.support.flink.parts import obtain_parts
from tests.support.flink.running import run_stream, watch
from tests.support.newspaper import serve
from tests.support.waiting import wait_until

MINUTES = float(os.environ.get("FLINK_MINUTES", "2"))
# Within which a revision is there though a TaskManager was killed: its heartbeat, a restart, a new
# TaskManager, its Python, the leases of the dead.
AFTER = timedelta(seconds=90)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with (
        skip_without_parts(),
        run_machines(tmp_path_factory.mktemp("machines")) as machines,
    ):
        yield machines


@pytest.fixture(scope="module")
def two(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two TaskManagers with a slot each, on two such machines."""
    with skip_without_parts():
        parts = obtain_parts()
    folder = tmp_path_factory.mktemp("flink") / "cluster"
    with run_cluster(folder, parts, task_managers=2, slots=1, machines=machines) as cluster:
        yield cluster


@pytest.mark.timeout(600)
def test_a_batch_gives_the_rows_of_a_local_run(
    two: Cluster, machines: Machines, tmp_path: Path
) -> None:
    lake, folder = machines.find_lake("batch")
    now = datetime.now(UTC)
    paper = make_running_paper(now - timedelta(minutes=5), timedelta(minutes=4), every=12, hosts=4)
    with serve(paper):
        configs = write_configs(paper, machines.here / "batch")
        run_newsbeam("run", configs, "--output", tmp_path / "local")
        began = datetime.now(UTC)
        beam = two.beam_arguments(environment="PROCESS")
        run_newsbeam("run", configs, "--output", lake, "--workers", "4", "--", *beam,
                     variables=machines.variables())  # fmt: skip
        print(f"batch: {(datetime.now(UTC) - began).total_seconds():.0f} s")
    expected = list_rows(tmp_path / "local")
    assert len(expected) == 32
    assert list_rows(folder) == expected
    (job,) = two.jobs("FINISHED")
    print(f"what the stage that fetches received: {two.wait_for_work(job, 'FetchPages')}")


@pytest.mark.timeout(int(MINUTES * 60) + 600)
def test_a_stream_loses_nothing_with_a_task_manager(
    two: Cluster, machines: Machines, tmp_path: Path
) -> None:
    lasts = timedelta(minutes=MINUTES)
    paper = make_running_paper(datetime.now(UTC), lasts + timedelta(hours=1), every=3)
    lake, folder = machines.find_lake("stream")
    with serve(paper):
        configs = write_configs(paper, machines.here / "stream", WITHOUT_MODEL)
        with run_stream(
            two, configs, lake, tmp_path / "stream.log",
            environment="PROCESS", variables=machines.variables(),
        ) as stream:  # fmt: skip
            catch_up(paper, folder)
            began, job = datetime.now(UTC), two.job
            two.wait_for_checkpoint(job)
            watch(lasts.total_seconds() / 2, lambda: None)
            before = two.wait_for_work(job, "EnrichArticles")
            quiet = sorted(list_delays(folder, paper, began))

            orphans = two.task_managers[0].kill_alone()
            two.start_task_manager()
            wait_until(lambda: two.restarts(job) >= 1, 60, "a restart")
            wait_until(lambda: not any(one.is_running() for one in orphans), 30, "their end")
            catch_up(paper, folder)
            watch(lasts.total_seconds() / 2, lambda: None)
            after = two.wait_for_work(job, "EnrichArticles")
            restarts = two.restarts(job)
            ended = datetime.now(UTC)
            assert stream.stop() == 0, stream.tail()
    number = check_rows(read_rows(folder), paper, ended, AFTER)
    delays = sorted(list_delays(folder, paper, began))
    print(
        f"\n{ended - began}: {count_rows(folder)} rows, {number} revisions that had to be there, "
        f"{restarts} restarts"
        f"\nreadable after, until the kill: median {median(quiet):.1f} s, "
        f"95 % {quiet[len(quiet) * 95 // 100]:.1f} s; in all: median {median(delays):.1f} s, "
        f"most {delays[-1]:.1f} s"
        f"\nwhat the stage that enriches received before the kill: {before}; after it: {after}"
        f"\nfiles in the caches: {machines.count_kept_files()}"
    )
    assert number > 10
    # What each keeps of the lake lies in its own folder, and nowhere else.
    assert all(machines.count_kept_files().values())
