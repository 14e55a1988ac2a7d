"""``newsbeam completion``: what a shell needs to complete commands, options and files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from pipelines.commands.shared import DONE, Commands

SHELLS = ("bash", "zsh", "tcsh")
# As shtab has it: how each shell completes something.
Completer = Mapping[str, str | dict[str, str]]

_FOLDERS = frozenset({"DIR", "FOLDER"})


def add_completion(commands: Commands) -> None:
    """The command ``completion``."""
    completion = commands.add_parser(
        "completion",
        help="make your shell complete commands, options and file names",
        description="Prints a script for the shell. bash loads it from "
        "~/.local/share/bash-completion/completions/newsbeam, zsh as _newsbeam from a folder of "
        "$fpath, tcsh from a file that ~/.tcshrc sources.",
        epilog="Example: newsbeam completion bash > newsbeam.sh. Then: source newsbeam.sh",
    )
    completion.add_argument("shell", choices=SHELLS, help="the shell")
    completion.set_defaults(command=_complete)


def _complete(options: argparse.Namespace, errors: Console) -> int:
    import shtab

    from pipelines.cli import make_parser

    parser = make_parser()
    _name_files(parser, shtab.FILE, shtab.DIRECTORY)
    print(shtab.complete(parser, options.shell, root_prefix="newsbeam"))
    return DONE


def _name_files(parser: argparse.ArgumentParser, file: Completer, folder: Completer) -> None:
    """Tell shtab which arguments are files or folders: by their type, or what help calls them."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            action.help = None  # shtab leaves out what help leaves out
            for inner in action.choices.values():
                _name_files(inner, file, folder)
            continue
        name = action.metavar if isinstance(action.metavar, str) else ""
        if name in _FOLDERS:
            action.complete = folder  # type: ignore[attr-defined]
        elif action.type is Path or {"FILE", "CONFIG"} & set(name.split("|")):
            action.complete = file  # type: ignore[attr-defined]
