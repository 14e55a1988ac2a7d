"""Scheduled runs killed with SIGKILL at chosen and at random moments: nothing lost or twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from newsbeam.transforms.lake.lake import Lake
from tests.support.accounts import check_accounts
from tests.support.newspaper import EVENTS, Newspaper, Servers, serve

Command = Callable[[list[str]], tuple[int, str, str]]
# Whether it has come; asked again and again while a run works.
Moment = Callable[[], bool]
KILLS = int(os.environ.get("NEWSBEAM_KILLS", "30"))

# What needs no patience: there are only a few polls here.
EASY = {"edits", "moved_pages", "tracking", "shared_entries", "mirrors", "changed_guids", "gzip"}
assert EASY <= EVENTS


def after_requests(count: int) -> Callable[[Servers, Path], Moment]:
    """While the run polls and fetches: ``count`` requests have been answered."""

    def begin(servers: Servers, output: Path) -> Moment:
        enough = len(servers.log) + count
        return lambda: len(servers.log) >= enough

    return begin


def after_articles(servers: Servers, output: Path) -> Moment:
    """The articles are committed, the polls that led to them are about to be."""

    def count_commits() -> int:
        return len(list((output / "articles" / "_delta_log").glob("*.json")))

    before = count_commits()
    return lambda: count_commits() > before


def after_seconds(seconds: float) -> Callable[[Servers, Path], Moment]:
    def begin(servers: Servers, output: Path) -> Moment:
        end = time.monotonic() + seconds
        return lambda: time.monotonic() >= end

    return begin


def run_until(arguments: list[str], moment: Moment) -> bool:
    """Run newsbeam and kill it when ``moment`` has come. Returns whether it did not end before."""
    run = subprocess.Popen(
        [sys.executable, "-m", "newsbeam", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while run.poll() is None and not moment():
        time.sleep(0.002)
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
    return run.wait() == -signal.SIGKILL


def kill_often(
    folder: Path,
    newsbeam: Command,
    seed: int,
    moments: Sequence[Callable[[Servers, Path], Moment]],
) -> None:
    """Let hours pass at a paper; at each of them the job is run and killed."""
    begin = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    paper = Newspaper(seed, feeds=4, hosts=2, days=1, pace=0.3, start=begin, events=EASY)
    output = folder / "out"
    killed = 0
    with serve(paper) as servers:
        configs = paper.write_configs(folder)
        # A run without models begins sooner.
        settings = "enrich: {pipelines: {nb: null, nn: null}}\n"
        (folder / "defaults.yaml").write_text(settings, encoding="utf-8")
        arguments = ["run", *map(str, configs), "--all", "--json", "--output", str(output)]
        for number, moment in enumerate(moments):
            servers.set_time(begin + number * timedelta(hours=24 / len(moments)))
            killed += run_until(arguments, moment(servers, output))
        servers.set_time(begin + timedelta(hours=23.9))
        code, _, err = newsbeam(arguments)
        assert code == 0, err
        code, out, err = newsbeam(arguments)
        assert code == 0, err
        counts = json.loads(out)["sources"].values()
        assert not any(count["new"] or count["revised"] for count in counts)
        rows = DeltaTable(output / "articles").to_pandas()
        truth = [paper.article_at(url) for url in rows["url"]]
        rows = rows.assign(truth=[found.id if found else None for found in truth])
        assert rows["truth"].notna().all()
        assert check_accounts(Lake(output))
        assert rows.groupby("truth")["article_id"].nunique().max() == 1
        assert not rows.duplicated(["article_id", "revision"]).any()
        assert not rows.duplicated(["article_id", "content_hash"]).any()
        # What every feed lists at the end is there in its newest text.
        newest = rows.sort_values("revision").groupby("truth")["text"].last()
        for feed in paper.feeds:
            for line in paper.edition(feed, begin + timedelta(hours=23.9)).lines:
                if paper.articles[line.article].access != "open":
                    continue
                story = paper.story(line.article, line.revision)
                assert newest[line.article] == "\n".join(story.lines), line
    listed = {Path(uri).resolve() for uri in DeltaTable(output / "articles").file_uris()}
    found = {path.resolve() for path in (output / "articles").glob("source=*/**/*.parquet")}
    assert found == listed
    assert killed, "no run was killed: the moments are badly chosen"


@pytest.mark.slow
def test_killed_while_it_fetches_and_while_it_commits(tmp_path: Path, newsbeam: Command) -> None:
    kill_often(tmp_path, newsbeam, 3, [after_requests(12), after_articles, after_requests(3)])


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_killed_at_random_moments(tmp_path: Path, newsbeam: Command) -> None:
    chance = random.Random(20261122)
    moments = [after_seconds(chance.uniform(0.5, 7.0)) for _ in range(KILLS)]
    kill_often(tmp_path, newsbeam, 20261122, moments)
