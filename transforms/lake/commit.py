"""Writes rows into a table of the lake, each once, whatever fails and whoever else writes.

Rows are staged as Parquet files; a commit drops those that another commit brought in meanwhile,
moves the files into place and adds them to the table in one Delta transaction. Transactions of
all runs carry one application id, so that of two racing commits the loser fails, looks again at
what is known, and repeats. (Protocol: docs/decisions/exactly-once.md.)
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake.damage import UNREADABLE, damaged_note, describe_fault
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.log import LogEntry, read_rows
from newsbeam.transforms.lake.schema import ARTICLES, Row, Table
from newsbeam.transforms.lake.settle import Newest, settle_revisions, settle_stories
from newsbeam.transforms.lake.staged_files import RowFacts, StagedFile, lay_out_file, make_column
from newsbeam.transforms.lake.staging import Staging, StagingLost
from newsbeam.transforms.lake.transactions import (
    RUN_NOTE,
    TRIES,
    ObjectHead,
    TableHead,
    is_fenced,
    pause,
)
from newsbeam.transforms.text.likeness import Telling

_COUNTS = "newsbeam.counts"
_NUMBER = re.compile(r"\d+")
_REVISIONS = pa.schema(
    [
        ARTICLES.schema.field(name)
        for name in ("article_id", "revision", "content_hash", "fetched_at")
    ]
)
# The files to commit, in view of what others committed meanwhile, and counts by source.
_Settled = tuple[Sequence[StagedFile], Mapping[str, "CommitCount"]]


class Overtaken(LakeBusy):
    """What was to be committed was made from rows that are not all any more."""


@dataclass(slots=True)
class CommitCount:
    """What a commit did with the articles of one source."""

    new: int = 0
    revised: int = 0
    known: int = 0
    entities: int = 0
    quotes: int = 0


def stage_rows(staging: Staging, table: Table, rows: Iterable[Row]) -> list[StagedFile]:
    """Write ``rows`` as Parquet files into the staging area, one for each partition of the table.

    Raises:
        OSError: one cannot be written (no space, no permission, staging area lost).
    """
    table = Lake(staging.root).table(table)
    partitions: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        partitions[table.place_row(row)].append(row)
    if table.name == ARTICLES.name:
        for part in partitions.values():  # so that readers pass over what is of another time
            part.sort(key=lambda row: row["published_at"] or row["ingested_at"])
    return [_stage_file(staging, table, *part) for part in partitions.items()]


def _stage_file(
    staging: Staging, table: Table, partition: Sequence[str], rows: Sequence[Row]
) -> StagedFile:
    columns = [
        make_column([row[field.name] for row in rows], field.type) for field in table.file_schema
    ]
    name = f"part-{uuid.uuid4().hex}.parquet"
    size = staging.write_rows(name, pa.Table.from_arrays(columns, schema=table.file_schema))
    return StagedFile(
        name,
        table.name,
        tuple(zip(table.partition_by, partition, strict=True)),
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
        LakeBusy: other runs were faster every time.
        StagingLost: another run believed this one dead.
        OSError: the lake cannot be written.
    """

    def settle(files: Sequence[StagedFile], entries: Sequence[LogEntry]) -> _Settled:
        settled = settle_stories(files)
        revisions = settle_revisions(settled, _read_newest(lake, entries, settled))
        ready = [
            _apply_settled(staging, file, now.rows, revisions[file.name])
            for file, now in zip(files, settled, strict=True)
        ]
        return [file for file in ready if file is not None], _count_rows(settled, revisions)

    return _commit_once(lake, staging, ARTICLES, files, base, staging.run_id, settle)


def commit_rows(
    lake: Lake,
    staging: Staging,
    table: Table,
    files: Sequence[StagedFile],
    base: int,
    commit: str | None = None,
    *,
    is_next: bool = False,
) -> None:
    """Add staged rows of a table that needs no comparison with what it holds, once.

    A repeated call for the same ``commit`` (the run's id, where there is none) changes nothing.
    With ``is_next`` they were made from all that is in version ``base`` of the table.
    Other arguments and errors as for ``commit_articles``.

    Raises:
        Overtaken: ``is_next``, and others have added rows since.
    """

    def settle(files: Sequence[StagedFile], entries: Sequence[LogEntry]) -> _Settled:
        if is_next and any(entry.added or entry.removed for entry in entries):
            raise Overtaken(f"another run has added rows to {table.name}; start this run again")
        return files, {}

    _commit_once(lake, staging, table, files, base, commit or staging.run_id, settle)


