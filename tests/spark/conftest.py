"""One Spark cluster for all tests of this folder, its workers on machines of their own.

Only collected where the command line names this folder (``make test-spark``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engines.fixtures import skip_without_parts
from tests.support.engines.machines import Machines, run_machines
from tests.support.spark.cluster import Cluster, run_cluster
from tests.support.spark.parts import obtain_parts


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any("spark" in argument for argument in config.args)
    return None if named or collection_path.suffix != ".py" else True


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with (
        skip_without_parts(),
        run_machines(tmp_path_factory.mktemp("machines")) as machines,
    ):
        yield machines


@pytest.fixture(scope="session")
def cluster(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with skip_without_parts():
        parts = obtain_parts()
    with run_cluster(tmp_path_factory.mktemp("spark") / "cluster", parts, machines) as cluster:
        yield cluster
