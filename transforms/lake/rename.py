"""Gives the rows of a source another source's id, without a row twice or lost.

An article's id is a hash of its source and key (its address, or its file's path). The key is
found again among what the row says of itself, as the old id proves it. An article whose key is
not found keeps its id; its feed's memory goes along, so that it does not come in anew.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.transaction import AddAction, RemoveAction

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.live_files import list_live_files
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.object_path import ObjectPath, delete_objects
from newsbeam.transforms.lake.places import hold_places, partition_values, plain_place
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS, Row, Table, hash_content
from newsbeam.transforms.lake.staged_files import StagedFile
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.transactions import APP_ID, RUN_NOTE
from newsbeam.transforms.text.identity import article_id, canonicalize_url

_RENAMED = "newsbeam.rename"
_Change = Callable[[Row], Row | None]


@dataclass(slots=True)
class RenameCount:
    """Rows that got the new id, by table; ``kept_ids`` are ids of documents that stay as they
    were, as nothing tells their key; ``ids`` those of articles and documents before, and now."""

    rows: dict[str, int] = field(default_factory=dict)
    kept_ids: int = 0
    ids: dict[str, str] = field(default_factory=dict)


def count_source(lake: Lake, source: str) -> dict[str, int]:
    """How many rows the tables have of a source."""
    found = {}
    for table in (lake.table(ARTICLES), REJECTS, FEED_POLLS):
        count = sum(rows.num_rows for _, rows in _read_source(lake, table, source))
        if count:
            found[table.name] = count
    return found


def rename_source(lake: Lake, staging: Staging, old: str, new: str) -> RenameCount:
    """Give all rows of ``old`` to ``new``. Nobody else may write.

    Where ``new`` has articles of ``old`` already, those that say the same go, and others become
    later revisions. A kill leaves each table as it was or done; call it again.

    Raises:
        DamagedLake: a file cannot be read.
        LakeBusy: another process committed meanwhile.
        OSError: a file cannot be written.
    """
    count = RenameCount()
    ids = count.ids
    # By id, what articles came along: the newest revision, and the texts.
    come: dict[str, tuple[int, set[str]]] = {}

    def rename_article(row: Row) -> Row:
        made = _rename_article(row, old, new, ids, count)
        newest, texts = come.get(made["article_id"], (0, set()))
        texts.add(row["text"])
        come[made["article_id"]] = max(newest, row["revision"]), texts
        return made

    def follow(row: Row) -> Row | None:
        newest, texts = come.get(row["article_id"], (0, set()))
        return None if row["text"] in texts else {**row, "revision": row["revision"] + newest}

    def rename_poll(row: Row) -> Row:
        seen = row["seen"] and [
            {**entry, "document_id": ids.get(entry["document_id"], entry["document_id"])}
            for entry in row["seen"]
        ]
        pending = row["pending"] and [
            {**page, "request": _rename_request(page["request"], old, new)}
            for page in row["pending"]
        ]
        return {**row, "source": new, "seen": seen, "pending": pending}

    def rename_reject(row: Row) -> Row:
        return {**row, "request": _rename_request(row["request"], old, new)}

    articles = lake.table(ARTICLES)
    theirs = [path for path, _ in _read_source(lake, articles, new)]
    changes: tuple[tuple[Table, _Change], ...] = (
        (articles, rename_article),
        (REJECTS, rename_reject),
        (FEED_POLLS, rename_poll),
    )
    for table, change in changes:
        count.rows[table.name] = _rewrite(lake, staging, table, old, new, change)
        if table is articles and theirs:
            _rewrite(lake, staging, table, new, new, follow, set(theirs))
    return count


def _read_source(lake: Lake, table: Table, source: str) -> Iterator[tuple[str, pa.Table]]:
    """The table's files with rows of ``source``, and all their rows."""
    if lake.version(table) < 0:
        return
    folder = lake.folder(table)
    is_partition = "source" in table.partition_by
    for path in sorted(list_files(lake.open(table))):
        if is_partition:
            if partition_values(path)["source"] == source:
                yield path, read_rows(folder, [path], table.file_schema)
            continue
        rows = read_rows(folder, [path], table.file_schema)
        if pc.any(pc.equal(rows["source"], source)).as_py():
            yield path, rows


