"""What engines need of newsbeam, and what is said where they are not as they should be."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_provision_api_pb2, beam_provision_api_pb2_grpc
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult, PipelineState

from newsbeam.pipelines.runners import failures
from newsbeam.pipelines.runners.failures import check_job_server, run_pipeline
from newsbeam.pipelines.runners.flink import cancel_job
from newsbeam.pipelines.runners.options import RunFailed
from newsbeam.pipelines.runners.traces import is_trace
from newsbeam.pipelines.runners.worker import ask_engine
from tests.support.workplace import ROOT

Command = Callable[[list[str]], tuple[int, str, str]]


class Provision(beam_provision_api_pb2_grpc.ProvisionServiceServicer):
    """An engine that says where it wants to be called."""

    def GetProvisionInfo(self, request: Any, context: Any) -> Any:
        (worker,) = (value for key, value in context.invocation_metadata() if key == "worker_id")
        answer = beam_provision_api_pb2.GetProvisionInfoResponse()
        answer.info.pipeline_options.update({"beam:option:job_name:v1": f"job of {worker}"})
        answer.info.control_endpoint.url = "localhost:1"
        answer.info.logging_endpoint.url = "localhost:2"
        answer.info.runner_capabilities.extend(["one", "two"])
        return answer


@pytest.fixture
def engine() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(1))
    beam_provision_api_pb2_grpc.add_ProvisionServiceServicer_to_server(Provision(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0)


def test_a_worker_asks_its_engine_where_to_call(engine: str) -> None:
    told = ask_engine(["--id=7-1", f"--provision_endpoint={engine}", "--logging_endpoint=x"])
    assert told["WORKER_ID"] == "7-1"
    assert "job of 7-1" in told["PIPELINE_OPTIONS"]
    assert told["CONTROL_API_SERVICE_DESCRIPTOR"] == 'url: "localhost:1"\n'
    assert told["LOGGING_API_SERVICE_DESCRIPTOR"] == 'url: "localhost:2"\n'
    assert told["RUNNER_CAPABILITIES"] == "one two"
    assert "STATUS_API_SERVICE_DESCRIPTOR" not in told


def test_a_worker_of_a_local_run_asks_nobody() -> None:
    assert ask_engine(["newsbeam"]) == {}


def test_a_job_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "_ANSWER", 0.2)
    with pytest.raises(RunFailed, match=r"no job server answers at 127\.0\.0\.1:9 "):
        check_job_server(PipelineOptions(["--job_endpoint=127.0.0.1:9"]))


def test_a_job_server_that_answers_is_fine(engine: str) -> None:
    check_job_server(PipelineOptions([f"--job_endpoint={engine}"]))
    check_job_server(PipelineOptions([]))


@dataclass
class Failing:
    """A pipeline whose engine gives the job up."""

    said: str
    options: PipelineOptions = field(default_factory=lambda: PipelineOptions([]))
    runner: Any = None

    def run(self) -> Any:
        raise RuntimeError(self.said)


# As Beam's job servers for Flink and Spark hand it on.
OF_A_WORKER = """Pipeline newsbeam-1 failed in state FAILED: java.lang.RuntimeException: Error \
received from SDK harness for instruction 1: Traceback (most recent call last):
  File "stage.py", line 84, in process
    for outcome in self._do(item):
                   ^^^^^^^^^^^^^^
KeyError: 'name'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "sdk_worker.py", line 310, in _execute
    response = task()
