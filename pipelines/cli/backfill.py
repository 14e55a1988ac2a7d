"""``newsbeam backfill``: the past of sources."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from newsbeam.pipelines.cli.arguments import (
    BeamArguments,
    Configs,
    CountOption,
    DayOption,
    Json,
    OutputPlace,
    Workers,
    check_days,
)
from newsbeam.pipelines.cli.run import stop_runs_at_once
from newsbeam.pipelines.cli.shared import DONE, FAILED, UsageError, failing, say

if TYPE_CHECKING:
    from newsbeam.pipelines.backfill.source_past import SourcePast
    from newsbeam.pipelines.config.job import Job


_NO_ENGINE = (
    "a backfill keeps what it was answered on this machine, and workers of an engine may be on "
    "others: leave out --runner, or give a lake in a folder that all of them share"
)


def backfill(
    configs: Configs,
    /,
    *,
    output: OutputPlace,
    since: DayOption,
    until: DayOption | None = None,
    limit: CountOption | None = None,
    workers: Workers = 1,
    as_json: Json = False,
    beam: BeamArguments = (),
) -> int:
    """Bring the past of sources into a lake.

    Finds what the sources published from one day to another, by their sitemaps, archive pages
    (`backfill:` in the config) or feeds that page, and fetches it, the newest first: as politely as
    feeds are asked, and never in their way. Goes on where it was stopped or killed, and asks
    nothing twice. See docs/backfill.md.

        newsbeam backfill configs/ --output out --since 2020-01-01 --limit 500

    Args:
        since: the first day, such as 2020-01-31, in the source's time zone
        until: the last day (default: all until the backfill was begun)
        limit: make at most N requests to each source, and go on the next time
        as_json: print how far it is as JSON
    """
    from newsbeam.pipelines.backfill.run import BackfillOptions, run_backfill
    from newsbeam.pipelines.backfill.show import describe_steps, measure_past
    from newsbeam.pipelines.config.load import load_job
    from newsbeam.pipelines.runners.log import configure_log
    from newsbeam.pipelines.runners.options import RunFailed, RunOptions, names_engine
    from newsbeam.pipelines.runners.progress import Progress
    from newsbeam.transforms.backfill.state import BackfillDamaged
    from newsbeam.transforms.errors import LakeBusy
    from newsbeam.transforms.lake.object_path import is_object_place
    from newsbeam.transforms.lake.staging import StagingLost

    job = load_job(configs)
    check_days(since, until)
    _check_sites(job)
    if is_object_place(str(output)) and names_engine(beam):
        raise UsageError(_NO_ENGINE)
    if any(not source.fetch.contact for source in job.sources):
        say("Set `fetch: contact:` (in defaults.yaml) so that sites can reach you.")
    configure_log()
    stop_runs_at_once()
    errors = Console(stderr=True)
    measured = {}
    told: list[str] = []

    def tell(pasts: Sequence[SourcePast]) -> None:
        measured.update({past.source.id: measure_past(past).to_json() for past in pasts})
        lines = describe_steps(pasts)
        for line in lines:
            if line not in told:
                say(line)
        told[:] = lines

    faults = RunFailed, LakeBusy, StagingLost, BackfillDamaged
    with failing("the backfill failed", *faults), errors.status("starting …") as status:
        progress = (
            Progress(status.update, seconds=0.5)
            if errors.is_terminal
            else Progress(lambda _: None, seconds=15)
        )
        run_options = RunOptions(output=output, workers=workers, beam_arguments=beam)
        options = BackfillOptions(run_options, since, until, limit)
        done = run_backfill(job, options, progress, tell)
    if as_json:
        print(json.dumps({"sources": measured, "failure": done.failure}, indent=2))
    if done.failure is not None:
        say(f"newsbeam: the backfill failed: {done.failure}; start it again")
        return FAILED
    if done.next_try is not None:
        say(f"Something is left; go on from {done.next_try:%Y-%m-%d %H:%M} UTC: the same command.")
    return DONE


def _check_sites(job: Job) -> None:
    without = [
        s.id for s in job.sources if not (s.feeds or s.backfill.sitemaps or s.backfill.archive)
    ]
    if without:
        raise UsageError(
            f"{', '.join(without)}: no site to look at; give `feeds`, or `backfill: sitemaps:`"
        )
