"""Chance under a seed: every decision draws on its own name, so that none moves another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Chances:
    """``events`` are the kinds that are switched on, between ``start`` and ``end``."""

    seed: int
    events: frozenset[str]
    start: datetime
    end: datetime

    def chance(self, *names: object) -> float:
        """A number in [0, 1) that belongs to these names under this seed."""
        data = "/".join(map(str, (self.seed, *names))).encode()
        return int.from_bytes(hashlib.blake2b(data, digest_size=7).digest()) / 2**56

    def choose(
        self, event: str, share: float, things: Sequence[Thing], key: Callable[[Thing], str]
    ) -> set[str]:
        """The keys of those that ``event`` befalls: a ``share``, but at least one if it is on."""
        if event not in self.events or not things:
            return set()
        drawn = {key(thing): self.chance(event, key(thing)) for thing in things}
        return {name for name, number in drawn.items() if number < share} or {
            min(drawn, key=drawn.__getitem__)
        }

    def moment(self, *names: object, first: float = 0.2, last: float = 0.8) -> datetime:
        """An instant within these shares of the script's time."""
        share = first + (last - first) * self.chance("moment", *names)
        return round_minute(self.start + share * (self.end - self.start))


def round_minute(at: datetime) -> datetime:
    """``at`` on a whole minute, as some feeds tell no seconds."""
    return at.replace(second=0, microsecond=0)