def _rewrite(
    lake: Lake,
    staging: Staging,
    table: Table,
    old: str,
    new: str,
    change: _Change,
    only: Collection[str] | None = None,
) -> int:
    """Put other files in the place of those with rows of ``old`` (of ``only``); returns how many
    rows. ``change`` returns ``None`` for a row that goes."""
    count = 0
    added: list[StagedFile] = []
    removed = []
    for path, rows in _read_source(lake, table, old):
        if only is not None and path not in only:
            continue
        made = []
        for row in rows.to_pylist():
            is_theirs = row.get("source", old) == old
            count += is_theirs
            changed_row = change(row) if is_theirs else row
            if changed_row is not None:
                made.append(changed_row)
        if not made:
            removed.append(path)
            continue
        name = f"part-{uuid.uuid4().hex}.parquet"
        changed = pa.Table.from_pylist(made, schema=table.file_schema)
        size = staging.write_rows(name, changed)
        partition = plain_place(path).rpartition("/")[0].replace(f"source={old}", f"source={new}")
        values = tuple(partition_values(partition).items())
        added.append(StagedFile(name, table.name, values, size, len(made)))
        removed.append(path)
    if not removed:
        return 0
    staging.write_intent(table.name, [file.place for file in added])
    with staging.hold_places(table.name):
        staging.bring_out(table.name, {file.name: file.place for file in added})
    note = {_RENAMED: f"{old} {new}", "newsbeam.app": APP_ID, RUN_NOTE: staging.run_id}
    if not _commit(lake, table, added, removed, note):
        raise LakeBusy(f"somebody wrote to {table.name} meanwhile; start this again")
    staging.clear_intent(table.name, [file.name for file in added])
    # Else readers of plain Parquet would see the rows under both names.
    _delete(lake, table, removed)
    return count


def _commit(
    lake: Lake,
    table: Table,
    added: Sequence[StagedFile],
    removed: list[str],
    note: Mapping[str, str],
) -> bool:
    head, now = lake.head(table), time.time_ns() // 1_000_000
    live = {file.path: file for file in list_live_files(lake.open(table, head.version))}
    actions: list[AddAction | RemoveAction] = []
    for file in added:
        stats = json.dumps({"numRecords": file.row_count})
        actions.append(AddAction(file.place, file.size, dict(file.partition), now, True, stats))
    for path in removed:
        values: dict[str, str | None] = {**partition_values(path)}
        actions.append(RemoveAction(path, True, now, live[path].size, values))
    return head.rewrite(actions, note)


def _delete(lake: Lake, table: Table, paths: Iterable[str]) -> None:
    folder = lake.folder(table)
    if isinstance(folder, ObjectPath):
        delete_objects(folder / path for path in paths)
        return
    with hold_places(folder, alone=True):
        for path in paths:
            (folder / path).unlink(missing_ok=True)


def _rename_article(row: Row, old: str, new: str, ids: dict[str, str], count: RenameCount) -> Row:
    changed = dict(row)
    for name in ("article_id", "document_id"):
        before = row[name]
        if before is None:
            continue
        if before not in ids:
            key = _find_key(row, old, before)
            if key is not None:
                ids[before] = article_id(new, key)
            elif name == "document_id":
                count.kept_ids += 1
        changed[name] = ids.get(before, before)
    if row.get("copies"):
        changed["copies"] = [ids.get(document, document) for document in row["copies"]]
    for by_feed in (False, True):
        if hash_content({**row, "source": old}, by_feed) == row["content_hash"]:
            changed["content_hash"] = hash_content({**row, "source": new}, by_feed)
    return changed


def _find_key(row: Row, source: str, wanted: str) -> str | None:
    """The key of which ``wanted`` is the hash, if the row tells it."""
    origin = row["origin"] or ""
    path, _, _ = origin.partition("#")
    line = re.sub(r":\d+$", "", path)
    candidates = [row["url"], canonicalize_url(origin), origin, path, line, row["document_hash"]]
    candidates += [canonicalize_url(found) for found in re.findall(r"https?://\S+", origin)]
    for place in (path, line):
        parts = place.split("/")
        candidates += ["/".join(parts[at:]) for at in range(1, len(parts))]
        candidates += ["../" * up + "/".join(parts[at:]) for at in range(1, len(parts))
                       for up in (1, 2, 3)]  # fmt: skip
    for key in candidates:
        if key and article_id(source, key) == wanted:
            return str(key)
    return None


def _rename_request(packed: str | None, old: str, new: str) -> str | None:
    """A packed request of the new source."""
    if packed is None:
        return None
    try:
        request = json.loads(packed)
    except ValueError:
        return packed
    if isinstance(request, dict) and request.get("source") == old:
        return json.dumps({**request, "source": new}, ensure_ascii=False)
    return packed
