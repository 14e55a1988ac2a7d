"""Measures batches on Flink against the local runner, on the same generated articles.

usage: python benchmarks/bench_flink.py [--count 2000] [--rounds 1]

A cluster of one TaskManager with two slots is started first, and its start is not counted. Each
round runs, in turn, whole `newsbeam run` processes, start-up included: the local runner with one
and two workers, Flink with parallelism one and two (as many Python processes). Beside whole
processes it prints how long the job itself took by Flink's clock. Ratios within a round.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from bench_ingest import job, measure, prepare  # noqa: E402

from tests.support.flink.cluster import Cluster, run_cluster  # noqa: E402
from tests.support.flink.parts import obtain_parts  # noqa: E402


def read_job_seconds(cluster: Cluster) -> float:
    """How long the newest job took, by Flink."""
    jobs = cluster.ask("/jobs/overview")["jobs"]
    newest = max(jobs, key=lambda one: one["start-time"])
    return float(newest["duration"]) / 1000


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="Measures batches on Flink.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    times: dict[str, list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as name,
        run_cluster(Path(name) / "cluster", obtain_parts()) as cluster,
    ):
        folder = Path(name)
        config = prepare(folder, options.count)
        warm = prepare(folder / "warm", 10)
        measure([*job(warm, folder / "warm-out", 1), "--", *cluster.beam_arguments(2)])
        for number in range(options.rounds):
            for workers in (1, 2):
                kind = f"local, {workers}"
                seconds, _ = measure(job(config, folder / f"{kind}{number}", workers))
                times.setdefault(kind, []).append(seconds)
                print(f"{kind:<16} {seconds:7.1f} s", flush=True)
                kind = f"Flink, {workers}"
                # --workers also says into how many parts the files are dealt.
                command = job(config, folder / f"{kind}{number}", workers)
                seconds, _ = measure([*command, "--", *cluster.beam_arguments(workers)])
                times.setdefault(kind, []).append(seconds)
                times.setdefault(f"{kind}, job", []).append(read_job_seconds(cluster))
                print(f"{kind:<16} {seconds:7.1f} s, the job {times[f'{kind}, job'][-1]:.1f} s",
                      flush=True)  # fmt: skip
    print(f"\n{options.count} articles, median of {options.rounds}:")
    for kind, each in times.items():
        print(f"  {kind:<16} {median(each):7.1f} s  {options.count / median(each):6.1f} articles/s")
    for a, b in (("Flink, 1", "local, 1"), ("Flink, 2", "local, 2"), ("Flink, 1", "Flink, 2"),
                 ("Flink, 1, job", "Flink, 2, job"), ("local, 1", "local, 2")):  # fmt: skip
        ratio = median(x / y for x, y in zip(times[a], times[b], strict=True))
        print(f"  {a} : {b}  {ratio:.2f}")


if __name__ == "__main__":
    main()
