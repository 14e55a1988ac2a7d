"""Big archives are read in steps: what stops a run costs the step that it was at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from newsbeam.pipelines import archives
from newsbeam.pipelines.archives import find_step_size, reading_place
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.archived import BROKEN_EACH, is_broken, write_archive
from tests.support.waiting import wait_until
from tests.support.workplace import ROOT, Workplace

PAGES, STRETCH = 90, 10_000
CONFIG = "id: avis\nlanguage: nb\nfiles: ['in/*.warc.gz']\nenrich:\n  pipelines: {nb: null}\n"
KILLS = int(os.environ.get("NEWSBEAM_KILLS", "12"))
SEED = int(os.environ.get("NEWSBEAM_SEED", "21"))


class Steps:
    """Watches the steps of runs: where each begins to read; one may be made to fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.firsts: list[int] = []
        self.fails_at: tuple[int, str] | None = None
        self._run = archives.run_ingest
        monkeypatch.setattr(archives, "run_ingest", self._do)
        for name in ("_LEAST", "_STRETCH", "_FIRST_STEP"):
            monkeypatch.setattr(archives, name, STRETCH)
        monkeypatch.setattr(archives, "find_step_size", lambda size, seconds: STRETCH)

    def _do(self, job: Any, options: Any, progress: Any) -> Any:
        if options.step is not None and options.step.pieces:
            self.firsts.append(options.step.pieces[0].stretch.first)
        number, when = self.fails_at or (0, "")
        if len(self.firsts) == number and when == "before":
            raise OSError("the disk is full")
        summary = self._run(job, options, progress)
        if len(self.firsts) == number and when == "committed":
            raise KeyboardInterrupt  # as a kill at once after the commit
        return summary


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


def test_steps_add_up_to_one_run(place: Workplace, steps: Steps) -> None:
    count = place.run()
    assert len(steps.firsts) > 3
    assert (count["read"], count["new"]) == (PAGES, PAGES - PAGES // BROKEN_EACH)
    check_all_is_there_once(place)
    assert not reading_place(place.output / "_cache", "avis").exists()
    # The next run reads it again, from its beginning, as any file.
    steps.firsts.clear()
    assert place.run()["known"] == PAGES - PAGES // BROKEN_EACH
    assert steps.firsts[0] == 0


@pytest.mark.parametrize("when", ["before", "committed"])
def test_a_run_goes_on_behind_what_was_committed(
    place: Workplace, steps: Steps, when: str
) -> None:
    """Also where it was killed before it could note a step: its rejects stand there once."""
    steps.fails_at = (5, when)
    if when == "before":
        place.run(code=1)
    else:
        with pytest.raises(KeyboardInterrupt):
            place.run()
    stopped_at = steps.firsts[-1]
    steps.fails_at = None
    steps.firsts.clear()
    code, out, err = place.run_command(
        ["run", str(place.folder / "avis.yaml"), "--output", str(place.output)]
    )
    assert code == 0, err
    assert "went on where an earlier run was stopped: stor.warc.gz at" in " ".join(err.split())
    assert steps.firsts[0] >= stopped_at > 0
    check_all_is_there_once(place)


@pytest.mark.parametrize("change", ["config", "file", "lake", "days"])
def test_what_is_read_otherwise_is_read_from_its_beginning(
    place: Workplace, steps: Steps, change: str
) -> None:
    steps.fails_at = (4, "before")
    place.run(code=1)
    steps.fails_at = None
    steps.firsts.clear()
    options: tuple[str, ...] = ()
    if change == "config":
        place.configure(f"{CONFIG}timezone: Europe/London\n")
    elif change == "file":
        write_archive(place.folder / "in" / "stor.warc.gz", PAGES + 1)
    elif change == "lake":
        (place.output / "articles").rename(place.folder / "before")
        (place.output / "rejects").rename(place.folder / "rejects")
        (place.output / "_cache" / "left.json").unlink()
    else:
        options = ("--since", "2020-01-01")
    place.run(*options)
    assert steps.firsts[0] == 0


def test_a_step_takes_about_a_minute() -> None:
    assert find_step_size(32_000_000, 60.0) == 32_000_000
    assert find_step_size(32_000_000, 1.0) == 128_000_000
    assert find_step_size(32_000_000, 90.0) == 21_333_333
    assert find_step_size(8_000_000, 600.0) == 8_000_000


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_again_and_again_it_loses_and_doubles_nothing(place: Workplace) -> None:
    pages, rng = 300, Random(SEED)
    write_archive(place.folder / "in" / "stor.warc.gz", pages)
    lake, note = Lake(place.output), reading_place(place.output / "_cache", "avis")
    command = [
        sys.executable, "-m", "tests.support.archived", str(STRETCH), "run",
        str(place.folder / "avis.yaml"), "--output", str(place.output),
    ]  # fmt: skip
    places: list[str] = []
    for _ in range(KILLS):
        before = lake.version(ARTICLES)
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        goal = max(before, 0) + rng.randint(1, 2)
        wait_until(lambda: process.poll() is not None or lake.version(ARTICLES) >= goal)
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
