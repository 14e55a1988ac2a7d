"""The working database of people: all appearances, and what they tell, to look up and to count.

It holds nothing that the lake's tables do not say: it may be thrown away and made anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from newsbeam.transforms.people.appearances import Appearance
from newsbeam.transforms.people.form_index import FormIndex
from newsbeam.transforms.people.forms import Form

# `word` is the last word of a full form, by which alone a person may be meant; null for a lone
# name. Tallies count, by scope: of a form ("f …") what articles tell of it, of a person ("p …")
# what the row of `people` says, of a word ("w …") whom it may mean.
TABLES_OF_PEOPLE = """
    CREATE TABLE appearances (
        article TEXT, name TEXT, source TEXT, day INTEGER, at INTEGER, form TEXT, word TEXT,
        trait TEXT, person TEXT, because TEXT, told TEXT,
        PRIMARY KEY (article, name)
    ) WITHOUT ROWID;
    CREATE INDEX by_form ON appearances (form, day);
    CREATE INDEX by_first ON appearances (form, at, article);
    CREATE INDEX by_word ON appearances (word, day, source, person) WHERE word IS NOT NULL;
    CREATE INDEX by_person_and_day ON appearances (person, day) WHERE person IS NOT NULL;
    CREATE TABLE forms (form TEXT PRIMARY KEY, root TEXT, because TEXT) WITHOUT ROWID;
    CREATE TABLE keys (key INTEGER, form TEXT, is_own INTEGER, PRIMARY KEY (key, form))
        WITHOUT ROWID;
    CREATE TABLE words (word TEXT, place INTEGER, form TEXT, PRIMARY KEY (word, place, form))
        WITHOUT ROWID;
    CREATE TABLE links (form TEXT, other TEXT, because TEXT, PRIMARY KEY (form, other))
        WITHOUT ROWID;
    CREATE TABLE namesakes (root TEXT PRIMARY KEY, told TEXT) WITHOUT ROWID;
    CREATE TABLE leads (word TEXT PRIMARY KEY, person TEXT) WITHOUT ROWID;
    CREATE TABLE tallies (
        scope TEXT, kind TEXT, value TEXT, number INTEGER, first INTEGER, last INTEGER,
        PRIMARY KEY (scope, kind, value)
    ) WITHOUT ROWID;
    CREATE TABLE touched (
        article TEXT, name TEXT, told TEXT, person TEXT, because TEXT, decision INTEGER,
        PRIMARY KEY (article, name)
    ) WITHOUT ROWID;
    CREATE TABLE touched_persons (person TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE revisions (article TEXT PRIMARY KEY, revision INTEGER) WITHOUT ROWID;
    CREATE TABLE written (person TEXT PRIMARY KEY, digest TEXT, decision INTEGER) WITHOUT ROWID;
    CREATE TABLE state (layout INTEGER, told TEXT);
"""
# Databases that were made before have another index in its place.
NEWER_INDEX = (
    """
    CREATE INDEX IF NOT EXISTS by_person_and_day ON appearances (person, day)
        WHERE person IS NOT NULL
    """,
    "DROP INDEX IF EXISTS by_person",
)
_ADD_TALLY = (
    "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "number = number + excluded.number, first = min(first, excluded.first), "
    "last = max(last, excluded.last)"
)
_EARLIEST, _LATEST = -(2**40), 2**40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class LoneName(NamedTuple):
    """An appearance of a lone name, and whose it is."""

    article: str
    name: str
    form: str
    source: str
    day: int
    trait: str | None
    person: str | None
    because: str


class Kept(NamedTuple):
    """An appearance as the database has it, and whose it is."""

    appearance: Appearance
    person: str | None
    because: str


class PeopleIndex(FormIndex):
    """What is known of all appearances, and of their forms."""

    def read_article(self, article: str) -> dict[str, Kept]:
        """The appearances in an article, by name."""
        rows = self._ask(
            "SELECT told, person, because FROM appearances WHERE article = ?", (article,)
        )
        return {kept.appearance.name: kept for kept in map(_unpack, rows)}

    def add(self, appearance: Appearance) -> bool:
        """Add an appearance that is nobody's yet; whether what is told of its form is new."""
        form = " ".join(appearance.form)
        word = appearance.form[-1] if len(appearance.form) > 1 else None
        self._ask(
            "INSERT INTO appearances VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, '', ?)",
            (appearance.article_id, appearance.name, appearance.source, appearance.day,
             _count_us(appearance.at), form, word, appearance.trait, _pack(appearance)),
        )  # fmt: skip
        return self._count_form(appearance, 1)

    def remove(self, appearance: Appearance) -> bool:
        """Take an appearance out that is nobody's; whether something told of its form is gone."""
        self._ask(
            "DELETE FROM appearances WHERE article = ? AND name = ?",
            (appearance.article_id, appearance.name),
        )
        return self._count_form(appearance, -1)

    def assign(self, kept: Kept, person: str | None, because: str) -> None:
        """Say whose an appearance is."""
        appearance = kept.appearance
        self._ask(
            "UPDATE appearances SET person = ?, because = ? WHERE article = ? AND name = ?",
            (person, because, appearance.article_id, appearance.name),
        )
        if kept.person != person:
            for one, step in ((kept.person, -1), (person, 1)):
                if one is not None:
                    self._ask("INSERT OR IGNORE INTO touched_persons VALUES (?)", (one,))
                    self._count_person(one, appearance, step)

    def list_of_form(self, form: Form) -> Iterator[Kept]:
        """All appearances of a form."""
        yield from self._list("form = ?", " ".join(form))

    def list_lone(self, word: str, days: tuple[int, int] | None = None) -> Iterator[LoneName]:
        """The appearances of a lone name, within the days."""
        first, last = days or (_EARLIEST, _LATEST)
        rows = self._ask(
            "SELECT article, name, form, source, day, trait, person, because FROM appearances "
            "WHERE form = ? AND day BETWEEN ? AND ? ORDER BY article, name",
            (word, first, last),
        ).fetchall()
        yield from (LoneName(*row) for row in rows)

    def read_kept(self, article: str, name: str) -> Kept:
        """The appearance of a name in an article."""
        (kept,) = self._list("article = ? AND name = ?", article, name)
        return kept

    def _list(self, where: str, *values: object) -> Iterator[Kept]:
        rows = self._ask(
            f"SELECT told, person, because FROM appearances WHERE {where} ORDER BY article, name",
            values,
        ).fetchall()
        yield from map(_unpack, rows)

    def list_meant(self, word: str, first: int, last: int) -> list[tuple[int, str, str, int]]:
        """Whom articles of these days have in full whose name ends with ``word``: day, source,
        person and how many articles, by the days."""
        return self._ask(
            "SELECT day, source, person, count(*) FROM appearances WHERE word = ? AND day BETWEEN "
            "? AND ? AND person IS NOT NULL GROUP BY day, source, person ORDER BY day",
            (word, first, last),
        ).fetchall()

    # What an update changed.

    def touch(self, article: str, name: str) -> None:
        """Note how an appearance is before it changes, once an update."""
        self._ask(
            "INSERT OR IGNORE INTO touched SELECT ?, ?, told, person, because, -1 FROM (SELECT 1) "
            "LEFT JOIN appearances ON article = ? AND name = ?",
            (article, name, article, name),
        )

    def note_stored(self, article: str, name: str, kept: Kept | None, decision: int) -> None:
        """Note how the lake has an appearance, whatever is known here; ``None``: not at all. Of
        several notes the one with the highest ``decision`` counts."""
        told = (None, None, None) if kept is None else (_pack(kept.appearance), *kept[1:])
        self._ask(
            "INSERT INTO touched VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "told = excluded.told, person = excluded.person, because = excluded.because, "
            "decision = excluded.decision WHERE excluded.decision > decision",
            (article, name, *told, decision),
        )

    def clear(self) -> None:
        """Forget everything."""
        for table in ("appearances", "forms", "keys", "words", "links", "namesakes",
                      "leads", "tallies", "touched", "touched_persons", "revisions",
                      "written"):  # fmt: skip
            self._ask(f"DELETE FROM {table}")

    def list_changes(self) -> Iterator[tuple[str, str, Kept | None, Kept | None]]:
        """(article, name, before, now) of all that differs from before the update."""
        for article, name, *row in self._ask(
            "SELECT t.article, t.name, t.told, t.person, t.because, a.told, a.person, a.because "
            "FROM touched t LEFT JOIN appearances a ON a.article = t.article AND a.name = t.name "
            "WHERE t.told IS NOT a.told OR t.person IS NOT a.person OR t.because IS NOT a.because "
            "ORDER BY t.article, t.name"
        ):
            before, now = (
                None if part[0] is None else _unpack(part) for part in (row[:3], row[3:])
            )
            yield article, name, before, now

    def settle(self) -> None:
        """Begin another update."""
        self._ask("DELETE FROM touched")
        self._ask("DELETE FROM touched_persons")

    def is_newer(self, article: str, revision: int) -> bool:
        """Whether no later revision of an article was seen; notes this one."""
        return bool(self._ask(
            "INSERT INTO revisions VALUES (?, ?) ON CONFLICT DO UPDATE SET "
            "revision = excluded.revision WHERE excluded.revision >= revision", (article, revision)
        ).rowcount)  # fmt: skip

    # What the lake's rows of persons say.

    def list_touched_persons(self) -> Iterator[str]:
        """The persons of whom something else may be told than before."""
        rows = self._ask("SELECT person FROM touched_persons ORDER BY person").fetchall()
        yield from (person for (person,) in rows)

    def touch_written(self) -> None:
        """Look again at all persons of whom the lake has rows."""
        self._ask("INSERT OR IGNORE INTO touched_persons SELECT person FROM written")

    def note_written(self, person: str, digest: str, decision: int) -> bool:
        """Note the hash of a person's newest row in the lake; whether it differs from before."""
        row = self._ask(
            "SELECT digest, decision FROM written WHERE person = ?", (person,)
        ).fetchone()
        if row is not None and (row[0] == digest or row[1] > decision):
            return False
        self._ask("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", (person, digest, decision))
        return True

    def has_written(self, person: str) -> bool:
        """Whether the lake has a row of a person."""
        row = self._ask("SELECT 1 FROM written WHERE person = ?", (person,)).fetchone()
        return row is not None

    def note_state(self, layout: int, told: str) -> None:
        """Note what the database is, in place of what was noted."""
        self._ask("DELETE FROM state")
        self._ask("INSERT INTO state VALUES (?, ?)", (layout, told))

    # Tallies.

    def _count_form(self, appearance: Appearance, step: int) -> bool:
        scope = f"f {' '.join(appearance.form)}"
        changed = bool(self._bump(scope, "name", "", step))
        for kind, value in appearance.list_facts():
            changed |= bool(self._bump(scope, kind, value, step))
        if appearance.trait is not None:
            value = f"{appearance.trait}\x1f{appearance.source}"
            if self._bump(scope, "trait", value, step, appearance.day) is None:
                self._measure(scope, "trait", value)
        return changed

    def _count_person(self, person: str, appearance: Appearance, step: int) -> None:
        """Add an appearance to what is told of a person, or take it away."""
        scope, day = f"p {person}", appearance.day
        others = self._ask(  # the plus: by the article, which has few, and not by the person
            "SELECT count(*) FROM appearances WHERE article = ? AND +person = ? AND name <> ?",
            (appearance.article_id, person, appearance.name),
        ).fetchone()[0]
        for kind, value, number in _list_person_facts(appearance, is_first=not others):
            self._note_tally(scope, kind, value, step * number, day)
        if len(appearance.form) > 1:
            self._note_tally(f"w {appearance.form[-1]}", "", person, step, 0)

    def _note_tally(self, scope: str, kind: str, value: str, step: int, day: int) -> None:
        """Count what nobody asks for at once."""
        if step < 0:
            self.flush()
            if self._bump(scope, kind, value, step, day) is None and scope[0] == "p":
                self._measure(scope, kind, value)
            return
        key = scope, kind, value
        number, first, last = self._waiting.get(key, (0, day, day))
        self._waiting[key] = number + step, min(first, day), max(last, day)

    def flush(self) -> None:
        """Bring the tallies up to what was counted."""
        if self._waiting:
            rows = [(*key, *tally) for key, tally in self._waiting.items()]
            self._waiting.clear()
            self._tell_many(_ADD_TALLY, rows)

    def _bump(self, scope: str, kind: str, value: str, step: int, day: int = 0) -> bool | None:
        """Count; whether the value came or went, ``None`` where its first or last day may have.

        Without ``day`` nobody asks for its days.
        """
        key = scope, kind, value
        if step > 0:
            (number,) = self._ask(
                f"{_ADD_TALLY} RETURNING number",
                (*key, step, day, day),
            ).fetchone()
            return bool(number == step)
        where = "WHERE scope = ? AND kind = ? AND value = ?"
        number, first, last = self._ask(
            f"UPDATE tallies SET number = number + ? {where} RETURNING number, first, last",
            (step, *key),
        ).fetchone()
        if number == 0:
            self._ask(f"DELETE FROM tallies {where}", key)
            return True
        return None if day in (first, last) else False

    def _measure(self, scope: str, kind: str, value: str) -> None:
        """Find the first and last day of a value anew."""
        first, last = (self._find_outermost(scope, (kind, value), way) for way in ("ASC", "DESC"))
        if first is not None:
            self._ask(
                "UPDATE tallies SET first = ?, last = ? WHERE scope = ? AND kind = ? AND value = ?",
                (first, last, scope, kind, value),
            )

    def _find_outermost(self, scope: str, fact: tuple[str, str], way: str) -> int | None:
        """The first day of a value, or with another ``way`` the last one: few rows from an end."""
        column = "form" if scope.startswith("f ") else "person"
        rows = self._ask(
            f"SELECT told, person, because FROM appearances WHERE {column} = ? ORDER BY day {way}",
            (scope[2:],),
        )
        for appearance, *_ in map(_unpack, rows):
            if column == "form":
                told = {("trait", f"{appearance.trait}\x1f{appearance.source}")}
            else:
                told = {(k, v) for k, v, _ in _list_person_facts(appearance, is_first=True)}
            if fact in told:
                return appearance.day
        return None


def _list_person_facts(appearance: Appearance, *, is_first: bool) -> Iterator[tuple[str, str, int]]:
    """What an appearance adds to a person, as (kind, value, number); ``is_first`` of an article."""
    yield "name", appearance.name, 1
    for written in appearance.written:
        yield "written", written, 1
    if appearance.role is not None:
        yield "role", appearance.role, 1
    if appearance.affiliation is not None:
        yield "affiliation", appearance.affiliation, 1
    if appearance.gender is not None:
        yield "gender", f"{appearance.gender} {appearance.gender_from or ''}".rstrip(), 1
    if is_first:
        yield "source", appearance.source, 1
        yield "article", "", 1
    for kind in ("mentions", "quotes", "statements"):
        if getattr(appearance, kind):
            yield kind, "", getattr(appearance, kind)


def _pack(appearance: Appearance) -> str:
    told = {name: getattr(appearance, name) for name in Appearance.__slots__}
    return json.dumps(told | {"at": _count_us(appearance.at)}, ensure_ascii=False)


def _unpack(row: Sequence[str]) -> Kept:
    told = json.loads(row[0])
    told["at"] = _EPOCH + told["at"] * _MICROSECOND
    told["written"] = tuple(told["written"])
    return Kept(Appearance(**told), row[1], row[2])


def _count_us(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
