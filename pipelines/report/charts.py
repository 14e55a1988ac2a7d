"""The report's charts: what each shows, as a spec (``shapes``), as a table and in a sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from newsbeam.pipelines.extras import need_extra
from newsbeam.pipelines.report.ingestion_facts import CleaningFacts, PollSeries, RejectFacts
from newsbeam.pipelines.report.labels import make_labels
from newsbeam.pipelines.report.name_facts import NameFacts, SpeakerFacts
from newsbeam.pipelines.report.name_kinds import NAME_LISTS
from newsbeam.pipelines.report.periods import Periods, name_period
from newsbeam.pipelines.report.shapes import (
    ROW_HEIGHT,
    day_tip,
    draw_intervals,
    draw_ranking,
    finish_spec,
    make_interval,
    midnight,
    time_axis,
)
from newsbeam.pipelines.report.voice_facts import VoiceFacts
from newsbeam.transforms.text.counts import show_count

with need_extra("report", "the report"):
    import altair as alt

# Ours: as many colours and lines as the eye can keep apart.
_MOST_SERIES, _MOST_SPEAKERS, _MOST_NAMES, _MOST_REASONS, _MOST_SOURCES = 9, 6, 8, 20, 30
_OTHERS = "others"
_PER = {"day": "per day", "week": "per week", "month": "per month"}
# New, unchanged, failed: three to one against white and near black (WCAG 2.2, 1.4.11).
_OUTCOME_COLOURS = {"new": "#2b8a5f", "unchanged": "#7c8794", "failed": "#d04a3a"}

ChartRow = list[Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its ``summary`` says in a sentence what it shows, ``rows`` are its data with the
    full names. ``spec`` is nothing where there are no data."""

    title: str
    summary: str
    spec: dict[str, Any] | None
    columns: list[str]
    rows: list[ChartRow]


def draw_articles(counts: Mapping[tuple[str, date], int], periods: Periods | None) -> Chart:
    """Articles by period and source; ``counts`` by source and period."""
    if periods is None or not counts:
        return _draw_nothing("Articles by source", "There are no articles yet.")
    sources = _sum_by(counts, 0)
    names = [source for source, _ in sources.most_common()]
    starts = periods.list_starts()
    rows = [[start.isoformat(), *(counts.get((n, start), 0) for n in names)] for start in starts]
    busiest = max(starts, key=lambda start: sum(counts.get((n, start), 0) for n in names))
    most = sum(counts.get((n, busiest), 0) for n in names)
    values = [
        make_interval(start, periods.unit) | {"source": label, "articles": count}
        for (label, start), count in _fold(counts, names).items()
    ]
    order = _list_series(names)
    if len(starts) == 1:  # of one period there is nothing to see over time
        return Chart(
            "Articles by source",
            f"{show_count(sum(sources.values()), 'article')} of "
            f"{show_count(len(names), 'source')}, all of {name_period(starts[0], periods.unit)}.",
            draw_ranking(values, "articles", "source", "source", order, order),
            ["source", "articles"],
            [[name, sources[name]] for name in names],
        )
    return Chart(
        f"Articles {_PER[periods.unit]}",
        f"{show_count(sum(sources.values()), 'article')} of {show_count(len(names), 'source')} "
        f"from {name_period(starts[0], periods.unit)} on; most in "
        f"{name_period(busiest, periods.unit)}: {most:,}.",
        draw_intervals(values, "articles", "source", order),
        [periods.unit, *names],
        rows,
    )


def draw_polls(polls: PollSeries) -> Chart:
    """Polls of feeds by period and what they brought."""
    if polls.periods is None:
        return _draw_nothing("Polls of feeds", "No feed was polled yet.")
    unit, outcomes = polls.periods.unit, list(_OUTCOME_COLOURS)
    values = [
        make_interval(start, unit) | {"outcome": outcome, "polls": count}
        for (start, outcome), count in sorted(polls.counts.items())
    ]
    sums = _sum_by(polls.counts, 1)
    scale = alt.Scale(domain=outcomes, range=list(_OUTCOME_COLOURS.values()))
    return Chart(
        f"Polls of feeds {_PER[unit]}",
        f"{show_count(polls.polls, 'poll')}: {sums['new']:,} brought something new, "
        f"{sums['unchanged']:,} nothing, {sums['failed']:,} failed.",
        draw_intervals(values, "polls", "outcome", outcomes, scale),
        [unit, *outcomes],
        [
            [start.isoformat(), *(polls.counts.get((start, outcome), 0) for outcome in outcomes)]
            for start in polls.periods.list_starts()
        ],
    )


