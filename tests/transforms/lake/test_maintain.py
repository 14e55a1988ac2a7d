"""Maintaining a lake: fewer files, the same rows for every reader, at every moment."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from newsbeam.pipelines import maintain as maintain_module
from newsbeam.pipelines.maintain import MaintainOptions, TableReport, maintain_lake
from newsbeam.transforms import files as files_module
from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake import compaction, rewrites, vacuum
from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.compaction import MergeWish, plan_merges
from newsbeam.transforms.lake.known import Known
from newsbeam.transforms.lake.known_database import refresh_known
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.live_files import LiveFile, TableState
from newsbeam.transforms.lake.places import hide_place, is_hidden, plain_place
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    Row,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Block, Metadata, Provenance, Rejection
from newsbeam.transforms.stories.table import update_stories
from tests.support.waiting import PATIENCE
from tests.support.workplace import Workplace

Command = Callable[[list[str]], tuple[int, str, str]]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = MaintainOptions()
AT_ONCE = MaintainOptions(retain=timedelta())
HOUR = MaintainOptions(retain=timedelta(hours=1))


def row(key: str, source: str = "avis", day: int = 22, text: str = "Tekst.") -> Row:
    at = datetime(2026, 11, day, 8, tzinfo=UTC)
    article = Article(
        Provenance(source, key, key, "0" * 64),
        Metadata(title=key, published_at=at),
        (Block(text),),
        "nb",
    )
    return make_row(article, run_id="r", started_at=NOW)


def commit(lake: Lake, rows: Iterable[Row]) -> None:
    rows = list(rows)
    staging = Staging(lake.root, uuid.uuid4().hex)
    with staging.create():
        commit_articles(lake, staging, stage_rows(staging, ARTICLES, rows), lake.version(ARTICLES))
        staging.remove()  # while it is held: `maintain` cleans up after those that are not


def reject(lake: Lake, origin: str) -> None:
    staging = Staging(lake.root, uuid.uuid4().hex)
    rejection = Rejection("avis", "read", "empty", "nothing in it", origin)
    with staging.create():
        rows = [make_reject_row(rejection, run_id="r", started_at=NOW)]
        files = stage_rows(staging, REJECTS, rows)
        commit_rows(lake, staging, REJECTS, files, lake.version(REJECTS))
        staging.remove()


@pytest.fixture(scope="session")
def made_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten commits of an article each, in two partitions of five; two rejects."""
    lake = Lake(tmp_path_factory.mktemp("made") / "out")
    lake.create("day")
    for number in range(10):
        commit(lake, [row(f"a{number}", day=21 + number % 2)])
    for number in range(2):
        reject(lake, f"{number}.txt")
    return lake.root


@pytest.fixture
def lake(made_lake: Path, tmp_path: Path) -> Lake:
    """A copy of the made lake."""
    return Lake(shutil.copytree(made_lake, tmp_path / "out"))


def maintain(lake: Lake, options: MaintainOptions = DAY) -> dict[str, TableReport]:
    return {report.table: report for report in maintain_lake(lake.root, options)}


def plain_files(lake: Lake) -> set[str]:
    folder = lake.root / "articles"
    return {p.relative_to(folder).as_posix() for p in folder.glob("source=*/**/*.parquet")}


def hidden_files(lake: Lake) -> list[Path]:
    return [path for path in (lake.root / "articles/_compacted").rglob("*") if path.is_file()]


def read_every_way(lake: Lake) -> Counter[tuple[str, int]]:
    """Titles and revisions of all rows, the same for every reader."""
    folder = lake.root / "articles"
    table = DeltaTable(folder)
    uris = table.file_uris()
    by_reader = {
        "pandas": pd.read_parquet(folder),
        "delta": table.to_pandas(),
        "delta dataset": table.to_pyarrow_dataset().to_table().to_pandas(),
        "duckdb": duckdb.sql(
            f"SELECT * FROM read_parquet('{folder}/source=*/**/*.parquet', hive_partitioning=1)"
        ).df(),
        "duckdb with delta's files": duckdb.sql(
            f"SELECT * FROM read_parquet({uris!r}, hive_partitioning=1)"
        ).df(),
    }
    rows = {name: count(frame) for name, frame in by_reader.items()}
    first = rows["pandas"]
    assert all(found == first for found in rows.values()), rows
    return first


