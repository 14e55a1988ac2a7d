"""What goes wrong with Spark is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.engines.commands import find_sentence, start_newsbeam
from tests.support.engines.fixtures import write_one_article
from tests.support.engines.machines import Machines
from tests.support.spark.cluster import Cluster
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_one_article(tmp_path)


def test_a_command_for_workers_that_is_not_there(
    cluster: Cluster, machines: Machines, config: Path
) -> None:
    beam = [*cluster.beam_arguments(), '--environment_config={"command": "/nowhere/worker"}']
    lake, _ = machines.find_lake("no-worker")
    sentence = find_sentence(
        start_newsbeam("run", config, "--output", lake, "--", *beam, variables=machines.variables())
    )
    assert "is the command of --environment_config on each machine of the engine?" in sentence


def test_a_lake_that_workers_do_not_see(cluster: Cluster, machines: Machines, config: Path) -> None:
    lake = machines.here / "lake"
    sentence = find_sentence(
        start_newsbeam("run", config, "--output", lake, "--", *cluster.beam_arguments(),
                       variables=machines.variables())
    )  # fmt: skip
    assert "the engine ended the job in state FAILED: a worker raised" in sentence
    assert f'"{lake / "articles"}" does not exist' in sentence


def test_a_job_server_that_dies_under_a_run(
    cluster: Cluster, machines: Machines, config: Path
) -> None:
    lake, folder = machines.find_lake("no-server")
    before = cluster.count_tasks()
    running = start_newsbeam("run", config, "--output", lake, "--", *cluster.beam_arguments(),
                             variables=machines.variables())  # fmt: skip
    wait_until(lambda: running.poll() is not None or cluster.count_tasks() != before)
    cluster.job_server.kill()
    try:
        sentence = find_sentence(running)
        assert "the engine went away" in sentence
        assert not list((folder / "articles").rglob("*.parquet"))
        # Which is what is said then, too.
        sentence = find_sentence(
            start_newsbeam("run", config, "--output", lake, "--", *cluster.beam_arguments(),
                           variables=machines.variables())
        )  # fmt: skip
        assert f"no job server answers at localhost:{cluster.job_port} (--job_endpoint)" in sentence
    finally:
        cluster.start_job_server()
