"""``newsbeam maintain`` on an object store: beside runs, killed or asleep between any two steps."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from newsbeam.pipelines.upkeep import Upkeep
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.lake.places import is_laid_out
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.s3.lakes import check_lake, commit_keys, start_writer
from tests.support.s3.maintainer import STEPS, start_maintainer
from tests.support.s3.proxy import run_proxy
from tests.support.s3.server import BUCKET, Server
from tests.support.waiting import wait_until

Command = Callable[[list[str]], tuple[int, str, str]]
KEYS = ["a", "b", "c", "d"]
# What a maintainer that was stopped says: it went well, or it was taken for dead.
DONE, LOST = 0, 1


@pytest.fixture
def folder(server: Server, place: ObjectPath) -> Path:
    """Where the server has the objects of the articles."""
    return server.folder / BUCKET / place.key / "articles"


@pytest.fixture
def small(lake: Lake) -> Lake:
    """A lake of small files."""
    for key in KEYS:
        commit_keys(lake, [key])
    return lake


def read_plain(folder: Path) -> list[str]:
    """The titles that readers of plain Parquet see."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    plain = [path for path in files if is_laid_out(path, 2)]
    return sorted(t for path in plain for t in pq.read_table(folder / path)["title"].to_pylist())


def read_delta(lake: Lake) -> list[str]:
    """Those that Delta's readers see."""
    return sorted(lake.open(ARTICLES).to_pyarrow_table()["title"].to_pylist())


def maintain(newsbeam: Command, place: ObjectPath, *options: str) -> dict[str, int]:
    """What was done with the articles."""
    code, out, err = newsbeam(["maintain", str(place), "--json", *options])
    assert code == 0, err
    done: dict[str, int] = json.loads(out)["tables"]["articles"]
    return done


def clean_up(lake: Lake, newsbeam: Command, place: ObjectPath) -> None:
    """Maintain until nothing is left to do; the lease of a dead one runs out meanwhile."""

    def is_done() -> bool:
        code, out, err = newsbeam(["maintain", str(place), "--retain", "0s", "--json"])
        assert code == 0 or "another `newsbeam maintain`" in err, err
        lake.clean()
        tables = json.loads(out)["tables"].values() if code == 0 else []
        return bool(tables) and not any(
            table[name] for table in tables for name in ("merged", "shown", "deleted", "waiting")
        )

    wait_until(is_done)
    assert not (place / "_staging").list()


def test_small_files_become_one(
    small: Lake, place: ObjectPath, newsbeam: Command, folder: Path, server: Server
) -> None:
    before = small.open(ARTICLES)
    done = maintain(newsbeam, place)
    assert (done["merged"], done["merges"], done["files_after"]) == (4, 1, 1)
    assert (done["waiting"], done["deleted"]) == (4, 0)
    # Both kinds of readers, also of the version before, until the time of the old files is over.
    assert read_plain(folder) == read_delta(small) == KEYS
    assert sorted(before.to_pyarrow_table()["title"].to_pylist()) == KEYS
    assert maintain(newsbeam, place, "--dry-run")["shown"] == 0
    assert maintain(newsbeam, place, "--dry-run", "--retain", "0s")["shown"] == 1
    assert maintain(newsbeam, place, "--retain", "0s")["shown"] == 1
    assert read_plain(folder) == read_delta(small) == KEYS
    clean_up(small, newsbeam, place)
    assert check_lake(small, server.folder) == KEYS
    assert len(list_files(small.open(ARTICLES))) == 1
    assert newsbeam(["check", str(place), "--deep"])[0] == 0


