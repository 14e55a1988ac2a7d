"""One S3 server for all tests of this folder.

Only collected where the command line names this folder (``make test-s3``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath
from tests.support.s3.server import BUCKET, PROGRAM, Server, run_server


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any("s3" in argument for argument in config.args)
    return None if named or collection_path.suffix != ".py" else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They start processes, and wait for leases to run out."""
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not PROGRAM.exists():
        pytest.skip("no server is here: make get-s3")
    with run_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def place(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectPath:
    """Where a new lake can be; this process reaches it, too."""
    for name, value in server.environment(tmp_path / "cache").items():
        monkeypatch.setenv(name, value)
    return ObjectPath(f"s3://{BUCKET}", f"lake-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def lake(place: ObjectPath) -> Lake:
    lake = Lake(place)
    lake.create()
    return lake


@pytest.fixture
def config(tmp_path: Path) -> Path:
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(12):
        (texts / f"{number}.txt").write_text(
            f"Overskrift {number}\n\n– Det er sak {number}, sier ordfører Kari Dahl i Bodø.\n"
        )
    config = tmp_path / "avis.yaml"
    # A run without models begins sooner.
    config.write_text(
        "id: avis\nlanguage: nb\nfiles: ['texts/*.txt']\nenrich: {pipelines: {nb: null}}\n"
    )
    return config
