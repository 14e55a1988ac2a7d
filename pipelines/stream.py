"""The stream: the stages of the ingest job, unbounded.

ticks -> (visit sites | watch files) -> extract -> clean -> enrich -> panes -> commit
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.transforms.trigger import (
    AccumulationMode,
    AfterCount,
    AfterProcessingTime,
    AfterWatermark,
)
from apache_beam.transforms.window import FixedWindows

from pipelines.config import Job
from pipelines.run_options import RunFailed
from pipelines.scheduling.signals import catch_signals
from transforms.clean import RemoveBoilerplate
from transforms.clock import Clock
from transforms.enrich import EnrichArticles
from transforms.extract import ExtractArticles
from transforms.outcomes import REJECTED
from transforms.read import FileSet, ReadFiles
from transforms.streams.panes import CommitPanes
from transforms.streams.visits import NOTES, VisitSites
from transforms.streams.watch import WatchFiles
from transforms.tables.commit import read_counts
from transforms.tables.known import NewestKnown
from transforms.tables.lake import Lake
from transforms.tables.schema import ARTICLES

# Ours: what comes later than this behind its window is committed all the same, in a pane of its
# own; the number only bounds how long the engine remembers a window.
_LATENESS = 24 * 3600
# Ours: seconds between looks at what was committed.
_SAY_SECONDS = 10.0
_CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How to stream: seconds between ticks, and of a window (what is committed together)."""

    tick: float = 5.0
    window: float = 10.0


def build_stream(
    ticks: beam.PCollection, job: Job, output: Path, options: StreamOptions, clock: Clock
) -> beam.PCollection:
    """Lay the stream's graph behind ``ticks``; returns (source, new rows) of every commit."""
    root, sources = str(output.resolve()), {source.id: source for source in job.sources}
    visited = ticks | VisitSites(root, job.sources, clock)
    watched = ticks | WatchFiles(
        [
            FileSet(source.id, source.files, str(job.folders[source.id]))
            for source in job.sources
            if source.files
        ]
    )
    read = watched.files | ReadFiles(sources, NewestKnown(Lake(output.resolve())))
    documents = (visited.documents, read.documents) | "AllDocuments" >> beam.Flatten()
    extracted = documents | ExtractArticles(sources, survives_bugs=True)
    cleaned = extracted.articles | RemoveBoilerplate(job.languages, sources, survives_bugs=True)
    enriched = (
        cleaned.articles
        # Up to here one worker did it all; articles, unlike pages, are small.
        | "SpreadArticles" >> beam.Reshuffle()
        | EnrichArticles(job.languages, sources, survives_bugs=True)
    )
    stages = (visited, watched, read, extracted, cleaned, enriched)
    return (
        (enriched.articles, visited[NOTES], *(stage[REJECTED] for stage in stages))
        | "AllItems" >> beam.Flatten()
        | "Window"
        >> beam.WindowInto(
            FixedWindows(options.window),
            trigger=AfterWatermark(
                early=AfterProcessingTime(int(options.window)), late=AfterCount(1)
            ),
            accumulation_mode=AccumulationMode.DISCARDING,
            allowed_lateness=_LATENESS,
        )
        | CommitPanes(
            root,
            job.sources,
            {source.id: str(job.files[source.id]) for source in job.sources},
            clock,
        )
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """What a stream has committed since it began."""

    commits: int = 0
    new: int = 0
    revised: int = 0


def read_progress(lake: Lake, since: int) -> Progress:
    """What the commits after version ``since`` of the articles table brought in."""
    commits, counts = 0, Counter[str]()
    for entry in lake.log(ARTICLES).read(since, lake.version(ARTICLES)):
        for count in read_counts(entry).values():
            counts.update(count)
            commits += 1
    return Progress(commits, counts["new"], counts["revised"])


def names_runner(beam_arguments: Sequence[str]) -> bool:
    """Whether Beam's arguments name a runner that can stream; Python's own cannot."""
    named = [a.partition("=")[2] for a in beam_arguments if a.startswith("--runner=")]
    if "--runner" in beam_arguments[:-1]:
        named.append(beam_arguments[list(beam_arguments).index("--runner") + 1])
    return bool(named) and not named[-1].endswith("DirectRunner")


def run_stream(
    job: Job,
    output: Path,
    options: StreamOptions,
    beam_arguments: Sequence[str],
    say: Callable[[Progress], None],
    clock: Clock = _CLOCK,
) -> Progress:
    """Stream until SIGTERM or SIGINT, which cancel the job; returns what it committed.

    ``say`` is told now and then. Cancelling loses nothing: what was not committed is asked for
    again by the next stream or run on the same output. Main thread only.

    Raises:
        RunFailed: the engine says that the job has ended otherwise.
        OSError: the output cannot be written.
    """
    lake = Lake(output.resolve())
    lake.create()
    lake.clean()
    began = lake.version(ARTICLES)
    pipeline = beam.Pipeline(
        options=PipelineOptions([*beam_arguments, "--streaming"], save_main_session=False)
    )
    ticks = pipeline | "Ticks" >> PeriodicImpulse(fire_interval=options.tick, apply_windowing=False)
    _ = build_stream(ticks, job, output, options, clock)
    with catch_signals() as signals:
        result = pipeline.run()
        said = Progress()
        while not signals.is_stopped:
            state = result.state
            if PipelineState.is_terminal(state):
                raise RunFailed(f"the engine ended the stream in state {state}; see its log")
            signals.wait(_SAY_SECONDS)
            progress = read_progress(lake, began)
            if progress != said:
                say(progress)
                said = progress
        result.cancel()
    return read_progress(lake, began)
