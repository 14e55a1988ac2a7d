"""How far a backfill is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PastCounts:
    """What was found within a window. ``waiting`` pages are to be asked, of which ``retried`` ones
    failed before; ``open`` listings, too. ``listings`` that were read gave ``listed`` pages in
    all, of whatever time. ``passed`` listings are of other things, by their names."""

    waiting: int
    retried: int
    asked: int
    known: int
    failed: int
    open: int
    listings: int
    listed: int
    broken: int
    passed: int

    @property
    def found(self) -> int:
        """All pages within the window so far."""
        return self.waiting + self.asked + self.known + self.failed

    @property
    def left(self) -> int:
        """Requests that are to be made, as far as anybody can tell: a listing that is open counts
        with as many pages as those before it gave on average."""
        share = self.found / self.listings if self.listings else 0.0
        return self.waiting + round(self.open * (1 + share))
