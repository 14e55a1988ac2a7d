"""``newsbeam maintain`` as a command: what it says, and what it refuses."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.transforms import files as files_module
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.maintained import HOUR, Command, maintain


def test_dry_run_says_it_and_changes_nothing(
    lake: Lake, newsbeam: Command, pass_an_hour: Callable[[], None]
) -> None:
    def everything() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in lake.root.rglob("*")
        }

    before = everything()
    code, out, err = newsbeam(["maintain", str(lake.root), "--dry-run"])
    assert code == 0, err
    assert "articles: 10 files" in out
    assert "10 files would be merged into 2" in out
    assert everything() == before
    maintain(lake, HOUR)
    pass_an_hour()
    before = everything()
    code, out, _ = newsbeam(["maintain", str(lake.root), "--dry-run", "--json", "--retain", "1h"])
    assert code == 0
    table = json.loads(out)["tables"]["articles"]
    assert (table["deleted"], table["shown"], table["merged"]) == (10, 2, 0)
    assert everything() == before


def test_one_at_a_time(lake: Lake, newsbeam: Command) -> None:
    descriptor = os.open(lake.root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        code, _, err = newsbeam(["maintain", str(lake.root)])
    finally:
        os.close(descriptor)
    assert code == 1
    assert "another `newsbeam maintain` is at work" in err
    assert newsbeam(["maintain", str(lake.root)])[0] == 0


@pytest.mark.parametrize(
    "options",
    [["--retain", "8d"], ["--retain", "soon"], ["--target-size", "0MB"], ["--target-size", "x"]],
)
def test_wrong_usage(lake: Lake, newsbeam: Command, options: list[str]) -> None:
    assert newsbeam(["maintain", str(lake.root), *options])[0] == 2


def test_no_lake(tmp_path: Path, newsbeam: Command) -> None:
    code, _, err = newsbeam(["maintain", str(tmp_path / "nothing")])
    assert code == 2
    assert "holds no lake" in err
    assert not (tmp_path / "nothing").exists()


def test_a_file_system_that_cannot_swap_is_told_before_anything_is_done(
    lake: Lake, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(files_module, "swap_folders", refuse)
    version = lake.version(ARTICLES)
    code, _, err = newsbeam(["maintain", str(lake.root)])
    assert code == 1
    assert "this file system lacks" in err
    assert not (lake.root / "articles/_compacted").exists()
    assert lake.version(ARTICLES) == version
