"""What tests of maintenance share: a lake of small files, and the time that passes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from tests.support.maintained import commit, reject, row


@pytest.fixture(scope="session")
def made_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten commits of an article each, in two partitions of five; two rejects."""
    lake = Lake(tmp_path_factory.mktemp("made") / "out")
    lake.create("day")
    for number in range(10):
        commit(lake, [row(f"a{number}", day=21 + number % 2)])
    for number in range(2):
        reject(lake, f"{number}.txt")
    return lake.root


@pytest.fixture
def lake(made_lake: Path, tmp_path: Path) -> Lake:
    """A copy of the made lake."""
    return Lake(shutil.copytree(made_lake, tmp_path / "out"))


@pytest.fixture
def pass_an_hour(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Sets Python's clock ahead, so that nobody has to wait."""
    now, now_ns, hours = time.time, time.time_ns, 0

    def move() -> None:
        nonlocal hours
        hours += 1

    monkeypatch.setattr(time, "time", lambda: now() + 3601 * hours)
    monkeypatch.setattr(time, "time_ns", lambda: now_ns() + 3601 * hours * 1_000_000_000)
    return move
