"""What a run did, from its polls and Beam's counters: a table for people, JSON for scripts."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.config import Job
from transforms.polls.rounds import Round
from transforms.tables.runs import Run

_COUNTERS = ("read", "new", "revised", "known", "entities", "quotes")


@dataclass
class FeedCount:
    """What became of one source's feeds: polled = changed + unchanged + failed."""

    polled: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0


@dataclass
class SourceCount:
    """What became of one source's items: ``read`` = new + revised + known + rejected.

    ``waiting`` are pages that are left to a later run.
    """

    read: int = 0
    new: int = 0
    revised: int = 0
    known: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    entities: int = 0
    quotes: int = 0
    waiting: int = 0
    feeds: FeedCount | None = None


@dataclass
class Summary:
    """The result of a run. ``busy`` are sources whose feeds another run was polling."""

    run_id: str
    output: Path
    dry_run: bool
    seconds: float
    sources: dict[str, SourceCount]
    busy: list[str] = field(default_factory=list)

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
        return cls(run.id, run.lake.root, dry_run, 0.0, sources, sorted(busy))

    @property
    def processed(self) -> int:
        """Articles that went through all stages: new ones and revised ones."""
        return sum(count.new + count.revised for count in self.sources.values())

    def add_counters(self, result: Any) -> None:
        """Add the counters of a finished graph (``result`` is Beam's ``PipelineResult``)."""
        from apache_beam.metrics.metric import MetricsFilter

        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for counter in result.metrics().query(MetricsFilter())["counters"]:
            name = counter.key.metric
            # A retried bundle counts once in what is committed; not every runner knows that.
            value = counter.attempted if counter.committed is None else counter.committed
            found[name.namespace][name.name] += value
        for source, count in self.sources.items():
            for name in _COUNTERS:
                setattr(count, name, getattr(count, name) + found[source][name])
            count.waiting += found[source]["waiting"]
            for name, value in sorted(found[source].items()):
                prefix, _, reason = name.partition(":")
                if prefix == "rejected" and value:
                    count.rejected[reason] = count.rejected.get(reason, 0) + value

    def to_json(self) -> dict[str, Any]:
        """Plain data; keys are stable."""
        return {
            "run_id": self.run_id,
            "output": str(self.output),
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 3),
            "articles_per_second": round(self.processed / self.seconds, 3),
            "busy": self.busy,
            "sources": {source: asdict(count) for source, count in self.sources.items()},
        }


def print_summary(summary: Summary, console: Console) -> None:
    """The table, the rejects, where the data is, and a query to start with."""
    table = Table(title="Dry run: nothing was written" if summary.dry_run else None)
    table.add_column("source", no_wrap=True)
    for name in ("read", "new", "revised", "known", "rejected", "entities", "quotes"):
        table.add_column(name, justify="right")
    for source, count in summary.sources.items():
        table.add_row(
            source,
            *map(str, (count.read, count.new, count.revised, count.known)),
            str(sum(count.rejected.values())),
            *map(str, (count.entities, count.quotes)),
        )
    console.print(table)
    feeds = [count.feeds for count in summary.sources.values() if count.feeds]
    if any(count.polled for count in feeds):
        console.print(
            f"Feeds: {sum(f.polled for f in feeds)} polled, {sum(f.changed for f in feeds)} with "
            f"changes, {sum(f.failed for f in feeds)} failed",
            highlight=False,
        )
    elif feeds and not summary.busy:
        console.print("Feeds: none was due (--all asks them anyway)", highlight=False)
    if summary.busy:
        console.print(f"Another run is polling {', '.join(summary.busy)}", markup=False)
    waiting = sum(count.waiting for count in summary.sources.values())
    if waiting:
        console.print(f"{waiting} pages wait for a later run", highlight=False)
    for source, count in summary.sources.items():
        if count.rejected:
            reasons = ", ".join(f"{n} {reason}" for reason, n in count.rejected.items())
            console.print(f"Rejected of {source}: {reasons}", markup=False, highlight=False)
    rate = f", {summary.processed / summary.seconds:.1f} articles/s" if summary.processed else ""
    console.print(f"{summary.seconds:.1f} s{rate}", highlight=False)
    if summary.dry_run:
        return
    lake = summary.output
    lines = [f"Articles: {lake / 'articles'}"]
    if any(count.rejected for count in summary.sources.values()):
        lines.append(f"Rejects:  {lake / 'rejects'} (column `detail` says what to do)")
    lines += [
        f"Look at it: newsbeam report {shlex.quote(str(lake))} --open",
        "or in DuckDB:",
        "  SELECT published_date, title, q.speaker, q.text",
        f"  FROM read_parquet('{lake}/articles/source=*/**/*.parquet', hive_partitioning=1),",
        "       unnest(quotes) AS t(q) LIMIT 20;",
    ]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
