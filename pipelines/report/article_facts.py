"""What a lake's articles are, in their newest revisions: counts, sources, stories, the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from newsbeam.pipelines.report.periods import Periods, begin_period, choose_periods

# Ours. The list of stories ends there;
_MOST_STORIES = 200
# charts leave out so small a share of the articles, the earliest, where that halves the time they
# are of: a feed brings a page of ten years ago now and then, beside which a month would be a dot.
_EARLY_SHARE = 0.01

# An article's instant: publication, or ingestion where that is not known. `place` counts from the
# newest, 0 first. Only stories of the days asked for are read.
_KEPT = """
CREATE TEMP TABLE kept AS
SELECT article_id, source, published_date AS day, story_id,
       coalesce(published_at, ingested_at) AS dated_at,
       row_number() OVER (ORDER BY coalesce(published_at, ingested_at) DESC, article_id) - 1
           AS place
FROM internal.newest LEFT JOIN (
    SELECT article_id, max_by(story_id, decision) AS story_id
    FROM internal.stories WHERE story_id IS NOT NULL AND {dated} GROUP BY article_id
) USING (article_id)
WHERE {published}
"""
_NEWEST = """
CREATE TEMP VIEW newest AS
SELECT articles.*, kept.place, kept.day, kept.dated_at
FROM internal.newest AS articles JOIN kept USING (article_id) WHERE {published}
"""
_BESIDE = """
CREATE TEMP VIEW recent_revisions AS FROM revisions WHERE {published};
CREATE TEMP VIEW recent_polls AS FROM polls WHERE {polled};
CREATE TEMP VIEW recent_rejects AS FROM rejects WHERE {rejected};
"""
# The month leaves files out before they are opened, the day the rest.
_BOUNDS = {
    "published": "published_month {at} '{day:%Y-%m}' AND published_date {at} '{day}'",
    "dated": "dated_date {at} DATE '{day}'",
    "polled": "polled_date {at} DATE '{day}'",
    "rejected": "(rejected_at AT TIME ZONE 'UTC')::DATE {at} DATE '{day}'",
}
# A heading that is a quote is the headline's, mostly, and repeats one of the text.
_QUOTES = "len(list_filter(quotes, lambda q: NOT coalesce(q.is_heading, false)))"
_ISO = "'%Y-%m-%dT%H:%M:%SZ'"

_COUNTED = f"""
CREATE TEMP TABLE counted AS
SELECT place, source, dated_at, day, word_count AS words, coalesce({_QUOTES}, 0) AS quotes,
       coalesce(len(entities), 0) AS entities
FROM newest
"""
_TOTALS = """
SELECT count(*), coalesce(sum(words), 0)::BIGINT, coalesce(sum(quotes), 0)::BIGINT,
       coalesce(sum(entities), 0)::BIGINT, (SELECT count(*) FROM recent_revisions)
FROM counted
"""
_SOURCES = f"""
SELECT name, count(dated_at), coalesce(sum(words), 0)::BIGINT, coalesce(sum(quotes), 0)::BIGINT,
       strftime(min(dated_at), {_ISO}), strftime(max(dated_at), {_ISO}),
       coalesce(round(median(words)), 0)::BIGINT
FROM (SELECT source AS name FROM counted UNION SELECT source FROM recent_rejects
      UNION SELECT source FROM recent_polls)
LEFT JOIN counted ON counted.source = name
GROUP BY name ORDER BY count(dated_at) DESC, name
"""
_SPAN = f"""
SELECT min(day), quantile_disc(day, {_EARLY_SHARE}), max(day) FROM kept
"""
_STORIES = f"""
SELECT story_id, list(place ORDER BY place)
FROM kept WHERE place < $most AND story_id IS NOT NULL
GROUP BY story_id HAVING count(*) > 1
ORDER BY count(*) DESC, min(place) LIMIT {_MOST_STORIES}
"""
_STORY_COUNT = """
SELECT count(*) FROM (
    SELECT story_id FROM kept WHERE story_id IS NOT NULL GROUP BY story_id HAVING count(*) > 1
)
"""
_SHOWN = f"""
SELECT title, source, strftime(published_at, {_ISO}), url, word_count,
       coalesce({_QUOTES}, 0), coalesce(language, ''), coalesce(authors, []), section, revision,
       paywalled, lead
