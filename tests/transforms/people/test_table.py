"""The tables of people in a lake: kept up, each row once, whatever the order and whatever dies."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from newsbeam.transforms.lake.commit import commit_rows, stage_rows
from newsbeam.transforms.lake.examine import examine_caches
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import APPEARANCES, ARTICLES, PEOPLE
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.views import connect_lake
from newsbeam.transforms.people import table as people_table
from newsbeam.transforms.people.appearances import Appearance
from newsbeam.transforms.people.corrections import Corrections
from newsbeam.transforms.people.table import PeopleUpdate, update_people
from newsbeam.transforms.people.working_database import forget_people, people_database
from tests.support.cast_lists import appear, make_article_row, write_cast
from tests.support.thinned import every_nth

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


class Desk:
    """A lake that articles are put into by hand."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder)
        self.lake.create()
        self.revisions: dict[str, int] = {}

    def commit(self, articles: Mapping[str, Sequence[Appearance]]) -> None:
        rows = []
        for article, cast in articles.items():
            self.revisions[article] = self.revisions.get(article, 0) + 1
            rows.append(make_article_row(article, cast, self.revisions[article]))
        staging = Staging(self.lake.root, uuid.uuid4().hex)
        with staging.create():
            base = self.lake.version(ARTICLES)
            commit_rows(self.lake, staging, ARTICLES, stage_rows(staging, ARTICLES, rows), base)

    def update(
        self, corrections: Corrections | None = None, *, rebuild: bool = False
    ) -> PeopleUpdate:
        self.lake.clean()
        staging = Staging(self.lake.root, uuid.uuid4().hex)
        said = Corrections() if corrections is None else corrections
        with staging.create():
            return update_people(self.lake, staging, NOW, said, rebuild=rebuild)

    def read(self) -> dict[str, list[dict[str, Any]]]:
        """What the views say, but for how it came to that."""
        found = {}
        with connect_lake(self.lake.root) as connection:
            for view, key in (("appearances", "article_id, name"), ("people", "person_id")):
                how = {"decision", "rules", "decided_at", "decided_year", "run_id"}
                rows = connection.sql(f"FROM {view} ORDER BY {key}").to_arrow_table()
                found[view] = [
                    {column: value for column, value in row.items() if column not in how}
                    for row in rows.to_pylist()
                ]
        return found


def write_articles(seed: int, count: int) -> dict[str, list[Appearance]]:
    pick = random.Random(seed)
    return {name: write_cast(pick, name) for name in (f"a{at:03}" for at in range(count))}


