"""The import directions that DESIGN holds the house to, read off the code itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.workplace import ROOT

OURS = ("newsbeam", "training", "benchmarks", "tests")
MODULES = sorted(
    path for folder in ("pipelines", "transforms") for path in (ROOT / folder).rglob("*.py")
)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules that ``path`` imports, anywhere in it."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def in_folder(name: str) -> list[Path]:
    return [path for path in MODULES if path.is_relative_to(ROOT / name)]


def test_there_is_something_to_check() -> None:
    assert len(in_folder("transforms")) > 10
    names = set(imported(ROOT / "transforms" / "extract" / "article.py"))
    assert "newsbeam.transforms.records" in names


@pytest.mark.parametrize("path", in_folder("transforms"), ids=lambda p: p.name)
def test_transforms_import_neither_pipelines_nor_what_reads_yaml_or_argv(path: Path) -> None:
    names = set(imported(path))
    assert not [n for n in names if n.startswith(("newsbeam.pipelines", "newsbeam.configs"))]
    assert not names & {"yaml", "argparse"}
    source = path.read_text(encoding="utf-8")
    # A secret is read by the process that sends it, so that it travels in no graph; and every
    # worker looks for itself where its machine keeps caches.
    homes = {"transforms/settings/environment.py", "transforms/lake/machine.py"}
    assert ("os.environ" in source) == (path.relative_to(ROOT).as_posix() in homes)
    assert "sys.argv" not in source


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_nothing_imports_training_benchmarks_or_tests(path: Path) -> None:
    names = {name.partition(".")[0] for name in imported(path)}
    assert not names & {"training", "benchmarks", "tests"}


def test_records_need_only_the_standard_library() -> None:
    names = {name.partition(".")[0] for name in imported(ROOT / "transforms" / "records.py")}
    assert names <= set(sys.stdlib_module_names)


def test_only_the_lake_knows_delta_and_parquet() -> None:
    tables = {"deltalake", "deltalake.exceptions", "pyarrow.parquet", "pyarrow.dataset"}
    found = {path for path in MODULES if tables & set(imported(path))}
    sheets = ROOT / "transforms" / "read" / "sheets.py"  # articles that somebody has as Parquet
    assert {path.parent for path in found - {sheets}} == {ROOT / "transforms" / "lake"}


STEPS = {
    *(f"os.{name}" for name in ("replace", "rename", "renames", "link", "fsync")), "shutil.move",
    "rename", "hardlink_to", "renameat2", "renamex_np",
}  # fmt: skip


def steps_in(source: str) -> Iterator[str]:
    """What ``source`` has that renames, links, locks or waits for the disk."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = f"{node.value.id}." if isinstance(node.value, ast.Name) else ""
            yield from {node.attr, owner + node.attr} & STEPS
        elif isinstance(node, ast.ImportFrom):
            yield from {f"{node.module}.{alias.name}" for alias in node.names} & STEPS
        elif (
            # ``Path.replace``: that of a string has two arguments, that of an instant names them.
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (node.func.attr, len(node.args), node.keywords) == ("replace", 1, [])
        ):
            yield "replace"


def test_one_module_renames_links_and_locks() -> None:
    samples = ("os.replace(a, b)", "a.rename(b)", "a.replace(b)", "from os import link")
    assert [list(steps_in(sample)) for sample in samples] == [
        ["os.replace"], ["rename"], ["replace"], ["os.link"]]  # fmt: skip
    found = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if "fcntl" in set(imported(path)) or list(steps_in(path.read_text(encoding="utf-8")))
    }
    assert found == {"transforms/files.py"}


def test_one_module_opens_sockets_for_feeds_and_pages() -> None:
    network = {"socket", "urllib.request", "http.client", "requests", "urllib3", "httpx", "aiohttp"}
    found = {path.name for path in MODULES if network & set(imported(path))}
    # errors only names aiohttp's exceptions, proxies reads variables; schedule/notify talks to
    # systemd's local socket, flink to the cluster that a stream runs on, send to webhooks.
    assert found == {
        "exchange.py", "errors.py", "proxies.py", "notify.py", "flink.py", "send.py"}  # fmt: skip


def test_polling_does_not_load_beam() -> None:
    """A run that finds nothing new ends before Beam would have been imported."""
    assert not {n for n in reachable("newsbeam.pipelines.ingest") if n.startswith("apache_beam")}


def reachable(*starts: str) -> set[str]:
    """Names of all modules that importing ``starts`` imports, by statements at module level."""
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += import_directly(name)
    return seen


@cache
def import_directly(name: str) -> list[str]:
    if name.partition(".")[0] not in OURS:
        return []
    path = ROOT.joinpath(*name.split("."))
    found: list[str] = []
    for node in parse(path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found


def name_module(path: Path) -> str:
    """The name that ``path`` is imported by."""
    name = ".".join(("newsbeam", *path.relative_to(ROOT).with_suffix("").parts))
    return name.removesuffix(".__init__")


def loads_beam(*starts: str) -> bool:
    return any(name.partition(".")[0] == "apache_beam" for name in reachable(*starts))


def test_beam_is_imported_where_a_graph_is_made_and_in_few_places_besides() -> None:
    """``stage`` makes a stage of a pure function; the others name a PTransform of their own, but
    for ``read/files``, which opens whatever Beam's file systems can."""
    found = {
        str(path.relative_to(ROOT / "transforms"))
        for path in in_folder("transforms")
        if {name.partition(".")[0] for name in imported(path)} & {"apache_beam"}
    }
    assert found == {
        "stage.py",
        "read/files.py",
        "lake/write.py",
        "stream/files.py",
        "stream/ledger.py",
        "stream/visits.py",
    }
    graphs = {path.name for path in in_folder("pipelines") if loads_beam(name_module(path))}
    assert graphs == {"graph.py", "stream.py", "learn.py", "local.py", "failures.py"}


PURE = (
    "transforms/settings transforms/text transforms/web transforms/feeds transforms/poll "
    "transforms/fetch transforms/extract transforms/clean transforms/enrich transforms/stories "
    "pipelines/preview pipelines/source pipelines/door"
).split()


@pytest.mark.parametrize("folder", PURE)
def test_pure_functions_do_not_pay_for_beam(folder: str) -> None:
    """Notebooks, ``newsbeam annotate``, ``preview`` and ``source`` use them without a graph."""
    names = reachable(*map(name_module, in_folder(folder)))
    assert "newsbeam.transforms" in {name.rpartition(".")[0] for name in names}
    assert not loads_beam(*names)


def test_reading_a_file_by_its_name_does_not_load_beam() -> None:
    assert not loads_beam("newsbeam.transforms.read.formats", "newsbeam.transforms.packing")


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.parent.name != "cli"], ids=lambda p: p.name
)
def test_nothing_imports_the_command_line(path: Path) -> None:
    assert not {n for n in imported(path) if n.startswith(("newsbeam.pipelines.cli", "cyclopts"))}


def test_exit_codes_have_one_home() -> None:
    """Elsewhere functions return what they found, or raise."""
    found = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        and node.id.lstrip("_") in {"DONE", "FAILED", "USAGE"}
    }  # fmt: skip
    assert found == {"pipelines/cli/shared.py"}


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [
        path.name for path in MODULES if path.stem in {"utils", "helpers", "common", "misc"}
    ]