def test_known_articles_stay_known(
    small: Lake, place: ObjectPath, newsbeam: Command, server: Server
) -> None:
    """Of a run that began when the lake was empty, and whose files to compare with are gone."""
    clean_up(small, newsbeam, place)
    again = commit_keys(small, ["a", "e"], base=0)
    assert (again.new, again.known) == (1, 1)
    assert check_lake(small, server.folder) == [*KEYS, "e"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step(
    small: Lake, place: ObjectPath, server: Server, tmp_path: Path, newsbeam: Command,
    folder: Path, step: str,
) -> None:  # fmt: skip
    maintainer = start_maintainer(place, server.environment(tmp_path / "other"), step)
    assert maintainer.wait() == -signal.SIGKILL
    assert read_delta(small) == KEYS
    assert set(read_plain(folder)) == set(KEYS)
    clean_up(small, newsbeam, place)
    assert check_lake(small, server.folder) == KEYS


@pytest.mark.parametrize("other", ["cleans", "maintains"])
@pytest.mark.parametrize("step", STEPS)
def test_asleep_after_any_step_while_another_one(
    small: Lake, place: ObjectPath, server: Server, tmp_path: Path, newsbeam: Command,
    folder: Path, step: str, other: str,
) -> None:  # fmt: skip
    maintainer = start_maintainer(place, server.environment(tmp_path / "o"), step, "SIGSTOP")
    try:
        os.waitid(os.P_PID, maintainer.pid, os.WSTOPPED | os.WNOWAIT)
        if other == "maintains":
            clean_up(small, newsbeam, place)
        else:
            cleaned: list[str] = []
            wait_until(lambda: cleaned.extend(small.clean()) or bool(cleaned))
        commit_keys(small, ["e"])
        maintainer.send_signal(signal.SIGCONT)
        assert maintainer.wait() == (LOST if step in ("intent", "upload") else DONE)
    finally:
        maintainer.kill()
    assert read_delta(small) == [*KEYS, "e"]
    assert set(read_plain(folder)) == {*KEYS, "e"}
    clean_up(small, newsbeam, place)
    assert check_lake(small, server.folder) == [*KEYS, "e"]


def test_one_at_a_time(
    small: Lake, place: ObjectPath, server: Server, tmp_path: Path, newsbeam: Command
) -> None:
    maintainer = start_maintainer(place, server.environment(tmp_path / "o"), "intent", "SIGSTOP")
    try:
        os.waitid(os.P_PID, maintainer.pid, os.WSTOPPED | os.WNOWAIT)
        code, _, err = newsbeam(["maintain", str(place)])
        assert code == 1
        assert "another `newsbeam maintain` is at work" in err
    finally:
        maintainer.kill()
        maintainer.wait()


@pytest.mark.parametrize("lose", [0.0, 0.3])
def test_beside_writers(
    lake: Lake, place: ObjectPath, server: Server, tmp_path: Path, newsbeam: Command,
    folder: Path, lose: float,
) -> None:  # fmt: skip
    """Three runs at once, some killed, and a maintainer that never rests."""
    told, seen = Counter[str](), set[str]()
    with run_proxy(server.address, lose) as proxy:
        environment = {**server.environment(tmp_path / "w"), "AWS_ENDPOINT_URL": proxy.address}
        for number in range(4):
            keys = {f"{number}-{n}": [f"{number}-{n}", f"all-{number}"] for n in range(3)}
            steps = ("", "copy" if number % 2 else "", "commit" if number == 2 else "")
            writers = {
                key: start_writer(place, keys[key], environment, step)
                for key, step in zip(keys, steps, strict=True)
            }
            while any(writer.poll() is None for writer in writers.values()):
                code, _, err = newsbeam(["maintain", str(place), "--retain", "0s"])
                assert code == 0, err
                told["maintained"] += 1
                found = read_delta(lake)
                assert len(found) == len(set(found))
                assert seen <= set(found)
                seen = set(found)
            for key, writer in writers.items():
                assert writer.wait() in (0, 4, -signal.SIGKILL)
                if writer.wait() == 0:
                    seen |= set(keys[key])
        told["lost answers"] = proxy.lost
    clean_up(lake, newsbeam, place)
    rows = check_lake(lake, server.folder)
    assert len(rows) == len(set(rows))
    assert seen <= set(rows)
    print(f"lost {lose:.0%}: {dict(told)}")


def test_upkeep(lake: Lake, place: ObjectPath, server: Server) -> None:
    """Schedulers and streams start it by themselves."""
    keys = [f"k{number}" for number in range(8)]
    for key in keys:
        commit_keys(lake, [key])
    upkeep = Upkeep(place, first=0)
    try:
        assert upkeep.tend(is_quiet=True) is None
        wait_until(lambda: upkeep.tend(is_quiet=False) is not None or not upkeep.is_at_work)
        assert len(list_files(lake.open(ARTICLES))) == 1
        assert read_delta(lake) == keys
    finally:
        upkeep.stop()


def test_what_is_not_done_there_is_said(small: Lake, place: ObjectPath, newsbeam: Command) -> None:
    code, _, err = newsbeam(["maintain", str(place), "--partition", "day"])
    assert code == 2
    assert "is on an object store, where no table can change places with another" in err
