"""Maintenance that is killed: between any two steps, at random moments, in any order."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from newsbeam.pipelines import maintain as maintain_module
from newsbeam.pipelines.maintain import MaintainOptions
from newsbeam.transforms import files as files_module
from newsbeam.transforms.lake import compaction, vacuum
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.maintained import (
    AT_ONCE,
    DAY,
    TEN,
    Crash,
    commit,
    hidden_files,
    maintain,
    plain_files,
    read_every_way,
    row,
)
from tests.support.thinned import every_nth

KILLS = int(os.environ.get("NEWSBEAM_KILLS", "60"))


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("place", "name", "turn"),
    every_nth(
        3,
        [
            (compaction, "_write_merge", 0),
            (compaction, "_write_merge", 1),
            (compaction, "commit_rewrites", 0),
            (vacuum, "commit_rewrites", 0),
            (files_module, "swap_folders", 1),  # the first one is only tried out
            (files_module, "swap_folders", 2),
            (vacuum, "_commit_shown", 1),
            (vacuum, "_delete_hidden", 1),
            (vacuum, "_remove_empty", 1),
            (os, "link", 1),  # as above
            (os, "link", 2),
        ],
    ),
)
def test_killed_between_any_two_steps(
    lake: Lake, place: Any, name: str, when: str, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = getattr(place, name)
    turns = iter(range(100))

    def act(*arguments: Any, **options: Any) -> Any:
        due = next(turns) == turn
        if due and when == "before":
            raise Crash
        result = original(*arguments, **options)
        if due:
            raise Crash
        return result

    monkeypatch.setattr(maintain_module, "TABLES", (ARTICLES,))
    with monkeypatch.context() as patch:
        patch.setattr(place, name, act)
        with pytest.raises(Crash):
            maintain(lake, AT_ONCE)
    assert read_every_way(lake) == TEN
    commit(lake, [row("b")])
    eleven = TEN + Counter({("b", 1): 1})
    assert read_every_way(lake) == eleven
    for _ in range(2):
        maintain(lake, AT_ONCE)
        assert read_every_way(lake) == eleven
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    # A day that is over is merged once: what came late may lie beside it.
    assert len(plain_files(lake)) in (2, 3)
    assert hidden_files(lake) == []


def start(lake: Lake) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "newsbeam", "maintain", lake.root, "--retain", "0s"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_at_random(lake: Lake, moments: random.Random, rows: Counter[Any]) -> int:
    """Kill a maintenance at work, look, commit, look, and maintain or not. Counts a kill."""
    process = start(lake)
    sign = lake.root / "articles/_compacted"
    had_files = bool(hidden_files(lake))
    while process.poll() is None and not had_files and not sign.exists():
        time.sleep(0.001)
    time.sleep(moments.uniform(0, 0.15) + had_files * 0.8)
    process.send_signal(signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL
    assert read_every_way(lake) == rows
    for _ in range(6):
        key = uuid.uuid4().hex
        commit(lake, [row(key, day=moments.choice([21, 22, 23]))])
        rows[key, 1] = 1
    assert read_every_way(lake) == rows
    if moments.random() < 0.5:
        maintain(lake, AT_ONCE)
        assert read_every_way(lake) == rows
    return killed


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_at_random_moments(lake: Lake) -> None:
    moments, rows = random.Random(KILLS), Counter(TEN)
    killed = sum(kill_at_random(lake, moments, rows) for _ in range(KILLS))
    assert killed > KILLS / 3
    for _ in range(2):
        maintain(lake, AT_ONCE)
    assert read_every_way(lake) == rows
    assert plain_files(lake) == list_files(lake.open(ARTICLES))
    assert hidden_files(lake) == []


class AnyOrder(RuleBasedStateMachine):
    """Commits, maintenance with and without patience, and kills, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.lake = Lake(Path(self.folder.name))
        self.rows: Counter[str] = Counter()
        self.handle: tuple[DeltaTable, Counter[str]] | None = None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("newsbeam.transforms.lake.lake.TABLES", (ARTICLES,))
            self.lake.create()

    @rule(days=st.lists(st.sampled_from([21, 22]), min_size=1, max_size=4))
    def commit(self, days: list[int]) -> None:
        for day in days:
            key = f"a{len(self.rows)}"
            commit(self.lake, [row(key, day=day)])
            self.rows[key] = 1

    def maintain(self, options: MaintainOptions) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("newsbeam.transforms.lake.lake.TABLES", (ARTICLES,))
            patch.setattr(maintain_module, "TABLES", (ARTICLES,))
            maintain(self.lake, options)

    @precondition(lambda self: self.handle is None)
    @rule()
    def open(self) -> None:
        self.handle = self.lake.open(ARTICLES), Counter(self.rows)

    @rule()
    def keep_a_day(self) -> None:
        self.maintain(DAY)

    @rule()
    def keep_nothing(self) -> None:
        self.handle = None
        self.maintain(AT_ONCE)
        assert plain_files(self.lake) == list_files(self.lake.open(ARTICLES))

    @rule(
        step=st.sampled_from([(os, "link"), (files_module, "swap_folders"), (os, "fsync"),
                              (compaction, "commit_rewrites"), (vacuum, "commit_rewrites")]),
        turn=st.integers(0, 3),
        after=st.booleans(),
        options=st.sampled_from([DAY, AT_ONCE]),
    )  # fmt: skip
    def kill(self, step: tuple[Any, str], turn: int, after: bool, options: MaintainOptions) -> None:
        place, name = step
        original, turns = getattr(place, name), iter(range(1000))

        def act(*arguments: Any, **keywords: Any) -> Any:
            due = next(turns) == turn
            if due and not after:
                raise Crash
            result = original(*arguments, **keywords)
            if due:
                raise Crash
            return result

        if options is AT_ONCE:
            self.handle = None
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Crash):
            patch.setattr(place, name, act)
            self.maintain(options)

    @invariant()
    def all_readers_see_each_row_once(self) -> None:
        if not self.rows:
            return
        folder = self.lake.root / "articles"
        assert Counter(pd.read_parquet(folder)["title"]) == self.rows
        assert Counter(DeltaTable(folder).to_pandas()["title"]) == self.rows
        if self.handle is not None and self.handle[1]:
            assert Counter(self.handle[0].to_pandas()["title"]) == self.handle[1]

    def teardown(self) -> None:
        self.folder.cleanup()


class TestAnyOrder(AnyOrder.TestCase):
    settings = settings(
        max_examples=settings().max_examples // 6, stateful_step_count=12, deadline=None
    )


@pytest.mark.slow
class TestAnyOrderAgainAndAgain(AnyOrder.TestCase):
    settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
