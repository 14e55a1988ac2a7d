"""``newsbeam people`` as it is called: the list, or a person's page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from newsbeam.pipelines.people.look_up import (
    ListedPerson,
    PersonPage,
    find_people,
    list_people,
    read_person,
)
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.views import open_lake
from newsbeam.transforms.text.counts import show_count

# Columns of `people` that say how a row was decided, not what of.
_NOT_SHOWN = frozenset({"decision", "rules", "decided_at", "decided_year", "run_id"})


class UnknownPersonError(NewsbeamError):
    """Nobody in the lake has that name."""

    is_usage = True


@dataclass(frozen=True, slots=True)
class PeopleOptions:
    """How ``newsbeam people`` was called."""

    root: LakePath
    name: str | None = None
    most: int = 20
    as_json: bool = False


def show_people(options: PeopleOptions, output: Console) -> None:
    """Print the people of the lake, or those whom the name may mean.

    Raises:
        NoLakeError: the folder holds no lake.
        UnknownPersonError: nobody has the name.
        UnreadableLakeError: the lake's tables cannot be read.
    """
    with open_lake(options.root) as connection:
        if options.name is None:
            people = list_people(connection, options.most)
            if options.as_json:
                _print_json(output, [asdict(person) for person in people])
            else:
                _print_list(people, output)
            return
        found = find_people(connection, options.name)
        if not found:
            raise UnknownPersonError(
                f"nobody in {options.root} is called {options.name!r}; `newsbeam people "
                f"{options.root}` lists those who say most"
            )
        pages = [read_person(connection, person, options.most) for person in found[: options.most]]
    if options.as_json:
        _print_json(output, [_page_as_json(page) for page in pages])
        return
    if len(found) > 1:
        _say(output, f"{options.name} may be {show_count(len(found), 'person')}:\n")
    for page in pages:
        _print_page(page, output)


def _page_as_json(page: PersonPage) -> dict[str, Any]:
    row = {key: value for key, value in page.row.items() if key not in _NOT_SHOWN}
    reasons = [
        {"because": because, "appearances": names, "articles": articles}
        for because, names, articles in page.reasons
    ]
    return row | {"reasons": reasons, "said": page.said}


def _print_list(people: Sequence[ListedPerson], output: Console) -> None:
    if not people:
        _say(output, "no people yet: a run tells them as it brings articles")
        return
    table = Table()
    for name in ("name", "role", "quotes", "statements", "articles", "last day"):
        is_number = name in ("quotes", "statements", "articles")
        table.add_column(name, justify="right" if is_number else "left")
    for person in people:
        table.add_row(
            show_safe(person.name),
            show_safe(person.role),
            f"{person.quotes:,}",
            f"{person.statements:,}",
            f"{person.articles:,}",
            str(person.last_day),
        )
    output.print(table)


def _print_page(page: PersonPage, output: Console) -> None:
    row = page.row
    _say(output, f"{row['name']}  {row['person_id']}")
    parts = [
        show_count(row["articles"], "article"),
        show_count(row["quotes"], "quote"),
        show_count(row["statements"], "statement"),
        f"{row['first_day']} to {row['last_day']}",
    ]
    if row["gender"]:
        parts.append(f"{row['gender']} (by {(row['gender_from'] or 'the text').replace('_', ' ')})")
    _say(output, f"  {', '.join(parts)}")
    for title, column, key in (
        ("names", "variants", "name"),
        ("roles", "roles", "role"),
        ("affiliations", "affiliations", "affiliation"),
        ("sources", "sources", "source"),
    ):
        for at, told in enumerate(row[column]):
            head = f"{title}:" if not at else ""
            _say(
                output,
                f"  {head:14}{told[key]}  {told['number']:,}, {told['first']} to {told['last']}",
            )
    for at, (because, names, _) in enumerate(page.reasons):
        _say(output, f"  {'because:' if not at else '':14}{because}  {names:,}")
    for said in page.said:
        day = f"{said['published_at']:%Y-%m-%d}" if said["published_at"] else "no date"
        _say(output, f"  {day} {said['source']}, {said['kind']} as {said['name']}: {said['text']}")
    _say(output, "")


def _say(output: Console, line: str) -> None:
    output.print(show_safe(line), markup=False, highlight=False, soft_wrap=True)


def _print_json(output: Console, told: object) -> None:
    print(json.dumps(told, ensure_ascii=False, indent=2, default=str), file=output.file)
