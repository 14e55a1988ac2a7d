"""Days of a scripted newspaper: every article once per revision, none lost, nobody annoyed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable

from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.ingest import run_ingest
from newsbeam.pipelines.runners.options import RunOptions
from newsbeam.transforms.records import Clock
from tests.support.accounts import check_accounts
from tests.support.newspaper import EVENTS, MISCHIEFS, Newspaper, serve
from tests.support.newspaper.etiquette import check_all
from tests.support.newspaper.expected import Expected

# Texts are looked at here, not what is found in them.
SETTINGS = "poll: {at_most: 3h, back_off_to: 4h}\nenrich: {pipelines: {nb: null, nn: null}}\n"
LONGEST_WAIT = timedelta(hours=4)
EVERYTHING = EVENTS | MISCHIEFS


@dataclass
class Days:
    """What a reader of ``paper`` has in ``output``, and how it came by it."""

    paper: Newspaper
    output: Path
    step: timedelta
    log: list[Any] = field(default_factory=list)

    def live(self, folder: Path) -> None:
        """Run the job at every step, as cron would."""
        (folder / "defaults.yaml").write_text(SETTINGS, encoding="utf-8")
        with serve(self.paper) as servers:
            configs = self.paper.write_configs(folder)
            for config in configs:
                # Twice what is checked: a busy machine notes arrivals late.
                text = config.read_text(encoding="utf-8")
                config.write_text(text.replace("requests: 0.02", "requests: 0.04"), "utf-8")
            job = load_job(configs)
            for at in self.steps():
                servers.set_time(at)
                clock = Clock(at - datetime.now(UTC))
                run_ingest(job, RunOptions(output=self.output, clock=clock))
            self.log = list(servers.log)

    def steps(self) -> Iterator[datetime]:
        at = self.paper.script.start
        while at < self.paper.script.end:
            yield at
            at += self.step

    def expected(self) -> Expected:
        # No feed is left alone for longer, however it fails.
        poll_gap = LONGEST_WAIT + self.step + timedelta(hours=1)
        return self.paper.expected(poll_gap, self.paper.script.end - self.step)

    def rows(self) -> pd.DataFrame:
        rows = DeltaTable(self.output / "articles").to_pandas()
        found = [self.paper.article_at(url) for url in rows["url"]]
        return rows.assign(truth=[article.id if article else None for article in found])


def check(days: Days) -> None:
    rows, expected = days.rows(), days.expected()
    assert len(expected.articles) > 20
    assert rows["truth"].notna().all()
    # Once: one article of the table for one of the paper, its revisions counted without gaps.
    for (name, article), group in rows.groupby(["truth", "article_id"]):
        revisions = sorted(group["revision"])
        assert revisions == list(range(1, len(revisions) + 1)), (name, article)
        contents = list(group.sort_values("revision")["content_hash"])
        assert all(a != b for a, b in pairwise(contents)), name
    per_article = rows.groupby("truth")["article_id"].nunique()
    assert per_article.max() == 1, per_article[per_article > 1]
    # None lost, and each text as it was published.
    texts: dict[str, set[str]] = defaultdict(set)
    for name, text in zip(rows["truth"], rows["text"], strict=True):
        texts[name].add(text)
    assert not expected.articles - set(texts)
    lost = [
        (name, revision)
        for name, revision in sorted(expected.revisions)
        if "\n".join(days.paper.story(name, revision).lines) not in texts[name]
    ]
    assert not lost
    assert check_accounts(days.output) > 10
    assert not any("Logg inn" in (title or "") for title in rows["title"])
    assert not rows["text"].str.contains("navn og passord").any()
    # What a plain Parquet reader sees is what the table holds.
    listed = {Path(uri).resolve() for uri in DeltaTable(days.output / "articles").file_uris()}
    found = {path.resolve() for path in (days.output / "articles").glob("source=*/**/*.parquet")}
    assert found == listed
    # Server, client and models share this process and two cores: arrivals are noted late.
    broken = check_all(days.log, days.paper, stretch=5, tolerance=0.06)
    assert not broken, "\n".join(broken)


@pytest.mark.slow
def test_two_and_a_half_days(tmp_path: Path) -> None:
    """Few articles and long steps, but something of every kind that befalls feeds and pages."""
    paper = Newspaper(33, feeds=6, hosts=3, days=2.5, pace=0.15, events=EVERYTHING)
    days = Days(paper, tmp_path / "out", timedelta(hours=4))
    days.live(tmp_path)
    check(days)
    assert days.rows()["revision"].max() > 1
    assert {200, 302, 304, 308, 410, 429, 503} <= {r.status for r in days.log}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_thirty_days_of_twenty_feeds(tmp_path: Path) -> None:
    paper = Newspaper(20261122, feeds=20, hosts=5, days=30, pace=0.1, events=EVERYTHING)
    # A run an hour would find the same in twice the time: feeds are left alone for up to 3 h.
    days = Days(paper, tmp_path / "out", timedelta(hours=2))
    days.live(tmp_path)
    check(days)
