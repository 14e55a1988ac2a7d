"""Which of two versions of a page is the newer one (docs/decisions/replay.md)."""

from __future__ import annotations

from datetime import datetime


def is_outdated(
    fetched_at: datetime | None, newest: datetime | None, now: datetime | None = None
) -> bool:
    """Whether a version fetched at ``fetched_at`` is older than one fetched at ``newest``.

    Never where one of the instants is not known, as with plain files. A ``newest`` after ``now``
    comes from a clock that was wrong, and is not believed.
    """
    if fetched_at is None or newest is None:
        return False
    return fetched_at < newest and (now is None or newest <= now)
