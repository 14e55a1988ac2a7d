"""The database of what is known: damaged, cleared, read-only, used by many, left by the killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsbeam.transforms.lake.known import Known, revised_articles
from newsbeam.transforms.lake.known_database import known_folder, refresh_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.known_lakes import (
    assert_exact,
    assert_model,
    commit,
    damage,
    hex_id,
    read_naively,
    refreshed,
    row,
)
from tests.support.waiting import at_most


def test_what_did_not_change_for_a_day_is_deleted_and_no_more_than_that(lake: Lake) -> None:
    folder = known_folder(lake)
    folder.mkdir(parents=True)
    # Of an older newsbeam, of runs that died, and what mends a database that one left torn.
    old = ["00000000000000000001.json", "documents-0.rows", "b.sqlite", "b.sqlite-journal"]
    for name in old:
        (folder / name).write_text("{}")
        os.utime(folder / name, (0, 0))
    (folder / "a.sqlite").write_text("torn today")
    (folder / "a.sqlite-journal").write_text("")
    os.utime(folder / "a.sqlite-journal", (0, 0))
    commit(lake, [row("a")])
    refreshed(lake)
    (kept,) = [path.name for path in folder.glob("0*.sqlite")]
    assert {path.name for path in folder.iterdir()} == {kept, "a.sqlite", "a.sqlite-journal"}
    os.utime(folder / kept, (0, 0))
    for key in "bcd":
        commit(lake, [row(key)])
        assert_exact(lake, refreshed(lake))
        assert [path.name for path in folder.glob("0*.sqlite")] == [kept]


def test_a_file_that_is_no_database_of_ours_is_passed_over(lake: Lake) -> None:
    commit(lake, [row("a")])
    refreshed(lake)
    (path,) = known_folder(lake).iterdir()
    for change in ("UPDATE state SET layout = 0", "DELETE FROM state", "DROP TABLE state"):
        other = sqlite3.connect(path)
        with other:
            other.execute("DELETE FROM articles")
            other.execute(change)
        other.close()
        assert_exact(lake, Known(lake, 1))
        assert revised_articles(lake) is None
        path.unlink()
        refreshed(lake)
        (path,) = known_folder(lake).iterdir()


def test_a_table_made_anew_is_not_taken_for_the_old_one(lake: Lake) -> None:
    commit(lake, [row("a")])
    commit(lake, [row("b")])
    refreshed(lake)
    shutil.rmtree(lake.root / "articles")
    lake.create()
    for key in "cde":
        commit(lake, [row(key)])
    known = refreshed(lake)
    assert known.document(hex_id("a")) is None
    assert_exact(lake, known)


def test_reading_writes_nothing(lake: Lake) -> None:
    commit(lake, [row("a")])
    before = sorted(lake.root.rglob("*"))
    assert Known(lake, 1).document(hex_id("a")) is not None
    assert sorted(lake.root.rglob("*")) == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gone", "cut", "garbage", "head"])
def test_a_database_may_be_damaged_while_it_is_in_use(lake: Lake, kind: str) -> None:
    commit(lake, [row(f"sak{number}", at=number) for number in range(300)])
    commit(lake, [row("sak7", "Endret.", 400)])
    known = refreshed(lake)
    assert known.document(hex_id("sak0")) is not None
    damage(lake, kind)
    assert_exact(lake, known)
    assert_exact(lake, refreshed(lake))
    assert_exact(lake, Known(lake, 2))


def test_turned_bits_stop_no_run(lake: Lake) -> None:
    """SQLite notices what does not fit together, not that a value is another one."""
    commit(lake, [row(f"sak{number}", at=number) for number in range(300)])
    refreshed(lake)
    documents, _ = read_naively(lake)
    (path,) = known_folder(lake).iterdir()
    content = path.read_bytes()
    chance = random.Random(7)
    wrong = []
    for _ in range(60):
        turned = bytearray(content)
        turned[chance.randrange(len(turned))] ^= 1 << chance.randrange(8)
        path.write_bytes(turned)
        known = Known(lake, 1)
        wrong.append(sum(known.document(key) != documents[key] for key in documents))
        known.revised()
    assert sorted(wrong)[len(wrong) * 3 // 4] <= 1


def test_read_only_lake(lake: Lake) -> None:
    commit(lake, [row("a")])
    refreshed(lake)
    commit(lake, [row("b")])
    folder = known_folder(lake)
    for path in (*folder.iterdir(), folder):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert_exact(lake, Known(lake, 2))
        if os.getuid():  # root may write everywhere
            with pytest.raises(OSError, match="cannot be written"):
                refresh_known(lake, 2)
    finally:
        folder.chmod(0o700)


def test_where_no_database_can_be_written(lake: Lake) -> None:
    commit(lake, [row("a")])
    known_folder(lake).parent.mkdir(exist_ok=True)
    known_folder(lake).write_text("in the way")
    with pytest.raises(OSError):
        refresh_known(lake, 1)
    assert_exact(lake, Known(lake, 1))


def test_a_reader_does_not_keep_writers_out(lake: Lake) -> None:
    commit(lake, [row("a")])
    known = refreshed(lake)
    for number in range(5):
        commit(lake, [row(f"sak{number}")])
        assert known.document(hex_id("a")) is not None
        with at_most(10):
            refresh_known(lake, lake.version(ARTICLES))
        assert known.document(hex_id(f"sak{number}")) is None
    assert len(list(known_folder(lake).glob("*.sqlite"))) == 1


_REFRESH = """
import sys
from pathlib import Path
from newsbeam.transforms.lake.known import refresh_known
from newsbeam.transforms.lake.lake import Lake
print("begin", flush=True)
for version in range(1, int(sys.argv[2]) + 1):
    refresh_known(Lake(Path(sys.argv[1])), version)
