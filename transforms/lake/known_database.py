"""The SQLite database of what the lake knows: made, brought up to date, opened.

``<lake>/_cache/known/<name>.sqlite`` has a short row for every row of the articles table, with
the version of the table that brought it, so that each run looks things up in the version that it
began with while others add rows (docs/decisions/known-documents.md).
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from newsbeam.transforms.errors import DamagedLake
from newsbeam.transforms.lake.damage import damaged_file, file_of
from newsbeam.transforms.lake.lake import Lake, list_files, read_sound_rows
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.text.counts import show_count

# Whoever changes the tables below counts on; databases of another layout are passed over.
_LAYOUT = 3
# Of an id's rows the greatest counts, compared column by column. An article's later revisions may
# come from another document (a copy), so that the newest row of the document tells what it was
# when it was last read. A database can answer for the versions from `base` to `head`, of which
# `digest` is the hash of the commit.
_TABLES = """
    CREATE TABLE documents (
        document_id BLOB, ingested_at INTEGER, revision INTEGER, document_hash BLOB,
        article_id BLOB, fetched_at INTEGER, version INTEGER, feed TEXT,
        title TEXT, url TEXT, sketch BLOB,
        PRIMARY KEY (document_id, ingested_at, revision, document_hash, article_id, fetched_at)
    ) WITHOUT ROWID;
    CREATE TABLE entries (
        entry_id BLOB, ingested_at INTEGER, revision INTEGER, document_id BLOB, version INTEGER,
        PRIMARY KEY (entry_id, ingested_at, revision, document_id)
    ) WITHOUT ROWID;
    CREATE TABLE texts (
        text_hash BLOB, ingested_at INTEGER, revision INTEGER, article_id BLOB,
        published_at INTEGER, version INTEGER,
        PRIMARY KEY (text_hash, ingested_at, revision, article_id, published_at)
    ) WITHOUT ROWID;
    CREATE TABLE articles (
        article_id BLOB, revision INTEGER, ingested_at INTEGER, content_hash BLOB,
        fetched_at INTEGER, version INTEGER, document_id BLOB,
        PRIMARY KEY (article_id, revision, ingested_at, content_hash, fetched_at)
    ) WITHOUT ROWID;
    CREATE TABLE state (layout INTEGER, base INTEGER, head INTEGER, digest TEXT);
"""
_COLUMNS = ("document_id", "document_hash", "article_id", "content_hash", "revision",
            "ingested_at", "fetched_at", "published_at", "feed", "entry_id", "text_hash",
            "title", "url", "text_sketch", "copies")  # fmt: skip
_SCHEMA = pa.schema([ARTICLES.schema.field(name) for name in _COLUMNS])
# Where an instant is null: before all others.
NEVER = -(2**63)
# As what a damaged database may show itself: an error of SQLite, or a value of another kind.
DAMAGE = (sqlite3.DatabaseError, ArithmeticError, AttributeError, TypeError, ValueError)
# Seconds to wait for another process. Ours.
_PATIENCE = 60.0
# Seconds for which other files are kept after their last change. Ours: somebody may use them yet.
_KEPT = 86_400
# So many files' rows are in memory at once when the whole table is read. Ours.
_FILES_AT_ONCE = 500


def known_folder(lake: Lake) -> Path:
    """Where the lake keeps the databases. Whatever is in it may be deleted at any time."""
    return lake.cache / "known"


def refresh_known(lake: Lake, version: int) -> None:
    """Make ready, on disk, what ``Known`` answers for ``version`` of the articles table.

    Reads the files that came in since it was last done, or all files where that is not known.
    Where some cannot be read nothing is kept: ``Known`` tells which.

    Raises:
        OSError: it cannot be written.
    """
    if version < 0:
        return
    kept = open_kept_database(lake, version, "rw")
    if kept is not None and kept.head >= version:
        return
    digest = lake.log(ARTICLES).digest(version)
    if digest is None:  # nobody could tell later what it belongs to
        return
    folder = known_folder(lake)
    if kept is not None:
        with closing(kept.database), suppress(sqlite3.DatabaseError):  # damage: make another
            if _extend(kept.database, lake, version, digest):
                _clean_folder(folder, kept.path.name)
                return
    damaged: list[DamagedLake] = []
    made = read_whole_table(lake, version, damaged)
    if damaged:
        return
    made.execute("INSERT INTO state VALUES (?, ?, ?, ?)", (_LAYOUT, version, version, digest))
    folder.mkdir(parents=True, exist_ok=True)
    # A name that no database had: SQLite would take an old one's journal for this one's.
    path = folder / f"{version:020d}-{uuid.uuid4().hex}.sqlite"
    try:
        with closing(_connect(path, "rwc")) as database:
            made.backup(database)  # one transaction
    except sqlite3.Error as error:
        raise OSError(f"{path} cannot be written: {error}") from error
    _clean_folder(folder, path.name)


@dataclass(frozen=True, slots=True)
class KeptDatabase:
    """An open database that has the table's rows up to the version ``head``."""

    path: Path
    database: sqlite3.Connection
    head: int


