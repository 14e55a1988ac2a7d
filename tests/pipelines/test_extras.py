"""What an installation without extras says where one is missed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from tests.support.workplace import ROOT

Command = Callable[[list[str]], tuple[int, str, str]]
# A Python in which nobody has installed the first argument.
_WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from newsbeam.pipelines.cli.main import main
sys.exit(main())
"""
_IMPORTS = ("import altair", "import vl_convert", "from prompt_toolkit")


@pytest.fixture
def lake(newsroom: Path) -> Path:
    return newsroom / "lake"


@pytest.mark.parametrize("module", ["altair", "vl_convert"])
def test_a_report_without_its_extra_names_it(
    lake: Path, tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("newsbeam.pipelines.report")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    page = tmp_path / "report.html"
    code, _, err = newsbeam(["report", str(lake), "--output", str(page)])
    assert code == 1
    assert err == (
        f"newsbeam: the report needs {module}, which is not installed: "
        "pip install 'newsbeam[report]'\n"
    )
    assert not page.exists()


@pytest.mark.slow
def test_a_prompt_without_its_extra_names_it_and_queries_do_without(lake: Path) -> None:
    child = pexpect.spawn(
        sys.executable, ["-c", _WITHOUT, "prompt_toolkit", "sql", str(lake)], cwd=str(ROOT),
        encoding="utf-8", timeout=60, dimensions=(24, 200),
    )  # fmt: skip
    child.expect_exact("needs prompt_toolkit, which is not installed: pip install 'newsbeam[sql]'")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    query = subprocess.run(
        [sys.executable, "-c", _WITHOUT, "prompt_toolkit", "sql", lake, "SELECT 1 FROM articles"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert query.stdout.splitlines()[1:] == ["1"] * 5


def test_nothing_but_the_report_and_the_prompt_wants_an_extra() -> None:
    files = [
        path
        for folder in ("pipelines", "transforms")
        for path in (ROOT / folder).rglob("*.py")
        if any(
            name in path.read_text()
            for name in ("import altair", "import vl_convert", "from prompt_toolkit")
        )
    ]
    assert {path.name for path in files} == {"charts.py", "shapes.py", "vega.py", "prompt.py"}


@pytest.mark.slow
def test_a_first_run_names_what_the_report_needs_first(
    tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    monkeypatch.setitem(sys.modules, "altair", None)
    code, out, err = newsbeam(["run", "seeds", "--output", str(lake)])
    assert code == 0, err
    before, _, after = out.partition(f"newsbeam report {lake} --open")
    assert before.count("pip install 'newsbeam[report]'") == 1
    assert after
    monkeypatch.undo()
    code, out, err = newsbeam(["run", "seeds", "--output", str(tmp_path / "other")])
    assert code == 0, err
    assert "pip install" not in out
