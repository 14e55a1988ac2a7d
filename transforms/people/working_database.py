"""Where the working database of people lies, and what it says of how far it looked."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from newsbeam.transforms.files import FileLock, take_lock
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import APPEARANCES
from newsbeam.transforms.people.corrections import Corrections, OwnPerson
from newsbeam.transforms.people.index import NEWER_INDEX, TABLES_OF_PEOPLE, PeopleIndex

# Whoever changes the database's tables, or what is told, counts on.
_LAYOUT = 1
# Kilobytes of pages in memory, and seconds to wait for another process. Ours.
_PAGES_KB, _PATIENCE = 65_536, 60.0


@dataclass(frozen=True, slots=True)
class PeopleState:
    """How far the last update looked, by table: its version and the hash of that commit; and the
    rules and corrections by which it decided."""

    rules: str
    versions: Mapping[str, int]
    digests: Mapping[str, str | None]
    corrections: Corrections

    def pack(self) -> str:
        """As JSON."""
        said = self.corrections
        told = {
            "rules": self.rules,
            "versions": dict(self.versions),
            "digests": dict(self.digests),
            "same": [sorted(group) for group in said.same],
            "apart": sorted(sorted(pair) for pair in said.apart),
            "own": [[own.form, sorted(own.sources), sorted(own.articles)] for own in said.own],
        }
        return json.dumps(told)

    @staticmethod
    def unpack(text: str) -> PeopleState:
        """What ``pack`` made.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        told = json.loads(text)
        corrections = Corrections(
            tuple(frozenset(map(tuple, group)) for group in told["same"]),
            frozenset(frozenset(map(tuple, pair)) for pair in told["apart"]),
            tuple(OwnPerson(tuple(f), frozenset(s), frozenset(a)) for f, s, a in told["own"]),
        )
        return PeopleState(told["rules"], told["versions"], told["digests"], corrections)


def people_database(lake: Lake) -> Path:
    """Where the lake keeps it. It may be deleted at any time: the next update makes another."""
    return lake.cache / "people" / "people.sqlite"


def hold_people(lake: Lake) -> FileLock:
    """Be the only one on this machine who changes it: a lock to be held."""
    if isinstance(lake.place, Path):
        return take_lock(lake.place / APPEARANCES.name)
    lake.cache.mkdir(parents=True, exist_ok=True)
    return take_lock(lake.cache / "people.lock", create=True)


@contextmanager
def open_people(lake: Lake) -> Iterator[tuple[PeopleIndex, PeopleState | None]]:
    """The working database in one transaction, kept if the block ends well; and how far it is,
    ``None`` where nobody can tell.

    Raises:
        sqlite3.Error: it is damaged, or cannot be written.
        OSError: its folder cannot be made.
    """
    path = people_database(lake)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as database:
        database.executescript(
            f"PRAGMA synchronous = NORMAL; PRAGMA cache_size = -{_PAGES_KB}; "
            "PRAGMA temp_store = FILE"
        )
        state = _read_state(database)
        database.execute("BEGIN IMMEDIATE")
        try:
            if state is None:
                _make_tables(database)
            for statement in NEWER_INDEX:
                database.execute(statement)
            yield PeopleIndex(database), state
        except BaseException:
            database.rollback()
            raise
        database.commit()


def forget_people(lake: Lake) -> None:
    """Take the working database away."""
    path = people_database(lake)
    for place in (path, path.with_name(f"{path.name}-journal")):
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)


def save_state(index: PeopleIndex, state: PeopleState) -> None:
    """Note how far the database is."""
    index.note_state(_LAYOUT, state.pack())


def _read_state(database: sqlite3.Connection) -> PeopleState | None:
    with suppress(sqlite3.OperationalError, ValueError, KeyError, TypeError):
        layout, told = database.execute("SELECT layout, told FROM state").fetchone()
        if layout == _LAYOUT:
            return PeopleState.unpack(told)
    return None


def _make_tables(database: sqlite3.Connection) -> None:
    """Empty tables in place of whatever is there."""
    rows = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    for (name,) in rows.fetchall():
        database.execute(f'DROP TABLE "{name}"')
    for statement in TABLES_OF_PEOPLE.split(";"):
        database.execute(statement)  # not a script: that would end the transaction
