"""Brings the table of stories up to what the table of articles holds.

One run at a time does so, held by a lock, from the version of ``articles`` on that the newest row
of ``stories`` names: whoever fails leaves the rest to the next. On an object store several may
tell, and the log takes what one of them tells. (docs/decisions/stories.md.)
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.files import take_lock, write_file
from newsbeam.transforms.lake.commit import Overtaken, commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.schema import ARTICLES, STORIES, Row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.stories.assign import STORY_WINDOW, SignedArticle
from newsbeam.transforms.stories.changes import StoryState, find_all_changes, find_story_changes
from newsbeam.transforms.stories.signatures import MAKING, sign_text

# Ours: attempts to tell stories before another run does.
_TRIES = 20
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
    window: timedelta = STORY_WINDOW,
    rebuild: bool = False,
) -> StoriesUpdate:
    """Tell the stories of all articles that came in since the last update; write what differs.

    ``staging`` is that of a living run. With ``rebuild``, and wherever the log of ``articles``
    does not tell what is new or the rules are not those of the last update, all articles are read
    and told anew. Waits while another run is at it. A repeated call changes nothing.

    Raises:
        LakeBusy: the table could not be committed to.
        StagingLost: another run believed this one dead.
        OSError: the lake cannot be read or written.
    """
    for number in range(_TRIES):
        # Leases would not do: who holds one may sleep over its end. The log tells of the others.
        with nullcontext() if lake.is_remote else take_lock(lake.root / STORIES.name):
            try:
                return _update(lake, staging, now, window, rebuild, is_first=not number)
            except Overtaken:
                continue
    raise LakeBusy(f"other runs told stories faster {_TRIES} times; start this run again")


def _update(
    lake: Lake, staging: Staging, now: datetime, window: timedelta, rebuild: bool, *, is_first: bool
) -> StoriesUpdate:
    rules = f"{MAKING} {window // timedelta(seconds=1)}s"
    # Whoever looked at stories that are not all is overtaken. Of articles nobody is: a worker of
    # this run may have committed them, of which only a look at the log tells.
    find_base = lake.seen_version if is_first else lake.version
    version, base = lake.version(ARTICLES), find_base(STORIES)
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
        changes = find_story_changes(days, arrivals.articles, arrivals.revised, window)
    else:
        changes = []
    if changes:
        _write(lake, staging, changes, _Mark(version, rules), now, base)
    return StoriesUpdate(len(arrivals.articles), len(changes), is_complete)


class _StoredDays(Mapping[date, Mapping[str, StoryState]]):
    """What the table holds, a day at a time, read when asked for."""

    def __init__(self, lake: Lake) -> None:
        self._folder = lake.folder(STORIES)
        self._paths: dict[date, list[str]] = defaultdict(list)
        for path in sorted(lake.list_files(STORIES)):
            self._paths[_day_of(path)].append(path)
        self._read: dict[date, dict[str, StoryState]] = {}

    def __getitem__(self, day: date) -> Mapping[str, StoryState]:
        if day not in self._paths:
            raise KeyError(day)
        if day not in self._read:
            self._read[day] = _read_day(self._folder, self._paths[day])
        return self._read[day]

    def __iter__(self) -> Iterator[date]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _read_day(folder: LakePath, paths: Sequence[str]) -> dict[str, StoryState]:
    rows = read_rows(folder, paths, _STORIES)
    newest: dict[str, tuple[int, StoryState]] = {}
    columns = (column.to_pylist() for column in rows.columns)
    for article, story, at, minhash, decision in zip(*columns, strict=True):
        if article not in newest or decision > newest[article][0]:
            newest[article] = decision, StoryState(SignedArticle(article, at, minhash), story)
    return {id: told for id, (_, told) in newest.items() if told.story_id is not None}


def _day_of(path: str) -> date:
    return date.fromisoformat(path.partition("=")[2].partition("/")[0])


def _read_mark(lake: Lake, version: int) -> _Mark | None:
    """The mark in the newest rows of stories; ``None`` where the log does not lead to them.

    On an object store this machine keeps it in mind, with a digest of the commit: two requests.
    """
    digest = lake.log(STORIES).digest(version) if lake.is_remote and version >= 0 else None
    if digest is None:
        return _find_mark(lake, version)
    place = lake.cache / "stories.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(place.read_bytes())
        if note["digest"] == digest:
            return _Mark(note["articles_version"], note["rules"])
    mark = _find_mark(lake, version)
    if mark is not None:
        with suppress(OSError):
            write_file(place, json.dumps({"digest": digest, **asdict(mark)}).encode())
    return mark


def _find_mark(lake: Lake, version: int) -> _Mark | None:
    try:
        paths = lake.log(STORIES).find_last_additions(version)
        rows = read_rows(lake.folder(STORIES), paths[:1], _MARK)
    except FileNotFoundError:  # the log was cleaned up, or the file compacted and vacuumed
        return None
    return _Mark(rows[0][0].as_py(), rows[1][0].as_py()) if paths else _Mark(-1, None)


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
        rows = read_rows(lake.folder(ARTICLES), part, _ARTICLES)
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
    changes: Iterable[StoryState],
    mark: _Mark,
    now: datetime,
    base: int,
) -> None:
    rows: Iterator[Row] = (
        {
            "article_id": change.article.article_id,
            "story_id": change.story_id,
            "dated_at": change.article.at,
            "dated_date": change.article.day,
            "minhash": change.article.minhash,
            "decision": base + 1,  # nobody else commits on this version: no number comes twice
            "articles_version": mark.articles_version,
            "rules": mark.rules,
            "decided_at": now,
            "run_id": staging.run_id,
        }
        for change in changes
    )
    commit_rows(lake, staging, STORIES, stage_rows(staging, STORIES, rows), base, is_next=True)
