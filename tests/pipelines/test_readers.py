"""What the README shows of other readers works, and keeps the newest revision of each article.

Polars and Spark are tried in an environment of their own, which `make test-readers` makes; or with
the Python that $NEWSBEAM_TEST_READERS names: one that has polars, pyspark (which needs Java) and
pandas.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.support.thinned import every_nth
from tests.support.workplace import ROOT

_TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
READERS = ROOT / "build" / "readers-venv" / "bin" / "python"
BLOCKS = re.findall(r"```(python|sql)\n(.*?)```", _TEXT, re.DOTALL)


def find_block(word: str) -> str:
    """The block of code of the README that has ``word`` and reads the articles."""
    (block,) = (text for _, text in BLOCKS if word in text and "out" in text)
    return block


@pytest.fixture(scope="module")
def place(newsroom: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lake ``out``, in which one of five articles has two revisions."""
    folder = tmp_path_factory.mktemp("readers")
    shutil.copytree(newsroom / "lake", folder / "out")
    return folder


def run(python: str, code: str, place: Path) -> str:
    path = str(ROOT) if python == sys.executable else ""
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=False, cwd=place,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_revisions_to_leave_out(place: Path) -> None:
    assert len(pd.read_parquet(place / "out" / "articles")) == 6


@pytest.mark.slow
@pytest.mark.parametrize("word", every_nth(2, ['newsbeam.Lake("out")', "import pandas"]))
def test_pandas_as_the_readme_has_it(place: Path, word: str) -> None:
    shown = run(sys.executable, f"{find_block(word)}\nprint(len(articles), *articles.title)", place)
    assert shown.startswith("5 ")
    assert "Skolen i Vik reddet på overtid" in shown
    assert "Skolen i Vik legges ned" not in shown


def test_duckdb_as_the_readme_has_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    quotes = duckdb.sql(find_block("-- DuckDB")).fetchall()
    assert ("Kari Dahl", "Vi fant pengene likevel") in quotes
    assert "Vi har ikke penger til mer" not in dict(quotes).values()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "count"), [("import polars", "len(articles)"), ("pyspark", "articles.count()")]
)
def test_polars_and_spark_as_the_readme_has_them(place: Path, word: str, count: str) -> None:
    python = os.environ.get("NEWSBEAM_TEST_READERS", str(READERS))
    if not Path(python).exists():
        pytest.skip("no Python that has polars and pyspark: `make test-readers` makes one")
    code = f"{find_block(word)}\nprint(sorted(articles.columns)[0], {count})"
    assert run(python, code, place).strip().splitlines()[-1] == "article_id 5"
