"""Lakes to report on, and a report's page as a browser would read it."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import html

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    Row,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.records import (
    Article,
    Block,
    Entity,
    Metadata,
    Provenance,
    Quote,
    Rejection,
    RemovedLine,
)
from tests.support.stored import store

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHARTS = {
    "articles_per_day", "polls_per_day", "rejects_by_reason", "removed_by_source",
    "speakers_over_time", "entities_top", "voices_by_gender", "voices_by_role",
}  # fmt: skip
COLUMNS = {
    "title", "source", "date", "url", "words", "quotes", "language", "authors", "section",
    "revision", "paywalled", "lead", "story",
}  # fmt: skip
WORDS = (
    "kommunen vedtok i går et nytt budsjett som gir mindre til skole og mer til vei mens flere "
    "partier advarer mot følgene av kuttene for barn og unge i distriktene der avstandene er store"
).split()
PEOPLE = ("Kari Dahl", "Ola Moen", "Siv Berg", "Jon Lie", "Aud Vik")
Command = Callable[[list[str]], tuple[int, str, str]]


def make_article(
    key: str,
    text: str,
    at: datetime | None = NOW,
    *,
    source: str = "avis",
    people: Iterable[str] = (),
    said: Iterable[tuple[str, str | None]] = (),
    removed: Iterable[tuple[str, str]] = (),
    **metadata: Any,
) -> Article:
    """An article of one block; ``said`` holds words of ``text`` with their speaker."""
    lines = text.split("\n")
    given: dict[str, Any] = {"title": key, "published_at": at, "published_at_from": "jsonld"}
    return Article(
        Provenance(source, key, f"{source}/{key}.html", "0" * 64),
        Metadata(**(given | metadata)),
        tuple(Block(line) for line in lines),
        "nb",
        tuple(RemovedLine(*line) for line in removed),
        tuple(
            Entity(name, "PER", text.index(name), text.index(name) + len(name), name)
            for name in people
        ),
        tuple(
            Quote(words, text.index(words), text.index(words) + len(words), "dash", speaker,
                  cue="sier")
            for words, speaker in said
        ),
    )  # fmt: skip


def as_row(article: Article, at: datetime = NOW) -> Row:
    return make_row(article, run_id="r", started_at=at)


def poll_row(at: datetime, **values: Any) -> Row:
    row: Row = {column.name: None for column in FEED_POLLS.columns}
    row |= {
        "source": "avis",
        "feed": "https://avis.example/rss",
        "polled_at": at,
        "polled_date": at.date(),
        "outcome": "parsed",
        "status": 200,
        "new": 0,
        "changed": 0,
        "failures": 0,
        "next_poll_at": at + HOUR,
    }
    return row | values


def reject_row(origin: str, at: datetime = NOW, **values: Any) -> Row:
    given: dict[str, Any] = {"source": "avis", "stage": "read", "reason": "invalid_json"}
    rejection = Rejection(**(given | {"detail": "broken", "origin": origin} | values))
    return make_reject_row(rejection, run_id="r", started_at=at)


class Page:
    """A page as a browser sees it: its elements, the data and texts within them."""

    def __init__(self, path: Path) -> None:
        self.source = path.read_text(encoding="utf-8")
        self.document = html.document_fromstring(self.source)
        (data,) = self.document.xpath("//script[@id='page-data']")
        self.data: dict[str, Any] = json.loads(data.text)
        chunks = self.document.xpath("//script[@class='texts']")
        assert [chunk.get("data-chunk") for chunk in chunks] == [str(n) for n in range(len(chunks))]
        self.chunks = [json.loads(gzip.decompress(base64.b64decode(c.text))) for c in chunks]

    @property
    def texts(self) -> list[dict[str, Any]]:
        return [text for chunk in self.chunks for text in chunk]

    @property
    def articles(self) -> dict[str, list[Any]]:
        return dict(self.data["articles"])


def store_many(lake: Lake, count: int, days: int, words: int = 40) -> None:
    """So many articles of two papers, over so many days, with names, quotes and removed lines."""
    rng = random.Random(8)
    rows = []
    for n in range(count):
        speaker = rng.choice(PEOPLE)
        paragraphs = [" ".join(rng.choices(WORDS, k=40)) for _ in range(words // 40)]
        text = "\n".join([f"– Dette er sak {n}, sier {speaker}.", *paragraphs])
        article = make_article(
            f"Sak {n}",
            text,
            NOW - timedelta(days=days * n / count),
            source=rng.choice(("avis", "bladet")),
            people=[speaker],
            said=[(f"Dette er sak {n}", speaker)],
            removed=[("teaser", f"Les også: {rng.randrange(50)}")] * 3,
            url=f"https://avis.example/{n}",
            lead="Ingress.",
        )
        rows.append(as_row(article))
    store(lake, ARTICLES, rows)
