"""What tests of the report share: an empty lake, and its report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from tests.support.reported import CHARTS, COLUMNS, Command, Page


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "out")
    lake.create()
    return lake


@pytest.fixture
def report(newsbeam: Command, tmp_path: Path) -> Callable[..., Page]:
    """Run the command on a lake; what it wrote."""

    def run(lake: Lake, *options: str) -> Page:
        path = tmp_path / "report.html"
        code, out, err = newsbeam(["report", str(lake.root), "--output", str(path), *options])
        assert code == 0, err
        assert str(path) in out
        page = Page(path)
        assert set(page.data["charts"]) == CHARTS
        assert set(page.articles) == COLUMNS
        assert {len(column) for column in page.articles.values()} == {len(page.texts)}
        assert page.data["meta"]["shown"] == len(page.texts)
        return page

    return run
