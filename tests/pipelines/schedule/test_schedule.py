"""The scheduler as a process, mostly with a quick script in place of ``newsbeam run``."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.schedule.batches import read_summary_counts
from newsbeam.pipelines.schedule.config_watch import ConfigWatch, load_usable
from newsbeam.pipelines.schedule.notify import Manager, find_manager
from newsbeam.pipelines.schedule.pace import (
    Pace,
    Past,
    back_off_batch,
    believe_past,
    find_start,
    parse_interval,
)
from newsbeam.pipelines.schedule.state import ScheduleHeld, hold_schedule, is_scheduled
from tests.support.waiting import PATIENCE, wait_until
from tests.support.workplace import ROOT

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# Stands in for `newsbeam run`: notes that it ran, then does what the file `plan` says.
BATCH = """
import json, os, subprocess, sys, time
from pathlib import Path
folder = Path(__file__).parent
plan = json.loads((folder / "plan").read_text())
if not plan.get("stubborn"):
    from newsbeam.pipelines.cli.batch import end_with_scheduler
    end_with_scheduler()
helper = subprocess.Popen(["sleep", "60"]).pid if plan.get("helper") else 0
# When the kernel made this process: how long Python takes to begin does not count.
ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
at = ticks / os.sysconf("SC_CLK_TCK")
line = {"pid": os.getpid(), "helper": helper, "at": at, "arguments": sys.argv[1:]}
with (folder / "begun").open("a") as file:
    file.write(json.dumps(line) + "\\n")
time.sleep(plan.get("seconds", 0))
print(plan.get("says", ""), file=sys.stderr)
if plan.get("code"):
    sys.exit(plan["code"])
with (folder / "ended").open("a") as file:
    file.write(f"{os.getpid()}\\n")
count = {"new": 2, "revised": 1, "known": 5, "rejected": {"empty": 1, "no_text": 2}}
print(json.dumps({"run_id": "r1", "sources": {"avis": count, "blad": count}}))
"""

# Stands in for the command line: `next_due` reads the file `due`, times are short.
SCHEDULER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from newsbeam.pipelines.schedule.pace import Pace
from newsbeam.pipelines.schedule.loop import COMMAND, ScheduleOptions, run_schedule
from newsbeam.transforms.records import Clock

folder, real, pace = Path(sys.argv[1]), sys.argv[2] == "real", eval(sys.argv[3])

def next_due(output, job, now):
    due = (folder / "due").read_text()
    if due == "away":
        raise OSError(5, "Input/output error")
    last = max(path.stat().st_mtime for path in folder.glob("b*"))  # batch.py or begun
    after = timedelta(seconds=float(0 if due == "never" else due))
    return None if due == "never" else datetime.fromtimestamp(last, UTC) + after

class WrongClock(Clock):
    def now(self):
        ahead = folder / "days_ahead"
        days = float(ahead.read_text()) if ahead.exists() else 0.0
        return datetime.now(UTC) + timedelta(days=days)

command = COMMAND if real else (sys.executable, str(folder / "batch.py"))
options = ScheduleOptions((folder / "configs",), folder / "out",
    Pace(**{name: timedelta(seconds=value) for name, value in pace.items()}),
    ("--workers", "1"), True, command)
done = run_schedule(
    options, next_due, lambda line: print(line, file=sys.stderr, flush=True), WrongClock()
)
sys.exit(0 if done else 1)
"""
SHORT = {"pause": 0.05, "check": 0.1, "back_off_from": 0.2, "back_off_to": 0.4, "files_every": 0.3}


