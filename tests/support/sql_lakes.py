"""Articles, and a way to store rows, for lakes that ``newsbeam sql`` is to ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from newsbeam.transforms.lake.schema import STORIES, Row, make_row
from newsbeam.transforms.records import (
    Article,
    Block,
    Entity,
    Metadata,
    Provenance,
    Quote,
    RemovedLine,
)

Command = Callable[[list[str]], tuple[int, str, str]]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVIL = "\x1b[2J=1+1 \u202e|<script>`x`\nnext"


def article(key: str, title: str | None = None, *, source: str = "avis", day: int = 0) -> Article:
    return Article(
        Provenance(source, key, key, "0" * 64),
        Metadata(title=title or key, published_at=NOW - timedelta(days=day)),
        (Block("– Nei, sier Kari Dahl."),),
        "nb",
        (RemovedLine("teaser", "Les også"), RemovedLine("ad", "Annonse")),
        (Entity("Kari Dahl", "PER", 12, 21, "Kari Dahl"),),
        (Quote("Nei", 2, 5, "dash", "Kari Dahl"), Quote("sier", 7, 11, "dash")),
    )


def row(of: Article, revision: int = 1) -> Row:
    return make_row(of, run_id="r", started_at=NOW) | {"revision": revision}


def story_row(article_id: str, story_id: str | None, decision: int) -> Row:
    return {column.name: None for column in STORIES.columns} | {
        "article_id": article_id,
        "story_id": story_id,
        "dated_date": NOW.date(),
        "decision": decision,
    }
