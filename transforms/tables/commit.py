"""Writes rows into the lake's tables, each once, whatever fails and whoever else writes.

Workers stage Parquet files; a committer drops the rows that another commit brought in meanwhile,
moves the files into place and adds them to the table in one Delta transaction. Transactions of
all runs carry one application id, so that of two racing commits the loser fails, looks again at
what is known, and repeats. (Protocol: docs/decisions/exactly-once.md.)
"""

from __future__ import annotations

import json
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction

from transforms.tables.lake import Lake, list_files
from transforms.tables.places import hold_places
from transforms.tables.schema import ARTICLES, Row, Table
from transforms.tables.staging import Staging
from transforms.tables.table_files import read_rows
from transforms.tables.table_log import LogEntry
from transforms.tables.versions import is_outdated

# One id for all runs makes Delta's conflict check see that two commits raced.
APP_ID = "newsbeam"
_RUN, _COUNTS = "newsbeam.run", "newsbeam.counts"
_TRIES = 20
_REVISIONS = pa.schema(
    [
        ARTICLES.schema.field(name)
        for name in ("article_id", "revision", "content_hash", "fetched_at")
    ]
)
# Of an article: newest revision, its content, when it was fetched.
Newest = tuple[int, str, datetime | None]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a committer must know of an article's row. ``order`` sorts rows of one article.

    ``base_content`` is the content that the lake held of it when the run began.
    """

    article_id: str
    revision: int
    content_hash: str
    order: str
    entities: int
    quotes: int
    base_content: str = ""
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A Parquet file in a staging area. ``rows`` stays empty for tables other than articles."""

    name: str
    table: str
    partition: tuple[tuple[str, str], ...]
    size: int
    row_count: int
    rows: tuple[RowFacts, ...] = ()

    @property
    def place(self) -> str:
        """Where the file belongs, relative to its table's folder."""
        return "/".join([*(f"{column}={value}" for column, value in self.partition), self.name])


@dataclass(slots=True)
class CommitCount:
    """What a commit did with the articles of one source."""

    new: int = 0
    revised: int = 0
    known: int = 0
    entities: int = 0
    quotes: int = 0


def stage_rows(staging: Staging, table: Table, rows: Sequence[Row]) -> StagedFile:
    """Write ``rows``, all of one partition, as a Parquet file into the staging area.

    Raises:
        OSError: it cannot be written (no space, no permission, staging area lost).
    """
    columns = [
        pa.array([_storable(row[field.name]) for row in rows], field.type)
        for field in table.file_schema
    ]
    name = f"part-{uuid.uuid4().hex}.parquet"
    size = _write_parquet(
        pa.Table.from_arrays(columns, schema=table.file_schema), staging.folder / name
    )
    return StagedFile(
        name,
        table.name,
        tuple((column, str(rows[0][column])) for column in table.partition_by),
        size,
        len(rows),
        tuple(map(_row_facts, rows)) if table.name == ARTICLES.name else (),
    )


def commit_articles(
    lake: Lake, staging: Staging, files: Sequence[StagedFile], base: int
) -> dict[str, CommitCount]:
    """Add staged articles to the table once; return the counts by source.

    ``base`` is the table's version against which the rows' revisions were reckoned. A row whose
    content is known by now is dropped, a change of an article that has changed meanwhile becomes
    the next revision. A repeated call for the same run changes nothing.

    Raises:
        CommitFailedError: other runs were faster every time.
        StagingLost: another run believed this one dead.
    """
    with staging.hold():
        _take_back(lake, staging, ARTICLES)
        if not files:
            return {}
        table = lake.open(ARTICLES)
        for _ in range(_TRIES):
            entries = _read_entries(lake, ARTICLES, base, table.version())
            done = _find_commit(entries, staging.run_id)
            if done is not None:
                return {source: CommitCount(**count) for source, count in done.items()}
            revisions = settle_revisions(files, _read_newest(lake, entries))
            counts = _count_rows(files, revisions)
            ready = [_apply_revisions(staging, file, revisions[file.name]) for file in files]
            if _commit(
                lake, staging, table, ARTICLES, list(filter(None, ready)), staging.run_id, counts
            ):
                return counts
            table.update_incremental()
    raise CommitFailedError(f"other runs were faster {_TRIES} times; start this run again")


