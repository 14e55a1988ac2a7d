"""Polls that lie in the future, because a machine's clock was ahead then or is behind now.

What such a poll says of instants is not believed: its feed is due now. What it says of entries
stays, as do the pages that wait since then. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from newsbeam.transforms.lake.feed_state import FeedState

# Ours: the clocks of machines that share a lake may differ by so much.
CLOCK_TOLERANCE = timedelta(minutes=5)
# No server is obeyed for longer (docs/feeds.md): what lies further ahead was not said by one.
_LONGEST_CLOSED = timedelta(hours=24)

_Key = TypeVar("_Key")


def is_future(instant: datetime, now: datetime) -> bool:
    """Whether ``instant`` is one that nobody can have seen at ``now``."""
    return instant > now + CLOCK_TOLERANCE


def is_closed(until: datetime, now: datetime) -> bool:
    """Whether a domain that asks to be left alone ``until`` then is to be left alone ``now``."""
    return until > now and not is_future(until, now + _LONGEST_CLOSED)


def bring_back(states: Mapping[_Key, FeedState], now: datetime) -> dict[_Key, FeedState]:
    """``states`` with those from the future due ``now``, and so what they keep for later."""
    return {
        key: _bring_back(state, now) if is_future(state.polled_at, now) else state
        for key, state in states.items()
    }


def _bring_back(state: FeedState, now: datetime) -> FeedState:
    return replace(
        state,
        # A feed that is gone (410) stays so.
        next_poll_at=None if state.next_poll_at is None else min(state.next_poll_at, now),
        validated_at=None,
        blocked={domain: until for domain, until in state.blocked.items() if is_closed(until, now)},
        pending=tuple(replace(page, retry_at=min(page.retry_at, now)) for page in state.pending),
    )
