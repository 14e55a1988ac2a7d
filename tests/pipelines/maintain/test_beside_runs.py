"""Maintaining a lake that runs write to and people read meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from newsbeam.transforms import files as files_module
from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake import rewrites
from newsbeam.transforms.lake.commit import commit_articles, stage_rows
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.lake.staging import Staging
from tests.support.maintained import (
    AT_ONCE,
    TEN,
    Crash,
    commit,
    count,
    maintain,
    plain_files,
    read_every_way,
    row,
)
from tests.support.waiting import PATIENCE


def crash(*_: object, **__: object) -> None:
    raise Crash


def test_what_a_living_run_moved_in_is_left(lake: Lake) -> None:
    staging = Staging(lake.root, "alive")
    with staging.create():
        (file,) = stage_rows(staging, ARTICLES, [row("b", day=21)])
        staging.write_intent("articles", [file.place])
        place = lake.root / "articles" / file.place
        os.replace(staging.folder / file.name, place)
        # Long ago, as far as the folder tells.
        os.utime(place, (0, 0))
        maintain(lake, AT_ONCE)
        assert place.exists()
        counts = commit_articles(lake, staging, [file], lake.version(ARTICLES))
    assert counts["avis"].new == 1
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


def test_a_run_that_began_before_finds_the_files_that_came_in_since(lake: Lake) -> None:
    base = lake.version(ARTICLES)
    staging = Staging(lake.root, "slow")
    with staging.create():
        commit(lake, [row("b", day=21)])
        maintain(lake, AT_ONCE)
        files = stage_rows(staging, ARTICLES, [row("b", day=21), row("c", day=21)])
        counts = commit_articles(lake, staging, files, base)
    assert (counts["avis"].new, counts["avis"].known) == (1, 1)
    lake.clean()
    maintain(lake, AT_ONCE)
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1, ("c", 1): 1})
    assert plain_files(lake) == list_files(lake.open(ARTICLES))


def test_files_of_an_intent_that_still_stands_are_not_merged(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is killed after its commit, while maintenance goes on."""
    staging = Staging(lake.root, "late")
    with staging.create():
        files = stage_rows(staging, ARTICLES, [row("b", day=21)])
        with monkeypatch.context() as patch:
            patch.setattr(Staging, "clear_intent", crash)
            with pytest.raises(Crash):
                commit_articles(lake, staging, files, lake.version(ARTICLES))
        maintain(lake, AT_ONCE)
        assert files[0].place in list_files(lake.open(ARTICLES))
    assert lake.clean() == ["late"]
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


@pytest.mark.parametrize("rival", ["delete", "optimize"])
def test_files_that_others_replace_meanwhile_are_left_to_them(
    lake: Lake, rival: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = rewrites._make_actions
    raced = []

    def race(*arguments: Any) -> Any:
        """Between the look at the table and the commit."""
        if not raced:
            raced.append(True)
            table = lake.open(ARTICLES)
            table.delete("title = 'a0'") if rival == "delete" else table.optimize.compact()
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(rewrites, "_make_actions", race)
        maintain(lake)
    assert raced
    rows = TEN - Counter({("a0", 1): 1}) if rival == "delete" else TEN
    assert count(lake.open(ARTICLES).to_pandas()) == rows
    for _ in range(2):
        maintain(lake, AT_ONCE)
        assert read_every_way(lake) == rows
    assert plain_files(lake) == list_files(lake.open(ARTICLES))


def test_a_run_that_moves_a_file_in_waits_for_the_swap(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = files_module.swap_folders
    threads: list[threading.Thread] = []

    def race(new: Path, place: Path) -> None:
        """The new folder holds all that is there now; a run comes with one file more."""
        if "=" in place.name and not threads:  # no folder in which it is only tried out
            threads.append(threading.Thread(target=commit, args=(lake, [row("b", day=21)])))
            threads[0].start()
            time.sleep(0.5)
        original(new, place)

    monkeypatch.setattr(files_module, "swap_folders", race)
    maintain(lake, AT_ONCE)
    threads[0].join()
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


@pytest.mark.slow
def test_writers_and_readers_never_notice(lake: Lake) -> None:
    """Two writers and maintenance in a loop; a reader that compares with what was committed."""
    stop = threading.Event()
    done: list[str] = []
    faults: list[BaseException] = []

    def write(name: str) -> None:
        number = 0
        try:
            while not stop.is_set():
                key = f"{name}{number}"
                commit(lake, [row(key, day=21 + number % 3)])
                done.append(key)
                number += 1
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            faults.append(error)

    def keep() -> None:
        try:
            while not stop.is_set():
                maintain(lake, AT_ONCE)
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "xy"]
    threads.append(threading.Thread(target=keep))
    for thread in threads:
        thread.start()
    end, looks = time.monotonic() + PATIENCE, 0
    folder = lake.root / "articles"
    while (looks < 12 or len(done) < 12) and not faults:
        assert time.monotonic() < end
        least = set(done)
        try:
            frames = [pd.read_parquet(folder), DeltaTable(folder).to_pandas()]
        except FileNotFoundError:
            continue  # files went after they were listed: it says so, and is asked again
        looks += 1
        for frame in frames:
            titles = Counter(frame["title"])
            assert max(titles.values()) == 1, "doubled"
            assert least <= set(titles), "missing"
    stop.set()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    maintain(lake, AT_ONCE)
    assert read_every_way(lake) == TEN + Counter({(key, 1): 1 for key in done})
    maintain(lake, AT_ONCE)
    assert plain_files(lake) == list_files(lake.open(ARTICLES))


def test_giving_up_says_so(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object, **__: object) -> None:
        raise CommitFailedError("faster")

    monkeypatch.setattr(rewrites, "_TRIES", 2)
    monkeypatch.setattr("deltalake.DeltaTable.create_write_transaction", lose)
    with pytest.raises(LakeBusy, match="start this again"):
        maintain(lake)
    assert read_every_way(lake) == TEN
