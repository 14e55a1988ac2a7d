"""The wheel: all that it needs is in it, and nothing that lies where it is used gets in its way."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.sites import make_paper, serve_site
from tests.support.workplace import ROOT

pytestmark = pytest.mark.slow
STORY = "Brua stenges\n\nDen er stengt i {n} uker.\n– Vi må det, sier Kari Dahl i Bodø.\n"
# Without the checkout, which nothing here should see.
_OUTSIDE = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
_BUILT_FROM = ("configs", "models", "newsbeam", "seeds", "pipelines", "transforms")


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel and what it says that it needs; and a folder to work in
    whose packages are none of newsbeam's."""

    bin: Path
    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.bin / "newsbeam", *arguments], cwd=self.folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=_OUTSIDE,
        )  # fmt: skip

    def run(self, *arguments: str, given: str = "") -> str:
        process = self.start(*arguments)
        out, err = process.communicate(given, timeout=240)
        assert process.returncode == 0, err
        assert "Traceback" not in err
        return out


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # From a copy: what an earlier build left beside the code would be built in again.
    folder = tmp_path_factory.mktemp("wheel")
    for name in _BUILT_FROM:
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder,
         folder],
        check=True, env=_OUTSIDE,
    )  # fmt: skip
    (found,) = folder.glob("newsbeam-*.whl")
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installed:
    return install(tmp_path_factory.mktemp("place"), wheel, extras=["all"])


def install(folder: Path, wheel: Path, extras: Sequence[str] = ()) -> Installed:
    """Make a new environment, and the folder of somebody who has packages of those names."""
    venv.create(folder / "venv")
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", folder / "venv", "install", "--quiet",
         "--no-deps", wheel],
        check=True, env=_OUTSIDE,
    )  # fmt: skip
    # What it says that it needs lies on this machine: linked, it need not be downloaded anew.
    (installed,) = distributions(name="newsbeam", path=[str(site)])
    for found in find_needed(installed, extras):
        for top in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(found.locate_file(top))))
    work = folder / "work"
    for name in ("pipelines", "transforms", "configs"):
        (work / name).mkdir(parents=True)
        (work / name / "__init__.py").write_text("raise RuntimeError('not newsbeam')\n")
    for number in range(4):
        (work / f"{number}.txt").write_text(STORY.format(n=number), encoding="utf-8")
    (work / "avis.yaml").write_text("id: avis\nfiles: ['*.txt']\n", encoding="utf-8")
    # Processes that load no models begin sooner, and how they begin is the same.
    plain = "id: avis\nlanguage: nb\nfiles: ['*.txt']\nenrich: {pipelines: {nb: null}}\n"
    (work / "plain.yaml").write_text(plain, encoding="utf-8")
    return Installed(folder / "venv" / "bin", work)


