"""Writes articles and rejections into the lake: workers stage files, one step commits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from newsbeam.transforms.lake.commit import CommitCount
from newsbeam.transforms.lake.committer import Committer
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS, Row, Table
from newsbeam.transforms.lake.staged_files import StagedFile
from newsbeam.transforms.records import Article
from newsbeam.transforms.stage import REJECTED

# Rows wait in memory until they make a file worth having: this many code points of text (and
# 4,000 for the rest of each row), which is about 1,000 articles of 500 words.
_BUFFER_CHARS = 8_000_000


class _NumberRevisions(beam.DoFn):  # type: ignore[misc]
    """Articles to rows with their revision; unchanged articles end here."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    def process(self, article: Article) -> Iterator[Row]:
        row = self._committer.make_article(article)
        if row is None:
            Metrics.counter(article.provenance.source, "known").inc()
        else:
            yield row


class _StageRows(beam.DoFn):  # type: ignore[misc]
    """Rows to staged files, a file a partition and buffer."""

    def __init__(self, committer: Committer, table: Table) -> None:
        self._committer = committer
        self._table = table

    def start_bundle(self) -> None:
        self._rows: list[Row] = []
        self._chars = 0

    def process(self, row: Row) -> Iterator[StagedFile]:
        self._rows.append(row)
        self._chars += 4000 + len(row.get("text", ""))
        if self._chars > _BUFFER_CHARS:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for file in self._flush():
            window = GlobalWindow()
            yield WindowedValue(file, window.max_timestamp(), [window])

    def _flush(self) -> list[StagedFile]:
        files = self._committer.stage(self._table, self._rows)
        self.start_bundle()
        return files


class _CommitFiles(beam.DoFn):  # type: ignore[misc]
    """Commits all files of the run."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    def process(self, keyed: tuple[None, Iterable[StagedFile]]) -> None:
        add_counters(self._committer.commit(keyed[1]))


def add_counters(counts: Mapping[str, CommitCount]) -> None:
    """Add what a commit did, by source, to the job's counters."""
    for source, count in counts.items():
        for name, value in asdict(count).items():
            Metrics.counter(source, name).inc(value)


class CountArticles(beam.PTransform):  # type: ignore[misc]
    """For a dry run: counts what ``WriteArticles`` would write."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._committer = Committer(run)

    def expand(self, articles: beam.PCollection) -> beam.PCollection:
        return (
            articles
            | "NumberRevisions" >> beam.ParDo(_NumberRevisions(self._committer))
            | "Count" >> beam.Map(_count_row)
        )


class WriteArticles(beam.PTransform):  # type: ignore[misc]
    """A dictionary of ``articles``, ``rejected`` and ``polls`` (``FeedState`` s) into the lake's
    tables, each once."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._committer = Committer(run)

    def expand(self, collections: dict[str, beam.PCollection]) -> beam.PCollection:
        committer = self._committer
        articles = (
            collections["articles"]
            | "NumberRevisions" >> beam.ParDo(_NumberRevisions(committer))
            | "StageArticles" >> beam.ParDo(_StageRows(committer, ARTICLES))
        )
        rejects = (
            collections[REJECTED]
            | "MakeRejectRows" >> beam.Map(committer.make_reject)
            | "StageRejects" >> beam.ParDo(_StageRows(committer, REJECTS))
        )
        polls = (
            collections["polls"]
            | "MakePollRows" >> beam.Map(committer.make_poll)
            | "StagePolls" >> beam.ParDo(_StageRows(committer, FEED_POLLS))
        )
        return (
            (articles, rejects, polls)
            | beam.Flatten()
            | "ToOneCommitter" >> beam.Map(lambda file: (None, file))
            | beam.GroupByKey()
            | "Commit" >> beam.ParDo(_CommitFiles(committer))
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
