"""``newsbeam report``: what is in a lake, as one HTML file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import (
    CountOption,
    DayOption,
    File,
    Json,
    LakePlace,
    SkipDamaged,
    TimeOrDayOption,
    check_days,
)
from newsbeam.pipelines.cli.shared import failing, say


def report(
    lake: LakePlace,
    /,
    *,
    output: File = Path("report.html"),
    title: Annotated[str | None, Parameter(metavar="TEXT")] = None,
    most: CountOption = 10_000,  # ours: some 20 MB, which browsers still search at once
    since: TimeOrDayOption | None = None,
    until: DayOption | None = None,
    open_: bool = False,
    skip_damaged: SkipDamaged = False,
    as_json: Json = False,
) -> None:
    """What is in a lake, as one HTML file with charts and all articles.

    Reads the tables under DIR and writes a page that needs no server and no network: articles by
    source and day, how feeds are doing, what was rejected and what cleaning removed, who is named
    and quoted, stories in many papers, and the articles themselves, to search and to read. See
    docs/report.md.

        newsbeam report out --output report.html --open

    Args:
        output: where to write it (default report.html)
        title: its title (default: DIR's name)
        most: articles to list with their texts, the newest; all are counted (default 10,000)
        since: only what is of this time before the newest article (90d), or of this day
            (2020-01-31) or later (default: all, or 90d of a lake of more than 100,000 rows)
        until: only what is of this day or before
        open_: show it in the browser
        as_json: print the summary as JSON
    """
    import json
    import webbrowser

    import duckdb

    from newsbeam.pipelines.report.make_report import make_report
    from newsbeam.transforms.records import Clock

    check_days(since if isinstance(since, date) else None, until)
    with failing("no report could be made", duckdb.IOException):
        made = make_report(
            lake,
            output,
            title=title or f"newsbeam: {lake.resolve().name}",
            most=most,
            now=Clock().now(),
            show=say,
            skip_damaged=skip_damaged,
            since=since,
            until=until,
        )
    if as_json:
        print(json.dumps(made.to_json(), ensure_ascii=False, indent=2))
    else:
        say(str(made), Console())
    if open_ and not webbrowser.open(made.path.as_uri()):
        say(f"newsbeam: no browser was found; open {made.path}")
