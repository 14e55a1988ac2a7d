"""Lakes by day, month and year hold the same rows, for every reader."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from newsbeam.transforms.lake.commit import commit_articles, stage_rows
from newsbeam.transforms.lake.lake import Lake, OtherPartition, list_files
from newsbeam.transforms.lake.schema import ARTICLES, PARTITIONS
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.views import connect_lake
from tests.support.stored import article, store

Command = Callable[[list[str]], tuple[int, str, str]]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = {f"{n}": NOW - timedelta(days=13 * n) for n in range(30)}
EXPECTED = sorted((key, at.date()) for key, at in DAYS.items())
FOLDERS = {
    "day": "source=avis/published_date=2026-11-22",
    "month": "source=avis/published_month=2026-11",
    "year": "source=avis/published_year=2026",
}


def fill(lake: Lake) -> None:
    store(lake, ARTICLES, [article(key, at=at) for key, at in DAYS.items()])


def read_every_way(root: Path) -> None:
    """All readers have all rows, with their days."""
    found = pd.read_parquet(root / "articles")
    assert sorted(zip(found["title"], map(str, found["published_date"]), strict=True)) == [
        (key, str(day)) for key, day in EXPECTED
    ]
    pattern = f"{root}/articles/source=*/**/*.parquet"
    query = f"SELECT title, published_date::DATE FROM read_parquet('{pattern}') WHERE source='avis'"
    assert sorted(duckdb.sql(query).fetchall()) == EXPECTED
    delta = Lake(root).open(ARTICLES).to_pandas()
    assert sorted(zip(delta["title"], delta["published_date"], strict=True)) == EXPECTED
    with connect_lake(root) as connection:
        rows = connection.sql("SELECT title, published_date, published_month FROM articles")
        assert sorted(rows.fetchall()) == [(key, day, f"{day:%Y-%m}") for key, day in EXPECTED]


@pytest.mark.parametrize("period", PARTITIONS)
def test_a_lake_is_in_folders_as_it_was_made(tmp_path: Path, period: str) -> None:
    lake = Lake(tmp_path / "lake")
    lake.create(period)
    fill(lake)
    assert (lake.root / "articles" / FOLDERS[period]).is_dir()
    read_every_way(lake.root)
    lake.create()  # as each run does: it stays as it is
    shutil.rmtree(lake.root / "_cache")
    store(lake, ARTICLES, [article("later", at=NOW)])
    assert len(list((lake.root / "articles" / FOLDERS[period]).iterdir())) == 2
    other = "year" if period == "day" else "day"
    with pytest.raises(OtherPartition, match=f"maintain --partition {other}"):
        lake.create(other)


@pytest.mark.slow
def test_a_new_lake_is_by_month_unless_it_is_asked_for_otherwise(
    tmp_path: Path, newsbeam: Command
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("Sak\n\nKommunen vedtok det i går.\n", encoding="utf-8")
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nlanguage: nb\nfiles: [in/*.txt]\n", encoding="utf-8")
    for options, folder in (([], "published_month="), (["--partition", "year"], "published_year=")):
        root = tmp_path / f"lake{len(options)}"
        code, _, err = newsbeam(["run", str(config), "--output", str(root), *options])
        assert code == 0, err
        assert [p.name[: len(folder)] for p in (root / "articles/source=avis").iterdir()] == [
            folder
        ]
    code, _, err = newsbeam(
        ["run", str(config), "--output", str(root), "--partition", "day", "--json"]
    )
    assert (code, "maintain --partition day" in err) == (2, True)


def test_files_are_sorted_and_their_pages_can_be_passed_over(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.create("year")
    rows = [article(key, at=at) for key, at in DAYS.items()]
    store(lake, ARTICLES, rows[::2] + rows[1::2])
    for path in list_files(lake.open(ARTICLES)):
        with pq.ParquetFile(tmp_path / "articles" / path) as file:
            instants = file.read(["published_at"])["published_at"].to_pylist()
            assert instants == sorted(instants)
            assert file.metadata.row_group(0).column(0).has_column_index
            assert file.metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.slow
def test_what_was_staged_for_another_layout_is_committed_in_the_tables_own(tmp_path: Path) -> None:
    day, month = Lake(tmp_path / "day"), Lake(tmp_path / "month")
    for lake, period in ((day, "day"), (month, "month")):
        lake.create(period)
    made = [article(key, at=at) for key, at in DAYS.items()]
    for one, other in ((day, month), (month, day)):
        staging, there = (Staging(lake.root, uuid.uuid4().hex) for lake in (one, other))
        with staging.create(), there.create():
            files = stage_rows(staging, ARTICLES, made)
            for file in files:
                shutil.copy(staging.folder / file.name, there.folder / file.name)
            counts = commit_articles(other, there, files, other.version(ARTICLES))
            assert counts["avis"].new == len(DAYS)
        read_every_way(other.root)


def test_a_log_that_names_the_folders_is_enough(tmp_path: Path) -> None:
    """What is noted beside the table may be gone, or of an older newsbeam."""
    lake = Lake(tmp_path)
    lake.create("day")
    note = tmp_path / "_cache/tables/articles.json"
    said = json.loads(note.read_text(encoding="utf-8"))
    for damaged in ({**said, "partition_by": ["source", "x"]}, {"version": 0}, None):
        note.write_text(json.dumps(damaged), encoding="utf-8")
        assert lake.table(ARTICLES).partition_by == ("source", "published_date")
    fill(lake)
    assert (tmp_path / "articles" / FOLDERS["day"]).is_dir()
    assert date(2026, 11, 22) in {day for _, day in EXPECTED}
