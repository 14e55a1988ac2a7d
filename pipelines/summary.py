"""What a run did, from its polls and Beam's counters: a table for people, JSON for scripts."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.extras import ask_to_install
from newsbeam.pipelines.missing import explain_missing
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.lake.commit import CommitCount
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.poll.round import Round
from newsbeam.transforms.text.counts import show_count

# Of so many sources each has a row, of more only those of which something was read. Ours.
_MOST_ROWS = 40
_COUNTERS = ("read", "new", "revised", "known", "entities", "quotes")


@dataclass
class FeedCount:
    """What became of one source's feeds: polled = changed + unchanged + failed.

    ``from_future`` were asked because their last poll lies in the future: a clock is or was wrong.
    """

    polled: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    from_future: int = 0


@dataclass
class SourceCount:
    """What became of one source's items: ``read`` = new + revised + known + rejected, and what was
    left out of it; but ``no_files`` are rejected that were not there to be read.

    ``waiting`` are pages that are left to a later run. ``missing`` counts articles in which
    nothing was looked for, by column and language: ``{"quotes": {"fr": 12}}``. ``unread`` counts
    rows with a field that means nothing, by its name. ``left_out`` counts what nobody wants, by
    why: ``other_language``, ``other_day`` and ``no_day`` of what was read, and, unread,
    records of archives (``other_site``, ``other_type``, ``other_status``) and rows that a later one
    with their id replaces (``duplicate_id``).
    """

    read: int = 0
    new: int = 0
    revised: int = 0
    known: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    entities: int = 0
    quotes: int = 0
    waiting: int = 0
    missing: dict[str, dict[str, int]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    feeds: FeedCount | None = None

    def add(self, other: SourceCount) -> None:
        """Add what another run did with the same source's files."""
        for name in (*_COUNTERS, "waiting"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in (
            (self.rejected, other.rejected),
            (self.unread, other.unread),
            (self.left_out, other.left_out),
        ):
            _add_counts(mine, theirs)
        for column, tags in other.missing.items():
            _add_counts(self.missing.setdefault(column, {}), tags)


def _add_counts(mine: dict[str, int], theirs: Mapping[str, int]) -> None:
    for name, number in theirs.items():
        mine[name] = mine.get(name, 0) + number


@dataclass
class Summary:
    """The result of a run. ``busy`` are sources whose feeds another run was polling; ``asks_all``:
    feeds that were not due were asked, too; not ``asks_feeds``: pages alone were asked for.

    ``held_back`` are sources that were left out as files with their articles cannot be read;
    ``damage`` says which, and what else is damaged. ``fault`` is why the run failed after it had
    committed articles: they are counted. ``hints`` are at sources that may have been renamed.
    """

    run_id: str
    output: LakePath
    dry_run: bool
    seconds: float
    sources: dict[str, SourceCount]
    busy: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    fault: str | None = None
    asks_all: bool = False
    asks_feeds: bool = True

    @property
    def failure(self) -> str | None:
        """Why a run that ended well brought nothing that it should; ``None``: it did."""
        feeds = [count.feeds for count in self.sources.values() if count.feeds]
        polled, failed = sum(f.polled for f in feeds), sum(f.failed for f in feeds)
        if polled and polled == failed:
            return (
                f"no feed gave anything ({failed} of {polled} failed); the table rejects says why"
            )
        # Of `files: ["*.html", "*.html.gz"]` one may match nothing for good reason.
        empty = [
            name
            for name, count in self.sources.items()
            if count.rejected.get("no_files") and not count.read
        ]
        if empty:
            return f"no file matches `files` of {', '.join(empty)}; correct it there"
        rejected = sum(sum(count.rejected.values()) for count in self.sources.values())
        # A feed's one new entry may be a film; `status` tells whose pages all fail.
        if rejected and not polled and not self.waiting and not self.used:
            return (
                f"nothing could be used: {show_count(rejected, 'item')} rejected; "
                "the table rejects says why (column `detail`)"
            )
        return None

    @property
    def waiting(self) -> int:
        """How many pages are left to a later run."""
        return sum(count.waiting for count in self.sources.values())

    @property
    def used(self) -> int:
        """How many items are articles, now or since before."""
        return sum(c.new + c.revised + c.known for c in self.sources.values())

    @classmethod
    def begin(
        cls, run: Run, job: Job, dry_run: bool, polled: Round, busy: Collection[str]
    ) -> Summary:
        """The summary of what was done before the graph."""
        sources = {
            source.id: SourceCount(feeds=FeedCount() if source.feeds else None)
            for source in job.sources
        }
        for draft in polled.drafts:
            state = draft.state
            count = sources[state.source]
            count.read += draft.known
            count.known += draft.known
            count.waiting += len(state.pending)
            assert count.feeds is not None
            count.feeds.polled += 1
            count.feeds.from_future += (state.source, state.feed) in polled.from_future
            match state.outcome:
                case "parsed":
                    count.feeds.changed += 1
                case "unchanged" | "not_modified":
                    count.feeds.unchanged += 1
                case _:
                    count.feeds.failed += 1
        for rejection in polled.rejections:
            count = sources[rejection.source]
            count.read += 1
            count.rejected[rejection.reason] = count.rejected.get(rejection.reason, 0) + 1
        return cls(run.id, run.lake.place, dry_run, 0.0, sources, sorted(busy))

    @property
    def processed(self) -> int:
        """Articles that went through all stages: new ones and revised ones."""
        return sum(count.new + count.revised for count in self.sources.values())

    @property
    def missing(self) -> dict[str, Counter[str]]:
        """Articles of all sources in which a column was not looked for, by column and language."""
        missing: dict[str, Counter[str]] = defaultdict(Counter)
        for count in self.sources.values():
            for column, tags in count.missing.items():
                missing[column].update(tags)
        return missing

    def add_counters(self, result: Any) -> None:
        """Add the counters of a finished graph (``result`` is Beam's ``PipelineResult``)."""
        from apache_beam.metrics.metric import MetricsFilter

        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for counter in result.metrics().query(MetricsFilter())["counters"]:
            name = counter.key.metric
            # A retried bundle counts once in what is committed; not every runner knows that.
            value = counter.attempted if counter.committed is None else counter.committed
            found[name.namespace][name.name] += value
        for source in sorted(found):  # sites of archives are sources that no config names
            if source not in self.sources and {"read", "new", "known"} & found[source].keys():
                self.sources[source] = SourceCount()
        for source, count in self.sources.items():
            for name in _COUNTERS:
                setattr(count, name, getattr(count, name) + found[source][name])
            count.waiting += found[source]["waiting"]
            for name, value in sorted(found[source].items()):
                prefix, _, reason = name.partition(":")
                if prefix == "rejected" and value:
                    count.rejected[reason] = count.rejected.get(reason, 0) + value
                if prefix == "missing" and value:
                    column, _, tag = reason.partition(":")
                    count.missing.setdefault(column, {})[tag] = value
                if prefix == "unread" and value:
                    count.unread[reason] = value
                if prefix == "left_out" and value:
                    count.left_out[reason] = value

    def add_committed(self, counts: Mapping[str, CommitCount]) -> None:
        """Add what a run committed whose graph failed afterwards."""
        for source, committed in counts.items():
            count = self.sources.setdefault(source, SourceCount())
            count.read += committed.new + committed.revised + committed.known
            for name, value in asdict(committed).items():
                setattr(count, name, getattr(count, name) + value)

    def add(self, other: Summary) -> None:
        """Add what a later step of the same work did."""
        self.seconds += other.seconds
        self.fault = other.fault
        for source, count in other.sources.items():
            self.sources.setdefault(source, SourceCount()).add(count)
        for mine, theirs in (
            (self.held_back, other.held_back),
            (self.damage, other.damage),
            (self.hints, other.hints),
        ):
            mine += [one for one in theirs if one not in mine]

    def to_json(self) -> dict[str, Any]:
        """Plain data; keys are stable."""
        return {
            "run_id": self.run_id,
            "output": str(self.output),
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 3),
            "articles_per_second": round(self.processed / self.seconds, 3),
            "busy": self.busy,
            "held_back": self.held_back,
            "damage": self.damage,
            "hints": self.hints,
            "fault": self.fault,
            "failure": self.failure,
            "sources": {source: asdict(count) for source, count in self.sources.items()},
        }


