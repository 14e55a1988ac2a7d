"""Persons on an object store: told as in a folder, by runs of several machines, each once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsbeam.pipelines.door.lake import OpenLake
from newsbeam.pipelines.people.refresh import refresh_people
from newsbeam.transforms.lake.commit import Overtaken
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.people import table as people_table
from tests.support.s3.server import Server
from tests.support.workplace import ROOT

Command = Callable[[list[str]], tuple[int, str, str]]
PEOPLE, APPEARANCES = "FROM people", "FROM appearances"
# What differs from update to update.
PASSING = {"decision", "decided_at", "decided_year", "run_id", "dated_at"}


def list_rows(place: object, query: str) -> list[Any]:
    lake = OpenLake(str(place))
    columns = {column[0] for column in lake.sql(f"{query} LIMIT 0").description or []}
    wanted = ", ".join(sorted(columns - PASSING))
    return sorted(map(repr, lake.sql(f"SELECT {wanted} {query}").fetchall()))


def write_texts(folder: Path, names: range) -> Path:
    """A config with a text that names persons for each of ``names``."""
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    for number in names:
        (folder / "texts" / f"{number}.txt").write_text(
            f"Sak {number}\n\n– Det er sak {number}, sier ordfører Kari Dahl i Bodø.\n\n"
            f"– Nei, svarer rektor Ola Nes{number % 3} ved skolen.\n"
        )
    config = folder / "avis.yaml"
    config.write_text(
        "id: avis\nlanguage: nb\nfiles: ['texts/*.txt']\nenrich: {pipelines: {nb: null}}\n"
    )
    return config


def run(newsbeam: Command, config: Path, place: object) -> None:
    code, _, err = newsbeam(["run", str(config), "--output", str(place)])
    assert code == 0, err


def test_they_are_those_of_a_local_lake(
    tmp_path: Path, place: ObjectPath, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in (2, 5):
        config = write_texts(tmp_path / "a", range(count))
        run(newsbeam, config, place)
        run(newsbeam, config, tmp_path / "out")
        for query in (PEOPLE, APPEARANCES):
            assert list_rows(place, query) == list_rows(tmp_path / "out", query) != []
    code, out, _ = newsbeam(["people", str(place), "Kari Dahl"])
    assert code == 0
    assert "5 articles" in out
    # Nothing is left to say, on this machine and on another one that knows nothing.
    for cache in ("cache", "other machine"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / cache))
        done = refresh_people(place)
        assert (done.appearances, done.persons) == (0, 0)
        assert done.is_complete == (cache != "cache")
        done = refresh_people(place, rebuild=True)
        assert (done.articles, done.appearances, done.persons) == (5, 0, 0)


def test_corrections_lie_in_the_lake(tmp_path: Path, place: ObjectPath, newsbeam: Command) -> None:
    run(newsbeam, write_texts(tmp_path / "a", range(3)), place)
    before = len(list_rows(place, PEOPLE))
    (place / "people.yaml").write_bytes(b"same: [[Ola Nes0, Ola Nes1]]\n")
    assert refresh_people(place).persons > 0
    assert len(list_rows(place, PEOPLE)) == before - 1
    (place / "people.yaml").write_bytes(b"same: 1\n")
    code, _, err = newsbeam(["people", str(place), "--update"])
    assert code == 2
    assert f"{place}/people.yaml: same" in err


def test_runs_of_several_machines_at_once(
    tmp_path: Path, place: ObjectPath, server: Server, newsbeam: Command
) -> None:
    configs = [write_texts(tmp_path / str(n), range(4 * n, 4 * n + 4)) for n in range(3)]
    for number, config in enumerate(configs):
        text = config.read_text().replace("id: avis", f"id: avis{number}")
        config.write_text(text)
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "newsbeam", "run", config, "--output", str(place)],
            env={**os.environ, **server.environment(tmp_path / f"cache{number}", 30),
                 "PYTHONPATH": str(ROOT)},
        )
        for number, config in enumerate(configs)
    ]  # fmt: skip
    assert [run.wait() for run in runs] == [0, 0, 0]
    for config in configs:
        run(newsbeam, config, tmp_path / "out")
    for query in (PEOPLE, APPEARANCES):
        assert list_rows(place, query) == list_rows(tmp_path / "out", query)
    rows = OpenLake(str(place)).sql("SELECT article_id, name, decision FROM appearances")
    assert max(Counter(rows.fetchall()).values()) == 1


def test_who_is_overtaken_decides_anew(
    tmp_path: Path, place: ObjectPath, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a run of another machine between its two commits, once."""
    run(newsbeam, write_texts(tmp_path / "a", range(2)), place)
    config = write_texts(tmp_path / "b", range(2, 4))
    config.write_text(config.read_text().replace("id: avis", "id: bladet"))
    original, calls = people_table._write, list[str]()

    def write(lake: Lake, staging: Any, table: Any, rows: Any, base: int) -> int:
        calls.append(table.name)
        if len(calls) == 2:
            with monkeypatch.context() as patched:
                patched.setattr(people_table, "_write", original)
                patched.setenv("XDG_CACHE_HOME", str(tmp_path / "other machine"))
                assert refresh_people(place).persons > 0
        return original(lake, staging, table, rows, base)

    monkeypatch.setattr(people_table, "_write", write)
    run(newsbeam, config, place)
    assert calls == ["appearances", "people"] * 2
    monkeypatch.undo()


def test_killed_between_its_two_commits(
    tmp_path: Path, place: ObjectPath, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_texts(tmp_path / "a", range(3))
    original = people_table._write

    def write(lake: Lake, staging: Any, table: Any, rows: Any, base: int) -> int:
        if table.name == "people":
            raise Overtaken("as if it were killed")
        return original(lake, staging, table, rows, base)

    with monkeypatch.context() as patched:
        patched.setattr(people_table, "_write", write)
        patched.setattr(people_table, "_TRIES", 1)
        newsbeam(["run", str(config), "--output", str(place)])
    assert list_rows(place, PEOPLE) == []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other machine"))
    run(newsbeam, config, place)
    run(newsbeam, config, tmp_path / "out")
    for query in (PEOPLE, APPEARANCES):
        assert list_rows(place, query) == list_rows(tmp_path / "out", query)
