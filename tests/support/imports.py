"""What modules import, themselves and through others, read off the code itself."""

from __future__ import annotations

import ast
import json
import os
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from tests.support.workplace import ROOT

OURS = ("newsbeam", "tests")
# What each file imported when it was last read: to read all of them takes seconds.
NOTES = ROOT / ".pytest_cache" / "imports.json"


@cache
def find_file(module: str) -> Path | None:
    """The file of a module or package of ours; None for a function's name and for strangers."""
    path = ROOT.joinpath(*module.split("."))
    if module.partition(".")[0] not in OURS:
        return None
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.exists()), None)


@dataclass(frozen=True)
class Import:
    """One name that a module imports, and where in it."""

    name: str  # in full: of a module, or of something in one
    in_function: bool  # or only where the module is started as a program
    for_types: bool  # only where types are checked


class Notes:
    """What files import, read anew where a file, or this one, has changed since."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._own = _sign(Path(__file__))
        self._is_new = False
        self._noted: dict[str, list[Any]] = {}
        with suppress(OSError, ValueError):
            own, noted = json.loads(place.read_text(encoding="utf-8"))
            self._noted = noted if own == self._own else {}

    def find(self, path: Path) -> tuple[Import, ...]:
        sign, noted = _sign(path), self._noted.get(str(path))
        if noted is not None and noted[0] == sign:
            return tuple(Import(*one) for one in noted[1])
        found = read_imports(path)
        self._noted[str(path)] = [sign, [astuple(one) for one in found]]
        self._is_new = True
        return found

    def save(self) -> None:
        """Keep them for the next run; several at once write them whole, one after the other."""
        if self._is_new:
            self._place.parent.mkdir(exist_ok=True)
            draft = self._place.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps([self._own, self._noted]), encoding="utf-8")
            draft.replace(self._place)


def _sign(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_mtime_ns, found.st_size]


@cache
def open_notes() -> Notes:
    return Notes(NOTES)


@cache
def find_imports(path: Path) -> tuple[Import, ...]:
    """All that ``path`` imports, wherever it does; the names of modules, and names out of them."""
    return open_notes().find(path)


def read_imports(path: Path) -> tuple[Import, ...]:
    """As ``find_imports``, from the code as it is now."""
    found: list[Import] = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    todo: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
    while todo:
        node, in_function, for_types = todo.pop()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found += [Import(name, in_function, for_types) for name in names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found += [Import(name, in_function, for_types) for name in names]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            todo += [(inner, in_function, True) for inner in node.body]
            todo += [(inner, in_function, for_types) for inner in node.orelse]
        else:
            in_function |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            in_function |= isinstance(node, ast.If) and "__main__" in ast.dump(node.test)
            # Only statements hold imports; and only these fields hold statements.
            for field in ("body", "orelse", "handlers", "finalbody", "cases"):
                inner = getattr(node, field, ())
                if isinstance(inner, list):
                    todo += [(one, in_function, for_types) for one in inner]
    return tuple(found)


@cache
def list_all_imports(path: Path) -> frozenset[str]:
    """Full names of what ``path`` imports, be it for types alone."""
    return frozenset(one.name for one in find_imports(path))


@cache
def list_imports(path: Path, *, in_functions: bool = True) -> frozenset[str]:
    """Full names of what ``path`` imports when it runs."""
    return frozenset(
        one.name
        for one in find_imports(path)
        if not one.for_types and (in_functions or not one.in_function)
    )


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
def list_reached(path: Path, *, in_functions: bool = True) -> frozenset[tuple[Path, bool]]:
    """All files of ours that may run with ``path``, itself among them, as in ``list_next``.

    Without ``in_functions`` those that run when ``path`` is imported and nothing of it is called.
    """
    found: set[tuple[Path, bool]] = set()
    todo = [(path, in_functions)]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            file, deep = one
            todo += [
                (place, in_functions and calls)
                for place, calls in list_next(file, in_functions=deep)
            ]
    return frozenset(found)
