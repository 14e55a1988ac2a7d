"""Whom a lone name means: a surname in an article that never has the name in full. Pure."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from newsbeam.transforms.people.forms import Form
from newsbeam.transforms.people.index import LoneName
from newsbeam.transforms.people.namesakes import find_leader

# "These weeks": so many days before and after an article. Ours.
NEAR_DAYS = 28
# In so many articles of all sources somebody must be named in full in these weeks. Ours.
_ENOUGH = 3


def make_person_id(form: Form, bearer: str = "") -> str:
    """The id (32 hex) of whoever has the name; ``bearer`` tells a namesake."""
    named = "\x1f".join(("person", " ".join(form), bearer))
    return hashlib.sha256(named.encode()).hexdigest()[:32]


class NearNames:
    """Whom articles have in full with one surname: rows (day, source, person, articles) by day.

    Days that are asked for one after the other cost no more than the rows between them.
    """

    def __init__(self, rows: Sequence[tuple[int, str, str, int]]) -> None:
        self._rows = rows
        self._days = [row[0] for row in rows]
        self._first = self._last = 0
        self._here: dict[str, Counter[str]] = defaultdict(Counter)
        self._everywhere: Counter[str] = Counter()

    def count(self, day: int) -> tuple[Mapping[str, Counter[str]], Counter[str]]:
        """Articles with each person in the weeks around ``day``: by source, and in all. Both hold
        until the next day is asked for."""
        first = bisect_left(self._days, day - NEAR_DAYS)
        last = bisect_right(self._days, day + NEAR_DAYS)
        self._add(self._last, last, 1)
        self._add(first, self._first, 1)
        self._add(last, self._last, -1)
        self._add(self._first, first, -1)
        self._first, self._last = first, last
        return self._here, self._everywhere

    def _add(self, start: int, end: int, sign: int) -> None:
        """Add the rows from ``start`` to ``end``, if any, or take them away."""
        for _, source, person, articles in self._rows[start:end]:
            for counts in (self._here[source], self._everywhere):
                counts[person] += sign * articles
                if not counts[person]:
                    del counts[person]


def find_lone(lone: LoneName, lead: str, near: NearNames) -> tuple[str | None, str]:
    """The person whom a lone name means, ``None`` where nobody can tell, and why.

    ``lead`` is whom the lake at large means by it: empty for nobody, ``?`` for one of several;
    behind a ``!`` the name is a first name of many.
    """
    whom = lead.removeprefix("!")
    if not whom:
        if lead and lone.trait != "office":
            return None, "first_name"
        return make_person_id((lone.form,)), "only_name"
    sources, everywhere = near.count(lone.day)
    here = sources.get(lone.source)
    if here:
        leader = find_leader(here)
        return leader, "several" if leader is None else "source_weeks"
    if everywhere.total() >= _ENOUGH:
        leader = find_leader(everywhere)
        return leader, "several" if leader is None else "weeks"
    return (None, "several") if whom == "?" else (whom, "lake")
