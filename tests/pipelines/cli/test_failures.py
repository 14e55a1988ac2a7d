"""What fails ends in a sentence; its traceback is in the file that the sentence names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsbeam.pipelines.runners.failures import find_expected_failure
from newsbeam.pipelines.runners.options import RunFailed
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
    ],
)
def test_what_can_be_mended_is_found_in_what_beam_says(text: str, told: str | None) -> None:
    assert find_expected_failure(f"Traceback (most recent call last):\n  File\n{text}\n") == told
