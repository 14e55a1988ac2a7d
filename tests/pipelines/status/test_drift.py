"""Drift: broken layouts are found, ordinary ups and downs are not, the statistics are exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.status.drift import HOLD, ArticleOutcome, exceed_share, judge_drift

START = datetime(2026, 6, 1, tzinfo=UTC)


def write(
    count: int, *, a_day: float = 10, seed: int = 1, first: float = 0
) -> list[ArticleOutcome]:
    """What an ordinary paper gives: a few pages without text, short pieces, unsigned ones."""
    rng = Random(seed)
    out = []
    for n in range(count):
        words = int(rng.lognormvariate(5.9, 0.6))
        if rng.random() < 0.08:
            words = rng.randint(20, 80)
        outcome = ArticleOutcome(
            START + timedelta(days=first + n / a_day),
            None if rng.random() < 0.03 else words,
            has_date=rng.random() < 0.98,
            has_authors=rng.random() < 0.7,
            is_paywalled=rng.random() < 0.2,
            removed=int(rng.expovariate(0.5)),
        )
        out.append(outcome)
    return out


BROKEN: dict[str, Callable[[ArticleOutcome], ArticleOutcome]] = {
    "no_text": lambda o: replace(o, words=None),
    "short": lambda o: replace(o, words=30),
    "long": lambda o: replace(o, words=(o.words or 0) + 2000),
    "no_title": lambda o: replace(o, has_title=False),
    "no_date": lambda o: replace(o, has_date=False),
    "no_authors": lambda o: replace(o, has_authors=False),
    "paywalled": lambda o: replace(o, is_paywalled=True),
    "many_removed": lambda o: replace(o, removed=40),
}


@pytest.mark.parametrize("sign", BROKEN)
def test_changed_layout_is_found_within_fifty_articles(sign: str) -> None:
    past = write(500)
    new = [BROKEN[sign](o) for o in write(50, seed=2, first=50)]
    assert sign in {change.sign for change in judge_drift([*past, *new]).changes}
    assert judge_drift(past).changes == ()


def test_empty_pages_are_found_within_ten() -> None:
    past = write(500)
    new = [replace(o, words=None) for o in write(10, seed=2, first=50)]
    (change,) = judge_drift([*past, *new]).changes
    assert (change.sign, change.bad, change.newest, change.share) == ("no_text", 10, 10, 1.0)
    assert change.share_before < 0.05
    assert judge_drift([*past, *new[:3]]).changes == ()


def test_alarm_stands_for_the_hold_and_then_the_new_ways_are_the_past() -> None:
    past = write(500)

    def judge(days: float) -> bool:
        new = [replace(o, words=None) for o in write(int(days * 10), seed=2, first=50)]
        return bool(judge_drift([*past, *new]).changes)

    assert judge(2)
    assert judge(HOLD.days - 1)
    assert not judge(3 * HOLD.days)


def test_days_of_short_pieces_in_the_past_excuse_another() -> None:
    past = write(400)
    short = [replace(o, words=40) for o in write(50, seed=3, first=20)]
    new = [replace(o, words=40) for o in write(50, seed=2, first=60)]
    assert "short" in {c.sign for c in judge_drift([*past, *new]).changes}
    usual = sorted([*past, *short], key=lambda o: o.at)
    assert "short" not in {c.sign for c in judge_drift([*usual, *new]).changes}


def test_one_bad_day_of_a_busy_source_is_no_drift_and_three_are() -> None:
    past = write(3000, a_day=100)
    new = [
        replace(o, words=None) if Random(n).random() < 0.4 else o
        for n, o in enumerate(write(300, a_day=100, seed=2, first=30))
    ]
    assert judge_drift([*past, *new[:60]]).changes == ()
    (change,) = judge_drift([*past, *new]).changes
    assert change.sign == "no_text"
    assert change.newest > 250
    broken = [replace(o, words=None) for o in new[:20]]
    assert [c.sign for c in judge_drift([*past, *broken]).changes] == ["no_text"]


def test_source_of_one_article_a_day_is_judged_by_its_newest_ten() -> None:
    past = write(70, a_day=1)
    new = [replace(o, words=None) for o in write(10, a_day=1, seed=2, first=70)]
    assert [c.newest for c in judge_drift([*past, *new]).changes] == [10]


@pytest.mark.parametrize("count", [0, 1, 50, 99])
def test_short_past_is_not_judged(count: int) -> None:
    found = judge_drift([replace(o, words=None) for o in write(count, a_day=100)])
    assert (found.judged, found.changes) == (False, ())


def test_archive_of_one_moment_is_judged_in_its_order() -> None:
    past = [replace(o, at=START) for o in write(200)]
    new = [replace(o, at=START, words=None) for o in write(20, seed=2)]
    assert [c.sign for c in judge_drift([*past, *new]).changes] == ["no_text"]


def test_articles_of_one_length_do_not_drift() -> None:
    same = [replace(o, words=100, removed=0) for o in write(300)]
    assert judge_drift(same).changes == ()


def test_source_whose_pages_never_gave_text_is_judged_all_the_same() -> None:
    found = judge_drift([replace(o, words=None) for o in write(300)])
    assert found.judged
    assert found.changes == ()
    assert dict(found.shares) == {"no_text": 1.0}


@given(st.integers(1, 60), st.data())
def test_chance_of_a_share_is_the_tail_of_the_hypergeometric(
    newest: int, data: st.DataObject
) -> None:
    before = data.draw(st.integers(1, 2000))
    bad, bad_before = data.draw(st.integers(0, newest)), data.draw(st.integers(0, before))
    all_bad, others = bad + bad_before, newest + before - bad - bad_before
    # In whole numbers: of all ways to choose the newest those with so many bad ones.
    as_many = sum(comb(all_bad, n) * comb(others, newest - n) for n in range(bad, newest + 1))
    expected = as_many / comb(newest + before, newest)
    assert exceed_share(bad, newest, bad_before, before) == pytest.approx(
        expected, rel=1e-6, abs=1e-12
    )


@given(
    st.lists(
        st.builds(
            ArticleOutcome,
            st.integers(0, 90 * 24).map(lambda hours: START + timedelta(hours=hours)),
            st.none() | st.integers(0, 500),
            st.booleans(),
            removed=st.integers(0, 3),
        ),
        max_size=150,
    )
)
def test_any_history_is_judged(outcomes: list[ArticleOutcome]) -> None:
    found = judge_drift(sorted(outcomes, key=lambda o: o.at))
    for change in found.changes:
        assert 0 < change.bad <= change.newest
        assert change.share >= change.share_before
