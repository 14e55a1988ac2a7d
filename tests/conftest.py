"""What end-to-end tests share: a folder with a source, and running the command on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.cli import main

ROOT = Path(__file__).resolve().parent.parent
COUNTS = ("read", "new", "revised", "known", "rejected")


@dataclass
class Workplace:
    """A folder with one source (id ``avis``), its files in ``in/``, and a lake in ``out/``."""

    folder: Path
    run_command: Callable[[list[str]], tuple[int, str, str]]

    @property
    def output(self) -> Path:
        return self.folder / "out"

    def configure(self, text: str = "id: avis\nlanguage: nb\nfiles: ['in/*']\n") -> None:
        (self.folder / "avis.yaml").write_text(text, encoding="utf-8")

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *options: str) -> dict[str, Any]:
        """Run the job; its counts for the source. Fails unless the command says done."""
        code, out, err = self.run_command(
            [
                "run",
                str(self.folder / "avis.yaml"),
                "--output",
                str(self.output),
                "--json",
                *options,
            ]
        )
        assert code == 0, err
        count: dict[str, Any] = json.loads(out)["sources"]["avis"]
        rejected = sum(count["rejected"].values())
        assert count["read"] == count["new"] + count["revised"] + count["known"] + rejected
        return count

    def articles(self) -> pd.DataFrame:
        return pd.read_parquet(self.output / "articles").sort_values(["origin", "revision"])

    def rejects(self) -> list[tuple[str, str]]:
        """(file name or what follows it, reason) of all rejects."""
        table = pd.read_parquet(self.output / "rejects")
        names = [origin.rpartition("/")[2] for origin in table["origin"]]
        return sorted(zip(names, table["reason"], strict=True))


@pytest.fixture
def newsbeam(capsys: pytest.CaptureFixture[str]) -> Callable[[list[str]], tuple[int, str, str]]:
    """Run the command line in this process: exit code, standard output, standard error."""

    def run(arguments: list[str]) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as error:
            code = int(error.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def workplace(tmp_path: Path, newsbeam: Callable[[list[str]], tuple[int, str, str]]) -> Workplace:
    place = Workplace(tmp_path, newsbeam)
    place.configure()
    return place
