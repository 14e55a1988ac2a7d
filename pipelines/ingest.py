"""The ingest job: what is new in the sources' files and feeds, as rows of the lake.

Feeds are polled first. If that leaves nothing to fetch or read, the polls are written at once:
the graph, and Beam with it, is only started for articles (docs/decisions/polling.md).
"""

from __future__ import annotations

import tempfile
import uuid
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from time import monotonic

from pipelines.config import Job
from pipelines.progress import Progress
from pipelines.run_options import RunOptions
from pipelines.summary import Summary
from transforms.polls.rounds import (
    Round,
    find_blocked,
    poll_round,
    read_states,
    robots_folder,
)
from transforms.polls.source_locks import hold_sources
from transforms.tables.known import KnownVersion, load_known
from transforms.tables.known_rows import Known
from transforms.tables.lake import Lake
from transforms.tables.runs import Run
from transforms.tables.schema import ARTICLES, FEED_POLLS, REJECTS
from transforms.tables.write_polls import write_polls
from transforms.wire.story_table import update_stories


def run_ingest(job: Job, options: RunOptions, progress: Progress | None = None) -> Summary:
    """Run the job once and say what it did.

    Raises:
        RunFailed: the runner reports a failure; nothing is half committed.
        OSError: the output cannot be written.
        CommitFailedError: other runs on the same output were faster every time.
    """
    lake = Lake(options.output.resolve())
    started_at, clock = options.clock.now(), monotonic()
    with ExitStack() as stack:
        feeds = [source.id for source in job.sources if source.feeds and not options.replay]
        if options.dry_run:
            held = frozenset(feeds)
        else:
            lake.create()
            lake.clean()
            stack.callback(lake.clean)
            held = stack.enter_context(hold_sources(lake, feeds))
        run = _begin_run(job, lake, started_at, options)
        folder = run.staging.folder
        if options.dry_run:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="newsbeam-")))
        else:
            stack.enter_context(run.staging.create())
        polled = _poll(job, run, held, options, progress) if held else Round()
        summary = Summary.begin(run, job, options.dry_run, polled, set(feeds) - held)
        if polled.requests or _has_files(job, options):
            from pipelines.graph import run_graph  # takes a second to import

            _open_known(run, options)
            result = run_graph(job, options, run, polled, folder, progress)
            summary.add_counters(result)
        elif not options.dry_run:
            states = [draft.state for draft in polled.drafts]
            write_polls(run, states, polled.rejections)
        if not options.dry_run:
            update_stories(lake, run.staging, started_at)
    summary.seconds = monotonic() - clock
    return summary


def _begin_run(job: Job, lake: Lake, started_at: datetime, options: RunOptions) -> Run:
    return Run(
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
        started_at=started_at,
        lake=lake,
        articles_version=lake.version(ARTICLES),
        rejects_version=lake.version(REJECTS),
        polls_version=lake.version(FEED_POLLS),
        configs={source.id: str(job.files[source.id]) for source in job.sources},
        clock=options.clock,
    )


def _has_files(job: Job, options: RunOptions) -> bool:
    if options.retries is not None:
        return False
    return options.replay or any(source.files for source in job.sources)


def _open_known(run: Run, options: RunOptions) -> Known:
    """What the lake holds; made ready for the workers, too, unless nothing may be written."""
    if not options.dry_run:
        _refresh_known(run.known)
    return load_known(run.known)


@lru_cache(maxsize=1)
def _refresh_known(known: KnownVersion) -> None:
    known.lake.refresh_known(known.version)


def _poll(
    job: Job, run: Run, held: frozenset[str], options: RunOptions, progress: Progress | None
) -> Round:
    states = read_states(run.lake)
    if options.retries is not None:
        closed = find_blocked(states, run.started_at)
        return Round(closed=closed, retries=options.retries)
    if progress is not None:
        progress.show("asking feeds …")
    return poll_round(
        [source for source in job.sources if source.id in held],
        states,
        lambda document: _open_known(run, options).document(document),
        run.clock,
        None if options.dry_run else robots_folder(run.lake),
        options.polls,
    )
