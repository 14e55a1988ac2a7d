"""What a run says at its end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from newsbeam.pipelines.summary import FeedCount, SourceCount, Summary, print_summary


def tell(sources: dict[str, SourceCount]) -> str:
    summary = Summary("run", Path("lake"), False, 1.0, sources, [])
    text = io.StringIO()
    print_summary(summary, Console(file=text, width=100))
    return text.getvalue()


def test_of_few_sources_each_has_a_row() -> None:
    told = tell({f"avis{n}": SourceCount() for n in range(40)})
    assert "avis0 " in told
    assert "avis39" in told
    assert "Nothing was read" not in told


def test_of_many_sources_those_have_a_row_of_which_something_was_read() -> None:
    sources = {f"avis{n}": SourceCount(feeds=FeedCount()) for n in range(2_000)}
    sources["blad"] = SourceCount(read=3, known=3)
    sources["borte"] = SourceCount(rejected={"no_files": 1})
    told = tell(sources)
    assert "avis" not in told
    assert "blad" in told
    assert "borte" in told
    assert "Nothing was read of 2,000 of 2,002 sources" in told


@pytest.mark.parametrize("count", [41, 10_000])
def test_where_nothing_was_read_there_is_no_table(count: int) -> None:
    told = tell({f"avis{n}": SourceCount() for n in range(count)})
    assert told.startswith(f"Nothing was read of {count:,} of {count:,} sources\n")
    assert len(told) < 200


@pytest.mark.parametrize(("asks_feeds", "told"), [(True, True), (False, False)])
def test_feeds_that_nobody_was_to_ask_are_not_told(asks_feeds: bool, told: bool) -> None:
    feeds = SourceCount(feeds=FeedCount())
    summary = Summary("run", Path("lake"), False, 1.0, {"avis": feeds}, asks_feeds=asks_feeds)
    text = io.StringIO()
    print_summary(summary, Console(file=text, width=100))
    assert ("none was due" in text.getvalue()) == told
