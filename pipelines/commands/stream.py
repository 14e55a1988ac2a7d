"""``newsbeam stream``: ingest for ever, on an engine that streams."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines.beam_log import configure_log
from pipelines.commands.shared import (
    DONE,
    FAILED,
    USAGE,
    Commands,
    add_configs,
    add_output,
    print_error,
)
from pipelines.config import load_job

if TYPE_CHECKING:
    from pipelines.stream import Progress


def add_stream(commands: Commands) -> None:
    """The command ``stream``."""
    stream = commands.add_parser(
        "stream",
        help="ingest for ever on an engine such as Flink",
        description="Polls feeds when they are due, watches files that come and grow, and commits "
        "what is new every few seconds, until SIGTERM. Needs an engine that streams "
        "(docs/scaling.md); on one machine `newsbeam schedule` does the same without one.",
        epilog="Everything after -- goes to Beam. Example: newsbeam stream configs/ --output out "
        "-- --runner=PortableRunner --job_endpoint=localhost:8099 --flink_master=localhost:8081 "
        "--environment_type=LOOPBACK",
    )
    add_configs(stream)
    add_output(stream)
    stream.add_argument("--tick", type=seconds, default=5.0, metavar="SECONDS",
                        help="how often to look what is due (default 5)")  # fmt: skip
    stream.add_argument("--window", type=seconds, default=10.0, metavar="SECONDS",
                        help="how long articles are gathered before a commit "
                        "(default 10)")  # fmt: skip
    stream.add_argument("--ticks", choices=("flink", "beam"), default="flink",
                        help="who makes the ticks: Flink (default), whose state does not grow by "
                        "them, or Beam, on any engine")  # fmt: skip
    stream.add_argument("--json", action="store_true",
                        help="print a JSON line whenever something was committed")  # fmt: skip
    stream.set_defaults(command=_stream)


def seconds(text: str) -> float:
    """A time in seconds from 1 to 3600, for argparse."""
    number = float(text)
    if not 1 <= number <= 3600:
        raise argparse.ArgumentTypeError("should be 1 to 3600 seconds")
    return number


def _stream(options: argparse.Namespace, errors: Console) -> int:
    configure_log()
    job = load_job(options.configs)
    # This takes long to import: not before the configuration is known to be right.
    from pipelines.flink import find_master
    from pipelines.run_options import RunFailed
    from pipelines.stream import StreamOptions, names_runner, run_stream

    if not names_runner(options.beam_arguments):
        print_error(
            errors,
            "newsbeam: Beam's own runner cannot stream; name an engine after --, for instance\n"
            "  -- --runner=PortableRunner --job_endpoint=localhost:8099 "
            "--flink_master=localhost:8081\n"
            "(docs/scaling.md), or use `newsbeam schedule`, which needs none",
        )
        return USAGE

    if options.ticks == "flink" and find_master(options.beam_arguments) is None:
        print_error(
            errors,
            "newsbeam: say where Flink's REST interface is, for instance\n"
            "  -- --flink_master=localhost:8081\n"
            "so that the stream can be stopped; for another engine than Flink use --ticks beam",
        )
        return USAGE

    said: list[Progress] = []

    def say(progress: Progress) -> None:
        if progress.commits == 0 or progress in said:
            return
        said[:] = [progress]
        if options.json:
            print(json.dumps(asdict(progress)), flush=True)
        else:
            print_error(errors, f"{progress.new} new articles, {progress.revised} revised")

    try:
        progress = run_stream(
            job,
            options.output,
            StreamOptions(options.tick, options.window, options.ticks),
            options.beam_arguments,
            say,
        )
    except (RunFailed, OSError) as error:
        print_error(errors, f"newsbeam: {error}")
        return FAILED
    print_error(
        errors,
        f"stopped; {progress.new} new articles and {progress.revised} revised in "
        f"{progress.commits} commits; start it again to go on",
    )
    return DONE
