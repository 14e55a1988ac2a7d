"""Whom a lone name means: a surname in an article that never has the name in full. Pure."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

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
    """Whom articles have in full with one surname: rows (day, source, person, articles) by day."""

    def __init__(self, rows: Sequence[tuple[int, str, str, int]]) -> None:
        self._rows = rows
        self._days = [row[0] for row in rows]
        self._counted: dict[int, tuple[dict[str, Counter[str]], Counter[str]]] = {}

    def count(self, day: int) -> tuple[dict[str, Counter[str]], Counter[str]]:
        """Articles with each person in the weeks around ``day``: by source, and in all."""
        if day in self._counted:
            return self._counted[day]
        first = bisect_left(self._days, day - NEAR_DAYS)
        last = bisect_right(self._days, day + NEAR_DAYS)
        here: dict[str, Counter[str]] = {}
        everywhere: Counter[str] = Counter()
        for _, source, person, articles in self._rows[first:last]:
            here.setdefault(source, Counter())[person] += articles
            everywhere[person] += articles
        self._counted[day] = here, everywhere
        return here, everywhere


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
