"""Every command that takes a lake takes it wherever it lies, whatever the folder is called."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import list_commands
from tests.support.damaged import list_rows, make_lake, write_articles
from tests.support.made_once import make_once

Command = Callable[[list[str]], tuple[int, str, str]]
# In this order: the articles are those of a run and then one more, in each of two sources.
COMMANDS: dict[str, list[list[str]]] = {
    "run": [["run", "avis.yaml", "blad.yaml", "--output", "LAKE", "--json"]],
    "retry": [["retry", "LAKE"], ["retry", "LAKE", "--lost"]],
    "report": [["report", "LAKE", "--output", "report.html", "--json"]],
    "sql": [
        ["sql", "LAKE", "SELECT count(text) FROM revisions"],
        ["sql", "LAKE", "SELECT * FROM polls", "--format", "json"],
        ["sql", "LAKE", "SELECT count(*) FROM articles", "--skip-damaged"],
    ],
    "status": [["status", "LAKE"], ["status", "LAKE", "--feeds", "--json"]],
    "stories": [["stories", "LAKE"], ["stories", "LAKE", "--rebuild"]],
    "maintain": [
        ["maintain", "LAKE", "--dry-run"],
        ["maintain", "LAKE", "--retain", "1h"],
    ],
    "learn-boilerplate": [["learn-boilerplate", "avis.yaml", "--output", "LAKE", "--to", "rules"]],
    "source rename": [["source", "rename", "avis", "avisen", "--lake", "LAKE"]],
    "people": [["people", "LAKE"], ["people", "LAKE", "--rebuild", "--json"]],
    "check": [["check", "LAKE"], ["check", "LAKE", "--deep", "--json"]],
    "repair": [["repair", "LAKE"], ["repair", "LAKE", "--apply"]],
}
# They take no lake, or do not end by themselves (tests/pipelines/test_side_by_side.py has
# `schedule`; a stream is at home on Flink).
OTHERS = {
    "preview", "source add", "source list", "source copy", "source check", "annotate",
    "languages check", "source import", "source export", "completion", "schedule", "stream",
    "backfill",
}  # fmt: skip
ALL_SIGNS = "a b#c?d+e&f=g 'h' [i]* {j} åß漢 100%"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    made = make_once(tmp_path_factory, "damaged", make_lake)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    shutil.rmtree(folder / "lake/_staging")  # a run that died there is damage's matter
    for stray in (folder / "lake/articles").glob("source=avis/*/*.parquet"):
        if not _is_named(stray):
            stray.unlink()
    return folder


def _is_named(path: Path) -> bool:
    log = path.parents[2] / "_delta_log"
    return any(path.name in entry.read_text(encoding="utf-8") for entry in log.glob("*.json"))


def test_all_commands_are_asked() -> None:
    assert set(list_commands()) == COMMANDS.keys() | OTHERS


def ask_all(base: Path, folder: Path, place: str, lake: Path, newsbeam: Command) -> None:
    """All commands with the lake at ``place``, which is the folder ``lake``."""
    lake.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(base / "lake", lake)
    write_articles(folder, 0, 8)
    before = len(list_rows(lake))
    for commands in COMMANDS.values():
        for command in commands:
            code, out, err = newsbeam([place if word == "LAKE" else word for word in command])
            assert code == 0, (command, out, err)
            assert "Traceback" not in err
    rows = list_rows(lake)
    assert len(rows) == len(set(rows)) == before + 2
    assert not any(name.startswith("report") for name in os.listdir(lake))


@pytest.mark.parametrize(
    "name",
    [
        ALL_SIGNS,
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("a b", "a#b", "a?b", "a+b", "åß漢", "/".join(["deep" * 10] * 5))
        ),
    ],
)
def test_a_folder_of_any_name(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newsbeam: Command, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ask_all(base, tmp_path, str(tmp_path / name), tmp_path / name, newsbeam)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["lake", "./a b/../lake", "link", "link/", "above/lake"])
def test_a_relative_path_or_a_link(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newsbeam: Command, place: str
) -> None:
    folder = tmp_path / "work"
    (folder / "a b").mkdir(parents=True)
    (folder / "link").symlink_to("lake")
    (folder / "above").symlink_to(".")
    monkeypatch.chdir(folder)
    ask_all(base, folder, place, folder / "lake", newsbeam)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_delta_would_take_for_another_is_refused_in_a_sentence(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newsbeam: Command, command: str
) -> None:
    lake = tmp_path / "fresh%20x"
    (lake / "articles").mkdir(parents=True)
    write_articles(tmp_path, 0, 1)
    monkeypatch.chdir(tmp_path)
    for arguments in COMMANDS[command]:
        code, out, err = newsbeam([str(lake) if word == "LAKE" else word for word in arguments])
        assert code in (1, 2), (arguments, out, err)
        assert "give the folder another name" in err, (arguments, err)
        assert "Traceback" not in err
    assert os.listdir(lake) == ["articles"]
