"""Big archives are read in steps: what stops a run costs the step that it was at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from newsbeam.pipelines import archives
from newsbeam.pipelines.archives import _describe, _Reading, find_step_size, reading_place
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.read.files import FoundFile
from newsbeam.transforms.read.input_file import Stretch
from tests.support.archived import BROKEN_EACH, is_broken, write_archive
from tests.support.stored import article, store
from tests.support.waiting import wait_until
from tests.support.workplace import ROOT, Workplace

PAGES, STRETCH = 60, 24_000
CONFIG = "id: avis\nlanguage: nb\nfiles: ['in/*.warc.gz']\nenrich:\n  pipelines: {nb: null}\n"
KILLS = int(os.environ.get("NEWSBEAM_KILLS", "4"))
SEED = int(os.environ.get("NEWSBEAM_SEED", "21"))


class Killed(BaseException):
    """As a kill, right behind a commit."""


class Steps:
    """Watches the steps of runs: where each begins to read; one may be made to fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.firsts: list[int] = []
        self.dies_after: int | None = None
        self._run = archives.run_ingest
        monkeypatch.setattr(archives, "run_ingest", self._do)
        for name in ("_LEAST", "_STRETCH", "_FIRST_STEP"):
            monkeypatch.setattr(archives, name, STRETCH)
        monkeypatch.setattr(archives, "find_step_size", lambda size, seconds: STRETCH)

    def _do(self, job: Any, options: Any, progress: Any) -> Any:
        if options.step is not None and options.step.pieces:
            self.firsts.append(options.step.pieces[0].stretch.first)
        summary = self._run(job, options, progress)
        if len(self.firsts) == self.dies_after:
            raise Killed
        return summary


pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    return Steps(monkeypatch)


@pytest.fixture
def place(workplace: Workplace) -> Workplace:
    workplace.configure(CONFIG)
    (workplace.folder / "in").mkdir(parents=True, exist_ok=True)
    write_archive(workplace.folder / "in" / "stor.warc.gz", PAGES)
    return workplace


def check_all_is_there_once(place: Workplace, pages: int = PAGES) -> None:
    urls = Counter(place.articles()["url"])
    wanted = {f"https://www.avisen.no/sak-{n}" for n in range(pages) if not is_broken(n)}
    assert urls == Counter(wanted)
    assert [reason for _, reason in place.rejects()] == ["broken_record"] * (pages // BROKEN_EACH)


@pytest.mark.slow
def test_steps_add_up_to_one_run(place: Workplace, steps: Steps) -> None:
    count = place.run()
    assert len(steps.firsts) > 2
    assert (count["read"], count["new"]) == (PAGES, PAGES - PAGES // BROKEN_EACH)
    check_all_is_there_once(place)
    assert not reading_place(place.output / "_cache", "avis").exists()


@pytest.mark.slow
def test_a_run_goes_on_behind_what_was_committed(place: Workplace, steps: Steps) -> None:
    """Also where it was killed before it could note a step: its rejects stand there once."""
    steps.dies_after = 2
    with pytest.raises(Killed):
        place.run()
    assert len(steps.firsts) == 2
    stopped_at = steps.firsts[-1]
    steps.dies_after = None
    steps.firsts.clear()
    code, _, err = place.run_command(
        ["run", str(place.folder / "avis.yaml"), "--output", str(place.output)]
    )
    assert code == 0, err
    assert "went on where an earlier run was stopped: in/stor.warc.gz at" in " ".join(err.split())
    assert steps.firsts[0] > stopped_at > 0
    check_all_is_there_once(place)


def test_what_is_read_otherwise_is_read_from_its_beginning(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.create()
    store(lake, ARTICLES, [article("a")])
    file = FoundFile("avis", "stor.warc.gz", "stor.warc.gz", size=100, changed=7.0)
    first = replace(file, stretch=Stretch(0, 50))
    noted = _Reading(reading_place(lake.cache, "avis"), "these", dict([_describe(first)]))
    noted.save(lake)

    def is_read(piece: FoundFile, settings: str = "these") -> bool:
        reading = _Reading(noted.path, settings)
        reading.load(lake)
        return reading.holds(piece)

    assert is_read(first)
    assert not is_read(replace(file, stretch=Stretch(50, None)))
    assert not is_read(first, "others")
    assert not is_read(replace(first, size=101))
    assert not is_read(replace(first, changed=8.0))
    shutil.rmtree(lake.folder(ARTICLES))
    lake.create()
    store(lake, ARTICLES, [article("b")])
    assert not is_read(first), "another table"
    noted.path.write_text("damaged", encoding="utf-8")
    assert not is_read(first)


def test_a_step_takes_about_a_minute() -> None:
    assert find_step_size(32_000_000, 60.0) == 32_000_000
    assert find_step_size(32_000_000, 1.0) == 128_000_000
    assert find_step_size(32_000_000, 90.0) == 21_333_333
    assert find_step_size(8_000_000, 600.0) == 8_000_000


def has_come(lake: Lake, version: int, process: subprocess.Popen[str]) -> bool:
    return process.poll() is not None or lake.version(ARTICLES) >= version


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_again_and_again_it_loses_and_doubles_nothing(place: Workplace) -> None:
    pages, rng = 240, Random(SEED)
    write_archive(place.folder / "in" / "stor.warc.gz", pages)
    lake, note = Lake(place.output), reading_place(place.output / "_cache", "avis")
    command = [
        sys.executable, "-m", "tests.support.archived", str(STRETCH), "run",
        str(place.folder / "avis.yaml"), "--output", str(place.output),
    ]  # fmt: skip
    places: list[str] = []
    for _ in range(KILLS):
        goal = max(lake.version(ARTICLES), 0) + 1
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        wait_until(partial(has_come, lake, goal, process), seconds=600)
        # A little later, at another moment each time: a whole step's work may be under way.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(rng.random() / 2)
        process.kill()
        process.communicate()
        places.append(note.read_text(encoding="utf-8") if note.exists() else "")
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "went on where an earlier run was stopped" in ended.stderr
    assert len(set(places)) > KILLS // 2
    check_all_is_there_once(place, pages)
