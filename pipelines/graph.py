"""The graph of the ingest job, and the runner that it runs on.

(read | fetch) -> extract -> clean -> enrich -> write, with every stage's rejections in one table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam

from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.runners.failures import run_pipeline
from newsbeam.pipelines.runners.graphs import make_pipeline
from newsbeam.pipelines.runners.local import choose_runner
from newsbeam.pipelines.runners.options import ReadStep, RunOptions
from newsbeam.pipelines.runners.progress import Progress, watch_progress
from newsbeam.transforms.backfill.find import PAST_FEED
from newsbeam.transforms.clean.boilerplate import clean_articles
from newsbeam.transforms.enrich.annotate import BATCH_SIZE
from newsbeam.transforms.enrich.articles import enrich_and_count
from newsbeam.transforms.extract.article import extract_articles
from newsbeam.transforms.extract.choosing import choose_articles
from newsbeam.transforms.fetch.archive import archive_glob, has_archive
from newsbeam.transforms.fetch.pages import choose_shard, fetch_shards
from newsbeam.transforms.fetch.queue import FetchJob
from newsbeam.transforms.lake.feed_state import FeedState
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.write import CountArticles, WriteArticles
from newsbeam.transforms.poll.round import Round, list_feeds
from newsbeam.transforms.poll.wanted import PageOutcome, finish_poll
from newsbeam.transforms.read.files import FileSet, find_files, read_files, share_files
from newsbeam.transforms.read.sites import SourcesOfSites
from newsbeam.transforms.records import FullText
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.stage import REJECTED, Each
from newsbeam.transforms.text.spans import ANY_DAY, DayRange

OUTCOMES = "outcomes"


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
    answers: Path | None = None,
    days: DayRange = ANY_DAY,
    step: ReadStep | None = None,
) -> None:
    """Lay the job's graph into ``pipeline``; work is spread over ``shards`` workers.

    ``polled`` holds the polls whose pages are to be fetched. ``replay`` reads the lake's archive
    in place of the sources' files and feeds. ``answers``: where a backfill keeps them.
    What was read is taken if it was published in ``days``. ``step``: what to read of archives.
    """
    sources = SourcesOfSites(job.sources)
    files = _list_file_sets(job, run, polled, replay, step)
    found = (
        pipeline
        | "Sources" >> beam.Create(files, reshuffle=False)
        | "FindFiles" >> Each(find_files, shards, tallies=tallies)
    )
    pieces = [] if step is None else [one for one in step.pieces if one.source in sources]
    of_archives = (
        pipeline
        | "Stretches" >> beam.Create(pieces, reshuffle=False)
        | "ShareStretches"
        >> Each(share_files, shards if len(pieces) < shards else 1, tallies=tallies)
    )
    read = (
        (found.passed, of_archives.passed)
        | "AllFiles" >> beam.Flatten()
        # Only paths cross the shuffle that spreads the work.
        | "SpreadFiles" >> beam.Reshuffle()
        | "ReadFiles" >> Each(read_files, sources, run.known, reprocess or replay, tallies=tallies)
    )
    fetched = (
        pipeline
        | "Pages" >> beam.Create(polled.requests, reshuffle=False)
        | "ToShards" >> beam.Map(lambda request: (choose_shard(request, shards), request))
        | "GroupShards" >> beam.GroupByKey()
        | "FetchPages"
        >> Each(
            fetch_shards,
            _make_fetch_job(job, run, polled, dry_run, answers),
            tags={PageOutcome: OUTCOMES},
            tallies=tallies,
        )
    )
    documents = (read.passed, fetched.passed) | "AllDocuments" >> beam.Flatten()
    extracted = documents | "ExtractArticles" >> Each(extract_articles, sources)
    chosen = extracted.passed | "ChooseArticles" >> Each(choose_articles, sources, days)
    cleaned = chosen.passed | "RemoveBoilerplate" >> Each(clean_articles, job.languages, sources)
    enriched = cleaned.passed | "EnrichArticles" >> Each(
        enrich_and_count, job.languages, sources, batch_size=BATCH_SIZE, tallies=tallies
    )
    if dry_run:
        _ = enriched.passed | CountArticles(run)
        return
    noted = pipeline | "PollsRejected" >> beam.Create(polled.rejections, reshuffle=False)
    stages = (found, read, fetched, extracted, cleaned, enriched)
    rejected = (noted, *(stage[REJECTED] for stage in stages)) | "AllRejected" >> beam.Flatten()
    drafts = pipeline | "Drafts" >> beam.Create(polled.drafts, reshuffle=False)
    polls = _finish_polls(drafts, fetched[OUTCOMES], sources)
    _ = {"articles": enriched.passed, REJECTED: rejected, "polls": polls} | WriteArticles(run)


def _list_file_sets(
    job: Job, run: Run, polled: Round, replay: bool, step: ReadStep | None
) -> list[FileSet]:
    """Which files are to be found; but the archives that a ``step`` reads in stretches."""
    if polled.retries or (step is not None and not step.is_first):
        return []
    place, sources = run.lake.place, job.sources
    if replay:
        archives = place if isinstance(place, ObjectPath) else str(place)
        return [
            FileSet(source.id, (archive_glob(source.id),), archives)
            for source in sources
            if has_archive(place, source.id)
        ]
    apart: frozenset[str] = frozenset() if step is None else step.apart
    return [
        FileSet(source.id, source.files, str(job.folders[source.id]), apart)
        for source in sources
        if source.files
    ]


def _finish_polls(
    drafts: beam.PCollection, outcomes: beam.PCollection, sources: Mapping[str, Source]
) -> beam.PCollection:
    """``Draft`` s, and the ``PageOutcome`` s of their pages, to ``FeedState`` s."""
    keyed_drafts = drafts | "KeyDrafts" >> beam.Map(
        lambda draft: ((draft.state.source, draft.state.feed), draft)
    )
    keyed_outcomes = outcomes | "KeyOutcomes" >> beam.Map(
        lambda outcome: ((outcome.source, outcome.feed), outcome)
    )

    def finish(feed: tuple[str, str], found: Mapping[str, Iterable[Any]]) -> Iterator[FeedState]:
        for draft in found["drafts"]:
            yield finish_poll(draft, found[OUTCOMES], sources[feed[0]].url)

    return (
        {"drafts": keyed_drafts, OUTCOMES: keyed_outcomes}
        | "GroupFeeds" >> beam.CoGroupByKey()
        | "FinishPolls" >> beam.FlatMapTuple(finish)
    )


def _make_fetch_job(
    job: Job, run: Run, polled: Round, dry_run: bool, answers: Path | None
) -> FetchJob:
    full_text: dict[tuple[str, str], FullText] = {
        (feed.source, feed.id): feed.full_text for feed in list_feeds(job.sources)
    }
    if answers is not None:  # of the past nothing is known but addresses
        full_text |= {(source.id, PAST_FEED): "page" for source in job.sources}
    return FetchJob(
        sources={source.id: source for source in job.sources},
        full_text=full_text,
        clock=run.clock,
        lake=None if dry_run else run.lake,
        quiet_until=polled.quiet_until,
        closed=polled.closed,
        archive=None if dry_run else run.staging,
        answers=answers,
    )


def run_graph(
    job: Job,
    options: RunOptions,
    run: Run,
    polled: Round,
    folder: Path,
    progress: Progress | None,
) -> Any:
    """Run the graph and wait for its end; returns Beam's ``PipelineResult``.

    Raises:
        RunFailed: a stage met what somebody outside can mend, or the runner reports a failure.
    """
    runner, arguments = choose_runner(options.beam_arguments, options.workers)
    pipeline = make_pipeline(runner, arguments)
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
        answers=None if options.past is None else options.past.answers,
        days=options.polls.days,
        step=options.step,
    )
    with watch_progress(folder, progress):
        return run_pipeline(pipeline)
