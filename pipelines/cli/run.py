"""``newsbeam run`` and ``newsbeam retry``: ingest once."""

from __future__ import annotations

import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from newsbeam.pipelines.cli.arguments import (
    BeamArguments,
    Configs,
    CountOption,
    DayOption,
    DurationOption,
    Json,
    LakePlace,
    OutputPlace,
    PartitionOption,
    Workers,
    check_days,
)
from newsbeam.pipelines.cli.shared import DONE, FAILED, UsageError, failing, say
from newsbeam.transforms.text.counts import show_count

if TYPE_CHECKING:
    from newsbeam.pipelines.config.job import Job
    from newsbeam.pipelines.runners.options import RunOptions
    from newsbeam.transforms.lake.object_path import LakePath

# Why `retry` leaves a page out.
_SKIPPED = {
    "unreadable": "whose request an older newsbeam wrote",
    "in_the_lake": "that came in since",
    "too_old": "rejected before --since",
    "waiting": "that a later run tries again by itself",
    "not_temporary": "whose failure time alone does not heal (--all tries them, too)",
}


def run(
    configs: Configs,
    /,
    *,
    output: OutputPlace,
    workers: Workers = 1,
    dry_run: bool = False,
    all_: bool = False,
    limit: CountOption | None = None,
    since: DayOption | None = None,
    until: DayOption | None = None,
    reprocess: bool = False,
    replay: bool = False,
    partition: PartitionOption = None,
    as_json: Json = False,
    beam: BeamArguments = (),
) -> int:
    """Ingest the sources of one or more configs.

    Reads the files of all sources, polls their feeds that are due, and adds what is new or
    changed to the tables under DIR. What is known and unchanged is skipped.

    Everything after -- goes to Beam, for instance -- --runner=FlinkRunner.

        newsbeam run configs/ --output out --workers 2

    Args:
        dry_run: do all but writing; say what would be written
        all_: poll all feeds, also those that are not due
        limit: take at most N new entries of a feed, to try it out
        since: take only what was published on this day (2020-01-31) or later; entries of feeds
            that are dated otherwise are left to a run without it
        until: and on this day or before
        reprocess: read known files again; where the result differs it becomes a new revision
        replay: read the archive of fetched pages (`archive: true`) with today's rules, in place of
            files and feeds; nothing is fetched
        as_json: print the summary as JSON
    """
    from newsbeam.pipelines.config.load import load_job

    check_days(since, until)
    job = load_job(configs)
    if isinstance(output, Path) and output.exists() and not output.is_dir():
        raise UsageError(f"{output} is a file; --output wants a folder")
    if any(source.feeds and not source.fetch.contact for source in job.sources):
        say("Set `fetch: contact:` (in defaults.yaml) so that sites can reach you.")
    # These take long to import: not before the configuration is known to be right.
    from newsbeam.pipelines.runners.options import RunOptions
    from newsbeam.transforms.poll.round import PollOptions
    from newsbeam.transforms.text.spans import DayRange

    options = RunOptions(
        output=output,
        workers=workers,
        dry_run=dry_run,
        reprocess=reprocess,
        replay=replay,
        polls=PollOptions(all_, limit, DayRange(since, until)),
        beam_arguments=beam,
        partition=partition,
    )
    return _ingest(job, options, as_json=as_json)


