"""Upkeep by itself: what is worth merging, and that it is done in quiet moments."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsbeam.pipelines.upkeep import MAINTAIN_COMMAND, Upkeep
from newsbeam.transforms.lake.compaction import MergeWish, plan_merges
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.live_files import LiveFile
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.stored import article, store
from tests.support.waiting import wait_until

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BY = ("source", "published_month")


def live(month: str, count: int, name: str = "part-", rows: int = 10) -> list[LiveFile]:
    folder = f"source=avis/published_month={month}"
    return [LiveFile(f"{folder}/{name}{n}.parquet", 1000, rows, n) for n in range(count)]


def plan(files: list[LiveFile], least: int = 8) -> list[tuple[int, bool]]:
    merges = plan_merges(files, set(), BY, MergeWish(1 << 27, NOW, least))
    return [(len(merge.files), merge.is_last) for merge in merges]


def test_a_month_that_goes_on_waits_until_it_is_worth_it() -> None:
    assert plan(live("2026-11", 7)) == []
    assert plan(live("2026-11", 8)) == [(8, False)]
    assert plan(live("2026-11", 2), least=2) == [(2, False)]


def test_a_month_that_is_over_is_merged_once() -> None:
    assert plan(live("2026-10", 2)) == [(2, True)]
    assert plan([*live("2026-10", 1, "whole-"), *live("2026-10", 1)]) == []
    assert plan([*live("2026-10", 1, "whole-"), *live("2026-10", 3)]) == [(3, True)]
    early = MergeWish(1 << 27, datetime(2026, 12, 1, tzinfo=UTC), 8)
    assert plan_merges(live("2026-11", 3), set(), BY, early) == [], "late articles may come yet"


def test_files_have_about_so_many_rows_as_readers_like() -> None:
    assert plan(live("2026-10", 5, rows=40_000)) == [(2, True), (2, True)]
    assert plan(live("2026-10", 5, rows=60_000)) == []


@pytest.mark.slow
def test_it_begins_in_a_quiet_moment_and_is_killed_at_the_end(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.create()
    for number in range(8):
        store(lake, ARTICLES, [article(f"{number}", at=datetime.now(UTC))])
    upkeep = Upkeep(lake.root, first=0)
    assert upkeep.tend(is_quiet=False) is None
    upkeep.stop()
    assert len(list_files(lake.open(ARTICLES))) == 8, "it was not quiet"
    assert upkeep.tend(is_quiet=True) is None
    wait_until(lambda: len(list_files(lake.open(ARTICLES))) == 1)
    upkeep.stop()
    ended = tmp_path / "ended"
    work = f"import pathlib, time; time.sleep(99); pathlib.Path({str(ended)!r}).touch()"
    sleeper = Upkeep(lake.root, first=0, command=(sys.executable, "-c", work))
    assert sleeper.tend(is_quiet=True) is None
    sleeper.stop()
    assert not ended.exists(), "nobody waits for its end"
    assert MAINTAIN_COMMAND[-1] == "maintain"


def test_one_that_ends_badly_is_told_and_not_begun_again_at_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.create()
    for number in range(8):
        store(lake, ARTICLES, [article(f"{number}")])
    upkeep = Upkeep(lake.root, first=0, command=(sys.executable, "-c", "raise SystemExit(3)"))
    said: list[str | None] = []

    def is_told() -> bool:
        said.append(upkeep.tend(is_quiet=True))
        return said[-1] is not None

    wait_until(is_told)
    assert said[-1] == "upkeep ended with 3; see `newsbeam maintain`"
    assert upkeep.tend(is_quiet=True) is None
    assert upkeep._child is None
