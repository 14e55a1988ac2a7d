"""All that the page says of a lake, as one JSON object; its texts are read apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

import duckdb

from newsbeam.pipelines.report.article_facts import (
    prepare_articles,
    read_articles_per_period,
    read_shown,
    read_sources,
    read_span,
    read_stories,
    read_totals,
)
from newsbeam.pipelines.report.charts import (
    draw_articles,
    draw_genders,
    draw_names,
    draw_polls,
    draw_rejects,
    draw_removed,
    draw_roles,
    draw_speakers,
)
from newsbeam.pipelines.report.health import describe_health, format_instant
from newsbeam.pipelines.report.ingestion_facts import read_cleaning, read_polls, read_rejects
from newsbeam.pipelines.report.name_facts import SpeakerFacts, read_names, read_speakers
from newsbeam.pipelines.report.voice_facts import read_voices
from newsbeam.pipelines.report.window import Window
from newsbeam.pipelines.source_notes import SourceNotes, read_notes
from newsbeam.pipelines.status.gather import Status
from newsbeam.transforms.lake.machine import cache_folder


def gather_report(
    connection: duckdb.DuckDBPyConnection,
    status: Status,
    *,
    title: str,
    most: int,
    now: datetime,
    window: Window,
) -> dict[str, Any]:
    """What the page is told of the ``window``; ``connection`` is of ``lake.views``.

    ``most`` articles are listed; all of them are counted. docs/report.md tells what is counted
    how, `pipelines/report/page.js` reads the keys.
    """
    called = read_notes(cache_folder(status.root), SourceNotes.NAMES)
    prepare_articles(connection, window.since, window.until)
    totals, span = read_totals(connection), read_span(connection)
    sources = read_sources(connection)
    polls, rejects = read_polls(connection), read_rejects(connection)
    cleaning, names = read_cleaning(connection), read_names(connection, most)
    periods = span.periods if span else None
    speakers = read_speakers(connection, periods.unit if periods else "day", most)
    voices = read_voices(connection)
    stories = read_stories(connection, most)
    counts = read_articles_per_period(connection, periods) if periods else {}
    shown_as = name_sources([source.id for source in sources], called)
    charts = {
        "articles_per_day": draw_articles(
            {(shown_as[source], start): n for (source, start), n in counts.items()}, periods
        ),
        "polls_per_day": draw_polls(polls),
        "rejects_by_reason": draw_rejects(rejects),
        "removed_by_source": draw_removed(
            [replace(item, source=shown_as[item.source]) for item in cleaning],
            {shown_as[source.id]: source.articles for source in sources},
        ),
        "speakers_over_time": draw_speakers(speakers, periods),
        "voices_by_gender": draw_genders(voices),
        "voices_by_role": draw_roles(voices),
        "entities_top": draw_names(names),
    }
    shown = min(totals.articles, most)
    return {
        "meta": {
            "title": title,
            "generated_at": format_instant(now),
            "version": version("newsbeam"),
            "since": span.first.isoformat() if span else None,
            "until": span.last.isoformat() if span else None,
            "unit": periods.unit if periods else None,
            "window": window.to_json(),
            "totals": asdict(totals)
            | {
                "sources": len(sources),
                "rejects": sum(reject.count for reject in rejects),
                "polls": polls.polls,
            },
            "shown": shown,
            "has_more": shown < totals.articles,
        },
        "sources": [asdict(source) | {"name": called.get(source.id)} for source in sources],
        "charts": {
            key: {
                "title": chart.title,
                "summary": chart.summary,
                "spec": chart.spec,
                "table": {"columns": chart.columns, "rows": chart.rows},
            }
            for key, chart in charts.items()
        },
        "health": describe_health(status, rejects, {s.id: s.last for s in sources}),
        "cleaning": [asdict(item) for item in cleaning],
        **{kind: [asdict(item) for item in found] for kind, found in names.items()},
        "speakers": [_describe_speaker(speaker) for speaker in speakers],
        "stories": [asdict(story) for story in stories],
        "articles": read_shown(connection, most, sources, stories),
    }


def name_sources(ids: Sequence[str], called: Mapping[str, str]) -> dict[str, str]:
    """What each source is called in charts: by its name, where no other one has that, else its
    id."""
    times = Counter(called.get(id_, id_) for id_ in ids)
    return {id_: name if times[name := called.get(id_, id_)] == 1 else id_ for id_ in ids}


def _describe_speaker(speaker: SpeakerFacts) -> dict[str, Any]:
    return asdict(speaker) | {
        "first": speaker.first.isoformat(),
        "last": speaker.last.isoformat(),
        "periods": [[start.isoformat(), count] for start, count in speaker.periods],
    }