FROM newest WHERE place < $most ORDER BY place
"""
_PER_PERIOD = """
SELECT source, date_trunc($unit, day)::DATE, count(*)
FROM kept WHERE day >= $first GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many: ``quotes`` without those in headings, ``stories`` of two articles and more."""

    articles: int
    revisions: int
    words: int
    quotes: int
    entities: int
    stories: int


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """A source; ``first`` and ``last`` are instants (ISO 8601) of its articles."""

    id: str
    articles: int
    words: int
    quotes: int
    first: str | None
    last: str | None
    median_words: int


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The days of the articles, and the ``periods`` that charts count them in.

    ``periods`` leave out the earliest hundredth of the articles, where there are a hundred, if
    they are of less than half the time without them.
    """

    first: date
    last: date
    periods: Periods


@dataclass(frozen=True, slots=True)
class Story:
    """Articles that tell the same, as their places among all, newest first."""

    story_id: str
    articles: list[int]


def prepare_articles(
    connection: duckdb.DuckDBPyConnection, since: date | None = None, until: date | None = None
) -> None:
    """Make what the other functions here, and those on names, cleaning, polls and rejects, ask:
    ``kept``, ``newest``, ``counted`` and ``recent_…``, of the days from ``since`` to ``until``, or
    all. ``connection`` is of ``lake.views``."""
    bounds = [*((">=", day) for day in [since] if day), *(("<=", day) for day in [until] if day)]
    conditions = {
        name: " AND ".join([condition.format(at=at, day=day) for at, day in bounds]) or "true"
        for name, condition in _BOUNDS.items()
    }
    for statement in (_KEPT, _NEWEST, _BESIDE):
        connection.execute(statement.format(**conditions))
    connection.execute(_COUNTED)


def read_totals(connection: duckdb.DuckDBPyConnection) -> Totals:
    """The sums over all articles."""
    articles, words, quotes, entities, revisions = _read_row(connection, _TOTALS)
    (stories,) = _read_row(connection, _STORY_COUNT)
    return Totals(articles, revisions, words, quotes, entities, stories)


def read_sources(connection: duckdb.DuckDBPyConnection) -> list[SourceSummary]:
    """All sources, also those that gave no article yet; the largest first."""
    return [SourceSummary(*row) for row in connection.execute(_SOURCES).fetchall()]


def read_span(connection: duckdb.DuckDBPyConnection) -> TimeSpan | None:
    """When the articles are of; nothing where there are none."""
    first, early, last = _read_row(connection, _SPAN)
    if first is None:
        return None
    begin = early if last - first > 2 * (last - early) else first
    return TimeSpan(first, last, choose_periods(begin, last))


def read_articles_per_period(
    connection: duckdb.DuckDBPyConnection, periods: Periods
) -> dict[tuple[str, date], int]:
    """How many articles by source and period."""
    values = {"unit": periods.unit, "first": begin_period(periods.first, periods.unit)}
    rows = connection.execute(_PER_PERIOD, values).fetchall()
    return {(source, start): count for source, start, count in rows}


def read_stories(connection: duckdb.DuckDBPyConnection, most: int) -> list[Story]:
    """The stories with two of the newest ``most`` articles, those of most articles first."""
    rows = connection.execute(_STORIES, {"most": most}).fetchall()
    return [Story(story_id, articles) for story_id, articles in rows]


def read_shown(
    connection: duckdb.DuckDBPyConnection,
    most: int,
    sources: list[SourceSummary],
    stories: list[Story],
) -> dict[str, list[Any]]:
    """The newest ``most`` articles, newest first, a list a column as the page wants them."""
    names = ("title", "source", "date", "url", "words", "quotes", "language", "authors",
             "section", "revision", "paywalled", "lead")  # fmt: skip
    rows = connection.execute(_SHOWN, {"most": most}).fetchall()
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    number = {source.id: at for at, source in enumerate(sources)}
    columns["source"] = [number[source] for source in columns["source"]]
    columns["title"] = [title or "" for title in columns["title"]]
    columns["url"] = [keep_web_address(url) for url in columns["url"]]
    told = {place: at for at, story in enumerate(stories) for place in story.articles}
    columns["story"] = [told.get(place) for place in range(len(rows))]
    return columns


def keep_web_address(url: str | None) -> str | None:
    """``url`` if it begins with http:// or https://, else nothing."""
    return url if url and url.lower().startswith(("http://", "https://")) else None


def _read_row(connection: duckdb.DuckDBPyConnection, question: str) -> tuple[Any, ...]:
    row = connection.execute(question).fetchone()
    if row is None:
        raise AssertionError("an aggregate has a row")
    return row
