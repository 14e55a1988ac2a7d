"""Whom articles have in full in the weeks around a day, whatever days are asked for."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.people.lone import NEAR_DAYS, NearNames

ROWS = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(1, 3))
)


@given(rows=ROWS, days=st.lists(st.integers(-50, 250)))
def test_a_window_that_moves_counts_what_is_in_it(
    rows: list[tuple[int, str, str, int]], days: list[int]
) -> None:
    near = NearNames(sorted(rows))
    for day in days:
        here: dict[str, Counter[str]] = {}
        for at, source, person, articles in rows:
            if abs(at - day) <= NEAR_DAYS:
                here.setdefault(source, Counter())[person] += articles
        found, everywhere = near.count(day)
        assert {source: counts for source, counts in found.items() if counts} == here
        assert everywhere == sum(here.values(), Counter())
