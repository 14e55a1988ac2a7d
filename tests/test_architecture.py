"""The import directions that DESIGN holds the house to, read off the code itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("pipelines", "transforms", "training", "benchmarks", "tests")
MODULES = sorted(
    path for folder in ("pipelines", "transforms") for path in (ROOT / folder).rglob("*.py")
)


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules that ``path`` imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def in_folder(name: str) -> list[Path]:
    return [path for path in MODULES if path.is_relative_to(ROOT / name)]


def test_there_is_something_to_check() -> None:
    assert len(in_folder("transforms")) > 10
    assert "transforms.records" in set(imported(ROOT / "transforms" / "extract.py"))


@pytest.mark.parametrize("path", in_folder("transforms"), ids=lambda p: p.name)
def test_transforms_import_neither_pipelines_nor_what_reads_yaml_or_argv(path: Path) -> None:
    names = {name.partition(".")[0] for name in imported(path)}
    assert not names & {"pipelines", "yaml", "argparse", "configs"}
    source = path.read_text(encoding="utf-8")
    assert "os.environ" not in source
    assert "sys.argv" not in source


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_nothing_imports_training_benchmarks_or_tests(path: Path) -> None:
    names = {name.partition(".")[0] for name in imported(path)}
    assert not names & {"training", "benchmarks", "tests"}


def test_records_need_only_the_standard_library() -> None:
    names = {name.partition(".")[0] for name in imported(ROOT / "transforms" / "records.py")}
    assert names <= set(sys.stdlib_module_names)


def test_only_the_lake_writes_tables() -> None:
    writers = {
        path.name
        for path in MODULES
        if {"deltalake", "pyarrow.parquet"} & set(imported(path)) and path.name != "cli.py"
    }
    # table_files only reads; rewrites and compaction put the same rows into other files.
    assert writers == {"lake.py", "commit.py", "rewrites.py", "compaction.py", "table_files.py"}


def test_one_module_opens_sockets_for_feeds_and_pages() -> None:
    network = {"socket", "urllib.request", "http.client", "requests", "urllib3", "httpx", "aiohttp"}
    found = {path.name for path in MODULES if network & set(imported(path))}
    # http_errors only names aiohttp's exceptions; notify talks to systemd's local socket, flink
    # to the cluster that a stream runs on.
    assert found == {"http_exchange.py", "http_errors.py", "notify.py", "flink.py"}


def test_polling_does_not_load_beam() -> None:
    """A run that finds nothing new ends before Beam would have been imported."""
    assert not {n for n in reachable("pipelines.ingest") if n.startswith("apache_beam")}


def reachable(*starts: str) -> set[str]:
    """Names of all modules that importing ``starts`` imports, by statements at module level."""
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.partition(".")[0] not in OURS:
            continue
        path = ROOT.joinpath(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                todo += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                todo.append(node.module)
    return seen


def test_reading_text_does_not_load_beam() -> None:
    """``newsbeam annotate`` and notebooks use these without paying for Beam's import."""
    names = reachable("transforms.nlp", "transforms.quotes", "transforms.entities",
                      "transforms.formats")  # fmt: skip
    assert "transforms.language_settings" in names
    assert not {n for n in names if n.startswith("apache_beam")}


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [
        path.name for path in MODULES if path.stem in {"utils", "helpers", "common", "misc"}
    ]
