"""Commits on an object store: races, deaths between any two steps, and runs that fall asleep."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.s3.lakes import LOST, STEPS, check_lake, commit_keys, start_writer
from tests.support.s3.server import Server
from tests.support.waiting import wait_until


def clean_until(lake: Lake, count: int = 1) -> None:
    """Clean up until runs were found dead: they are watched for the time of their lease."""
    cleaned: list[str] = []

    def clean() -> bool:
        cleaned.extend(lake.clean())
        return len(cleaned) >= count

    wait_until(clean)


def test_articles_are_there_once(lake: Lake, server: Server) -> None:
    assert commit_keys(lake, ["a", "b"]).new == 2
    again = commit_keys(lake, ["b", "c"], base=0)
    assert (again.new, again.known) == (1, 1)
    assert check_lake(lake, server.folder) == ["a", "b", "c"]


def test_writers_at_once(lake: Lake, server: Server, place: ObjectPath, tmp_path: Path) -> None:
    keys = [f"k{number}" for number in range(6)]
    environments = [server.environment(tmp_path / str(number)) for number in range(3)]
    writers = [start_writer(place, keys, environment) for environment in environments]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert check_lake(lake, server.folder) == keys


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step(
    lake: Lake, server: Server, place: ObjectPath, tmp_path: Path, step: str
) -> None:
    environment = server.environment(tmp_path / "other")
    assert start_writer(place, ["a", "b"], environment, step).wait() == -signal.SIGKILL
    clean_until(lake)
    assert check_lake(lake, server.folder) == (["a", "b"] if step == "commit" else [])
    commit_keys(lake, ["a", "b", "c"], base=0)
    assert check_lake(lake, server.folder) == ["a", "b", "c"]


@pytest.mark.parametrize("step", STEPS)
def test_asleep_after_any_step_while_another_cleans_up(
    lake: Lake, server: Server, place: ObjectPath, tmp_path: Path, step: str
) -> None:
    writer = start_writer(place, ["a", "b"], server.environment(tmp_path / "o"), step, "SIGSTOP")
    try:
        os.waitid(os.P_PID, writer.pid, os.WSTOPPED | os.WNOWAIT)
        clean_until(lake)
        writer.send_signal(signal.SIGCONT)
        code = writer.wait()
    finally:
        writer.kill()
    if step == "commit":
        assert code == 0
    else:
        assert code == LOST
    clean_until(lake, 0)
    wait_until(lambda: is_tidy(lake))
    assert check_lake(lake, server.folder) == (["a", "b"] if step == "commit" else [])
    commit_keys(lake, ["a", "b", "c"])
    assert set(check_lake(lake, server.folder)) == {"a", "b", "c"}


def is_tidy(lake: Lake) -> bool:
    """Whether nothing is left of dead runs, after one more look."""
    lake.clean()
    assert isinstance(lake.place, ObjectPath)
    return not (lake.place / "_staging").list()


def test_living_runs_are_left_alone(lake: Lake, server: Server, tmp_path: Path) -> None:
    """Longer than the time of their lease, as they renew it."""
    staging = lake.stage("alive")
    with staging.create():
        assert isinstance(lake.place, ObjectPath)
        lease = lake.place / "_staging" / "alive" / "lease.json"
        seen = {lease.read_tag()}

        def has_changed_often() -> bool:
            assert lake.clean() == []
            seen.add(lease.read_tag())
            return len(seen) > 4

        wait_until(has_changed_often)
    assert lake.clean() == ["alive"]
    assert lake.version(ARTICLES) == 0
