"""The import directions that DESIGN holds the house to, read off the code itself."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.imports import list_all_imports, list_imports, list_reached
from tests.support.workplace import ROOT

MODULES = sorted(
    path for folder in ("pipelines", "transforms") for path in (ROOT / folder).rglob("*.py")
)


def in_folder(name: str) -> list[Path]:
    return [path for path in MODULES if path.is_relative_to(ROOT / name)]


def name_file(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check() -> None:
    assert len(in_folder("transforms")) > 10
    names = list_all_imports(ROOT / "transforms" / "extract" / "article.py")
    assert "newsbeam.transforms.records" in names


def find_importers(*names: str, beside: str = "") -> dict[str, set[str]]:
    """Modules that import one of ``names`` or what is in them, but for those in ``beside``."""
    found = {
        name_file(path): {
            name
            for name in list_all_imports(path)
            if any(f"{name}.".startswith(f"{wanted}.") for wanted in names)
        }
        for path in MODULES
        if not (beside and path.is_relative_to(ROOT / beside))
    }
    return {file: imported for file, imported in found.items() if imported}


def test_transforms_import_neither_pipelines_nor_what_reads_yaml_or_argv() -> None:
    above = ("newsbeam.pipelines", "newsbeam.configs", "yaml", "argparse")
    assert find_importers(*above, beside="pipelines") == {}
    sources = {name_file(p): p.read_text(encoding="utf-8") for p in in_folder("transforms")}
    # A secret is read by the process that sends it, so that it travels in no graph; and every
    # worker looks for itself where its machine keeps caches.
    homes = {"transforms/settings/environment.py", "transforms/lake/machine.py"}
    assert {name for name, source in sources.items() if "os.environ" in source} == homes
    assert not [name for name, source in sources.items() if "sys.argv" in source]


def test_nothing_imports_training_benchmarks_or_tests() -> None:
    assert find_importers("training", "benchmarks", "tests") == {}


def test_records_need_only_the_standard_library() -> None:
    names = list_all_imports(ROOT / "transforms/records.py")
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_only_the_lake_knows_delta_and_parquet() -> None:
    tables = {"deltalake", "deltalake.exceptions", "pyarrow.parquet", "pyarrow.dataset"}
    found = {path for path in MODULES if tables & list_all_imports(path)}
    sheets = ROOT / "transforms" / "read" / "sheets.py"  # articles that somebody has as Parquet
    assert {path.parent for path in found - {sheets}} == {ROOT / "transforms" / "lake"}


STEPS = {
    *(f"os.{name}" for name in ("replace", "rename", "renames", "link", "fsync")), "shutil.move",
    "rename", "hardlink_to", "renameat2", "renamex_np",
}  # fmt: skip
WORDS = re.compile("replace|" + "|".join(step.rpartition(".")[2] for step in sorted(STEPS)))


def steps_in(source: str) -> Iterator[str]:
    """What ``source`` has that renames, links, locks or waits for the disk."""
    if not WORDS.search(source):  # what has none of the words need not be parsed
        return
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
        if "fcntl" in list_all_imports(path) or list(steps_in(path.read_text(encoding="utf-8")))
    }
    assert found == {"transforms/files.py"}


def test_one_module_opens_sockets_for_feeds_and_pages() -> None:
    network = {"socket", "urllib.request", "http.client", "requests", "urllib3", "httpx", "aiohttp"}
    found = {path.name for path in MODULES if network & list_all_imports(path)}
    # errors only names aiohttp's exceptions, proxies reads variables; schedule/notify talks to
    # systemd's local socket, flink to the cluster that a stream runs on, send to webhooks.
    assert found == {
        "exchange.py", "errors.py", "proxies.py", "notify.py", "flink.py", "send.py"}  # fmt: skip


def test_polling_does_not_load_beam() -> None:
    """A run that finds nothing new ends before Beam would have been imported."""
    assert not loads_beam(ROOT / "pipelines/ingest.py")


def test_spacy_is_loaded_with_the_first_text() -> None:
    """A run over files that finds nothing new makes its graph, and ends without it."""
    loaded = list_loaded(ROOT / "pipelines/graph.py", ROOT / "pipelines/stream.py")
    assert "newsbeam.transforms.enrich.annotate" in loaded
    assert not {name for name in loaded if name.partition(".")[0] == "spacy"}


def list_loaded(*paths: Path) -> set[str]:
    """Full names of what is imported when ``paths`` are, by them and through others."""
    reached = {file for path in paths for file, _ in list_reached(path, in_functions=False)}
    return {name for file in reached for name in list_imports(file, in_functions=False)}


def loads_beam(*paths: Path) -> bool:
    return any(name.partition(".")[0] == "apache_beam" for name in list_loaded(*paths))


def test_beam_is_imported_where_a_graph_is_made_and_in_few_places_besides() -> None:
    """``stage`` makes a stage of a pure function; the others name a PTransform of their own, but
    for ``read/files``, which opens whatever Beam's file systems can."""
    found = {
        str(path.relative_to(ROOT / "transforms"))
        for path in in_folder("transforms")
        if {name.partition(".")[0] for name in list_all_imports(path)} & {"apache_beam"}
    }
    assert found == {
        "stage.py",
        "read/files.py",
        "lake/write.py",
        "stream/files.py",
        "stream/ledger.py",
        "stream/visits.py",
    }
    graphs = {path.name for path in in_folder("pipelines") if loads_beam(path)}
    assert graphs == {"graph.py", "graphs.py", "stream.py", "learn.py", "local.py", "failures.py"}


PURE = (
    "transforms/settings transforms/text transforms/web transforms/feeds transforms/poll "
    "transforms/fetch transforms/extract transforms/clean transforms/enrich transforms/stories "
    "pipelines/preview pipelines/source pipelines/door"
).split()


@pytest.mark.parametrize("folder", PURE)
def test_pure_functions_do_not_pay_for_beam(folder: str) -> None:
    """Notebooks, ``newsbeam annotate``, ``preview`` and ``source`` use them without a graph."""
    paths = in_folder(folder)
    assert "newsbeam.transforms" in {name.rpartition(".")[0] for name in list_loaded(*paths)}
    assert not loads_beam(*paths)


def test_reading_a_file_by_its_name_does_not_load_beam() -> None:
    assert not loads_beam(ROOT / "transforms/read/formats.py", ROOT / "transforms/packing.py")


def test_nothing_imports_the_command_line() -> None:
    wanted = ("newsbeam.pipelines.cli", "cyclopts")
    assert find_importers(*wanted)
    assert find_importers(*wanted, beside="pipelines/cli") == {}


def test_exit_codes_have_one_home() -> None:
    """Elsewhere functions return what they found, or raise."""
    codes = re.compile(r"\b_*(DONE|FAILED|USAGE)\b")
    sources = {name_file(path): path.read_text(encoding="utf-8") for path in MODULES}
    found = {
        name
        for name, source in sources.items()
        if codes.search(source)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        and codes.fullmatch(node.id)
    }  # fmt: skip
    assert found == {"pipelines/cli/shared.py"}


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [
        path.name for path in MODULES if path.stem in {"utils", "helpers", "common", "misc"}
    ]
