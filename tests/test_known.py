"""What is known without reading the table: the same as reading the table, whatever happened."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from transforms.identity import article_id, digest_bytes
from transforms.records import Article, Block, Metadata, Provenance
from transforms.tables.commit import commit_articles, stage_rows
from transforms.tables.known import KnownVersion, load_known
from transforms.tables.known_cache import cache_folder
from transforms.tables.known_rows import (
    COLUMNS,
    DOCUMENTS,
    Known,
    KnownArticle,
    KnownDocument,
    map_run,
    sort_rows,
)
from transforms.tables.lake import Lake
from transforms.tables.schema import ARTICLES, Row, make_row
from transforms.tables.staging import Staging

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
    known = lake.read_known(base)
    numbered = []
    for made in rows:
        before = known.article(made["article_id"])
        numbered.append(made | {"revision": before.revision + 1 if before else 1})
    staging = Staging(lake.root, uuid.uuid4().hex)
    with staging.create():
        days = sorted({made["published_date"] for made in numbered})
        files = [
            stage_rows(staging, ARTICLES, [r for r in numbered if r["published_date"] == day])
            for day in days
        ]
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
        {k: KnownDocument(d[2], d[3], d[0], known_or_none(d[4])) for k, d in documents.items()},
        {k: KnownArticle(a[0], a[2], known_or_none(a[3])) for k, a in articles.items()},
    )


def assert_exact(lake: Lake, known: Known) -> None:
    documents, articles = read_naively(lake)
    for key in [*map(hex_id, KEYS), *documents]:
        assert known.document(key) == documents.get(key)
    for key in [*map(hex_id, KEYS), *articles]:
        assert known.article(key) == articles.get(key)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.create()
    return lake


def refreshed(lake: Lake) -> Known:
    version = lake.version(ARTICLES)
    lake.refresh_known(version)
    return lake.read_known(version)


def lose_log(lake: Lake) -> None:
    """What log clean-up leaves: a checkpoint, and of the commits only the newest."""
    table = lake.open(ARTICLES)
    table.create_checkpoint()
    for path in (lake.root / "articles/_delta_log").glob("*.json"):
        if int(path.stem) < table.version():
            path.unlink()


def damage(lake: Lake, kind: str) -> None:
    for path in cache_folder(lake.root).glob("*"):
        if kind == "cut":
            os.truncate(path, path.stat().st_size // 2)
        elif kind == "garbage":
            path.write_bytes(b"\0" * path.stat().st_size)
        elif path.suffix == ".rows":
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
    st.sampled_from(["cut", "garbage", "gone"]).map(lambda kind: ("damage", kind)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
            assert_exact(lake, lake.read_known(version))
        assert_exact(lake, refreshed(lake))
        assert_exact(lake, refreshed(lake))


def test_many_small_commits_make_few_runs_and_the_same_answers() -> None:
    tables = []
    for number in range(300):
        made = [row(f"sak{number * 7 % 250}", f"Tekst {number}.", number) | {"revision": number}]
        tables.append(
            pa.Table.from_pylist([{k: r[k] for k in COLUMNS.names} for r in made], COLUMNS)
        )
    known = Known()
    for table in tables:
        known = known.add(table)
    assert len(known.documents) <= 4
    assert all(len(one) >= 8 * len(other) for one, other in pairwise(known.documents))
    whole = Known().add(pa.concat_tables(tables))
    for number in range(260):
        key = hex_id(f"sak{number}")
        assert known.document(key) == whole.document(key)
        assert known.article(key) == whole.article(key)
    assert known.document(hex_id("sak249")) is not None
    assert known.document(hex_id("sak250")) is None


@given(
    st.sets(st.binary(min_size=16, max_size=16), max_size=40), st.binary(min_size=16, max_size=16)
)
def test_look_up_finds_exactly_the_ids_that_are_there(ids: set[bytes], other: bytes) -> None:
    """Ids may begin or end with zero bytes, which numpy's strings do not tell from nothing."""
    ids |= {bytes(16), b"\0" * 15 + b"\1", b"\1" + b"\0" * 15}
    table = pa.Table.from_pylist(
        [
            {"document_id": i.hex(), "article_id": i[::-1].hex(), "document_hash": (i * 2).hex(),
             "ingested_at": NOW, "revision": 1, "content_hash": i.hex(), "fetched_at": NOW}
            for i in ids
        ],
        COLUMNS,
    )  # fmt: skip
    known = Known().add(table)
    for i in ids:
        assert known.document(i.hex()) == KnownDocument((i * 2).hex(), i[::-1].hex(), NOW, NOW)
        assert known.article(i[::-1].hex()) == KnownArticle(1, i.hex(), NOW)
    assert (known.document(other.hex()) is not None) == (other in ids)


