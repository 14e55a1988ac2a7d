"""Brings the tables of people up to what the table of articles holds.

One run at a time does so, held by a lock, from where its working database says that the last one
stopped; without it, from the beginning. On an object store the lock is one of this machine, and
whoever was overtaken by another one decides anew. (docs/decisions/people.md)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import pyarrow as pa

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake.commit import Overtaken, commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.lake.schema import APPEARANCES, ARTICLES, PEOPLE, Row, Table
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.people.appearances import Appearance, list_appearances
from newsbeam.transforms.people.corrections import Corrections
from newsbeam.transforms.people.decide import PeopleDecider
from newsbeam.transforms.people.describe import describe_person, digest_person
from newsbeam.transforms.people.forms import Form
from newsbeam.transforms.people.index import Kept, PeopleIndex
from newsbeam.transforms.people.working_database import (
    PeopleState,
    forget_people,
    hold_people,
    open_people,
    people_database,
    save_state,
)

# Part of what a row's `rules` say; another number has all rows told anew.
RULES = "1"
# So many articles are decided on at once, and so many rows of a table staged. Ours.
_ARTICLES_AT_ONCE = 2_000
_ROWS_AT_ONCE = 50_000
_ROWS_READ = 1_000
# Ours: so often whoever was overtaken decides anew.
_TRIES = 20
_TABLES = (ARTICLES, APPEARANCES, PEOPLE)
# The columns of ``APPEARANCES`` that are attributes of an ``Appearance``.
_FACTS = ("article_id", "name", "source", "written", "mentions", "quotes", "statements", "role",
          "affiliation", "gender", "gender_from")  # fmt: skip
_ARTICLES = pa.schema(
    [
        ARTICLES.schema.field(name)
        for name in ("article_id", "revision", "published_at", "ingested_at", "entities",
                     "quotes", "statements", "persons")
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeopleUpdate:
    """What ``update_people`` did: articles looked at, rows of appearances and of persons written,
    whether it took all anew."""

    articles: int
    appearances: int
    persons: int
    is_complete: bool


def update_people(
    lake: Lake,
    staging: Staging,
    now: datetime,
    corrections: Corrections,
    *,
    rebuild: bool = False,
) -> PeopleUpdate:
    """Tell who is who in all articles that came in since the last update; write what differs.

    ``staging`` is that of a living run. With ``rebuild``, and wherever it is not known what is
    new, all articles are read and told anew. Waits while another run is at it. A repeated call
    changes nothing.

    Raises:
        LakeBusy: a table could not be committed to.
        StagingLost: another run believed this one dead.
        DamagedLake: a file cannot be read.
        OSError: the lake cannot be read or written.
    """
    with hold_people(lake):
        for number in range(_TRIES):
            try:
                return _update(lake, staging, now, corrections, rebuild, is_first=not number)
            except sqlite3.DatabaseError as error:  # the database is damaged: make another
                if rebuild and number:
                    raise OSError(f"{people_database(lake)} cannot be written: {error}") from error
                forget_people(lake)
                rebuild = True
            except Overtaken:
                continue
    raise LakeBusy(f"other runs told people faster {_TRIES} times; start this run again")


def _update(
    lake: Lake,
    staging: Staging,
    now: datetime,
    corrections: Corrections,
    rebuild: bool,
    *,
    is_first: bool,
) -> PeopleUpdate:
    find = lake.seen_version if is_first else lake.version  # what is not all is overtaken
    with open_people(lake) as (index, state):
        versions = {table.name: find(table) for table in _TABLES}
        articles, is_complete = 0, rebuild or state is None or state.rules != RULES
        if not is_complete:
            assert state is not None  # as is_complete says
            try:
                added = _find_added(lake, state, versions)
                is_complete = added is None
                if added is not None:
                    articles = _take(lake, index, added, corrections, state.corrections)
            except FileNotFoundError:  # compacted and vacuumed away
                is_complete = True
        if is_complete:
            index.clear()
            everything = {
                table.name: sorted(list_files(lake.open(table, versions[table.name])))
                for table in _TABLES
            }
            articles = _take(lake, index, everything, corrections, corrections)
            index.touch_written()
        digests = {ARTICLES.name: lake.log(ARTICLES).digest(versions[ARTICLES.name])}
        decided = {"rules": f"{RULES} {corrections.digest()}".rstrip(), "decided_at": now,
                   "decided_year": now.astimezone(UTC).year, "run_id": staging.run_id}  # fmt: skip
        people_decision = versions[PEOPLE.name] + 1  # nobody else commits on this version
        written = {}
        for table, rows in (
            (APPEARANCES, _make_appearances(index)),
            (PEOPLE, _make_persons(index, people_decision)),
        ):
            base = versions[table.name]
            made = decided | {"decision": base + 1}
            written[table.name] = _write(lake, staging, table, (row | made for row in rows), base)
            if written[table.name]:
                versions[table.name] = _find_next(lake, table, base)
            digests[table.name] = lake.log(table).digest(versions[table.name])
        index.settle()
        save_state(index, PeopleState(RULES, versions, digests, corrections))
        return PeopleUpdate(articles, written[APPEARANCES.name], written[PEOPLE.name], is_complete)


def _find_next(lake: Lake, table: Table, base: int) -> int:
    """The version of the first commit after ``base`` that brought rows."""
    newest = lake.seen_version(table)
    entries = enumerate(lake.log(table).read(base, newest), base + 1)
    return next((version for version, entry in entries if entry.added), newest)


def _find_added(
    lake: Lake, state: PeopleState, versions: Mapping[str, int]
) -> dict[str, list[str]] | None:
    """The files of each table that came in since ``state``; ``None`` where nobody can tell."""
    added = {}
    for table in _TABLES:
        log, seen = lake.log(table), state.versions.get(table.name, -1)
        digest = state.digests.get(table.name)
        if seen > versions[table.name] or digest is None or digest != log.digest(seen):
            return None
        paths = log.find_additions(seen, versions[table.name])
        if paths is None:
            return None
        added[table.name] = paths
    return added


def _take(
    lake: Lake,
    index: PeopleIndex,
    added: Mapping[str, Sequence[str]],
    corrections: Corrections,
    before: Corrections,
) -> int:
    """Decide on what the files tell; returns the number of articles.

    Raises:
        FileNotFoundError: a file was compacted and vacuumed away meanwhile.
    """
    for row in _read_rows(lake, APPEARANCES, added[APPEARANCES.name], APPEARANCES.file_schema):
        index.note_stored(row["article_id"], row["name"], _unpack_row(row), row["decision"])
    for row in _read_rows(lake, PEOPLE, added[PEOPLE.name], PEOPLE.file_schema):
        index.note_written(row["person_id"], digest_person(row), row["decision"])
    decider = PeopleDecider(index, corrections)
    articles, batch = 0, dict[str, list[Appearance]]()
    for row in _read_rows(lake, ARTICLES, added[ARTICLES.name], _ARTICLES):
        if index.is_newer(row["article_id"], row["revision"]):
            batch[row["article_id"]] = list_appearances(row)
            articles += 1
        if len(batch) >= _ARTICLES_AT_ONCE:
            decider.take(batch)
            batch = {}
    corrected = set[Form]()
    if before != corrections:
        corrected = {*before.list_forms(), *corrections.list_forms()}
    decider.take(batch, corrected)
    return articles


def _read_rows(lake: Lake, table: Table, paths: Sequence[str], schema: pa.Schema) -> Iterator[Row]:
    """The rows of the files, with their source where that is in the files' places."""
    for path in paths:
        place = {k: v for k, v in partition_values(path).items() if k == "source"}
        for batch in read_rows(lake.folder(table), [path], schema).to_batches(_ROWS_READ):
            for row in batch.to_pylist():
                yield row | place


