"""Writers of a lake on the test server, and whether it is as it should be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from newsbeam.transforms.lake.commit import CommitCount, commit_articles, stage_rows
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.object_log import ObjectLog
from newsbeam.transforms.lake.object_path import ObjectPath, read_place
from newsbeam.transforms.lake.object_staging import ObjectStaging
from newsbeam.transforms.lake.run import make_run_id
from newsbeam.transforms.lake.schema import ARTICLES, TABLES, Row, make_row
from newsbeam.transforms.lake.staging import StagingLost
from newsbeam.transforms.lake.store_faults import StoreFault
from newsbeam.transforms.records import Article, Block, Metadata, Provenance
from tests.support.workplace import ROOT

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# The exit code of a writer that was taken for dead.
LOST = 3
# And of one that waited for an answer in vain.
UNANSWERED = 4
# What a writer has just done when it is stopped.
STEPS = ("stage", "intent", "copy", "commit")


def make_article_row(key: str, text: str = "Tekst.", run_id: str = "r") -> Row:
    """The row of an article that ``key`` names."""
    article = Article(
        Provenance("avis", key, key, "0" * 64), Metadata(title=key), (Block(text),), "nb"
    )
    return make_row(article, run_id=run_id, started_at=NOW)


def commit_keys(lake: Lake, keys: Sequence[str], base: int | None = None) -> CommitCount:
    """Commit an article for each key, as a run of its own."""
    base = lake.version(ARTICLES) if base is None else base
    staging = lake.stage(make_run_id(NOW))
    with staging.create():
        rows = [make_article_row(key) for key in keys]
        counts = commit_articles(lake, staging, stage_rows(staging, ARTICLES, rows), base)
    lake.clean()
    return counts.get("avis", CommitCount())


def start_writer(
    place: ObjectPath, keys: Sequence[str], environment: Mapping[str, str], step: str = "",
    signal_name: str = "SIGKILL",
) -> subprocess.Popen[bytes]:  # fmt: skip
    """A process that commits ``keys`` and sends itself a signal after ``step``."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.s3.lakes", str(place), ",".join(keys), step,
         signal_name],
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )  # fmt: skip


def check_lake(lake: Lake, server_folder: Path) -> list[str]:
    """The titles in the table; plain readers see the same files, nothing is missing or left."""
    assert isinstance(lake.place, ObjectPath)
    root = server_folder / lake.place.bucket.partition("//")[2] / lake.place.key
    for table in TABLES:
        named = list_files(lake.open(table))
        plain = {
            str(path.relative_to(root / table.name))
            for path in (root / table.name).rglob("*.parquet")
            if "_delta_log" not in path.parts
        }
        assert named == plain
    assert not [path for path in (root / "_staging").rglob("*") if path.is_file()]
    paths = sorted(list_files(lake.open(ARTICLES)))
    rows = read_rows(lake.folder(ARTICLES), paths, ARTICLES.file_schema)
    return sorted(rows["title"].to_pylist())


def _stop_after(step: str, number: signal.Signals) -> None:
    """Let this process send itself the signal when it has done ``step`` once."""
    owners: dict[str, tuple[type, str]] = {
        "stage": (ObjectStaging, "write_file"),
        "intent": (ObjectStaging, "write_intent"),
        "copy": (ObjectStaging, "bring_out"),
        "commit": (ObjectLog, "write"),
    }
    owner, name = owners[step]
    method = getattr(owner, name)

    def do_and_stop(*arguments: object) -> object:
        result = method(*arguments)
        os.kill(os.getpid(), number)
        return result

    setattr(owner, name, do_and_stop)


def main(place: str, keys: str, step: str, signal_name: str) -> int:
    """What ``start_writer`` starts."""
    if step:
        _stop_after(step, signal.Signals[signal_name])
    try:
        commit_keys(Lake(read_place(place)), keys.split(","), base=0)
    except StagingLost:
        return LOST
    except StoreFault:
        return UNANSWERED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
