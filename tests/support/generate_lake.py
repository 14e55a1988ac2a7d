"""A lake of made-up articles, straight into its tables: for reports, SQL and browsers to chew on.

Nothing is run: what a run would find in the articles is known as they are written, so that ten
thousand of them take seconds. The same seed gives the same lake.

    python tests/generate_lake.py DIR --articles 10000
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    STORIES,
    Row,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Rejection, Stage
from tests.support.made_up_news import DAYS, FAILING, PAPERS, SILENT, UNTIL, make_articles

# Stage, reason, detail, how many.
REJECTS_MADE: list[tuple[Stage, str, str, int]] = [
    ("fetch", "http_error", "HTTP 503: the server is busy; `newsbeam retry` asks again.", 40),
    ("fetch", "timeout", "No answer within 30 s; `newsbeam retry` asks again.", 22),
    ("extract", "no_text", "No article text was found; see docs/extraction.md.", 31),
    ("read", "too_large", "The item has 12 MB, more than extract: max_bytes allows.", 3),
    ("poll", "not_a_feed", "The address answered with a page, not with a feed.", 9),
]


def make_polls(run_id: str, seed: int, until: datetime) -> Iterator[Row]:
    """Two polls a day of each paper's feed. ``vestkanten`` fails at last."""
    pick = random.Random(seed)
    for paper in PAPERS:
        failures = 0
        for step in range(DAYS * 2):
            at = until - timedelta(hours=12 * (DAYS * 2 - step)) + timedelta(hours=11)
            is_broken = paper == FAILING and step > DAYS * 2 - 12
            fails = is_broken or pick.random() < 0.02
            failures = failures + 1 if fails else 0
            is_quiet = paper == SILENT and step > DAYS * 2 - 80
            outcome = "failed" if fails else "not_modified" if is_quiet else "parsed"
            row: Row = dict.fromkeys(FEED_POLLS.schema.names)
            row |= {
                "source": paper,
                "feed": "front",
                "polled_at": at,
                "polled_date": at.date(),
                "configured_url": f"https://{paper}.example/rss",
                "url": f"https://{paper}.example/rss",
                "outcome": outcome,
                "status": 503 if fails else 304 if outcome == "not_modified" else 200,
                "reason": "http_error" if fails else None,
                "detail": "HTTP 503: the server is busy." if fails else None,
                "kind": "rss",
                "title": paper.title(),
                "entries": 30 if outcome == "parsed" else None,
                "new": pick.randint(0, 12) if outcome == "parsed" else 0,
                "changed": 0,
                "failed_pages": 0,
                "is_false_304": False,
                "interval_seconds": 43_200,
                "next_poll_at": at + timedelta(hours=12),
                "failures": failures,
                "backoff": float(failures),
                "moves": 0,
                "skip_hours": [],
                "skip_days": [],
                "blocked": [],
                "seen": [] if outcome == "parsed" else None,
                "pending": [],
                "run_id": run_id,
            }
            yield row


def make_rejects(run_id: str, seed: int, until: datetime) -> Iterator[Row]:
    pick = random.Random(seed)
    for stage, reason, detail, times in REJECTS_MADE:
        for number in range(times):
            paper = pick.choice(list(PAPERS))
            origin = f"https://{paper}.example/{reason}/{number}"
            rejection = Rejection(paper, stage, reason, detail, origin)
            at = until - timedelta(days=pick.random() * DAYS)
            yield make_reject_row(rejection, run_id=run_id, started_at=at)


def make_story_rows(
    rows: Iterable[tuple[Row, str | None]], run_id: str, until: datetime
) -> Iterator[Row]:
    """A row of ``STORIES`` for every article: the first of a story gives it its id."""
    stories: dict[str, list[Row]] = defaultdict(list)
    for row, key in rows:
        stories[key or row["article_id"]].append(row)
    for members in stories.values():
        first = min(members, key=lambda row: row["published_at"])
        for row in members:
            yield {
                "article_id": row["article_id"],
                "story_id": first["article_id"],
                "dated_at": row["published_at"],
                "dated_date": row["published_date"],
                "minhash": None,
                "decision": 1,
                "articles_version": 1,
                "rules": "generated",
                "decided_at": until,
                "run_id": run_id,
            }


def generate_lake(
    folder: Path,
    count: int,
    seed: int = 8,
    until: datetime = UNTIL,
    others: Sequence[Article] = (),
    rejections: Sequence[Rejection] = (),
) -> None:
    """Write a lake with ``count`` made-up articles of the days before ``until``.

    The articles ``others`` and the ``rejections`` come into it, too.

    Raises:
        OSError: the folder cannot be written.
    """
    lake, run_id = Lake(folder), f"generated-{seed}"
    lake.create()
    staging = Staging(folder, run_id)
    articles = [*make_articles(count, seed, until), *((other, None) for other in others)]
    rows = [
        (make_row(article, run_id=run_id, started_at=article.provenance.fetched_at or until), story)
        for article, story in articles
    ]
    rejects = [
        *make_rejects(run_id, seed, until),
        *(make_reject_row(one, run_id=run_id, started_at=until) for one in rejections),
    ]
    with staging.create():
        base = lake.version(ARTICLES)
        files = stage_rows(staging, ARTICLES, (row for row, _ in rows))
        commit_articles(lake, staging, files, base)
        for table, made in (
            (REJECTS, rejects),
            (FEED_POLLS, make_polls(run_id, seed, until)),
            (STORIES, make_story_rows(rows, run_id, until)),
        ):
            base = lake.version(table)
            commit_rows(lake, staging, table, stage_rows(staging, table, made), base)
    staging.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description="A lake of made-up articles.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--until", type=datetime.fromisoformat, default=UNTIL)
    options = parser.parse_args()
    until = options.until.replace(tzinfo=options.until.tzinfo or UTC)
    generate_lake(options.folder, options.articles, options.seed, until)


if __name__ == "__main__":
    main()
