"""Feeds through the command line, against a newspaper on loopback."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from newsbeam.transforms.lake.lake import Lake
from tests.support.accounts import check_accounts
from tests.support.newspaper import Newspaper, Servers, make_site, serve

Command = Callable[[list[str]], tuple[int, str, str]]
SOURCE = "avis-2"


class Reader:
    """A lake that the newspaper on ``servers`` is read into."""

    def __init__(self, paper: Newspaper, servers: Servers, folder: Path, command: Command) -> None:
        self.paper, self.servers, self.folder, self.command = paper, servers, folder, command
        (self.config,) = paper.write_configs(folder)
        self.output = folder / "out"

    def add(self, text: str) -> None:
        """Add ``text`` to the source's config."""
        with self.config.open("a", encoding="utf-8") as file:
            file.write(text)

    def run(self, *options: str) -> dict[str, Any]:
        code, out, err = self.command(
            ["run", str(self.config), "--output", str(self.output), "--json", *options]
        )
        assert code == 0, err
        summary: dict[str, Any] = json.loads(out)
        return summary["sources"][SOURCE] | {"busy": summary["busy"]}

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.output / name)

    def paths(self) -> list[str]:
        """The paths that were asked for, robots.txt left out."""
        return [r.path for r in self.servers.log if r.kind != "robots"]


def hang_up(*_: object) -> None:
    raise ConnectionError


@pytest.fixture
def reader(tmp_path: Path, newsbeam: Command) -> Iterator[Reader]:
    paper = make_site(3, start=datetime.now(UTC) - timedelta(hours=2))
    with serve(paper) as servers:
        servers.set_time(datetime.now(UTC))
        reader = Reader(paper, servers, tmp_path, newsbeam)
        yield reader
        if (reader.output / "feed_polls").exists():
            check_accounts(Lake(reader.output))


def test_new_entries_become_articles_once(reader: Reader) -> None:
    count = reader.run()
    assert (count["read"], count["new"]) == (3, 3)
    assert count["feeds"] == {
        "polled": 1,
        "changed": 1,
        "unchanged": 0,
        "failed": 0,
        "from_future": 0,
    }
    rows = reader.table("articles")
    found = [reader.paper.article_at(url) for url in rows["url"]]
    assert {"\n".join(reader.paper.story(a.id, 0).lines) for a in found if a} == set(rows["text"])
    assert rows["fetched_at"].notna().all()
    assert len(reader.table("feed_polls")) == 1

    asked = len(reader.servers.log)
    count = reader.run()  # it is not due yet
    assert count["feeds"]["polled"] == 0
    assert len(reader.servers.log) == asked
    count = reader.run("--all")
    assert count["feeds"] == {
        "polled": 1,
        "changed": 0,
        "unchanged": 1,
        "failed": 0,
        "from_future": 0,
    }
    assert reader.servers.log[-1].status == 304
    assert len(reader.table("articles")) == 3
    assert list(reader.table("feed_polls")["outcome"]) in (
        ["parsed", "not_modified"],
        ["not_modified", "parsed"],
    )


@pytest.mark.slow
def test_a_limit_takes_the_rest_later(reader: Reader) -> None:
    assert reader.run("--limit", "1")["new"] == 1
    count = reader.run("--all")
    assert (count["new"], count["known"]) == (2, 1)


def test_a_dry_run_writes_nothing(reader: Reader) -> None:
    assert reader.run("--dry-run")["new"] == 3
    assert not reader.output.exists()


def test_the_feed_alone(reader: Reader) -> None:
    reader.add("full_text: feed\n")
    assert reader.run()["new"] == 3
    assert reader.paths() == ["/feeds/nyheter.xml"]
    rows = reader.table("articles")
    assert set(rows["published_at_from"]) == {"feed"}
    assert rows["title"].notna().all()
    assert (rows["word_count"] > 0).all()