def open_kept_database(lake: Lake, version: int, mode: str) -> KeptDatabase | None:
    """The newest database of this table that answers for ``version`` or can be brought up to it."""
    log = lake.log(ARTICLES)
    for path in sorted(known_folder(lake).glob("*.sqlite"), reverse=True):
        with suppress(*DAMAGE):  # or just taken away
            database = _connect(path, mode)
            row = database.execute("SELECT layout, base, head, digest FROM state").fetchone()
            layout, base, head, digest = row
            # With another digest it is of a table that is no more.
            if layout == _LAYOUT and base <= version and digest and digest == log.digest(head):
                return KeptDatabase(path, database, head)
    return None


def open_databases(
    lake: Lake, version: int, damaged: list[DamagedLake]
) -> tuple[Path | None, tuple[sqlite3.Connection, ...]]:
    """The file of the kept database, if there is one, and databases that together hold it all,
    but for what is noted in ``damaged``."""
    kept = open_kept_database(lake, version, "ro")
    if kept is not None:
        if kept.head >= version:
            return kept.path, (kept.database,)
        newer = _make_database()
        if _add_commits(newer, lake, kept.head, version):
            return kept.path, (kept.database, newer)
    return None, (read_whole_table(lake, version, damaged),)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Threads take turns by the lock of `Known`. There is no write-ahead log: it needs memory that
    # processes share, which not every file system gives.
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    if mode != "ro":
        # Changed pages stay in memory until the commit: readers wait for that alone.
        database.executescript("PRAGMA synchronous = FULL; PRAGMA cache_spill = OFF")
    return database


def _make_database() -> sqlite3.Connection:
    """An empty database in memory."""
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    database.executescript(_TABLES)
    return database


def read_whole_table(lake: Lake, version: int, damaged: list[DamagedLake]) -> sqlite3.Connection:
    """All that the table holds at ``version``, in memory, but for what is noted in ``damaged``."""
    database = _make_database()
    if version >= 0:
        paths = sorted(list_files(lake.open(ARTICLES, version)))
        with _transaction(database):
            for start in range(0, len(paths), _FILES_AT_ONCE):
                part = paths[start : start + _FILES_AT_ONCE]
                _add_sound_rows(database, lake.folder(ARTICLES), part, version, damaged)
    return database


def _extend(database: sqlite3.Connection, lake: Lake, version: int, digest: str) -> bool:
    """Add what came in up to ``version``; ``False`` if the whole table is to be read."""
    with _transaction(database):
        (head,) = database.execute("SELECT head FROM state").fetchone()
        if head < version:  # no other run was faster
            if not _add_commits(database, lake, head, version):
                database.rollback()
                return False
            database.execute("UPDATE state SET head = ?, digest = ?", (version, digest))
    return True


def _add_commits(database: sqlite3.Connection, lake: Lake, after: int, upto: int) -> bool:
    """Add the rows of the commits ``after + 1`` to ``upto``, each with its version.

    ``False`` where that does not make the one out of the other: rows were taken away, the log
    was cleaned up, files are damaged, or were compacted and vacuumed, so that others have their
    rows.
    """
    try:
        for version, entry in enumerate(lake.log(ARTICLES).read(after, upto), after + 1):
            if entry.removed:
                return False
            rows = read_rows(lake.folder(ARTICLES), entry.added, _SCHEMA)
            _add_rows(database, rows, version)
    except (FileNotFoundError, DamagedLake, ValueError):
        return False
    return True


