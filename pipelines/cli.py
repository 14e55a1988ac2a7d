"""The command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from rich.console import Console

from pipelines.command_tree import START, describe_commands
from pipelines.commands.annotate import add_annotate
from pipelines.commands.completion import add_completion
from pipelines.commands.learn import add_learn
from pipelines.commands.maintain import add_maintain
from pipelines.commands.preview import add_preview
from pipelines.commands.report import add_report
from pipelines.commands.run import add_retry, add_run
from pipelines.commands.schedule import add_schedule
from pipelines.commands.shared import DONE, FAILED, USAGE, print_error
from pipelines.commands.source import add_source
from pipelines.commands.sql import add_sql
from pipelines.commands.status import add_status
from pipelines.commands.stories import add_stories
from pipelines.commands.stream import add_stream
from pipelines.config import ConfigError

_DESCRIPTION = """\
newsbeam reads news from feeds and files, cuts the boilerplate away, finds the people,
organisations and places in it and who said what, and writes Parquet tables."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 failed, 2 wrong usage)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    beam_arguments: list[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, beam_arguments = arguments[:at], arguments[at + 1 :]
    parser = make_parser()
    if not arguments:
        parser.print_help(sys.stderr)
        return USAGE
    options = parser.parse_args(arguments)
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
        usage="newsbeam COMMAND …",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=START,
    )
    parser.add_argument("--version", action="version", version=f"newsbeam {version('newsbeam')}")
    commands = parser.add_subparsers(
        dest="name", required=True, metavar="COMMAND", prog="newsbeam", help=argparse.SUPPRESS
    )
    add_run(commands)
    add_schedule(commands)
    add_stream(commands)
    add_source(commands)
    add_status(commands)
    add_sql(commands)
    add_retry(commands)
    add_report(commands)
    add_stories(commands)
    add_learn(commands)
    add_maintain(commands)
    add_annotate(commands)
    add_preview(commands)
    add_completion(commands)
    parser.description = f"{_DESCRIPTION}\n\n{describe_commands(parser)}"
    return parser


if __name__ == "__main__":
    sys.exit(main())
