"""What the lake knows of documents and articles: each run asks about the version it began with."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import RLock, Timer
from typing import Any, TypeVar

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.known_database import (
    DAMAGE,
    NEVER,
    open_databases,
    open_kept_database,
    read_whole_table,
    refresh_known,
)
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.text.likeness import Telling

_DOCUMENT = """
    SELECT ingested_at, revision, document_hash, article_id, fetched_at,
        feed, title, url, sketch, document_id
    FROM documents WHERE document_id = ? AND version <= ?
    ORDER BY 1 DESC, 2 DESC, 3 DESC, 4 DESC, 5 DESC LIMIT 1
"""
_ARTICLE = """
    SELECT revision, ingested_at, content_hash, fetched_at, document_id
    FROM articles WHERE article_id = ? AND version <= ?
    ORDER BY 1 DESC, 2 DESC, 3 DESC, 4 DESC LIMIT 1
"""
_ENTRY = """
    SELECT ingested_at, revision, document_id
    FROM entries WHERE entry_id = ? AND version <= ?
    ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1
"""
_TEXT = """
    SELECT ingested_at, revision, article_id, published_at
    FROM texts WHERE text_hash = ? AND version <= ?
    ORDER BY 1 DESC, 2 DESC, 3 DESC, 4 DESC LIMIT 1
"""
_REVISED = """
    SELECT article_id, max(revision) FROM articles WHERE revision > 1 AND version <= ?
    GROUP BY article_id
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds. Ours: SQLite takes and frees its locks in 15 us, a look-up takes 3. So a reader who has
# just asked keeps them for a moment, in which writers wait.
_FAST, _HELD = 0.001, 0.02
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What the lake holds of a raw item: its SHA-256 (64 hex), what became of it, and when.

    ``fetched_at`` is null for plain files, ``feed``, ``title``, ``url`` and ``sketch``
    (``sketch_text``) for all but pages of feeds; the sketch also where an older newsbeam wrote it.
    """

    document_id: str
    document_hash: str
    article_id: str
    ingested_at: datetime
    fetched_at: datetime | None
    feed: str | None = None
    title: str | None = None
    url: str | None = None
    sketch: str | None = None

    @property
    def telling(self) -> Telling:
        """Headline and text, to be compared."""
        return Telling(self.title, self.sketch)


@dataclass(frozen=True, slots=True)
class KnownText:
    """The article that has a text, and when it was published."""

    article_id: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """An article's newest revision in the lake, the hash of its content (32 hex), and when the
    page that it was made from was fetched. ``document_id`` is that page (32 hex); null
    for files.
    """

    revision: int
    content_hash: str
    fetched_at: datetime | None
    document_id: str | None = None


class Known:
    """What the articles table of ``lake`` holds of all sources at ``version`` (-1: nothing).

    Looks into the database that ``refresh_known`` keeps; what is not there, and all where there is
    none, it reads from the table into memory. Writes nothing. Threads may share it.
    """

    def __init__(self, lake: Lake, version: int) -> None:
        self._lake = lake
        self._version = version
        damaged: list[DamagedLake] = []
        self._path, self._databases = open_databases(lake, version, damaged)
        # Files whose rows are not known, as they cannot be read.
        self.damaged = tuple(damaged)
        self._lock = RLock()
        self._asked_at = 0.0

    def document(self, document_id: str) -> KnownDocument | None:
        """What is known of the raw item with this id (32 hex)."""
        return self._ask(_make_document, _DOCUMENT, bytes.fromhex(document_id))

    def article(self, article_id: str) -> KnownArticle | None:
        """What is known of the article with this id (32 hex)."""
        return self._ask(_make_article, _ARTICLE, bytes.fromhex(article_id))

    def entry(self, entry_id: str) -> KnownDocument | None:
        """The raw item that a feed's entry (32 hex, ``entry_identity``) led to last."""
        found = self._ask(_make_entry, _ENTRY, bytes.fromhex(entry_id))
        return None if found is None else self.document(found)

    def text(self, text_hash: str) -> KnownText | None:
        """The article that had this text last (column ``text_hash``, 32 hex)."""
        return self._ask(_make_text, _TEXT, bytes.fromhex(text_hash))

    def revised(self) -> dict[str, int]:
        """The newest revision of each article that has more than one, by its id."""
        return self._ask(lambda rows: {i.hex(): number for i, number in sorted(rows)}, _REVISED)

    def _ask(self, make: Callable[[Sequence[Any]], _Found], question: str, *about: bytes) -> _Found:
        values = (*about, self._version)
        with self._lock:
            try:
                self._hold()
                return make([r for one in self._databases for r in one.execute(question, values)])
            except DAMAGE as error:
                if self._path is None:  # all in memory: a bug
                    raise
                if not isinstance(error, sqlite3.OperationalError):  # as when others are busy
                    with suppress(OSError):
                        self._path.unlink()
            damaged: list[DamagedLake] = []
            whole = read_whole_table(self._lake, self._version, damaged)
            if damaged:
                raise damaged[0] from None
            self._path, self._databases = None, (whole,)
            return self._ask(make, question, *about)

    def _hold(self) -> None:
        """Where look-ups follow fast upon each other, keep the locks for the next ones."""
        last, self._asked_at = self._asked_at, time.monotonic()
        if self._asked_at - last < _FAST and not self._databases[0].in_transaction:
            self._databases[0].execute("BEGIN")
            timer = Timer(_HELD, self._let_go, self._databases[:1])
            timer.daemon = True
            timer.start()

    def _let_go(self, database: sqlite3.Connection) -> None:
        with self._lock:
            database.rollback()


