"""What fails ends in a sentence; its traceback is in the file that the sentence names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from newsbeam.pipelines.runners.failures import find_expected_failure
from newsbeam.pipelines.runners.options import RunFailed
from newsbeam.pipelines.runners.traces import name_trace
from newsbeam.transforms.errors import DamagedLake, iterate_causes
from newsbeam.transforms.lake.lake import read_sound_rows
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.small_disk import small_disk
from tests.support.workplace import Workplace

Command = Callable[[list[str]], tuple[int, str, str]]
FILE = re.compile(r"The traceback is in (\S+\.log)$")
# Text that no rule removes and no language needs a model for.
LINE = "Kaupunki päätti asiasta maanantaina numerolla {}.\n"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "160k") as place:
        yield place


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_full_disk_is_one_sentence(
    workplace: Workplace, disk: Path, tmp_path: Path, workers: str
) -> None:
    workplace.configure("id: avis\nlanguage: fi\nfiles: ['in/*']\n")
    for number in range(3):
        lines = "".join(LINE.format(os.urandom(20).hex()) for _ in range(1000))
        workplace.write(f"{number}.txt", f"Sak {number}\n\n{lines}")
    done = subprocess.run(
        [sys.executable, "-m", "newsbeam", "run", workplace.folder / "avis.yaml", "--output",
         disk / "lake", "--workers", workers],
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if "No space left" in line]
    (sentence,) = said
    assert sentence.startswith("newsbeam: the run failed: ")
    assert "make room on that disk and start it again" in sentence
    found = FILE.search(sentence)
    assert found is not None, sentence
    file = Path(found[1])
    assert file.is_relative_to(tmp_path / "state" / "newsbeam")
    assert "Traceback (most recent call last)" in file.read_text("utf-8")
    assert "stage_rows" in file.read_text("utf-8")


def test_where_no_file_can_be_written_that_is_said(
    newsbeam: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file" / "tmp"))

    def fail(*_: object, **__: object) -> None:
        raise RunFailed("a worker died") from RuntimeError("of Beam's")

    monkeypatch.setattr("newsbeam.pipelines.config.load.load_job", fail)
    code, _, err = newsbeam(["run", "seeds", "--output", str(tmp_path / "lake")])
    assert code == 1
    assert "a worker died. Its traceback could not be written anywhere" in err


COMMANDS = {
    "run": ["run", "avis.yaml", "--output"],
    "repair": ["repair", "--apply"],
    "stories": ["stories"],
    "maintain": ["maintain"],
    "retry": ["retry"],
    "schedule": ["schedule", "avis.yaml", "--output"],
}


def start(workplace: Workplace, words: list[str], lake: Path) -> subprocess.CompletedProcess[str]:
    """A command beside others, as a user who may not do everything."""
    drop = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    return subprocess.run(
        [*(drop if os.geteuid() == 0 else []), sys.executable, "-m", "newsbeam", *words, str(lake)],
        cwd=workplace.folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def write_source(workplace: Workplace) -> None:
    workplace.configure("id: avis\nlanguage: fi\nfiles: ['in/*']\n")
    workplace.write("a.txt", f"Sak\n\n{LINE.format(1)}")


@pytest.mark.slow
@pytest.mark.parametrize("words", [COMMANDS["run"], COMMANDS["schedule"]])
def test_a_disk_that_is_full_at_the_start_is_one_sentence(
    workplace: Workplace, tmp_path: Path, words: list[str]
) -> None:
    write_source(workplace)
    with small_disk(tmp_path / "full", "8k") as disk:
        (disk / "fill").write_bytes(b"x" * 8000)
        done = start(workplace, words, disk / "lake")
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "U+001B" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("newsbeam: ")]) == 1


@pytest.mark.slow
def test_a_lake_that_may_not_be_written_is_one_sentence(workplace: Workplace) -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("may write everywhere")
    write_source(workplace)
    lake = workplace.folder / "lake"
    assert start(workplace, COMMANDS["run"], lake).returncode == 0
    for place in [lake, *lake.rglob("*")]:
        place.chmod(place.stat().st_mode & ~0o222)
    told = {name: start(workplace, words, lake) for name, words in COMMANDS.items()}
    for place in [lake, *lake.rglob("*")]:
        place.chmod(place.stat().st_mode | 0o200)
    assert told.pop("retry").returncode == 0  # nothing was lost, and it writes nothing
    for name, done in told.items():
        assert done.returncode == 1, (name, done.stderr)
        assert re.match("newsbeam: the .*(Permission denied|cannot be written)", done.stderr), name
        assert len(done.stderr.splitlines()) == 1, (name, done.stderr)


def test_an_error_that_is_its_own_cause_ends() -> None:
    one, two = OSError("one"), RuntimeError("two")
    one.__cause__, two.__cause__ = two, one
    assert list(iterate_causes(one)) == [one, two]
    one.__cause__ = one
    assert list(iterate_causes(one)) == [one]
    assert name_trace(one) == ""


def test_nothing_is_raised_from_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    error = DamagedLake("gone")
    monkeypatch.setattr("newsbeam.transforms.lake.lake.read_rows", Mock(side_effect=error))
    with pytest.raises(DamagedLake) as raised:
        read_sound_rows(Path("lake"), ["a.parquet"], ARTICLES.schema, None)
    assert raised.value is error
    assert error.__cause__ is None


def test_a_refusal_has_no_traceback(newsbeam: Command, tmp_path: Path) -> None:
    code, _, err = newsbeam(["run", str(tmp_path / "none.yaml"), "--output", str(tmp_path)])
    assert code == 2
    assert "raceback" not in err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("OSError: [Errno 28] full [while running 'Write']", "[Errno 28] full"),
        ("RuntimeError: OSError: [Errno 28] full [while running 'Write']", "[Errno 28] full"),
        ("RuntimeError: ZeroDivisionError: by nought", None),
        ("newsbeam.transforms.errors.LakeBusy: busy", "busy"),
        (
            "OSError: Generic error\n  \x1b[31m↳\x1b[0m No space left",
            "Generic error: No space left",
        ),
    ],
)
def test_what_can_be_mended_is_found_in_what_beam_says(text: str, told: str | None) -> None:
    assert find_expected_failure(f"Traceback (most recent call last):\n  File\n{text}\n") == told
