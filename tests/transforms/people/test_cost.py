"""What an article more or less costs, counted in steps of SQLite: nobody's past counts."""

from __future__ import annotations

from newsbeam.transforms.people.index import NEWER_INDEX
from tests.support.cast_lists import Registry, appear


def _count_steps(past: int) -> int:
    """The steps in which a newest article of somebody with so many others comes and goes."""
    registry = Registry().take(
        *(appear(f"a{day:05}", "Kari Nes", day, role="lege", gender="female")
          for day in range(past))
    )  # fmt: skip
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    registry.database.set_progress_handler(step, 1)
    registry.take(appear("b", "Kari Nes", past, role="lege"), appear("b", "Per Moe", past))
    registry.decider.take({"b": []})
    return steps


def test_who_has_been_in_many_articles_costs_as_much_as_who_has_not() -> None:
    assert _count_steps(3_000) < 1.5 * _count_steps(300)


def test_a_database_that_was_made_before_gets_the_newer_index() -> None:
    database = Registry().database
    names = "SELECT name FROM sqlite_schema WHERE name LIKE 'by_person%'"
    new = database.execute(names).fetchall()
    database.execute("DROP INDEX by_person_and_day")
    database.execute("CREATE INDEX by_person ON appearances (person) WHERE person IS NOT NULL")
    for statement in NEWER_INDEX * 2:
        database.execute(statement)
    assert database.execute(names).fetchall() == new
