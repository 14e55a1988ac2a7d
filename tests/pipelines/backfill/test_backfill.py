"""``newsbeam backfill``, end to end against a paper with a past."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.support.past_paper import PastPaper, PastSite, serve_past

Command = Callable[[list[str]], tuple[int, str, str]]
PAPER = PastPaper(months=24, a_month=8, broken=frozenset({20}), missing=frozenset({21}))


@pytest.fixture
def site() -> Iterator[PastSite]:
    with serve_past(PAPER) as served:
        yield served


def read_paths(site: PastSite, lake: Path) -> list[str]:
    files = f"{lake}/articles/source=*/**/*.parquet"
    rows = duckdb.sql(f"SELECT url FROM read_parquet('{files}') ORDER BY 1").fetchall()
    return [url.removeprefix(site.base) for (url,) in rows]


def backfill(
    site: PastSite, folder: Path, newsbeam: Command, *options: str
) -> tuple[int, str, str]:
    config = folder / "avisen.yaml"
    if not config.exists():
        config.write_text(site.config(), encoding="utf-8")
    return newsbeam(["backfill", str(config), "--output", str(folder / "lake"), *options])


def test_a_month_asks_only_the_map_that_can_hold_it(
    site: PastSite, tmp_path: Path, newsbeam: Command
) -> None:
    year, month = PAPER.month(12)
    days = ["--since", f"{year}-{month:02}-01", "--until", f"{year}-{month:02}-28"]
    code, out, err = backfill(site, tmp_path, newsbeam, *days, "--json")
    assert code == 0, err
    assert site.asked("/kart/") == ["/kart/index.xml", PAPER.map_path(12)]
    assert read_paths(site, tmp_path / "lake") == sorted(PAPER.there(12))
    assert max(Counter(site.asked()).values()) == 1
    counts = json.loads(out)["sources"]["avisen"]
    gone = len(PAPER.listed(12)) - len(PAPER.there(12))
    assert (counts["found"], counts["asked"], counts["failed"]) == (8, 8 - gone, gone)
    assert counts["requests_left"] == counts["seconds_left"] == 0

    # Again, and it asks nothing at all.
    asked = len(site.log)
    assert backfill(site, tmp_path, newsbeam, *days)[0] == 0
    assert len(site.log) == asked


@pytest.mark.slow
def test_limits_go_on_the_newest_first(site: PastSite, tmp_path: Path, newsbeam: Command) -> None:
    first = PAPER.month(20)
    since = f"{first[0]}-{first[1]:02}-01"
    before, rounds = -1, 0
    while len(site.log) > before:
        before, rounds = len(site.log), rounds + 1
        code, _, err = backfill(site, tmp_path, newsbeam, "--since", since, "--limit", "12")
        assert code == 0, err
        assert len([p for p in site.asked() if p != "/robots.txt"]) <= 12 * rounds
    assert max(Counter(site.asked()).values()) == 1
    there = [path for number in range(20, 24) for path in PAPER.there(number)]
    assert read_paths(site, tmp_path / "lake") == sorted(there)
    numbers = [int(path.rsplit("-", 2)[-2]) for path in site.asked("/nyheter/")]
    assert numbers == sorted(numbers, reverse=True)
    assert rounds > 2
    _, out, _ = newsbeam(["status", str(tmp_path / "lake"), "--json"])
    past = json.loads(out)["backfills"]["avisen"]
    assert past["listings_failed"] == 1
    assert past["listings_passed"] == 1
    assert past["requests_left"] == 0
    hurt = [PAPER.map_path(20), PAPER.map_path(21)]
    assert sorted(url.removeprefix(site.base) for url, _ in past["not_read_whole"]) == sorted(hurt)
    assert all(why for _, why in past["not_read_whole"])
    _, out, _ = newsbeam(["status", str(tmp_path / "lake")])
    assert all(f"{site.base}{path} (" in out for path in hurt)


@pytest.mark.slow
def test_what_the_lake_has_is_not_asked_for(
    site: PastSite, tmp_path: Path, newsbeam: Command
) -> None:
    year, month = PAPER.month(23)
    days = ["--since", f"{year}-{month:02}-01"]
    assert backfill(site, tmp_path, newsbeam, *days)[0] == 0
    for path in (tmp_path / "lake" / "_backfill").glob("*.sqlite*"):
        path.unlink()
    site.log.clear()
    assert backfill(site, tmp_path, newsbeam, *days)[0] == 0
    # What is gone is asked for again, and what the lake holds is not.
    assert set(site.asked("/nyheter/")) == {PAPER.path(23, a) for a in PAPER.listed(23)} - set(
        PAPER.there(23)
    )


def test_usage(tmp_path: Path, newsbeam: Command) -> None:
    config = tmp_path / "arkiv.yaml"
    config.write_text("id: arkiv\nfiles: ['*.txt']\n", encoding="utf-8")
    start = ["backfill", str(config), "--output", str(tmp_path / "lake")]
    code, _, err = newsbeam([*start, "--since", "2020-01-01"])
    assert code == 2
    assert "no site to look at" in err
    code, _, err = newsbeam([*start, "--since", "2020-02-01", "--until", "2020-01-01"])
    assert code == 2
    assert newsbeam([*start, "--since", "last year"])[0] == 2
