"""What is known without reading the table: the same as reading the table, whatever happened."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsbeam.transforms.lake.commit import commit_articles, stage_rows
from newsbeam.transforms.lake.known import (
    Known,
    KnownArticle,
    KnownDocument,
    KnownVersion,
    NewestKnown,
    is_outdated,
    load_known,
    revised_articles,
)
from newsbeam.transforms.lake.known_database import known_folder, refresh_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, Row, make_row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Block, Metadata, Provenance
from newsbeam.transforms.text.identity import article_id, digest_bytes

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# In place of no instant, where instants are compared.
NEVER = datetime(1, 1, 1, tzinfo=UTC)
KEYS = "abcdef"


def hex_id(name: str) -> str:
    return article_id("avis", name)


def row(document: str, text: str = "Tekst.", at: int = 0, article: str | None = None) -> Row:
    """A row as a run of the job makes it; ``at`` is the hour in which the run began."""
    provenance = Provenance("avis", document, document, digest_bytes(f"{document}{text}".encode()))
    made = make_row(
        Article(provenance, Metadata(title="Sak", url=article), (Block(text),), "nb"),
        run_id="r",
        started_at=NOW + timedelta(hours=at),
    )
    # The stated date moves from revision to revision, and the row to another partition.
    return made | {"published_date": date(2026, 1, 1) + timedelta(days=at % 3)}


def commit(lake: Lake, rows: list[Row], base: int | None = None) -> None:
    """Write ``rows`` as a run does that knows version ``base``."""
    base = lake.version(ARTICLES) if base is None else base
    known = Known(lake, base)
    numbered = []
    for made in rows:
        before = known.article(made["article_id"])
        numbered.append(made | {"revision": before.revision + 1 if before else 1})
    staging = Staging(lake.root, uuid.uuid4().hex)
    with staging.create():
        files = stage_rows(staging, ARTICLES, numbered)
        commit_articles(lake, staging, files, base)


def known_or_none(instant: datetime) -> datetime | None:
    return None if instant == NEVER else instant


def read_naively(lake: Lake) -> tuple[dict[str, KnownDocument], dict[str, KnownArticle]]:
    """What is known, read from all files of the table, row by row."""
    documents: dict[str, tuple[Any, ...]] = {}
    articles: dict[str, tuple[Any, ...]] = {}
    for path in lake.open(ARTICLES).get_add_actions(flatten=True).column("path").to_pylist():
        file = pq.ParquetFile(lake.root / "articles" / path)
        for r in file.read().to_pylist():
            fetched_at = r["fetched_at"] or NEVER
            document = (
                r["ingested_at"], r["revision"], r["document_hash"], r["article_id"], fetched_at,
            )  # fmt: skip
            article = (r["revision"], r["ingested_at"], r["content_hash"], fetched_at)
            documents[r["document_id"]] = max(document, documents.get(r["document_id"], document))
            articles[r["article_id"]] = max(article, articles.get(r["article_id"], article))
    return (
        {k: KnownDocument(k, d[2], d[3], d[0], known_or_none(d[4])) for k, d in documents.items()},
        {k: KnownArticle(a[0], a[2], known_or_none(a[3])) for k, a in articles.items()},
    )


def assert_exact(lake: Lake, known: Known) -> None:
    assert_model(read_naively(lake), known)


def assert_model(
    model: tuple[dict[str, KnownDocument], dict[str, KnownArticle]], known: Known
) -> None:
    documents, articles = model
    for key in [*map(hex_id, KEYS), *documents]:
        assert known.document(key) == documents.get(key)
    for key in [*map(hex_id, KEYS), *articles]:
        assert known.article(key) == articles.get(key)
    later = {key: article.revision for key, article in articles.items() if article.revision > 1}
    assert known.revised() == later


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.create()
    return lake


def refreshed(lake: Lake) -> Known:
    version = lake.version(ARTICLES)
    refresh_known(lake, version)
    return Known(lake, version)


def lose_log(lake: Lake) -> None:
    """What log clean-up leaves: a checkpoint, and of the commits only the newest."""
    table = lake.open(ARTICLES)
    table.create_checkpoint()
    for path in (lake.root / "articles/_delta_log").glob("*.json"):
        if int(path.stem) < table.version():
            path.unlink()


def damage(lake: Lake, kind: str) -> None:
    for path in known_folder(lake).glob("*"):
        content = path.read_bytes()
        if kind == "cut":
            os.truncate(path, len(content) // 2)
        elif kind == "garbage":
            path.write_bytes(b"\0" * len(content))
        elif kind == "head":  # what remains is a database, without its rows
            path.write_bytes(content[:4096].ljust(len(content), b"\0"))
        else:
            path.unlink()


rows = st.lists(
    st.builds(
        row,
        st.sampled_from(KEYS),
        st.sampled_from(["En.", "To.", "Tre."]),
        st.integers(0, 50),
        st.sampled_from([None, "https://avis.example/1", "https://avis.example/2"]),
    ),
    min_size=1,
    max_size=4,
)
steps = st.one_of(
    rows.map(lambda rows: ("commit", rows)),
    st.sampled_from(KEYS).map(lambda key: ("delete", key)),
    st.sampled_from(
        [(name, None) for name in ("refresh", "compact", "vacuum", "lose cache", "lose log")]
    ),
    st.sampled_from(["cut", "garbage", "head", "gone"]).map(lambda kind: ("damage", kind)),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=3, max_size=9))
@example([("commit", [row("a")]), ("refresh", None), ("delete", "a"), ("commit", [row("b")])])
@example(
    [
        ("commit", [row("a"), row("b")]),
        ("commit", [row("a", "To.", 1)]),
        ("refresh", None),
        ("compact", None),
        ("vacuum", None),
        ("commit", [row("c", at=2)]),
        ("refresh", None),
    ]
)
@example(
    [
        ("commit", [row("a")]),
        ("refresh", None),
        ("commit", [row("b")]),
        ("commit", [row("c")]),
        ("compact", None),
        ("vacuum", None),
    ]
)
@example([("commit", [row("a")]), ("refresh", None), ("commit", [row("b")]), ("lose log", None)])
def test_index_equals_the_table_after_any_history(history: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        lake.create()
        for step, value in history:
            if step == "commit":
                commit(lake, value)
            elif step == "delete":
                lake.open(ARTICLES).delete(f"document_id = '{hex_id(value)}'")
            elif step == "compact":
                lake.open(ARTICLES).optimize.compact()
            elif step == "vacuum":
                lake.open(ARTICLES).vacuum(0, dry_run=False, enforce_retention_duration=False)
            elif step == "lose cache":
                shutil.rmtree(lake.root / "_cache")
                lake.create()
            elif step == "lose log":
                lose_log(lake)
            elif step == "damage":
                damage(lake, value)
            else:
                refreshed(lake)
            version = lake.version(ARTICLES)
            assert version == lake.open(ARTICLES).version()
            assert_exact(lake, Known(lake, version))
        assert_exact(lake, refreshed(lake))
        assert_exact(lake, refreshed(lake))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            rows.map(lambda rows: ("commit", rows)),
            st.sampled_from(KEYS).map(lambda key: ("delete", key)),
            st.sampled_from([(n, None) for n in ("refresh", "compact", "lose cache", "damage")]),
        ),
        min_size=3,
        max_size=9,
    )
)
@example([("commit", [row("a")]), ("refresh", None), ("commit", [row("b")]), ("refresh", None)])
@example([("commit", [row("a")]), ("refresh", None), ("delete", "a"), ("refresh", None)])
@example([("commit", [row("a"), row("b")]), ("refresh", None), ("damage", None)])
def test_every_version_stays_what_it_was(history: list[tuple[str, Any]]) -> None:
    """For runs that began with it, and for workers of theirs that come late."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        lake.create()
        begun = []
        for step, value in history:
            if step == "commit":
                commit(lake, value)
            elif step == "delete":
                lake.open(ARTICLES).delete(f"document_id = '{hex_id(value)}'")
            elif step == "compact":
                lake.open(ARTICLES).optimize.compact()
            elif step == "lose cache":
                shutil.rmtree(known_folder(lake), ignore_errors=True)
            elif step == "damage":
                damage(lake, "garbage")
            else:
                refreshed(lake)
            version = lake.version(ARTICLES)
            begun.append((version, read_naively(lake), Known(lake, version)))
        for version, model, known in begun:
            assert_model(model, known)
            assert_model(model, Known(lake, version))


