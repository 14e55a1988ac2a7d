"""What a backfill has found of a source's past and what is done: one SQLite file a source.

``<lake>/_backfill/<source>.sqlite``: 300 bytes an address that waits (of 87 characters), 30 one
that is done; the file never shrinks, but what is done makes room (measured). Its loss costs
asking the listings again, and pages that were of no use: articles are known by the lake.
All is of one transaction or another, so that a killed process leaves a state that was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Literal, Self

from newsbeam.transforms.backfill.counts import PastCounts
from newsbeam.transforms.backfill.listings import Listing, lists_no_articles
from newsbeam.transforms.backfill.read_listing import PastPage
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.text.identity import article_id
from newsbeam.transforms.text.spans import Span

# ``first`` and ``end`` are the seconds since 1970 between which what is there was published, null
# without bound. A listing is open until it has an outcome; a page waits while it has an address.
_TABLES = """
    CREATE TABLE IF NOT EXISTS listings (
        id INTEGER PRIMARY KEY, url TEXT UNIQUE, kind TEXT, first INTEGER, "end" INTEGER,
        asked_at INTEGER, outcome TEXT, detail TEXT, pages INTEGER DEFAULT 0,
        tries INTEGER DEFAULT 0, retry_at INTEGER DEFAULT 0
    );
    CREATE TABLE IF NOT EXISTS pages (
        key INTEGER PRIMARY KEY, first INTEGER, "end" INTEGER, tries INTEGER DEFAULT 0,
        retry_at INTEGER DEFAULT 0, became INTEGER, url TEXT
    );
    CREATE INDEX IF NOT EXISTS newest ON pages ("end" DESC) WHERE became IS NULL;
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_IN_WINDOW = '(first IS NULL OR first < :end) AND ("end" IS NULL OR "end" > :first)'
_OPEN = f"outcome IS NULL AND {_IN_WINDOW}"
_WAITS = f"became IS NULL AND {_IN_WINDOW}"
_LAYOUT = 1
_AT_ONCE = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER, _ALWAYS = -(2**62), 2**62
# An article may get into a map so much after the time that it bears. Ours.
_LATE = 86_400

CanonicalizeUrl = Callable[[str], str | None]
PageEnd = Literal["asked", "known", "failed"]
_ENDS: tuple[PageEnd, ...] = ("asked", "known", "failed")
ListingOutcome = Literal["read", "failed", "passed"]


class BackfillDamaged(NewsbeamError):
    """The state of a backfill cannot be read."""