print("end", flush=True)
"""


@pytest.mark.slow
def test_killed_at_any_moment(lake: Lake) -> None:
    models = []
    for number in range(12):
        commit(lake, [row(f"sak{number}-{part}", at=number) for part in range(40)])
        models.append(read_naively(lake))
    command = [sys.executable, "-c", _REFRESH, str(lake.root), "12"]
    for turn in range(12):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(turn * 0.012)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        for version in (1, 6, 12):
            assert_model(models[version - 1], Known(lake, version))
        if turn % 3 == 2:
            shutil.rmtree(known_folder(lake), ignore_errors=True)
    assert_exact(lake, refreshed(lake))


@pytest.mark.parametrize("has_database", [True, False])
def test_a_journal_that_a_killed_run_left_is_rolled_back(lake: Lake, has_database: bool) -> None:
    """The state in which a run leaves the files that is killed while pages go to the disk."""
    commit(lake, [row("a")])
    refreshed(lake)
    (path,) = known_folder(lake).iterdir()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA cache_spill = ON")
    writer.execute("PRAGMA cache_size = 1")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM documents")
    for number in range(2000):
        values = (number.to_bytes(16, "big"), 1, 0, bytes(16), 0, 1, None)
        writer.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    torn, journal = path.read_bytes(), path.with_name(f"{path.name}-journal").read_bytes()
    writer.execute("ROLLBACK")
    writer.close()
    path.unlink()
    path = path.with_name("torn.sqlite")
    path.with_name(f"{path.name}-journal").write_bytes(journal)
    if has_database:
        path.write_bytes(torn)
    commit(lake, [row("b", at=1)])
    assert_exact(lake, Known(lake, 2))
    assert_exact(lake, refreshed(lake))
    assert len(list(known_folder(lake).glob("*.sqlite"))) == 1


def _work(root: Path, number: int) -> None:
    lake = Lake(root)
    for turn in range(6):
        version = lake.version(ARTICLES)
        refresh_known(lake, version)
        known = Known(lake, version)
        if number % 2:
            commit(lake, [row(f"{number}-{turn}")], version)
        for earlier in range(turn if number % 2 else 0):
            assert known.document(hex_id(f"{number}-{earlier}")) is not None


@pytest.fixture
def workers(lake: Lake) -> Iterator[list[Any]]:
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=_work, args=(lake.root, number)) for number in range(4)]
    for process in started:
        process.start()
    yield started
    for process in started:
        process.kill()


@pytest.mark.slow
def test_several_runs_at_once(lake: Lake, workers: list[Any]) -> None:
    for process in workers:
        process.join(120)
    assert [process.exitcode for process in workers] == [0, 0, 0, 0]
    known = refreshed(lake)
    assert_exact(lake, known)
    assert len(list(known_folder(lake).glob("*.sqlite"))) >= 1
    assert len(read_naively(lake)[0]) == 12
