"""What becomes of each entry of a polled feed: asked for, put off, or nothing to do. Pure.

Every entry is counted once: entries = new + known + changed + rejected + waiting. And an entry that
goes on changing while its article stays as it is is asked for less and less often.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from newsbeam.transforms.lake.feed_state import FeedState, PendingPage, Recheck, hash_entry_id
from newsbeam.transforms.poll.decide import FreshEntry
from newsbeam.transforms.records import PageRequest

# Ours: the wait before an article is asked for again that was asked for in vain, doubled with
# every time.
_FIRST_WAIT = timedelta(minutes=30)
_LONGEST_WAIT = timedelta(days=1)


class Account:
    """The account of one poll of a feed, whose state after it is ``state``.

    ``state`` counts fresh entries as new, as changed, or, where only instants changed, as known:
    what is decided of them here is moved to where it belongs.
    """

    def __init__(self, state: FeedState, now: datetime) -> None:
        self._state, self._now = state, now
        self._rechecks = dict(state.rechecks)

    def find_wait(self, fresh: FreshEntry, written_at: datetime | None) -> datetime | None:
        """Until when an entry that changed is not to be asked for; ``None`` if it may be now.

        ``written_at`` is when the lake wrote its article last. If that is when it had been before
        the last time that it was asked for, nothing came of it then.
        """
        if written_at is None:
            return None
        last = self._find_last(fresh, written_at)
        # Instants that always move must not hold up words.
        times = last.for_words + (last.for_instants if fresh.is_retold else 0)
        if not times:
            return None
        wait: timedelta = _FIRST_WAIT * 2 ** min(times - 1, 10)
        until = last.asked_at + min(wait, _LONGEST_WAIT)
        # One that lies further ahead was reckoned by a clock that was.
        return until if self._now < until <= self._now + _LONGEST_WAIT else None

    def settle(self, fresh: FreshEntry) -> None:
        """``fresh`` tells what the lake has, or what another entry tells: nothing is asked for."""
        if not fresh.is_retold:
            self._move("new" if fresh.before is None else "changed", "known")

    def ask(self, fresh: FreshEntry, written_at: datetime | None) -> None:
        """``fresh`` is asked for now."""
        if fresh.before is None:
            return
        if fresh.is_retold:
            self._move("known", "changed")
        if written_at is not None:  # else it is another story: its id is given again and again
            self._note(fresh, written_at, self._now)

    def put_off(
        self, fresh: FreshEntry, request: PageRequest, written_at: datetime | None, until: datetime
    ) -> PendingPage | None:
        """``fresh`` is not asked for before ``until``: the page to ask for then, whatever the
        feed tells by that time; ``None`` where only the feed can tell."""
        if fresh.is_retold:
            return None  # nothing but instants: known
        self._move("changed", "waiting")
        if fresh.entry.content is not None:
            return None
        self._note(fresh, written_at, until)
        return PendingPage(request, until)

    def leave(self, fresh: FreshEntry) -> None:
        """``fresh`` is left to the next poll."""
        was = "new" if fresh.before is None else "known" if fresh.is_retold else "changed"
        self._move(was, "waiting")

    def close(self) -> FeedState:
        """The state with its counts and with what was asked for again."""
        return replace(self._state, rechecks=self._rechecks)

    def _find_last(self, fresh: FreshEntry, written_at: datetime | None) -> Recheck:
        """How ``fresh`` was asked for since its article was written."""
        last = self._rechecks.get(hash_entry_id(fresh.entry.id))
        is_same = last is not None and last.written_at == written_at
        return last if last is not None and is_same else Recheck(self._now, written_at)

    def _note(self, fresh: FreshEntry, written_at: datetime | None, at: datetime) -> None:
        last = self._find_last(fresh, written_at)
        self._rechecks[hash_entry_id(fresh.entry.id)] = Recheck(
            at,
            written_at,
            last.for_words + (not fresh.is_retold),
            last.for_instants + fresh.is_retold,
        )

    def _move(self, one: str, other: str) -> None:
        state = self._state
        counts = {one: getattr(state, one) - 1, other: getattr(state, other) + 1}
        self._state = replace(state, **counts)