def retry(
    lake: LakePlace,
    /,
    *,
    workers: Workers = 1,
    since: DurationOption = timedelta(days=30),
    all_: bool = False,
    lost: bool = False,
    as_json: Json = False,
    beam: BeamArguments = (),
) -> int:
    """Fetch again what was rejected and may succeed now.

    Looks through the rejects of pages under DIR and fetches those again that failed for the time
    being, or that today's rules may read. Uses the configs that the sources had.

        newsbeam retry out --since 7d

    Args:
        since: only what was rejected within this time (default 30d)
        all_: also what time alone does not heal: not found, paywalled, forbidden, …
        lost: instead, the articles that `newsbeam repair` could not have back: from the archive
            where there is one, else by their addresses where these are known
        as_json: print the summary as JSON
    """
    if lost:
        return _fetch_lost(lake, workers, as_json, beam)
    from newsbeam.pipelines.retry import plan_retry
    from newsbeam.pipelines.runners.options import RunOptions
    from newsbeam.transforms.lake.lake import Lake
    from newsbeam.transforms.records import Clock

    plan = plan_retry(Lake(lake.resolve()), since=Clock().now() - since, everything=all_)
    for why, count in sorted(plan.skipped.items()):
        say(f"not tried: {show_count(count, 'page')} {_SKIPPED[why]}")
    if plan.job is None or not plan.requests:
        say("nothing to try again")
        return DONE
    options = RunOptions(output=lake, workers=workers, retries=plan.requests, beam_arguments=beam)
    return _ingest(plan.job, options, as_json=as_json)


def _fetch_lost(lake: LakePath, workers: int, as_json: bool, beam: tuple[str, ...]) -> int:
    from newsbeam.pipelines.lost import choose_archived, list_lost_requests, load_lost_job
    from newsbeam.pipelines.runners.options import RunOptions
    from newsbeam.transforms.lake.lake import Lake

    opened, code, is_done = Lake(lake.resolve()), DONE, False
    job = load_lost_job(opened)
    if job is not None and (archived := choose_archived(opened, job)) is not None:
        options = RunOptions(output=lake, workers=workers, replay=True, beam_arguments=beam)
        code, is_done = _ingest(archived, options, as_json=as_json), True
    if job is not None and (requests := list_lost_requests(opened, job)):
        options = RunOptions(output=lake, workers=workers, retries=requests, beam_arguments=beam)
        code, is_done = max(code, _ingest(job, options, as_json=as_json)), True
    if not is_done:
        say("nothing lost is known that could be fetched; `newsbeam run` reads feeds and files")
    return code


def _ingest(job: Job, options: RunOptions, *, as_json: bool) -> int:
    from newsbeam.pipelines.archives import ingest_in_steps
    from newsbeam.pipelines.notify.after_run import notify_after_run
    from newsbeam.pipelines.runners.log import configure_log
    from newsbeam.pipelines.runners.options import RunFailed
    from newsbeam.pipelines.runners.progress import Progress
    from newsbeam.pipelines.runners.traces import name_trace
    from newsbeam.pipelines.summary import print_summary
    from newsbeam.transforms.errors import LakeBusy
    from newsbeam.transforms.lake.staging import StagingLost

    began = options.clock.now()
    configure_log()
    stop_runs_at_once()
    errors = Console(stderr=True)
    faults = RunFailed, LakeBusy, StagingLost
    with failing("the run failed", *faults), errors.status("starting …") as status:
        progress = (
            Progress(status.update, seconds=0.5)
            if errors.is_terminal
            else Progress(say, seconds=15)
        )
        summary = ingest_in_steps(job, options, progress)
    if not options.dry_run:
        notify_after_run(job, options.output.resolve(), began, options.clock.now(), say)
    if as_json:
        print(json.dumps(summary.to_json(), ensure_ascii=False, indent=2))
    else:
        print_summary(summary, Console())
    for sentence in summary.hints:
        say(sentence)
    for sentence in summary.damage:
        say(f"newsbeam: {sentence}")
    if summary.fault is not None:
        say(f"newsbeam: the run failed: {summary.fault}{name_trace()}")
        return FAILED
    if summary.failure is not None:
        say(f"newsbeam: {summary.failure}")
        return FAILED
    return DONE


def stop_runs_at_once() -> None:
    """From now on, let Ctrl-C end the process at once."""
    signal.signal(signal.SIGINT, lambda *_: _stop_at_once())


def _stop_at_once() -> None:
    """End the process: Beam would turn an exception here into pages of its own.

    Whatever a run is doing, it may be killed: the next run cleans up after it.
    """
    say("newsbeam: interrupted; what was not committed is not in the table")
    os._exit(FAILED)
