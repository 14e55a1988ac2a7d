"""Brings the table of stories up to what the table of articles holds.

One run at a time does so, held by a lock, from the version of ``articles`` on that the newest row
of ``stories`` names: whoever fails leaves the rest to the next. (docs/decisions/stories.md.)
"""

from __future__ import annotations

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from transforms.tables.commit import commit_rows, stage_rows
from transforms.tables.lake import Lake, list_files
from transforms.tables.schema import ARTICLES, STORIES, Row
from transforms.tables.staging import Staging
from transforms.tables.table_files import read_rows
from transforms.wire.assignment import WINDOW, SignedArticle
from transforms.wire.signatures import MAKING, sign_text
from transforms.wire.story_changes import Told, find_all_changes, find_changes

# So many files' texts are in memory at once.
_FILES_AT_ONCE = 100
_ARTICLES = pa.schema(
    [
        ARTICLES.schema.field(name)
        for name in ("article_id", "revision", "published_at", "ingested_at", "text")
    ]
)
_STORIES = pa.schema(
    [
        STORIES.schema.field(name)
        for name in ("article_id", "story_id", "dated_at", "minhash", "decision")
    ]
)
_MARK = pa.schema([STORIES.schema.field(name) for name in ("articles_version", "rules")])


@dataclass(frozen=True, slots=True)
class StoriesUpdate:
    """What ``update_stories`` did: articles looked at, rows written, whether it took all anew."""

    articles: int
    rows: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far the last update looked: the version of articles (-1: none yet), and its rules."""

    articles_version: int
    rules: str | None


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """The newest revisions of articles, by id, and which may have been there before."""

    articles: Mapping[str, SignedArticle]
    revised: frozenset[str]


def update_stories(
    lake: Lake,
    staging: Staging,
    now: datetime,
    *,
    window: timedelta = WINDOW,
    rebuild: bool = False,
) -> StoriesUpdate:
    """Tell the stories of all articles that came in since the last update; write what differs.

    ``staging`` is that of a living run. With ``rebuild``, and wherever the log of ``articles``
    does not tell what is new or the rules are not those of the last update, all articles are read
    and told anew. Waits while another run is at it. A repeated call changes nothing.

    Raises:
        CommitFailedError: the table could not be committed to.
        StagingLost: another run believed this one dead.
        OSError: the lake cannot be read or written.
    """
    rules = f"{MAKING} {window // timedelta(seconds=1)}s"
    with _hold(lake.root):
        version, base = lake.version(ARTICLES), lake.version(STORIES)
        mark = _read_mark(lake, base)
        arrivals = None
        if mark is not None and not rebuild and mark.rules in (rules, None):
            arrivals = _read_new(lake, mark.articles_version, version)
        is_complete = arrivals is None
        if arrivals is None:
            days = _StoredDays(lake)
            arrivals = _read_articles(lake, sorted(list_files(lake.open(ARTICLES, version))))
            changes = find_all_changes(days, arrivals.articles, window)
            if not changes:  # the new mark must be set, or this goes on forever
                changes = [told for day in days for told in days[day].values()][:1]
        elif arrivals.articles:
            days = _StoredDays(lake)
            changes = find_changes(days, arrivals.articles, arrivals.revised, window)
        else:
            changes = []
        if changes:
            _write(lake, staging, changes, _Mark(version, rules), now, base)
        return StoriesUpdate(len(arrivals.articles), len(changes), is_complete)


class _StoredDays(Mapping[date, Mapping[str, Told]]):
    """What the table holds, a day at a time, read when asked for."""

    def __init__(self, lake: Lake) -> None:
        self._folder = lake.root / STORIES.name
        self._paths: dict[date, list[str]] = defaultdict(list)
        for path in sorted(list_files(lake.open(STORIES))):
            self._paths[_day_of(path)].append(path)
        self._read: dict[date, dict[str, Told]] = {}

    def __getitem__(self, day: date) -> Mapping[str, Told]:
        if day not in self._paths:
            raise KeyError(day)
        if day not in self._read:
            self._read[day] = _read_day(self._folder, self._paths[day])
        return self._read[day]

    def __iter__(self) -> Iterator[date]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _read_day(folder: Path, paths: Sequence[str]) -> dict[str, Told]:
    rows = read_rows(folder, paths, _STORIES)
    newest: dict[str, tuple[int, Told]] = {}
    columns = (column.to_pylist() for column in rows.columns)
    for article, story, at, minhash, decision in zip(*columns, strict=True):
        if article not in newest or decision > newest[article][0]:
            newest[article] = decision, Told(SignedArticle(article, at, minhash), story)
    return {id: told for id, (_, told) in newest.items() if told.story_id is not None}


def _day_of(path: str) -> date:
    return date.fromisoformat(path.partition("=")[2].partition("/")[0])


def _read_mark(lake: Lake, version: int) -> _Mark | None:
    """The mark in the newest rows of stories; ``None`` where the log does not lead to them."""
    log = lake.log(STORIES)
    for last in range(version, -1, -1):
        try:
            (entry,) = log.read(last - 1, last)
            if entry.added:
                rows = read_rows(lake.root / STORIES.name, entry.added[:1], _MARK)
                return _Mark(rows.column(0)[0].as_py(), rows.column(1)[0].as_py())
        except FileNotFoundError:  # the log was cleaned up, or the file compacted and vacuumed
            return None
    return _Mark(-1, None)


def _read_new(lake: Lake, seen: int, version: int) -> _Arrivals | None:
    """What came in since version ``seen``; ``None`` where that cannot be told."""
    if seen > version:  # of a table that is no more
        return None
    paths = lake.log(ARTICLES).find_additions(seen, version)
    if paths is None:
        return None
    try:
        return _read_articles(lake, paths)
    except FileNotFoundError:  # compacted and vacuumed away
        return None


def _read_articles(lake: Lake, paths: Sequence[str]) -> _Arrivals:
    newest: dict[str, tuple[int, SignedArticle]] = {}
    first: set[str] = set()
    for start in range(0, len(paths), _FILES_AT_ONCE):
        part = paths[start : start + _FILES_AT_ONCE]
        rows = read_rows(lake.root / ARTICLES.name, part, _ARTICLES)
        columns = (column.to_pylist() for column in rows.columns)
        for article, revision, published_at, ingested_at, text in zip(*columns, strict=True):
            if revision == 1:
                first.add(article)
            if article not in newest or revision > newest[article][0]:
                signed = SignedArticle(article, published_at or ingested_at, sign_text(text or ""))
                newest[article] = revision, signed
    return _Arrivals(
        {id: article for id, (_, article) in newest.items()}, frozenset(newest.keys() - first)
    )


def _write(
    lake: Lake,
    staging: Staging,
    changes: Iterable[Told],
    mark: _Mark,
    now: datetime,
    base: int,
) -> None:
    by_day: dict[date, list[Row]] = defaultdict(list)
    for told in changes:
        article = told.article
        by_day[article.day].append(
            {
                "article_id": article.article_id,
                "story_id": told.story_id,
                "dated_at": article.at,
                "dated_date": article.day,
                "minhash": article.minhash,
                "decision": base + 1,  # whoever decides holds the lock: no number comes twice
                "articles_version": mark.articles_version,
                "rules": mark.rules,
                "decided_at": now,
                "run_id": staging.run_id,
            }
        )
    files = [stage_rows(staging, STORIES, rows) for rows in by_day.values()]
    commit_rows(lake, staging, STORIES, files, base)


@contextmanager
def _hold(root: Path) -> Iterator[None]:
    """Keep other runs waiting while the block runs; the system frees it with the process."""
    descriptor = os.open(root / STORIES.name, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