def find_needed(root: Distribution, extras: Iterable[str]) -> list[Distribution]:
    """The distributions that ``root`` with ``extras`` needs, directly or not."""
    there = {normalize(found.metadata["Name"]): found for found in distributions()}
    there["newsbeam"] = root
    todo = [("newsbeam", extra) for extra in ("", *extras)]
    seen = set(todo)
    while todo:
        name, extra = todo.pop()
        for wanted in map(Requirement, there[name].requires or ()):
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                new = {(normalize(wanted.name), e) for e in ("", *wanted.extras)} - seen
                todo += new
                seen |= new
    return [there[name] for name in sorted({name for name, _ in seen} - {"newsbeam"})]


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_it_holds_the_data_and_nothing_of_the_workshop(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for code in ("nb", "nn", "da", "sv", "en", "de"):
        assert f"newsbeam/configs/languages/{code}.yaml" in names
    for name in ("configs/source.schema.json", "configs/sources/nrk.yaml", "configs/seeds.yaml",
                 "seeds/000_417ea550213c305f.txt", "py.typed", "pipelines/report/page.js",
                 "pipelines/report/page.css"):  # fmt: skip
        assert f"newsbeam/{name}" in names
    for package in ("nb_newsbeam", "dasv_newsbeam"):
        assert any(n.startswith(f"{package}/") and n.endswith("/ner/model") for n in names)
    assert "dasv_newsbeam/LICENSE" in names
    tops = {name.partition("/")[0].partition("-")[0] for name in names}
    assert tops == {"newsbeam", "nb_newsbeam", "dasv_newsbeam"}


def test_runs_with_workers_and_what_reads_their_lake(place: Installed) -> None:
    summary = json.loads(
        place.run("run", "avis.yaml", "--output", "out", "--workers", "2", "--json")
    )
    assert summary["sources"]["avis"]["new"] == 4
    assert summary["sources"]["avis"]["quotes"] == 4
    assert place.run("sql", "out", "SELECT count(*) AS n FROM quotes").split() == ["n", "4"]
    place.run("report", "out", "--output", "report.html")
    assert (place.folder / "report.html").stat().st_size > 100_000
    assert "avis" in place.run("status", "out")


def test_the_first_examples_need_no_file_of_ones_own(place: Installed) -> None:
    summary = json.loads(place.run("run", "seeds", "--output", "first", "--json"))
    assert summary["sources"]["seeds"]["new"] == 2
    ids = [row["id"] for row in json.loads(place.run("source", "list", "--json"))]
    assert {"nrk", "dr", "svt"} <= set(ids)
    place.run("source", "copy", *ids, "--to", "papers")
    assert {file.stem for file in (place.folder / "papers").iterdir()} == {*ids, "defaults"}


def test_a_paper_of_ones_own_by_what_each_command_prints(place: Installed) -> None:
    with serve_site(lambda base: make_paper(base)) as site:
        printed = place.run("--help")
        add = find_command(printed, r"newsbeam source add https://\S+")
        add[-1] = site.url()
        options = ["--to", "mine", "--allow-address", "127.0.0.0/8", "--yes"]
        process = place.start(*add[1:], *options)
        _, printed = process.communicate(timeout=240)
        assert process.returncode == 0, printed
        printed = place.run(*find_command(printed, r"newsbeam run .+")[1:])
    report = [word for word in find_command(printed, r"newsbeam report .+") if word != "--open"]
    place.run(*report[1:], "--output", "mine.html")
    # Its articles lie in it packed; what is on its first page does not.
    assert "fjordposten" in (place.folder / "mine.html").read_text(encoding="utf-8").lower()


def find_command(printed: str, pattern: str) -> list[str]:
    found = re.search(pattern, printed)
    assert found is not None, printed
    return shlex.split(found[0].strip())


def test_annotates(place: Installed) -> None:
    given = json.dumps({"text": STORY.format(n=1)}) + "\n"
    (quote,) = json.loads(place.run("annotate", given=given))["quotes"]
    assert quote["speaker"] == "Kari Dahl"


def test_schedules_a_batch(place: Installed) -> None:
    schedule = place.start("schedule", "plain.yaml", "--output", "scheduled", "--json")
    assert schedule.stdout is not None
    batch = json.loads(schedule.stdout.readline() or "null")
    schedule.send_signal(signal.SIGTERM)
    _, err = schedule.communicate(timeout=60)
    assert schedule.returncode == 0, err
    assert batch["new"] == 4, err


def test_a_folder_of_its_own_name_is_not_taken_for_it_either(place: Installed) -> None:
    ours = place.folder / "newsbeam"
    ours.mkdir()
    try:
        (ours / "__init__.py").write_text("raise RuntimeError('not newsbeam')\n")
        place.run("run", "plain.yaml", "--output", "other", "--workers", "2")
    finally:
        (ours / "__init__.py").unlink()
        ours.rmdir()


def test_without_extras_all_but_them_works(tmp_path: Path, wheel: Path) -> None:
    place = install(tmp_path, wheel)
    place.run("run", "avis.yaml", "--output", "out")
    assert "4" in place.run("sql", "out", "SELECT count(*) AS n FROM articles")
    report = place.start("report", "out")
    _, err = report.communicate(timeout=60)
    assert report.returncode == 1
    assert "pip install 'newsbeam[report]'" in err
