"""``newsbeam status``: how the feeds and sources of a lake are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import File, Json, LakePlace, SkipDamaged, read_by
from newsbeam.pipelines.cli.shared import DONE, FAILED

if TYPE_CHECKING:
    from newsbeam.pipelines.status.health import Problem


def parse_problems(text: str) -> tuple[Problem, ...]:
    """The value of ``--fail-on``: names of problems, by commas."""
    from newsbeam.pipelines.status.health import PROBLEMS

    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in PROBLEMS]
    if wrong or not names:
        raise ValueError(
            f"{', '.join(wrong) or 'empty'}: give one or more of {', '.join(PROBLEMS)}, by commas"
        )
    return tuple(problem for problem in PROBLEMS if problem in names)


def status(
    lake: LakePlace,
    /,
    *,
    source: Annotated[str | None, Parameter(metavar="ID")] = None,
    feeds: bool = False,
    as_json: Json = False,
    prometheus: File | None = None,
    # Any: names of problems, whose module takes long to import.
    fail_on: Annotated[Any, Parameter(metavar="PROBLEMS", converter=read_by(parse_problems))] = (),
    skip_damaged: SkipDamaged = False,
) -> int:
    """How the feeds and sources of a lake are doing.

    Reads the tables under DIR: what was polled, what is silent, failing or overdue, and whether a
    site changed its layout. See docs/monitoring.md.

        newsbeam status out --fail-on silent,failing,drift

    Args:
        source: this source alone
        feeds: a line a feed, too
        as_json: print JSON
        prometheus: write metrics there, for the node exporter, in place of printing
        fail_on: exit with 1 where one holds: silent, failing, drift, overdue, clock, by commas
    """
    from newsbeam.pipelines.status.show import StatusOptions, show_status
    from newsbeam.transforms.records import Clock

    options = StatusOptions(lake, source, feeds, as_json, prometheus, fail_on, skip_damaged)
    is_fine = show_status(options, Clock().now(), Console(), Console(stderr=True))
    return DONE if is_fine else FAILED