def test_ids_may_begin_and_end_with_any_bytes(lake: Lake) -> None:
    ids = [bytes(16), b"\0" * 15 + b"\1", b"\1" + b"\0" * 15, b"\xff" * 16, b"'\"%_*?\n\0" * 2]
    commit(
        lake,
        [
            row(str(n))
            | {"document_id": i.hex(), "article_id": i[::-1].hex(), "content_hash": i.hex()}
            for n, i in enumerate(ids)
        ],
    )
    known = refreshed(lake)
    assert_exact(lake, known)
    for i in ids:
        assert known.article(i[::-1].hex()) == KnownArticle(1, i.hex(), None)
    assert known.document((b"\0" * 14 + b"\1\1").hex()) is None


def test_rows_of_an_older_newsbeam_without_a_document_are_left_out(lake: Lake) -> None:
    old = row("a") | {"document_id": None, "document_hash": None}
    commit(lake, [old])
    known = refreshed(lake)
    assert known.document(row("a")["document_id"]) is None
    assert known.article(old["article_id"]) == KnownArticle(1, old["content_hash"], None)


def test_a_file_with_an_id_that_is_none_is_damaged(lake: Lake) -> None:
    commit(lake, [row("a")])
    refreshed(lake)
    commit(lake, [row("b") | {"document_id": "abcd"}])
    refresh_known(lake, 2)
    known = Known(lake, 2)
    (fault,) = known.damaged
    assert "32 hex digits" in str(fault)
    assert known.document(hex_id("a")) is not None
    assert Known(lake, 1).document(hex_id("a")) is not None


