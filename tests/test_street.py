"""Who may import whom in the street, and what a module may be: read off the code itself.

The rules are told in CONTRIBUTING.md and docs/house.md; here they are data.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from functools import cache
from pathlib import Path

import pytest

from tests.support.imports import list_all_imports
from tests.support.workplace import ROOT

# A room may import the rooms of the lines above its own, and itself.
LINES = (
    ("records", "errors", "files"),
    ("settings", "text", "stage", "packing"),
    ("web", "feeds", "extract", "enrich", "lake"),
    ("poll", "clean", "read", "stories", "people"),
    ("fetch",),
    ("backfill", "stream"),
)
# A feed's addresses are taken apart as those of requests are.
BESIDE = {("feeds", "newsbeam.transforms.web.urls")}
# Lines of a module, and of a function.
LONGEST_MODULE, LONGEST_FUNCTION = 400, 80

FILES = {
    f"newsbeam.{path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.')}".removesuffix(
        ".__init__"
    ): path
    for folder in ("pipelines", "transforms")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


@cache
def read_trees() -> dict[str, ast.Module]:
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


@cache
def read_imports() -> dict[str, frozenset[str]]:
    """The modules of ours that each of ours imports, anywhere in it."""
    return {name: list_all_imports(path) & FILES.keys() for name, path in FILES.items()}


def room(name: str) -> str:
    """``poll`` of ``newsbeam.transforms.poll.round``; ``pipelines.cli`` of what starts jobs."""
    _, street, *rest = name.split(".")
    if street == "pipelines":
        return ".".join(["pipelines", *rest[:1]])
    return rest[0] if rest else street


def find_circles(graph: Mapping[str, Set[str]]) -> list[list[str]]:
    """The strongly connected parts of ``graph`` with more than one member (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(at: str) -> None:
        index[at] = low[at] = len(index)
        stack.append(at)
        for to in graph.get(at, ()):
            if to not in index:
                visit(to)
                low[at] = min(low[at], low[to])
            elif to in stack:
                low[at] = min(low[at], index[to])
        if low[at] == index[at]:
            part = stack[stack.index(at) :]
            del stack[stack.index(at) :]
            if len(part) > 1:
                found.append(sorted(part))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def test_a_circle_is_found() -> None:
    assert find_circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert find_circles({"a": {"b"}, "b": set()}) == []


def test_every_room_has_its_line() -> None:
    rooms = {room(name) for name in FILES if name.startswith("newsbeam.transforms.")}
    assert rooms == {one for line in LINES for one in line}


@pytest.mark.parametrize("here", [one for line in LINES for one in line])
def test_a_room_imports_only_what_stands_above_it(here: str) -> None:
    number = next(at for at, line in enumerate(LINES) if here in line)
    allowed = {here, *(one for line in LINES[:number] for one in line)}
    wrong = [
        (name, to)
        for name, found in read_imports().items()
        if room(name) == here
        for to in found
        if room(to) not in allowed and (here, to) not in BESIDE
    ]
    assert not wrong


def test_there_are_no_circles_of_modules_nor_of_rooms() -> None:
    assert find_circles(read_imports()) == []
    rooms: dict[str, set[str]] = defaultdict(set)
    for name, found in read_imports().items():
        rooms[room(name)] |= {room(to) for to in found} - {room(name)}
    assert find_circles(rooms) == []


def test_everything_is_imported_by_its_one_name() -> None:
    paths = [*FILES.values(), *(ROOT / "tests").rglob("*.py"), *ROOT.glob("benchmarks/*.py")]
    folders = {"pipelines", "transforms", "configs"}
    for path in paths:
        assert not {name.partition(".")[0] for name in list_all_imports(path)} & folders, path


def list_public_names(tree: ast.Module) -> Iterator[str]:
    """What a module defines for others: classes, functions, constants and types."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def test_a_public_name_is_one_thing_in_the_whole_house() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for module, tree in read_trees().items():
        for name in list_public_names(tree):
            homes[name].add(module)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


def test_no_module_and_no_function_is_too_long_to_read() -> None:
    assert {p.name for p in FILES.values() if len(p.read_text().splitlines()) > LONGEST_MODULE} == (
        set()
    )
    functions = [
        (module, node.name)
        for module, tree in read_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert functions == []


def test_every_module_says_what_it_is_for() -> None:
    trees = {name: tree for name, tree in read_trees().items() if name.count(".") > 1}
    assert [name for name, tree in trees.items() if not ast.get_docstring(tree)] == []


# Examples of what a reader would make.
MADE_UP = {"configs/avis.yaml", "configs/sources/example.yaml"}
# Beside the development data, not in the project.
ELSEWHERE = {"score_entities.py"}
PLACE = re.compile(
    r"\b(?:transforms|pipelines|tests|benchmarks|configs|training|newsbeam)/[A-Za-z_/]+"
    r"(?:\.(?:py|yaml|json|js|css|html|md|txt))?"
)


@pytest.mark.parametrize(
    "page",
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_what_the_docs_name_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    places = {found[0] for found in PLACE.finditer(text)} - MADE_UP
    assert {place for place in places if "." in place and not (ROOT / place).exists()} == set()
    names = set(re.findall(r"`([a-z_]+\.py)`", text)) - ELSEWHERE
    ours = [ROOT / folder for folder in ("tests", "benchmarks", "training")]
    assert names <= {p.name for p in [*FILES.values(), *(p for o in ours for p in o.rglob("*.py"))]}
