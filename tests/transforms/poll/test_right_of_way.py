"""Feeds go before backfills: at most one request of a backfill is waited for, and gaps hold."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

from newsbeam.transforms.poll.right_of_way import go_first, take_turn
from tests.support.waiting import wait_until
from tests.support.workplace import ROOT

DOMAIN = "example.org"


class Backfill:
    """Asks for turns in a thread, one after the other; ``began`` are their starts."""

    def __init__(self, folder: Path, gap: float, length: float) -> None:
        self.began: list[float] = []
        self.is_asking = False
        self._stop = threading.Event()
        self._work = folder, gap, length
        self._thread = threading.Thread(target=lambda: asyncio.run(self._ask()))

    async def _ask(self) -> None:
        folder, gap, length = self._work
        while not self._stop.is_set():
            async with take_turn(folder, DOMAIN, gap):
                self.began.append(time.time())
                self.is_asking = True
                await asyncio.sleep(length)
                self.is_asking = False

    def __enter__(self) -> Backfill:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def test_whoever_goes_first_waits_for_one_request_and_then_has_the_lane(tmp_path: Path) -> None:
    with Backfill(tmp_path, gap=0.02, length=0.02) as backfill:
        wait_until(lambda: len(backfill.began) > 3)
        for _ in range(10):
            before = len(backfill.began)
            with go_first(tmp_path, [DOMAIN, "other.org"]):
                assert not backfill.is_asking
                # One was on its way, and one may have begun before the locks were asked for.
                assert len(backfill.began) <= before + 1
                held, entered = len(backfill.began), time.time()
                while time.time() < entered + 0.03:
                    assert len(backfill.began) == held
                    time.sleep(0.001)
                left = time.time()
            wait_until(lambda held=held: len(backfill.began) > held)  # type: ignore[misc]
            assert backfill.began[held] >= left + 0.0199
        assert min(b - a for a, b in pairwise(backfill.began)) > 0.015


def test_lanes_of_others_are_left_alone(tmp_path: Path) -> None:
    with Backfill(tmp_path, gap=0.0, length=0.001) as backfill, go_first(tmp_path, ["nrk.no"]):
        wait_until(lambda: len(backfill.began) > 5)


def test_a_backfill_that_is_killed_lets_go(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, pathlib\n"
        "from newsbeam.transforms.poll.right_of_way import take_turn\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "async def ask():\n"
        f"    async with take_turn(folder, {DOMAIN!r}, 0.0):\n"
        "        (folder / 'asking').touch()\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(ask())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    process = subprocess.Popen(command, env={"PYTHONPATH": str(ROOT)})
    try:
        wait_until((tmp_path / "asking").exists)
    finally:
        process.kill()
        process.wait()
    with go_first(tmp_path, [DOMAIN]):
        pass


def test_without_a_folder_nothing_is_kept() -> None:
    with go_first(None, [DOMAIN]):
        pass