@dataclass(frozen=True, slots=True)
class OpenListing:
    """A listing that is still to be asked, after ``tries`` in vain."""

    id: int
    listing: Listing
    tries: int


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page that is still to be asked, after ``tries`` in vain."""

    key: int
    page: PastPage
    tries: int


def page_key(document_id: str) -> int:
    """The key of the page with this id in the lake (32 hex): its first 64 bits, signed."""
    return int.from_bytes(bytes.fromhex(document_id[:16]), signed=True)


class PastState:
    """The state of one source's backfill. A context manager; one process has it at a time.

    Raises:
        BackfillDamaged: the file cannot be read.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self._read_only = path, read_only
        self._until: int | None = None

    def __enter__(self) -> Self:
        with self._guard():
            if self._read_only:
                address = f"{self.path.resolve().as_uri()}?mode=ro"
                self._database = sqlite3.connect(address, uri=True, isolation_level=None)
                return self
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False
            )
            # What a transaction wrote outlives the process; after a power cut the last may be
            # gone, which costs asking again.
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_TABLES)
            if int(self.note("layout") or _LAYOUT) != _LAYOUT:
                raise BackfillDamaged(f"{self.path}: another version of newsbeam wrote it")
            self.write_notes({"layout": str(_LAYOUT)})
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise BackfillDamaged(
                f"{self.path} cannot be read ({error}); delete it: the backfill finds its listings "
                "again, and what the lake has is not asked for"
            ) from error

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._guard():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.rollback()
                raise
            self._database.execute("COMMIT")

    def note(self, name: str) -> str | None:
        """What was noted as ``name``."""
        with self._guard():
            row = self._database.execute("SELECT value FROM notes WHERE name = ?", [name])
            found = row.fetchone()
        return None if found is None else str(found[0])

    def write_notes(self, notes: Mapping[str, str]) -> None:
        """Note what may be asked for by name."""
        with self._change() as database:
            database.executemany("REPLACE INTO notes VALUES (?, ?)", notes.items())

    def reopen(self, until: datetime) -> None:
        """Open the listings again that may have got more of before ``until`` since they were
        asked."""
        self._until = _seconds(until)
        with self._change() as database:
            database.execute(
                "UPDATE listings SET outcome = NULL, tries = 0, retry_at = 0 "
                "WHERE asked_at < ? AND outcome != 'passed' "
                'AND ("end" IS NULL OR "end" + ? > asked_at)',
                [self._until, _LATE],
            )

    def add_listings(self, listings: Iterable[Listing]) -> None:
        """Add listings that are not there."""
        with self._change() as database:
            _insert_listings(database, listings, self._until)

    def add_found(
        self, listing: OpenListing, found: Iterable[PastPage | Listing], source: str,
        canonicalize: CanonicalizeUrl, now: datetime, read_fault: Callable[[], str | None],
    ) -> None:  # fmt: skip
        """Add what was found in ``listing``, which is done with that: all, or nothing.

        ``read_fault`` tells why the rest could not be read, once ``found`` has come to its end.
        """
        with self._change() as database:
            count, rest = 0, iter(found)
            while batch := list(islice(rest, _AT_ONCE)):
                pages = [one for one in batch if isinstance(one, PastPage)]
                rows = (
                    (
                        page_key(article_id(source, canonicalize(page.url) or page.url)),
                        *_seconds_of(page.span),
                        page.url,
                    )
                    for page in pages
                )
                database.executemany(
                    'INSERT OR IGNORE INTO pages (key, first, "end", url) VALUES (?, ?, ?, ?)', rows
                )
                count += len(pages)
                inner = (one for one in batch if isinstance(one, Listing))
                _insert_listings(database, inner, self._until)
            database.execute(
                "UPDATE listings SET outcome = 'read', detail = ?, asked_at = ?, pages = ? "
                "WHERE id = ?",
                [read_fault(), _seconds(now), count, listing.id],
            )

    def end_listing(
        self, listing: OpenListing, outcome: ListingOutcome, detail: str, now: datetime
    ) -> None:
        """Note that ``listing`` could not be had."""
        with self._change() as database:
            database.execute(
                "UPDATE listings SET outcome = ?, detail = ?, asked_at = ? WHERE id = ?",
                [outcome, detail, _seconds(now), listing.id],
            )

    def put_off_listing(self, listing: OpenListing, retry_at: datetime) -> None:
        """Try ``listing`` again, not before ``retry_at``."""
        with self._change() as database:
            database.execute(
                "UPDATE listings SET tries = tries + 1, retry_at = ? WHERE id = ?",
                [_seconds(retry_at), listing.id],
            )

    def next_listing(self, window: Span, now: datetime) -> OpenListing | None:
        """The listing to ask next: one that may hold anything, else the newest."""
        with self._guard():
            row = self._database.execute(
                f'SELECT id, url, kind, first, "end", tries FROM listings '
                f'WHERE {_OPEN} AND retry_at <= :now ORDER BY "end" IS NULL DESC, "end" DESC, id '
                "LIMIT 1",
                _bounds(window, now),
            ).fetchone()
        if row is None:
            return None
        number, url, kind, first, end, tries = row
        return OpenListing(number, Listing(url, kind, _span(first, end)), tries)

    def next_pages(
        self, window: Span, now: datetime, most: int, newer_than: datetime | None = None
    ) -> list[OpenPage]:
        """At most ``most`` pages to ask next, the newest first, those of unknown time last.

        With ``newer_than`` none that may be older.
        """
        newest = "" if newer_than is None else ' AND "end" >= :newer'
        with self._guard():
            rows = self._database.execute(
                f'SELECT key, url, first, "end", tries FROM pages '
                f'WHERE {_WAITS} AND retry_at <= :now{newest} ORDER BY "end" DESC LIMIT :most',
                {**_bounds(window, now), "most": most, "newer": _seconds(newer_than)},
            ).fetchall()
        return [OpenPage(k, PastPage(url, _span(first, end)), t) for k, url, first, end, t in rows]

    def find_pages(self, keys: Iterable[int]) -> list[OpenPage]:
        """Those of the pages with these ``keys`` that wait."""
        found = []
        with self._guard():
            for key in keys:
                row = self._database.execute(
                    'SELECT url, first, "end", tries FROM pages WHERE key = ? AND became IS NULL',
                    [key],
                ).fetchone()
                if row is not None:
                    url, first, end, tries = row
                    found.append(OpenPage(key, PastPage(url, _span(first, end)), tries))
        return found

    def end_pages(
        self, ends: Sequence[tuple[int, PageEnd]], later: Sequence[tuple[int, datetime]] = ()
    ) -> None:
        """Note what became of pages, by key, and when others are to be tried again."""
        with self._change() as database:
            database.executemany(
                "UPDATE pages SET became = ?, url = NULL WHERE key = ?",
                [(_ENDS.index(end), key) for key, end in ends],
            )
            database.executemany(
                "UPDATE pages SET tries = tries + 1, retry_at = ? WHERE key = ?",
                [(_seconds(at), key) for key, at in later],
            )

    def list_waiting(self) -> list[str]:
        """The addresses of all pages that wait."""
        with self._guard():
            rows = self._database.execute("SELECT url FROM pages WHERE became IS NULL").fetchall()
        return [url for (url,) in rows]

    def rekey(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Know pages by other keys: before, and now."""
        with self._change() as database:
            database.executemany(
                "UPDATE OR IGNORE pages SET key = :now WHERE key = :before",
                ({"before": before, "now": now} for before, now in pairs),
            )

    def is_open(self, listing: int) -> bool:
        """Whether the listing with this id is still to be asked."""
        with self._guard():
            row = self._database.execute(
                "SELECT 1 FROM listings WHERE id = ? AND outcome IS NULL", [listing]
            ).fetchone()
        return row is not None

    def next_try(self, window: Span, now: datetime) -> datetime | None:
        """When something that failed is to be tried again, if all that is left did."""
        with self._guard():
            (at,) = self._database.execute(
                f"SELECT min(retry_at) FROM (SELECT retry_at FROM pages WHERE {_WAITS} UNION ALL "
                f"SELECT retry_at FROM listings WHERE {_OPEN})",
                _bounds(window, now),
            ).fetchone()
        return None if at is None else _EPOCH + timedelta(seconds=at)

    def count(self, window: Span) -> PastCounts:
        """What was found within ``window``."""
        bounds = _bounds(window, _EPOCH)
        with self._guard():
            pages = dict(
                self._database.execute(
                    "SELECT CASE WHEN became IS NULL AND tries > 0 THEN -2 ELSE "
                    f"coalesce(became, -1) END, count(*) FROM pages WHERE {_IN_WINDOW} GROUP BY 1",
                    bounds,
                )
            )
            listings = {
                outcome: (count, listed)
                for outcome, count, listed in self._database.execute(
                    "SELECT outcome, count(*), sum(pages) FROM listings "
                    f"WHERE {_IN_WINDOW} GROUP BY 1",
                    bounds,
                )
            }
        asked, known, failed = (pages.get(number, 0) for number in range(len(_ENDS)))
        nothing = (0, 0)
        retried = pages.get(-2, 0)
        return PastCounts(
            pages.get(-1, 0) + retried, retried, asked, known, failed,
            listings.get(None, nothing)[0], *listings.get("read", nothing),
            listings.get("failed", nothing)[0], listings.get("passed", nothing)[0],
        )  # fmt: skip

    def list_broken(self, most: int = 5) -> list[tuple[str, str]]:
        """Listings that could not be read whole, with why: at most ``most``."""
        with self._guard():
            return self._database.execute(
                "SELECT url, detail FROM listings WHERE detail != '' AND outcome != 'passed' "
                "ORDER BY id LIMIT ?",
                [most],
            ).fetchall()


def _insert_listings(
    database: sqlite3.Connection, listings: Iterable[Listing], until: int | None
) -> None:
    """Those that are known get the span that is told now: a map that grew since it was asked,
    before ``until``, is asked again."""
    database.executemany(
        'INSERT INTO listings (url, kind, first, "end", outcome) VALUES (?, ?, ?, ?, ?) '
        "ON CONFLICT (url) DO UPDATE SET outcome = CASE WHEN outcome != 'passed' "
        'AND asked_at < min(excluded."end", ?) THEN NULL ELSE outcome END, "end" = excluded."end"',
        (
            (
                one.url,
                one.kind,
                *_seconds_of(one.span),
                "passed" if one.kind == "sitemap" and lists_no_articles(one.url) else None,
                until,
            )
            for one in listings
        ),
    )


def _bounds(window: Span, now: datetime) -> dict[str, int]:
    first, end = _seconds_of(window)
    return {
        "first": _NEVER if first is None else first,
        "end": _ALWAYS if end is None else end,
        "now": _seconds(now) or 0,
    }


def _seconds_of(span: Span) -> tuple[int | None, int | None]:
    return _seconds(span.first), _seconds(span.end)


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int((instant - _EPOCH).total_seconds())


def _span(first: int | None, end: int | None) -> Span:
    return Span(*(None if at is None else _EPOCH + timedelta(seconds=at) for at in (first, end)))
