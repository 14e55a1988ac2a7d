"""Politeness: requests to one registrable domain queue in its lane, lanes do not wait for others.

Gaps are measured in real (monotonic) time; the instants until which a lane is closed are
wall-clock time and come from a ``Clock``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Literal

from newsbeam.transforms.records import Clock

# Ours: open connections of all lanes together, well below the usual limit of 1,024 files.
_CONNECTIONS = 256
# Ours: after so many failed requests in a row a lane is left alone for so long.
_FAILURES_IN_A_ROW = 3
_TROUBLE_SECONDS = 600.0
_LONGEST_PAUSE = 3600.0


class LaneShut(Exception):
    """The lane takes no request now. ``until`` is the instant before which it will not."""

    def __init__(self, reason: Literal["asked_to_wait", "host_in_trouble"], until: datetime):
        super().__init__(reason)
        self.reason, self.until = reason, until


class _Lane:
    """What is known of one domain. ``gate`` is held by the request whose turn is next."""

    __slots__ = (
        "changed",
        "closed_until",
        "failures",
        "gate",
        "last_start",
        "next_start",
        "running",
        "trouble_until",
    )

    def __init__(self) -> None:
        self.gate = asyncio.Lock()  # first come, first served
        self.changed = asyncio.Event()
        self.running = 0
        self.last_start = self.next_start = float("-inf")
        self.closed_until: datetime | None = None
        self.failures = 0
        self.trouble_until = float("-inf")

    def start(self, gap: float) -> None:
        self.last_start = monotonic()
        self.next_start = max(self.next_start, self.last_start + gap)


class Lanes:
    """The lanes of one client. Not for several threads."""

    def __init__(self, clock: Clock, connections: int = _CONNECTIONS) -> None:
        """``connections`` is how many turns there may be at the same time in all lanes."""
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        self._connections = asyncio.Semaphore(connections)

    @asynccontextmanager
    async def turn(
        self, domain: str, gap: float, at_once: int
    ) -> AsyncIterator[Callable[[], None]]:
        """Wait for a turn in the lane of ``domain`` and hold it while the block runs.

        ``gap`` is the shortest time in seconds to the starts of the turn before and the turn
        after (the longer one of two gaps wins), ``at_once`` how many turns there may be. A turn
        starts when it is granted, or, if the block calls what it is given, at that moment: when
        the request has gone out, however long it took to connect.

        Raises:
            LaneShut: the lane is closed, or was closed while waiting.
        """
        lane = self._lane(domain)
        async with lane.gate:
            while True:
                self._check(lane)
                wait = max(lane.next_start, lane.last_start + gap) - monotonic()
                if wait <= 0 and lane.running < at_once:
                    break
                lane.changed.clear()
                try:
                    async with asyncio.timeout(wait if wait > 0 else None):
                        await lane.changed.wait()
                except TimeoutError:
                    continue
            # Last, so that nobody keeps a connection from others while he waits for his turn.
            await self._connections.acquire()
            try:
                self._check(lane)
            except LaneShut:
                self._connections.release()
                raise
            lane.running += 1
            lane.start(gap)
        try:
            yield lambda: lane.start(gap)
        finally:
            lane.running -= 1
            lane.changed.set()
            self._connections.release()

    def close(self, domain: str, until: datetime) -> None:
        """Let no request start in the lane before ``until``; a later end that is set wins."""
        lane = self._lane(domain)
        if lane.closed_until is None or until > lane.closed_until:
            lane.closed_until = until
            lane.changed.set()

    def closed(self) -> dict[str, datetime]:
        """The lanes that are closed now, with the instants until which they are."""
        now = self._clock.now()
        return {
            domain: lane.closed_until
            for domain, lane in self._lanes.items()
            if lane.closed_until is not None and lane.closed_until > now
        }

    def pause(self, domain: str, seconds: float) -> None:
        """Let no request start in the lane for ``seconds``; those that wait keep waiting.

        At most an hour: a longer pause was reckoned with a clock that has been set back since.
        """
        lane = self._lane(domain)
        lane.next_start = max(lane.next_start, monotonic() + min(seconds, _LONGEST_PAUSE))

    def note_failure(self, domain: str) -> None:
        """A request failed after all its tries, at the connection or by the server's fault."""
        lane = self._lane(domain)
        lane.failures += 1
        if lane.failures >= _FAILURES_IN_A_ROW:
            lane.trouble_until = monotonic() + _TROUBLE_SECONDS
            lane.failures = _FAILURES_IN_A_ROW - 1  # then one more failure is enough
            lane.changed.set()

    def note_answer(self, domain: str) -> None:
        """The host answered: the failures before are forgotten."""
        self._lane(domain).failures = 0

    def _lane(self, domain: str) -> _Lane:
        return self._lanes.setdefault(domain, _Lane())

    def _check(self, lane: _Lane) -> None:
        now = self._clock.now()
        if lane.closed_until is not None and lane.closed_until > now:
            raise LaneShut("asked_to_wait", lane.closed_until)
        trouble = lane.trouble_until - monotonic()
        if trouble > 0:
            raise LaneShut("host_in_trouble", now + timedelta(seconds=trouble))