def draw_rejects(rejects: Sequence[RejectFacts]) -> Chart:
    """Items that could not go on, by reason and stage."""
    if not rejects:
        return _draw_nothing("Rejects by reason", "Nothing was rejected.")
    counts: Counter[tuple[str, str]] = Counter()
    for reject in rejects:
        counts[reject.reason, reject.stage] += reject.count
    rows: list[ChartRow] = [[reason, stage, n] for (reason, stage), n in _most_first(counts)]
    reasons = _sum_by(counts, 0)
    shown = [reason for reason, _ in reasons.most_common(_MOST_REASONS)]
    labels = dict(zip(shown, make_labels(shown), strict=True))
    values = [
        {"reason": labels[reason], "stage": stage, "items": n}
        for reason, stage, n in rows
        if reason in labels
    ]
    (first, most), *_ = reasons.most_common(1)
    return Chart(
        "Rejects by reason",
        f"{show_count(sum(reasons.values()), 'item')} rejected for "
        f"{show_count(len(reasons), 'reason')}; most for {first}: {most:,}.",
        draw_ranking(values, "items", "reason", "stage", list(labels.values())),
        ["reason", "stage", "items"],
        rows,
    )


def draw_removed(cleaning: Sequence[CleaningFacts], articles: Mapping[str, int]) -> Chart:
    """Lines that cleaning took out of an article, on average, by source and rule.

    ``articles`` is how many each source has.
    """
    if not cleaning:
        return _draw_nothing("What cleaning removes", "Cleaning has removed no line.")
    lines = {(item.rule, item.source): item.lines for item in cleaning}
    rules = [rule for rule, _ in _sum_by(lines, 0).most_common()]
    total = _sum_by(lines, 1)
    means = Counter({source: count / articles[source] for source, count in total.items()})
    shown = [source for source, _ in means.most_common(_MOST_SOURCES)]
    labels = dict(zip(shown, make_labels(shown), strict=True))
    values = [
        {"source": labels[source], "rule": label, "lines": round(count / articles[source], 2)}
        for (label, source), count in _fold(lines, rules).items()
        if source in labels
    ]
    (first, most), *_ = means.most_common(1)
    return Chart(
        "Lines removed from an article",
        f"{show_count(sum(total.values()), 'line')} removed from the articles of "
        f"{show_count(len(total), 'source')}; most from those of {first}: "
        f"{most:.1f} lines an article.",
        draw_ranking(values, "lines", "source", "rule", list(labels.values()), _list_series(rules)),
        ["source", "rule", "lines", "articles"],
        [[item.source, item.rule, item.lines, item.articles] for item in cleaning],
    )


