"""The commands as the command line holds them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from cyclopts import App

from newsbeam.pipelines.cli.main import app


def list_commands(of: App = app, before: str = "") -> dict[str, App]:
    """The commands that do something themselves, by their full names, in the order of the help."""
    found: dict[str, App] = {}
    for name, command in of.resolved_commands().items():
        if name.startswith("-"):
            continue
        below = list_commands(command, f"{before}{name} ")
        found |= below or {f"{before}{name}": command}
    return found


def describe(command: App) -> str:
    """Its docstring without what it says of arguments."""
    return inspect.cleandoc(command.help).partition("\n\nArgs:\n")[0]


def find_examples(command: App) -> list[str]:
    """The command lines that its help shows: what is indented in the docstring."""
    return list(_join_lines(describe(command)))


def _join_lines(text: str) -> Iterator[str]:
    example = ""
    for line in text.splitlines():
        if not line.startswith(" "):
            continue
        example += line.strip().removesuffix("\\")
        if not line.endswith("\\"):
            yield example
            example = ""
