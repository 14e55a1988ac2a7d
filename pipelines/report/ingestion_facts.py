"""What polls brought, what was rejected, and what cleaning took out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import duckdb

from newsbeam.pipelines.report.periods import Periods, choose_periods

# Ours: how many examples, and how much of each.
_EXAMPLES, _EXAMPLE_LENGTH = 3, 300

_POLL_SPAN = "SELECT min(polled_date), max(polled_date), count(*) FROM recent_polls"
_POLLS = """
SELECT date_trunc($unit, polled_date)::DATE,
       CASE WHEN outcome IN ('failed', 'gone') THEN 'failed'
            WHEN coalesce(new, 0) + coalesce(changed, 0) > 0 THEN 'new'
            ELSE 'unchanged' END,
       count(*)
FROM recent_polls GROUP BY ALL ORDER BY ALL
"""
# A file that cannot be read is rejected again by every run: it counts once.
_REJECTED = """
CREATE TEMP TABLE rejected AS
SELECT source, stage, reason, coalesce(origin, '') AS origin,
       arg_max(coalesce(detail, ''), rejected_at) AS detail, max(rejected_at) AS dated_at
FROM recent_rejects GROUP BY ALL
"""
_REJECTS = """
SELECT source, stage, reason, count(*) AS items
FROM rejected GROUP BY ALL ORDER BY items DESC, source, stage, reason
"""
_REJECT_EXAMPLES = f"""
SELECT source, stage, reason, origin, detail, strftime(dated_at, '%Y-%m-%dT%H:%M:%SZ')
FROM rejected
QUALIFY row_number() OVER (PARTITION BY source, stage, reason ORDER BY dated_at DESC, origin)
    <= {_EXAMPLES}
ORDER BY dated_at DESC, origin
"""
_REMOVED = f"""
CREATE TEMP TABLE removed_lines AS
SELECT source, r.rule AS rule, article_id, left(r.text, {_EXAMPLE_LENGTH}) AS text
FROM (SELECT source, article_id, unnest(removed) AS r FROM newest)
"""
_CLEANING = """
SELECT source, rule, count(*) AS lines, count(DISTINCT article_id) AS articles,
       articles / any_value(stored)
FROM removed_lines JOIN (SELECT source, count(*) AS stored FROM kept GROUP BY source) USING (source)
GROUP BY source, rule ORDER BY source, lines DESC, rule
"""
# The lines that were taken out most often.
_CLEANING_EXAMPLES = f"""
SELECT source, rule, text
FROM (SELECT source, rule, text, count(*) AS times FROM removed_lines GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY source, rule ORDER BY times DESC, text) <= {_EXAMPLES}
ORDER BY times DESC, text
"""


@dataclass(frozen=True, slots=True)
class PollSeries:
    """How many polls; ``counts`` by period and outcome (new, unchanged, failed).

    ``periods`` is nothing where there was no poll.
    """

    polls: int
    periods: Periods | None
    counts: dict[tuple[date, str], int]


@dataclass(frozen=True, slots=True)
class RejectExample:
    """An item that could not go on, the last time that it could not."""

    origin: str
    detail: str
    rejected_at: str


@dataclass(frozen=True, slots=True)
class RejectFacts:
    """How many items of a source could not go on, and the newest of them."""

    source: str
    stage: str
    reason: str
    count: int
    examples: list[RejectExample]


@dataclass(frozen=True, slots=True)
class CleaningFacts:
    """What a rule took out of a source's articles.

    ``share`` is that of the source's articles, 0 to 1; ``examples`` are the most frequent lines.
    """

    source: str
    rule: str
    lines: int
    articles: int
    share: float
    examples: list[str]


def read_polls(connection: duckdb.DuckDBPyConnection) -> PollSeries:
    """The polls of all feeds."""
    ((first, last, polls),) = connection.execute(_POLL_SPAN).fetchall()
    if first is None:
        return PollSeries(0, None, {})
    periods = choose_periods(first, last)
    rows = connection.execute(_POLLS, {"unit": periods.unit}).fetchall()
    return PollSeries(polls, periods, {(start, outcome): n for start, outcome, n in rows})


def read_rejects(connection: duckdb.DuckDBPyConnection) -> list[RejectFacts]:
    """The rejects of all times, the most frequent first."""
    connection.execute(_REJECTED)
    examples: dict[tuple[str, str, str], list[RejectExample]] = defaultdict(list)
    for source, stage, reason, *example in connection.execute(_REJECT_EXAMPLES).fetchall():
        examples[source, stage, reason].append(RejectExample(*example))
    return [
        RejectFacts(source, stage, reason, count, examples[source, stage, reason])
        for source, stage, reason, count in connection.execute(_REJECTS).fetchall()
    ]


def read_cleaning(connection: duckdb.DuckDBPyConnection) -> list[CleaningFacts]:
    """What the rules took out, by source; a source's most busy rule first."""
    connection.execute(_REMOVED)
    examples: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source, rule, text in connection.execute(_CLEANING_EXAMPLES).fetchall():
        examples[source, rule].append(text)
    rows = connection.execute(_CLEANING).fetchall()
    connection.execute("DROP TABLE removed_lines")
    return [
        CleaningFacts(source, rule, lines, articles, round(share, 4), examples[source, rule])
        for source, rule, lines, articles, share in rows
    ]