def test_only_new_files_are_read(lake: Lake) -> None:
    commit(lake, [row("a")])
    refreshed(lake)
    for path in (lake.root / "articles").glob("source=*/**/*.parquet"):
        path.write_bytes(b"not to be read again")
    commit(lake, [row("b", at=1)])
    known = refreshed(lake)
    assert known.document(hex_id("a")) is not None
    assert known.document(hex_id("b")) is not None


def test_a_run_keeps_its_version_while_others_go_on(lake: Lake) -> None:
    commit(lake, [row("a")])
    refresh_known(lake, 1)
    begun = pickle.loads(pickle.dumps(KnownVersion(lake, 1)))  # noqa: S301
    commit(lake, [row("a", "Endret.", 1), row("b", at=1)])
    refresh_known(lake, 2)
    known = load_known(begun)
    article = known.article(hex_id("a"))
    assert article is not None
    assert article.revision == 1
    assert known.document(hex_id("b")) is None
    assert load_known(begun) is known, "opened once a process"


def test_a_worker_that_comes_too_late_reads_the_table(lake: Lake) -> None:
    commit(lake, [row("a")])
    refresh_known(lake, 1)
    commit(lake, [row("a", "Endret.", 1)])
    shutil.rmtree(known_folder(lake))
    refresh_known(lake, 2)
    first, second = Known(lake, 1), Known(lake, 2)
    article = row("a")["article_id"]
    assert first.article(article) == KnownArticle(1, row("a")["content_hash"], None)
    changed = row("a", "Endret.")["content_hash"]
    assert second.article(article) == KnownArticle(2, changed, None)


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


def test_no_lake_at_all(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "none")
    version = lake.version(ARTICLES)
    refresh_known(lake, version)
    assert Known(lake, version).document(hex_id("a")) is None
    assert not lake.root.exists()


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
        begun = time.monotonic()
        refresh_known(lake, lake.version(ARTICLES))
        assert time.monotonic() - begun < 10
        assert known.document(hex_id(f"sak{number}")) is None
    assert len(list(known_folder(lake).glob("*.sqlite"))) == 1


def test_streams_see_what_is_newest(lake: Lake) -> None:
    assert load_known(NewestKnown(lake)).document(hex_id("a")) is None
    for key in KEYS:
        commit(lake, [row(key)])
        assert_exact(lake, load_known(NewestKnown(lake)))


def test_revised_articles(lake: Lake) -> None:
    commit(lake, [row("a"), row("b")])
    assert revised_articles(lake) is None
    refreshed(lake)
    table = revised_articles(lake)
    assert table is not None
    assert len(table) == 0
    for number in range(3):
        commit(lake, [row("a", f"Endret {number}.", number)])
    table = revised_articles(lake)
    assert table is not None
    assert table.to_pylist() == [{"article_id": row("a")["article_id"], "revision": 4}]


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
        values = (number.to_bytes(16, "big"), 1, 0, bytes(16), 0, 1)
        writer.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?)", values)
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


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("fetched_at", "newest", "now", "expected"),
    [
        (NOON - SECOND, NOON, None, True),
        (NOON - SECOND, NOON, NOON, True),
        (NOON, NOON, None, False),
        (NOON + SECOND, NOON, None, False),
        (None, NOON, None, False),
        (NOON, None, None, False),
        (NOON - SECOND, NOON, NOON - SECOND, False),
    ],
)
def test_older_than_what_is_known(
    fetched_at: datetime | None, newest: datetime | None, now: datetime | None, expected: bool
) -> None:
    assert is_outdated(fetched_at, newest, now) is expected


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


def test_several_runs_at_once(lake: Lake, workers: list[Any]) -> None:
    for process in workers:
        process.join(120)
    assert [process.exitcode for process in workers] == [0, 0, 0, 0]
    known = refreshed(lake)
    assert_exact(lake, known)
    assert len(list(known_folder(lake).glob("*.sqlite"))) >= 1
    assert len(read_naively(lake)[0]) == 12
