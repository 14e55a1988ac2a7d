"""What modules import, themselves and through others, read off the code itself."""

from __future__ import annotations

import ast
from functools import cache
from itertools import accumulate
from pathlib import Path

from tests.support.workplace import ROOT

OURS = ("newsbeam", "tests")


@cache
def find_file(module: str) -> Path | None:
    """The file of a module or package of ours; None for a function's name and for strangers."""
    path = ROOT.joinpath(*module.split("."))
    if module.partition(".")[0] not in OURS:
        return None
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.exists()), None)


@cache
def list_imports(path: Path, *, in_functions: bool = True) -> frozenset[str]:
    """Full names of what ``path`` imports when it runs: modules, and names out of them."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            todo += node.orelse
        elif in_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # Only statements hold imports; and only these fields hold statements.
            for field in ("body", "orelse", "handlers", "finalbody", "cases"):
                inner = getattr(node, field, ())
                todo += inner if isinstance(inner, list) else ()
    return frozenset(found)


@cache
def list_next(path: Path, *, in_functions: bool) -> frozenset[tuple[Path, bool]]:
    """Files of ours that run when ``path`` imports; and whether their functions may run, too.

    Of packages on the way to a module only that runs which is at module level.
    """
    found: set[tuple[Path, bool]] = set()
    for name in list_imports(path, in_functions=in_functions):
        *parents, _ = accumulate(name.split("."), "{}.{}".format)
        places = [(find_file(name), True), *((find_file(parent), False) for parent in parents)]
        found |= {(place, deep) for place, deep in places if place}
    return frozenset(found)


@cache
def list_reached(path: Path) -> frozenset[tuple[Path, bool]]:
    """All files of ours that may run with ``path``, itself among them, as in ``list_next``."""
    found: set[tuple[Path, bool]] = set()
    todo = [(path, True)]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            file, in_functions = one
            todo += list_next(file, in_functions=in_functions)
    return frozenset(found)
