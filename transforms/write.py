"""Writes articles and rejections into the lake: workers stage files, one step commits them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from transforms.commit import StagedFile, commit_articles, commit_rows, stage_rows
from transforms.lake import Lake
from transforms.outcomes import REJECTED
from transforms.read import KnownVersion, load_known
from transforms.records import Article, Rejection
from transforms.schema import ARTICLES, REJECTS, Row, Table, make_reject_row, make_row
from transforms.staging import Staging

# Rows wait in memory until they make a file worth having: this many code points of text (and
# 4,000 for the rest of each row), which is about 1,000 articles of 500 words.
_BUFFER_CHARS = 8_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the job: its id and instant, its lake, and the table versions that it began with.

    The versions are -1 where a dry run finds no lake.
    """

    id: str
    started_at: datetime
    lake: Lake
    articles_version: int
    rejects_version: int
    sources: tuple[str, ...]

    @property
    def staging(self) -> Staging:
        """The run's staging area."""
        return Staging(self.lake.root, self.id)

    @property
    def known(self) -> KnownVersion:
        """The state of the lake that this run compares with."""
        return KnownVersion(self.lake, self.articles_version, self.sources)


class _NumberRevisions(beam.DoFn):  # type: ignore[misc]
    """Articles to rows with their revision; unchanged articles end here."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def process(self, article: Article) -> Iterator[Row]:
        row = make_row(article, run_id=self._run.id, started_at=self._run.started_at)
        revision, content = load_known(self._run.known).articles.get(row["article_id"], (0, ""))
        if content == row["content_hash"]:
            Metrics.counter(row["source"], "known").inc()
            return
        row["revision"] = revision + 1
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
    """Commits all files of the run: articles, then rejects, so that a crash loses neither."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def process(self, keyed: tuple[None, Iterable[StagedFile]]) -> None:
        run, files = self._run, list(keyed[1])
        articles = [file for file in files if file.table == ARTICLES.name]
        rejects = [file for file in files if file.table == REJECTS.name]
        counts = commit_articles(run.lake, run.staging, articles, run.articles_version)
        for source, count in counts.items():
            for name, value in asdict(count).items():
                Metrics.counter(source, name).inc(value)
        commit_rows(run.lake, run.staging, REJECTS, rejects, run.rejects_version)


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
    """A dictionary of ``articles`` and ``rejected`` into the lake's tables, each once."""

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
            | "MakeRejectRows" >> beam.Map(self._make_reject_row)
            | "StageRejects" >> beam.ParDo(_StageRows(self._run, REJECTS))
        )
        return (
            (articles, rejects)
            | beam.Flatten()
            | "ToOneCommitter" >> beam.Map(lambda file: (None, file))
            | beam.GroupByKey()
            | "Commit" >> beam.ParDo(_CommitFiles(self._run))
        )

    def _make_reject_row(self, rejection: Rejection) -> Row:
        return make_reject_row(rejection, run_id=self._run.id, started_at=self._run.started_at)


def _count_row(row: Row) -> None:
    for name, value in {
        "new": row["revision"] == 1,
        "revised": row["revision"] > 1,
        "entities": len(row["entities"]),
        "quotes": len(row["quotes"]),
    }.items():
        Metrics.counter(row["source"], name).inc(int(value))
