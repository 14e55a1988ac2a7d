"""Who and what the articles name, and whom they quote."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import duckdb

from newsbeam.pipelines.report.name_kinds import NAME_KINDS, NAME_LISTS
from newsbeam.pipelines.report.periods import Unit

# Ours: how long the lists are.
_MOST_NAMES, _MOST_SPEAKERS = 100, 200

_KINDS = "(VALUES " + ", ".join(
    f"('{label}', '{key}')"
    for key, kind in NAME_LISTS.items()
    for label in sorted(NAME_KINDS[kind])
) + ") AS kinds (label, kind)"  # fmt: skip
_NAMES = f"""
SELECT kind, min(name) AS name, count(DISTINCT article_id) AS articles, count(*) AS mentions,
       coalesce(list(DISTINCT place ORDER BY place) FILTER (place < $most), []) AS shown
FROM (SELECT named.article_id, place, coalesce(person.name, e.name, e.text) AS name,
             coalesce(person_id, e.name, e.text) AS who, e.label AS label
      FROM (SELECT article_id, place, unnest(entities) AS e FROM newest) AS named
      LEFT JOIN internal.meant AS meant
      ON named.article_id = meant.article_id AND e.name = meant.name
      LEFT JOIN people AS person USING (person_id))
JOIN {_KINDS} USING (label)
WHERE name <> ''
GROUP BY kind, who
QUALIFY row_number() OVER (PARTITION BY kind ORDER BY articles DESC, mentions DESC, min(name))
    <= {_MOST_NAMES}
ORDER BY articles DESC, mentions DESC, min(name), who
"""
_SAID = """
CREATE TEMP TABLE said AS
SELECT coalesce(person.name, q.speaker) AS speaker, coalesce(person_id, q.speaker) AS who,
       place, day
FROM (SELECT unnest(quotes) AS q, article_id, place, day FROM newest) AS said
LEFT JOIN internal.meant AS meant
ON said.article_id = meant.article_id AND q.speaker = meant.name
LEFT JOIN people AS person USING (person_id)
WHERE q.speaker <> '' AND NOT coalesce(q.is_heading, false)
"""
_SPEAKERS = f"""
SELECT who, min(speaker), count(*) AS quotes, min(day), max(day),
       coalesce(list(DISTINCT place ORDER BY place) FILTER (place < $most), [])
FROM said GROUP BY who ORDER BY quotes DESC, min(speaker), who LIMIT {_MOST_SPEAKERS}
"""
_PERIODS = """
SELECT who, date_trunc($unit, day)::DATE AS start, count(*)
FROM said WHERE list_contains($speakers, who) GROUP BY ALL ORDER BY start
"""


@dataclass(frozen=True, slots=True)
class NameFacts:
    """A name, how many articles have it, and how often: of a person under whatever name.
    ``shown`` are places of those articles that the page shows."""

    name: str
    articles: int
    mentions: int
    shown: list[int]


@dataclass(frozen=True, slots=True)
class SpeakerFacts:
    """Somebody who is quoted, under whatever name. ``articles`` are places of those that the page
    shows, ``periods`` pairs of a period's first day and the quotes in it, without headings."""

    name: str
    quotes: int
    first: date
    last: date
    articles: list[int]
    periods: list[tuple[date, int]]


def read_names(connection: duckdb.DuckDBPyConnection, most: int) -> dict[str, list[NameFacts]]:
    """Those in most articles, by kind: people, organisations, places; ``most`` articles are
    shown."""
    names: dict[str, list[NameFacts]] = {key: [] for key in NAME_LISTS}
    for kind, *facts in connection.execute(_NAMES, {"most": most}).fetchall():
        names[kind].append(NameFacts(*facts))
    return names


def read_speakers(
    connection: duckdb.DuckDBPyConnection, unit: Unit, most: int
) -> list[SpeakerFacts]:
    """Those who are quoted most, in periods of ``unit``; ``most`` articles are shown."""
    connection.execute(_SAID)
    rows = connection.execute(_SPEAKERS, {"most": most}).fetchall()
    periods: dict[str, list[tuple[date, int]]] = defaultdict(list)
    values = {"unit": unit, "speakers": [row[0] for row in rows]}
    for who, start, count in connection.execute(_PERIODS, values).fetchall() if rows else ():
        periods[who].append((start, count))
    return [
        SpeakerFacts(name, quotes, first, last, articles, periods[who])
        for who, name, quotes, first, last, articles in rows
    ]
