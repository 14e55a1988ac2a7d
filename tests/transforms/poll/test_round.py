"""When a run is next worth its while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsbeam.transforms.lake.feed_state import FeedState, make_poll_row
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import FEED_POLLS
from newsbeam.transforms.poll.round import next_due
from newsbeam.transforms.settings.source import FeedSettings, PollSettings, Source
from tests.support.stored import store

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
URL = "https://avis.example/rss"


def lake_with(folder: Path, state: FeedState) -> Lake:
    lake = Lake(folder)
    lake.create()
    store(lake, FEED_POLLS, [make_poll_row(state, "run")])
    return lake


def source(every: timedelta | None = None) -> Source:
    poll = PollSettings(every=every)
    return Source(id="avis", language="nb", feeds=(FeedSettings(url=URL),), poll=poll)


@pytest.mark.parametrize("every", [None, MINUTE, 30 * MINUTE])
def test_a_feed_is_polled_at_the_interval_that_it_is_to_be(
    tmp_path: Path, every: timedelta | None
) -> None:
    interval = every or 10 * MINUTE
    state = FeedState("avis", URL, URL, URL, NOW, "parsed", interval=interval,
                      next_poll_at=NOW + interval)  # fmt: skip
    due = next_due(lake_with(tmp_path, state), [source(every)], NOW)
    assert due is not None
    assert interval <= due - NOW <= interval + min(MINUTE, interval / 10)


def test_a_poll_of_the_future_is_due_now(tmp_path: Path) -> None:
    ahead = NOW + timedelta(days=40)
    state = FeedState("avis", URL, URL, URL, ahead, "parsed", next_poll_at=ahead + 30 * MINUTE)
    lake = lake_with(tmp_path, state)
    # Whenever somebody looks: a scheduler plans anew before it begins.
    for now in (NOW, NOW + MINUTE, NOW + timedelta(days=39)):
        assert next_due(lake, [source()], now) == now
