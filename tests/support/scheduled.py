"""A scheduler as a process of its own, whose batches are a quick script."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.support.waiting import PATIENCE
from tests.support.workplace import ROOT

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


def stop(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err
