"""Who and what the articles name, and whom they quote."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import duckdb

from pipelines.report.periods import Unit
from transforms.records import PERSON_LABELS

# What spaCy pipelines for different languages call them: NorNE has GPE_ORG and GPE_LOC, English
# OntoNotes GPE.
_LABELS = {
    "people": sorted(PERSON_LABELS),
    "organisations": ["GPE_ORG", "ORG"],
    "places": ["GPE", "GPE_LOC", "LOC"],
}
# Ours: how long the lists are.
_MOST_NAMES, _MOST_SPEAKERS = 100, 200

_KINDS = "(VALUES " + ", ".join(
    f"('{label}', '{kind}')" for kind, labels in _LABELS.items() for label in labels
) + ") AS kinds (label, kind)"  # fmt: skip
_NAMES = f"""
SELECT kind, name, count(DISTINCT article_id) AS articles, count(*) AS mentions,
       coalesce(list(DISTINCT place ORDER BY place) FILTER (place < $most), []) AS shown
FROM (SELECT article_id, place, coalesce(e.name, e.text) AS name, e.label AS label
      FROM (SELECT article_id, place, unnest(entities) AS e FROM newest))
JOIN {_KINDS} USING (label)
WHERE name <> ''
GROUP BY kind, name
QUALIFY row_number() OVER (PARTITION BY kind ORDER BY articles DESC, mentions DESC, name)
    <= {_MOST_NAMES}
ORDER BY articles DESC, mentions DESC, name
"""
_SAID = """
CREATE TEMP TABLE said AS
SELECT q.speaker AS speaker, place, day
FROM (SELECT unnest(quotes) AS q, place, day FROM newest)
WHERE q.speaker <> '' AND NOT coalesce(q.is_heading, false)
"""
_SPEAKERS = f"""
SELECT speaker, count(*) AS quotes, min(day), max(day),
       coalesce(list(DISTINCT place ORDER BY place) FILTER (place < $most), [])
FROM said GROUP BY speaker ORDER BY quotes DESC, speaker LIMIT {_MOST_SPEAKERS}
"""
_PERIODS = """
SELECT speaker, date_trunc($unit, day)::DATE AS start, count(*)
FROM said WHERE list_contains($speakers, speaker) GROUP BY ALL ORDER BY start
"""


@dataclass(frozen=True, slots=True)
class NameFacts:
    """A name, how many articles have it, and how often. ``shown`` are places of those articles
    that the page shows."""

    name: str
    articles: int
    mentions: int
    shown: list[int]


@dataclass(frozen=True, slots=True)
class SpeakerFacts:
    """Somebody who is quoted. ``articles`` are places of those that the page shows, ``periods``
    pairs of a period's first day and the quotes in it; headings are not counted."""

    name: str
    quotes: int
    first: date
    last: date
    articles: list[int]
    periods: list[tuple[date, int]]


def read_names(connection: duckdb.DuckDBPyConnection, most: int) -> dict[str, list[NameFacts]]:
    """Those in most articles, by kind: people, organisations, places; ``most`` articles are
    shown."""
    names: dict[str, list[NameFacts]] = {kind: [] for kind in _LABELS}
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
    for speaker, start, count in connection.execute(_PERIODS, values).fetchall() if rows else ():
        periods[speaker].append((start, count))
    return [
        SpeakerFacts(name, quotes, first, last, articles, periods[name])
        for name, quotes, first, last, articles in rows
    ]
