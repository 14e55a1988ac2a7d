"""Brings what a run made into the lake: articles, then rejects, then polls, each of them once.

In a batch workers stage files and one step commits them all; a stream stages and commits what it
has, pane by pane. (Protocol: docs/decisions/exactly-once.md.)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsbeam.transforms.lake.commit import (
    CommitCount,
    commit_articles,
    commit_rows,
    stage_rows,
)
from newsbeam.transforms.lake.feed_state import FeedState, make_poll_row
from newsbeam.transforms.lake.known import Known, is_outdated, load_known
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    Row,
    Table,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.lake.staged_files import StagedFile
from newsbeam.transforms.records import Article, Rejection

# Ours: what says the same in so much time is one article; later it may be a notice that recurs.
_SAME_STORY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Committer:
    """Makes the rows of ``run``, stages and commits them. Cheap to make, safe to pickle.

    What stages or commits may raise:
        LakeBusy: other runs were faster every time.
        StagingLost: another run believed this one dead.
        OSError: the lake cannot be written.
    """

    run: Run

    def make_article(self, article: Article) -> Row | None:
        """The row of ``article`` with its revision; ``None`` where the lake has it as it is."""
        run, known = self.run, load_known(self.run.known)
        row = make_row(article, run_id=run.id, started_at=run.started_at)
        if article.provenance.request is not None:
            row["article_id"] = _find_article(row, known)
        before = known.article(row["article_id"])
        if before is not None:
            is_same = before.content_hash == row["content_hash"]
            # The same content, fetched later, may follow another version in this run: the
            # commit will tell.
            if is_outdated(row["fetched_at"], before.fetched_at, run.started_at) or (
                is_same and not is_outdated(before.fetched_at, row["fetched_at"])
            ):
                return None
            row["revision"] = before.revision + 1
            row["base_content"] = before.content_hash
        return row

    def make_reject(self, rejection: Rejection) -> Row:
        """The row of ``rejection``."""
        run, config = self.run, self.run.configs.get(rejection.source)
        return make_reject_row(rejection, run_id=run.id, started_at=run.started_at, config=config)

    def make_poll(self, state: FeedState) -> Row:
        """The row of a poll that left a feed in ``state``."""
        return make_poll_row(state, self.run.id)

    def stage(self, table: Table, rows: Iterable[Row]) -> list[StagedFile]:
        """``rows`` as files in the run's staging area."""
        return stage_rows(self.run.staging, table, rows)

    def commit(self, files: Iterable[StagedFile]) -> dict[str, CommitCount]:
        """Commit all files that the run staged; returns what became of articles, by source."""
        of: dict[str, list[StagedFile]] = defaultdict(list)
        for file in files:
            of[file.table].append(file)
        run = self.run
        counts = commit_articles(run.lake, run.staging, of[ARTICLES.name], run.articles_version)
        commit_rows(run.lake, run.staging, REJECTS, of[REJECTS.name], run.rejects_version)
        # Last, so that a crash before costs a repeated poll and no article.
        commit_rows(run.lake, run.staging, FEED_POLLS, of[FEED_POLLS.name], run.polls_version)
        return counts

    def commit_articles(self, articles: Iterable[Article]) -> dict[str, CommitCount]:
        """Commit ``articles``, and no others in this run; returns what became of them, by source.

        An article that was asked for may have been fetched before the run began.
        """
        rows: list[Row] = []
        same = Counter[str]()
        for article in articles:
            row = self.make_article(article)
            if row is None:
                same[article.provenance.source] += 1
                continue
            if article.provenance.request is not None:
                # As in a batch, which begins before it fetches: an edit that a feed tells of
                # is taken for known if it is older than this, and pages wait for a commit.
                row["ingested_at"] = min(row["ingested_at"], row["fetched_at"])
            rows.append(row)
        counts = self.commit(self.stage(ARTICLES, rows))
        for source, count in same.items():
            counts.setdefault(source, CommitCount()).known += count
        return counts

    def commit_rejects(
        self, rejections: Sequence[Rejection], base: int | None = None, name: str | None = None
    ) -> None:
        """Commit ``rejections``, once for the commit ``name`` (the run's id by default), which
        may have been tried before; ``base`` is a version of the table that is older than that."""
        if rejections:
            run = self.run
            files = self.stage(REJECTS, map(self.make_reject, rejections))
            before = run.rejects_version if base is None else base
            commit_rows(run.lake, run.staging, REJECTS, files, before, name)

    def commit_polls(self, states: Iterable[FeedState]) -> None:
        """Commit the polls that left feeds in ``states``. Last: a poll is over when all that it
        brought is in the lake."""
        self.commit(self.stage(FEED_POLLS, map(self.make_poll, states)))


def _find_article(row: Row, known: Known) -> str:
    """The id of the article that a feed's page is: it stays the article that it was, though its
    address may change; else that of its canonical address; else one of the same title and text,
    unless they were published at different times."""
    document = known.document(row["document_id"])
    if document is not None:
        return document.article_id
    own: str = row["article_id"]
    if known.article(own) is not None or row["text_hash"] is None:
        return own
    twin = known.text(row["text_hash"])
    if twin is None or _differ(row["published_at"], twin.published_at):
        return own
    return twin.article_id


def _differ(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and abs(one - other) > _SAME_STORY