def _unpack_row(row: Row) -> Kept | None:
    if row["source"] is None:
        return None
    facts = {name: row[name] for name in _FACTS}
    return Kept(
        Appearance(**facts | {"written": tuple(row["written"])}, at=row["dated_at"]),
        row["person_id"],
        row["because"],
    )


def _make_appearances(index: PeopleIndex) -> Iterator[Row]:
    for article, name, before, now in index.list_changes():
        told = now or before
        assert told is not None  # else nothing changed
        appearance = told.appearance
        row: Row = {"article_id": article, "name": name, "dated_at": appearance.at,
                    "dated_year": appearance.at.astimezone(UTC).year}  # fmt: skip
        row |= dict.fromkeys(_FACTS[2:]) | {"person_id": None, "because": None}
        if now is not None:
            row |= {fact: getattr(appearance, fact) for fact in _FACTS}
            row |= {"written": list(appearance.written), "person_id": now.person,
                    "because": now.because}  # fmt: skip
        yield row


def _make_persons(index: PeopleIndex, decision: int) -> Iterator[Row]:
    for person in index.list_touched_persons():
        row = describe_person(person, index.read_tallies(f"p {person}"))
        # Of somebody who came and went within this update the lake has nothing to say.
        is_said = row["articles"] or index.has_written(person)
        if is_said and index.note_written(person, digest_person(row), decision):
            yield row


def _write(lake: Lake, staging: Staging, table: Table, rows: Iterator[Row], base: int) -> int:
    """Commit the rows; returns their number."""
    files, count = [], 0
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        files += stage_rows(staging, table, part)
        count += len(part)
    commit_rows(lake, staging, table, files, base, is_next=True)
    return count