KeyError: 'name' [while running 'ReadFiles/Do/ParDo(_DoEach)']
"""


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "Pipeline newsbeam-1 failed in state FAILED: Out of slots.\n  at Java",
            "the engine ended the job in state FAILED: Out of slots.",
        ),
        (
            OF_A_WORKER,
            (
                "the engine ended the job in state FAILED: a worker raised KeyError: 'name' [while "
                "running 'ReadFiles/Do/ParDo(_DoEach)']"
            ),
        ),
        (
            (
                "Pipeline p failed in state FAILED: java.io.IOException: error=2, No such file or "
                "directory"
            ),
            (
                "the engine ended the job in state FAILED: java.io.IOException: error=2, No such "
                "file or directory (is the command of --environment_config on each machine of the "
                "engine?)"
            ),
        ),
        (
            "Unable to fetch remote job server jar\nat x",
            "the engine could not be started: Unable to fetch remote job server jar",
        ),
        (
            OF_A_WORKER.replace("KeyError: 'name'", "OSError: [Errno 28] No space left on device"),
            "[Errno 28] No space left on device",
        ),
    ],
)
def test_an_engine_that_fails_is_one_sentence(said: str, sentence: str) -> None:
    with pytest.raises(RunFailed) as raised:
        run_pipeline(Failing(said))
    assert str(raised.value) == sentence


def test_a_prism_that_is_not_there_is_one_sentence(newsbeam: Command, tmp_path: Path) -> None:
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nlanguage: nb\nfiles: ['*.txt']\n")
    nowhere = tmp_path / "prism"
    code, _, err = newsbeam(
        ["stream", str(config), "--output", str(tmp_path / "out"), "--ticks", "beam", "--",
         "--runner=PrismRunner", f"--prism_location={nowhere}"]
    )  # fmt: skip
    assert code == 1
    assert f'the engine could not be started: Unable to parse binary URL "{nowhere}"' in err
    assert "Traceback" not in err


def test_a_failure_of_the_local_runner_that_nobody_expected_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="two and two"):
        run_pipeline(Failing("two and two", runner=FnApiRunner()))


def test_what_an_engine_logs_of_its_end_is_kept_apart() -> None:
    def make_record(file: str, level: int) -> logging.LogRecord:
        return logging.LogRecord("root", level, file, 1, "java.io.IOException", None, None)

    assert is_trace(make_record("/x/portable_runner.py", logging.ERROR))
    assert not is_trace(make_record("/x/portable_runner.py", logging.WARNING))
    assert not is_trace(make_record("/x/another.py", logging.ERROR))


def test_a_flink_that_does_not_answer_is_named() -> None:
    with pytest.raises(ConnectionError, match=r"Flink does not answer at http://127\.0\.0\.1:9 "):
        cancel_job("http://127.0.0.1:9", "newsbeam")


class Translating:
    """A pipeline whose engine was asked for a dry run, of which Beam says that all is done."""

    options = PipelineOptions(["--dry_run=true"])
    runner = None

    def run(self) -> Any:
        return PipelineResult(PipelineState.DONE)


def test_a_job_that_was_only_translated_is_said() -> None:
    with pytest.raises(RunFailed, match="translated and not run"):
        run_pipeline(Translating())


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("command", ["run", "stream"])
def test_dataflow_translates_the_job(tmp_path: Path, command: str) -> None:
    """With the Python of an environment that has apache-beam[gcp] in $NEWSBEAM_TEST_DATAFLOW."""
    python = os.environ.get("NEWSBEAM_TEST_DATAFLOW")
    if not python:
        pytest.skip("NEWSBEAM_TEST_DATAFLOW names no Python that has apache-beam[gcp]")
    (tmp_path / "1.txt").write_text("Sak\n\nDette er en sak om noe.\n")
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nlanguage: nb\nfiles: ['*.txt']\nenrich: {pipelines: {nb: null}}\n")
    done = subprocess.run(
        [python, "-P", "-m", "newsbeam", command, config, "--output", tmp_path / "out",
         *(["--ticks", "beam"] if command == "stream" else []), "--",
         "--runner=DataflowRunner", "--dry_run=true",
         "--project=nobody", "--region=europe-north1", "--temp_location=gs://nobody/temp",
         "--sdk_container_image=newsbeam-worker:latest", "--sdk_location=container"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLOUDSDK_CONFIG": str(tmp_path)},
    )  # fmt: skip
    assert "the job was translated and not run" in done.stderr, done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("runner", ["DataflowRunner", "PrismRunner", "apache_beam.x.SparkRunner"])
def test_flink_ticks_are_for_flink(newsbeam: Command, tmp_path: Path, runner: str) -> None:
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nlanguage: nb\nfiles: ['*.txt']\n")
    code, _, err = newsbeam(
        ["stream", str(config), "--output", str(tmp_path / "out"), "--", f"--runner={runner}"]
    )
    assert code == 2
    assert "only Flink knows --ticks flink; for this engine say --ticks beam" in err