def count(frame: pd.DataFrame) -> Counter[tuple[str, int]]:
    return Counter(zip(frame["title"], frame["revision"], strict=True))


TEN = Counter({(f"a{number}", 1): 1 for number in range(10)})


@pytest.fixture
def pass_an_hour(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Sets Python's clock ahead, so that nobody has to wait."""
    now, now_ns, hours = time.time, time.time_ns, 0

    def move() -> None:
        nonlocal hours
        hours += 1

    monkeypatch.setattr(time, "time", lambda: now() + 3601 * hours)
    monkeypatch.setattr(time, "time_ns", lambda: now_ns() + 3601 * hours * 1_000_000_000)
    return move


def test_readers_see_the_same_rows_in_every_phase(
    lake: Lake, pass_an_hour: Callable[[], None]
) -> None:
    before = lake.open(ARTICLES)
    files = plain_files(lake)
    report = maintain(lake, HOUR)["articles"]
    assert (report.files_before, report.files_after, report.merged) == (10, 2, 10)
    assert (report.waiting, report.deleted, report.shown) == (10, 0, 0)
    assert report.kept_until is not None
    assert timedelta(minutes=50) < report.kept_until - datetime.now(UTC) <= timedelta(hours=1)
    assert read_every_way(lake) == TEN
    assert plain_files(lake) == files, "plain readers keep what they have"
    between = lake.open(ARTICLES)
    assert count(before.to_pandas()) == count(between.to_pandas()) == TEN

    commit(lake, [row("a10", day=21)])
    eleven = TEN + Counter({("a10", 1): 1})
    pass_an_hour()
    report = maintain(lake, HOUR)["articles"]
    assert (report.shown, report.deleted) == (2, 10)
    assert read_every_way(lake) == eleven
    assert len(plain_files(lake)) == 3
    assert count(between.to_pandas()) == TEN, "opened between the phases"
    with pytest.raises(FileNotFoundError):
        before.to_pandas()  # past its time, and it says so

    pass_an_hour()
    maintain(lake, HOUR)
    pass_an_hour()
    maintain(lake, HOUR)
    assert read_every_way(lake) == eleven
    pass_an_hour()
    maintain(lake, HOUR)
    assert hidden_files(lake) == []
    assert not (lake.root / "articles/_compacted").exists()
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    assert len(plain_files(lake)) == 3, "what came late lies beside what was merged"
    version = lake.version(ARTICLES)
    report = maintain(lake, HOUR)["articles"]
    assert (report.merged, report.shown, report.deleted, report.waiting) == (0, 0, 0, 0)
    assert lake.version(ARTICLES) == version, "nothing to do, nothing done"


def test_all_at_once_for_a_lake_that_nobody_reads(lake: Lake) -> None:
    reports = maintain(lake, AT_ONCE)
    assert reports["articles"].files_after == 2
    assert reports["articles"].deleted >= 10
    assert reports["articles"].waiting == 0
    assert reports["articles"].kept_until is None
    assert reports["rejects"].files_after == 1
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    assert hidden_files(lake) == []
    assert read_every_way(lake) == TEN
    rejects = pd.read_parquet(lake.root / "rejects")
    assert sorted(rejects["origin"]) == ["0.txt", "1.txt"]


def test_files_are_as_runs_write_them(lake: Lake) -> None:
    order = [f"a{number}" for number in range(0, 10, 2)]
    maintain(lake, AT_ONCE)
    (path,) = (lake.root / "articles/source=avis/published_date=2026-11-21").iterdir()
    file = pq.ParquetFile(path)
    assert file.schema_arrow == lake.table(ARTICLES).file_schema
    assert file.read()["title"].to_pylist() == order, "in the order in which they came"
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    (stated,) = {
        number
        for path, number in zip(
            *(
                lake.open(ARTICLES).get_add_actions(flatten=True)[name].to_pylist()
                for name in ("path", "num_records")
            ),
            strict=True,
        )
        if "2026-11-21" in path
    }
    assert stated == 5


def test_rows_in_memory_are_bounded_and_sizes_kept_to(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "_GROUP_BYTES", 1)
    maintain(lake, AT_ONCE)
    (path,) = (lake.root / "articles/source=avis/published_date=2026-11-21").iterdir()
    assert pq.ParquetFile(path).num_row_groups == 5
    assert read_every_way(lake) == TEN
    size = max(file.stat().st_size for file in (lake.root / "articles").rglob("*.parquet"))
    for number in range(10, 20):
        commit(lake, [row(f"a{number}", day=23)])
    small = MaintainOptions(timedelta(), target_size=2 * size + 2)
    files = maintain(lake, small)["articles"].files_after
    assert files > 3, "several files of a partition where one would be too large"
    assert maintain(lake, small)["articles"].merged in (0, 2, 4)


def test_runs_know_what_they_knew(workplace: Workplace, newsbeam: Command) -> None:
    for name in "ab":
        workplace.write(f"{name}.txt", f"Sak {name}\n\nKommunen vedtok det i går.\n")
        assert workplace.run()["new"] == 1
    lake = Lake(workplace.output)
    code, out, err = newsbeam(["maintain", str(workplace.output), "--json"])
    assert code == 0, err
    tables = json.loads(out)["tables"]
    assert tables["articles"]["files_after"] == 1
    assert tables["articles"]["kept_until"]
    assert workplace.run()["known"] == 2
    shutil.rmtree(workplace.output / "_cache")
    workplace.write("b.txt", "Sak b\n\nKommunen vedtok det i dag, ikke i går.\n")
    count = workplace.run()
    assert (count["revised"], count["known"]) == (1, 1)
    code, out, err = newsbeam(["maintain", str(workplace.output), "--retain", "0s"])
    assert code == 0, err
    assert "articles: 2 files" in out
    assert workplace.run()["known"] == 2
    assert sorted(workplace.articles()["revision"]) == [1, 1, 2]
    files = {p.name for p in (workplace.output / "articles").glob("source=*/**/*.parquet")}
    assert files == {Path(path).name for path in list_files(lake.open(ARTICLES))}


def test_our_own_readers_find_waiting_files(lake: Lake, newsbeam: Command) -> None:
    maintain(lake)
    query = "SELECT source, published_date, count(*) AS n FROM articles GROUP BY ALL ORDER BY 2"
    code, out, err = newsbeam(["sql", str(lake.root), query, "--format", "csv"])
    assert code == 0, err
    assert out.split()[1:] == ["avis,2026-11-21,5", "avis,2026-11-22,5"]
    code, out, err = newsbeam(["status", str(lake.root), "--json"])
    assert code == 0, err
    assert '"avis"' in out


def test_polls_are_remembered(lake: Lake) -> None:
    def poll(feed: str, minute: int) -> None:
        at = NOW + timedelta(minutes=minute)
        poll = dict.fromkeys(FEED_POLLS.schema.names) | {
            "source": "avis", "feed": feed, "polled_at": at, "polled_date": at.date(),
            "run_id": str(minute),
        }  # fmt: skip
        if minute < 2:
            poll["seen"] = [{"id": "0" * 16, "digest": str(minute), "document_id": None}]
        staging = Staging(lake.root, uuid.uuid4().hex)
        with staging.create():
            files = stage_rows(staging, FEED_POLLS, [poll])
            commit_rows(lake, staging, FEED_POLLS, files, lake.version(FEED_POLLS))
        staging.remove()

    for minute in range(8):
        poll(f"feed{minute % 2}", minute)
    before = lake.read_feed_states(keep=True)
    report = maintain(lake, AT_ONCE)["feed_polls"]
    assert (report.files_before, report.files_after) == (8, 1)
    assert lake.read_feed_states() == before
    shutil.rmtree(lake.root / "_cache")
    assert lake.read_feed_states() == before
    assert len(pd.read_parquet(lake.root / "feed_polls")) == 8
    assert before["avis", "feed1"]["seen"][0]["digest"] == "1"


def test_views_grow_across_a_compaction(lake: Lake) -> None:
    refresh_known(lake, lake.version(ARTICLES))
    maintain(lake, AT_ONCE)
    commit(lake, [row("b")])
    version = lake.version(ARTICLES)
    grown = Known(lake, version)
    shutil.rmtree(lake.root / "_cache")
    anew = Known(lake, version)
    for key in ("a0", "a7", "b"):
        article = row(key)["article_id"]
        assert grown.article(article) == anew.article(article) is not None
    assert lake.log(ARTICLES).find_additions(10, version) is not None


def test_stories_go_on_where_they_were(lake: Lake) -> None:
    def tell() -> tuple[int, bool]:
        staging = Staging(lake.root, uuid.uuid4().hex)
        with staging.create():
            update = update_stories(lake, staging, NOW)
        staging.remove()
        return update.articles, update.is_complete

    assert tell()[0] == 10
    for number in range(3):
        commit(lake, [row(f"b{number}", day=22)])
        assert tell() == (1, False)
    for _ in range(2):
        assert maintain(lake, AT_ONCE)["stories"].files_after >= 1
        assert tell() == (0, False), "not all anew"
    stories = pd.read_parquet(lake.root / "stories")
    assert stories["article_id"].nunique() == 13


class Crash(BaseException):
    pass


def crash(*_: object, **__: object) -> None:
    raise Crash


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("place", "name", "turn"),
    [
        (compaction, "_write_merge", 0),
        (compaction, "_write_merge", 1),
        (compaction, "commit_rewrites", 0),
        (vacuum, "commit_rewrites", 0),
        (files_module, "swap_folders", 1),  # the first one is only tried out
        (files_module, "swap_folders", 2),
        (vacuum, "_commit_shown", 1),
        (vacuum, "_delete_hidden", 1),
        (vacuum, "_remove_empty", 1),
        (os, "link", 1),  # as above
        (os, "link", 2),
    ],
)
def test_killed_between_any_two_steps(
    lake: Lake, place: Any, name: str, when: str, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = getattr(place, name)
    turns = iter(range(100))

    def act(*arguments: Any, **options: Any) -> Any:
        due = next(turns) == turn
        if due and when == "before":
            raise Crash
        result = original(*arguments, **options)
        if due:
            raise Crash
        return result

    monkeypatch.setattr(maintain_module, "TABLES", (ARTICLES,))
    with monkeypatch.context() as patch:
        patch.setattr(place, name, act)
        with pytest.raises(Crash):
            maintain(lake, AT_ONCE)
    assert read_every_way(lake) == TEN
    commit(lake, [row("b")])
    eleven = TEN + Counter({("b", 1): 1})
    assert read_every_way(lake) == eleven
    for _ in range(2):
        maintain(lake, AT_ONCE)
        assert read_every_way(lake) == eleven
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    # A day that is over is merged once: what came late may lie beside it.
    assert len(plain_files(lake)) in (2, 3)
    assert hidden_files(lake) == []


def test_what_a_living_run_moved_in_is_left(lake: Lake) -> None:
    staging = Staging(lake.root, "alive")
    with staging.create():
        (file,) = stage_rows(staging, ARTICLES, [row("b", day=21)])
        staging.write_intent("articles", [file.place])
        place = lake.root / "articles" / file.place
        os.replace(staging.folder / file.name, place)
        # Long ago, as far as the folder tells.
        os.utime(place, (0, 0))
        maintain(lake, AT_ONCE)
        assert place.exists()
        counts = commit_articles(lake, staging, [file], lake.version(ARTICLES))
    assert counts["avis"].new == 1
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


def test_a_run_that_began_before_finds_the_files_that_came_in_since(lake: Lake) -> None:
    base = lake.version(ARTICLES)
    staging = Staging(lake.root, "slow")
    with staging.create():
        commit(lake, [row("b", day=21)])
        maintain(lake, AT_ONCE)
        files = stage_rows(staging, ARTICLES, [row("b", day=21), row("c", day=21)])
        counts = commit_articles(lake, staging, files, base)
    assert (counts["avis"].new, counts["avis"].known) == (1, 1)
    lake.clean()
    maintain(lake, AT_ONCE)
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1, ("c", 1): 1})
    assert plain_files(lake) == list_files(lake.open(ARTICLES))


