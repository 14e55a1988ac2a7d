"""The tests themselves: who imports whom, which are quick, what is run where."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.imports import Import, Notes, list_imports, list_reached
from tests.support.quick import Guard, list_needs
from tests.support.workplace import ROOT

MODULES = sorted((ROOT / "tests").rglob("*.py"))
TESTS = [path for path in MODULES if path.name.startswith("test_")]
PROGRAM = re.compile(r"^(?:from|import) (tests\.[\w.]+)", re.MULTILINE)
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_tests_share_what_lies_in_support_only() -> None:
    for path in MODULES:
        names = {name for name in list_imports(path) if name.partition(".")[0] == "tests"}
        # Tests write programs for other processes, too.
        names |= set(PROGRAM.findall(path.read_text(encoding="utf-8")))
        assert not [name for name in names if not name.startswith("tests.support")], path


def test_imports_are_followed_through_functions_and_packages() -> None:
    reached = {file for file, _ in list_reached(ROOT / "tests/pipelines/cli/test_run.py")}
    assert ROOT / "newsbeam/pipelines/cli/main.py" in reached
    assert ROOT / "newsbeam/transforms/lake/lake.py" in reached
    assert "apache_beam" in {name for file in reached for name in list_imports(file)}


def test_notes_on_imports_hold_until_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, module = tmp_path / "cache/imports.json", tmp_path / "module.py"
    module.write_text("def f():\n    import duckdb\n", encoding="utf-8")
    notes = Notes(place)
    assert notes.find(module) == (Import("duckdb", in_function=True, for_types=False),)
    notes.save()
    with monkeypatch.context() as patch:
        patch.setattr("tests.support.imports.read_imports", None)  # nobody needs it now
        assert Notes(place).find(module) == notes.find(module)
    module.write_text("import spacy\n", encoding="utf-8")
    for one in (notes, Notes(place)):
        assert [found.name for found in one.find(module)] == ["spacy"]
    place.write_text("[1, {", encoding="utf-8")
    assert [found.name for found in Notes(place).find(module)] == ["spacy"]


def test_quick_tests_are_found_by_what_they_import() -> None:
    quick = {path.relative_to(ROOT / "tests").as_posix() for path in TESTS if not list_needs(path)}
    assert quick >= {"transforms/web/test_urls.py", "transforms/feeds/test_parse.py"}
    assert not quick & {
        "pipelines/cli/test_run.py",  # Beam
        "transforms/enrich/test_model.py",  # spaCy
        "transforms/web/test_client.py",  # servers
        "transforms/lake/test_kill.py",  # processes
    }
    assert len(quick) > len(TESTS) / 3


@pytest.mark.slow
def test_quick_tests_load_neither_beam_nor_spacy() -> None:
    code = (
        "import sys, pytest; "
        "code = pytest.main(['-m', 'quick', '--collect-only', '-p', 'no:cacheprovider']); "
        "sys.exit(code or ', '.join({'apache_beam', 'spacy'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "transforms/web/test_urls.py" in done.stdout


def test_guard_notes_what_quick_tests_must_not_do() -> None:
    guard = Guard()
    with guard.watch() as noted:
        assert sum(range(10)) == 45
    assert noted == []
    with guard.watch() as noted, socket.create_server(("127.0.0.1", 0)):
        pass
    assert [note.partition(" ")[0] for note in noted] == ["socket.bind"]
    with guard.watch() as noted:
        subprocess.run([sys.executable, "-c", ""], check=True)
    assert "subprocess.Popen" in noted[0]
    with guard.watch() as noted, pytest.raises(ImportError):
        exec("import apache_beam.there_is_no_such_module")  # noqa: S102
    assert any(note.startswith("import") for note in noted)


@pytest.mark.parametrize("name", [".github/workflows/ci.yml", ".pre-commit-config.yaml", ".ci/run"])
def test_what_runs_elsewhere_is_in_the_makefile(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:make|part) ([a-z0-9-]+)", text))
    if name.endswith("ci.yml"):
        jobs = yaml.safe_load(text)["jobs"]
        named |= set(jobs["suite"]["strategy"]["matrix"]["target"])
        assert {"check", "quick", "test-slow", "test-browser", "test-flink", "test-s3"} <= named
    assert named
    assert named <= TARGETS
