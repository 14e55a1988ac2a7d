"""The command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from rich.console import Console

from pipelines.commands.annotate import add_annotate
from pipelines.commands.learn import add_learn
from pipelines.commands.run import add_retry, add_run
from pipelines.commands.schedule import add_schedule
from pipelines.commands.shared import DONE, FAILED, USAGE, print_error
from pipelines.commands.status import add_status
from pipelines.commands.stories import add_stories
from pipelines.config import ConfigError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 failed, 2 wrong usage)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    beam_arguments: list[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, beam_arguments = arguments[:at], arguments[at + 1 :]
    options = make_parser().parse_args(arguments)
    options.beam_arguments = tuple(beam_arguments)
    errors = Console(stderr=True)
    try:
        code: int = options.command(options, errors)
    except ConfigError as error:
        for fault in error.faults:
            print_error(errors, str(fault))
        count = len(error.faults)
        print_error(errors, f"newsbeam: {count} fault{'s' * (count != 1)} in the configuration")
        return USAGE
    except KeyboardInterrupt:
        print_error(errors, "newsbeam: interrupted")
        return FAILED
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough; keep Python from saying more.
        sys.stderr.close()
        return DONE
    return code


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="newsbeam",
        description="News in, clean Parquet out: articles with entities, quotes and speakers.",
        epilog="Example: newsbeam run configs/seeds.yaml --output out",
    )
    parser.add_argument("--version", action="version", version=f"newsbeam {version('newsbeam')}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")
    add_run(commands)
    add_schedule(commands)
    add_status(commands)
    add_retry(commands)
    add_stories(commands)
    add_learn(commands)
    add_annotate(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
