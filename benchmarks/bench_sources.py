"""Measures what many sources cost where nothing is due: `newsbeam run`, and an hour of `schedule`.

usage: python benchmarks/bench_sources.py [--count 10000]

The sources have a config file and a feed each, which was polled just now. The hour is simulated:
the scheduler's clock goes on by what it would sleep. Aims at 10,000: `run` below 10 CPU seconds
and 500 MB; the last minutes of the hour cost what the first did, in time and memory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import psutil

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_ingest import measure
from newsbeam.pipelines.runners.signals import Signals
from newsbeam.pipelines.schedule.loop import ScheduleOptions, run_schedule
from newsbeam.transforms.lake.feed_state import FeedState, make_poll_row
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import FEED_POLLS
from newsbeam.transforms.poll.round import next_due
from tests.support.stored import store

MINUTES = 60


def prepare(folder: Path, count: int) -> Lake:
    """Config files of ``count`` sources, and a lake that has polled all."""
    configs, now = folder / "sources", datetime.now(UTC)
    configs.mkdir()
    rows = []
    for number in range(count):
        source = f"avis{number:05}"
        url = f"https://{source}.example/rss"
        text = f"id: {source}\nlanguage: nb\nfeeds: [{url}]\n"
        (configs / f"{source}.yaml").write_text(text, encoding="utf-8")
        next_poll = now + timedelta(days=1)
        state = FeedState(source, url, url, url, now, "parsed", 1, next_poll_at=next_poll)
        rows.append(make_poll_row(state, "bench"))
    lake = Lake(folder / "lake")
    lake.create()
    store(lake, FEED_POLLS, rows)
    return lake


@dataclass
class Hour:
    """A clock that goes on when the scheduler sleeps; notes CPU seconds and MB at each minute."""

    at: datetime
    notes: list[tuple[float, float]]

    def now(self) -> datetime:
        return self.at

    def wait(self, signals: Signals, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.notes.append((process_time(), psutil.Process().memory_info().rss / 1e6))
        if len(self.notes) > MINUTES:
            signals.stops.append(0)


def schedule_hour(configs: Path, lake: Lake) -> Sequence[tuple[float, float]]:
    """CPU seconds and memory at the beginning and after each minute of an hour."""
    hour = Hour(datetime.now(UTC), [])
    Signals.wait = lambda signals, seconds: hour.wait(signals, seconds)  # type: ignore[method-assign]
    options = ScheduleOptions((configs,), lake.root)
    run_schedule(
        options,
        lambda place, job, now: next_due(Lake(place), job.sources, now),
        print,
        hour,  # type: ignore[arg-type]
    )
    return hour.notes


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="What many sources cost.")
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lake = prepare(folder, options.count)
        command = [
            sys.executable, "-m", "newsbeam", "run", folder / "sources", "--output", lake.root,
        ]  # fmt: skip
        for label in ("first", "next"):
            cost = measure([*command])
            print(f"run, nothing due, {label}: {cost.cpu:.1f} CPU s, {cost.memory:.0f} MB")
        notes = schedule_hour(folder / "sources", lake)
        ten = MINUTES // 6
        for label, (before, after) in {"first": (0, ten), "last": (-1 - ten, -1)}.items():
            cpu = (notes[after][0] - notes[before][0]) / ten
            print(
                f"schedule, {label} ten minutes: {cpu:.3f} CPU s a minute, {notes[after][1]:.0f} MB"
            )


if __name__ == "__main__":
    main()