def print_summary(summary: Summary, console: Console) -> None:
    """The table, the rejects, where the data is, and a query to start with."""
    table = Table(title="Dry run: nothing was written" if summary.dry_run else None)
    table.add_column("source", no_wrap=True)
    for name in ("read", "new", "revised", "known", "rejected", "entities", "quotes"):
        table.add_column(name, justify="right")
    told = _choose_told(summary.sources)
    for source, count in told.items():
        table.add_row(
            source,
            *map(str, (count.read, count.new, count.revised, count.known)),
            str(sum(count.rejected.values())),
            *map(str, (count.entities, count.quotes)),
        )
    if told:
        console.print(table)

    def tell(text: str) -> None:
        # One line each, however narrow the terminal: scripts look for them.
        safe = show_safe(text, keep_newlines=True)  # names of fields are strangers' texts
        console.print(safe, markup=False, highlight=False, soft_wrap=True)

    if quiet := len(summary.sources) - len(told):
        of_all = show_count(len(summary.sources), "source")
        tell(f"Nothing was read of {quiet:,} of {of_all}")
    feeds = [count.feeds for count in summary.sources.values() if count.feeds]
    if any(count.polled for count in feeds):
        tell(
            f"Feeds: {sum(f.polled for f in feeds)} polled, {sum(f.changed for f in feeds)} with "
            f"changes, {sum(f.failed for f in feeds)} failed",
        )
    elif feeds and summary.asks_feeds and not summary.busy:
        advice = "none can be asked now" if summary.asks_all else "none was due (--all asks anyway)"
        tell(f"Feeds: {advice}")
    if ahead := sum(count.from_future for count in feeds):
        tell(
            f"Last poll in the future, so asked now: {show_count(ahead, 'feed')}. Is the clock "
            "right?",
        )
    if summary.busy:
        tell(f"Another run is polling {', '.join(summary.busy)}")
    if summary.held_back:
        tell(f"Left out, as files of theirs are damaged: {', '.join(summary.held_back)}")
    if summary.waiting:
        pages = show_count(summary.waiting, "page")
        tell(f"Left to a later run: {pages}")
    for source, count in summary.sources.items():
        if count.rejected:
            reasons = ", ".join(f"{n} {reason}" for reason, n in count.rejected.items())
            tell(f"Rejected of {source}: {reasons}")
        if count.left_out:
            reasons = ", ".join(f"{n:,} {reason}" for reason, n in count.left_out.items())
            tell(f"Left out of {source}: {reasons}")
        if count.unread:
            names = ", ".join(f"{name} ({n})" for name, n in count.unread.items())
            tell(f"Not read of {source}: {names}; `fields:` in its config names what they are")
    for line in explain_missing(summary.missing):
        tell(line)
    rate = f", {summary.processed / summary.seconds:.1f} articles/s" if summary.processed else ""
    tell(f"{summary.seconds:.1f} s{rate}")
    if summary.dry_run:
        return
    lake = summary.output
    lines = [f"Articles: {lake / 'articles'}"]
    if any(count.rejected for count in summary.sources.values()):
        lines.append(f"Rejects:  {lake / 'rejects'} (column `detail` says what to do)")
    # Who runs this every hour, by a timer, knows.
    is_first = not any(count.known for count in summary.sources.values())
    if summary.processed and (is_first or console.is_terminal):
        lines += _list_next_step(lake)
    tell("\n".join(lines))


def _choose_told(sources: Mapping[str, SourceCount]) -> Mapping[str, SourceCount]:
    """The rows of the table: of many sources only those of which something was read."""
    if len(sources) <= _MOST_ROWS:
        return sources
    return {source: count for source, count in sources.items() if count.read or count.rejected}


def _list_next_step(lake: LakePath) -> list[str]:
    install = ask_to_install("report")
    return [
        *([f"For the report, once: {install}"] if install else []),
        f"Look at it: newsbeam report {shlex.quote(str(lake))} --open",
        "or in DuckDB:",
        "  SELECT published_date, title, q.speaker, q.text",
        f"  FROM read_parquet('{lake}/articles/source=*/**/*.parquet', hive_partitioning=1),",
        "       unnest(quotes) AS t(q) LIMIT 20;",
    ]
