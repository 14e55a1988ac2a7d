"""`run`, `schedule`, `maintain`, `report` and `sql` on one lake at once, killed at random moments:
nothing lost, nothing twice.

NEWSBEAM_SIDE_BY_SIDE says for how many seconds; NEWSBEAM_SEED, which moments (several: one after
another). `make test-side-by-side` is five minutes at each of five seeds.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
import pytest

from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.replay import replay_log
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.damaged import SOURCES, list_rows, write_articles
from tests.support.waiting import wait_until

Command = Callable[[list[str]], tuple[int, str, str]]
SECONDS = float(os.environ.get("NEWSBEAM_SIDE_BY_SIDE", "30"))
SEEDS = os.environ.get("NEWSBEAM_SEED", "1").split()
DOUBLES = "SELECT count(*) AS rows, count(DISTINCT (article_id, revision)) AS kinds FROM revisions"


@dataclass
class Worker:
    """A command that is started again whenever it has ended, and killed half of the time: it is
    left alone until it has ended once, and then for up to twice as long as it ``lasts``, so that
    a slow machine sees as much as a fast one."""

    arguments: list[str]
    folder: Path
    dice: random.Random
    lasts: float = math.inf
    began: float = 0.0
    dies: float = math.inf
    process: subprocess.Popen[bytes] | None = None
    out: IO[bytes] | None = None
    err: IO[bytes] | None = None
    ended: int = 0
    killed: int = 0

    def tend(self) -> None:
        """Kill it if it is time, look at what has ended, and start it again."""
        now = time.monotonic()
        if self.process is not None:
            if self.process.poll() is None and now >= self.dies:
                self.kill(alone=self.dice.random() < 0.5)
            if self.process.poll() is None:
                return
            self.judge(self.process.returncode)
        self.began, self.dies = now, now + 2 * self.dice.random() * self.lasts
        name = self.arguments[0]
        self.out = (self.folder / f"{name}.out").open("w+b")
        self.err = (self.folder / f"{name}.err").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "newsbeam", *self.arguments],
            cwd=self.folder,
            stdout=self.out,
            stderr=self.err,
            start_new_session=True,
        )

    def judge(self, code: int) -> None:
        """It is done, or was killed, or says why it could not do it."""
        assert self.out is not None
        assert self.err is not None
        for file in (self.out, self.err):
            file.seek(0)
        out, err = self.out.read().decode(), self.err.read().decode()
        self.out.close()
        self.err.close()
        assert "Traceback" not in err, err
        if code == -signal.SIGKILL:
            return
        self.ended += 1
        if code == 0:
            self.lasts = time.monotonic() - self.began
        # Whom another one kept waiting, or from whom it took the files away, says so.
        assert code == 0 or (code == 1 and err.strip()), (self.arguments, code, err)
        if self.arguments[0] == "sql" and code == 0:
            (found,) = json.loads(out)
            assert found["rows"] == found["kinds"]

    def list_children(self) -> list[psutil.Process]:
        """What it has started, and they."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True) if self.process else []
        except psutil.NoSuchProcess:
            return []

    def kill(self, *, alone: bool) -> None:
        """Kill it, or all that it started, too."""
        if self.process is not None and self.process.poll() is None:
            (os.kill if alone else os.killpg)(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.killed += 1


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 1200)
@pytest.mark.parametrize("seed", SEEDS)
def test_side_by_side_and_killed(seed: str, tmp_path: Path, newsbeam: Command) -> None:
    dice = random.Random(seed)
    lake = tmp_path / "et hav #1? + åß漢"
    configs = [f"{source}.yaml" for source in SOURCES]
    place = ["--output", str(lake)]
    write_articles(tmp_path, 0, 2)
    first = ["run", *(str(tmp_path / config) for config in configs), *place, "--json"]
    assert newsbeam(first)[0] == 0
    workers = [
        Worker(arguments, tmp_path, dice)
        for arguments in (
            ["run", *configs, *place, "--json"],
            ["schedule", *configs, *place, "--files-every", "1s"],
            ["maintain", str(lake), "--retain", "1h"],
            ["report", str(lake), "--output", "report.html"],
            ["sql", str(lake), DOUBLES, "--format", "json"],
        )
    ]
    run, schedule, *_ = workers
    end, count, due = time.monotonic() + SECONDS, 2, 0.0
    try:
        while time.monotonic() < end or not all(worker.killed for worker in workers):
            for worker in workers:
                worker.tend()
            if math.isinf(schedule.dies) and run.ended:  # it never ends
                schedule.lasts = run.lasts
                schedule.dies = time.monotonic() + schedule.lasts
            if due <= time.monotonic() < end:  # a run that never catches up never ends
                write_articles(tmp_path, count, count + 1)
                count += 1
                due = time.monotonic() + dice.uniform(0.5, 3)
            time.sleep(0.02)
    finally:
        started = [process for worker in workers for process in worker.list_children()]
        for worker in workers:
            worker.kill(alone=False)
    # A batch ends with its scheduler.
    wait_until(lambda: not any(map(is_alive, started)))
    code, out, err = newsbeam(first)
    assert code == 0, out + err
    rows = list_rows(lake)
    assert len(rows) == len(set(rows)) == len(SOURCES) * count
    assert {revision for _, revision in rows} == {1}
    live = list_files(Lake(lake).open(ARTICLES))
    plain = {
        path.relative_to(lake / "articles").as_posix()
        for path in (lake / "articles").glob("source=*/**/*.parquet")
    }
    shown = {path for path in live if not path.startswith("_compacted")}
    assert plain - replay_log(lake / "articles").removed == shown
    code, out, err = newsbeam(["check", str(lake), "--deep"])
    assert code == 0, out + err
    print({worker.arguments[0]: (worker.ended, worker.killed) for worker in workers}, count)
