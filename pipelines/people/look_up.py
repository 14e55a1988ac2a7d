"""The people of a lake, and what one of them said, as its tables have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from newsbeam.transforms.people.forms import Form, read_form

_LISTED = """
SELECT person_id, name, articles, quotes, statements, first_day, last_day,
       coalesce(roles[1].role, '') AS role, len(variants) AS variants
FROM people ORDER BY quotes + statements DESC, articles DESC, name, person_id LIMIT $most
"""
_PERSON = "FROM people WHERE person_id = $id"
_REASONS = """
SELECT because, count(*) AS appearances, count(DISTINCT article_id) AS articles
FROM appearances WHERE person_id = $id GROUP BY because ORDER BY appearances DESC, because
"""
# A quote of several is each one's, so that speakers are looked up one by one.
_SAID = """
WITH said AS (
    FROM (SELECT 'quote' AS kind, article_id, source, published_at, published_date, title, url,
                 text, speaker, speakers FROM quotes WHERE NOT coalesce(is_heading, false)
          UNION ALL
          SELECT 'statement', article_id, source, published_at, published_date, title, url,
                 text, speaker, speakers FROM statements)
)
SELECT kind, said.article_id, source, published_at, title, url, text, name
FROM said JOIN (SELECT article_id, name FROM appearances WHERE person_id = $id) AS named
ON said.article_id = named.article_id AND list_contains(
    CASE WHEN len(speakers) > 0 THEN [voice.name for voice in speakers] ELSE [speaker] END, name)
ORDER BY published_at DESC NULLS LAST, said.article_id, text LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person in a list; ``role`` is the most frequent one."""

    person_id: str
    name: str
    articles: int
    quotes: int
    statements: int
    first_day: date
    last_day: date
    role: str
    variants: int


@dataclass(frozen=True, slots=True)
class PersonPage:
    """All about a person: the row of ``people``, why names are theirs (reason, names, articles),
    and what they said last, newest first, with the columns of ``_SAID``."""

    row: dict[str, Any]
    reasons: list[tuple[str, int, int]]
    said: list[dict[str, Any]]


def list_people(connection: duckdb.DuckDBPyConnection, most: int) -> list[ListedPerson]:
    """Those who say most, ``most`` of them."""
    rows = connection.execute(_LISTED, {"most": most}).fetchall()
    return [ListedPerson(*row) for row in rows]


def find_people(connection: duckdb.DuckDBPyConnection, wanted: str) -> list[str]:
    """The ids of those whom ``wanted`` may mean: an id, or words of a name; those in most
    articles first. A name in full, as somebody bears it, means those alone."""
    form = read_form(wanted)
    rows = connection.execute(
        "SELECT person_id, [variant.name for variant in variants] FROM people "
        "ORDER BY articles DESC, name, person_id"
    ).fetchall()
    if any(person == wanted for person, _ in rows):
        return [wanted]
    exact = [person for person, names in rows if any(read_form(name) == form for name in names)]
    return exact or [person for person, names in rows if _holds(names, form)]


def read_person(connection: duckdb.DuckDBPyConnection, person: str, most: int) -> PersonPage:
    """The page of a person whom ``find_people`` found, with the ``most`` newest things said."""
    (row,) = _read_dicts(connection, _PERSON, {"id": person})
    reasons = connection.execute(_REASONS, {"id": person}).fetchall()
    return PersonPage(row, reasons, _read_dicts(connection, _SAID, {"id": person, "most": most}))


def _holds(names: Sequence[str], form: Form) -> bool:
    return bool(form) and any(set(form) <= set(read_form(name)) for name in names)


def _read_dicts(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any]
) -> list[dict[str, Any]]:
    found = connection.execute(query, values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
