"""Which days a report is of."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from newsbeam.pipelines.report import window
from newsbeam.pipelines.report.window import Window, choose_window
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, PARTITIONS
from tests.support.stored import article, store
from tests.support.thinned import every_nth

Command = Callable[[list[str]], tuple[int, str, str]]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def fill(root: Path, period: str) -> None:
    lake = Lake(root)
    lake.create(period)
    store(lake, ARTICLES, [article(f"{n}", at=NOW - timedelta(days=20 * n)) for n in range(10)])


@pytest.mark.slow
@pytest.mark.parametrize("period", every_nth(3, PARTITIONS))
def test_a_report_may_be_of_the_newest_days(tmp_path: Path, period: str, newsbeam: Command) -> None:
    fill(tmp_path / "lake", period)
    page = tmp_path / "page.html"
    code, out, _ = newsbeam(
        ["report", str(tmp_path / "lake"), "--output", str(page), "--since", "2027-01-01"]
    )
    assert "none is of 2027-01-01 to the newest day: give another --since or --until" in out
    for options, count in (
        ([], 10),
        (["--since", "55d"], 3),
        (["--since", "9999d"], 10),
        (["--since", "2026-09-23"], 4),
        (["--until", "2026-10-13"], 8),
        (["--since", "2026-09-23", "--until", "2026-10-13"], 2),
        (["--since", "25d", "--until", "2026-10-13"], 2),
    ):
        arguments = ["report", str(tmp_path / "lake"), "--output", str(page), "--json", *options]
        code, out, err = newsbeam(arguments)
        assert code == 0, err
        assert json.loads(out)["articles"] == count
    text = page.read_text(encoding="utf-8")
    assert "the lake has" in text
    assert '"since":"2026-09-19","until":"2026-10-13"' in text.replace(" ", "")
    arguments = ["report", str(tmp_path / "lake"), "--since", "2026-09-23", "--until", "2026-01-01"]
    assert newsbeam(arguments)[0] == 2


def test_of_a_large_lake_it_is_of_the_last_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "month")
    assert choose_window(tmp_path, None, NOW) == Window(None, 10)
    monkeypatch.setattr(window, "_LARGE", 5)
    assert choose_window(tmp_path, None, NOW) == Window(date(2026, 8, 24), 10)
    years_later = NOW + timedelta(days=2000)
    assert choose_window(tmp_path, None, years_later) == Window(date(2026, 8, 24), 10)
    earlier = NOW - timedelta(days=100)  # what is of the future makes nothing old
    assert choose_window(tmp_path, None, earlier) == Window(date(2026, 5, 16), 10)


@pytest.mark.parametrize("period", PARTITIONS)
def test_a_time_reaches_back_from_the_newest_article(tmp_path: Path, period: str) -> None:
    fill(tmp_path, period)
    years_later = NOW + timedelta(days=2000)
    assert choose_window(tmp_path, timedelta(days=2), years_later) == Window(date(2026, 11, 20), 10)
    between = NOW - timedelta(days=1)
    assert choose_window(tmp_path, timedelta(days=2), between) == Window(date(2026, 10, 31), 10)