def _add_sound_rows(
    database: sqlite3.Connection,
    folder: LakePath,
    paths: Sequence[str],
    version: int,
    damaged: list[DamagedLake],
) -> None:
    rows = read_sound_rows(folder, paths, _SCHEMA, damaged)
    try:
        _add_rows(database, rows, version)
    except ValueError as error:
        if len(paths) == 1:
            damaged.append(damaged_file(folder, paths[0], error))
            return
        noted = {fault.file for fault in damaged}
        for path in paths:
            if file_of(folder, path) not in noted:
                _add_sound_rows(database, folder, [path], version, damaged)


def _add_rows(database: sqlite3.Connection, rows: pa.Table, version: int) -> None:
    """Add rows of the table.

    Raises:
        ValueError: an id or hash is no hex string of its length.
    """
    documents, digests = _unhex(rows["document_id"], 16), _unhex(rows["document_hash"], 32)
    articles, contents = _unhex(rows["article_id"], 16), _unhex(rows["content_hash"], 16)
    entries, texts = _unhex(rows["entry_id"], 16), _unhex(rows["text_hash"], 16)
    begun, fetched, published = (
        _count_instants(rows[name]) for name in ("ingested_at", "fetched_at", "published_at")
    )
    revisions, versions = rows["revision"].to_pylist(), [version] * len(rows)
    # Only what comes from feeds is looked for under another address.
    feeds, titles, urls, pages = (
        [None if entry is None else value for entry, value in zip(entries, told, strict=True)]
        for told in (*(rows[name].to_pylist() for name in ("feed", "title", "url")), documents)
    )
    sketches = [None if t is None else bytes.fromhex(t) for t in rows["text_sketch"].to_pylist()]
    for table, columns in {
        "documents": (
            documents, begun, revisions, digests, articles, fetched, versions, feeds, titles, urls,
            sketches,
        ),
        "articles": (articles, revisions, begun, contents, fetched, versions, pages),
        "entries": (entries, begun, revisions, documents, versions),
        "texts": (texts, begun, revisions, articles, published, versions),
    }.items():  # fmt: skip
        # Ignored are rows that are there and, as keys are not null, those without a document
        # (or entry, or text).
        marks = ", ".join("?" * len(columns))
        told = list(zip(*columns, strict=True))
        if table == "documents":
            told += _list_copies(told, rows["copies"].to_pylist())
        database.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", told)


def _list_copies(
    told: Sequence[tuple[Any, ...]], copies: Sequence[Sequence[str] | None]
) -> list[tuple[Any, ...]]:
    """Of the rows ``told`` of documents, those of others that said the same. What their raw items
    were is not known."""
    return [
        (document, *row[1:3], b"", *row[4:])
        for row, others in zip(told, copies, strict=True)
        for document in _unhex(pa.chunked_array([others or []], pa.string()), 16)
    ]


def _unhex(column: pa.ChunkedArray, size: int) -> list[bytes | None]:
    packed = [None if text is None else bytes.fromhex(text) for text in column.to_pylist()]
    if any(value is not None and len(value) != size for value in packed):
        raise ValueError(
            f"an id or hash in the articles table is not of {show_count(2 * size, 'hex digit')}"
        )
    return packed


def _count_instants(instants: pa.ChunkedArray) -> list[int]:
    return [NEVER if at is None else at for at in instants.cast(pa.int64()).to_pylist()]


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.rollback()
        raise
    database.commit()


def _clean_folder(folder: Path, kept: str) -> None:
    """Take away what is not ``kept`` and did not change for a day, as of an older newsbeam."""
    limit = time.time() - _KEPT
    for path in sorted(folder.iterdir()):
        # A torn database is mended by its journal, which stays as long as it.
        owner = path.with_name(path.name.removesuffix("-journal"))
        if owner.name == kept or (owner != path and owner.exists()):
            continue
        with suppress(FileNotFoundError):  # another run was faster
            if path.stat().st_mtime < limit:
                path.unlink()
