"""Measures the ingest job against a plain loop and a script of one's own, and its memory.

usage: python benchmarks/bench_ingest.py [--count 2000] [--rounds 3] [--memory 500 5000]
       [--only loop script]

Each round runs, in turn, on the same generated articles: the loop, the job with one worker, the
job with two worker processes; then, on articles in one file of JSON Lines, a script that a user
would write (own_script.py), and the job. Whole processes, start-up included. Figures are medians
of the rounds; ratios are taken within a round. Aims: Beam <= 1.10 x the loop, two workers >= 1.7 x
one; the job <= 1.10 x the script, in CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).resolve().parent


class Cost(NamedTuple):
    """Wall and CPU seconds of a process with its children, and the largest one's memory in MB."""

    seconds: float
    cpu: float
    memory: float


def prepare(folder: Path, count: int, kind: str = "txt") -> Path:
    """Generate ``count`` articles and a config for them."""
    stories = folder / "stories"
    options = ["--count", str(count), "--format", kind]
    subprocess.run([sys.executable, HERE / "generate_articles.py", stories, *options], check=True)
    config = folder / "bench.yaml"
    config.write_text(f"id: bench\nlanguage: nb\nfiles: ['stories/*.{kind}']\n", encoding="utf-8")
    return config


def measure(command: list[str | Path]) -> Cost:
    """Run ``command``."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed with status {status}: {' '.join(map(str, command))}")
    process.returncode = 0
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - began, cpu, usage.ru_maxrss / 1024)


def job(config: Path, output: Path, workers: int) -> list[str | Path]:
    """The command line of the job."""
    return [
        sys.executable, "-m", "newsbeam", "run", config, "--output", output,
        "--workers", str(workers), "--json",
    ]  # fmt: skip


def bench_speed(count: int, rounds: int) -> None:
    """Time the three ways in turn and print medians and ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = prepare(folder, count)
        times: dict[str, list[float]] = {"loop": [], "1 worker": [], "2 workers": []}
        for number in range(rounds):
            commands = {
                "loop": [sys.executable, HERE / "plain_loop.py", config, folder / "loop.parquet"],
                "1 worker": job(config, folder / f"one{number}", 1),
                "2 workers": job(config, folder / f"two{number}", 2),
            }
            for kind, command in commands.items():
                seconds = measure(command).seconds
                times[kind].append(seconds)
                print(f"round {number + 1}  {kind:<10} {seconds:7.1f} s", flush=True)
    print(f"\n{count} articles, median of {rounds}:")
    for kind, seconds_each in times.items():
        middle = median(seconds_each)
        print(f"  {kind:<10} {middle:7.1f} s  {count / middle:6.1f} articles/s")
    overhead = median(b / a for a, b in zip(times["loop"], times["1 worker"], strict=True))
    speedup = median(a / b for a, b in zip(times["1 worker"], times["2 workers"], strict=True))
    print(f"  Beam, 1 worker : loop      {overhead:.2f}  (aim <= 1.10)")
    print(f"  1 worker : 2 workers       {speedup:.2f}  (aim >= 1.70)")


def bench_script(count: int, rounds: int) -> None:
    """The CPU seconds of a user's script and of the job on the same JSON Lines, in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = prepare(folder, count, "jsonl")
        script = [
            sys.executable, HERE / "own_script.py", folder / "stories/stories.jsonl",
            folder / "own.parquet",
        ]  # fmt: skip
        ratios = []
        for number in range(rounds):
            own = measure(script).cpu
            ours = measure(job(config, folder / f"lake{number}", 1)).cpu
            ratios.append(ours / own)
            print(f"round {number + 1}  script {own:.1f} s, job {ours:.1f} s of CPU", flush=True)
    print(f"\n{count} articles: job : script  {median(ratios):.2f}  (aim <= 1.10)")


def bench_memory(counts: list[int]) -> None:
    """Print the peak memory of the largest process for several sizes of the job."""
    print("\npeak memory of the largest process:")
    for workers in (1, 2):
        for count in counts:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                peak = measure(job(prepare(folder, count), folder / "out", workers)).memory
            print(f"  {workers} worker(s), {count:>6} articles: {peak:6.0f} MB", flush=True)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="Measures the ingest job against a plain loop.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[500, 5000])
    parser.add_argument("--only", nargs="*", choices=("loop", "script"), default=["loop", "script"])
    options = parser.parse_args()
    if "loop" in options.only:
        bench_speed(options.count, options.rounds)
    if "script" in options.only:
        bench_script(options.count, options.rounds)
    if options.memory:
        bench_memory(options.memory)


if __name__ == "__main__":
    main()
