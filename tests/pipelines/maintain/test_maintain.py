"""Maintaining a lake: fewer files, the same rows for every reader, at every moment."""

from __future__ import annotations

import json
import shutil
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from newsbeam.transforms.lake.commit import commit_rows, stage_rows
from newsbeam.transforms.lake.known import Known
from newsbeam.transforms.lake.known_database import refresh_known
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.stories.table import update_stories
from tests.support.maintained import (
    AT_ONCE,
    HOUR,
    NOW,
    TEN,
    Command,
    commit,
    count,
    hidden_files,
    maintain,
    plain_files,
    read_every_way,
    row,
)
from tests.support.workplace import Workplace


def test_readers_see_the_same_rows_in_every_phase(
    lake: Lake, pass_an_hour: Callable[[], None]
) -> None:
    before = lake.open(ARTICLES)
    files = plain_files(lake)
    report = maintain(lake, HOUR)["articles"]
    assert (report.files_before, report.files_after, report.merged) == (10, 2, 10)
    assert (report.waiting, report.deleted, report.shown) == (10, 0, 0)
    assert report.kept_until is not None
    assert timedelta(minutes=50) < report.kept_until - datetime.now(UTC) <= timedelta(hours=1)
    assert read_every_way(lake) == TEN
    assert plain_files(lake) == files, "plain readers keep what they have"
    between = lake.open(ARTICLES)
    assert count(before.to_pandas()) == count(between.to_pandas()) == TEN

    commit(lake, [row("a10", day=21)])
    eleven = TEN + Counter({("a10", 1): 1})
    pass_an_hour()
    report = maintain(lake, HOUR)["articles"]
    assert (report.shown, report.deleted) == (2, 10)
    assert read_every_way(lake) == eleven
    assert len(plain_files(lake)) == 3
    assert count(between.to_pandas()) == TEN, "opened between the phases"
    with pytest.raises(FileNotFoundError):
        before.to_pandas()  # past its time, and it says so

    pass_an_hour()
    maintain(lake, HOUR)
    pass_an_hour()
    maintain(lake, HOUR)
    assert read_every_way(lake) == eleven
    pass_an_hour()
    maintain(lake, HOUR)
    assert hidden_files(lake) == []
    assert not (lake.root / "articles/_compacted").exists()
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    assert len(plain_files(lake)) == 3, "what came late lies beside what was merged"
    version = lake.version(ARTICLES)
    report = maintain(lake, HOUR)["articles"]
    assert (report.merged, report.shown, report.deleted, report.waiting) == (0, 0, 0, 0)
    assert lake.version(ARTICLES) == version, "nothing to do, nothing done"


def test_all_at_once_for_a_lake_that_nobody_reads(lake: Lake) -> None:
    reports = maintain(lake, AT_ONCE)
    assert reports["articles"].files_after == 2
    assert reports["articles"].deleted >= 10
    assert reports["articles"].waiting == 0
    assert reports["articles"].kept_until is None
    assert reports["rejects"].files_after == 1
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    assert hidden_files(lake) == []
    assert read_every_way(lake) == TEN
    rejects = pd.read_parquet(lake.root / "rejects")
    assert sorted(rejects["origin"]) == ["0.txt", "1.txt"]


@pytest.mark.slow
def test_runs_know_what_they_knew(workplace: Workplace, newsbeam: Command) -> None:
    for name in "ab":
        workplace.write(f"{name}.txt", f"Sak {name}\n\nKommunen vedtok det i går.\n")
        assert workplace.run()["new"] == 1
    lake = Lake(workplace.output)
    code, out, err = newsbeam(["maintain", str(workplace.output), "--json"])
    assert code == 0, err
    tables = json.loads(out)["tables"]
    assert tables["articles"]["files_after"] == 1
    assert tables["articles"]["kept_until"]
    assert workplace.run()["known"] == 2
    shutil.rmtree(workplace.output / "_cache")
    workplace.write("b.txt", "Sak b\n\nKommunen vedtok det i dag, ikke i går.\n")
    count = workplace.run()
    assert (count["revised"], count["known"]) == (1, 1)
    code, out, err = newsbeam(["maintain", str(workplace.output), "--retain", "0s"])
    assert code == 0, err
    assert "articles: 2 files" in out
    assert workplace.run()["known"] == 2
    assert sorted(workplace.articles()["revision"]) == [1, 1, 2]
    files = {p.name for p in (workplace.output / "articles").glob("source=*/**/*.parquet")}
    assert files == {Path(path).name for path in list_files(lake.open(ARTICLES))}


def test_our_own_readers_find_waiting_files(lake: Lake, newsbeam: Command) -> None:
    maintain(lake)
    query = "SELECT source, published_date, count(*) AS n FROM articles GROUP BY ALL ORDER BY 2"
    code, out, err = newsbeam(["sql", str(lake.root), query, "--format", "csv"])
    assert code == 0, err
    assert out.split()[1:] == ["avis,2026-11-21,5", "avis,2026-11-22,5"]
    code, out, err = newsbeam(["status", str(lake.root), "--json"])
    assert code == 0, err
    assert '"avis"' in out


def test_polls_are_remembered(lake: Lake) -> None:
    def poll(feed: str, minute: int) -> None:
        at = NOW + timedelta(minutes=minute)
        poll = dict.fromkeys(FEED_POLLS.schema.names) | {
            "source": "avis", "feed": feed, "polled_at": at, "polled_date": at.date(),
            "run_id": str(minute),
        }  # fmt: skip
        if minute < 2:
            poll["seen"] = [{"id": "0" * 16, "digest": str(minute), "document_id": None}]
        staging = Staging(lake.root, uuid.uuid4().hex)
        with staging.create():
            files = stage_rows(staging, FEED_POLLS, [poll])
            commit_rows(lake, staging, FEED_POLLS, files, lake.version(FEED_POLLS))
        staging.remove()

    for minute in range(8):
        poll(f"feed{minute % 2}", minute)
    before = lake.read_feed_states(keep=True)
    report = maintain(lake, AT_ONCE)["feed_polls"]
    assert (report.files_before, report.files_after) == (8, 1)
    assert lake.read_feed_states() == before
    shutil.rmtree(lake.root / "_cache")
    assert lake.read_feed_states() == before
    assert len(pd.read_parquet(lake.root / "feed_polls")) == 8
    assert before["avis", "feed1"]["seen"][0]["digest"] == "1"


def test_views_grow_across_a_compaction(lake: Lake) -> None:
    refresh_known(lake, lake.version(ARTICLES))
    maintain(lake, AT_ONCE)
    commit(lake, [row("b")])
    version = lake.version(ARTICLES)
    grown = Known(lake, version)
    shutil.rmtree(lake.root / "_cache")
    anew = Known(lake, version)
    for key in ("a0", "a7", "b"):
        article = row(key)["article_id"]
        assert grown.article(article) == anew.article(article) is not None
    assert lake.log(ARTICLES).find_additions(10, version) is not None


def test_stories_go_on_where_they_were(lake: Lake) -> None:
    def tell() -> tuple[int, bool]:
        staging = Staging(lake.root, uuid.uuid4().hex)
        with staging.create():
            update = update_stories(lake, staging, NOW)
        staging.remove()
        return update.articles, update.is_complete

    assert tell()[0] == 10
    for number in range(3):
        commit(lake, [row(f"b{number}", day=22)])
        assert tell() == (1, False)
    for _ in range(2):
        assert maintain(lake, AT_ONCE)["stories"].files_after >= 1
        assert tell() == (0, False), "not all anew"
    stories = pd.read_parquet(lake.root / "stories")
    assert stories["article_id"].nunique() == 13
