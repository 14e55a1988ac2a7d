"""The scheduler as a process, mostly with a quick script in place of ``newsbeam run``."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from newsbeam.pipelines.schedule.batches import read_summary_counts
from newsbeam.pipelines.schedule.notify import Manager, find_manager
from tests.support.scheduled import Place, is_alive, stop
from tests.support.waiting import PATIENCE, wait_until


def time_to_next(heartbeat: dict[str, Any]) -> timedelta:
    at = heartbeat.get("next_batch_at")
    return datetime.fromisoformat(at) - datetime.now(UTC) if at else timedelta()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run_id": "x", "sources": {"a": {}}}', "1 2"])
def test_what_is_no_summary_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="summary"):
        read_summary_counts(text)


def test_batches_come_as_feeds_fall_due(place: Place) -> None:
    place.plan(due="0")
    scheduler = place.start()
    wait_until(lambda: len(place.ended()) >= 3)
    place.plan(due="3600")
    wait_until(lambda: time_to_next(place.heartbeat()) > timedelta(minutes=55))
    beat = place.heartbeat()
    code, out, err = stop(scheduler)
    assert code == 0, err

    runs = place.begun()
    assert runs[0]["arguments"] == [
        "run", str(place.folder / "configs"), "--output", str(place.output), "--json",
        "--workers", "1",
    ]  # fmt: skip
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == len(runs) == len(place.ended())
    counts = ("outcome", "run_id", "new", "revised", "known", "rejected", "exit_code", "fault")
    assert [lines[0][name] for name in counts] == ["done", "r1", 4, 2, 10, 6, 0, None]
    assert datetime.fromisoformat(lines[0]["started_at"]).tzinfo is not None
    assert "started; next batch now" in err.splitlines()[0], "it says at once that it is at work"
    assert err.count("batch done in") == len(runs)
    assert "4 new, 2 revised, 10 known, 6 rejected; next 20" in err

    assert beat["pid"] == scheduler.pid
    assert beat["batches"] >= 3
    assert beat["last_batch"]["new"] == 4
    assert beat["state"] == "waiting"
    assert time_to_next(beat) < timedelta(minutes=61)
    assert place.heartbeat()["state"] == "stopped"
    assert place.heartbeat()["next_batch_at"] is None


@pytest.mark.slow
def test_nothing_due_waits_without_a_batch(place: Place) -> None:
    place.plan(due="never")
    scheduler = place.start()
    wait_until(lambda: place.heartbeat().get("state") == "waiting")
    time.sleep(0.3)
    assert place.begun() == []
    assert place.heartbeat()["next_batch_at"] is None
    assert stop(scheduler)[0] == 0


def test_files_have_an_interval_of_their_own(place: Place) -> None:
    place.plan(due="never")
    place.configure("blad", "id: blad\nfiles: ['in/*.txt']\n")
    scheduler = place.start()
    wait_until(lambda: len(place.begun()) >= 3)
    stop(scheduler)
    first, second, third = (run["at"] for run in place.begun()[:3])
    assert min(second - first, third - second) >= 0.3 * 0.9 - 0.1


@pytest.mark.slow
def test_failed_batch_is_logged_and_tried_again_later_and_later(place: Place) -> None:
    place.plan(code=1, says="newsbeam: the run failed: no space left")
    scheduler = place.start()
    wait_until(lambda: place.heartbeat().get("failures_in_a_row", 0) >= 3)
    place.plan(due="0.3")
    wait_until(lambda: place.heartbeat().get("failures_in_a_row") == 0)
    code, out, err = stop(scheduler)
    assert code == 0
    times = [run["at"] for run in place.begun()]
    assert times[1] - times[0] >= 0.2 - 0.01  # a tick of the kernel
    assert times[2] - times[1] >= 0.4 - 0.01
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[0]["outcome"] == "failed"
    assert lines[0]["exit_code"] == 1
    assert lines[0]["new"] is None
    assert lines[2]["failures_in_a_row"] == 3
    assert lines[-1]["outcome"] == "done"
    assert "    newsbeam: the run failed: no space left\n" in err
    assert "3 in a row" in err
    log = place.output / "_cache" / "last_batch.log"
    assert "no space left" not in log.read_text(), "the log of the last batch alone"


@pytest.mark.slow
def test_batch_that_outlives_its_limit_is_killed_with_all_it_started(place: Place) -> None:
    place.plan(seconds=60, helper=True)
    scheduler = place.start(batch_limit=0.5, back_off_from=60, back_off_to=60)
    wait_until(lambda: place.heartbeat().get("failures_in_a_row") == 1)
    (run,) = place.begun()
    wait_until(lambda: not is_alive(run["pid"]) and not is_alive(run["helper"]))
    assert "longer than" in place.heartbeat()["last_batch"]["fault"]
    assert stop(scheduler)[0] == 0


def test_killed_batch_costs_no_more_than_itself(place: Place) -> None:
    place.plan(seconds=60)
    scheduler = place.start()
    wait_until(place.begun)
    place.plan()
    os.kill(place.begun()[0]["pid"], signal.SIGKILL)
    wait_until(place.ended)
    _, _, err = stop(scheduler)
    assert "ended by SIGKILL (out of memory?)" in err


@pytest.mark.slow
def test_clock_that_is_set_back_stops_nothing(place: Place) -> None:
    place.configure("avis")
    ahead = place.folder / "days_ahead"
    ahead.write_text("40")
    place.plan()
    process = place.start()
    wait_until(place.ended, what="a batch of the days ahead")
    (place.folder / "new").write_text("0")
    (place.folder / "new").replace(ahead)
    before = len(place.begun())
    wait_until(lambda: len(place.begun()) > before + 2, what="batches by the clock as it is now")
    code, _, err = stop(process)
    assert code == 0
    assert "the clock was set back by 40 days" in err or "by 39 days" in err


@pytest.mark.slow
def test_tables_that_cannot_be_read_are_tried_again(place: Place) -> None:
    place.plan(due="away")
    scheduler = place.start()
    assert "the tables cannot be read: [Errno 5]" in (scheduler.stderr or sys.stdin).readline()
    place.plan()
    wait_until(place.ended)
    assert stop(scheduler)[0] == 0


@pytest.mark.slow
def test_service_manager_is_told(place: Place) -> None:
    place.plan(due="0.1")
    address = place.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE)
        scheduler = place.start(
            environment={"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "2400000"}, check=60
        )
        assert manager.recv(4096) == b"READY=1"
        wait_until(place.ended)
        place.plan(due="3600")
        heard = b""
        times: list[float] = []
        while len(times) < 4:
            message = manager.recv(4096)
            heard += message + b"\n"
            if b"STATUS=next batch" in message:
                times.append(time.monotonic())
        assert median(b - a for a, b in pairwise(times)) < 2.4
        assert stop(scheduler)[0] == 0
        manager.settimeout(0.1)
        while b"STOPPING=1" not in heard:
            heard += manager.recv(4096)
    assert b"WATCHDOG=1\nSTATUS=batch" in heard


def test_no_service_manager_and_one_that_is_gone(tmp_path: Path) -> None:
    assert find_manager({}) == Manager()
    assert find_manager({"NOTIFY_SOCKET": "vsock:2:1234"}) == Manager()
    assert find_manager({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}).watchdog_seconds is None
    assert find_manager({"WATCHDOG_USEC": "2000000"}).watchdog_seconds == 2
    Manager().tell("READY=1")
    Manager(str(tmp_path / "nobody")).tell("READY=1")


@pytest.mark.slow
def test_real_batch_fills_the_tables(place: Place) -> None:
    place.plan(due="never")
    place.configure("avis", "id: avis\nlanguage: nb\nfiles: ['in/*.txt']\n")
    text = place.folder / "configs" / "in" / "sak.txt"
    text.parent.mkdir()
    text.write_text("Tittel\n\nOrdføreren i Bodø er fornøyd med vedtaget.\n", "utf-8")
    scheduler = place.start(real=True, files_every=600)
    wait_until(lambda: place.heartbeat().get("batches") == 1)
    code, out, err = stop(scheduler)
    assert code == 0, err
    assert json.loads(out)["new"] == 1, err
    assert list(place.output.glob("articles/source=avis/*/*.parquet"))
