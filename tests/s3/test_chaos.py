"""Four writers and a cleaner on one table: killed, put to sleep, and not always answered.

``NEWSBEAM_CHAOS`` says how many commits each writer makes (5), ``NEWSBEAM_SEED`` which die.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath
from tests.support.s3.lakes import LOST, STEPS, UNANSWERED, check_lake, start_writer
from tests.support.s3.proxy import run_proxy
from tests.support.s3.server import Server
from tests.support.waiting import wait_until

WRITERS, COMMITS = 4, int(os.environ.get("NEWSBEAM_CHAOS", "5"))
# Seconds that a lease holds; who sleeps does so for longer.
LEASE = 2.0


def is_stopped(writer: subprocess.Popen[bytes]) -> bool:
    try:
        return Path(f"/proc/{writer.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    except (OSError, IndexError):
        return False


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lose", [0.0, 0.15])
def test_nothing_is_lost_or_twice(
    lake: Lake, place: ObjectPath, server: Server, tmp_path: Path, lose: float
) -> None:
    seed = int(os.environ.get("NEWSBEAM_SEED", "0"))
    luck, told = random.Random(seed), Counter[str]()
    with run_proxy(server.address, lose, seed) as proxy:
        environments = [
            {**server.environment(tmp_path / f"w{n}", LEASE), "AWS_ENDPOINT_URL": proxy.address}
            for n in range(WRITERS)
        ]
        # Each writer's next batch of keys: those before were promised to be there.
        at = dict.fromkeys(range(WRITERS), 0)
        running: dict[int, subprocess.Popen[bytes]] = {}
        asleep: dict[int, float] = {}

        def step() -> bool:
            for number in range(WRITERS):
                writer = running.get(number)
                if writer is None and at[number] < COMMITS:
                    # Some keys are every writer's.
                    keys = [f"w{number}-{at[number]}", f"all-{at[number]}"]
                    fate = luck.choice(["", "", "SIGKILL", "SIGSTOP"])
                    after = luck.choice(STEPS) if fate else ""
                    told[fate or "left alone"] += 1
                    running[number] = start_writer(
                        place, keys, environments[number], after, fate or "SIGKILL"
                    )
                elif writer is not None and (code := writer.poll()) is not None:
                    del running[number]
                    told[f"exit {code}"] += 1
                    assert code in (0, LOST, UNANSWERED, -signal.SIGKILL)
                    at[number] += code == 0
                elif writer is not None and is_stopped(writer):
                    since = asleep.setdefault(number, time.monotonic())
                    if time.monotonic() - since > 2.2 * LEASE:
                        del asleep[number]
                        writer.send_signal(signal.SIGCONT)
            told["cleaned"] += len(lake.clean())
            return not running and all(done == COMMITS for done in at.values())

        try:
            wait_until(step, 3000)
        finally:
            for writer in running.values():
                writer.kill()
        told["lost answers"] = proxy.lost

    def is_tidy() -> bool:
        told["cleaned"] += len(lake.clean())
        return not (place / "_staging").list()

    wait_until(is_tidy)
    keys = {f"w{n}-{i}" for n in range(WRITERS) for i in range(COMMITS)}
    assert check_lake(lake, server.folder) == sorted(keys | {f"all-{i}" for i in range(COMMITS)})
    print(f"lost {lose:.0%}: {dict(sorted(told.items()))}", file=sys.stderr)
