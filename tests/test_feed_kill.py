"""Scheduled runs killed with SIGKILL at any moment: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable
from newspaper import EVENTS, Newspaper, serve

# What needs no patience: there are only a few polls here.
EASY = {"edits", "moved_pages", "tracking", "shared_entries", "mirrors", "changed_guids", "gzip"}
assert EASY <= EVENTS


def start(configs: list[Path], output: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "run", *map(str, configs), "--all", "--json",
         "--output", str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


def kill_often(folder: Path, seed: int, kills: int) -> None:
    """Let hours pass at a paper; at each the job is killed at a random moment and run again."""
    begin = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    paper = Newspaper(seed, feeds=4, hosts=2, days=1, pace=0.3, start=begin, events=EASY)
    output = folder / "out"
    chance = random.Random(seed)
    killed = 0
    with serve(paper) as servers:
        configs = paper.write_configs(folder)
        for hour in range(kills + 1):
            at = begin + hour * timedelta(hours=24 / (kills + 1))
            servers.set_time(at)
            run = start(configs, output)
            try:
                run.wait(chance.uniform(0.5, 7.0))
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
            killed += run.wait() != 0
            run.communicate()
        servers.set_time(begin + timedelta(hours=23.9))
        last = start(configs, output)
        out, err = last.communicate()
        assert last.returncode == 0, err.decode()
        again = start(configs, output)
        out, err = again.communicate()
        assert again.returncode == 0, err.decode()
        counts = json.loads(out)["sources"].values()
        assert not any(count["new"] or count["revised"] for count in counts)
        rows = DeltaTable(output / "articles").to_pandas()
        truth = [paper.article_at(url) for url in rows["url"]]
        rows = rows.assign(truth=[found.id if found else None for found in truth])
        assert rows["truth"].notna().all()
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


def test_killed_at_a_few_moments(tmp_path: Path) -> None:
    kill_often(tmp_path, 3, 4)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_killed_at_thirty_moments(tmp_path: Path) -> None:
    kill_often(tmp_path, 20261122, 30)
