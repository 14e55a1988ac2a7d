"""What is printed for Airflow."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsbeam.pipelines.schedule.files import (
    PRINTED_FORMATS,
    print_files,
)
from newsbeam.pipelines.schedule.plan import Plan
from tests.support.planned import said


def run_dag(text: str) -> tuple[dict[str, Any], dict[str, Any], Callable[[], None]]:
    """Execute a DAG file with decorators that note what they are given, as Airflow has them."""
    dag_options: dict[str, Any] = {}
    task_options: dict[str, Any] = {}
    tasks: list[Callable[[], None]] = []

    def dag(**options: Any) -> Callable[[Any], Any]:
        dag_options.update(options)
        return lambda function: function

    def task(**options: Any) -> Callable[[Any], Any]:
        task_options.update(options)
        return lambda function: lambda: tasks.append(function)

    module = types.ModuleType("airflow.sdk")
    module.__dict__.update(dag=dag, task=task)
    before = {name: sys.modules.get(name) for name in ("airflow", "airflow.sdk")}
    sys.modules |= {"airflow": types.ModuleType("airflow"), "airflow.sdk": module}
    try:
        exec(compile(text, "dag", "exec"), {"__name__": "dag"})  # noqa: S102
    finally:
        for name, value in before.items():
            if value is None:
                del sys.modules[name]
            else:
                sys.modules[name] = value
    (function,) = tasks
    return dag_options, task_options, function


def test_dag_runs_newsbeam(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = PRINTED_FORMATS["airflow"].write(plan).values()
    options, _, run = run_dag(text)
    assert options["dag_id"] == "newsbeam"
    assert options["schedule"] == "*/5 * * * *"
    assert options["max_active_runs"] == 1
    assert options["catchup"] is False
    run()
    assert said(plan) == list(plan.run)
    assert capsys.readouterr().out == "æøå from newsbeam\n"


def test_dag_fails_where_newsbeam_does(plan: Plan) -> None:
    (text,) = PRINTED_FORMATS["airflow"].write(replace(plan, run_options=("--fail",))).values()
    _, _, run = run_dag(text)
    with pytest.raises(RuntimeError, match="exit code 3"):
        run()


@pytest.mark.slow
def test_airflow_itself_takes_the_dag(plan: Plan, tmp_path: Path) -> None:
    """With the Python of an environment that has Airflow in $NEWSBEAM_TEST_AIRFLOW."""
    python = os.environ.get("NEWSBEAM_TEST_AIRFLOW")
    if not python:
        pytest.skip("NEWSBEAM_TEST_AIRFLOW names no Python that has Airflow")
    folder = tmp_path / "dags"
    print_files("airflow", plan, folder, io.StringIO(), lambda _: None)
    check = (
        "import sys\n"
        "try:\n    from airflow.dag_processing.dagbag import DagBag\n"
        "except ImportError:\n    from airflow.models.dagbag import DagBag\n"
        "bag = DagBag(sys.argv[1])\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "dag = bag.dags['newsbeam']\n"
        "print('FOUND', dag.task_ids, dag.max_active_runs, dag.catchup)\n"
    )
    done = subprocess.run(
        [python, "-c", check, folder], capture_output=True, text=True, check=False,
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path / "airflow"),
                          "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
    )  # fmt: skip
    assert "FOUND ['run'] 1 False" in done.stdout, done.stderr
