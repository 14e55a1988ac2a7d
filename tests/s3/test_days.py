"""A month of a scripted newspaper whose lake is on an object store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath
from tests.support.newspaper import Newspaper
from tests.support.newspaper.days import EVERYTHING, Days, check_days
from tests.support.s3.server import BUCKET, Server


@pytest.mark.timeout(3600)
def test_thirty_days_on_an_object_store(
    place: ObjectPath, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing dies here, so that nothing need be cleaned up soon; a busy machine may stall.
    monkeypatch.setenv("NEWSBEAM_LEASE_SECONDS", "60")
    paper = Newspaper(20261123, feeds=20, hosts=5, days=30, pace=0.1, events=EVERYTHING)
    files = server.folder / BUCKET / place.key
    days = Days(paper, Lake(place), files, timedelta(hours=6))
    days.live(tmp_path)
    check_days(days)
