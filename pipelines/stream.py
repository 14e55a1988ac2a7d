"""The stream: the stages of the ingest job, unbounded.

ticks -> (visit sites | watch files) -> extract -> clean -> enrich -> panes -> commit
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
import grpc  # type: ignore[import-untyped]
from apache_beam.io.flink.flink_streaming_impulse_source import FlinkStreamingImpulseSource
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, AfterWatermark
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.timestamp import Timestamp

from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.people.corrections_file import load_corrections
from newsbeam.pipelines.runners.failures import hush_workers, start_pipeline
from newsbeam.pipelines.runners.flink import cancel_job, find_master
from newsbeam.pipelines.runners.options import RunFailed, find_option
from newsbeam.pipelines.runners.signals import catch_signals
from newsbeam.pipelines.upkeep import Upkeep
from newsbeam.transforms.clean.boilerplate import clean_articles
from newsbeam.transforms.enrich.annotate import BATCH_SIZE
from newsbeam.transforms.enrich.articles import enrich_and_count
from newsbeam.transforms.extract.article import extract_articles
from newsbeam.transforms.extract.choosing import choose_articles
from newsbeam.transforms.lake.commit import read_commit_counts
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.known import NewestKnown
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.read.files import FileSet, read_files
from newsbeam.transforms.read.sites import SourcesOfSites
from newsbeam.transforms.records import Clock
from newsbeam.transforms.stage import REJECTED, Each
from newsbeam.transforms.stream.files import WatchFiles
from newsbeam.transforms.stream.ledger import CommitPanes
from newsbeam.transforms.stream.visits import NOTES, VisitSites

# Ours (times in milliseconds), for engines that know them, as Flink, and commands that do not name
# them. Without checkpoints a failed job would begin anew; a bundle that may last as long as
# Flink's own 10 s would hold back what is in it at every one of five stages; and what a bundle
# gives that a checkpoint ended would wait for the next bundle, in a quiet hour for long.
_ENGINE_DEFAULTS = {
    "--checkpointing_interval": "=10000",
    "--max_bundle_time_mills": "=500",
    "--finish_bundle_before_checkpointing": "",
}
# Ours: seconds between looks at what was committed.
_SAY_SECONDS = 10.0
_CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How to stream: seconds between ticks, and of a window (what is committed together).

    ``ticks`` says who makes them: Flink, or Beam on any engine (see ``make_ticks``).
    ``partition`` is of a lake that is made.
    """

    tick: float = 5.0
    window: float = 10.0
    ticks: Literal["flink", "beam"] = "flink"
    partition: str | None = None


def make_ticks(pipeline: beam.Pipeline, options: StreamOptions) -> beam.PCollection:
    """Elements that come every ``options.tick`` seconds, for ever; their values mean nothing.

    Beam's own are a splittable DoFn that puts itself off. Flink's runner keeps 4 kB of state for
    every time that it does (measured with 2.70; beam#39191 mends it in later ones), so there
    Flink's own source is better; no other engine knows it.
    """
    if options.ticks == "flink":
        source = FlinkStreamingImpulseSource().set_interval_ms(int(options.tick * 1000))
        return pipeline | "Ticks" >> source
    return pipeline | "Ticks" >> PeriodicImpulse(
        start_timestamp=Timestamp.now(), fire_interval=options.tick, apply_windowing=False
    )


def build_stream(
    ticks: beam.PCollection, job: Job, output: LakePath, options: StreamOptions, clock: Clock
) -> beam.PCollection:
    """Lay the stream's graph behind ``ticks``; returns (source, new rows) of every commit."""
    root, sources = str(output.resolve()), SourcesOfSites(job.sources)
    visited = ticks | VisitSites(root, job.sources, clock)
    watched = ticks | WatchFiles(
        [
            FileSet(source.id, source.files, str(job.folders[source.id]))
            for source in job.sources
            if source.files
        ]
    )
    read = (
        watched.files
        | "SpreadFiles" >> beam.Reshuffle()
        | "ReadFiles" >> Each(read_files, sources, NewestKnown(Lake(output.resolve())))
    )
    documents = (visited.documents, read.passed) | "AllDocuments" >> beam.Flatten()
    extracted = documents | "ExtractArticles" >> Each(
        extract_articles, sources, quarantine="extract"
    )
    chosen = extracted.passed | "ChooseArticles" >> Each(choose_articles, sources)
    cleaned = chosen.passed | "RemoveBoilerplate" >> Each(
        clean_articles, job.languages, sources, quarantine="clean"
    )
    enriched = (
        cleaned.passed
        # Up to here one worker did it all; articles, unlike pages, are small.
        | "SpreadArticles" >> beam.Reshuffle()
        | "EnrichArticles"
        >> Each(
            enrich_and_count,
            job.languages,
            sources,
            batch_size=BATCH_SIZE,
            quarantine="enrich",
        )
    )
    stages = (visited, watched, read, extracted, cleaned, enriched)
    return (
        (enriched.passed, visited[NOTES], *(stage[REJECTED] for stage in stages))
        | "AllItems" >> beam.Flatten()
        # A commit gathers what arrives within a while: panes of time as it passes, not as items
        # tell it. Nothing is late then, whatever the source of ticks says of the time.
        | "Window"
        >> beam.WindowInto(
            GlobalWindows(),
            trigger=AfterWatermark(early=AfterProcessingTime(int(options.window))),
            accumulation_mode=AccumulationMode.DISCARDING,
        )
        | CommitPanes(
            root,
            job.sources,
            {source.id: str(job.files[source.id]) for source in job.sources},
            clock,
            load_corrections,
        )
    )


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """What a stream has committed since it began."""

    commits: int = 0
    new: int = 0
    revised: int = 0


