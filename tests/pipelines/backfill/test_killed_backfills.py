"""A backfill that is killed again and again, and one beside which feeds are polled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from random import Random

import duckdb
import pytest

from newsbeam.transforms.fetch import queue as fetch_queue
from newsbeam.transforms.files import take_lock
from newsbeam.transforms.poll import right_of_way
from newsbeam.transforms.poll import round as poll_round
from tests.support.past_paper import FEED, PastPaper, PastSite, serve_past
from tests.support.workplace import ROOT

KILLS = int(os.environ.get("NEWSBEAM_KILLS", "30"))
# Articles a month, of 120 months: the whole size has 834.
A_MONTH = int(os.environ.get("NEWSBEAM_PAST", "120"))
SEED = int(os.environ.get("NEWSBEAM_SEED", "21"))


def start(
    site: PastSite, folder: Path, *options: str, gap: float = 0.02
) -> subprocess.Popen[bytes]:
    config = folder / "avisen.yaml"
    config.write_text(site.config(gap=gap), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "newsbeam", "backfill", str(config), "--output",
         str(folder / "lake"), *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE,
    )  # fmt: skip


def read_urls(site: PastSite, lake: Path) -> list[str]:
    files = f"{lake}/articles/source=*/**/*.parquet"
    rows = duckdb.sql(f"SELECT url FROM read_parquet('{files}') ORDER BY 1").fetchall()
    return [url.removeprefix(site.base) for (url,) in rows]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_again_and_again_it_asks_nothing_twice(tmp_path: Path) -> None:
    """But for what was on its way when it was killed: nobody has that answer."""
    paper = PastPaper(
        months=120, a_month=A_MONTH, broken=frozenset({111}), missing=frozenset({113}), delay=0.002
    )
    rng = Random(SEED)
    year, month = paper.month(112)
    days = ("--since", f"{year}-{month:02}-01", "--until", f"{year}-{month:02}-28")
    in_flight: Counter[str] = Counter()
    kills = 0
    with serve_past(paper) as site:
        while True:
            before = len(site.log)
            process = start(site, tmp_path, *days)
            if kills < KILLS:
                # At any moment: while it looks for maps, asks, extracts or commits.
                count = before + rng.randint(1, max(2, A_MONTH // KILLS))
                looks = rng.randint(8, 30)
                while process.poll() is None and looks and not site.wait_for(count, 0.5):
                    looks -= bool(site.log)
            else:
                assert process.wait() == 0, process.stderr and process.stderr.read()
            if process.poll() is None:
                process.kill()
                kills += 1
                process.wait()
                with site.came:
                    if site.log:
                        in_flight[site.log[-1].path] += 1
            elif process.returncode == 0:
                break
            else:
                raise AssertionError(process.stderr and process.stderr.read())
        assert kills == KILLS
        times = Counter(site.asked())
        # A request more only where a kill met the one before on its way.
        assert {path: n for path, n in times.items() if n > 1 + in_flight[path]} == {}
        assert site.asked("/kart/sitemap") == [paper.map_path(112)]
        assert read_urls(site, tmp_path / "lake") == sorted(paper.there(112))
        gaps = sorted(
            later.at - before.at for before, later in zip(site.log, site.log[1:], strict=False)
        )
        # What a busy machine holds up may arrive close to the next: most do not.
        assert gaps[len(gaps) // 4] > 0.01
        rejects = duckdb.sql(
            f"SELECT origin, count(*) FROM read_parquet('{tmp_path}/lake/rejects/**/*.parquet') "
            "GROUP BY 1 HAVING count(*) > 1"
        ).fetchall()
        assert rejects == []


@contextmanager
def note_turn(
    site: PastSite, turns: list[int], folder: Path, domains: Iterable[str]
) -> Iterator[None]:
    """As ``go_first``; into ``turns`` comes how many requests had ended when it was announced."""
    domains = list(domains)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for lane in {right_of_way._find_lane(domain) for domain in domains}:
            stack.enter_context(take_lock(folder / f"{lane:02}.feeds", shared=True, create=True))
        turns.append(len(site.log))
        with right_of_way.go_first(folder, domains):
            yield


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_feeds_wait_for_one_request_of_a_backfill_at_most(
    tmp_path: Path,
    newsbeam: Callable[[list[str]], tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The feed is polled, and its pages are asked for, in the midst of a backfill of their site."""
    paper = PastPaper(months=12, a_month=200, news=6)
    year, month = paper.month(0)
    turns: list[int] = []
    with serve_past(paper) as site:
        for module in (poll_round, fetch_queue):
            monkeypatch.setattr(module, "go_first", partial(note_turn, site, turns))
        process = start(site, tmp_path, "--since", f"{year}-{month:02}-01", gap=0.2)
        try:
            assert site.wait_for(6), "the backfill is under way"
            config, lake = tmp_path / "avisen.yaml", tmp_path / "lake"
            code, _, err = newsbeam(["run", str(config), "--output", str(lake)])
            assert code == 0, err
            done = len(site.log)
            assert site.wait_for(done + 3), "and goes on behind it"
            assert process.poll() is None
        finally:
            process.kill()
            process.communicate()
        asked = site.asked()
    news = paper.list_news()
    polled, ours = asked.index(FEED), [at for at, path in enumerate(asked) if path in news]
    assert sorted(asked[at] for at in ours) == sorted(news)
    assert polled > 5, "the backfill was first"
    assert len(turns) == 2, "the poll's and the pages'"
    # Whoever comes waits for one request at most, and then has the site for itself.
    assert 0 <= polled - turns[0] <= 1
    assert 0 <= ours[0] - turns[1] <= 1
    assert ours == list(range(ours[0], ours[0] + len(news)))
