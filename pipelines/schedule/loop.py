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
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from newsbeam.pipelines.config.job import ConfigError, Job
from newsbeam.pipelines.runners.signals import Signals, catch_signals
from newsbeam.pipelines.schedule.batches import COMMAND, run_batch
from newsbeam.pipelines.schedule.config_watch import ConfigWatch
from newsbeam.pipelines.schedule.notify import Manager, find_manager
from newsbeam.pipelines.schedule.pace import Pace, Past, believe_past, find_start
from newsbeam.pipelines.schedule.state import (
    BATCH_LOG,
    Batch,
    Heartbeat,
    State,
    hold_schedule,
    write_heartbeat,
)
from newsbeam.pipelines.upkeep import Upkeep
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.machine import cache_folder
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.poll.future import CLOCK_TOLERANCE
from newsbeam.transforms.records import Clock

# When the next feed of the job in this output is due; None if none will ever be.
NextDue = Callable[[LakePath, Job, datetime], datetime | None]
Log = Callable[[str], None]
_CLOCK = Clock()
# Upkeep begins where no batch is due for so long. Ours.
_QUIET = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """What to schedule. ``run_options`` go to every ``newsbeam run``; ``command`` starts one.

    ``json`` prints one JSON line a batch on standard output.
    """

    configs: tuple[Path, ...]
    output: LakePath
    pace: Pace = field(default_factory=Pace)
    run_options: tuple[str, ...] = ()
    json: bool = False
    command: tuple[str, ...] = COMMAND


def run_schedule(
    options: ScheduleOptions, next_due: NextDue, log: Log, clock: Clock = _CLOCK
) -> bool:
    """Run batches until SIGTERM or SIGINT; returns whether all came to their end. Main thread only.

    After the first signal no batch is started, and the running one is waited for. Further signals
    are passed on to it, which cut it short. ``log`` takes one line a batch, and more where one
    fails.

    Raises:
        ConfigError: no config can be used at the start.
        ScheduleHeld: another scheduler works on the output.
        OSError: the output cannot be written.
    """
    watch = ConfigWatch(options.configs)
    if watch.loaded.job is None:
        raise ConfigError(watch.loaded.faults)
    with hold_schedule(options.output) as lock, catch_signals() as signals:
        return _Schedule(options, next_due, log, signals, watch, lock, clock).run()


@dataclass
class _Schedule:
    options: ScheduleOptions
    next_due: NextDue
    log: Log
    signals: Signals
    watch: ConfigWatch
    lock: int
    clock: Clock
    manager: Manager = field(default_factory=find_manager)
    random: Random = field(default_factory=Random)
    jitter: float = 1.0
    started_at: datetime = field(init=False)
    looked_at: datetime = field(init=False)
    past: Past = field(default_factory=Past)
    batches: int = 0
    last: Batch | None = None
    start: datetime | None = None
    is_cut_short: bool = False
    upkeep: Upkeep = field(init=False)

    def __post_init__(self) -> None:
        self.started_at = self.looked_at = self.clock.now()
        self.upkeep = Upkeep(self.options.output)

    def run(self) -> bool:
        self.manager.tell("READY=1")
        self._say_faults()
        self._plan()
        self._say(f"started; next batch {self._show_start()}")
        while not self.signals.is_stopped:
            self._look_at_clock()
            # Look again before a start: configs may have been edited, and somebody may have run
            # newsbeam by hand.
            if self._is_time() and not self._refresh():
                self._plan()
            if self._is_time():
                self._run_batch()
            else:
                self._show("waiting")
                self._tend_upkeep()
                self.signals.wait(self._find_wait())
                self._refresh()
        self.upkeep.stop()
        self.start = None
        self._show("stopped")
        self.manager.tell("STOPPING=1")
        self._say("stopped")
        return not self.is_cut_short

    def _tend_upkeep(self) -> None:
        try:
            said = self.upkeep.tend(self.start is None or self.start - self.clock.now() >= _QUIET)
        except OSError as error:
            said = f"upkeep could not be started: {error}"
        if said is not None:
            self._say(said)

    def _look_at_clock(self) -> None:
        """Plan anew where the clock was set back: what was planned lies too far ahead by that."""
        now = self.clock.now()
        back, self.looked_at = self.looked_at - now, now
        if back > timedelta():
            self.past = believe_past(self.past, now)
            self._plan()
        if back > CLOCK_TOLERANCE:
            self._say(f"the clock was set back by {back}; next batch {self._show_start()}")

    def _is_time(self) -> bool:
        return self.start is not None and self.start <= self.clock.now()

    def _plan(self) -> None:
        """Find out when the next batch starts."""
        job = self.watch.loaded.job
        if job is None:
            self.start = None
            return
        now = self.clock.now()
        try:
            due = self.next_due(self.options.output, job, now)
        except (OSError, NewsbeamError) as error:
            # A disk or a network that is away comes back; damage is mended by somebody.
            self._say(f"the tables cannot be read: {error}")
            due = now + self.options.pace.back_off_from
        has_files = any(source.files for source in job.sources)
        start = find_start(self.past, self.options.pace, due, has_files, self.jitter)
        self.start = start and max(start, now)

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
        log = cache_folder(options.output) / BATCH_LOG
        self._show("batch")
        batch = run_batch(command, log, self.lock, self._tend)
        self.batches, self.last = self.batches + 1, batch
        self.past = (
            Past(self.clock.now(), batch.started_at)
            if batch.counts
            else Past(self.clock.now(), failures=self.past.failures + 1)
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
            waits.append((self.start - self.clock.now()).total_seconds())
        return max(0.0, min(waits))

    def _say(self, message: str) -> None:
        self.log(f"{_show_time(self.clock.now())} {message}")

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
        if self.start is None:
            return "when something is due"
        return "now" if self._is_time() else _show_time(self.start)

    def _show(self, state: State) -> None:
        """Give a sign of life, on disk and to the service manager."""
        heartbeat = Heartbeat(
            pid=os.getpid(),
            host=platform.node(),
            started_at=self.started_at,
            written_at=self.clock.now(),
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
