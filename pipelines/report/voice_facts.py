"""Who gets to speak: the speakers of all quotes by gender and by role, the unknown ones, too."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

# Ours: how many roles are told apart.
_MOST_ROLES = 15

# A quote of two persons is two voices, one without a speaker is one. Rows of a newsbeam that
# listed no speakers tell nothing of theirs.
_VOICES = """
CREATE TEMP TABLE voices AS
SELECT CASE WHEN voice IS NULL AND speaker IS NULL THEN 'speaker not known'
            WHEN voice.kind <> 'person' THEN voice.kind
            WHEN voice.gender IS NULL THEN 'gender not known'
            ELSE voice.gender END AS gender,
       CASE WHEN voice.kind <> 'person' OR (voice IS NULL AND speaker IS NULL) THEN NULL
            ELSE coalesce(voice.role, 'role not known') END AS role
FROM (
    SELECT unnest(CASE WHEN len(q.speakers) > 0 THEN q.speakers ELSE [NULL] END) AS voice,
           q.speaker AS speaker
    FROM (SELECT unnest(quotes) AS q FROM newest) WHERE NOT coalesce(q.is_heading, false)
)
"""
_ROLES = f"""
WITH written AS (
    SELECT role, count(*) AS voices FROM voices WHERE role IS NOT NULL GROUP BY role
), counted AS (  -- Capitals make no other role; it is shown as most write it.
    SELECT arg_max(role, (voices, role)) AS role, sum(voices) AS voices,
           row_number() OVER (
               ORDER BY lower(role) = 'role not known', sum(voices) DESC, lower(role)
           ) AS place
    FROM written GROUP BY lower(role)
)
SELECT CASE WHEN role = 'role not known' OR place <= {_MOST_ROLES} THEN role
            ELSE 'other roles' END AS shown,
       sum(voices)::BIGINT AS voices
FROM counted GROUP BY shown
ORDER BY shown = 'role not known', shown = 'other roles', voices DESC, shown
"""
# In the order in which they are drawn.
GENDERS = (
    "female", "male", "gender not known", "group", "institution", "document", "speaker not known",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VoiceFacts:
    """How many voices quotes have, headings left out: by gender (or what else speaks, in the
    order of ``GENDERS``) and, of persons, by role; the most frequent roles first."""

    genders: dict[str, int]
    roles: dict[str, int]


def read_voices(connection: duckdb.DuckDBPyConnection) -> VoiceFacts:
    """The voices of all articles of the lake."""
    connection.execute(_VOICES)
    counts = dict(
        connection.execute("SELECT gender, count(*) FROM voices GROUP BY gender").fetchall()
    )
    roles = dict(connection.execute(_ROLES).fetchall())
    return VoiceFacts({gender: counts[gender] for gender in GENDERS if gender in counts}, roles)
