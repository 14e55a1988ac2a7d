"""Lakes of many small files to maintain, and their rows as every reader sees them."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
from deltalake import DeltaTable

from newsbeam.pipelines.maintain import MaintainOptions, TableReport, maintain_lake
from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, REJECTS, Row, make_reject_row, make_row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Block, Metadata, Provenance, Rejection

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
    columns = ["title", "revision"]
    select = "SELECT title, revision FROM read_parquet"
    hives = f"('{folder}/source=*/**/*.parquet', hive_partitioning=1)"
    by_reader = {
        "pandas": count(pd.read_parquet(folder)),
        "delta": count(table.to_pandas(columns=columns)),
        "delta dataset": count(table.to_pyarrow_dataset().to_table(columns).to_pandas()),
        "duckdb": Counter(duckdb.sql(select + hives).fetchall()),
        "duckdb with delta's files": Counter(
            duckdb.sql(f"{select}({uris!r}, hive_partitioning=1)").fetchall()
        ),
    }
    first = by_reader["pandas"]
    assert all(found == first for found in by_reader.values()), by_reader
    return first


def count(frame: pd.DataFrame) -> Counter[tuple[str, int]]:
    return Counter(zip(frame["title"], frame["revision"], strict=True))


TEN = Counter({(f"a{number}", 1): 1 for number in range(10)})


class Crash(BaseException):
    pass