@dataclass(frozen=True, slots=True)
class KnownLater:
    """What is known, opened (``open``, which should keep it) when something is asked: most polls
    bring nothing and ask nothing."""

    open: Callable[[], Known]

    def document(self, document_id: str) -> KnownDocument | None:
        """As ``Known.document``."""
        return self.open().document(document_id)

    def entry(self, entry_id: str) -> KnownDocument | None:
        """As ``Known.entry``."""
        return self.open().entry(entry_id)


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version of the articles table (-1: there is none), so that all workers agree."""

    lake: Lake
    version: int


@dataclass(frozen=True, slots=True)
class NewestKnown:
    """Whatever the articles table holds when it is asked: for streams, which have no beginning
    that workers could agree on."""

    lake: Lake


def load_known(known: KnownVersion | NewestKnown) -> Known:
    """What the lake holds, opened once a worker process and version.

    Raises:
        OSError: it cannot be made ready on disk (``NewestKnown`` alone writes).
        DamagedLake: a file cannot be read (``NewestKnown``; others are told by ``damaged``).
    """
    if isinstance(known, KnownVersion):
        return _load_version(known)
    version = known.lake.version(ARTICLES)
    refresh_known(known.lake, version)
    loaded = _load_version(KnownVersion(known.lake, version))
    for fault in loaded.damaged:  # what it held would come in again
        raise fault
    return loaded


@lru_cache(maxsize=1)
def _load_version(known: KnownVersion) -> Known:
    return Known(known.lake, known.version)


def revised_articles(lake: Lake) -> Mapping[str, int] | None:
    """The newest revision of each article that has more than one, by id; ``None`` where no
    database is kept and only the whole table could tell."""
    version = lake.version(ARTICLES)
    if open_kept_database(lake, version, "ro") is None:
        return None
    return Known(lake, version).revised()


def is_outdated(
    fetched_at: datetime | None, newest: datetime | None, now: datetime | None = None
) -> bool:
    """Whether a page's version fetched at ``fetched_at`` is older than one fetched at ``newest``.

    Never where one of the instants is not known, as with plain files. A ``newest`` after ``now``
    comes from a clock that was wrong, and is not believed (docs/decisions/replay.md).
    """
    if fetched_at is None or newest is None:
        return False
    return fetched_at < newest and (now is None or newest <= now)


def _make_instant(microseconds: int) -> datetime | None:
    return None if microseconds == NEVER else _EPOCH + timedelta(microseconds=microseconds)


def _make_document(rows: Sequence[Any]) -> KnownDocument | None:
    if not rows:
        return None
    newest = max(rows, key=lambda row: row[:5])
    at, _, digest, article, fetched_at, feed, title, url, sketch, document = newest
    return KnownDocument(
        document.hex(),
        digest.hex(),
        article.hex(),
        _make_instant(at) or _EPOCH,
        _make_instant(fetched_at),
        feed,
        title,
        url,
        None if sketch is None else sketch.hex(),
    )


def _make_entry(rows: Sequence[Any]) -> str | None:
    return max(rows)[2].hex() if rows else None


def _make_text(rows: Sequence[Any]) -> KnownText | None:
    if not rows:
        return None
    _, _, article, published_at = max(rows)
    return KnownText(article.hex(), _make_instant(published_at))


def _make_article(rows: Sequence[Any]) -> KnownArticle | None:
    if not rows:
        return None
    revision, _, content, fetched_at, document = max(rows, key=lambda row: row[:4])
    return KnownArticle(
        revision,
        content.hex(),
        _make_instant(fetched_at),
        None if document is None else document.hex(),
    )
