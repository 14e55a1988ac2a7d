"""Writes articles and rejections into the lake: workers stage files, one step commits them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from transforms.outcomes import REJECTED
from transforms.polls.feed_state import make_poll_row
from transforms.records import Article
from transforms.tables.commit import StagedFile, commit_articles, commit_rows, stage_rows
from transforms.tables.known import load_known
from transforms.tables.known_rows import Known
from transforms.tables.runs import Run
from transforms.tables.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    Row,
    Table,
    make_row,
)
from transforms.tables.versions import is_outdated
from transforms.tables.write_polls import make_run_reject

# Rows wait in memory until they make a file worth having: this many code points of text (and
# 4,000 for the rest of each row), which is about 1,000 articles of 500 words.
_BUFFER_CHARS = 8_000_000


def number_revision(article: Article, known: Known, run: Run) -> Row | None:
    """The row of ``article`` with its revision; ``None`` where ``known`` has it as it is."""
    row = make_row(article, run_id=run.id, started_at=run.started_at)
    if article.provenance.request is not None:
        # A feed's page stays the article that it was, though its address may change.
        document = known.document(row["document_id"])
        row["article_id"] = document.article_id if document else row["article_id"]
    before = known.article(row["article_id"])
    if before is not None:
        is_same = before.content_hash == row["content_hash"]
        # The same content, fetched later, may follow another version in this run: the
        # committer will know.
        if is_outdated(row["fetched_at"], before.fetched_at, run.started_at) or (
            is_same and not is_outdated(before.fetched_at, row["fetched_at"])
        ):
            return None
        row["revision"] = before.revision + 1
        row["base_content"] = before.content_hash
    return row


class _NumberRevisions(beam.DoFn):  # type: ignore[misc]
    """Articles to rows with their revision; unchanged articles end here."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def process(self, article: Article) -> Iterator[Row]:
        row = number_revision(article, load_known(self._run.known), self._run)
        if row is None:
            Metrics.counter(article.provenance.source, "known").inc()
        else:
            yield row


class _StageRows(beam.DoFn):  # type: ignore[misc]
    """Rows to staged files, a file a partition and buffer."""

    def __init__(self, run: Run, table: Table) -> None:
        self._run = run
        self._table = table

    def start_bundle(self) -> None:
        self._partitions: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        self._chars = 0

    def process(self, row: Row) -> Iterator[StagedFile]:
        self._partitions[tuple(row[column] for column in self._table.partition_by)].append(row)
        self._chars += 4000 + len(row.get("text", ""))
        if self._chars > _BUFFER_CHARS:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for file in self._flush():
            window = GlobalWindow()
            yield WindowedValue(file, window.max_timestamp(), [window])

    def _flush(self) -> Iterator[StagedFile]:
        for rows in self._partitions.values():
            yield stage_rows(self._run.staging, self._table, rows)
        self._partitions.clear()
        self._chars = 0


class _CommitFiles(beam.DoFn):  # type: ignore[misc]
    """Commits all files of the run: articles, then rejects, then polls."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def process(self, keyed: tuple[None, Iterable[StagedFile]]) -> None:
        run, files = self._run, list(keyed[1])
        articles = [file for file in files if file.table == ARTICLES.name]
        rejects = [file for file in files if file.table == REJECTS.name]
        polls = [file for file in files if file.table == FEED_POLLS.name]
        counts = commit_articles(run.lake, run.staging, articles, run.articles_version)
        for source, count in counts.items():
            for name, value in asdict(count).items():
                Metrics.counter(source, name).inc(value)
        commit_rows(run.lake, run.staging, REJECTS, rejects, run.rejects_version)
        # Last, so that a crash before costs a repeated poll and no article.
        commit_rows(run.lake, run.staging, FEED_POLLS, polls, run.polls_version)


class CountArticles(beam.PTransform):  # type: ignore[misc]
    """For a dry run: counts what ``WriteArticles`` would write."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def expand(self, articles: beam.PCollection) -> beam.PCollection:
        return (
            articles
            | "NumberRevisions" >> beam.ParDo(_NumberRevisions(self._run))
            | "Count" >> beam.Map(_count_row)
        )


class WriteArticles(beam.PTransform):  # type: ignore[misc]
    """A dictionary of ``articles``, ``rejected`` and ``polls`` (``FeedState`` s) into the lake's
    tables, each once."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def expand(self, collections: dict[str, beam.PCollection]) -> beam.PCollection:
        articles = (
            collections["articles"]
            | "NumberRevisions" >> beam.ParDo(_NumberRevisions(self._run))
            | "StageArticles" >> beam.ParDo(_StageRows(self._run, ARTICLES))
        )
        rejects = (
            collections[REJECTED]
            | "MakeRejectRows" >> beam.Map(make_run_reject, self._run)
            | "StageRejects" >> beam.ParDo(_StageRows(self._run, REJECTS))
        )
        polls = (
            collections["polls"]
            | "MakePollRows" >> beam.Map(make_poll_row, self._run.id)
            | "StagePolls" >> beam.ParDo(_StageRows(self._run, FEED_POLLS))
        )
        return (
            (articles, rejects, polls)
            | beam.Flatten()
            | "ToOneCommitter" >> beam.Map(lambda file: (None, file))
            | beam.GroupByKey()
            | "Commit" >> beam.ParDo(_CommitFiles(self._run))
        )


def _count_row(row: Row) -> None:
    is_same = row["content_hash"] == row.get("base_content")
    for name, value in {
        "new": row["revision"] == 1,
        "revised": row["revision"] > 1 and not is_same,
        "known": is_same,
        "entities": 0 if is_same else len(row["entities"]),
        "quotes": 0 if is_same else len(row["quotes"]),
    }.items():
        Metrics.counter(row["source"], name).inc(int(value))
