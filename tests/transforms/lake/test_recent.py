"""What is kept of a table's newest rows: always the same as reading the table."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from newsbeam.transforms.lake import recent as module
from newsbeam.transforms.lake.kept import load_kept, store_kept
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.recent import RecentRows, Selection, read_columns, read_recent
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.stored import article, store
from tests.support.workplace import ROOT

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TITLES = Selection(
    ARTICLES,
    "source, ingested_at AS at, title, word_count AS words",
    order=("source", "at", "title"),
    at="at",
    window=30 * DAY,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "out")
    lake.create()
    store(lake, ARTICLES, [article("b"), article("a"), article("c", "blad", NOW - DAY)])
    return lake


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files were read, each time that some were."""
    counts: list[int] = []
    ask = module._ask

    def count(lake: Lake, selection: Selection, paths: list[str]) -> pa.Table:
        counts.append(len(paths))
        return ask(lake, selection, paths)

    monkeypatch.setattr(module, "_ask", count)
    return counts


def titles(recent: RecentRows) -> list[str]:
    return list(read_columns(recent.rows, ["title"])[0])


def test_files_are_read_once_and_rows_come_in_order(lake: Lake, asked: list[int]) -> None:
    first = read_recent(lake, TITLES, NOW)
    assert titles(first) == ["a", "b", "c"]
    assert first.stored == Counter(avis=2, blad=1)
    assert read_recent(lake, TITLES, NOW) == first
    store(lake, ARTICLES, [article("0", "blad", NOW)])
    second = read_recent(lake, TITLES, NOW)
    assert titles(second) == ["a", "b", "c", "0"]
    assert second.stored == Counter(avis=2, blad=2)
    assert read_recent(Lake(lake.root), TITLES, NOW) == second
    assert asked == [2, 1]


def test_values_are_those_of_arrow(lake: Lake) -> None:
    rows = read_recent(lake, TITLES, NOW).rows
    assert read_columns(rows, rows.column_names) == [c.to_pylist() for c in rows.columns]


def test_old_rows_fall_out_of_the_window_but_are_counted(lake: Lake, asked: list[int]) -> None:
    read_recent(lake, TITLES, NOW)
    now = NOW + 30 * DAY
    store(lake, ARTICLES, [article("new", at=NOW + 29 * DAY + timedelta(hours=12))])
    recent = read_recent(lake, TITLES, now)
    assert titles(recent) == ["a", "b", "new"]
    assert recent.stored == Counter(avis=3, blad=1)
    (lake.root / "_cache/status/articles.arrow").unlink()
    assert read_recent(lake, TITLES, now) == recent
    assert asked == [2, 1, 3]


def test_a_row_from_the_future_does_not_make_the_others_old(lake: Lake) -> None:
    store(lake, ARTICLES, [article("ahead", at=NOW + 365 * DAY)])
    assert titles(read_recent(lake, TITLES, NOW)) == ["a", "b", "ahead", "c"]


def test_compaction_reads_nothing_anew_and_deletion_all(lake: Lake, asked: list[int]) -> None:
    store(lake, ARTICLES, [article("d")])
    before = read_recent(lake, TITLES, NOW)
    lake.open(ARTICLES).optimize.compact()
    assert read_recent(lake, TITLES, NOW) == before
    assert asked == [3]
    lake.open(ARTICLES).delete("title = 'a'")
    assert titles(read_recent(lake, TITLES, NOW)) == ["b", "d", "c"]
    assert len(asked) == 2


def test_new_files_that_were_vacuumed_are_read_where_their_rows_went(lake: Lake) -> None:
    read_recent(lake, TITLES, NOW)
    store(lake, ARTICLES, [article("d")])
    before = set(list_files(lake.open(ARTICLES)))
    lake.open(ARTICLES).optimize.compact()
    for path in before - set(list_files(lake.open(ARTICLES))):
        (lake.root / ARTICLES.name / path).unlink()
    assert titles(read_recent(lake, TITLES, NOW)) == ["a", "b", "d", "c"]


def test_what_another_newsbeam_kept_is_not_taken(lake: Lake) -> None:
    read_recent(lake, TITLES, NOW)
    columns = "source, ingested_at AS at, upper(title) AS title"
    other = Selection(ARTICLES, columns, TITLES.order, "at", TITLES.window)
    assert titles(read_recent(lake, other, NOW)) == ["A", "B", "C"]


def test_kept_rows_are_of_this_table_and_whole_or_nothing(lake: Lake, tmp_path: Path) -> None:
    log, path = lake.log(ARTICLES), tmp_path / "kept.arrow"
    rows = pa.table({"a": ["x", "y"]}, metadata={"note": "mine"})
    version = log.find_version()
    store_kept(path, log, version, "kind", rows)
    found = load_kept(path, log, version + 5, "kind")
    assert found is not None
    assert (found[0], found[1]) == (version, rows)
    assert (found[1].schema.metadata or {})[b"note"] == b"mine"
    assert load_kept(path, log, version - 1, "kind") is None  # of a later one
    assert load_kept(path, log, version, "other") is None
    strange = Lake(tmp_path / "strange")
    strange.create()
    store(strange, ARTICLES, [article("z")])
    assert load_kept(path, strange.log(ARTICLES), version, "kind") is None
    whole = path.read_bytes()
    for spoiled in (b"", b"nonsense", whole[:-9], whole[: len(whole) // 2]):
        path.write_bytes(spoiled)
        assert load_kept(path, log, version, "kind") is None
    store_kept(tmp_path / "none", log, version + 1, "kind", rows)
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_with_nothing_new_neither_duckdb_nor_pandas_is_loaded(lake: Lake) -> None:
    program = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from newsbeam.pipelines.status.gather import read_status\n"
        f"read_status(Path({str(lake.root)!r}), datetime.now(UTC))\n"
        "print(*({'duckdb', 'pandas', 'pyarrow.dataset'} & set(sys.modules)))"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert "duckdb" in found[0]
    assert found[1] == []
