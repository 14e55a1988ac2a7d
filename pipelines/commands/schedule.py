"""``newsbeam schedule``: ingest for months, or tell another scheduler how."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from pipelines.commands.shared import (
    DONE,
    FAILED,
    USAGE,
    Commands,
    add_configs,
    add_output,
    add_workers,
    duration,
    print_error,
)
from pipelines.config import load_job
from pipelines.scheduling.schedule_files import FORMATS


def add_schedule(commands: Commands) -> None:
    """The command ``schedule``."""
    schedule = commands.add_parser(
        "schedule",
        help="ingest for months: each feed when it is due",
        description="Runs in the foreground until SIGTERM or Ctrl-C, which let the running batch "
        "finish. Each batch is a `newsbeam run` in a process of its own. With --print, writes "
        "what another scheduler needs instead.",
        epilog="Example: newsbeam schedule configs/ --output lake. See docs/scheduling.md.",
    )
    add_configs(schedule)
    add_output(schedule)
    add_workers(schedule)
    schedule.add_argument("--files-every", type=duration, default="10m", metavar="TIME",
                          help="how often sources with files are read (default 10m)")  # fmt: skip
    schedule.add_argument("--batch-limit", type=duration, default="1d", metavar="TIME",
                          help="kill a batch that runs longer (default 1d)")  # fmt: skip
    schedule.add_argument("--json", action="store_true",
                          help="one JSON line a batch on standard output")  # fmt: skip
    schedule.add_argument("--print", choices=FORMATS, dest="format",
                          help="write the files of another scheduler and end")  # fmt: skip
    schedule.add_argument("--to", type=Path, metavar="FOLDER",
                          help="with --print: save the files there")  # fmt: skip
    schedule.add_argument("--every", type=duration, default="5m", metavar="TIME",
                          help="with --print: how often a run starts (default 5m; a service "
                          "needs none)")  # fmt: skip
    schedule.add_argument("--name", default="newsbeam",
                          help="with --print: name of the service (default newsbeam)")  # fmt: skip
    schedule.add_argument("--image", default="newsbeam:latest",
                          help="with --print kubernetes: the container image")  # fmt: skip
    schedule.set_defaults(command=_schedule)


def _schedule(options: argparse.Namespace, errors: Console) -> int:
    if options.format:
        return _print_schedule(options, errors)
    from pipelines.scheduling.pace import Pace
    from pipelines.scheduling.schedule import ScheduleOptions, run_schedule
    from pipelines.scheduling.schedule_state import ScheduleHeld
    from transforms.polls.rounds import next_due
    from transforms.tables.lake import Lake

    schedule_options = ScheduleOptions(
        tuple(options.configs),
        options.output,
        Pace(files_every=options.files_every, batch_limit=options.batch_limit),
        run_options=("--workers", str(options.workers)) if options.workers > 1 else (),
        json=options.json,
    )
    try:
        return run_schedule(
            schedule_options,
            lambda output, job, now: next_due(Lake(output), job.sources, now),
            lambda line: print_error(errors, line),
        )
    except (ScheduleHeld, OSError) as error:
        print_error(errors, f"newsbeam: {error}")
        return FAILED


def _print_schedule(options: argparse.Namespace, errors: Console) -> int:
    from pipelines.scheduling.schedule_files import find_newsbeam, find_user, print_files
    from pipelines.scheduling.schedule_plan import Plan

    load_job(options.configs)  # what another scheduler starts should not fail for a typing error
    schedule_options = [
        *(["--files-every", f"{options.files_every // timedelta(seconds=1)}s"]
          if options.files_every != timedelta(minutes=10) else []),
        *(["--batch-limit", f"{options.batch_limit // timedelta(seconds=1)}s"]
          if options.batch_limit != timedelta(days=1) else []),
    ]  # fmt: skip
    try:
        plan = Plan(
            newsbeam=find_newsbeam(),
            configs=tuple(Path(os.path.abspath(config)) for config in options.configs),
            output=Path(os.path.abspath(options.output)),
            user=find_user(),
            every=options.every,
            run_options=("--workers", str(options.workers)) if options.workers > 1 else (),
            schedule_options=tuple(schedule_options),
            name=options.name,
            image=options.image,
        )
        print_files(
            options.format, plan, options.to, sys.stdout, lambda line: print_error(errors, line)
        )
    except ValueError as error:
        print_error(errors, f"newsbeam: {error}")
        return USAGE
    except OSError as error:
        print_error(errors, f"newsbeam: {error}")
        return FAILED
    return DONE
