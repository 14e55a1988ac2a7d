"""The graph of the ingest job, and the runner that it runs on.

(read | fetch) -> extract -> clean -> enrich -> write, with every stage's rejections in one table.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from pipelines.config import Job
from pipelines.progress import Progress, watch_progress
from pipelines.run_options import RunFailed, RunOptions, find_option
from transforms.archives.archive import archive_glob, has_archive
from transforms.clean import RemoveBoilerplate
from transforms.enrich import EnrichArticles
from transforms.extract import ExtractArticles
from transforms.fetch_pages import OUTCOMES, FetchPages, FinishPolls
from transforms.outcomes import REJECTED
from transforms.polls.page_fetching import FetchJob
from transforms.polls.rounds import Round, list_feeds, robots_folder
from transforms.read import FileSet, ReadDocuments
from transforms.records import Rejection
from transforms.tables.runs import Run
from transforms.write import CountArticles, WriteArticles

DIRECT = "DirectRunner"


def build_graph(
    pipeline: beam.Pipeline,
    job: Job,
    run: Run,
    *,
    polled: Round,
    dry_run: bool = False,
    reprocess: bool = False,
    replay: bool = False,
    shards: int = 1,
    tallies: str | None = None,
) -> None:
    """Lay the job's graph into ``pipeline``; work is spread over ``shards`` workers.

    ``polled`` holds the polls whose pages are to be fetched. ``replay`` reads the lake's archive
    in place of the sources' files and feeds.
    """
    sources = {source.id: source for source in job.sources}
    files = [
        FileSet(source.id, (archive_glob(source.id),), str(run.lake.root))
        if replay
        else FileSet(source.id, source.files, str(job.folders[source.id]))
        for source in job.sources
        if (has_archive(run.lake.root, source.id) if replay else source.files)
        and not polled.retries
    ]
    read = (
        pipeline
        | "Sources" >> beam.Create(files, reshuffle=False)
        | ReadDocuments(sources, run.known, reprocess or replay, shards, tallies)
    )
    fetched = (
        pipeline
        | "Pages" >> beam.Create(polled.requests, reshuffle=False)
        | FetchPages(_make_fetch_job(job, run, polled, dry_run, tallies), shards)
    )
    documents = (read["documents"], fetched.documents) | "AllDocuments" >> beam.Flatten()
    extracted = documents | ExtractArticles(sources)
    cleaned = extracted.articles | RemoveBoilerplate(job.languages, sources)
    enriched = cleaned.articles | EnrichArticles(job.languages, sources, tallies)
    counted = (
        [stage[REJECTED] for stage in (read, fetched, extracted, cleaned, enriched)]
        | "StagesRejected" >> beam.Flatten()
        | "CountRejected" >> beam.Map(_count_rejection)
    )
    noted = pipeline | "PollsRejected" >> beam.Create(polled.rejections, reshuffle=False)
    rejected = (counted, noted) | "AllRejected" >> beam.Flatten()
    if dry_run:
        _ = enriched.articles | CountArticles(run)
        return
    drafts = pipeline | "Drafts" >> beam.Create(polled.drafts, reshuffle=False)
    polls = {"drafts": drafts, OUTCOMES: fetched[OUTCOMES]} | FinishPolls(sources)
    _ = {"articles": enriched.articles, REJECTED: rejected, "polls": polls} | WriteArticles(run)


def _make_fetch_job(
    job: Job, run: Run, polled: Round, dry_run: bool, tallies: str | None
) -> FetchJob:
    return FetchJob(
        sources={source.id: source for source in job.sources},
        full_text={(feed.source, feed.id): feed.full_text for feed in list_feeds(job.sources)},
        clock=run.clock,
        robots_folder=None if dry_run else robots_folder(run.lake),
        quiet_until=polled.quiet_until,
        closed=polled.closed,
        archive=None if dry_run else run.staging,
        tallies=tallies,
    )


def run_graph(
    job: Job,
    options: RunOptions,
    run: Run,
    polled: Round,
    folder: Path,
    progress: Progress | None,
) -> Any:
    """Run the graph and wait for its end; returns Beam's ``PipelineResult``."""
    runner, arguments = choose_runner(options.beam_arguments, options.workers)
    pipeline = beam.Pipeline(runner=runner, options=PipelineOptions(arguments))
    build_graph(
        pipeline,
        job,
        run,
        polled=polled,
        dry_run=options.dry_run,
        reprocess=options.reprocess,
        replay=options.replay,
        shards=options.workers,
        tallies=str(folder) if progress else None,
    )
    with watch_progress(folder, progress):
        result = pipeline.run()
        state = result.wait_until_finish()
    if state != PipelineState.DONE:
        raise RunFailed(f"the runner ended in state {state}; nothing was half committed")
    return result


def choose_runner(arguments: Sequence[str], workers: int) -> tuple[Any, list[str]]:
    """The runner and Beam's arguments.

    ``DirectRunner`` is a switch that picks an engine by what it finds installed and by the shape
    of the graph (docs/decisions/direct-runner.md); here it always means the same one.
    """
    passed = list(arguments)
    if find_option(passed, "--runner") not in (None, DIRECT):
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
