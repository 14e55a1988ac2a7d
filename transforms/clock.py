"""The time of day, as an argument: a run can be told that it is another day (tests, replays)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's clock, ``ahead`` of the truth. Safe to pickle."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The instant, in UTC."""
        return datetime.now(UTC) + self.ahead
