"""``newsbeam source list`` and ``copy``: the sources that come with newsbeam."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from newsbeam.pipelines.cli.arguments import Json
from newsbeam.pipelines.cli.shared import failing, say


def list_sources(*, as_json: Json = False) -> None:
    """List the sources that come with newsbeam.

    Their configs were written by hand; each file says whether it was checked against the site.

        newsbeam source list --json

    Args:
        as_json: print JSON
    """
    from newsbeam.pipelines.source.shipped_sources import list_rows

    rows = list_rows()
    if as_json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    table = Table()
    for name in ("id", "name", "language", "feeds"):
        table.add_column(name, justify="right" if name == "feeds" else "left")
    for row in rows:
        table.add_row(row.id, row.name or "", row.language or "as found", str(row.feeds))
    console = Console()
    console.print(table)
    console.print("To use one: newsbeam source copy ID --to sources", highlight=False)


def copy(
    ids: Annotated[list[str], Parameter(name="ID…", help="ids that `source list` shows")],
    /,
    *,
    to: Annotated[Path, Parameter(metavar="DIR")] = Path("sources"),
) -> None:
    """Copy sources that come with newsbeam into a folder of yours.

    And the defaults for them, where the folder has none: set `fetch: contact:` there, so that the
    sites can reach you.

        newsbeam source copy nrk vg --to sources

    Args:
        to: the folder; made if it is not there (default: sources)
    """
    from newsbeam.pipelines.source.shipped_sources import copy_sources

    console = Console()
    with failing("the sources could not be copied"):
        for file in copy_sources(ids, to):
            say(f"wrote {file}", console)
    say(f"To read them: newsbeam run {shlex.quote(str(to))} --output lake", console)
