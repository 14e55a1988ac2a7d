"""``newsbeam status``: how the feeds and sources of a lake are doing."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from pipelines.commands.shared import FAILED, USAGE, Commands, add_lake, print_error
from transforms.clock import Clock
from transforms.watch.health import PROBLEMS, Problem


def add_status(commands: Commands) -> None:
    """The command ``status``."""
    status = commands.add_parser(
        "status",
        help="how the feeds and sources of a lake are doing",
        description="Reads the tables under DIR: what was polled, what is silent, failing or "
        "overdue, and whether a site changed its layout. See docs/monitoring.md.",
        epilog="Example: newsbeam status out --fail-on silent,failing,drift",
    )
    add_lake(status)
    status.add_argument("--source", metavar="ID", help="this source alone")
    status.add_argument("--feeds", action="store_true", help="a line a feed, too")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.add_argument("--prometheus", type=Path, metavar="FILE",
                        help="write metrics there, for the node exporter, in place of "
                        "printing")  # fmt: skip
    status.add_argument("--fail-on", type=parse_problems, default=(), metavar="PROBLEMS",
                        help="exit with 1 where one holds: "
                        f"{', '.join(PROBLEMS)}, by commas")  # fmt: skip
    status.set_defaults(command=_status)


def _status(options: argparse.Namespace, errors: Console) -> int:
    from pipelines.monitoring.status import NoLakeError, NoSourceError
    from pipelines.monitoring.status_report import StatusOptions, show_status

    chosen = StatusOptions(
        options.lake,
        options.source,
        options.feeds,
        options.json,
        options.prometheus,
        options.fail_on,
    )
    try:
        return show_status(chosen, Clock().now(), Console(), errors)
    except (NoLakeError, NoSourceError) as fault:
        print_error(errors, f"newsbeam: {fault}")
        return USAGE
    except OSError as error:
        print_error(errors, f"newsbeam: {error}")
        return FAILED


def parse_problems(text: str) -> tuple[Problem, ...]:
    """The value of ``--fail-on``, for argparse."""
    known = {str(problem): problem for problem in PROBLEMS}
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        raise argparse.ArgumentTypeError(
            f"{', '.join(wrong) or 'empty'}: give one or more of {', '.join(known)}, by commas"
        )
    return tuple(problem for problem in PROBLEMS if problem in names)
