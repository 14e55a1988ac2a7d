"""Killed with SIGKILL at any moment and run again: every article once, for every reader."""

from __future__ import annotations

import glob
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from deltalake import DeltaTable

from tests.support.waiting import PATIENCE, wait_until
from tests.support.workplace import ROOT

Command = Callable[[list[str]], tuple[int, str, str]]
ARTICLES = 300
KILLS = int(os.environ.get("NEWSBEAM_KILLS", "30"))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kill")
    subprocess.run(
        [sys.executable, ROOT / "benchmarks/generate_articles.py", folder / "stories",
         "--count", str(ARTICLES), "--words", "60"],
        check=True,
    )  # fmt: skip
    config = folder / "avis.yaml"
    # A run without models begins sooner.
    config.write_text(
        "id: avis\nlanguage: nb\nfiles: ['stories/*.txt']\nenrich: {pipelines: {nb: null}}\n"
    )
    return config


def start(config: Path, output: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "newsbeam", "run", config, "--output", output, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def seconds(config: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long an undisturbed run takes."""
    began = time.monotonic()
    assert start(config, tmp_path_factory.mktemp("whole") / "out").wait() == 0
    return time.monotonic() - began


def is_there(folder: Path, pattern: str) -> bool:
    """``Path.glob`` fails where a folder goes away meanwhile."""
    return bool(glob.glob(pattern, root_dir=folder))


def wait_for(delay: float, folder: Path | None = None, sign: str = "") -> Callable[[], bool]:
    """Whether ``delay`` seconds have passed since now, or since ``folder`` had ``sign``."""
    end = None if folder else time.monotonic() + delay

    def has_come() -> bool:
        nonlocal end
        if end is None and folder and is_there(folder, sign):
            end = time.monotonic() + delay
        return end is not None and time.monotonic() >= end

    return has_come


def kill_and_run_again(
    config: Path, output: Path, newsbeam: Command, moment: Callable[[], bool], *options: str
) -> float | None:
    """Kill a run when ``moment`` has come. Returns its seconds if it ended before that."""
    began = time.monotonic()
    first = start(config, output, *options)
    while first.poll() is None and not moment():
        time.sleep(0.002)
    if first.poll() is None:
        os.kill(first.pid, signal.SIGKILL)
    killed = first.wait() == -signal.SIGKILL
    lasted = time.monotonic() - began
    code, out, err = newsbeam(["run", str(config), "--output", str(output), "--json"])
    assert code == 0, err
    count = json.loads(out)["sources"]["avis"]
    assert count["new"] + count["known"] == ARTICLES
    plain = pd.read_parquet(output / "articles")
    delta = DeltaTable(output / "articles").to_pandas()
    for table in (plain, delta):
        assert len(table) == ARTICLES
        assert table["article_id"].nunique() == ARTICLES
        assert set(table["revision"]) == {1}
    listed = {Path(uri).resolve() for uri in DeltaTable(output / "articles").file_uris()}
    found = {path.resolve() for path in (output / "articles").glob("source=*/**/*.parquet")}
    assert found == listed, "no file in the folder that the table does not know"
    return None if killed else lasted


@pytest.mark.slow
@pytest.mark.parametrize(
    "sign",
    [
        pytest.param("_staging/*/read", marks=pytest.mark.slow),  # it works on articles
        "_staging/*/*.parquet",  # articles lie ready, to be committed at once
        # It has committed the articles, and nothing else.
        pytest.param("articles/_delta_log/*.json", marks=pytest.mark.slow),
    ],
)
def test_killed_run_is_made_good_by_the_next(
    config: Path, tmp_path: Path, newsbeam: Command, sign: str
) -> None:
    # Now and then a run ends before its killer has seen the sign.
    for attempt in range(10):
        output = tmp_path / str(attempt)
        if kill_and_run_again(config, output, newsbeam, wait_for(0, output, sign)) is None:
            return
    pytest.fail("no run could be killed in time")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "sign"),
    [
        pytest.param("1", "read", marks=pytest.mark.slow),
        pytest.param("2", "lock", marks=pytest.mark.slow),
        ("2", "read"),
    ],
)
def test_interrupt_says_so_and_leaves_nothing_behind(
    config: Path, tmp_path: Path, workers: str, sign: str
) -> None:
    """Interrupted while workers start (the lock is there) and while they work on items."""
    run = subprocess.Popen(
        [sys.executable, "-m", "newsbeam", "run", config, "--output", tmp_path / "out",
         "--workers", workers],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    wait_until(lambda: is_there(tmp_path, f"out/_staging/*/{sign}"))
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 1
    assert b"interrupted" in err
    assert b"Traceback" not in err
    wait_until(lambda: not group_is_alive(run.pid), what="the end of its worker processes")


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_killed_at_random_moments(
    config: Path, seconds: float, tmp_path: Path, newsbeam: Command
) -> None:
    moments = random.Random(20261122)
    # How long a run takes changes with what else the machine does: one that ended before its
    # moment says how long it was, and another is killed instead.
    lasts = {(): seconds, ("--workers", "2"): 1.8 * seconds}
    killed = 0
    for number in range(2 * KILLS):
        output, options = tmp_path / str(number), ("--workers", "2") if number % 5 == 0 else ()
        if number % 2:
            moment = wait_for(lasts[options] * moments.uniform(0.05, 1.0))
        else:
            # Half of the kills come where articles lie ready, are moved and committed.
            moment = wait_for(moments.uniform(0.0, 0.6), output, "_staging/*/*.parquet")
        lasted = kill_and_run_again(config, output, newsbeam, moment, *options)
        if lasted is None:
            killed += 1
        else:
            lasts[options] = lasted
        if killed == KILLS:
            return
    pytest.fail(f"{killed} of {2 * KILLS} runs were killed before their end, not {KILLS}")
