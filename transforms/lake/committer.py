"""Brings what a run made into the lake: articles, then rejects, then polls, each of them once.

In a batch workers stage files and one step commits them all; a stream stages and commits what it
has, pane by pane. (Protocol: docs/decisions/exactly-once.md.)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsbeam.transforms.lake.commit import (
    CommitCount,
    commit_articles,
    commit_rows,
    stage_rows,
)
from newsbeam.transforms.lake.feed_state import FeedState, make_poll_row
from newsbeam.transforms.lake.known import Known, KnownArticle, is_outdated, load_known
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    Row,
    Table,
    hash_content,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.lake.settle import is_other_time
from newsbeam.transforms.lake.staged_files import Apart, StagedFile
from newsbeam.transforms.records import Article, Rejection
from newsbeam.transforms.text.identity import article_id
from newsbeam.transforms.text.likeness import Telling, may_tell_one_story


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
            row = _find_article(article, row, known)
        before = known.article(row["article_id"])
        if before is not None:
            is_same = before.content_hash == row["content_hash"]
            # The same content, fetched later, may follow another version in this run: the
            # commit will tell.
            if is_outdated(row["fetched_at"], before.fetched_at, run.started_at) or (
                is_same and not is_outdated(before.fetched_at, row["fetched_at"])
            ):
                return None
            if not is_same and _is_copy(article, row, before, known):
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


def _find_article(article: Article, row: Row, known: Known) -> Row:
    """``row`` with the id of the article that a feed's page is: it stays the article that it was,
    though its address may change; else that of its canonical address, unless another story has
    that; else one of the same title and text, unless they were published at different times.

    Where only the canonical address tells, the row says what it is without it (``apart``).
    """
    document, own = known.document(row["document_id"]), row["article_id"]
    if document is not None:
        if document.article_id != own and not _may_be_of(row, own, known):
            row = _stay(article, row)
        return row | {"article_id": document.article_id}
    apart = _stand_apart(article, row, known)
    if known.article(own) is not None:
        if apart is None or _may_be_of(row, own, known):
            return row | {"apart": apart}
        row, apart = _stay(article, row) | {"article_id": apart.article_id}, None
    twin = None if row["text_hash"] is None else known.text(row["text_hash"])
    if twin is None or is_other_time(row["published_at"], twin.published_at):
        return row | {"apart": apart}
    return row | {"article_id": twin.article_id}


def _may_be_of(row: Row, article: str, known: Known) -> bool:
    """Whether a page may be one of the ``article`` whose address it names, if there is one."""
    before = known.article(article)
    document = before and before.document_id and known.document(before.document_id)
    if not document:
        return True
    return may_tell_one_story(Telling(row["title"], row["text_sketch"]), document.telling)


def _stand_apart(article: Article, row: Row, known: Known) -> Apart | None:
    """What the article of ``row`` is by the address of its page alone; ``None`` where that is what
    goes for it."""
    provenance = article.provenance
    if provenance.is_part or provenance.known_as or article.metadata.url is None:
        return None
    # A page may be at the address that another story's page names.
    keys = (provenance.key, f"{provenance.key}\x1f{row['title']}")
    ids = (article_id(provenance.source, key) for key in keys)
    free = next((i for i in ids if i != row["article_id"] and known.article(i) is None), None)
    if free is None:
        return None
    there = _stay(article, row)
    return Apart(free, there["url"], there["content_hash"])


def _stay(article: Article, row: Row) -> Row:
    """``row`` at the address of its page, whatever that calls itself."""
    there = row | {"url": article.provenance.url}
    return there | {"content_hash": hash_content(there, _has_feeds_change(article))}


def _is_copy(article: Article, row: Row, before: KnownArticle, known: Known) -> bool:
    """Whether the page says what another page of its article said last, at another address."""
    if before.document_id is None or before.document_id == row["document_id"]:
        return False
    other = known.document(before.document_id)
    if other is None or known.document(row["document_id"]) is None:
        return False  # so that it is known next time
    there = row | {"url": other.url}
    return before.content_hash == hash_content(there, _has_feeds_change(article))


def _has_feeds_change(article: Article) -> bool:
    return article.metadata.modified_at_from == "feed"
