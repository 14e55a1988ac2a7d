"""``newsbeam annotate``: entities and quotes for texts that people have."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from pipelines.commands.shared import DONE, FAILED, USAGE, Commands, print_error


def add_annotate(commands: Commands) -> None:
    """The command ``annotate``."""
    annotate = commands.add_parser(
        "annotate",
        help="add entities and quotes to texts that you have",
        description='Reads JSON Lines {"id", "text", "language"?} and writes the same lines with '
        "`entities` and `quotes` computed from the text, in order. The text is never altered.",
        epilog="Example: newsbeam annotate articles.jsonl > annotated.jsonl",
    )
    annotate.add_argument("file", nargs="?", default="-", metavar="FILE",
                          help="JSON Lines, or - for standard input (default)")  # fmt: skip
    annotate.add_argument("--language", metavar="TAG",
                          help="language of lines without one; detected if left out")  # fmt: skip
    annotate.set_defaults(command=_annotate)


def _annotate(options: argparse.Namespace, errors: Console) -> int:
    from pipelines.annotate import annotate_lines

    try:
        stream = (
            sys.stdin.buffer if options.file == "-" else Path(options.file).open("rb")  # noqa: SIM115
        )
    except OSError as error:
        print_error(errors, f"newsbeam: {options.file}: {error.strerror}")
        return USAGE
    with stream:
        failed = annotate_lines(
            stream, sys.stdout, lambda message: print_error(errors, message), options.language
        )
    return FAILED if failed else DONE
