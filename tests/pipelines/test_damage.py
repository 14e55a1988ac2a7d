"""A damaged lake: every command says so in a sentence; `repair` mends what can be mended."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.pipelines import ingest
from newsbeam.transforms.lake import committer
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.replay import replay_log
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.damaged import (
    DAMAGES,
    block,
    delete,
    flip,
    list_keys,
    list_rows,
    list_targets,
    make_lake,
    read_whole,
    run_sources,
    swap,
    truncate,
    write_articles,
)
from tests.support.made_once import make_once
from tests.support.stored import article

Command = Callable[[list[str]], tuple[int, str, str]]
Damage = Callable[[Path, random.Random], None]
# Each damage with each file of a lake in turn; `make test-slow` takes one a kind of file, with all
# damages among them, `make test-damage` (NEWSBEAM_DAMAGE=all) the 200.
CASES = 200
SOME = [len(DAMAGES) * number + number % len(DAMAGES) for number in range(12)]
SEEDS = range(CASES) if os.environ.get("NEWSBEAM_DAMAGE") == "all" else SOME
NEVER = (article("never", "avis")["article_id"], 1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_once(tmp_path_factory, "damaged", make_lake)


@pytest.fixture
def folder(base: Path, tmp_path: Path) -> Path:
    shutil.copytree(base, tmp_path / "place")
    return tmp_path / "place"


def ask_all(folder: Path, lake: Path, newsbeam: Command) -> None:
    """Every command ends in good order; where it fails, it names a file."""
    place = str(lake)
    for arguments in (
        ["status", place],
        ["sql", place, "SELECT count(text), count(quotes), max(title) FROM revisions"],
        ["sql", place, "SELECT * FROM rejects", "--format", "json"],
        ["sql", place, "SELECT * FROM polls", "--format", "json"],
        ["report", place, "--output", str(folder / "r.html"), "--json"],
        ["retry", place],
        ["check", place],
        ["check", place, "--deep"],
        ["repair", place],
        ["status", place, "--skip-damaged"],
        ["sql", place, "SELECT count(text) FROM articles", "--skip-damaged"],
    ):
        code, _, err = newsbeam(arguments)
        assert code in (0, 1, 2), arguments
        assert "Traceback" not in err, arguments
        if code and arguments[0] not in ("check",):
            assert str(lake) in err, (arguments, err)


def list_doubles(lake: Path) -> set[tuple[str, int]]:
    return {row for row, count in Counter(list_rows(lake)).items() if count > 1}


def ask_writers(folder: Path, lake: Path, newsbeam: Command) -> None:
    """Whoever writes ends in good order, too, and writes nothing that is there already."""
    doubled = list_doubles(lake)  # by a file that holds what another does
    for write in (
        lambda: newsbeam(["stories", str(lake)]),
        lambda: newsbeam(["maintain", str(lake), "--retain", "1h"]),
        lambda: run_sources(folder, lake, newsbeam),
        lambda: newsbeam(["stories", str(lake), "--rebuild"]),
    ):
        code, _, err = write()
        assert code in (0, 1, 2)
        assert "Traceback" not in err
        if code:
            assert str(lake) in err, err
    assert list_doubles(lake) <= doubled


def mend(folder: Path, lake: Path, newsbeam: Command, spared: set[tuple[str, int]]) -> None:
    """Mend it: all rows in ``spared`` are there, once; after another run, all articles are."""
    code, out, err = newsbeam(["repair", str(lake), "--apply"])
    assert code == 0, out + err
    code, out, err = newsbeam(["check", str(lake), "--deep"])
    assert code == 0, out + err
    rows = Counter(list_rows(lake))
    assert max(rows.values(), default=1) == 1
    assert spared <= set(rows)
    code, out, err = run_sources(folder, lake, newsbeam)
    assert code == 0, err
    rows = Counter(list_rows(lake))
    assert max(rows.values()) == 1
    assert len({article for article, _ in rows}) >= 18
    live = list_files(Lake(lake).open(ARTICLES))
    visible = {
        path.relative_to(lake / "articles").as_posix()
        for path in (lake / "articles").glob("source=*/**/*.parquet")
    }
    state = replay_log(lake / "articles")
    hidden = {path for path in live if path.startswith("_compacted")}
    assert visible - state.removed == live - hidden
    assert newsbeam(["check", str(lake), "--deep"])[0] == 0


def damage_and_mend(
    folder: Path, newsbeam: Command, target: Path, damage: Damage, dice: random.Random
) -> None:
    lake = folder / "lake"
    before = set(list_rows(lake))
    is_data = target.suffix == ".parquet" and "source=" in str(target)
    held = set(list_keys(read_whole(target))) if is_data else set()
    damage(target, dice)
    ask_all(folder, lake, newsbeam)
    write_articles(folder, 7, 9)
    ask_writers(folder, lake, newsbeam)
    # What a run that died never committed is nobody's.
    mend(folder, lake, newsbeam, before - held - {NEVER})


def pick(lake: Path, pattern: str, at: int = -1) -> Path:
    return sorted(lake.glob(pattern))[at]


SAMPLE: tuple[str, int, Damage] = ("articles/source=*/**/*.parquet", -1, truncate)
MORE: tuple[tuple[str, int, Damage], ...] = (
    ("articles/_delta_log/*.json", -1, delete),
    ("articles/_delta_log/*.json", 0, delete),
    ("articles/_delta_log/*.json", 1, truncate),
    ("articles/source=*/**/*.parquet", -1, delete),
    ("articles/source=*/**/*.parquet", 0, swap),
    ("articles/source=*/**/*.parquet", -1, swap),
    ("feed_polls/_delta_log/*.checkpoint.parquet", -1, flip),
    ("_staging/died/articles.intent.json", -1, flip),
    ("_cache/feeds.arrow", -1, block),
)


@pytest.mark.parametrize(
    ("pattern", "at", "damage"),
    [SAMPLE, *(pytest.param(*sample, marks=pytest.mark.slow) for sample in MORE)],
)
def test_a_damaged_file_is_named_contained_and_mended(
    folder: Path, newsbeam: Command, pattern: str, at: int, damage: Damage
) -> None:
    target = pick(folder / "lake", pattern, at)
    damage_and_mend(folder, newsbeam, target, damage, random.Random(1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_any_file_damaged_in_any_way(folder: Path, newsbeam: Command, seed: int) -> None:
    dice = random.Random(seed)
    targets = list_targets(folder / "lake")
    damage = DAMAGES[seed % len(DAMAGES)]
    target = targets[(seed // len(DAMAGES)) % len(targets)]
    damage_and_mend(folder, newsbeam, target, damage, dice)


def test_an_undamaged_lake_is_fine(folder: Path, newsbeam: Command) -> None:
    lake = str(folder / "lake")
    code, out, err = newsbeam(["check", lake, "--deep"])
    assert code == 0, out + err
    code, out, _ = newsbeam(["repair", lake])
    assert (code, "nothing is to be mended" in out) == (0, True)


def test_what_was_committed_is_told_though_the_disk_is_full(
    tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "stories")

    write_articles(tmp_path, 0, 2)
    monkeypatch.setattr(ingest, "update_stories", fail)
    code, out, err = run_sources(tmp_path, tmp_path / "lake", newsbeam)
    summary = json.loads(out)
    assert code == 1
    assert "No space left" in err
    assert "No space left" in summary["fault"]
    assert [count["new"] for count in summary["sources"].values()] == [2, 2]
    assert "Traceback" not in err
    monkeypatch.undo()
    code, out, _ = run_sources(tmp_path, tmp_path / "lake", newsbeam)
    assert code == 0
    assert [count["known"] for count in json.loads(out)["sources"].values()] == [2, 2]


def test_a_commit_that_fails_in_the_graph_ends_in_a_sentence(
    tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "rejects")

    write_articles(tmp_path, 0, 2)
    (tmp_path / "in/avis/broken.txt").write_bytes(b"")
    monkeypatch.setattr(committer, "commit_rows", fail)
    code, out, err = run_sources(tmp_path, tmp_path / "lake", newsbeam)
    assert (code, "No space left" in err, "Traceback" in err) == (1, True, False)
    assert [count["new"] for count in json.loads(out)["sources"].values()] == [2, 2]


def test_a_damaged_file_holds_back_its_own_source_alone(folder: Path, newsbeam: Command) -> None:
    lake = folder / "lake"
    live = list_files(Lake(lake).open(ARTICLES))
    target = lake / "articles" / min(path for path in live if "source=blad" in path)
    truncate(target, random.Random(3))
    shutil.rmtree(lake / "_cache/known")
    write_articles(folder, 7, 8)
    code, out, err = run_sources(folder, lake, newsbeam)
    summary = json.loads(out)
    assert (code, summary["held_back"]) == (0, ["blad"])
    assert str(target) in err
    assert summary["sources"]["avis"]["new"] == 1
