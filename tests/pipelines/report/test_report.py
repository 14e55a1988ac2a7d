"""``newsbeam report`` on real lakes: which rows it shows, and where the page goes."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from newsbeam.pipelines.report.write_page import write_page
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.reported import HOUR, NOW, Command, Page, as_row, make_article, store_many
from tests.support.stored import store
from tests.support.workplace import ROOT


def test_an_empty_lake_gives_a_page_that_says_so(lake: Lake, report: Callable[..., Page]) -> None:
    page = report(lake)
    assert set(page.data["meta"]["totals"].values()) == {0}
    assert page.data["meta"]["since"] is None
    assert page.texts == []
    for chart in page.data["charts"].values():
        assert chart["spec"] is None
        assert re.search(r"\bno(thing)?\b", chart["summary"], re.IGNORECASE)


def test_a_lake_of_articles_alone_needs_no_other_table(
    lake: Lake, report: Callable[..., Page]
) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    for table in ("rejects", "feed_polls", "stories"):
        shutil.rmtree(lake.root / table)
    page = report(lake)
    assert page.data["meta"]["totals"] == {
        "articles": 1, "revisions": 1, "sources": 1, "words": 2, "quotes": 0, "entities": 0,
        "rejects": 0, "polls": 0, "stories": 0,
    }  # fmt: skip
    assert page.texts[0]["t"] == "Et ord."


def test_the_newest_revision_alone_is_shown(lake: Lake, report: Callable[..., Page]) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Det gamle."), NOW - HOUR)])
    store(lake, ARTICLES, [as_row(make_article("a", "Det nye er lengre.")) | {"revision": 2}])
    page = report(lake)
    assert [text["t"] for text in page.texts] == ["Det nye er lengre."]
    assert page.articles["revision"] == [2]
    totals = page.data["meta"]["totals"]
    assert (totals["articles"], totals["revisions"], totals["words"]) == (1, 2, 4)


def test_files_that_the_tables_do_not_list_are_not_read(
    lake: Lake, report: Callable[..., Page]
) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    (file,) = (lake.root / "articles").rglob("source=*/**/*.parquet")
    shutil.copy(file, file.with_name("left-by-a-dead-run.parquet"))
    assert report(lake).data["meta"]["totals"]["revisions"] == 1


def test_a_folder_with_signs_of_globs_is_read(tmp_path: Path, report: Callable[..., Page]) -> None:
    lake = Lake(tmp_path / "env=[a]'s *" / "out")
    lake.create()
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord.", source="007"))])
    assert report(lake).data["sources"][0]["id"] == "007"


@pytest.mark.parametrize(
    "place", ["out/articles/x.html", "out/_cache/x.html", "none/x.html", "out"]
)
def test_places_where_no_page_belongs_are_refused(
    lake: Lake, tmp_path: Path, newsbeam: Command, place: str
) -> None:
    (lake.root / "_cache").mkdir(exist_ok=True)
    code, out, err = newsbeam(["report", str(lake.root), "--output", str(tmp_path / place)])
    assert (code, out) == (2, "")
    assert place.split("/")[0] in err
    assert not (tmp_path / place).is_file()


def test_a_folder_without_a_lake_is_wrong_usage(tmp_path: Path, newsbeam: Command) -> None:
    code, _, err = newsbeam(["report", str(tmp_path), "--output", str(tmp_path / "r.html")])
    assert code == 2
    assert "holds no lake" in err
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_replaced_whole_or_not_at_all(lake: Lake, report: Callable[..., Page]) -> None:
    data = report(lake).data
    path = lake.root / "report.html"
    path.write_text("before")

    def break_off() -> Iterator[list[dict[str, Any]]]:
        yield [{"t": "Et ord."}]
        raise OSError(28, "No space left on device")

    before = sorted(lake.root.iterdir())
    with pytest.raises(OSError, match="No space"):
        write_page(path, data, break_off())
    assert path.read_text() == "before"
    assert sorted(lake.root.iterdir()) == before
    assert write_page(path, data, []) == path.stat().st_size > 100_000


@pytest.mark.slow
def test_a_lost_file_is_said(lake: Lake, tmp_path: Path, newsbeam: Command) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    arguments = ["report", str(lake.root), "--output", str(tmp_path / "r.html")]
    assert newsbeam(arguments)[0] == 0  # status keeps what it read of the file
    (file,) = (lake.root / "articles").rglob("source=*/**/*.parquet")
    file.unlink()
    code, _, err = newsbeam(arguments)
    assert code == 1
    assert file.name in err
    shutil.rmtree(lake.root / "_cache")
    code, _, err = newsbeam(arguments)
    assert code == 1
    assert file.name in err


def test_the_summary_is_json_where_asked(
    lake: Lake, tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    code, out, err = newsbeam(["report", str(lake.root), "--json"])
    path = tmp_path / "report.html"
    assert code == 0
    assert json.loads(out) == {
        "path": str(path), "bytes": path.stat().st_size, "articles": 1, "shown": 1, "sources": 1,
    }  # fmt: skip
    assert "counting" in err
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert "newsbeam: out" in unescape(path.read_text(encoding="utf-8"))
    assert not list(lake.root.glob("*.html"))


@pytest.mark.slow
def test_open_shows_the_page_in_the_browser(lake: Lake, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/shown\n')
    browser.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "newsbeam", "report", str(lake.root), "--open"],
        cwd=tmp_path,
        env=os.environ | {"BROWSER": f"{browser} %s", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path}/report.html: ")
    assert (tmp_path / "shown").read_text() == f"{(tmp_path / 'report.html').as_uri()}\n"


def test_the_same_lake_gives_the_same_page(lake: Lake, report: Callable[..., Page]) -> None:
    store_many(lake, 300, days=20)
    first, second = report(lake), report(lake)
    for page in (first, second):
        page.data["meta"].pop("generated_at")
    assert first.data == second.data
    assert first.chunks == second.chunks
    assert [len(chunk) for chunk in first.chunks] == [200, 100]