def commit_rows(
    lake: Lake,
    staging: Staging,
    table: Table,
    files: Sequence[StagedFile],
    base: int,
    commit: str | None = None,
) -> None:
    """Add staged rows of a table that needs no comparison with what it holds, once.

    A repeated call for the same ``commit`` (the run's id, where there is none) changes nothing.
    Other arguments and errors as for ``commit_articles``.
    """
    name = commit or staging.run_id
    with staging.hold():
        _take_back(lake, staging, table)
        if not files:
            return
        handle = lake.open(table)
        for _ in range(_TRIES):
            entries = _read_entries(lake, table, base, handle.version())
            if _find_commit(entries, name) is not None:
                return
            if _commit(lake, staging, handle, table, files, name, {}):
                return
            handle.update_incremental()
    raise CommitFailedError(f"other runs were faster {_TRIES} times; start this run again")


def settle_revisions(
    files: Iterable[StagedFile], since: Mapping[str, Newest]
) -> dict[str, list[int | None]]:
    """Decide the final revision of every staged row; ``None`` drops it as known.

    ``since`` holds what is newest of articles that were committed meanwhile. A row that was made
    from an older version of its page is dropped, too.
    Returns a list in the order of the rows by file name.
    """
    newest = dict(since)
    settled: dict[str, list[int | None]] = {f.name: [None] * len(f.rows) for f in files}
    rows = [(row, file.name, at) for file in files for at, row in enumerate(file.rows)]
    for row, name, at in sorted(rows, key=lambda r: (r[0].article_id, r[0].order, r[1], r[2])):
        revision, content, fetched_at = newest.get(
            row.article_id, (row.revision - 1, row.base_content, None)
        )
        if content != row.content_hash and not is_outdated(row.fetched_at, fetched_at):
            settled[name][at] = revision + 1
            newest[row.article_id] = (revision + 1, row.content_hash, row.fetched_at)
    return settled


def _row_facts(row: Row) -> RowFacts:
    return RowFacts(
        row["article_id"],
        row["revision"],
        row["content_hash"],
        # Of copies of an article that differ, the one seen last is the newest revision.
        f"{row['fetched_at'] or ''} {row['modified_at'] or ''} {row['origin']}",
        len(row["entities"]),
        len(row["quotes"]),
        row.get("base_content", ""),
        row["fetched_at"],
    )


def _storable(value: Any) -> Any:
    """``value`` with what UTF-8 cannot hold (lone surrogates) as ``?``; offsets stay right."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    return value


def _write_parquet(rows: pa.Table, path: Path) -> int:
    """Write ``rows`` and return the file's size in bytes."""
    # The folder must exist: if the staging area was cleaned away, this fails, as it should.
    pq.write_table(rows, path, compression="zstd")
    return path.stat().st_size


def _read_entries(lake: Lake, table: Table, base: int, version: int) -> list[LogEntry]:
    """The commits since ``base``, newest last."""
    try:
        return list(lake.log(table).read(base, version))
    except FileNotFoundError:
        raise CommitFailedError(
            f"the log of {table.name} was cleaned up during this run; start it again"
        ) from None


def _find_commit(entries: Iterable[LogEntry], name: str) -> dict[str, dict[str, int]] | None:
    """The counts noted by the commit ``name``, if it is among ``entries``."""
    for entry in entries:
        if entry.info.get(_RUN) == name:
            return read_counts(entry)
    return None


def read_counts(entry: LogEntry) -> dict[str, dict[str, int]]:
    """What a commit of articles noted (a ``CommitCount`` by source); empty for other commits."""
    counts: dict[str, dict[str, int]] = json.loads(entry.info.get(_COUNTS, "{}"))
    return counts


