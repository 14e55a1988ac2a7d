"""``newsbeam schedule``: ingest for months, or tell another scheduler how."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from newsbeam.pipelines.cli.arguments import (
    Configs,
    DurationOption,
    Json,
    OutputPlace,
    PartitionOption,
    Workers,
)
from newsbeam.pipelines.cli.shared import DONE, FAILED, UsageError, failing, say

if TYPE_CHECKING:
    from newsbeam.transforms.lake.object_path import LakePath

ForeignScheduler = Literal["systemd", "systemd-timer", "cron", "airflow", "kubernetes"]

_FILES_EVERY = timedelta(minutes=10)
_BATCH_LIMIT = timedelta(days=1)


def schedule(
    configs: Configs,
    /,
    *,
    output: OutputPlace,
    workers: Workers = 1,
    files_every: DurationOption = _FILES_EVERY,
    batch_limit: DurationOption = _BATCH_LIMIT,
    partition: PartitionOption = None,
    as_json: Json = False,
    kind: Annotated[ForeignScheduler | None, Parameter(name="--print", metavar="SCHEDULER")] = None,
    to: Annotated[Path | None, Parameter(metavar="FOLDER")] = None,
    every: DurationOption = timedelta(minutes=5),
    name: Annotated[str, Parameter(metavar="NAME")] = "newsbeam",
    image: Annotated[str, Parameter(metavar="IMAGE")] = "newsbeam:latest",
) -> int:
    """Ingest for months: each feed when it is due.

    Runs in the foreground until SIGTERM or Ctrl-C, which let the running batch finish. Each batch
    is a `newsbeam run` in a process of its own. With --print, writes what another scheduler needs
    instead. See docs/scheduling.md.

        newsbeam schedule configs/ --output lake

    Args:
        files_every: how often sources with files are read (default 10m)
        batch_limit: kill a batch that runs longer (default 1d)
        as_json: one JSON line a batch on standard output
        kind: write the files of another scheduler and end
        to: with --print: save the files there
        every: with --print: how often a run starts (default 5m; a service needs none)
        name: with --print: name of the service (default newsbeam)
        image: with --print kubernetes: the container image
    """
    run_options: tuple[str, ...] = ("--workers", str(workers)) if workers > 1 else ()
    run_options += ("--partition", partition) if partition else ()
    if kind is None:
        return _run(configs, output, run_options, files_every, batch_limit, as_json)
    from newsbeam.pipelines.config.load import load_job
    from newsbeam.pipelines.config.secrets import list_job_secrets, refuse_clear_secrets
    from newsbeam.pipelines.schedule.files import (
        find_newsbeam,
        find_user,
        list_store_variables,
        print_files,
    )
    from newsbeam.pipelines.schedule.plan import Plan

    # What another scheduler starts should not fail for a typing error. Secrets are there, not here.
    job = load_job(configs, needs_secrets=False)
    if kind == "kubernetes":
        refuse_clear_secrets(job)
    with failing("the files could not be written"):
        try:
            plan = Plan(
                newsbeam=find_newsbeam(),
                configs=tuple(Path(os.path.abspath(config)) for config in configs),
                output=Path(os.path.abspath(output)) if isinstance(output, Path) else output,
                user=find_user(),
                every=every,
                run_options=run_options,
                schedule_options=(
                    *_show_option("--files-every", files_every, _FILES_EVERY),
                    *_show_option("--batch-limit", batch_limit, _BATCH_LIMIT),
                ),
                name=name,
                image=image,
                secrets=(*list_job_secrets(job), *list_store_variables(output)),
            )
            print_files(kind, plan, to, sys.stdout, say)
        except ValueError as error:
            raise UsageError(str(error)) from error
    return DONE


def _run(
    configs: Sequence[Path],
    output: LakePath,
    run_options: tuple[str, ...],
    files_every: timedelta,
    batch_limit: timedelta,
    as_json: bool,
) -> int:
    from newsbeam.pipelines.schedule.loop import ScheduleOptions, run_schedule
    from newsbeam.pipelines.schedule.pace import Pace
    from newsbeam.transforms.lake.lake import Lake
    from newsbeam.transforms.poll.round import next_due

    options = ScheduleOptions(
        tuple(configs),
        output,
        Pace(files_every=files_every, batch_limit=batch_limit),
        run_options=run_options,
        json=as_json,
    )
    with failing("the scheduler ended"):
        all_done = run_schedule(
            options, lambda place, job, now: next_due(Lake(place), job.sources, now), say
        )
    return DONE if all_done else FAILED


def _show_option(option: str, value: timedelta, default: timedelta) -> tuple[str, ...]:
    return () if value == default else (option, f"{value // timedelta(seconds=1)}s")
