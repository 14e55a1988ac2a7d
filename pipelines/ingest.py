"""The ingest job: what is new in the sources' files and feeds, as rows of the lake.

Feeds are polled first. If that leaves nothing to fetch or read, the polls are written at once:
the graph, and Beam with it, is only started for articles (docs/decisions/polling.md).
"""

from __future__ import annotations

import shlex
import tempfile
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from time import monotonic

from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.people.corrections_file import load_corrections
from newsbeam.pipelines.runners.options import RunOptions
from newsbeam.pipelines.runners.progress import Progress
from newsbeam.pipelines.source_notes import RENAMED, SourceNotes, keep_notes, read_notes
from newsbeam.pipelines.summary import Summary
from newsbeam.transforms.errors import DamagedLake, NewsbeamError
from newsbeam.transforms.lake.commit import CommitCount, find_committed
from newsbeam.transforms.lake.committer import Committer
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.known import Known, KnownLater, KnownVersion, load_known
from newsbeam.transforms.lake.known_database import refresh_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.places import partition_values
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.schema import FEED_POLLS
from newsbeam.transforms.people.corrections import CorrectionsError
from newsbeam.transforms.people.table import update_people
from newsbeam.transforms.poll.decide import due_at
from newsbeam.transforms.poll.future import bring_back
from newsbeam.transforms.poll.right_of_way import way_folder
from newsbeam.transforms.poll.round import (
    Round,
    States,
    find_blocked,
    list_feeds,
    poll_round,
    read_states,
    robots_folder,
)
from newsbeam.transforms.poll.source_locks import hold_sources
from newsbeam.transforms.stories.table import update_stories


def run_ingest(job: Job, options: RunOptions, progress: Progress | None = None) -> Summary:
    """Run the job once and say what it did.

    A source with articles in a file that cannot be read is left out, and the summary says so.
    Where something fails after articles were committed, they are in the summary, with its `fault`.

    Raises:
        RunFailed: the runner reports a failure; nothing was committed.
        DamagedLake: the lake cannot be read, or was set back; nothing was written.
        OSError: the output cannot be written.
        LakeBusy: other runs on the same output were faster every time.
    """
    lake = Lake(options.output.resolve())
    started_at, clock = options.clock.now(), monotonic()
    configs = {source.id: str(job.files[source.id]) for source in job.sources}
    with ExitStack() as stack:
        if not options.dry_run:
            check_before_writing(lake)
            lake.create(options.partition)
            lake.clean()
            stack.callback(_tidy, lake)
            names = {source.id: source.name for source in job.sources if source.name}
            keep_notes(lake.cache, SourceNotes.NAMES, names)
            keep_notes(lake.cache, SourceNotes.CONFIGS, configs)
        run = Run.begin(lake, started_at, configs, options.clock, is_fresh=options.dry_run)
        damage: list[DamagedLake] = []
        left_out: list[str] = []
        if reads_files := _has_files(job, options):
            job, left_out = _leave_out(job, _open_known(run, options), damage)
        states = read_states(lake, damage, run.polls_version)
        asked = _list_asked(job, states, options, started_at)
        if options.dry_run:
            held = frozenset(asked)
        else:
            held = stack.enter_context(hold_sources(lake, asked))
            if held and lake.version(FEED_POLLS) != run.polls_version:
                run = Run.begin(lake, started_at, configs, options.clock)
                states = read_states(lake, [])
        if not options.dry_run:
            stack.enter_context(run.staging.create())
        if options.dry_run or lake.is_remote:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="newsbeam-")))
        else:
            folder = run.staging.folder
        if options.past is not None:
            options.past.begin(run)
        if options.step is not None:
            options.step.begin(run)
        is_asking = held or options.past is not None
        polled = _poll(job, run, states, held, options, progress) if is_asking else Round()
        if polled.requests and not reads_files:
            job, left_out = _leave_out(job, _open_known(run, options), damage)
            polled = polled.without(left_out)
        summary = Summary.begin(run, job, options.dry_run, polled, set(asked) - held)
        summary.held_back = left_out
        summary.asks_all = options.polls.all
        summary.asks_feeds = options.retries is None
        summary.hints = _find_renamed(job, states, lake)
        try:
            _work(job, options, run, polled, folder, progress, summary)
        except (OSError, NewsbeamError) as error:
            _note_failure(summary, run, options, error)
        summary.damage += [*map(str, damage)]
    summary.seconds = monotonic() - clock
    return summary


