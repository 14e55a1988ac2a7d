"""Intervals in configs and on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.settings.source import PollSettings


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30), ("1m", 60), ("1 m", 60), ("1M", 60), ("10min", 600), ("10 minutes", 600),
        ("1 minute", 60), ("90 sec", 90), ("6h", 21_600), ("1 hour", 3600), ("2 hrs", 7200),
        ("1.5h", 5400), ("1h30m", 5400), ("1 hour, 30 minutes", 5400), ("1d", 86_400),
        ("2 days", 172_800), ("1w", 604_800), ("2 weeks", 1_209_600),
    ],
)  # fmt: skip
def test_intervals_are_written_as_people_do(text: str, seconds: int) -> None:
    assert PollSettings(every=text).every == timedelta(seconds=seconds)  # type: ignore[arg-type]
    pattern = PollSettings.model_json_schema()["properties"]["every"]["anyOf"][0]["pattern"]
    assert re.fullmatch(pattern, text.lower())


@pytest.mark.parametrize(
    "text", ["", "10", "m", "1ms", "1 month", "1y", "-1m", "1m soon", "m1", 60]
)
def test_what_is_no_interval_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="30s, 10m, 6h or 1d"):
        PollSettings(every=text)  # type: ignore[arg-type]


@given(st.integers(0, 999_999), st.sampled_from(["weeks", "days", "hours", "minutes", "seconds"]))
def test_no_interval_is_too_long_for_a_calendar(number: int, unit: str) -> None:
    every = PollSettings(every=f"{number} {unit}").every  # type: ignore[arg-type]
    assert every is not None
    datetime(2026, 11, 22, tzinfo=UTC) + every