def test_files_of_an_intent_that_still_stands_are_not_merged(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is killed after its commit, while maintenance goes on."""
    staging = Staging(lake.root, "late")
    with staging.create():
        files = stage_rows(staging, ARTICLES, [row("b", day=21)])
        with monkeypatch.context() as patch:
            patch.setattr(Staging, "clear_intent", crash)
            with pytest.raises(Crash):
                commit_articles(lake, staging, files, lake.version(ARTICLES))
        maintain(lake, AT_ONCE)
        assert files[0].place in list_files(lake.open(ARTICLES))
    assert lake.clean() == ["late"]
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


def test_strays_go_when_they_are_old_and_empty_folders_at_once(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    stray, note = folder / "part-stray.parquet", folder / "note.txt"
    shutil.copy(next(folder.iterdir()), stray)
    note.write_text("kept: no data")
    empty = lake.root / "articles/source=gone/published_date=2026-01-01"
    empty.mkdir(parents=True)
    maintain(lake)
    assert stray.exists(), "younger than what is retained"
    assert not empty.parent.exists()
    day_ago = time.time() - 90_000
    os.utime(stray, (day_ago, day_ago))
    for path in list(hidden_files(lake)):
        assert path.exists()
    maintain(lake, AT_ONCE)
    assert not stray.exists()
    assert note.exists()
    note.unlink()
    assert read_every_way(lake) == TEN


def test_what_somebody_else_put_into_a_partition_is_left_alone(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    (folder / "mine").mkdir()
    (folder / "mine/_notes.txt").write_text("mine")
    maintain(lake, AT_ONCE)
    assert (folder / "mine/_notes.txt").exists()
    assert len(list(folder.glob("*.parquet"))) == 5
    assert read_every_way(lake) == TEN
    shutil.rmtree(folder / "mine")
    maintain(lake, AT_ONCE)
    assert len(list(folder.glob("*.parquet"))) == 1
    assert read_every_way(lake) == TEN


@pytest.mark.parametrize("rival", ["delete", "optimize"])
def test_files_that_others_replace_meanwhile_are_left_to_them(
    lake: Lake, rival: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = rewrites._make_actions
    raced = []

    def race(*arguments: Any) -> Any:
        """Between the look at the table and the commit."""
        if not raced:
            raced.append(True)
            table = lake.open(ARTICLES)
            table.delete("title = 'a0'") if rival == "delete" else table.optimize.compact()
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(rewrites, "_make_actions", race)
        maintain(lake)
    assert raced
    rows = TEN - Counter({("a0", 1): 1}) if rival == "delete" else TEN
    assert count(lake.open(ARTICLES).to_pandas()) == rows
    for _ in range(2):
        maintain(lake, AT_ONCE)
        assert read_every_way(lake) == rows
    assert plain_files(lake) == list_files(lake.open(ARTICLES))


def test_a_run_that_moves_a_file_in_waits_for_the_swap(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = files_module.swap_folders
    threads: list[threading.Thread] = []

    def race(new: Path, place: Path) -> None:
        """The new folder holds all that is there now; a run comes with one file more."""
        if "=" in place.name and not threads:  # no folder in which it is only tried out
            threads.append(threading.Thread(target=commit, args=(lake, [row("b", day=21)])))
            threads[0].start()
            time.sleep(0.5)
        original(new, place)

    monkeypatch.setattr(files_module, "swap_folders", race)
    maintain(lake, AT_ONCE)
    threads[0].join()
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


def test_a_log_that_was_cleaned_up_puts_deletions_off(lake: Lake) -> None:
    maintain(lake)
    commit(lake, [row("b")])
    lake.open(ARTICLES).create_checkpoint()
    log = lake.root / "articles/_delta_log"
    for path in sorted(log.glob("*.json"))[:-1]:
        path.unlink()
    report = maintain(lake)["articles"]
    assert report.deleted == 0
    assert report.waiting == 10
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


def test_columns_of_a_newer_newsbeam_are_not_lost(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    path = next(folder.iterdir())
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.append_column("new", pa.array([1] * len(rows))), path)
    version = lake.version(ARTICLES)
    with pytest.raises(Exception, match="does not know \\(new\\); use the newer one"):
        maintain(lake)
    assert lake.version(ARTICLES) == version


def test_columns_that_old_files_lack_are_null(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    path = next(folder.iterdir())
    pq.write_table(pq.ParquetFile(path).read().drop_columns(["document_hash"]), path)
    maintain(lake, AT_ONCE)
    hashes = pd.read_parquet(lake.root / "articles")["document_hash"]
    assert hashes.isna().sum() == 1


def test_delta_still_reads_it_from_the_checkpoint(lake: Lake) -> None:
    maintain(lake, AT_ONCE)
    log = lake.root / "articles/_delta_log"
    assert list(log.glob("*.checkpoint.parquet"))
    for path in sorted(log.glob("*.json"))[:-1]:
        path.unlink()
    assert read_every_way(lake) == TEN
    commit(lake, [row("b")])
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


def test_dry_run_says_it_and_changes_nothing(
    lake: Lake, newsbeam: Command, pass_an_hour: Callable[[], None]
) -> None:
    def everything() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in lake.root.rglob("*")
        }

    before = everything()
    code, out, err = newsbeam(["maintain", str(lake.root), "--dry-run"])
    assert code == 0, err
    assert "articles: 10 files" in out
    assert "10 files would be merged into 2" in out
    assert everything() == before
    maintain(lake, HOUR)
    pass_an_hour()
    before = everything()
    code, out, _ = newsbeam(["maintain", str(lake.root), "--dry-run", "--json", "--retain", "1h"])
    assert code == 0
    table = json.loads(out)["tables"]["articles"]
    assert (table["deleted"], table["shown"], table["merged"]) == (10, 2, 0)
    assert everything() == before


def test_one_at_a_time(lake: Lake, newsbeam: Command) -> None:
    descriptor = os.open(lake.root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        code, _, err = newsbeam(["maintain", str(lake.root)])
    finally:
        os.close(descriptor)
    assert code == 1
    assert "another `newsbeam maintain` is at work" in err
    assert newsbeam(["maintain", str(lake.root)])[0] == 0


@pytest.mark.parametrize(
    "options",
    [["--retain", "8d"], ["--retain", "soon"], ["--target-size", "0MB"], ["--target-size", "x"]],
)
def test_wrong_usage(lake: Lake, newsbeam: Command, options: list[str]) -> None:
    assert newsbeam(["maintain", str(lake.root), *options])[0] == 2


def test_no_lake(tmp_path: Path, newsbeam: Command) -> None:
    code, _, err = newsbeam(["maintain", str(tmp_path / "nothing")])
    assert code == 2
    assert "holds no lake" in err
    assert not (tmp_path / "nothing").exists()


def test_a_file_system_that_cannot_swap_is_told_before_anything_is_done(
    lake: Lake, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(files_module, "swap_folders", refuse)
    version = lake.version(ARTICLES)
    code, _, err = newsbeam(["maintain", str(lake.root)])
    assert code == 1
    assert "this file system lacks" in err
    assert not (lake.root / "articles/_compacted").exists()
    assert lake.version(ARTICLES) == version


@given(
    st.lists(st.tuples(st.sampled_from("pqr"), st.integers(1, 120), st.booleans()), max_size=40),
    st.integers(2, 200),
)
def test_merges_take_small_files_once_and_in_order(
    files: list[tuple[str, int, bool]], target: int
) -> None:
    live = [
        LiveFile(f"source=s/published_date={day}/{number:02}.parquet", size, 1, number)
        for number, (day, size, _) in enumerate(files)
    ]
    kept = {file.path for file, (_, _, keep) in zip(live, files, strict=True) if keep}
    wish = MergeWish(target, NOW)
    merges = plan_merges(live, kept, ("source", "published_date"), wish)
    merged = [file for merge in merges for file in merge.files]
    assert len(merged) == len(set(merged))
    for merge in merges:
        assert len(merge.files) > 1
        assert sum(file.size for file in merge.files) <= target
        assert list(merge.files) == sorted(merge.files, key=lambda file: file.modified_at)
        assert all(file.size < target // 2 and file.path not in kept for file in merge.files)
        assert all(file.path.startswith(merge.partition) for file in merge.files)
    waiting = LiveFile(hide_place("source=s/published_date=p/x.parquet"), 1, 1, 0)
    assert is_hidden(waiting.path)
    assert plain_place(waiting.path) == "source=s/published_date=p/x.parquet"
    again = plan_merges([*live, waiting], kept, ("source", "published_date"), wish)
    assert [m for m in merges if not m.partition.endswith("=p")] == again


def test_state_follows_the_log(lake: Lake) -> None:
    state = TableState.read(lake, ARTICLES, 0)
    maintain(lake, AT_ONCE)
    lake.open(ARTICLES).delete("title = 'a3'")
    commit(lake, [row("b")])
    state.refresh()
    anew = TableState.read(lake, ARTICLES, 0)
    assert state.live == anew.live
    assert state.removed_at == anew.removed_at
    assert set(state.live) == list_files(lake.open(ARTICLES))


def test_writers_and_readers_never_notice(lake: Lake) -> None:
    """Two writers and maintenance in a loop; a reader that compares with what was committed."""
    stop = threading.Event()
    done: list[str] = []
    faults: list[BaseException] = []

    def write(name: str) -> None:
        number = 0
        try:
            while not stop.is_set():
                key = f"{name}{number}"
                commit(lake, [row(key, day=21 + number % 3)])
                done.append(key)
                number += 1
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            faults.append(error)

    def keep() -> None:
        try:
            while not stop.is_set():
                maintain(lake, AT_ONCE)
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "xy"]
    threads.append(threading.Thread(target=keep))
    for thread in threads:
        thread.start()
    end, looks = time.monotonic() + PATIENCE, 0
    folder = lake.root / "articles"
    while (looks < 12 or len(done) < 12) and not faults:
        assert time.monotonic() < end
        least = set(done)
        try:
            frames = [pd.read_parquet(folder), DeltaTable(folder).to_pandas()]
        except FileNotFoundError:
            continue  # files went after they were listed: it says so, and is asked again
        looks += 1
        for frame in frames:
            titles = Counter(frame["title"])
            assert max(titles.values()) == 1, "doubled"
            assert least <= set(titles), "missing"
    stop.set()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    maintain(lake, AT_ONCE)
    assert read_every_way(lake) == TEN + Counter({(key, 1): 1 for key in done})
    maintain(lake, AT_ONCE)
    assert plain_files(lake) == list_files(lake.open(ARTICLES))


def start(lake: Lake) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "newsbeam", "maintain", lake.root, "--retain", "0s"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_at_random(lake: Lake, moments: random.Random, rows: Counter[Any]) -> int:
    """Kill a maintenance at work, look, commit, look, and maintain or not. Counts a kill."""
    process = start(lake)
    sign = lake.root / "articles/_compacted"
    had_files = bool(hidden_files(lake))
    while process.poll() is None and not had_files and not sign.exists():
        time.sleep(0.001)
    time.sleep(moments.uniform(0, 0.15) + had_files * 0.8)
    process.send_signal(signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL
    assert read_every_way(lake) == rows
    for _ in range(6):
        key = uuid.uuid4().hex
        commit(lake, [row(key, day=moments.choice([21, 22, 23]))])
        rows[key, 1] = 1
    assert read_every_way(lake) == rows
    if moments.random() < 0.5:
        maintain(lake, AT_ONCE)
        assert read_every_way(lake) == rows
    return killed


@pytest.mark.parametrize("times", [4, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.timeout(1200)
def test_killed_at_random_moments(lake: Lake, times: int) -> None:
    moments, rows = random.Random(times), Counter(TEN)
    killed = sum(kill_at_random(lake, moments, rows) for _ in range(times))
    assert killed > times / 3
    for _ in range(2):
        maintain(lake, AT_ONCE)
    assert read_every_way(lake) == rows
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    assert hidden_files(lake) == []


class AnyOrder(RuleBasedStateMachine):
    """Commits, maintenance with and without patience, and kills, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.lake = Lake(Path(self.folder.name))
        self.rows: Counter[str] = Counter()
        self.handle: tuple[DeltaTable, Counter[str]] | None = None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("newsbeam.transforms.lake.lake.TABLES", (ARTICLES,))
            self.lake.create()

    @rule(days=st.lists(st.sampled_from([21, 22]), min_size=1, max_size=4))
    def commit(self, days: list[int]) -> None:
        for day in days:
            key = f"a{len(self.rows)}"
            commit(self.lake, [row(key, day=day)])
            self.rows[key] = 1

    def maintain(self, options: MaintainOptions) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("newsbeam.transforms.lake.lake.TABLES", (ARTICLES,))
            patch.setattr(maintain_module, "TABLES", (ARTICLES,))
            maintain(self.lake, options)

    @precondition(lambda self: self.handle is None)
    @rule()
    def open(self) -> None:
        self.handle = self.lake.open(ARTICLES), Counter(self.rows)

    @rule()
    def keep_a_day(self) -> None:
        self.maintain(DAY)

    @rule()
    def keep_nothing(self) -> None:
        self.handle = None
        self.maintain(AT_ONCE)
        assert plain_files(self.lake) == list_files(self.lake.open(ARTICLES))

    @rule(
        step=st.sampled_from([(os, "link"), (files_module, "swap_folders"), (os, "fsync"),
                              (compaction, "commit_rewrites"), (vacuum, "commit_rewrites")]),
        turn=st.integers(0, 3),
        after=st.booleans(),
        options=st.sampled_from([DAY, AT_ONCE]),
    )  # fmt: skip
    def kill(self, step: tuple[Any, str], turn: int, after: bool, options: MaintainOptions) -> None:
        place, name = step
        original, turns = getattr(place, name), iter(range(1000))

        def act(*arguments: Any, **keywords: Any) -> Any:
            due = next(turns) == turn
            if due and not after:
                raise Crash
            result = original(*arguments, **keywords)
            if due:
                raise Crash
            return result

        if options is AT_ONCE:
            self.handle = None
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Crash):
            patch.setattr(place, name, act)
            self.maintain(options)

    @invariant()
    def all_readers_see_each_row_once(self) -> None:
        if not self.rows:
            return
        folder = self.lake.root / "articles"
        assert Counter(pd.read_parquet(folder)["title"]) == self.rows
        assert Counter(DeltaTable(folder).to_pandas()["title"]) == self.rows
        if self.handle is not None and self.handle[1]:
            assert Counter(self.handle[0].to_pandas()["title"]) == self.handle[1]

    def teardown(self) -> None:
        self.folder.cleanup()


class TestAnyOrder(AnyOrder.TestCase):
    settings = settings(max_examples=6, stateful_step_count=12, deadline=None)


@pytest.mark.slow
class TestAnyOrderAgainAndAgain(AnyOrder.TestCase):
    settings = settings(max_examples=60, stateful_step_count=12, deadline=None)


def test_giving_up_says_so(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object, **__: object) -> None:
        raise CommitFailedError("faster")

    monkeypatch.setattr(rewrites, "_TRIES", 2)
    monkeypatch.setattr("deltalake.DeltaTable.create_write_transaction", lose)
    with pytest.raises(LakeBusy, match="start this again"):
        maintain(lake)
    assert read_every_way(lake) == TEN