def read_progress(lake: Lake, since: int) -> StreamProgress:
    """What the commits after version ``since`` of the articles table brought in."""
    commits, counts = 0, Counter[str]()
    for entry in lake.log(ARTICLES).read(since, lake.version(ARTICLES)):
        for count in read_commit_counts(entry).values():
            counts.update(count)
            commits += 1
    return StreamProgress(commits, counts["new"], counts["revised"])


def knows_flink_ticks(beam_arguments: Sequence[str]) -> bool:
    """Whether Beam's arguments name Flink, or a job server, which may be Flink's: no other engine
    has Flink's source of ticks."""
    runner = find_option(beam_arguments, "--runner") or ""
    return runner.rpartition(".")[2] in ("FlinkRunner", "PortableRunner")


def complete_arguments(beam_arguments: Sequence[str], output: LakePath) -> list[str]:
    """Beam's arguments of a stream: those given, and what a stream should not do without.

    The job's name is that of the ``output``, so that a stream finds the job of one before it.
    """
    named = {argument.partition("=")[0] for argument in beam_arguments}
    defaults = _ENGINE_DEFAULTS if knows_flink_ticks(beam_arguments) else {}
    missing = [k + v for k, v in defaults.items() if k not in named]
    place = hashlib.sha256(os.fsencode(str(output.resolve()))).hexdigest()
    name = [] if "--job_name" in named else [f"--job_name=newsbeam-{place[:12]}"]
    return [*beam_arguments, *missing, *name, "--streaming"]


def run_stream(
    job: Job,
    output: LakePath,
    options: StreamOptions,
    beam_arguments: Sequence[str],
    say: Callable[[StreamProgress], None],
    clock: Clock = _CLOCK,
) -> StreamProgress:
    """Stream until SIGTERM or SIGINT, which cancel the job, or until the engine has stopped it in
    good order; returns what it committed.

    ``say`` is told every ten seconds. Cancelling loses nothing: what was not committed is asked for
    again by the next stream or run on the same output. Main thread only.

    Raises:
        RunFailed: the engine says that the job has ended otherwise.
        OSError: the output cannot be written, or the engine does not answer.
    """
    lake = Lake(output.resolve())
    check_before_writing(lake)
    lake.create(options.partition)
    lake.clean()
    leave_note(lake)
    began, upkeep = lake.version(ARTICLES), Upkeep(lake.place)
    engine = PipelineOptions(complete_arguments(beam_arguments, output), save_main_session=False)
    pipeline = beam.Pipeline(options=engine)
    _ = build_stream(make_ticks(pipeline, options), job, output, options, clock)
    master, name = find_master(beam_arguments), engine.view_as(GoogleCloudOptions).job_name
    with catch_signals() as signals:
        if master is not None:
            # Of a stream that was killed. Two would ask every feed twice.
            cancel_job(master, name)
        result, is_over = start_pipeline(pipeline), False
        try:
            while not (is_over := _is_over(result)) and not signals.is_stopped:
                signals.wait(_SAY_SECONDS)
                with suppress(OSError):  # no room for a process: another time
                    upkeep.tend(is_quiet=True)
                say(read_progress(lake, began))
        except RunFailed:
            is_over = True
            raise
        finally:
            upkeep.stop()
            if not is_over:
                if master is not None:
                    cancel_job(master, name)
                hush_workers()
                with suppress(grpc.RpcError):
                    result.cancel()
    return read_progress(lake, began)


def _is_over(result: Any) -> bool:
    """Whether the engine has stopped the job in good order, as with a savepoint.

    Raises:
        RunFailed: it has ended otherwise.
        ConnectionError: nobody is there to ask.
    """
    try:
        state = result.state
    except grpc.RpcError as error:
        raise ConnectionError(
            f"Beam's job server does not answer any more: {error.details()}"
        ) from error
    if PipelineState.is_terminal(state) and state != PipelineState.DONE:
        raise RunFailed(f"the engine ended the stream in state {state}; see its log")
    return bool(state == PipelineState.DONE)