def test_a_repeated_update_changes_nothing_and_a_rebuild_neither(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.commit(write_articles(1, 30))
    first = desk.update()
    assert first.is_complete
    assert first.appearances
    told = desk.read()
    assert desk.update() == PeopleUpdate(0, 0, 0, False)
    assert desk.update(rebuild=True) == PeopleUpdate(30, 0, 0, True)
    forget_people(desk.lake)
    assert desk.update() == PeopleUpdate(30, 0, 0, True)
    people_database(desk.lake).write_bytes(b"no database at all" * 999)
    assert desk.update() == PeopleUpdate(30, 0, 0, True)
    forget_people(desk.lake)
    people_database(desk.lake).mkdir()  # nobody can read it, nor delete it as a file
    assert [finding.file for finding in examine_caches(desk.lake.root, deep=True)] == [
        people_database(desk.lake)
    ]
    assert desk.update() == PeopleUpdate(30, 0, 0, True)
    assert desk.read() == told


@pytest.mark.slow
@pytest.mark.parametrize("seed", every_nth(2, range(2)))
def test_order_and_batches_of_runs_do_not_count(tmp_path: Path, seed: int) -> None:
    pick = random.Random(seed)
    final = write_articles(seed, 16)
    whole = Desk(tmp_path / "whole")
    for articles in (write_articles(seed + 50, 16), final):  # all are revised once
        whole.commit(articles)
    whole.update()
    bits = Desk(tmp_path / "bits")
    for articles in (write_articles(seed + 50, 16), final):
        items = list(articles.items())
        pick.shuffle(items)
        while items:
            size = pick.randint(2, 7)
            bits.commit(dict(items[:size]))
            items = items[size:]
            if pick.random() < 0.7:
                bits.update()
    bits.update()
    assert bits.read() == whole.read()


@pytest.mark.slow
def test_whoever_dies_between_two_commits_leaves_the_rest_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = Desk(tmp_path / "whole"), Desk(tmp_path / "broken")
    for desk in (whole, broken):
        desk.commit(write_articles(1, 15))
        desk.update()
        desk.commit(write_articles(2, 20))
    whole.update()
    commit = people_table.commit_rows
    for dies_at in (PEOPLE, APPEARANCES):

        def die(*arguments: Any, at: object = dies_at, **named: Any) -> None:
            if arguments[2] is at:
                raise OSError("the disk is gone")
            commit(*arguments, **named)

        monkeypatch.setattr(people_table, "commit_rows", die)
        with pytest.raises(OSError, match="the disk is gone"):
            broken.update()
    monkeypatch.setattr(people_table, "commit_rows", commit)
    assert not broken.update().is_complete
    assert broken.read() == whole.read()
    rows = DeltaTable(broken.lake.root / "appearances").to_pyarrow_table().to_pylist()
    ours = [(row["article_id"], row["name"], row["decision"]) for row in rows]
    assert len(ours) == len(set(ours))


def test_corrections_hold_at_the_next_update_and_through_a_rebuild(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    names = ("Kari Nes", "Fjordfrua", "Per Moe")
    desk.commit({f"a{at}": [appear(f"a{at}", name)] for at, name in enumerate(names)})
    desk.update()
    assert len(desk.read()["people"]) == 3
    said = Corrections(same=(frozenset({("kari", "nes"), ("fjordfrua",)}),))
    assert not desk.update(said).is_complete
    corrected = desk.read()
    assert sorted(row["articles"] for row in corrected["people"]) == [1, 2]
    desk.update(said, rebuild=True)
    assert desk.read() == corrected
    desk.update()
    assert len(desk.read()["people"]) == 3


def test_a_person_s_row_says_all_that_articles_tell(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    cast = [
        appear("a1", "Kari Nes", 0, "avisen", role="lege", gender="female"),
        appear("a2", "Kari B. Nes", 40, "bygda", role="statsråd", affiliation="Ap"),
        appear("a3", "Nes", 41, "bygda"),
    ]
    desk.commit({one.article_id: [one] for one in cast})
    desk.update()
    (row,) = desk.read()["people"]
    assert (row["name"], row["gender"], row["articles"]) == ("Kari B. Nes", "female", 3)
    assert {v["name"]: v["number"] for v in row["variants"]} == dict.fromkeys(
        ("Kari Nes", "Kari B. Nes", "Nes"), 1
    )
    assert {(r["role"], str(r["first"])) for r in row["roles"]} == {
        ("lege", "2024-01-01"),
        ("statsråd", "2024-02-10"),
    }
    assert (str(row["first_day"]), str(row["last_day"])) == ("2024-01-01", "2024-02-11")
    with connect_lake(tmp_path) as connection:
        told = connection.execute("SELECT DISTINCT person_id FROM entities").fetchall()
    assert told == [(row["person_id"],)]
    desk.commit({"a1": [], "a2": [], "a3": [appear("a3", "Ola Lie", 41)]})
    desk.update()
    assert [row["name"] for row in desk.read()["people"]] == ["Ola Lie"]


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_or_there_twice(tmp_path: Path) -> None:
    whole, killed = Desk(tmp_path / "whole"), Desk(tmp_path / "killed")
    pick = random.Random(int(os.environ.get("NEWSBEAM_SEED", "1")))
    command = [sys.executable, "-m", "newsbeam", "people", str(killed.lake.root), "--update"]
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.monotonic() - began
    for part in range(6):
        for desk in (whole, killed):
            desk.commit(write_articles(part, 40))
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(pick.uniform(0.3, 1.2) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    killed.update()
    whole.update()
    assert killed.read() == whole.read()
