"""``newsbeam stream``: ingest for ever, on an engine that streams."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from newsbeam.pipelines.cli.arguments import (
    BeamArguments,
    Configs,
    Json,
    OutputPlace,
    PartitionOption,
)
from newsbeam.pipelines.cli.shared import UsageError, failing, say
from newsbeam.transforms.text.counts import show_count

if TYPE_CHECKING:
    from newsbeam.pipelines.stream import StreamProgress

Seconds = Annotated[float, Parameter(metavar="SECONDS", validator=Number(gte=1, lte=3600))]

_NO_ENGINE = """\
Beam's own runner cannot stream; name an engine after --, for instance
  -- --runner=PortableRunner --job_endpoint=localhost:8099 --flink_master=localhost:8081
(docs/scaling.md), or use `newsbeam schedule`, which needs none"""
_NO_FLINK = "only Flink knows --ticks flink; for this engine say --ticks beam"
_NO_MASTER = """\
say where Flink's REST interface is, for instance
  -- --flink_master=localhost:8081
so that the stream can be stopped; for another engine than Flink use --ticks beam"""


def stream(
    configs: Configs,
    /,
    *,
    output: OutputPlace,
    tick: Seconds = 5.0,
    window: Seconds = 10.0,
    ticks: Annotated[Literal["flink", "beam"], Parameter(metavar="ENGINE")] = "flink",
    partition: PartitionOption = None,
    as_json: Json = False,
    beam: BeamArguments = (),
) -> None:
    """Ingest for ever on an engine such as Flink.

    Polls feeds when they are due, watches files that come and grow, and commits what is new every
    few seconds, until SIGTERM. Needs an engine that streams (docs/scaling.md); on one machine
    `newsbeam schedule` does the same without one.

    Everything after -- goes to Beam.

        newsbeam stream configs/ --output out -- --runner=PortableRunner \\
          --job_endpoint=localhost:8099 --flink_master=localhost:8081 \\
          --environment_type=LOOPBACK

    Args:
        tick: how often to look what is due (default 5)
        window: how long articles are gathered before a commit (default 10)
        ticks: who makes the ticks: Flink (default), whose state does not grow by them, or Beam, on
            any engine
        as_json: print a JSON line whenever something was committed
    """
    from newsbeam.pipelines.config.load import load_job
    from newsbeam.pipelines.runners.log import configure_log

    configure_log()
    job = load_job(configs)
    # This takes long to import: not before the configuration is known to be right.
    from newsbeam.pipelines.runners.flink import find_master
    from newsbeam.pipelines.runners.options import names_engine
    from newsbeam.pipelines.stream import StreamOptions, knows_flink_ticks, run_stream

    if not names_engine(beam):
        raise UsageError(_NO_ENGINE)
    if ticks == "flink" and not knows_flink_ticks(beam):
        raise UsageError(_NO_FLINK)
    if ticks == "flink" and find_master(beam) is None:
        raise UsageError(_NO_MASTER)
    with failing("the stream ended"):
        progress = run_stream(
            job, output, StreamOptions(tick, window, ticks, partition), beam, _tell_commits(as_json)
        )
    say(
        f"stopped; {show_count(progress.new, 'new article')} and {progress.revised:,} revised in "
        f"{show_count(progress.commits, 'commit')}; start it again to go on"
    )


def _tell_commits(as_json: bool) -> Callable[[StreamProgress], None]:
    """Says what was committed, when something was."""
    last: StreamProgress | None = None

    def tell(progress: StreamProgress) -> None:
        nonlocal last
        if progress.commits == 0 or progress == last:
            return
        last = progress
        if as_json:
            print(json.dumps(asdict(progress)), flush=True)
        else:
            say(f"{show_count(progress.new, 'new article')}, {progress.revised:,} revised")

    return tell
