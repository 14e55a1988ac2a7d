"""Worker processes of local runs: one that dies ends the run, with a reason and at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import psutil
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from newsbeam.pipelines.runners import local
from newsbeam.pipelines.runners.local import choose_runner
from newsbeam.pipelines.runners.options import RunFailed
from tests.support.thinned import every_nth
from tests.support.waiting import wait_until
from tests.support.workplace import Workplace

# A worker that is not able to begin: Python itself fails, before it reads a line of newsbeam.
_BROKEN = """
import sys
if "newsbeam.pipelines.runners.worker" in sys.orig_argv:
    raise SystemExit("no room")
"""


def _run(codes: Sequence[str]) -> None:
    """Evaluate ``codes`` in two worker processes."""
    runner, arguments = choose_runner([], 2)
    pipeline = beam.Pipeline(runner=runner, options=PipelineOptions(arguments))
    _ = pipeline | beam.Create(codes) | beam.Reshuffle() | beam.Map(eval)
    pipeline.run().wait_until_finish()


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """No test leaves a process behind, or a zombie; tests before may have."""
    before = {*psutil.Process().children()}
    yield
    made = {*psutil.Process().children()} - before
    assert not [child for child in made if "resource_tracker" not in child.cmdline()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "reason"),
    every_nth(
        3,
        [
            (f"__import__('os').kill(__import__('os').getpid(), {signal.SIGKILL})", "SIGKILL"),
            ("__import__('os')._exit(3)", "exit code 3"),
            ("__import__('os')._exit(0)", "exit code 0"),
        ],
    ),
)
def test_a_worker_that_dies_at_its_work_ends_the_run(
    code: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    # The other worker has enough to do; nor must the one that dies have done its own first.
    with pytest.raises(RunFailed, match=f"a worker process died: .*{reason}"):
        _run([code, *["__import__('time').sleep(2)"] * 9])
    assert "Traceback" not in capfd.readouterr().err


def test_a_worker_that_begins_when_another_one_is_dead_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "WORKER", (sys.executable, "-c", "raise SystemExit(3)"))
    start = local._Worker.start_worker

    def start_and_wait(worker: Any) -> None:
        start(worker)
        wait_until(lambda: worker._crew.fault is not None)

    monkeypatch.setattr(local._Worker, "start_worker", start_and_wait)
    with pytest.raises(RunFailed, match="a worker process died: exit code 3"):
        _run(["1 + 1"] * 9)


@pytest.mark.slow
def test_workers_that_live_do_their_work_and_end() -> None:
    _run(["1 + 1"] * 9)


@pytest.mark.slow
def test_a_bug_in_a_worker_is_raised_as_a_bug() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        _run(["1 / 0"])


def test_a_worker_that_cannot_begin_ends_the_run_with_a_sentence(workplace: Workplace) -> None:
    broken = workplace.folder / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(_BROKEN)
    workplace.write("a.txt", "En sak\n\nKari Dahl er ordfører i Bodø.\n")
    paths = [str(broken), *filter(None, [os.environ.get("PYTHONPATH")])]
    run = subprocess.run(
        [sys.executable, "-m", "newsbeam", "run", workplace.folder / "avis.yaml", "--output",
         workplace.output, "--workers", "2"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 1
    # The other worker may have begun a line of its own.
    assert run.stderr.endswith(
        "newsbeam: the run failed: a worker process died: exit code 1; nothing was committed; "
        "what it said stands above; --workers 1 needs no such processes\n"
    )
    assert "no room" in run.stderr
    assert _list_parquet(workplace.output) == []
    assert workplace.run()["new"] == 1


def _list_parquet(folder: Path) -> list[Path]:
    return list(folder.glob("articles/**/*.parquet"))
