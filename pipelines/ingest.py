"""The ingest job: files of the configured sources in, clean and enriched articles out.

One graph: read -> extract -> clean -> enrich -> write, with every stage's rejections in one table.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from pipelines.config import Job
from pipelines.progress import Progress, watch_progress
from pipelines.summary import Summary, collect_summary
from transforms.clean import RemoveBoilerplate
from transforms.enrich import EnrichArticles
from transforms.extract import ExtractArticles
from transforms.lake import Lake
from transforms.outcomes import REJECTED
from transforms.read import FileSet, ReadDocuments
from transforms.records import Rejection
from transforms.schema import ARTICLES, REJECTS
from transforms.write import CountArticles, Run, WriteArticles

DIRECT = "DirectRunner"


class RunFailed(RuntimeError):
    """The runner says that the job did not end well."""


@dataclass(frozen=True)
class RunOptions:
    """How to run: see ``newsbeam run --help``."""

    output: Path
    workers: int = 1
    dry_run: bool = False
    reprocess: bool = False
    beam_arguments: tuple[str, ...] = ()


def run_ingest(job: Job, options: RunOptions, progress: Progress | None = None) -> Summary:
    """Run the job once and say what it did.

    Raises:
        RunFailed: the runner reports a failure; nothing is half committed.
        OSError: the output cannot be written.
        CommitFailedError: other runs on the same output were faster every time.
    """
    lake = Lake(options.output.resolve())
    started_at, clock = datetime.now(UTC), monotonic()
    if options.dry_run:
        run = _begin_run(job, lake, started_at)
        result = _run_graph(job, options, run, progress)
        return collect_summary(result, job, run, monotonic() - clock, dry_run=True)
    lake.create()
    lake.clean()
    run = _begin_run(job, lake, started_at)
    try:
        with run.staging.create():
            result = _run_graph(job, options, run, progress)
    finally:
        lake.clean()
    return collect_summary(result, job, run, monotonic() - clock)


def build_graph(
    pipeline: beam.Pipeline,
    job: Job,
    run: Run,
    *,
    dry_run: bool = False,
    reprocess: bool = False,
    shards: int = 1,
    tallies: str | None = None,
) -> None:
    """Lay the job's graph into ``pipeline``; large files are spread over ``shards`` workers."""
    sources = {source.id: source for source in job.sources}
    files = [FileSet(s.id, s.files, str(job.folders[s.id])) for s in job.sources]
    read = (
        pipeline
        | "Sources" >> beam.Create(files, reshuffle=False)
        | ReadDocuments(sources, None if reprocess else run.known, shards, tallies)
    )
    extracted = read["documents"] | ExtractArticles(sources)
    cleaned = extracted.articles | RemoveBoilerplate(job.languages, sources)
    enriched = cleaned.articles | EnrichArticles(job.languages, sources, tallies)
    rejected = (
        [stage[REJECTED] for stage in (read, extracted, cleaned, enriched)]
        | "AllRejected" >> beam.Flatten()
        | "CountRejected" >> beam.Map(_count_rejection)
    )
    if dry_run:
        _ = enriched.articles | CountArticles(run)
    else:
        _ = {"articles": enriched.articles, REJECTED: rejected} | WriteArticles(run)


def _begin_run(job: Job, lake: Lake, started_at: datetime) -> Run:
    return Run(
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
        started_at=started_at,
        lake=lake,
        articles_version=lake.version(ARTICLES),
        rejects_version=lake.version(REJECTS),
        sources=tuple(source.id for source in job.sources),
    )


def _run_graph(job: Job, options: RunOptions, run: Run, progress: Progress | None) -> Any:
    """Run the graph and wait for its end; returns Beam's ``PipelineResult``."""
    runner, arguments = choose_runner(options.beam_arguments, options.workers)
    with _tally_folder(run, options.dry_run) as tallies:
        pipeline = beam.Pipeline(runner=runner, options=PipelineOptions(arguments))
        build_graph(
            pipeline,
            job,
            run,
            dry_run=options.dry_run,
            reprocess=options.reprocess,
            shards=options.workers,
            tallies=str(tallies) if progress else None,
        )
        with watch_progress(tallies, progress):
            result = pipeline.run()
            state = result.wait_until_finish()
    if state != PipelineState.DONE:
        raise RunFailed(f"the runner ended in state {state}; nothing was half committed")
    return result


@contextmanager
def _tally_folder(run: Run, dry_run: bool) -> Iterator[Path]:
    if not dry_run:
        yield run.staging.folder
        return
    with tempfile.TemporaryDirectory(prefix="newsbeam-") as folder:
        yield Path(folder)


def choose_runner(arguments: Sequence[str], workers: int) -> tuple[Any, list[str]]:
    """The runner and Beam's arguments.

    ``DirectRunner`` is a switch that picks an engine by what it finds installed and by the shape
    of the graph (docs/decisions/direct-runner.md); here it always means the same one.
    """
    passed = list(arguments)
    named = [a.partition("=")[2] for a in passed if a.startswith("--runner=")]
    if "--runner" in passed[:-1]:
        named.append(passed[passed.index("--runner") + 1])
    if named and named[-1] != DIRECT:
        return None, passed
    if workers == 1:
        return FnApiRunner(), passed
    # exec: Beam starts it through a shell, and a worker watches whether its parent lives.
    command = f"exec {shlex.quote(sys.executable)} -m pipelines.worker"
    processes = SubprocessSDKEnvironment.from_command_string(command)
    passed.append(f"--direct_num_workers={workers}")
    return FnApiRunner(default_environment=processes), passed


def _count_rejection(rejection: Rejection) -> Rejection:
    Metrics.counter(rejection.source, f"rejected:{rejection.reason}").inc()
    return rejection
