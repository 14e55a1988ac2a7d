"""A newspaper that publishes and edits while it is read, and what of it is in a lake's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import yaml

from tests.support.newspaper import CALM, Newspaper
from tests.support.newspaper.script import make_article, write_script
from tests.support.waiting import wait_until

# Feeds are asked every two seconds. Texts are looked at here, not what is found in them.
DEFAULTS = """poll: {every: 2s, jitter: 0}
fetch: {contact: tests@example.org, allow_addresses: [127.0.0.0/8], seconds_between_requests: 0.02}
"""
WITHOUT_MODEL = "enrich: {pipelines: {nb: null, nn: null}}\n"
# What differs from run to run.
PASSING = ["run_id", "ingested_at", "fetched_at", "origin"]


def make_running_paper(
    start: datetime, lasts: timedelta, *, every: float, feeds: int = 4, hosts: int = 2
) -> Newspaper:
    """A calm paper on the real clock: 3 articles a feed before ``start``, then one ``every``
    so many seconds, each third of them edited 30 seconds later, some once more.
    """
    start = start.replace(microsecond=0)
    script = write_script(7, feeds=feeds, hosts=hosts, days=1, start=start, pace=0, events=CALM)
    sites = {site.host: site for site in script.sites}
    before = [start - timedelta(hours=1, minutes=7 * number) for number in range(3 * feeds)]
    after = [
        start + timedelta(seconds=round(number * every))
        for number in range(int(lasts.total_seconds() / every))
    ]
    articles = []
    for number, at in enumerate(sorted(before) + after):
        feed = script.feeds[number % feeds]
        article = make_article(sites[feed.host], feed, number, at)
        if at >= start and number % 3 == 0:
            edits = [at + timedelta(seconds=30 * n) for n in range(1 + (number % 2 == 0) + 1)]
            article = replace(article, revised_at=tuple(edits))
        articles.append(article)
    paper = Newspaper(script=replace(script, end=start + lasts, articles=tuple(articles)))
    paper.clock = lambda: datetime.now(UTC)
    return paper


def write_configs(paper: Newspaper, folder: Path, settings: str = "") -> Path:
    """The paper's sources as a folder of configs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "defaults.yaml").write_text(DEFAULTS + settings, encoding="utf-8")
    for path in paper.write_configs(folder):
        source = yaml.safe_load(path.read_text("utf-8"))
        path.write_text(yaml.safe_dump({"id": source["id"], "feeds": source["feeds"]}), "utf-8")
    return folder


def read_rows(output: Path) -> pd.DataFrame:
    """The articles as the table of the lake lists them; empty before the first commit."""
    from deltalake import DeltaTable

    if not (output / "articles" / "_delta_log").is_dir():
        return pd.DataFrame()
    return DeltaTable(str(output / "articles")).to_pyarrow_table().to_pandas()


def count_rows(output: Path) -> int:
    return len(read_rows(output))


def list_rows(output: Path) -> list[dict[str, Any]]:
    """The rows without what differs from run to run, to be compared."""
    rows = read_rows(output).drop(columns=PASSING).sort_values(["article_id", "revision"])
    return [{name: repr(value) for name, value in row.items()} for row in rows.to_dict("records")]


def catch_up(paper: Newspaper, output: Path, seconds: float = 120) -> None:
    """Wait until everything is there that is published now, the newest first of all."""
    now = datetime.now(UTC)
    published = {a.id for a in paper.articles.values() if a.published_at <= now}

    def is_there() -> bool:
        rows = read_rows(output)
        urls = rows["url"].dropna() if len(rows) else []
        return published <= {found.id for url in urls if (found := paper.article_at(url))}

    wait_until(is_there, seconds, f"{len(published)} articles; there are {count_rows(output)}")


def read_times(output: Path) -> dict[tuple[str, int], float]:
    """When each row became readable: article id and revision to Unix seconds, by the log."""
    times: dict[tuple[str, int], float] = {}
    table = output / "articles"
    for entry in sorted((table / "_delta_log").glob("*.json")):
        for line in entry.read_text("utf-8").splitlines():
            if (added := json.loads(line).get("add")) is None:
                continue
            path = table / added["path"]
            rows = pq.ParquetFile(path).read(["article_id", "revision"]).to_pylist()
            for row in rows:
                # Merges come later.
                times.setdefault((row["article_id"], row["revision"]), entry.stat().st_mtime)
    return times


def check_rows(rows: pd.DataFrame, paper: Newspaper, until: datetime, gap: timedelta) -> int:
    """Every revision that was to be had for ``gap`` is there, and nothing twice; their number."""
    truth = [paper.article_at(url) for url in rows["url"]]
    assert all(truth)
    rows = rows.assign(truth=[article.id for article in truth if article])
    assert rows.groupby("truth")["article_id"].nunique().max() == 1
    assert not rows.duplicated(["article_id", "revision"]).any()
    texts: dict[str, set[str]] = {}
    for name, group in rows.groupby("truth"):
        group = group.sort_values("revision")
        assert list(group["revision"]) == list(range(1, len(group) + 1)), name
        assert all(a != b for a, b in pairwise(group["content_hash"])), name
        assert group["text"].is_unique, name
        texts[str(name)] = set(group["text"])
    published = {
        (article.id, revision): "\n".join(paper.story(article.id, revision).lines)
        for article in paper.articles.values()
        for revision, at in enumerate(article.revised_at)
        if at <= datetime.now(UTC)
    }
    told = {(name, text) for name, group in texts.items() for text in group}
    assert told <= {(name, text) for (name, _), text in published.items()}
    expected = paper.expected(gap, until).revisions
    lost = sorted(key for key in expected if (key[0], published[key]) not in told)
    assert not lost, lost
    return len(expected)


def find_revision(paper: Newspaper, row: Mapping[str, Any]) -> tuple[str, int]:
    """Which article of the paper a row is, and which of its revisions (from 0)."""
    article = paper.article_at(row["url"])
    assert article is not None
    for revision in range(len(article.revised_at)):
        if "\n".join(paper.story(article.id, revision).lines) == row["text"]:
            return article.id, revision
    raise AssertionError(f"no revision of {article.id} has the text of {row['url']}")


def list_delays(output: Path, paper: Newspaper, since: datetime) -> list[float]:
    """Seconds from publication of a revision after ``since`` until readers could see it."""
    times = read_times(output)
    delays = []
    for row in read_rows(output).dropna(subset=["url"]).to_dict("records"):
        name, revision = find_revision(paper, row)
        at = paper.articles[name].revised_at[revision]
        if at >= since:
            delays.append(times[row["article_id"], row["revision"]] - at.timestamp())
    return delays
