"""Of the working database of people what is about forms: which are alike, what is told of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from newsbeam.transforms.people.forms import Form, list_all_keys, list_own_keys
from newsbeam.transforms.people.links import ESTABLISHED, MOST_ALIKE, FormFacts
from newsbeam.transforms.people.namesakes import Trait

_NOTES = {"namesakes": ("root", "told"), "leads": ("word", "person")}


class Tally(NamedTuple):
    """How often a value was told, and on which days first and last (since 1970)."""

    kind: str
    value: str
    number: int
    first: int
    last: int


class FormIndex:
    """What is known of all forms. It is asked and told inside the caller's transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._ask = database.execute
        self._tell_many = database.executemany
        self._waiting: dict[tuple[str, str, str], tuple[int, int, int]] = {}

    def find_first(self, form: Form) -> tuple[int, str] | None:
        """The instant and the article in which a form appears first."""
        row: tuple[int, str] | None = self._ask(
            "SELECT at, article FROM appearances WHERE form = ? ORDER BY at, article LIMIT 1",
            (" ".join(form),),
        ).fetchone()
        return row

    def add_form(self, form: Form) -> None:
        """Let a full form be found by its like."""
        text, own = " ".join(form), list_own_keys(form)
        rows = [(key, text, key in own) for key in list_all_keys(form)]
        self._tell_many("INSERT INTO keys VALUES (?, ?, ?)", rows)
        self._tell_many("INSERT OR IGNORE INTO words VALUES (?, ?, ?)", list(_place_words(form)))

    def remove_form(self, form: Form) -> None:
        """Let a full form be found no more."""
        rows = [(key, " ".join(form)) for key in list_all_keys(form)]
        self._tell_many("DELETE FROM keys WHERE key = ? AND form = ?", rows)
        self._tell_many(
            "DELETE FROM words WHERE word = ? AND place = ? AND form = ?", list(_place_words(form))
        )

    def list_alike(self, form: Form) -> Sequence[Form]:
        """The forms that share a key with ``form``, but for keys that too many have."""
        return self._list_sharing(form, MOST_ALIKE)

    def list_near(self, form: Form) -> Sequence[Form]:
        """The forms whose links may change when ``form`` comes or goes."""
        return self._list_sharing(form, MOST_ALIKE + 1)

    def _list_sharing(self, form: Form, most: int) -> Sequence[Form]:
        text, own, found = " ".join(form), list_own_keys(form), set[str]()
        # Nearly all keys have one form alone.
        shared = self._ask(
            "SELECT key FROM keys WHERE key IN (SELECT value FROM json_each(?)) AND form <> ? "
            "GROUP BY key",
            (json.dumps(list(list_all_keys(form))), text),
        ).fetchall()
        for (key,) in shared:
            rows = self._ask(
                "SELECT form, is_own FROM keys WHERE key = ? ORDER BY form LIMIT ?", (key, most + 1)
            ).fetchall()
            if len(rows) <= most:  # else nobody can say which one a short form stands for
                found.update(other for other, is_own in rows if is_own or key in own)
        found.discard(text)
        return [tuple(other.split()) for other in sorted(found)]

    def list_bearers(self, word: str, place: int) -> list[Form]:
        """Forms that have the word in the place, a few more than make it established at most."""
        rows = self._ask(
            "SELECT form FROM words WHERE word = ? AND place = ? ORDER BY form LIMIT ?",
            (word, place, ESTABLISHED + 1),
        )
        return [tuple(form.split()) for (form,) in rows]

    def count_bearers(self, word: str, place: int) -> int:
        """As ``FormsHeld`` has it."""
        return len(self.list_bearers(word, place))

    def read_facts(self, form: Form) -> FormFacts:
        """As ``FormsHeld`` has it."""
        found: dict[str, set[str]] = {}
        for tally in self.read_tallies(f"f {' '.join(form)}"):
            found.setdefault(tally.kind, set()).add(tally.value)
        return FormFacts(
            frozenset(found.get("gender", ())),
            frozenset(found.get("role", ())),
            frozenset(found.get("body", ())),
            frozenset(tuple(alias.split()) for alias in found.get("alias", ())),
        )

    def read_traits(self, forms: Iterable[Form]) -> list[Trait]:
        """What the forms' bearers are said to be, by source."""
        traits = []
        for form in sorted(forms):
            for tally in self.read_tallies(f"f {' '.join(form)}", "trait"):
                trait, _, source = tally.value.partition("\x1f")
                traits.append(Trait(trait, source, tally.number, tally.first, tally.last))
        return traits

    # What was decided.

    def read_links(self, form: Form) -> dict[Form, str]:
        """The forms of the same person, with the reason."""
        rows = self._ask("SELECT other, because FROM links WHERE form = ?", (" ".join(form),))
        return {tuple(other.split()): because for other, because in rows}

    def set_link(self, form: Form, other: Form, because: str | None) -> None:
        """Link two forms for this reason; ``None`` parts them."""
        for pair in ((form, other), (other, form)):
            texts = [" ".join(one) for one in pair]
            self._ask("DELETE FROM links WHERE form = ? AND other = ?", texts)
            if because is not None:
                self._ask("INSERT INTO links VALUES (?, ?, ?)", (*texts, because))

    def read_root(self, form: Form) -> tuple[Form, str] | None:
        """The form that a person's id is made of, and why this one is the same person's."""
        row = self._ask(
            "SELECT root, because FROM forms WHERE form = ?", (" ".join(form),)
        ).fetchone()
        return None if row is None else (tuple(row[0].split()), row[1])

    def set_root(self, form: Form, root: tuple[Form, str] | None) -> None:
        """Note the root of a form; ``None`` forgets the form."""
        text = " ".join(form)
        self._ask("DELETE FROM forms WHERE form = ?", (text,))
        if root is not None:
            self._ask("INSERT INTO forms VALUES (?, ?, ?)", (text, " ".join(root[0]), root[1]))

    def read_note(self, table: str, key: str) -> str | None:
        """What was decided, in ``namesakes`` of a root or ``leads`` of a word."""
        column, value = _NOTES[table]
        row = self._ask(f"SELECT {value} FROM {table} WHERE {column} = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def swap_note(self, table: str, key: str, told: str | None) -> str | None:
        """Note what was decided, as ``read_note`` reads it; returns what was noted before."""
        column, _ = _NOTES[table]
        before = self.read_note(table, key)
        if told != before:
            self._ask(f"DELETE FROM {table} WHERE {column} = ?", (key,))
            if told is not None:
                self._ask(f"INSERT INTO {table} VALUES (?, ?)", (key, told))
        return before

    def read_tallies(self, scope: str, kind: str | None = None) -> list[Tally]:
        """The tallies of a scope, or of one kind of them."""
        where, values = "scope = ?", [scope]
        if kind is not None:
            where, values = f"{where} AND kind = ?", [scope, kind]
        rows = self._ask(
            f"SELECT kind, value, number, first, last FROM tallies WHERE {where}", values
        )
        return [Tally(*row) for row in rows]

    def count_lone(self, word: str) -> int:
        """In how many articles a lone name is met."""
        (tally,) = self.read_tallies(f"f {word}", "name") or [Tally("", "", 0, 0, 0)]
        return tally.number


def _place_words(form: Form) -> Iterator[tuple[str, int, str]]:
    for at, word in enumerate(form):
        yield word, 0 if at == 0 else -1 if at == len(form) - 1 else 1, " ".join(form)
