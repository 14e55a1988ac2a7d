"""One Flink cluster for all tests of this folder.

Only collected where the command line names this folder (``make test-flink``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engines.fixtures import skip_without_parts
from tests.support.flink.cluster import Cluster, run_cluster
from tests.support.flink.parts import obtain_parts


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any("flink" in argument for argument in config.args)
    return None if named or collection_path.suffix != ".py" else True


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with skip_without_parts():
        parts = obtain_parts()
    with run_cluster(tmp_path_factory.mktemp("flink") / "cluster", parts) as cluster:
        yield cluster