def draw_speakers(speakers: Sequence[SpeakerFacts], periods: Periods | None) -> Chart:
    """How often those who are quoted most were quoted, by period."""
    shown = speakers[:_MOST_SPEAKERS]
    if not shown or periods is None:
        return _draw_nothing("Who is quoted", "No quote has a speaker yet.")
    labels = make_labels([speaker.name for speaker in shown])
    starts = periods.list_starts()
    counts = [dict(speaker.periods) for speaker in shown]
    values = [
        {"from": midnight(start), "speaker": label, "quotes": of_speaker[start]}
        for label, of_speaker in zip(labels, counts, strict=True)
        for start in starts
        if of_speaker.get(start)
    ]
    most = max((count for of_speaker in counts for count in of_speaker.values()), default=1)
    # A row for each: lines of several would lie on each other.
    size = alt.Size(
        "quotes:Q",
        scale=alt.Scale(domainMin=0, rangeMax=400),
        legend=alt.Legend(
            title=None, values=sorted({1, (most + 1) // 2, most}), symbolType="circle"
        ),
    )
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_circle(opacity=0.85)
        .encode(
            x=time_axis(),
            y=alt.Y("speaker:N", title=None, sort=labels, axis=alt.Axis(labelLimit=150, grid=True)),
            size=size,
            tooltip=[day_tip(periods.unit), alt.Tooltip("speaker:N"), alt.Tooltip("quotes:Q")],
        )
    )
    first = shown[0]
    return Chart(
        f"Who is quoted, {_PER[periods.unit]}",
        f"Quotes of the {show_count(len(shown), 'speaker')} who are quoted most; most often: "
        f"{first.name}, {show_count(first.quotes, 'quote')}.",
        finish_spec(chart, len(shown) * 2 * ROW_HEIGHT),
        [periods.unit, *(speaker.name for speaker in shown)],
        [[start.isoformat(), *(n.get(start, 0) for n in counts)] for start in starts],
    )


def draw_genders(voices: VoiceFacts) -> Chart:
    """Who gets to speak, by gender; what is not known is shown as such."""
    total = sum(voices.genders.values())
    if not total:
        return _draw_nothing("Voices by gender", "No quote was found yet.")
    people = {gender: voices.genders.get(gender, 0) for gender in ("female", "male")}
    known = sum(people.values())
    told = f"{_percent(people['female'], known)} of those whose gender is known are women"
    return _draw_shares(
        "Voices by gender",
        f"{show_count(total, 'voice')} in quotes; {told if known else 'no gender is known'}; known "
        "by pronouns, titles, nouns and first names that one gender alone bears.",
        voices.genders,
    )


def draw_roles(voices: VoiceFacts) -> Chart:
    """As what those who speak are introduced."""
    unknown = voices.roles.get("role not known", 0)
    total = sum(voices.roles.values())
    if not total:
        return _draw_nothing("Voices by role", "No person is quoted yet.")
    return _draw_shares(
        "Voices by role",
        f"{show_count(total, 'voice')} of persons; for {_percent(unknown, total)} the article "
        "gives no role.",
        voices.roles,
    )


def _draw_shares(title: str, summary: str, counts: Mapping[str, int]) -> Chart:
    """Voices by what is known of them, each with its share of all."""
    total = sum(counts.values())
    labels = make_labels(list(counts))
    values = [
        {"voice": label, "is": "not known" if "not known" in name else "known", "quotes": n}
        for label, (name, n) in zip(labels, counts.items(), strict=True)
    ]
    return Chart(
        title,
        summary,
        draw_ranking(values, "quotes", "voice", "is", labels, ["known", "not known"]),
        ["voice", "quotes", "share"],
        [[name, n, _percent(n, total)] for name, n in counts.items()],
    )


def draw_names(names: Mapping[str, Sequence[NameFacts]]) -> Chart:
    """The people, organisations and places that most articles name."""
    top = [
        (item, kind)
        for key, kind in NAME_LISTS.items()
        for item in names.get(key, ())[:_MOST_NAMES]
    ]  # fmt: skip
    if not top:
        return _draw_nothing("Most named", "No name was found yet.")
    top.sort(key=lambda pair: (-pair[0].articles, pair[0].name))
    times = Counter(item.name for item, _ in top)
    labels = make_labels(
        [item.name if times[item.name] == 1 else f"{item.name} ({kind})" for item, kind in top]
    )
    values = [
        {"name": label, "kind": kind, "articles": item.articles}
        for label, (item, kind) in zip(labels, top, strict=True)
    ]
    first = [
        f"{item.name} ({show_count(item.articles, 'article')})"
        for kind in NAME_LISTS.values()
        for item in [next((item for item, of in top if of == kind), None)]
        if item is not None
    ]
    return Chart(
        "Most named",
        f"The names in most articles; of each kind the first: {', '.join(first)}.",
        draw_ranking(values, "articles", "name", "kind", labels, list(NAME_LISTS.values())),
        ["name", "kind", "articles", "mentions"],
        [[item.name, kind, item.articles, item.mentions] for item, kind in top],
    )


def _draw_nothing(title: str, summary: str) -> Chart:
    return Chart(title, summary, None, [], [])


def _fold(counts: Mapping[tuple[str, Any], int], names: Sequence[str]) -> Counter[tuple[str, Any]]:
    """``counts`` by a label of their series; those beyond the first ``names`` are ``others``."""
    labels = dict(zip(names, _list_series(names), strict=False))
    folded: Counter[tuple[str, Any]] = Counter()
    for (name, place), count in sorted(counts.items()):
        folded[labels.get(name, _OTHERS), place] += count
    return folded


def _list_series(names: Sequence[str]) -> list[str]:
    if len(names) <= _MOST_SERIES:
        return make_labels(names)
    return [*make_labels(names[: _MOST_SERIES - 1], taken=[_OTHERS]), _OTHERS]


def _sum_by(counts: Mapping[Any, int], part: int) -> Counter[str]:
    """Sums over one part of the keys; the keys in order, so that ties are."""
    sums: dict[str, int] = defaultdict(int)
    for key, count in counts.items():
        sums[key[part]] += count
    return Counter(dict(sorted(sums.items())))


def _most_first(counts: Mapping[tuple[str, str], int]) -> Iterable[tuple[tuple[str, str], int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"
