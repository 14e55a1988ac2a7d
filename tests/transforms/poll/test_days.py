"""Days of a scripted newspaper: every article once per revision, none lost, nobody annoyed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from tests.support.newspaper import Newspaper
from tests.support.newspaper.days import EVERYTHING, Days, check_days


@pytest.mark.slow
def test_two_and_a_half_days(tmp_path: Path) -> None:
    """Few articles and long steps, but something of every kind that befalls feeds and pages."""
    paper = Newspaper(33, feeds=6, hosts=3, days=2.5, pace=0.15, events=EVERYTHING)
    days = Days(paper, Lake(tmp_path / "out"), tmp_path / "out", timedelta(hours=4))
    days.live(tmp_path)
    check_days(days)
    assert days.rows()["revision"].max() > 1
    assert {200, 302, 304, 308, 410, 429, 503} <= {r.status for r in days.log}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_thirty_days_of_twenty_feeds(tmp_path: Path) -> None:
    paper = Newspaper(20261122, feeds=20, hosts=5, days=30, pace=0.1, events=EVERYTHING)
    # More runs would find the same: feeds are left alone for up to three hours.
    days = Days(paper, Lake(tmp_path / "out"), tmp_path / "out", timedelta(hours=3))
    days.live(tmp_path)
    check_days(days)