def _read_newest(lake: Lake, entries: Iterable[LogEntry]) -> dict[str, Newest]:
    """What is newest of the articles in files that ``entries`` brought and left."""
    paths: set[str] = set()
    for entry in entries:
        paths |= set(entry.added)
        paths -= set(entry.removed)
    try:
        rows = read_rows(lake.root / ARTICLES.name, sorted(paths), _REVISIONS)
    except FileNotFoundError:
        raise CommitFailedError(
            "files of articles were vacuumed away during this run; start it again"
        ) from None
    newest: dict[str, Newest] = {}
    for article, revision, content, at in zip(*(c.to_pylist() for c in rows.columns), strict=True):
        if article not in newest or revision > newest[article][0]:
            newest[article] = (revision, content, at)
    return newest


def _apply_revisions(
    staging: Staging, file: StagedFile, revisions: Sequence[int | None]
) -> StagedFile | None:
    """The staged file with the settled revisions, rewritten beside the first where they differ."""
    if list(revisions) == [row.revision for row in file.rows]:
        return file
    if not any(revisions):
        return None
    rows = pq.ParquetFile(staging.folder / file.name).read()
    rows = rows.set_column(
        rows.schema.get_field_index("revision"), "revision", pa.array(revisions, pa.int32())
    ).filter(pa.array([revision is not None for revision in revisions]))
    name = f"part-{uuid.uuid4().hex}.parquet"
    size = _write_parquet(rows, staging.folder / name)
    return replace(file, name=name, size=size, row_count=rows.num_rows)


def _count_rows(
    files: Iterable[StagedFile], revisions: Mapping[str, Sequence[int | None]]
) -> dict[str, CommitCount]:
    counts: dict[str, CommitCount] = defaultdict(CommitCount)
    for file in files:
        count = counts[dict(file.partition)["source"]]
        for row, revision in zip(file.rows, revisions[file.name], strict=True):
            if revision is None:
                count.known += 1
                continue
            if revision == 1:
                count.new += 1
            else:
                count.revised += 1
            count.entities += row.entities
            count.quotes += row.quotes
    return dict(counts)


def _commit(
    lake: Lake, staging: Staging, handle: DeltaTable, table: Table, files: Sequence[StagedFile],
    name: str, counts: Mapping[str, CommitCount],
) -> bool:  # fmt: skip
    """Move ``files`` into place and add them to the table; ``False`` if another run was faster."""
    if not files:
        return True
    staging.write_intent(table.name, [file.place for file in files])
    with hold_places(lake.root / table.name):
        for file in files:
            place = lake.root / table.name / file.place
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staging.folder / file.name, place)
    try:
        handle.create_write_transaction(
            [_add_action(lake, file) for file in files],
            "append",
            table.schema,
            partition_by=list(table.partition_by),
            commit_properties=CommitProperties(
                app_transactions=[
                    Transaction(APP_ID, (handle.transaction_version(APP_ID) or 0) + 1)
                ],
                custom_metadata={
                    _RUN: name,
                    _COUNTS: json.dumps({source: asdict(c) for source, c in counts.items()}),
                },
            ),
        )
    except CommitFailedError:
        _take_back(lake, staging, table)
        return False
    staging.clear_intent(table.name)
    return True


def _take_back(lake: Lake, staging: Staging, table: Table) -> None:
    """Move the files of an intent that was not committed back into the staging area."""
    places = staging.read_intents().get(table.name)
    if places is None:
        return
    strays = set(places) - list_files(lake.open(table))
    with hold_places(lake.root / table.name):
        for place in strays:
            path = lake.root / table.name / place
            if path.exists():
                os.replace(path, staging.folder / path.name)
    staging.clear_intent(table.name)


def _add_action(lake: Lake, file: StagedFile) -> AddAction:
    path = lake.root / file.table / file.place
    return AddAction(
        file.place,
        file.size,
        dict(file.partition),
        int(path.stat().st_mtime * 1000),
        True,
        json.dumps({"numRecords": file.row_count}),
    )
