"""What there is to tell of. Reads a lake; sends and remembers nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsbeam.pipelines.status.gather import Status
from newsbeam.pipelines.status.show import describe_change, list_notes
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.views import connect_lake
from newsbeam.transforms.settings.notify import NotifySettings

# A name stands in the text as a word of its own, or is what the text calls somebody in full.
_NAMED = """
SELECT source, article_id, title, url FROM articles
WHERE revision = 1 AND ingested_at >= $since AND list_contains($sources, source)
AND (regexp_matches(coalesce(title, '') || chr(10) || text, $pattern)
     OR list_contains(list_transform(entities, lambda e: lower(e.name)), lower($name)))
ORDER BY ingested_at, article_id
"""
_OF_STORY = """
SELECT source, article_id, title, url FROM articles
WHERE revision = 1 AND ingested_at >= $since AND story_id = (
    SELECT any_value(story_id) FROM articles WHERE $place IN (url, article_id)
) AND $place NOT IN (coalesce(url, ''), article_id)
ORDER BY ingested_at, article_id
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell: ``text`` is a line for people, ``key`` is the same for the same thing.

    ``kind`` is ``problem``, ``name`` or ``story``; ``subject`` the problem, name or story.
    """

    key: str
    kind: str
    source: str
    subject: str
    text: str
    url: str | None = None


def list_problem_notices(
    status: Status, sources: Collection[str], settings: NotifySettings
) -> Iterator[Notice]:
    """The problems that hold now, of feeds and of sources themselves."""
    for source in status.sources:
        if source.source not in sources:
            continue
        for feed in source.feeds:
            notes = list(list_notes(feed, status.now))
            for problem in feed.problems:
                if problem in settings.problems:
                    told = next((n for n in notes if n.startswith(f"{problem}:")), problem)
                    yield _note_problem(source.source, problem, told, feed.feed)
        if source.brought_nothing and "failing" in settings.problems:
            told = "failing: its feeds tell of articles, and none came in"
            yield _note_problem(source.source, "failing", told, None)
        if source.drift.changes and "drift" in settings.problems:
            told = "; ".join(map(describe_change, source.drift.changes))
            yield _note_problem(source.source, "drift", f"drift: {told}", None)


def list_article_notices(
    lake: LakePath, sources: Collection[str], settings: NotifySettings, since: datetime
) -> Iterator[Notice]:
    """New articles since then that name what is watched, or tell a story that is.

    Raises:
        UnreadableLakeError: the lake cannot be read.
    """
    if not settings.names and not settings.stories:
        return
    with connect_lake(lake) as connection:
        for name in settings.names:
            pattern = rf"(?i)(^|[^\p{{L}}\p{{N}}]){re.escape(name)}($|[^\p{{L}}\p{{N}}])"
            asked: dict[str, Any] = {
                "since": since, "sources": sorted(sources), "name": name, "pattern": pattern
            }  # fmt: skip
            for row in connection.execute(_NAMED, asked).fetchall():
                yield _note_article("name", name, *row)
        for place in settings.stories:
            for row in connection.execute(_OF_STORY, {"since": since, "place": place}).fetchall():
                yield _note_article("story", place, *row)


def _note_problem(source: str, problem: str, told: str, feed: str | None) -> Notice:
    key = f"problem {problem} {source} {feed or ''}"
    about = f"{source} ({feed})" if feed else source
    return Notice(key, "problem", source, problem, f"{about}: {told}", feed)


def _note_article(
    kind: str, subject: str, source: str, article: str, title: str | None, url: str | None
) -> Notice:
    words = f"{title or 'without a title'} ({source})"
    text = f"{subject}: {words}" if kind == "name" else f"a story that you watch: {words}"
    return Notice(f"{kind} {subject} {article}", kind, source, subject, text, url)