def _work(
    job: Job,
    options: RunOptions,
    run: Run,
    polled: Round,
    folder: Path,
    progress: Progress | None,
    summary: Summary,
) -> None:
    """Bring what was found into the lake, and into ``summary``."""
    if polled.requests or _has_files(job, options):
        from newsbeam.pipelines.graph import run_graph  # takes a second to import

        summary.add_counters(run_graph(job, options, run, polled, folder, progress))
    elif not options.dry_run:
        committer = Committer(run)
        committer.commit_rejects(polled.rejections)
        committer.commit_polls(draft.state for draft in polled.drafts)
    if not options.dry_run:
        try:
            update_stories(run.lake, run.staging, run.started_at)
        except DamagedLake as fault:
            summary.damage.append(f"stories could not be told: {fault}")
        try:
            corrections = load_corrections(run.lake.place)
            update_people(run.lake, run.staging, run.started_at, corrections)
        except (DamagedLake, CorrectionsError) as fault:
            summary.damage.append(f"people could not be told: {fault}")


def _note_failure(summary: Summary, run: Run, options: RunOptions, error: Exception) -> None:
    """Let the summary say what was committed before ``error``, which is raised if nothing was."""
    counts: dict[str, CommitCount] = {}
    if not options.dry_run:
        with suppress(OSError, NewsbeamError):
            counts = find_committed(run.lake, run.articles_version, run.id)
    if not counts:
        raise error
    if not summary.processed:  # else its counters are there, and something failed after the graph
        summary.add_committed(counts)
    summary.fault = (
        f"{error}; the articles counted here are in the table, the next run does what is left"
    )


def _tidy(lake: Lake) -> None:
    """Clean up after this run, and note how it left the lake; what fails the next run does."""
    with suppress(OSError, NewsbeamError):
        lake.clean()
    with suppress(OSError, NewsbeamError):
        leave_note(lake)


def _leave_out(job: Job, known: Known, damage: list[DamagedLake]) -> tuple[Job, list[str]]:
    """The job without sources of whose articles not all are known, and these.

    What is in a file that cannot be read would come in again, and be there twice once the file is
    put back or mended.

    Raises:
        DamagedLake: nobody can tell whose articles a file holds.
    """
    unsure = set()
    for fault in known.damaged:
        assert fault.file is not None
        source = partition_values(fault.file.as_posix()).get("source")
        if source is None:
            raise fault
        unsure.add(source)
    damage += known.damaged
    left_out = [source.id for source in job.sources if source.id in unsure]
    sources = tuple(source for source in job.sources if source.id not in unsure)
    return (replace(job, sources=sources) if left_out else job), left_out


def _find_renamed(job: Job, states: States, lake: Lake) -> list[str]:
    """Hints at sources that were renamed in the lake, and not in their configs; and at such that
    are new to the lake, and most of whose feeds another one asked."""
    asked = {state.configured_url: source for (source, _), state in states.items()}
    before = {source for source, _ in states}
    renamed = read_notes(lake.cache, RENAMED)
    hints = [
        f"{source.id} was renamed to {renamed[source.id]} in this lake: write `id: "
        f"{renamed[source.id]}` in its config, or `newsbeam source rename {renamed[source.id]} "
        f"{source.id} --lake {shlex.quote(str(lake.place))}` to take that back; what this run "
        f"wrote of it stands under {source.id}"
        for source in job.sources
        if source.id in renamed
    ]
    for source in job.sources:
        if not source.feeds or source.id in before:
            continue
        others = Counter(asked.get(feed.url) for feed in list_feeds([source]))
        other, count = others.most_common(1)[0]
        if other is not None and 2 * count > others.total() and other not in job.files:
            hints.append(
                f"{source.id} is new to this lake, and its feeds are those of {other}: if that is "
                f"its old name, stop here and `newsbeam source rename {other} {source.id} --lake "
                f"{shlex.quote(str(lake.place))}`, or all its articles come in anew"
            )
    return hints


def _list_asked(job: Job, states: States, options: RunOptions, now: datetime) -> list[str]:
    """The sources whose feeds this run is about to ask: those with one that is due."""
    if options.replay or options.past is not None:
        return []
    if options.polls.all or options.retries is not None:
        return [source.id for source in job.sources if source.feeds]
    found: dict[str, None] = {}
    states = bring_back(states, now)
    for feed in list_feeds(job.sources):
        due = due_at(feed, states.get((feed.source, feed.id)), now)
        if due is not None and due <= now:
            found[feed.source] = None
    return list(found)


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
    refresh_known(known.lake, known.version)


def _poll(
    job: Job,
    run: Run,
    states: States,
    held: frozenset[str],
    options: RunOptions,
    progress: Progress | None,
) -> Round:
    if options.retries is not None:
        closed = find_blocked(states, run.started_at)
        here = {source.id for source in job.sources}
        return Round(closed=closed, retries=tuple(r for r in options.retries if r.source in here))
    if progress is not None:
        progress.show("asking feeds …")
    return poll_round(
        [source for source in job.sources if source.id in held],
        states,
        KnownLater(lambda: _open_known(run, options)),
        run.clock,
        None if options.dry_run else robots_folder(run.lake),
        options.polls,
        way=None if options.dry_run else way_folder(run.lake),
    )
