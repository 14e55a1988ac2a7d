"""``newsbeam schedule``: ingest for months, each feed when it is due.

The scheduler itself ingests nothing. Each batch is a ``newsbeam run`` in a process of its own:
whatever it leaks, breaks or dies of costs one batch, and it reads the configs afresh. A run polls
all feeds that are due, so the scheduler only has to know when the next one is.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from pipelines.config import ConfigError, Job
from pipelines.scheduling.batches import COMMAND, run_batch
from pipelines.scheduling.config_watch import ConfigWatch
from pipelines.scheduling.notify import Manager, find_manager
from pipelines.scheduling.pace import Pace, Past, find_start
from pipelines.scheduling.schedule_state import (
    BATCH_LOG,
    FOLDER,
    Batch,
    Heartbeat,
    State,
    hold_schedule,
    write_heartbeat,
)
from pipelines.scheduling.signals import Signals, catch_signals

DONE, FAILED = 0, 1

# When the next feed of the job in this output is due; None if none will ever be.
NextDue = Callable[[Path, Job, datetime], datetime | None]
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """What to schedule. ``run_options`` go to every ``newsbeam run``; ``command`` starts one.

    ``json`` prints one JSON line a batch on standard output.
    """

    configs: tuple[Path, ...]
    output: Path
    pace: Pace = field(default_factory=Pace)
    run_options: tuple[str, ...] = ()
    json: bool = False
    command: tuple[str, ...] = COMMAND


def run_schedule(options: ScheduleOptions, next_due: NextDue, log: Log) -> int:
    """Run batches until SIGTERM or SIGINT; returns the exit code. Main thread only.

    After the first signal no batch is started, and the running one is waited for: 0. Further
    signals are passed on to it: 1. ``log`` takes one line a batch, and more where one fails.

    Raises:
        ConfigError: no config can be used at the start.
        ScheduleHeld: another scheduler works on the output.
        OSError: the output cannot be written.
    """
    watch = ConfigWatch(options.configs)
    if watch.loaded.job is None:
        raise ConfigError(watch.loaded.faults)
    with hold_schedule(options.output) as lock, catch_signals() as signals:
        return _Schedule(options, next_due, log, signals, watch, lock).run()


@dataclass
class _Schedule:
    options: ScheduleOptions
    next_due: NextDue
    log: Log
    signals: Signals
    watch: ConfigWatch
    lock: int
    manager: Manager = field(default_factory=find_manager)
    random: Random = field(default_factory=Random)
    jitter: float = 1.0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    past: Past = field(default_factory=Past)
    batches: int = 0
    last: Batch | None = None
    start: datetime | None = None
    is_cut_short: bool = False

    def run(self) -> int:
        self.manager.tell("READY=1")
        self._say_faults()
        self._plan()
        while not self.signals.is_stopped:
            # Look again before a start: configs may have been edited, and somebody may have run
            # newsbeam by hand.
            if self._is_time() and not self._refresh():
                self._plan()
            if self._is_time():
                self._run_batch()
            else:
                self._show("waiting")
                self.signals.wait(self._find_wait())
                self._refresh()
        self.start = None
        self._show("stopped")
        self.manager.tell("STOPPING=1")
        self._say("stopped")
        return FAILED if self.is_cut_short else DONE

    def _is_time(self) -> bool:
        return self.start is not None and self.start <= datetime.now(UTC)

    def _plan(self) -> None:
        """Find out when the next batch starts."""
        job = self.watch.loaded.job
        if job is None:
            self.start = None
            return
        now = datetime.now(UTC)
        try:
            due = self.next_due(self.options.output, job, now)
        except OSError as error:
            # A disk or a network that is away comes back.
            self._say(f"the tables cannot be read: {error}")
            due = now + self.options.pace.back_off_from
        has_files = any(source.files for source in job.sources)
        self.start = find_start(self.past, self.options.pace, due, has_files, self.jitter)

    def _refresh(self) -> bool:
        """Read edited configs and plan anew; returns whether there were any."""
        if not self.watch.refresh():
            return False
        self._say("the configs were edited")
        self._say_faults()
        self._plan()
        return True

    def _run_batch(self) -> None:
        options = self.options
        command = [
            *options.command, "run", *map(str, self.watch.loaded.paths),
            "--output", str(options.output), "--json", *options.run_options,
        ]  # fmt: skip
        log = options.output / FOLDER / BATCH_LOG
        self._show("batch")
        batch = run_batch(command, log, self.lock, self._tend)
        self.batches, self.last = self.batches + 1, batch
        self.past = (
            Past(datetime.now(UTC), batch.started_at)
            if batch.counts
            else Past(datetime.now(UTC), failures=self.past.failures + 1)
        )
        self.jitter = self.random.uniform(0.9, 1.1)
        self._plan()
        self._report(batch)

    def _tend(self, child: subprocess.Popen[bytes]) -> str | None:
        """Wait for the batch; returns why it has to be killed, if it has."""
        limit = self.options.pace.batch_limit
        deadline = time.monotonic() + limit.total_seconds()
        seen = 0
        while child.poll() is None:
            for number in self.signals.stops[seen:]:
                seen += 1
                if seen == 1:
                    self._say("stopping when the running batch is done")
                else:
                    child.send_signal(number)
                    self.is_cut_short = True
            left = deadline - time.monotonic()
            if left <= 0:
                return f"killed: it ran for longer than {limit}"
            self._show("batch")
            self.signals.wait(min(self._find_wait(), left))
        return None

    def _find_wait(self) -> float:
        """Seconds to sleep: never long at once, as clocks are set and laptops sleep."""
        waits = [self.options.pace.check.total_seconds()]
        if self.manager.watchdog_seconds is not None:
            # Half of the time, as sd_watchdog_enabled(3) recommends.
            waits.append(self.manager.watchdog_seconds / 2)
        if self.start is not None and not self._is_time():
            waits.append((self.start - datetime.now(UTC)).total_seconds())
        return max(0.0, min(waits))

    def _say(self, message: str) -> None:
        self.log(f"{_show_time(datetime.now(UTC))} {message}")

    def _say_faults(self) -> None:
        loaded = self.watch.loaded
        for fault in loaded.faults:
            self._say(str(fault))
        if loaded.job is None:
            self._say("no config can be used: waiting until they are mended")
        elif loaded.faults:
            self._say("going on without what is faulty until it is mended")

    def _report(self, batch: Batch) -> None:
        """One line for people, the same as JSON for scripts."""
        counts = batch.counts
        if counts is not None:
            message = (
                f"batch done in {batch.seconds:.1f} s: {counts.new} new, {counts.revised} revised, "
                f"{counts.known} known, {counts.rejected} rejected"
            )
        else:
            message = f"batch failed after {batch.seconds:.1f} s"
            if self.past.failures > 1:
                message += f", {self.past.failures} in a row"
        self._say(f"{message}; next {self._show_start()}")
        if batch.fault is not None:
            self.log("\n".join(f"    {line}" for line in batch.fault.splitlines()))
        if self.options.json:
            line = batch.to_json() | {
                "failures_in_a_row": self.past.failures,
                "next_batch_at": self.start and _show_time(self.start),
            }
            print(json.dumps(line, ensure_ascii=False), flush=True)

    def _show_start(self) -> str:
        return "when something is due" if self.start is None else _show_time(self.start)

    def _show(self, state: State) -> None:
        """Give a sign of life, on disk and to the service manager."""
        heartbeat = Heartbeat(
            pid=os.getpid(),
            host=platform.node(),
            started_at=self.started_at,
            written_at=datetime.now(UTC),
            state=state,
            batches=self.batches,
            failures_in_a_row=self.past.failures,
            next_batch_at=self.start if state == "waiting" else None,
            last_batch=self.last,
            faults=tuple(map(str, self.watch.loaded.faults)),
        )
        try:
            write_heartbeat(self.options.output, heartbeat)
        except OSError as error:
            # A full disk must not end what can go on when there is room again.
            self._say(f"the heartbeat cannot be written: {error}")
        status = f"next batch {self._show_start()}" if state == "waiting" else state
        self.manager.tell("WATCHDOG=1", f"STATUS={status}")


def _show_time(instant: datetime) -> str:
    return instant.astimezone().isoformat(timespec="seconds")
