"""``newsbeam backfill`` and ``newsbeam source rename`` on an object store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.pipelines.door.lake import OpenLake
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.leases import hold_leases
from newsbeam.transforms.lake.object_path import ObjectPath
from tests.support.past_paper import PastPaper, serve_past
from tests.support.s3.lakes import check_lake
from tests.support.s3.server import Server

Command = Callable[[list[str]], tuple[int, str, str]]
PAPER = PastPaper(months=4, a_month=3, gone=100)


def test_the_past_comes_in_once_and_is_gone_on_with(
    place: ObjectPath, server: Server, tmp_path: Path, newsbeam: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    year, month = PAPER.month(2)
    with serve_past(PAPER) as site:
        config = tmp_path / "avisen.yaml"
        config.write_text(site.config(), encoding="utf-8")
        backfill = [
            "backfill",
            str(config),
            "--output",
            str(place),
            "--since",
            f"{year}-{month:02}-01",
        ]
        code, _, err = newsbeam([*backfill, "--limit", "4"])
        assert code == 0, err
        status = json.loads(newsbeam(["status", str(place), "--json"])[1])
        assert status["backfills"]["avisen"]["requests_left"] > 0
        code, out, err = newsbeam([*backfill, "--json"])
        assert code == 0, err
        assert json.loads(out)["sources"]["avisen"]["requests_left"] == 0
        assert max(Counter(site.asked()).values()) == 1
        stored = len(check_lake(Lake(place), server.folder))
        assert stored == len(PAPER.there(2)) + len(PAPER.there(3))
        # Another machine has not the notes of this one: it asks for the maps, and for no article.
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other machine"))
        asked = len(site.log)
        assert newsbeam(backfill)[0] == 0
        assert not [entry.path for entry in site.log[asked:] if entry.path in PAPER.there(3)]
        with hold_leases(place / "_claims", tmp_path / "third machine", ["backfill"]):
            code, _, err = newsbeam(backfill)
        assert code == 1
        assert "another backfill works on this lake" in err


def test_a_backfill_needs_its_own_machine(
    place: ObjectPath, tmp_path: Path, newsbeam: Command
) -> None:
    config = tmp_path / "avisen.yaml"
    config.write_text("id: avisen\nlanguage: nb\nfeeds: [http://127.0.0.1:9/rss]\n")
    code, _, err = newsbeam(
        ["backfill", str(config), "--output", str(place), "--since", "2026-01-01", "--",
         "--runner=FlinkRunner"]
    )  # fmt: skip
    assert code == 2
    assert "leave out --runner" in err


def test_a_renamed_source_brings_nothing_anew(
    config: Path, place: ObjectPath, server: Server, newsbeam: Command
) -> None:
    run = ["run", str(config), "--output", str(place), "--json"]
    assert newsbeam(run)[0] == 0
    assert newsbeam(["source", "rename", "nobody", "ny", "--lake", str(place)])[0] == 2
    rename = ["source", "rename", "avis", "avisen", "--lake", str(place), "--json"]
    code, out, err = newsbeam(rename)
    assert code == 0, err
    assert json.loads(out)["rows"]["articles"] == 12
    assert len(check_lake(Lake(place), server.folder)) == 12
    query = "SELECT DISTINCT source FROM articles"
    assert OpenLake(str(place)).sql(query).fetchall() == [("avisen",)]
    config.write_text(config.read_text().replace("id: avis\n", "id: avisen\n"))
    count = json.loads(newsbeam(run)[1])["sources"]["avisen"]
    assert (count["new"], count["revised"], count["known"]) == (0, 0, 12)


def test_nobody_else_writes_meanwhile(
    lake: Lake, place: ObjectPath, tmp_path: Path, newsbeam: Command
) -> None:
    rename = ["source", "rename", "avis", "avisen", "--lake", str(place)]
    with hold_leases(place / "_claims", tmp_path / "other machine", ["schedule"]):
        code, _, err = newsbeam(rename)
    assert code == 1
    assert "a scheduler is at work" in err
    with lake.stage("20261130T120000Z-12345678").create():
        code, _, err = newsbeam(rename)
    assert code == 1
    assert "a run is at work" in err
