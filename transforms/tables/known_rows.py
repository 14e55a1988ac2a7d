"""What is known of documents and articles, as sorted rows of fixed width that are searched.

Rows lie in runs, each sorted by id, as in a log-structured merge tree (O'Neil et al. 1996): new
rows become a new run, and a run is merged into the one before it once it is no longer much
smaller. So adding rows costs by the rows added, and a look-up searches a handful of runs.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# A run is at least this many times as long as the next. Ours: 4 runs for 200,000 articles that
# came in fifties; every row is rewritten about 15 times in all.
_RATIO = 8
_MAGIC = b"newsbm02"
# Where an instant is null.
_NEVER = -(2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a kind of row: name and numpy type, the id first.

    Of rows with the same id the greatest counts, compared by the other columns in their order.
    """

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns as the articles table has them."""
        types = {"<i8": pa.timestamp("us", tz="UTC"), "<i4": pa.int32()}
        return pa.schema([(name, types.get(kind, pa.string())) for name, kind in self.columns])

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return sum(np.dtype(kind).itemsize for _, kind in self.columns)


# An article's later revisions may come from another document (a copy), so that the newest row
# of the document tells what it was when it was last read.
DOCUMENTS = Layout(
    "documents",
    (
        ("document_id", "S16"),
        ("ingested_at", "<i8"),
        ("revision", "<i4"),
        ("document_hash", "S32"),
        ("article_id", "S16"),
        ("fetched_at", "<i8"),
    ),
)
ARTICLES = Layout(
    "articles",
    (
        ("article_id", "S16"),
        ("revision", "<i4"),
        ("ingested_at", "<i8"),
        ("content_hash", "S16"),
        ("fetched_at", "<i8"),
    ),
)
COLUMNS = pa.unify_schemas([DOCUMENTS.schema, ARTICLES.schema])

Columns = tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True, eq=False)
class SortedRun:
    """Rows of a layout sorted by id, each id once. ``name`` is that of its file, if it has one."""

    layout: Layout
    columns: Columns
    name: str | None = None

    def __len__(self) -> int:
        return len(self.columns[0])

    def find(self, key: bytes) -> tuple[bytes, ...] | None:
        """The row with the 16-byte id ``key``: the bytes of its columns."""
        ids = self.columns[0]
        at = int(ids.searchsorted(key))
        if at == len(ids) or ids[at : at + 1].tobytes() != key:
            return None
        return tuple(column[at : at + 1].tobytes() for column in self.columns)

    def pack(self) -> bytes:
        """The run as a file's content: 16 bytes of head, then column by column."""
        head = _MAGIC + len(self).to_bytes(8, "little")
        return b"".join([head, *(column.tobytes() for column in self.columns)])


def map_run(layout: Layout, path: Path) -> SortedRun:
    """The run in a file that ``SortedRun.pack`` made, in memory that all processes share.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no such file, or not whole.
    """
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # ValueError if it is empty
    count = int.from_bytes(data[8:16], "little")
    if data[:8] != _MAGIC or len(data) != 16 + count * layout.width:
        raise ValueError(f"{path} is no run of {layout.name}, or not whole")
    columns, offset = [], 16
    for _, kind in layout.columns:
        columns.append(np.frombuffer(data, kind, count, offset))
        offset += columns[-1].nbytes
    return SortedRun(layout, tuple(columns), path.name)


def sort_rows(layout: Layout, rows: pa.Table) -> SortedRun:
    """The run of ``rows`` of the articles table; rows without an id are left out.

    Raises:
        ValueError: an id or hash is no hex string of its length.
    """
    rows = rows.select(layout.schema.names)
    rows = rows.filter(pc.is_valid(rows.column(0)))
    return _sort(layout, tuple(_pack_column(rows[name], kind) for name, kind in layout.columns))


