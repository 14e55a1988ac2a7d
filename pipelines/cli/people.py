"""``newsbeam people``: who is in a lake, across its articles."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import CountOption, Json, LakePlace
from newsbeam.pipelines.cli.shared import failing, say


def people(
    lake: LakePlace,
    name: Annotated[
        str | None, Parameter(name="NAME", help="a name, part of one, or an id")
    ] = None,
    /,
    *,
    limit: CountOption = 20,
    update: bool = False,
    rebuild: bool = False,
    as_json: Json = False,
) -> None:
    """Tell who is in a lake: one person, one row, whatever articles call them.

    Lists those under DIR who say most, or with NAME (a name, part of one, or an id) all about a
    person: names, roles over time, what was said last. Every run tells its people at its end, by
    DIR/people.yaml too, if there is one (docs/people.md).

        newsbeam people out "Kari Nes"

    Args:
        limit: persons, or of one person things said (default 20)
        update: first bring the tables of people up to the articles
        rebuild: first read all articles again and mend whatever differs
        as_json: print JSON
    """
    from newsbeam.pipelines.people.refresh import refresh_people
    from newsbeam.pipelines.people.show import PeopleOptions, show_people
    from newsbeam.transforms.errors import LakeBusy
    from newsbeam.transforms.lake.staging import StagingLost

    if update or rebuild:
        with failing("the people could not be told", LakeBusy, StagingLost):
            done = refresh_people(lake, rebuild=rebuild)
        say(
            f"articles looked at: {done.articles}, rows written: {done.appearances} of "
            f"appearances, {done.persons} of people"
        )
    show_people(PeopleOptions(lake, name, limit, as_json), Console())
