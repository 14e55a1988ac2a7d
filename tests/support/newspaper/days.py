"""A reader of a scripted newspaper over days, and whether the lake has all that was in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.ingest import run_ingest
from newsbeam.pipelines.runners.options import RunOptions
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.schema import ARTICLES
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
    """What a reader of ``paper`` has in ``lake``, and how it came by it.

    ``files`` is the folder in which the lake's files lie, on this machine or of a server.
    """

    paper: Newspaper
    lake: Lake
    files: Path
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
                run_ingest(job, RunOptions(output=self.lake.place, clock=clock))
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
        rows = self.lake.open(ARTICLES).to_pandas()
        found = [self.paper.article_at(url) for url in rows["url"]]
        return rows.assign(truth=[article.id if article else None for article in found])

    def list_plain_files(self) -> set[str]:
        """What a reader of plain Parquet takes for articles."""
        folder = self.files / ARTICLES.name
        return {str(p.relative_to(folder)) for p in folder.glob("source=*/**/*.parquet")}


def check_days(days: Days) -> None:
    """Raises AssertionError unless the lake has each revision once, and nothing else."""
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
    assert check_accounts(days.lake) > 10
    assert not any("Logg inn" in (title or "") for title in rows["title"])
    assert not rows["text"].str.contains("navn og passord").any()
    # What a plain Parquet reader sees is what the table holds.
    assert days.list_plain_files() == list_files(days.lake.open(ARTICLES))
    # Server, client and models share this process and two cores: arrivals are noted late.
    broken = check_all(days.log, days.paper, stretch=5, tolerance=0.06)
    assert not broken, "\n".join(broken)
