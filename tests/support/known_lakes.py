"""Lakes whose articles are known, and what a plain reading of their table knows."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
from hypothesis import strategies as st

from newsbeam.transforms.lake.commit import commit_articles, stage_rows
from newsbeam.transforms.lake.known import Known, KnownArticle, KnownDocument
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


def refreshed(lake: Lake) -> Known:
    version = lake.version(ARTICLES)
    refresh_known(lake, version)
    return Known(lake, version)


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