def is_alive(pid: int) -> bool:
    """Whether the process is there and not a zombie that nobody has waited for yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Place:
    """A folder with configs, the stand-in for newsbeam, and schedulers that work on it."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.folder / "out"

    def configure(self, name: str, text: str | None = None) -> None:
        path = self.folder / "configs" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text or f"id: {name}\nfeeds: [http://{name}.example/rss]\n", "utf-8")

    def plan(self, due: str = "0", **plan: Any) -> None:
        for name, text in (("due", due), ("plan", json.dumps(plan))):
            new = self.folder / "new"
            new.write_text(text)
            new.replace(self.folder / name)

    def start(
        self, real: bool = False, environment: dict[str, str] | None = None, **pace: float
    ) -> subprocess.Popen[str]:
        (self.folder / "batch.py").write_text(BATCH)
        kind = "real" if real else "script"
        process = subprocess.Popen(
            [sys.executable, "-c", SCHEDULER, self.folder, kind, str(SHORT | pace)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            start_new_session=True, env=os.environ | (environment or {}),
        )  # fmt: skip
        self.started.append(process)
        return process

    def begun(self) -> list[dict[str, Any]]:
        path = self.folder / "begun"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def ended(self) -> list[int]:
        path = self.folder / "ended"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def heartbeat(self) -> dict[str, Any]:
        path = self.output / "_cache" / "schedule.json"
        data: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return data


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    place.configure("avis")
    place.plan()
    yield place
    for process in place.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def time_to_next(heartbeat: dict[str, Any]) -> timedelta:
    at = heartbeat.get("next_batch_at")
    return datetime.fromisoformat(at) - datetime.now(UTC) if at else timedelta()


def stop(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


# When to start: pure


def test_a_feed_that_is_due_starts_a_batch_at_its_time() -> None:
    assert find_start(Past(), Pace(), NOON, has_files=False) == NOON
    assert find_start(Past(NOON - MINUTE), Pace(), NOON, has_files=False) == NOON


def test_two_batches_lie_apart() -> None:
    past = Past(ended_at=NOON, files_at=NOON - MINUTE)
    assert find_start(past, Pace(), NOON - MINUTE, has_files=False) == NOON + Pace().pause


def test_nothing_to_poll_and_no_files_is_never() -> None:
    assert find_start(Past(NOON), Pace(), None, has_files=False) is None


def test_files_are_looked_for_at_once_and_then_at_their_interval() -> None:
    first = find_start(Past(), Pace(), None, has_files=True)
    assert first is not None
    assert first < NOON
    past = Past(ended_at=NOON + MINUTE, files_at=NOON)
    assert find_start(past, Pace(), None, True, 1.1) == NOON + timedelta(minutes=11)
    assert find_start(past, Pace(), NOON + 5 * MINUTE, True) == NOON + 5 * MINUTE


def test_what_a_clock_ahead_said_of_the_past_is_not_believed() -> None:
    ahead = Past(NOON + 1000 * MINUTE, NOON + 999 * MINUTE, 2)
    assert believe_past(ahead, NOON) == Past(NOON, NOON, 2)
    assert believe_past(Past(NOON - MINUTE), NOON) == Past(NOON - MINUTE)


def test_failures_double_the_wait_up_to_its_limit() -> None:
    waits = [back_off_batch(Pace(), failures) // MINUTE for failures in (1, 2, 3, 4, 5, 6, 7, 1000)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    past = Past(ended_at=NOON, failures=3)
    assert find_start(past, Pace(), NOON - MINUTE, has_files=False) == NOON + 4 * MINUTE
    assert find_start(past, Pace(), None, has_files=True) == NOON + 4 * MINUTE


@given(
    ended=st.integers(-1000, 1000),
    due=st.none() | st.integers(-1000, 1000),
    failures=st.integers(0, 100),
    files=st.booleans(),
)
def test_no_batch_follows_another_at_once(
    ended: int, due: int | None, failures: int, files: bool
) -> None:
    past = Past(NOON + ended * MINUTE, None if failures else NOON + ended * MINUTE, failures)
    feeds = None if due is None else NOON + due * MINUTE
    start = find_start(past, Pace(), feeds, files)
    assert (start is None) == (feeds is None and not files)
    if start is not None:
        assert past.ended_at is not None
        assert start >= past.ended_at + (MINUTE if failures else Pace().pause)


def test_intervals_are_written_as_in_configs() -> None:
    assert parse_interval("90s") == timedelta(seconds=90)
    for text in ("", "10", "0m", "-1m", "1y", "soon"):
        with pytest.raises(ValueError, match="30s, 10m, 6h or 1d"):
            parse_interval(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run_id": "x", "sources": {"a": {}}}', "1 2"])
def test_what_is_no_summary_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="summary"):
        read_summary_counts(text)


# Batches


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
    assert "started; next batch 20" in err.splitlines()[0], "it says at once that it is at work"
    assert err.count("batch done in") == len(runs)
    assert "4 new, 2 revised, 10 known, 6 rejected; next 20" in err

    assert beat["pid"] == scheduler.pid
    assert beat["batches"] >= 3
    assert beat["last_batch"]["new"] == 4
    assert beat["state"] == "waiting"
    assert time_to_next(beat) < timedelta(minutes=61)
    assert place.heartbeat()["state"] == "stopped"
    assert place.heartbeat()["next_batch_at"] is None


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


def test_tables_that_cannot_be_read_are_tried_again(place: Place) -> None:
    place.plan(due="away")
    scheduler = place.start()
    assert "the tables cannot be read: [Errno 5]" in (scheduler.stderr or sys.stdin).readline()
    place.plan()
    wait_until(place.ended)
    assert stop(scheduler)[0] == 0


# Stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_lets_the_running_batch_finish(place: Place, number: int) -> None:
    place.plan(seconds=1)
    scheduler = place.start()
    wait_until(place.begun)
    # As a terminal does on Ctrl-C: to the whole process group.
    os.killpg(scheduler.pid, number)
    out, err = scheduler.communicate(timeout=PATIENCE)
    assert scheduler.returncode == 0, err
    assert place.ended() == [run["pid"] for run in place.begun()]
    assert len(place.ended()) == 1
    assert json.loads(out)["outcome"] == "done"
    assert "stopping when the running batch is done" in err


def test_second_signal_ends_the_batch(place: Place) -> None:
    place.plan(seconds=60)
    scheduler = place.start()
    wait_until(place.begun)
    scheduler.send_signal(signal.SIGTERM)
    assert any("stopping" in line for line in scheduler.stderr or ())
    code, out, _ = stop(scheduler)
    assert code == 1
    assert "ended by SIGTERM" in json.loads(out)["fault"]
    assert place.ended() == []


def test_killed_scheduler_takes_its_batch_along(place: Place) -> None:
    place.plan(seconds=60)
    first = place.start()
    wait_until(place.begun)
    (run,) = place.begun()
    first.kill()
    first.wait()
    place.plan()
    second = place.start()
    wait_until(place.ended)
    assert not is_alive(run["pid"])
    assert run["pid"] not in place.ended()
    assert stop(second)[0] == 0


# Never twice at once


def test_second_scheduler_is_told_who_is_there(place: Place) -> None:
    place.plan(due="never")
    first = place.start()
    wait_until(lambda: place.heartbeat().get("state") == "waiting")
    assert is_scheduled(place.output)
    with pytest.raises(ScheduleHeld, match=f"process {first.pid} on .*; stop that one first"):
        hold_schedule(place.output).__enter__()
    assert stop(first)[0] == 0
    assert not is_scheduled(place.output)
    with hold_schedule(place.output):
        assert is_scheduled(place.output)


def test_batch_of_a_dead_scheduler_keeps_the_next_one_away(place: Place) -> None:
    """A batch that does not notice holds the lock itself."""
    place.plan(seconds=2, stubborn=True)
    first = place.start()
    wait_until(place.begun)
    first.kill()
    first.wait()
    with pytest.raises(ScheduleHeld, match="last batch of a scheduler that died"):
        hold_schedule(place.output, seconds=0.3).__enter__()
    place.plan()
    second = place.start()
    wait_until(lambda: len(place.ended()) >= 2)
    assert place.ended()[0] == place.begun()[0]["pid"], "the new one waited for it"
    assert stop(second)[0] == 0


# Configs


def test_broken_config_costs_its_own_source_until_it_is_mended(place: Place) -> None:
    place.plan(due="0.2")
    place.configure("blad")
    scheduler = place.start()
    wait_until(place.ended)
    place.configure("blad", "id: blad\nfeds: [x]\n")
    avis, blad = (str(place.folder / "configs" / f"{name}.yaml") for name in ("avis", "blad"))
    wait_until(lambda: place.begun()[-1]["arguments"][1] == avis)
    assert blad in place.heartbeat()["faults"][0]
    place.configure("blad")
    wait_until(lambda: place.begun()[-1]["arguments"][1] == str(place.folder / "configs"))
    assert place.heartbeat()["faults"] == []
    code, _, err = stop(scheduler)
    assert code == 0
    assert "blad.yaml:2: feds: unknown key; did you mean 'feeds'?" in err
    assert "going on without what is faulty" in err


def test_no_usable_config_waits_for_the_mending(place: Place) -> None:
    place.plan(due="0.2")
    scheduler = place.start()
    wait_until(place.ended)
    place.configure("avis", "- nothing\n")
    wait_until(lambda: place.heartbeat()["faults"] and place.heartbeat()["state"] == "waiting")
    count = len(place.begun())
    time.sleep(0.5)
    assert len(place.begun()) == count
    place.configure("avis")
    wait_until(lambda: len(place.begun()) > count)
    assert stop(scheduler)[0] == 0


def test_edits_are_noticed_in_files_that_configs_share(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.configure("avis")
    watch = ConfigWatch([tmp_path / "configs" / "avis.yaml"])
    assert not watch.refresh()
    (tmp_path / "configs" / "languages").mkdir()
    (tmp_path / "configs" / "languages" / "xx.yaml").write_text("code: yy\n")
    assert watch.refresh()
    assert watch.loaded.job is None
    assert {Path(fault.file).name for fault in watch.loaded.faults} == {"xx.yaml"}
    (tmp_path / "configs" / "languages" / "xx.yaml").unlink()
    assert watch.refresh()
    assert watch.loaded.job is not None


def test_source_twice_is_used_once(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for name in ("a", "b"):
        place.configure(name, "id: avis\nfeeds: [http://avis.example/rss]\n")
    loaded = load_usable([tmp_path / "configs"])
    assert loaded.job is not None
    assert [path.name for path in loaded.paths] == ["a.yaml"]
    assert "avis" in loaded.faults[0].message


# The service manager


def test_service_manager_is_told(place: Place) -> None:
    place.plan(due="0.1")
    address = place.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE)
        scheduler = place.start(
            environment={"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "800000"}, check=60
        )
        assert manager.recv(4096) == b"READY=1"
        wait_until(place.ended)
        place.plan(due="3600")
        heard = b""
        times: list[float] = []
        while len(times) < 5:
            message = manager.recv(4096)
            heard += message + b"\n"
            if b"STATUS=next batch" in message:
                times.append(time.monotonic())
        assert median(b - a for a, b in pairwise(times)) < 0.8
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


# With newsbeam itself


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
