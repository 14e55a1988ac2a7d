"""What a run did, from Beam's counters: as a table for people and as JSON for scripts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from apache_beam.metrics.metric import MetricsFilter
from rich.console import Console
from rich.table import Table

from pipelines.config import Job
from transforms.write import Run


@dataclass
class SourceCount:
    """What became of one source's items: ``read`` = new + revised + known + rejected."""

    read: int = 0
    new: int = 0
    revised: int = 0
    known: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    entities: int = 0
    quotes: int = 0


@dataclass
class Summary:
    """The result of a run."""

    run_id: str
    output: Path
    dry_run: bool
    seconds: float
    sources: dict[str, SourceCount]

    @property
    def processed(self) -> int:
        """Articles that went through all stages: new ones and revised ones."""
        return sum(count.new + count.revised for count in self.sources.values())

    def to_json(self) -> dict[str, Any]:
        """Plain data; keys are stable."""
        return {
            "run_id": self.run_id,
            "output": str(self.output),
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 3),
            "articles_per_second": round(self.processed / self.seconds, 3),
            "sources": {source: asdict(count) for source, count in self.sources.items()},
        }


def collect_summary(
    result: Any, job: Job, run: Run, seconds: float, *, dry_run: bool = False
) -> Summary:
    """Read the counters of a finished run (``result`` is Beam's ``PipelineResult``)."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for counter in result.metrics().query(MetricsFilter())["counters"]:
        name = counter.key.metric
        # A retried bundle counts once in what is committed; not every runner knows that figure.
        value = counter.attempted if counter.committed is None else counter.committed
        counts = found[name.namespace]
        counts[name.name] = counts.get(name.name, 0) + value
    sources = {}
    for source in job.sources:
        counts = found[source.id]
        rejected = {
            name.partition(":")[2]: value
            for name, value in sorted(counts.items())
            if name.startswith("rejected:") and value
        }
        plain = {
            name: counts.get(name, 0)
            for name in ("read", "new", "revised", "known", "entities", "quotes")
        }
        sources[source.id] = SourceCount(rejected=rejected, **plain)
    return Summary(run.id, run.lake.root, dry_run, seconds, sources)


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
        "Try in DuckDB:",
        "  SELECT published_date, title, q.speaker, q.text",
        f"  FROM read_parquet('{lake}/articles/source=*/**/*.parquet', hive_partitioning=1),",
        "       unnest(quotes) AS t(q) LIMIT 20;",
    ]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
