"""A lake that was set back is not written to; one that only grew, or was cleaned, is."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbeam.pipelines.maintain import MaintainOptions, maintain_lake
from newsbeam.transforms.errors import DamagedLake, PlaceRefused
from newsbeam.transforms.lake.examine import examine_table
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.repair import apply_plan, plan_table
from newsbeam.transforms.lake.replay import replay_log
from newsbeam.transforms.lake.schema import ARTICLES, TABLES
from tests.support.damaged import DAMAGES, flip, list_keys, list_rows, read_whole
from tests.support.stored import article, store
from tests.support.thinned import every_nth

Change = Callable[[Path], object]
NEWEST = "articles/_delta_log/00000000000000000005.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("guard") / "lake"
    lake = Lake(root)
    lake.create()
    for number in range(5):
        store(lake, ARTICLES, [article(f"{number}", "avis"), article(f"{number}", "blad")])
    leave_note(lake)
    return root


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Lake:
    shutil.copytree(made, tmp_path / "lake", dirs_exist_ok=True)
    return Lake(tmp_path / "lake")


def lose_cache(root: Path) -> None:
    shutil.rmtree(root / "_cache")


def grow(root: Path) -> None:
    store(Lake(root), ARTICLES, [article("new", "avis")])


def compact(root: Path) -> None:
    maintain_lake(root, MaintainOptions())


FINE: list[list[Change]] = [
    [],
    [lose_cache],
    [grow],
    [compact],
    [compact, lose_cache],
    [lambda root: Lake(root).open(ARTICLES).create_checkpoint()],
    [grow, lambda root: shutil.copytree(root, root.with_name("moved"))],
]
SET_BACK: list[list[Change]] = [
    [lambda root: (root / NEWEST).unlink()],
    [lambda root: (root / NEWEST).unlink(), lose_cache],
    [lambda root: (root / NEWEST).unlink(), grow],
    [lambda root: (root / NEWEST).write_bytes(b"")],
    [lambda root: shutil.rmtree(root / "articles/_delta_log")],
    [lambda root: shutil.rmtree(root / "articles/_delta_log"), lose_cache],
    [lambda root: (root / NEWEST.replace("5.json", "3.json")).write_bytes(b"")],
    [lambda root: (root / NEWEST.replace("5.json", "3.json")).unlink(), lose_cache],
    [lambda root: shutil.copy(root / NEWEST.replace("5.json", "4.json"), root / NEWEST)],
]


@pytest.mark.parametrize("changes", FINE)
def test_a_lake_that_only_grew_is_written_to(lake: Lake, changes: list[Change]) -> None:
    for change in changes:
        change(lake.root)
    check_before_writing(lake)


@pytest.mark.parametrize("changes", SET_BACK)
def test_a_lake_that_was_set_back_is_not_written_to(lake: Lake, changes: list[Change]) -> None:
    rows = set(list_rows(lake.root))
    for change in changes:
        change(lake.root)
    with pytest.raises(DamagedLake, match="newsbeam repair") as caught:
        check_before_writing(lake)
    assert str(lake.root) in str(caught.value)
    mend(lake)
    check_before_writing(lake)
    found = list_rows(lake.root)
    assert len(found) == len(set(found))
    assert rows <= set(found)


def mend(lake: Lake) -> None:
    for table in TABLES:
        plan = plan_table(lake.root, table)
        if not plan.is_empty:
            apply_plan(lake, plan, "now")
    lake.create()
    leave_note(lake)


def test_an_undamaged_table_needs_no_repair(lake: Lake) -> None:
    assert all(plan_table(lake.root, table).is_empty for table in TABLES)


@settings(max_examples=settings().max_examples // 4, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000))
def test_repair_brings_every_undamaged_row_back_once(made: Path, seed: int, tmp_path: Path) -> None:
    root = tmp_path / f"{seed}"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(made, root)
    dice = random.Random(seed)
    log = sorted((root / "articles/_delta_log").iterdir())
    target = dice.choice([*log, *sorted((root / "articles").glob("source=*/*/*.parquet"))])
    before = set(list_rows(root))
    held = None if target in log else read_whole(target)
    dice.choice(DAMAGES)(target, dice)
    # A row of which one column cannot be read is a damaged row.
    if held is not None and (now := read_whole(target)) is not None and now.equals(held):
        held = None
    mend_and_compare(Lake(root), before - set(list_keys(held)))


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 4, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000))
def test_bits_flipped_in_a_log_entry_cost_no_row(made: Path, seed: int, tmp_path: Path) -> None:
    """Most leave it JSON: it names another file, day or column, or lacks a field."""
    root = tmp_path / f"{seed}"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(made, root)
    dice = random.Random(seed)
    before = set(list_rows(root))
    flip(dice.choice(sorted((root / "articles/_delta_log").glob("*.json"))), dice)
    mend_and_compare(Lake(root), before)


# Each leaves JSON; found among flipped bits.
ALTERED = [
    ('"partitionValues"', '"partitionValueS"'),
    ('"source":', '"sousce":'),
    ('"modificationTime"', '"modificationTimd"'),
    ("published_month=2026-11/part-", "published_month=2026-01/part-"),
    ("/part-", "/part- "),
    ("/part-", "/part-0"),
    ('"add"', '"adl"'),
    ('"size":', '"size":1'),
    ('\\"numRecords\\":', '\\"numRecords\\":1'),
]
ALTERED_HEAD = [
    ('"partitionColumns":["source"', '"partitionColumns":["sousce"'),
    ('"minReaderVersion":', '"minReaderVersion":9'),
]


@pytest.mark.parametrize(
    ("number", "old", "new"),
    every_nth(3, [*((3, *pair) for pair in ALTERED), *((0, *pair) for pair in ALTERED_HEAD)]),
)
def test_a_log_entry_that_is_json_but_not_whole_costs_no_row(
    lake: Lake, number: int, old: str, new: str
) -> None:
    before = set(list_rows(lake.root))
    entry = lake.root / f"articles/_delta_log/{number:020d}.json"
    text = entry.read_text(encoding="utf-8")
    assert old in text
    entry.write_text(text.replace(old, new), encoding="utf-8")
    assert list(examine_table(lake.root, ARTICLES, deep=True, show=lambda _: None))
    mend_and_compare(lake, before)


def mend_and_compare(lake: Lake, spared: set[tuple[str, int]]) -> None:
    """Mended, it has all rows of ``spared`` once, and log and folder agree."""
    root = lake.root
    mend(lake)
    rows = list_rows(root)
    assert len(rows) == len(set(rows))
    assert spared <= set(rows)
    assert replay_log(root / "articles").faults == []
    live = list_files(lake.open(ARTICLES))
    assert {root / "articles" / path for path in live} == set(
        (root / "articles").glob("source=*/*/*.parquet")
    )
    check_before_writing(lake)
    assert not list(examine_table(root, ARTICLES, deep=True, show=lambda _: None))


@pytest.mark.parametrize("name", ["fresh%20x", "a%2Fb"])
def test_a_place_that_delta_would_take_for_another_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlaceRefused, match="give the folder another name"):
        Lake(tmp_path / name)


@pytest.mark.parametrize("name", ["a b", "a#b", "a?b", "a+b", "åß漢", "100%", "x" * 200, "[a]*"])
def test_other_places_are_fine(tmp_path: Path, name: str) -> None:
    lake = Lake(tmp_path / name)
    lake.create()
    store(lake, ARTICLES, [article("a")])
    leave_note(lake)
    check_before_writing(lake)
    assert len(list_rows(lake.root)) == 1
