"""The lake's views for programs: what outlives what, and questions to single files."""

from __future__ import annotations

import gc
import os
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from newsbeam.transforms.errors import DamagedLake, NoLakeError, UnreadableLakeError
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.schema import ARTICLES, REJECTS
from newsbeam.transforms.lake.views import connect_lake, open_lake, query_files
from tests.support.stored import NOW, article, store


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "a lake [1]")
    lake.create()
    store(lake, ARTICLES, [article("a"), article("b", "blad"), article("c", "blad")])
    return lake


def test_relations_and_readers_outlive_the_connection_that_they_came_from(lake: Lake) -> None:
    connection = connect_lake(lake.root)
    relation = connection.sql("FROM articles SELECT title ORDER BY title")
    query = "FROM articles SELECT source ORDER BY title"
    reader = connect_lake(lake.root).sql(query).to_arrow_reader(1)
    del connection
    gc.collect()
    assert relation.filter("title <> 'a'").fetchall() == [("b",), ("c",)]
    assert reader.read_all()["source"].to_pylist() == ["avis", "blad", "blad"]


def test_a_program_may_write_what_it_asked(lake: Lake, tmp_path: Path) -> None:
    with connect_lake(lake.root) as connection:
        connection.sql("FROM articles").write_parquet(str(tmp_path / "x.parquet"))
        found = connection.sql(f"FROM '{tmp_path}/x.parquet' SELECT count(*)").fetchall()
    assert found == [(3,)]


def test_what_does_not_fit_into_memory_leaves_no_trace(lake: Lake) -> None:
    def scratch() -> list[str]:
        folder = Path(tempfile.gettempdir())
        return [name for name in os.listdir(folder) if name.startswith("newsbeam-sql-")]

    with open_lake(lake.root) as connection:
        (place,) = connection.sql("SELECT current_setting('temp_directory')").fetchall()[0]
    assert Path(place).parent.name in scratch()
    assert Path(place).parent.stat().st_mode & 0o777 == 0o700
    assert not Path(place).exists()


def test_lakes_that_are_none_or_broken_are_told(lake: Lake, tmp_path: Path) -> None:
    for ask in (connect_lake, lambda root: open_lake(root).__enter__()):
        with pytest.raises(NoLakeError, match="holds no lake"):
            ask(tmp_path / "nowhere")
    log = lake.root / REJECTS.name / "_delta_log"
    for path in log.glob("*.json"):
        path.write_text("nonsense", encoding="utf-8")
    with pytest.raises(UnreadableLakeError, match=r"0\.json is damaged"):
        connect_lake(lake.root)


def test_questions_to_some_files_know_where_each_row_lies(lake: Lake) -> None:
    paths = sorted(list_files(lake.open(ARTICLES)))
    query = "SELECT file, source, published_date, title FROM articles WHERE source = ?"
    rows = query_files(lake, ARTICLES, paths, query, ["blad"]).to_pylist()
    assert {row["title"] for row in rows} == {"b", "c"}
    assert {row["file"] for row in rows} == {p for p in paths if p.startswith("source=blad/")}
    assert {row["published_date"] for row in rows} == {NOW.date()}
    some = query_files(lake, ARTICLES, paths[:1], "SELECT title FROM articles")
    assert some["title"].to_pylist() == ["a"]
    none = query_files(lake, ARTICLES, [], "SELECT file, ingested_at FROM articles")
    assert (none.num_rows, none.column_names) == (0, ["file", "ingested_at"])
    (lake.root / ARTICLES.name / paths[0]).unlink()
    with pytest.raises(DamagedLake, match="part-"):
        query_files(lake, ARTICLES, paths, query, ["avis"])


def test_compacted_files_tell_their_partition(lake: Lake) -> None:
    store(lake, ARTICLES, [article("d", "blad"), article("e", at=NOW - timedelta(days=1))])
    query = "SELECT source, published_date::VARCHAR AS day, title FROM articles ORDER BY title"
    before = query_files(lake, ARTICLES, sorted(list_files(lake.open(ARTICLES))), query)
    lake.open(ARTICLES).optimize.compact()
    after = query_files(lake, ARTICLES, sorted(list_files(lake.open(ARTICLES))), query)
    assert after == before
    assert after["title"].to_pylist() == ["a", "b", "c", "d", "e"]
