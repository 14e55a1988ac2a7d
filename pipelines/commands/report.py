"""``newsbeam report``: what is in a lake, as one HTML file."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from pipelines.commands.shared import (
    DONE,
    FAILED,
    USAGE,
    Commands,
    add_lake,
    positive,
    print_error,
)

# Ours: some 20 MB, which browsers still search at once.
_MOST = 10_000


def add_report(commands: Commands) -> None:
    """The command ``report``."""
    report = commands.add_parser(
        "report",
        help="what is in a lake, as one HTML file with charts and all articles",
        description="Reads the tables under DIR and writes a page that needs no server and no "
        "network: articles by source and day, how feeds are doing, what was rejected and what "
        "cleaning removed, who is named and quoted, stories in many papers, and the articles "
        "themselves, to search and to read. See docs/report.md.",
        epilog="Example: newsbeam report out --output report.html --open",
    )
    add_lake(report)
    report.add_argument("--output", type=Path, default=Path("report.html"), metavar="FILE",
                        help="where to write it (default report.html)")  # fmt: skip
    report.add_argument("--title", metavar="TEXT", help="its title (default: DIR's name)")
    report.add_argument("--most", type=positive, default=_MOST, metavar="N",
                        help="articles to list with their texts, the newest; all are counted "
                        f"(default {_MOST:,})")  # fmt: skip
    report.add_argument("--open", action="store_true", help="show it in the browser")
    report.add_argument("--json", action="store_true", help="print the summary as JSON")
    report.set_defaults(command=_report)


def _report(options: argparse.Namespace, errors: Console) -> int:
    import json
    import webbrowser

    import duckdb

    from pipelines.monitoring.status import NoLakeError
    from pipelines.report.make_report import PlaceError, make_report
    from pipelines.sql.lake_views import UnreadableLakeError
    from pipelines.terminal_text import show_safe
    from transforms.clock import Clock

    title = options.title or f"newsbeam: {options.lake.resolve().name}"
    try:
        made = make_report(
            options.lake,
            options.output,
            title=title,
            most=options.most,
            now=Clock().now(),
            show=lambda line: print_error(errors, line),
        )
    except (NoLakeError, PlaceError) as fault:
        print_error(errors, show_safe(f"newsbeam: {fault}"))
        return USAGE
    except (OSError, UnreadableLakeError, duckdb.IOException) as error:
        print_error(errors, show_safe(f"newsbeam: no report could be made: {error}"))
        return FAILED
    if options.json:
        print(json.dumps(made.to_json(), ensure_ascii=False, indent=2))
    else:
        print(show_safe(str(made)))
    if options.open and not webbrowser.open(made.path.as_uri()):
        print_error(errors, show_safe(f"newsbeam: no browser was found; open {made.path}"))
    return DONE
