"""Making a lake, taking over an older one, and reading a table's log."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.lake import lake as lake_module
from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.known import Known
from newsbeam.transforms.lake.lake import CHECKPOINT_INTERVALS, Lake, list_files
from newsbeam.transforms.lake.log import TableLog, read_rows
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    TABLES,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.views import open_lake
from newsbeam.transforms.records import Article, Block, Metadata, Provenance, Quote, Rejection
from newsbeam.transforms.text.identity import article_id

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def reject(lake: Lake, origin: str) -> None:
    staging = Staging(lake.root, uuid.uuid4().hex)
    rejection = Rejection("avis", "read", "empty", "nothing in it", origin)
    with staging.create():
        rows = [make_reject_row(rejection, run_id="r", started_at=NOW)]
        files = stage_rows(staging, REJECTS, rows)
        commit_rows(lake, staging, REJECTS, files, lake.version(REJECTS))


def _without_speakers(kind: pa.DataType) -> pa.DataType:
    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return kind
    return pa.list_(pa.struct([field for field in kind.value_type if field.name != "speakers"]))


def make_older_lake(root: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake of a newsbeam that knew fewer columns and no polls, with a row in two tables."""
    older = {
        "articles": {"published_at_text", "document_id", "document_hash"},
        "rejects": {"request", "config"},
    }
    tables = {
        table.name: dataclasses.replace(
            table,
            columns=tuple(
                dataclasses.replace(c, type=_without_speakers(c.type))
                for c in table.columns
                if c.name not in older[table.name]
            ),
        )
        for table in (ARTICLES, REJECTS)
    }
    lake = Lake(root)
    with monkeypatch.context() as patch:
        patch.setattr(lake_module, "TABLES", tuple(tables.values()))
        patch.setattr(lake_module, "CHECKPOINT_INTERVALS", dict.fromkeys(tables, 1000))
        lake.create()
        for table in TABLES[:2]:
            (lake.root / "_cache/tables" / f"{table.name}.json").unlink()
    staging = Staging(root, "old")
    article = Article(
        Provenance("avis", "a", "a", "0" * 64), Metadata(title="A"), (Block("T."),), "nb",
        quotes=(Quote("T.", 0, 2, "dash", "Kari Dahl"),),
    )  # fmt: skip
    with staging.create():
        rows = [make_row(article, run_id="old", started_at=NOW)]
        files = stage_rows(staging, tables["articles"], rows)
        # What an older commit wrote: its own schema.
        with monkeypatch.context() as patch:
            patch.setattr("newsbeam.transforms.lake.commit.ARTICLES", tables["articles"])
            commit_articles(lake, staging, files, 0)
        rejection = Rejection("avis", "read", "empty", "nothing in it", "gammel.txt")
        rows = [make_reject_row(rejection, run_id="old", started_at=NOW)]
        files = stage_rows(staging, tables["rejects"], rows)
        commit_rows(lake, staging, tables["rejects"], files, 0)
    lake.clean()
    return lake


def test_an_older_lake_gets_what_is_missing_and_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = make_older_lake(tmp_path, monkeypatch)
    assert lake.version(FEED_POLLS) == -1
    lake.create()
    for table in TABLES:
        handle = lake.open(table)
        names = [field.name for field in handle.schema().fields]
        assert sorted(names) == sorted(table.schema.names)
        interval = handle.metadata().configuration["delta.checkpointInterval"]
        assert interval == str(CHECKPOINT_INTERVALS[table.name])
    reject(lake, "ny.txt")
    table = lake.open(REJECTS).to_pyarrow_table()
    assert sorted(table.column("origin").to_pylist()) == ["gammel.txt", "ny.txt"]
    assert table.column("request").to_pylist() == [None, None]
    known = Known(lake, lake.version(ARTICLES))
    assert known.article(article_id("avis", "a")) is not None
    assert known.document(article_id("avis", "a")) is None, "its row does not say"


