"""Which tests are quick, and a guard that holds them to it.

A quick test needs neither Beam nor spaCy, no lake, no server, and no process of its own. That is
read off what its file and the files of its fixtures import, themselves and through others. While
a quick test runs, the guard notes each connection, listening socket and process.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.support.imports import list_imports, list_reached
from tests.support.workplace import ROOT

HEAVY = {"apache_beam", "deltalake", "duckdb", "spacy"}
# It hands on anything in the house, by names that are looked up when asked for.
DOOR = "newsbeam"
# In tests and their helpers; in the product they do nothing until a test has it ask a server, but
# for the module that starts `newsbeam maintain`.
OUTSIDE = {
    "http.client",
    "http.server",
    "multiprocessing",
    "nbclient",
    "newsbeam.pipelines.upkeep",
    "pexpect",
    "socket",
    "socketserver",
    "subprocess",
    "tests.support.loopback",  # asyncio's servers
    "urllib.request",
}
EVENTS = {"os.fork", "os.posix_spawn", "socket.bind", "socket.connect", "subprocess.Popen"}


@cache
def list_needs(path: Path) -> list[str]:
    """What makes the tests in ``path`` not quick, each with the file that imports it."""
    return sorted(
        f"{name} ({file.relative_to(ROOT)})"
        for file, in_functions in list_reached(path)
        for name in list_imports(file, in_functions=in_functions)
        if name == DOOR
        or name.partition(".")[0] in HEAVY
        or (name in OUTSIDE and file.is_relative_to(ROOT / "tests"))
    )


@cache
def needs_nothing(path: Path) -> bool:
    """Whether what is defined in ``path`` is none of these tests' helpers, or a quick one."""
    return not (path.is_relative_to(ROOT / "tests") and list_needs(path))


@cache
def find_source(function: Callable[..., object]) -> Path | None:
    source = inspect.getsourcefile(function)
    return Path(source) if source else None


def is_quick(item: pytest.Item) -> bool:
    """Whether the file of a test and those of its fixtures need nothing heavy."""
    if item.get_closest_marker("slow"):
        return False
    fixtures = getattr(item, "_fixtureinfo").name2fixturedefs.values()  # noqa: B009
    sources = {find_source(one.func) for several in fixtures for one in several}
    return all(needs_nothing(path) for path in {item.path, *sources} if path)


class Guard:
    """Notes what quick tests do that they must not. Lasts as long as the process."""

    def __init__(self) -> None:
        self._noted: list[str] | None = None
        self._thread = 0
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        # Threads of tests before may still be at work.
        if self._noted is None or threading.get_ident() != self._thread:
            return
        is_heavy = event == "import" and str(arguments[0]).partition(".")[0] in HEAVY
        if event in EVENTS or is_heavy:
            self._noted.append(f"{event} {arguments[:2]}")

    @contextmanager
    def watch(self) -> Iterator[list[str]]:
        """The list grows by what is done meanwhile."""
        noted: list[str] = []
        self._noted, self._thread = noted, threading.get_ident()
        try:
            yield noted
        finally:
            self._noted = None
