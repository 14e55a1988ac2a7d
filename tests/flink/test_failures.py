"""What goes wrong with Flink is one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engines.commands import find_sentence, start_newsbeam
from tests.support.engines.fixtures import skip_without_parts, write_one_article
from tests.support.flink.cluster import Cluster, run_cluster
from tests.support.flink.parts import obtain_parts
from tests.support.flink.running import run_stream
from tests.support.ports import find_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_one_article(tmp_path)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that tries what fails only twice; the other one would for ever."""
    with skip_without_parts():
        parts = obtain_parts()
    folder = tmp_path_factory.mktemp("impatient") / "cluster"
    with run_cluster(folder, parts, attempts=1) as cluster:
        yield cluster


def test_a_command_for_workers_that_is_not_there(
    impatient: Cluster, config: Path, tmp_path: Path
) -> None:
    beam = [
        *impatient.beam_arguments(environment="PROCESS"),
        '--environment_config={"command": "/nowhere/worker"}',
    ]
    sentence = find_sentence(
        start_newsbeam("run", config, "--output", tmp_path / "lake", "--", *beam)
    )
    assert "the engine ended the job in state FAILED" in sentence
    assert "is the command of --environment_config on each machine of the engine?" in sentence


def test_who_does_not_answer_is_named(cluster: Cluster, config: Path, tmp_path: Path) -> None:
    beam, nobody = cluster.beam_arguments(), f"localhost:{find_port()}"
    command = ("stream", config, "--output", tmp_path / "lake", "--", *beam)
    sentence = find_sentence(start_newsbeam(*command, f"--flink_master={nobody}"), 60)
    assert f"Flink does not answer at http://{nobody} (--flink_master)" in sentence
    sentence = find_sentence(start_newsbeam(*command, f"--job_endpoint={nobody}"), 60)
    assert f"no job server answers at {nobody} (--job_endpoint)" in sentence


def test_a_job_server_that_dies_under_a_stream(
    cluster: Cluster, config: Path, tmp_path: Path
) -> None:
    log = tmp_path / "stream.log"
    with run_stream(cluster, config, tmp_path / "lake", log) as stream:
        cluster.job_server.kill()
        try:
            assert stream.process.wait(120) == 1
            # Whose job nobody could follow any more.
            wait_until(lambda: not cluster.jobs("RUNNING", "RESTARTING"), 60, "the job's end")
        finally:
            cluster.start_job_server()
    said = log.read_text("utf-8")
    assert "newsbeam: the stream ended: Beam's job server does not answer any more" in said
    assert "Traceback" not in said
