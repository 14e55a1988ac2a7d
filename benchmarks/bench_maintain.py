"""Measures what many small files cost, and what ``newsbeam maintain`` makes of that.

usage: python benchmarks/bench_maintain.py [--files 5000] [--rounds 7]

Makes a lake of small files of articles (500 partitions) and a copy of it, maintains the copy
with ``--retain 0s``, and measures both in turn, so that the machine's mood falls out of the ratios:
a commit of one article, ``newsbeam status``, and readers.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb
import pandas as pd
from deltalake import DeltaTable
from rich.console import Console

from newsbeam.pipelines.maintain import MaintainOptions, maintain_lake
from newsbeam.pipelines.status.show import StatusOptions, show_status
from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.known import Known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, Row, make_row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Block, Metadata, Provenance

SOURCES, DAYS = 20, 25
# As a month of runs: each commits a few files.
FILES_A_COMMIT = 10
NOW = datetime.now(UTC)


def make(number: int, index: int) -> Row:
    """An article of file ``number``."""
    name = hashlib.sha256(f"{number} {index}".encode()).hexdigest()
    published = NOW - timedelta(days=number // SOURCES % DAYS)
    article = Article(
        Provenance(f"kilde{number % SOURCES}", name, name, name),
        Metadata(title="Sak", published_at=published),
        (Block("Kommunen vedtok det i går kveld, sier ordføreren. " * 20),),
        "nb",
    )
    return make_row(article, run_id="fill", started_at=published)


def fill(lake: Lake, count: int) -> None:
    """Write ``count`` files of two articles each."""
    lake.create()
    for start in range(0, count, FILES_A_COMMIT):
        staging = Staging(lake.root, uuid.uuid4().hex)
        with staging.create():
            files = [
                file
                for number in range(start, start + FILES_A_COMMIT)
                for file in stage_rows(staging, ARTICLES, [make(number, 0), make(number, 1)])
            ]
            commit_rows(lake, staging, ARTICLES, files, lake.version(ARTICLES))
        staging.remove()


def commit(lake: Lake) -> None:
    """What a run does at its end with one new article."""
    staging = Staging(lake.root, uuid.uuid4().hex)
    with staging.create():
        row = make(int(time.time_ns()), 0)
        files = stage_rows(staging, ARTICLES, [row])
        commit_articles(lake, staging, files, lake.version(ARTICLES))
    staging.remove()


def status(lake: Lake, *, cold: bool) -> None:
    """``newsbeam status``; ``cold`` without what it remembers of files."""
    if cold:
        shutil.rmtree(lake.root / "_cache/status", ignore_errors=True)
    silent = Console(file=io.StringIO())
    show_status(StatusOptions(lake.root, None, False, False, None, ()), NOW, silent, silent)


def query(lake: Lake) -> None:
    """Rows a source, by DuckDB over plain files."""
    duckdb.sql(
        f"SELECT source, count(*), max(word_count) FROM read_parquet("
        f"'{lake.root}/articles/source=*/**/*.parquet', hive_partitioning=1) GROUP BY ALL"
    ).fetchall()


MEASURES: dict[str, Callable[[Lake], object]] = {
    "commit of one article": commit,
    "status, nothing remembered": lambda lake: status(lake, cold=True),
    "status again": lambda lake: status(lake, cold=False),
    "DeltaTable opened": lambda lake: DeltaTable(lake.root / "articles"),
    "known articles made anew": lambda lake: Known(lake, lake.version(ARTICLES)),
    "DuckDB, two columns": query,
    "pandas, three columns": lambda lake: pd.read_parquet(
        lake.root / "articles", columns=["title", "source", "word_count"]
    ),
}


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small, large = Lake(Path(folder) / "small"), Lake(Path(folder) / "large")
        began = time.monotonic()
        fill(small, options.files)
        print(f"{options.files} files in {options.files // FILES_A_COMMIT} commits written in "
              f"{time.monotonic() - began:.0f} s")  # fmt: skip
        shutil.copytree(small.root, large.root)
        began = time.monotonic()
        report = maintain_lake(large.root, MaintainOptions(timedelta()))[0]
        took = time.monotonic() - began
        print(f"maintain --retain 0s: {took:.1f} s; "
              f"{report.files_before} files, {report.bytes_before / 1e6:.1f} MB -> "
              f"{report.files_after} files, {report.bytes_after / 1e6:.1f} MB")  # fmt: skip
        began = time.monotonic()
        maintain_lake(large.root, MaintainOptions(timedelta()))
        print(f"maintain again, nothing to do: {time.monotonic() - began:.1f} s")
        for name, measure in MEASURES.items():
            seconds: tuple[list[float], list[float]] = ([], [])
            for _ in range(options.rounds):
                for lake, times in zip((small, large), seconds, strict=True):
                    began = time.monotonic()
                    measure(lake)
                    times.append(time.monotonic() - began)
            slow, quick = map(median, seconds)
            print(f"{name}: {slow * 1000:.0f} ms before, {quick * 1000:.0f} ms after, "
                  f"{quick / slow:.2f} x")  # fmt: skip


if __name__ == "__main__":
    main()