def _row_facts(row: Row) -> RowFacts:
    return RowFacts(
        row["article_id"],
        row["revision"],
        row["content_hash"],
        # Of copies of an article that differ, the one seen last is the newest revision.
        f"{row['fetched_at'] or ''} {row['modified_at'] or ''} {_pad_numbers(row['origin'] or '')}",
        len(row["entities"]),
        len(row["quotes"]),
        row.get("base_content", ""),
        row["fetched_at"],
        row["document_id"] or "",
        Telling(row["title"], row["text_sketch"]),
        row["text_hash"],
        row["published_at"],
        row.get("apart"),
    )


def _pad_numbers(origin: str) -> str:
    """``origin`` so that line 9 comes before line 10 when such texts are sorted."""
    return _NUMBER.sub(lambda found: found[0].zfill(20), origin)


def _read_entries(lake: Lake, table: Table, base: int, version: int) -> list[LogEntry]:
    """The commits since ``base``, newest last."""
    try:
        return list(lake.log(table).read(base, version))
    except FileNotFoundError:
        raise LakeBusy(
            f"the log of {table.name} was cleaned up during this run; start it again"
        ) from None


def _find_commit(entries: Iterable[LogEntry], name: str) -> dict[str, dict[str, int]] | None:
    """The counts noted by the commit ``name``, if it is among ``entries``."""
    for entry in entries:
        if entry.info.get(RUN_NOTE) == name:
            return read_commit_counts(entry)
    return None


def read_commit_counts(entry: LogEntry) -> dict[str, dict[str, int]]:
    """What a commit of articles noted (a ``CommitCount`` by source); empty for other commits."""
    counts: dict[str, dict[str, int]] = json.loads(entry.info.get(_COUNTS, "{}"))
    return counts


def find_committed(lake: Lake, base: int, name: str) -> dict[str, CommitCount]:
    """What the commit ``name`` brought of articles after version ``base``; empty where it is not
    there.

    Raises:
        FileNotFoundError: the log was cleaned up meanwhile.
        DamagedLake: it cannot be read.
    """
    entries = lake.log(ARTICLES).read(base, lake.version(ARTICLES))
    done = _find_commit(entries, name) or {}
    return {source: CommitCount(**count) for source, count in done.items()}


def _read_newest(
    lake: Lake, entries: Iterable[LogEntry], files: Iterable[StagedFile]
) -> dict[str, Newest]:
    """What is newest of the articles in files that ``entries`` brought and left; where these are
    gone by now, of all articles of ``files``."""
    paths: set[str] = set()
    for entry in entries:
        paths |= set(entry.added)
        paths -= set(entry.removed)
    try:
        rows = read_rows(lake.folder(ARTICLES), sorted(paths), _REVISIONS)
    except FileNotFoundError:  # merged and vacuumed away, or laid out anew
        rows = _read_articles(lake, {row.article_id for file in files for row in file.rows})
    newest: dict[str, Newest] = {}
    for article, revision, content, at in zip(*(c.to_pylist() for c in rows.columns), strict=True):
        if article not in newest or revision > newest[article][0]:
            newest[article] = (revision, content, at)
    return newest


def _read_articles(lake: Lake, ids: Iterable[str]) -> pa.Table:
    """Revisions of the articles with these ids, from all files."""
    from newsbeam.transforms.lake.views import query_files  # loads DuckDB, seldom needed

    columns = ", ".join(_REVISIONS.names)
    query = f"SELECT {columns} FROM articles WHERE article_id IN (SELECT unnest(?))"
    try:
        paths = sorted(list_files(lake.open(ARTICLES)))
        return query_files(lake, ARTICLES, paths, query, [list(ids)]).cast(_REVISIONS)
    except OSError:
        raise LakeBusy(
            "files of articles were vacuumed away during this run; start it again"
        ) from None


