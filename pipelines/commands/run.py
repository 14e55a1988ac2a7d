"""``newsbeam run`` and ``newsbeam retry``: ingest once."""

from __future__ import annotations

import argparse
import json
import os
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines.beam_log import configure_log
from pipelines.commands.shared import (
    DONE,
    FAILED,
    USAGE,
    Commands,
    add_configs,
    add_lake,
    add_output,
    add_workers,
    duration,
    positive,
    print_error,
)
from pipelines.config import Job, load_job

if TYPE_CHECKING:
    from pipelines.run_options import RunOptions


def add_run(commands: Commands) -> None:
    """The command ``run``."""
    run = commands.add_parser(
        "run",
        help="ingest the sources of one or more configs",
        description="Reads the files of all sources, polls their feeds that are due, and adds "
        "what is new or changed to the tables under DIR. What is known and unchanged is skipped.",
        epilog="Everything after -- goes to Beam, for instance -- --runner=FlinkRunner. "
        "Example: newsbeam run configs/ --output out --workers 2",
    )
    add_configs(run)
    add_output(run)
    add_workers(run)
    run.add_argument("--dry-run", action="store_true",
                     help="do all but writing; say what would be written")  # fmt: skip
    run.add_argument("--all", action="store_true",
                     help="poll all feeds, also those that are not due")  # fmt: skip
    run.add_argument("--limit", type=positive, metavar="N",
                     help="take at most N new entries of a feed, to try it out")  # fmt: skip
    run.add_argument("--reprocess", action="store_true",
                     help="read known files again; where the result differs it becomes a "
                     "new revision")  # fmt: skip
    run.add_argument("--replay", action="store_true",
                     help="read the archive of fetched pages (`archive: true`) with today's "
                     "rules, in place of files and feeds; nothing is fetched")  # fmt: skip
    run.add_argument("--json", action="store_true", help="print the summary as JSON")
    run.set_defaults(command=_run)


def add_retry(commands: Commands) -> None:
    """The command ``retry``."""
    retry = commands.add_parser(
        "retry",
        help="fetch again what was rejected and may succeed now",
        description="Looks through the rejects of pages under DIR and fetches those again that "
        "failed for the time being, or that today's rules may read. Uses the configs that the "
        "sources had.",
        epilog="Example: newsbeam retry out --since 7d",
    )
    add_lake(retry)
    add_workers(retry)
    retry.add_argument("--since", type=duration, default="30d", metavar="TIME",
                       help="only what was rejected within this time (default 30d)")  # fmt: skip
    retry.add_argument("--all", action="store_true",
                       help="also what time alone does not heal: not found, paywalled, "
                       "forbidden, …")  # fmt: skip
    retry.add_argument("--json", action="store_true", help="print the summary as JSON")
    retry.set_defaults(command=_retry)


def _run(options: argparse.Namespace, errors: Console) -> int:
    job = load_job(options.configs)
    if options.output.exists() and not options.output.is_dir():
        print_error(errors, f"newsbeam: {options.output} is a file; --output wants a folder")
        return USAGE
    if any(source.feeds and not source.fetch.contact for source in job.sources):
        print_error(errors, "Set `fetch: contact:` (in defaults.yaml) so that sites can reach you.")
    # These take long to import: not before the configuration is known to be right.
    from pipelines.run_options import RunOptions
    from transforms.polls.rounds import PollOptions

    return _ingest(
        job,
        RunOptions(
            output=options.output,
            workers=options.workers,
            dry_run=options.dry_run,
            reprocess=options.reprocess,
            replay=options.replay,
            polls=PollOptions(options.all, options.limit),
            beam_arguments=options.beam_arguments,
        ),
        errors,
        as_json=options.json,
    )


def _retry(options: argparse.Namespace, errors: Console) -> int:
    from deltalake.exceptions import TableNotFoundError

    from pipelines.retry import plan_retry
    from pipelines.run_options import RunOptions
    from transforms.clock import Clock
    from transforms.tables.lake import Lake

    since: timedelta = options.since
    try:
        plan = plan_retry(
            Lake(options.lake.resolve()), since=Clock().now() - since, everything=options.all
        )
    except TableNotFoundError:
        print_error(errors, f"newsbeam: {options.lake} holds no lake: there is no table `rejects`")
        return USAGE
    for why, count in sorted(plan.skipped.items()):
        print_error(errors, f"not tried: {count} {why}")
    if plan.job is None or not plan.requests:
        print_error(errors, "nothing to try again")
        return DONE
    return _ingest(
        plan.job,
        RunOptions(
            output=options.lake,
            workers=options.workers,
            retries=plan.requests,
            beam_arguments=options.beam_arguments,
        ),
        errors,
        as_json=options.json,
    )


def _ingest(job: Job, run_options: RunOptions, errors: Console, *, as_json: bool) -> int:
    configure_log()
    signal.signal(signal.SIGINT, lambda *_: _stop_at_once(errors))
    from deltalake.exceptions import CommitFailedError

    from pipelines.ingest import run_ingest
    from pipelines.progress import Progress
    from pipelines.run_options import RunFailed
    from pipelines.summary import print_summary
    from transforms.tables.staging import StagingLost

    try:
        with errors.status("starting …") as status:
            progress = (
                Progress(status.update, seconds=0.5)
                if errors.is_terminal
                else Progress(lambda line: print_error(errors, line), seconds=15)
            )
            summary = run_ingest(job, run_options, progress)
    except (RunFailed, CommitFailedError, StagingLost, OSError) as error:
        print_error(errors, f"newsbeam: the run failed: {error}")
        return FAILED
    if as_json:
        print(json.dumps(summary.to_json(), ensure_ascii=False, indent=2))
    else:
        print_summary(summary, Console())
    return DONE


def _stop_at_once(errors: Console) -> None:
    """End the process: Beam would turn an exception here into pages of its own.

    Whatever a run is doing, it may be killed: the next run cleans up after it.
    """
    print_error(errors, "newsbeam: interrupted; what was not committed is not in the table")
    os._exit(FAILED)
