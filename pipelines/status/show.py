"""``newsbeam status`` as it is called, and the status of a lake for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newsbeam.pipelines.backfill.show import describe_past
from newsbeam.pipelines.missing import explain_missing
from newsbeam.pipelines.status.as_json import status_to_json
from newsbeam.pipelines.status.drift import Change, Sign
from newsbeam.pipelines.status.gather import SchedulerFacts, Status, read_status
from newsbeam.pipelines.status.health import FeedHealth, Problem, SourceHealth
from newsbeam.pipelines.status.metrics import write_metrics
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.lake.findings import LastCheck
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.text.counts import show_count

# What the newest articles do when a sign shows; {limit} is in words or lines.
_SIGNS: Mapping[Sign, str] = {
    "no_text": "documents gave no text",
    "short": "articles have fewer than {limit} words",
    "long": "articles have more than {limit} words",
    "no_title": "articles have no title",
    "no_date": "pages do not tell when they were published",
    "no_authors": "articles have no authors",
    "paywalled": "articles are behind a paywall",
    "many_removed": "articles lost more than {limit} lines as boilerplate",
}


@dataclass(frozen=True, slots=True)
class StatusOptions:
    """How ``newsbeam status`` was called."""

    root: LakePath
    source: str | None = None
    all_feeds: bool = False
    as_json: bool = False
    metrics: Path | None = None
    fail_on: tuple[Problem, ...] = ()
    skip_damaged: bool = False


def show_status(options: StatusOptions, now: datetime, output: Console, errors: Console) -> bool:
    """Report on the lake; returns whether no problem of ``fail_on`` holds.

    Raises:
        NoLakeError: the folder holds no lake.
        NoSourceError: the lake has nothing of the source asked for.
        OSError: the metrics cannot be written.
    """
    status = read_status(options.root, now, options.source, skip_damaged=options.skip_damaged)
    if options.metrics is not None:
        write_metrics(status, options.metrics)
    if options.as_json:
        print(json.dumps(status_to_json(status), ensure_ascii=False, indent=2), file=output.file)
    elif options.metrics is None:
        print_status(status, output, all_feeds=options.all_feeds)
    found = status.find_problems()
    wanted = [problem for problem in options.fail_on if found[problem]]
    for problem in wanted:
        _print(errors, f"newsbeam: {problem}: {'; '.join(found[problem])}")
    return not wanted


def print_status(status: Status, console: Console, *, all_feeds: bool = False) -> None:
    """A line a source, then what needs attention; with ``all_feeds`` a line a feed, too."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("source", overflow="fold")
    for name in ("feeds", "polled", "next", "24 h", "7 d", "stored", "rejects"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    for source in status.sources:
        table.add_row(*_describe_source(source, status.now))
    console.print(table)
    _print(
        console,
        "24 h, 7 d: new articles (of feeds: entries). stored: revisions of all times.\n"
        "rejects: items of the last 24 h.",
        style="dim",
    )
    for line in _list_feeds(status) if all_feeds else ():
        _print(console, line)
    for line in _list_attention(status):
        _print(console, line)
    if status.backfills:
        _print(console, "\nBackfills:")
    for past in status.backfills.values():
        _print(console, describe_past(past))
    _print(console, f"\n{describe_check(status.check, status.now)}")
    if status.scheduler is not None:
        _print(console, _describe_scheduler(status.scheduler, status.now))


def _describe_source(source: SourceHealth, now: datetime) -> list[str]:
    live = [feed for feed in source.feeds if not feed.is_dropped]
    due = [feed.due_at for feed in live if feed.due_at is not None]
    polled = max((feed.newest.polled_at for feed in source.feeds), default=None)
    return [
        source.source,
        str(len(source.feeds) or "-"),
        _age(polled, now),
        _wait(min(due, default=None), now),
        str(source.articles_day),
        str(source.articles_week),
        str(source.stored),
        str(sum(count for _, _, count in source.rejects)),
        ", ".join(source.problems) or "fine",
    ]


def _list_feeds(status: Status) -> Iterator[str]:
    """A line a feed, its address last: it may be longer than a terminal is wide."""
    feeds = [feed for source in status.sources for feed in source.feeds]
    width = max((len(feed.source) for feed in feeds), default=0)
    yield f"\n{'source':<{width}}   polled     next    24 h     7 d  state                feed"
    for feed in feeds:
        polled, due = _age(feed.newest.polled_at, status.now), _wait(feed.due_at, status.now)
        yield (
            f"{feed.source:<{width}} {polled:>8} {due:>8} {feed.new_day:>7} "
            f"{feed.new_week:>7}  {_describe_state(feed):<20} {show_safe(feed.feed)}"
        )


def _describe_state(feed: FeedHealth) -> str:
    if feed.problems:
        return ", ".join(feed.problems)
    if feed.is_dropped:
        return "left"
    if not feed.newest.is_answered:
        return feed.newest.reason or feed.newest.outcome
    return feed.silence.verdict.replace("_", " ")


def _list_attention(status: Status) -> Iterator[str]:
    for source in status.sources:
        for feed in source.feeds:
            notes = list(list_notes(feed, status.now))
            if notes:
                yield f"\n{source.source}  {show_safe(feed.feed)}"
                yield from (f"  {show_safe(note)}" for note in notes)
        if source.brought_nothing:
            yield f"\n{source.source}: failing: its feeds tell of articles, and none came in"
        if source.drift.changes:
            yield f"\n{source.source}: drift: has the site changed its layout?"
            yield from (f"  {describe_change(change)}" for change in source.drift.changes)
        for line in explain_missing(source.missing):
            yield f"\n{source.source}: {line}"
        if source.rejects:
            reasons = ", ".join(f"{n} {stage} {reason}" for stage, reason, n in source.rejects)
            yield f"\n{source.source}: rejected in 24 h: {reasons}"


def list_notes(feed: FeedHealth, now: datetime) -> Iterator[str]:
    """What a person should know of the feed; nothing of one that is fine."""
    if feed.is_dropped:
        return
    newest, silence = feed.newest, feed.silence
    if "silent" in feed.problems:
        since = f" (since {silence.since:%Y-%m-%d %H:%M} UTC)" if silence.since else ""
        why = ""
        if silence.chance is not None:
            why = f"; {silence.expected:.3g} entries or so could be expected"
        if silence.longest_seconds:
            why += f", the longest such time before was {_span(silence.longest_seconds)}"
        yield f"silent: nothing new for {_span(silence.seconds)}{since}{why}"
    if newest.outcome == "gone":
        yield "failing: gone (410), not asked again; take it out of the config"
    elif not newest.is_answered:
        label = "failing" if "failing" in feed.problems else "failed"
        status = f"HTTP {newest.status}, " if newest.status else ""
        answered = feed.answered_at
        since = f"last answer {_age(answered, now)} ago" if answered else "it never answered"
        why = f"{status}{newest.reason}: {newest.detail}"
        yield f"{label}: {newest.failures} in a row, {since}: {why}"
    elif newest.has_lost_all_pages:
        pages = show_count(newest.new + newest.changed, "page")
        yield f"failing: none of the {pages} that its last poll told of could be had; see rejects"
    if "overdue" in feed.problems:
        yield (
            f"overdue: it was due {_age(feed.due_at, now)} ago; does a timer or "
            "`newsbeam schedule` run?"
        )
    if "clock" in feed.problems:
        yield (
            f"clock: its last poll was at {newest.polled_at:%Y-%m-%d %H:%M} UTC, which is in the "
            "future; it is due now. Is the clock right?"
        )
    if newest.moved_to:
        yield f"moved to {newest.moved_to}: put that into the config"
    if feed.false_304s:
        yield f"said falsely that nothing changed (304): {feed.false_304s} in 7 days"
    for domain, until in feed.blocked:
        yield f"nothing is asked of {domain} before {until:%Y-%m-%d %H:%M} UTC"
    if newest.pending and feed.problems:
        yield f"waiting to be tried again: {show_count(newest.pending, 'page')}"


def describe_change(change: Change) -> str:
    """What the newest articles of a source do that the earlier ones did not."""
    text = _SIGNS[change.sign].format(limit=change.limit)
    return (
        f"{change.bad} of the newest {change.newest} {text}; "
        f"before it was {change.share_before:.0%}"
    )


def describe_check(check: LastCheck | None, now: datetime) -> str:
    """When the lake was last checked for damage, and what was found."""
    if check is None:
        return "checked for damage: never (newsbeam check)"
    kind = "all pages" if check.is_deep else "not every page: --deep"
    found = "nothing wrong" if not check.damage else f"{len(check.damage)} damaged"
    lines = [f"checked for damage: {_age(check.at, now)} ago ({kind}): {found}"]
    lines += [f"  {show_safe(sentence)}" for sentence in check.damage[:3]]
    if len(check.damage) > 3:
        lines.append(f"  and {len(check.damage) - 3} more")
    return "\n".join(lines)


def _describe_scheduler(scheduler: SchedulerFacts, now: datetime) -> str:
    if not scheduler.is_running:
        return "\nscheduler: not running"
    batch = scheduler.heartbeat.get("last_batch") or {}
    parts = ["\nscheduler: running"]
    started = _parse(batch.get("started_at"))
    if started is not None:
        fault = f" ({batch.get('outcome')})" if batch.get("outcome") != "done" else ""
        parts.append(f"last batch {_age(started, now)} ago{fault}")
    following = _parse(scheduler.heartbeat.get("next_batch_at"))
    if following is not None:
        parts.append(f"next at {following:%Y-%m-%d %H:%M %Z}")
    return show_safe("; ".join(parts), keep_newlines=True)


def _parse(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _age(instant: datetime | None, now: datetime) -> str:
    return "-" if instant is None else _span(max((now - instant).total_seconds(), 0))


def _wait(instant: datetime | None, now: datetime) -> str:
    if instant is None:
        return "-"
    seconds = (instant - now).total_seconds()
    return "due" if seconds <= 0 else _span(seconds)


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _print(console: Console, message: str, style: str | None = None) -> None:
    console.print(message, markup=False, highlight=False, soft_wrap=True, style=style)