def _apply_settled(
    staging: Staging, file: StagedFile, settled: Sequence[RowFacts], revisions: Sequence[int | None]
) -> StagedFile | None:
    """The staged file with what was settled of its rows, rewritten beside the first where that
    differs."""
    if list(revisions) == [row.revision for row in file.rows] and settled == file.rows:
        return file
    if not any(revisions):
        return None
    data = staging.read_file(file.name)
    try:
        rows = pq.ParquetFile(pa.py_buffer(data), page_checksum_verification=True).read()
    except UNREADABLE as error:
        raise damaged_note(staging.place(file.name), describe_fault(error)) from error
    values: dict[str, Sequence[Any]] = {"revision": revisions}
    if settled != file.rows:
        values["article_id"] = [row.article_id for row in settled]
        values["content_hash"] = [row.content_hash for row in settled]
        values["copies"] = [row.copies or None for row in settled]
        values["url"] = [
            row.apart.url if row.apart and row.article_id != before.article_id else url
            for row, before, url in zip(settled, file.rows, rows["url"].to_pylist(), strict=True)
        ]
    for name, column in values.items():
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, name, make_column(column, rows.schema.field(at).type))
    rows = rows.filter(pa.array([revision is not None for revision in revisions]))
    name = f"part-{uuid.uuid4().hex}.parquet"
    size = staging.write_rows(name, rows)
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


def _commit_once(
    lake: Lake, staging: Staging, table: Table, files: Sequence[StagedFile], base: int, name: str,
    settle: Callable[[Sequence[StagedFile], Sequence[LogEntry]], _Settled],
) -> dict[str, CommitCount]:  # fmt: skip
    """Commit what ``settle`` makes of ``files``, unless ``name`` was committed since ``base``."""
    if not files:
        return {}
    with staging.hold():
        _take_back(lake, staging, table)
        head = lake.head(table)
        for _ in range(TRIES):
            entries = _read_entries(lake, table, base, head.version)
            done = _find_commit(entries, name)
            if done is not None:
                return {source: CommitCount(**count) for source, count in done.items()}
            if is_fenced(entries, staging.run_id):
                _take_back(lake, staging, table)
                raise staging.lost()
            # It may be laid out otherwise since the files were staged.
            table = head.table
            files = [part for file in files for part in lay_out_file(staging, table, file)]
            ready, counts = settle(files, entries)
            if _commit(lake, staging, head, ready, name, counts):
                return dict(counts)
            if lake.is_remote:
                pause()
            head.refresh()
    raise LakeBusy(f"other runs were faster {TRIES} times; start this run again")


def _commit(
    lake: Lake, staging: Staging, head: TableHead | ObjectHead, files: Sequence[StagedFile],
    name: str, counts: Mapping[str, CommitCount],
) -> bool:  # fmt: skip
    """Move ``files`` into place and add them to the table; ``False`` if another run was faster."""
    if not files:
        return True
    table, places = head.table, {file.name: file.place for file in files}
    told = json.dumps({source: asdict(count) for source, count in counts.items()})
    # Held to the end: the table's folder may be on its way out (`maintain --partition`), and an
    # intent that stands puts that off.
    with staging.hold_places(table.name):
        if not lake.is_remote and lake.version(table) != head.version:
            return False
        staging.write_intent(table.name, list(places.values()))
        try:
            staging.bring_out(table.name, places)
        except StagingLost:  # in the midst of it
            _take_back(lake, staging, table)
            raise
        added = [_add_action(lake, file) for file in files]
        noted = {RUN_NOTE: name, _COUNTS: told}
        if head.add(added, noted):
            staging.clear_intent(table.name, places)
            return True
    _take_back(lake, staging, table)
    return False


def _take_back(lake: Lake, staging: Staging, table: Table) -> None:
    """Move the files of an intent that was not committed back into the staging area."""
    places = staging.read_intents(table.name).get(table.name)
    if places is None:
        return
    strays = set(places) - list_files(lake.open(table))
    staging.bring_back(table.name, strays)
    staging.clear_intent(table.name)


def _add_action(lake: Lake, file: StagedFile) -> AddAction:
    path = lake.place / file.table / file.place
    return AddAction(
        file.place,
        file.size,
        dict(file.partition),
        int(path.stat().st_mtime * 1000) if isinstance(path, Path) else time.time_ns() // 1_000_000,
        True,
        json.dumps({"numRecords": file.row_count}),
    )
