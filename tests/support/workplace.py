"""What end-to-end tests share: a folder with a source, and running the command on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
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

    def run(self, *options: str, code: int = 0) -> dict[str, Any]:
        """Run the job; its counts for the source. Fails unless the command ends with ``code``."""
        ended, out, err = self.run_command(
            [
                "run",
                str(self.folder / "avis.yaml"),
                "--output",
                str(self.output),
                "--json",
                *options,
            ]
        )
        assert ended == code, err
        count: dict[str, Any] = json.loads(out)["sources"]["avis"]
        rejected = sum(count["rejected"].values())
        rejected -= count["rejected"].get("no_files", 0)  # nothing was there to be read
        assert count["read"] == count["new"] + count["revised"] + count["known"] + rejected
        return count

    def articles(self) -> pd.DataFrame:
        return pd.read_parquet(self.output / "articles").sort_values(["origin", "revision"])

    def rejects(self) -> list[tuple[str, str]]:
        """(file name or what follows it, reason) of all rejects."""
        table = pd.read_parquet(self.output / "rejects")
        names = [origin.rpartition("/")[2] for origin in table["origin"]]
        return sorted(zip(names, table["reason"], strict=True))
