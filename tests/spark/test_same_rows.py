"""A batch on Spark workers that share no folder, its lake on S3: the rows of a local run."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.engines.commands import run_newsbeam
from tests.support.engines.machines import Machines
from tests.support.engines.paper import list_rows, make_running_paper, write_configs
from tests.support.newspaper import serve
from tests.support.spark.cluster import Cluster


@pytest.mark.timeout(600)
def test_a_batch_gives_the_rows_of_a_local_run(
    cluster: Cluster, machines: Machines, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    paper = make_running_paper(now - timedelta(minutes=5), timedelta(minutes=4), every=12, hosts=4)
    lake, folder = machines.find_lake("batch")
    with serve(paper):
        configs = write_configs(paper, machines.here / "batch")
        run_newsbeam("run", configs, "--output", tmp_path / "local")
        began = time.monotonic()
        run_newsbeam("run", configs, "--output", lake, "--workers", "4", "--",
                     *cluster.beam_arguments(),
                     variables=machines.variables())  # fmt: skip
        took = time.monotonic() - began
    tasks = cluster.count_tasks()
    print(f"{took:.0f} s; tasks by worker: {tasks}; kept files: {machines.count_kept_files()}")
    expected = list_rows(tmp_path / "local")
    assert len(expected) == 32
    assert list_rows(folder) == expected
    assert set(tasks) == {"worker-0", "worker-1"}
