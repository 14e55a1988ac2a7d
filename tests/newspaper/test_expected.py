"""What the newspaper expects of clients: a good one has it all, a bad one is found out."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from tests.support.newspaper import CALM, START, Newspaper, serve
from tests.support.newspaper import etiquette as checks
from tests.support.newspaper.expected import Expected
from tests.support.newspaper.reader import Reader, ask_directly, ask_over_http

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = START + 30 * DAY


@pytest.fixture(scope="module")
def paper() -> Newspaper:
    """A month with all that can happen. Not served: its port is only said to be one."""
    newspaper = Newspaper(seed=7)
    newspaper.port = 8000
    return newspaper


def read(
    paper: Newspaper, gap: timedelta, until: datetime, seed: int, skip: Sequence[str] = ()
) -> dict[str, set[bytes]]:
    """Have each host's reader poll, never ``gap`` or more apart; the pages it got."""
    pages: dict[str, set[bytes]] = {}
    dice = random.Random(seed)
    for host in paper.sites:
        reader = Reader(paper, host, ask_directly(paper), lambda _: None)
        for name in skip:
            reader.feeds.pop(name, None)
        now = START
        while now <= until:
            paper.set_time(now)
            reader.poll(now)
            now += gap * dice.uniform(0.5, 1)
        pages |= reader.pages
    return pages


def list_lost(
    paper: Newspaper, expected: Expected, pages: dict[str, set[bytes]]
) -> tuple[set[str], set[tuple[str, int]]]:
    def has(article: str, revision: int) -> bool:
        had = pages.get(article, set())
        return any(
            paper.page(article, revision, address.path) in had
            for address in paper.articles[article].addresses
        )

    return (
        set(expected.articles) - set(pages),
        {key for key in expected.revisions if not has(*key)},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "hours"),
    [(2, 6), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((1, 2), (3, 14)))],
)
def test_a_good_reader_has_all_that_is_expected(seed: int, hours: int) -> None:
    newspaper = Newspaper(seed, feeds=10, hosts=3, days=12, pace=0.5)
    newspaper.port = 8000
    gap, until = hours * HOUR, newspaper.script.end
    expected = newspaper.expected(gap, until)
    known = [a for a in newspaper.articles.values() if a.access == "open"]
    assert len(expected.articles) > 0.5 * len(known)
    assert {revision for _, revision in expected.revisions} >= {0, 1}
    assert list_lost(newspaper, expected, read(newspaper, gap, until, seed)) == (set(), set())


@pytest.mark.slow
def test_patience_is_expected_of_those_who_retry() -> None:
    newspaper = Newspaper(3, feeds=10, hosts=3, days=15, pace=0.5)
    newspaper.port = 8000
    gap, until = 6 * HOUR, newspaper.script.end
    more = newspaper.expected(gap, until, retry_for=DAY)
    assert more.articles > newspaper.expected(gap, until).articles
    assert list_lost(newspaper, more, read(newspaper, gap, until, 3)) == (set(), set())


def test_a_reader_that_forgets_a_feed_is_found_out() -> None:
    newspaper = Newspaper(1, feeds=4, hosts=2, days=4, events=CALM)
    newspaper.port = 8000
    gap, until = 4 * HOUR, newspaper.script.end
    pages = read(newspaper, gap, until, 1, skip=["feed-02"])
    lost, revisions = list_lost(newspaper, newspaper.expected(gap, until), pages)
    assert {newspaper.articles[name].listings[0].feed for name in lost} == {"feed-02"}
    assert {name for name, _ in revisions} == lost


@pytest.mark.slow
def test_a_reader_that_sleeps_too_long_is_found_out() -> None:
    newspaper = Newspaper(1, feeds=4, hosts=2, days=8, pace=4, events={"edits"})
    newspaper.port = 8000
    until = newspaper.script.end
    pages = read(newspaper, 2 * DAY, until, 1)
    lost, revisions = list_lost(newspaper, newspaper.expected(4 * HOUR, until), pages)
    assert lost
    assert revisions


@pytest.mark.slow
def test_only_what_can_be_had_is_expected(paper: Newspaper) -> None:
    expected = paper.expected(6 * HOUR, LATER)
    assert {paper.articles[name].access for name in expected.articles} == {"open"}
    gone = next(feed for feed in paper.script.feeds if feed.gone_at)
    assert gone.gone_at is not None
    after = {
        a.id for a in paper.script.articles
        if {x.feed for x in a.listings} == {gone.id} and a.published_at >= gone.gone_at
    }  # fmt: skip
    assert after
    assert not after & expected.articles
    assert paper.expected(6 * HOUR, START + HOUR) == Expected(frozenset(), frozenset())


def test_a_good_reader_over_http_breaks_no_rule() -> None:
    newspaper = Newspaper(11, feeds=6, hosts=2, days=2.5, pace=0.05)
    with serve(newspaper) as servers:
        for host, site in newspaper.sites.items():
            gap = max(0.005, site.crawl_delay or 0) + 0.005
            reader = Reader(newspaper, host, ask_over_http("reader/1 (+x)", gap), time.sleep)
            for poll in range(12):
                servers.set_time(START + poll * 5 * HOUR)
                reader.poll(newspaper.clock())
        log = servers.log
    assert len(log) > 80
    assert checks.check_all(log, newspaper, seconds=0.005) == []
    assert checks.check_repeated_page(log) == []
