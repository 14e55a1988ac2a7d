"""What is known without reading the table: the same as reading the table, whatever happened."""

from __future__ import annotations

import pickle
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsbeam.transforms.lake.known import (
    Known,
    KnownArticle,
    KnownVersion,
    NewestKnown,
    is_outdated,
    load_known,
    revised_articles,
)
from newsbeam.transforms.lake.known_database import known_folder, refresh_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.known_lakes import (
    KEYS,
    assert_exact,
    assert_model,
    commit,
    damage,
    hex_id,
    read_naively,
    refreshed,
    row,
    rows,
)


def lose_log(lake: Lake) -> None:
    """What log clean-up leaves: a checkpoint, and of the commits only the newest."""
    table = lake.open(ARTICLES)
    table.create_checkpoint()
    for path in (lake.root / "articles/_delta_log").glob("*.json"):
        if int(path.stem) < table.version():
            path.unlink()


steps = st.one_of(
    rows.map(lambda rows: ("commit", rows)),
    st.sampled_from(KEYS).map(lambda key: ("delete", key)),
    st.sampled_from(
        [(name, None) for name in ("refresh", "compact", "vacuum", "lose cache", "lose log")]
    ),
    st.sampled_from(["cut", "garbage", "head", "gone"]).map(lambda kind: ("damage", kind)),
)


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.too_slow])
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


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.too_slow])
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


def test_no_lake_at_all(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "none")
    version = lake.version(ARTICLES)
    refresh_known(lake, version)
    assert Known(lake, version).document(hex_id("a")) is None
    assert not lake.root.exists()


def test_streams_see_what_is_newest(lake: Lake) -> None:
    assert load_known(NewestKnown(lake)).document(hex_id("a")) is None
    for key in KEYS:
        commit(lake, [row(key)])
        assert_exact(lake, load_known(NewestKnown(lake)))


def test_revised_articles(lake: Lake) -> None:
    commit(lake, [row("a"), row("b")])
    assert revised_articles(lake) is None
    refreshed(lake)
    assert revised_articles(lake) == {}
    for number in range(3):
        commit(lake, [row("a", f"Endret {number}.", number)])
    assert revised_articles(lake) == {row("a")["article_id"]: 4}


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