@pytest.mark.slow
def test_two_workers(reader: Reader) -> None:
    assert reader.run("--workers", "2")["new"] == 3
    assert len(reader.table("feed_polls")) == 1


def test_what_another_run_is_polling_is_left_to_it(reader: Reader) -> None:
    assert reader.run()["new"] == 3
    with (reader.output / "_cache" / "polling" / f"{SOURCE}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        count = reader.run("--all")
    assert count["busy"] == [SOURCE]
    assert count["feeds"]["polled"] == 0


def test_pages_that_fail_are_tried_again_by_later_runs_and_by_retry(reader: Reader) -> None:
    pages, reader.paper.page = reader.paper.page, hang_up  # type: ignore[assignment]
    reader.add("poll: {retries: 0}\n")
    with (reader.folder / "defaults.yaml").open("w") as file:
        file.write("fetch: {tries: 1}\n")
    count = reader.run()
    assert count["new"] == 0
    rejects = reader.table("rejects")
    assert set(rejects["stage"]) == {"fetch"}
    assert rejects["request"].notna().all()
    assert set(rejects["config"]) == {str(reader.config)}
    reader.paper.page = pages
    code, out, err = reader.command(["retry", str(reader.output), "--json"])
    assert code == 0, err
    assert json.loads(out)["sources"][SOURCE]["new"] == 3
    code, _, err = reader.command(["retry", str(reader.output)])
    assert code == 0
    assert "nothing to try again" in err
    assert "not tried: 3 pages that came in since" in err


def test_retry_of_what_is_no_lake(newsbeam: Command, tmp_path: Path) -> None:
    code, _, err = newsbeam(["retry", str(tmp_path)])
    assert code == 2
    assert "holds no lake" in err


@pytest.mark.slow
def test_an_archive_is_read_again_without_the_network(reader: Reader) -> None:
    reader.add("archive: true\n")
    assert reader.run()["new"] == 3
    assert list(reader.output.glob("pages/source=avis-2/*/*.warc.gz"))
    before = reader.table("articles").set_index("article_id")
    asked = len(reader.servers.log)
    count = reader.run("--replay")
    assert (count["read"], count["known"], count["new"], count["revised"]) == (3, 3, 0, 0)
    victim = before["text"].iloc[0].splitlines()[-1]
    reader.add(f"clean: {{rules: [{{name: tips, lines: [{json.dumps(victim)}]}}]}}\n")
    count = reader.run("--replay")
    assert (count["known"], count["revised"]) == (2, 1)
    assert len(reader.servers.log) == asked
    after = reader.table("articles")
    assert set(after["article_id"]) == set(before.index)
    (revised,) = after[after["revision"] == 2]["text"]
    assert victim not in revised.splitlines()
    # What was made of the pages of the first run comes out of them in a new lake, too.
    moved = reader.folder / "new"
    (reader.output / "pages").rename(moved)
    files = f"id: avis-2\nlanguage: nb\nfiles: ['{moved}/**/*.warc.gz']\n"
    reader.config.write_text(files, encoding="utf-8")
    reader.output = reader.folder / "again"
    assert reader.run()["new"] == 3
    again = reader.table("articles").set_index("article_id")
    same = ["title", "text", "url", "content_hash", "published_at"]
    pd.testing.assert_frame_equal(
        again[same].sort_index(), before[same].sort_index(), check_like=True
    )


def test_settings_that_sources_share(reader: Reader) -> None:
    (reader.folder / "defaults.yaml").write_text("full_text: feed\nfetch: {contact: a@b.no}\n")
    reader.run()
    assert reader.paths() == ["/feeds/nyheter.xml"]
    (reader.folder / "defaults.yaml").write_text("id: nei\nfetch: {contakt: a@b.no}\n")
    code, _, err = reader.command(["run", str(reader.config), "--output", str(reader.output)])
    assert code == 2
    assert "defaults.yaml:1: id: unknown key" in err
    assert "contact" in err