def test_rows_of_an_older_newsbeam_without_a_document_are_left_out() -> None:
    old = row("a") | {"document_id": None, "document_hash": None}
    table = pa.Table.from_pylist([{k: old[k] for k in COLUMNS.names}], COLUMNS)
    known = Known().add(table)
    assert known.documents == ()
    assert known.article(old["article_id"]) == KnownArticle(1, old["content_hash"], None)


def test_an_id_that_is_none_is_a_fault() -> None:
    bad = row("a") | {"article_id": "abc"}
    table = pa.Table.from_pylist([{k: bad[k] for k in COLUMNS.names}], COLUMNS)
    with pytest.raises(ValueError, match="32 hex digits"):
        Known().add(table)


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
    lake.refresh_known(1)
    begun = pickle.loads(pickle.dumps(KnownVersion(lake, 1)))  # noqa: S301
    commit(lake, [row("a", "Endret.", 1), row("b", at=1)])
    lake.refresh_known(2)
    known = load_known(begun)
    article = known.article(hex_id("a"))
    assert article is not None
    assert article.revision == 1
    assert known.document(hex_id("b")) is None
    assert load_known(begun) is known, "opened once a process"


def test_a_worker_that_comes_too_late_reads_the_table(lake: Lake) -> None:
    commit(lake, [row("a")])
    lake.refresh_known(1)
    commit(lake, [row("a", "Endret.", 1)])
    folder = cache_folder(lake.root)
    for path in folder.iterdir():
        os.utime(path, (0, 0))  # nobody used it for years
    lake.refresh_known(2)
    assert not (folder / f"{1:020d}.json").exists()
    first, second = lake.read_known(1), lake.read_known(2)
    article = row("a")["article_id"]
    assert first.article(article) == KnownArticle(1, row("a")["content_hash"], None)
    changed = row("a", "Endret.")["content_hash"]
    assert second.article(article) == KnownArticle(2, changed, None)


def test_what_nobody_used_for_a_day_is_deleted_and_no_more_than_that(lake: Lake) -> None:
    folder = cache_folder(lake.root)
    ago = time.time() - 100_000
    for number in range(4):
        commit(lake, [row("abcd"[number], at=number)])
        refreshed(lake)
        (folder / f"left-{number}.new").write_text("a run that died")
        if number < 3:
            for path in folder.iterdir():
                os.utime(path, (ago, ago))
    states = sorted(path.stem for path in folder.glob("*.json"))
    assert [int(state) for state in states] == [4]
    assert [path.name for path in folder.glob("*.new")] == ["left-3.new"]
    assert len(list(folder.glob("*.rows"))) == 2
    assert_exact(lake, refreshed(lake))


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
    assert lake.read_known(1).document(hex_id("a")) is not None
    assert sorted(lake.root.rglob("*")) == before


def test_no_lake_at_all(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "none")
    version = lake.version(ARTICLES)
    lake.refresh_known(version)
    assert lake.read_known(version).document(hex_id("a")) is None
    assert not lake.root.exists()


@pytest.mark.parametrize(
    "content", [b"", b"newsbm01", b"other000" + bytes(8), b"newsbm01\1" + bytes(7)]
)
def test_damaged_run_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.rows").write_bytes(content)
    with pytest.raises(ValueError):
        map_run(DOCUMENTS, tmp_path / "x.rows")


def test_run_comes_back_from_its_file(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{k: row(key)[k] for k in COLUMNS.names} for key in KEYS], COLUMNS)
    run = sort_rows(DOCUMENTS, table)
    (tmp_path / "x.rows").write_bytes(run.pack())
    back = map_run(DOCUMENTS, tmp_path / "x.rows")
    assert back.pack() == run.pack()
    assert back.name == "x.rows"


def _work(root: Path, number: int) -> None:
    lake = Lake(root)
    for turn in range(6):
        version = lake.version(ARTICLES)
        lake.refresh_known(version)
        known = lake.read_known(version)
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
    assert sum(map(len, known.documents)) == 12