def test_an_older_lake_gets_what_is_missing_in_its_structs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = make_older_lake(tmp_path, monkeypatch)
    lake.create()
    assert (
        pa.schema(lake.open(ARTICLES).schema())
        .field("quotes")
        .type.value_type.get_field_index("speakers")
        >= 0
    )
    version = lake.version(ARTICLES)
    lake.create()
    assert lake.version(ARTICLES) == version, "once is enough"
    (row,) = lake.open(ARTICLES).to_pyarrow_table().to_pylist()
    assert [(q["speaker"], q["speakers"]) for q in row["quotes"]] == [("Kari Dahl", None)]
    with open_lake(tmp_path) as connection:
        said = connection.sql("SELECT speaker, speakers FROM quotes").fetchall()
    assert said == [("Kari Dahl", None)]
    (place,) = list_files(lake.open(ARTICLES))
    rows = read_rows(tmp_path / "articles", [place], ARTICLES.file_schema)
    assert rows.schema == ARTICLES.file_schema


def test_a_lake_that_is_up_to_date_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    lake.create()
    reject(lake, "a.txt")
    versions = [lake.version(table) for table in TABLES]
    with monkeypatch.context() as patch:
        patch.setattr(lake_module, "DeltaTable", None)  # any use of it would fail
        lake.create()
    assert [lake.version(table) for table in TABLES] == versions
    for path in (tmp_path / "_cache").rglob("*.json"):
        path.write_text("damaged")
    lake.create()
    assert [lake.version(table) for table in TABLES] == versions


def test_version_is_what_delta_says(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert lake.version(REJECTS) == -1
    lake.create()
    for number in range(9):
        assert lake.version(REJECTS) == lake.open(REJECTS).version() == number
        reject(lake, f"{number}.txt")
    lake.open(REJECTS).create_checkpoint()
    log = tmp_path / "rejects/_delta_log"
    for number in range(9):
        (log / f"{number:020d}.json").unlink()  # cleaned up
        assert lake.version(REJECTS) == 9
    reject(lake, "10.txt")
    assert lake.version(REJECTS) == 10
    (log / "_last_checkpoint").unlink()
    assert lake.version(REJECTS) == 10
    log_of_rejects = lake.log(REJECTS)
    assert len(log_of_rejects.find_additions(8, 10) or ()) == 2
    assert log_of_rejects.find_additions(3, 10) is None


@given(newest=st.integers(0, 70), checkpoint=st.integers(0, 70))
def test_version_search_finds_the_end_of_any_log(
    tmp_path_factory: pytest.TempPathFactory, newest: int, checkpoint: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    (folder / "_delta_log").mkdir()
    for version in range(checkpoint if checkpoint <= newest else 0, newest + 1):
        (folder / "_delta_log" / f"{version:020d}.json").touch()
    note = f'{{"version": {checkpoint}}}' if checkpoint <= newest else "damaged"
    (folder / "_delta_log/_last_checkpoint").write_text(note)
    assert TableLog(folder).find_version() == newest


def test_log_tells_added_and_removed_files(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.create()
    reject(lake, "a.txt")
    reject(lake, "b.txt")
    log, before = (
        lake.log(REJECTS),
        set(lake.open(REJECTS).get_add_actions(flatten=True)["path"].to_pylist()),
    )
    assert set(log.find_additions(0, 2) or ()) == before
    lake.open(REJECTS).optimize.compact()
    assert log.find_additions(2, lake.version(REJECTS)) == [], "compaction changes no row"
    lake.open(REJECTS).delete("origin = 'a.txt'")
    assert log.find_additions(2, lake.version(REJECTS)) is None
    (entry,) = log.read(lake.version(REJECTS) - 1, lake.version(REJECTS))
    assert entry.removed
    assert entry.info["operation"] == "DELETE"
    assert log.digest(1) != log.digest(2)
    assert log.digest(99) is None


def test_columns_that_a_file_lacks_are_null(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "1.parquet")
    schema = pa.schema([("b", pa.string()), ("c", pa.list_(pa.int32())), ("a", pa.int32())])
    rows = read_rows(tmp_path, ["1.parquet"], schema)
    assert rows.schema == schema
    assert rows.to_pylist() == [{"b": "x", "c": None, "a": 1}, {"b": "y", "c": None, "a": 2}]
    assert read_rows(tmp_path, [], schema).num_rows == 0


def test_a_checkpoint_holds_all_that_was_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKPOINT_INTERVALS, "rejects", 5)
    lake = Lake(tmp_path)
    lake.create()
    for number in range(12):
        reject(lake, f"{number}.txt")
    assert list((tmp_path / "rejects/_delta_log").glob("*.checkpoint.parquet"))
    origins = DeltaTable(tmp_path / "rejects").to_pyarrow_table()["origin"].to_pylist()
    assert sorted(origins) == sorted(f"{number}.txt" for number in range(12))