def add_rows(runs: Sequence[SortedRun], new: SortedRun) -> tuple[SortedRun, ...]:
    """``runs`` (longest first) and the rows of ``new``."""
    if not len(new):
        return tuple(runs)
    grown = [*runs, new]
    while len(grown) > 1 and len(grown[-2]) < _RATIO * len(grown[-1]):
        last, before = grown.pop(), grown.pop()
        grown.append(
            _sort(
                new.layout,
                tuple(map(np.concatenate, zip(before.columns, last.columns, strict=True))),
            )
        )
    return tuple(grown)


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What the lake holds of a raw item: its SHA-256 (64 hex), what became of it, and when.

    ``fetched_at`` is null for plain files.
    """

    document_hash: str
    article_id: str
    ingested_at: datetime
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """An article's newest revision in the lake, the hash of its content (32 hex), and when the
    page that it was made from was fetched.
    """

    revision: int
    content_hash: str
    fetched_at: datetime | None


@dataclass(frozen=True, eq=False)
class Known:
    """What the articles table holds of all sources, at one version. Runs are longest first."""

    documents: tuple[SortedRun, ...] = ()
    articles: tuple[SortedRun, ...] = ()

    def document(self, document_id: str) -> KnownDocument | None:
        """What is known of the raw item with this id (32 hex)."""
        row = _find_greatest(self.documents, document_id)
        if row is None:
            return None
        _, at, _, digest, article, fetched_at = row
        return KnownDocument(
            digest.hex(), article.hex(), _unpack_instant(at) or _EPOCH, _unpack_instant(fetched_at)
        )

    def article(self, article_id: str) -> KnownArticle | None:
        """What is known of the article with this id (32 hex)."""
        row = _find_greatest(self.articles, article_id)
        if row is None:
            return None
        _, revision, _, content, fetched_at = row
        number = int.from_bytes(revision, "little", signed=True)
        return KnownArticle(number, content.hex(), _unpack_instant(fetched_at))

    def add(self, rows: pa.Table) -> Known:
        """This and ``rows`` of the articles table (columns ``COLUMNS``)."""
        return Known(
            add_rows(self.documents, sort_rows(DOCUMENTS, rows)),
            add_rows(self.articles, sort_rows(ARTICLES, rows)),
        )


def _find_greatest(runs: Sequence[SortedRun], key: str) -> tuple[bytes, ...] | None:
    packed = bytes.fromhex(key)
    found = [row for run in runs if (row := run.find(packed)) is not None]
    if len(found) < 2:
        return found[0] if found else None
    return max(found, key=lambda row: _order(runs[0].layout, row))


def _order(layout: Layout, row: tuple[bytes, ...]) -> list[Any]:
    return [
        int.from_bytes(value, "little", signed=True) if kind.startswith("<i") else value
        for (_, kind), value in zip(layout.columns, row, strict=True)
    ]


def _unpack_instant(value: bytes) -> datetime | None:
    microseconds = int.from_bytes(value, "little", signed=True)
    return None if microseconds == _NEVER else _EPOCH + timedelta(microseconds=microseconds)


def _pack_column(column: pa.ChunkedArray, kind: str) -> npt.NDArray[Any]:
    if kind == "<i8":
        column = pc.fill_null(column.cast(pa.int64()), _NEVER)
    if kind.startswith("<i"):
        return np.asarray(column.to_numpy(), dtype=kind)
    width = np.dtype(kind).itemsize
    if not pc.all(pc.equal(pc.binary_length(column), 2 * width), min_count=0).as_py():
        raise ValueError(f"an id or hash in the articles table is not of {2 * width} hex digits")
    return np.frombuffer(bytes.fromhex("".join(column.to_pylist())), kind)


def _sort(layout: Layout, columns: Columns) -> SortedRun:
    """Sort by id and keep the greatest row of each."""
    order = np.lexsort(columns[::-1])
    ids = columns[0][order]
    last = np.append(ids[1:] != ids[:-1], True) if len(ids) else np.empty(0, bool)
    chosen = order[last]
    return SortedRun(layout, tuple(column[chosen] for column in columns))
