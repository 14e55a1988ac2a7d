"""Rows made up and committed to a lake."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, Row, Table, make_row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Block, Metadata, Provenance

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def article(key: str, source: str = "avis", at: datetime = NOW) -> Row:
    made = Article(
        Provenance(source, key, key, "0" * 64),
        Metadata(title=key, published_at=at),
        (Block(f"Om {key}."),),
        "nb",
    )
    return make_row(made, run_id="r", started_at=at)


def store(lake: Lake, table: Table, rows: Iterable[Row]) -> None:
    staging = Staging(lake.root, uuid.uuid4().hex)
    with staging.create():
        files = stage_rows(staging, table, list(rows))
        if table is ARTICLES:
            commit_articles(lake, staging, files, lake.version(table))
        else:
            commit_rows(lake, staging, table, files, lake.version(table))
        staging.remove()
