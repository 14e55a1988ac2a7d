from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from transforms.tables.versions import is_outdated

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("fetched_at", "newest", "now", "expected"),
    [
        (NOON - SECOND, NOON, None, True),
        (NOON - SECOND, NOON, NOON, True),
        (NOON, NOON, None, False),
        (NOON + SECOND, NOON, None, False),
        (None, NOON, None, False),
        (NOON, None, None, False),
        (NOON - SECOND, NOON, NOON - SECOND, False),
    ],
)
def test_older_than_what_is_known(
    fetched_at: datetime | None, newest: datetime | None, now: datetime | None, expected: bool
) -> None:
    assert is_outdated(fetched_at, newest, now) is expected
