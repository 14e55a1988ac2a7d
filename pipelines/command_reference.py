"""docs/cli.md, from the parser of the command line.

Nothing of argparse's own layout is used: it depends on the terminal's width and on Python's
version.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipelines.cli import make_parser
from pipelines.command_tree import Command, group_commands, list_command

_INTRODUCTION = """\
# The command line

Generated from the commands themselves by `make reference`.

Exit codes: 0 done, 1 failed, 2 wrong usage. Results go to standard output, progress and errors to
standard error. `newsbeam completion` makes your shell complete all of this."""


def make_cli_page() -> str:
    """Markdown about every command: usage, description, arguments, options, example."""
    commands = list_command(make_parser())
    lines = [_INTRODUCTION, ""]
    for title, group in group_commands(commands):
        lines += ["", f"**{title}**", ""]
        for leaf in _list_leaf(group):
            lines.append(f"* [`newsbeam {leaf.name}`](#{_anchor(leaf)}): {leaf.help}")
    for _, group in group_commands(commands):
        for leaf in _list_leaf(group):
            lines += ["", *_describe(leaf)]
    return "\n".join(line.rstrip() for line in lines).replace("\n\n\n", "\n\n") + "\n"


def _list_leaf(commands: list[Command]) -> Iterator[Command]:
    for command in commands:
        yield from command.commands or (command,)


def _anchor(command: Command) -> str:
    return f"newsbeam-{command.name.replace(' ', '-')}"


def _describe(command: Command) -> Iterator[str]:
    parser = command.parser
    actions = [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]
    arguments = [a for a in actions if not a.option_strings]
    options = [a for a in actions if a.option_strings]
    yield from (f"## newsbeam {command.name}", "", "```", _show_usage(command.name, actions), "```")
    yield from ("", _escape(_join(parser.description)))
    for heading, found in (("argument", arguments), ("option", options)):
        if found:
            yield from ("", f"| {heading} | |", "| --- | --- |")
            yield from (f"| {_name(a)} | {_escape(_explain(a, parser))} |" for a in found)
    before, *_ = (parser.epilog or "").partition("Example")
    if before.strip():
        yield from ("", _escape(_join(before)))
    yield from ("", "```sh", *command.examples, "```")


def _show_usage(name: str, actions: list[argparse.Action]) -> str:
    """Arguments and what is required; other options are in the table."""
    words = [f"newsbeam {name}"]
    words += [_show_argument(action) for action in actions if not action.option_strings]
    words += [
        f"{action.option_strings[-1]} {_show_argument(action)}".rstrip()
        for action in actions
        if action.option_strings and action.required
    ]
    others = any(action.option_strings and not action.required for action in actions)
    return " ".join([*words, "[options]"] if others else words)


def _show_argument(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    word = _show_value(action)
    shapes = {"+": f"{word}…", "*": f"[{word}…]", "?": f"[{word}]"}
    return shapes.get(str(action.nargs), word)


def _show_value(action: argparse.Action) -> str:
    if action.choices is not None and action.metavar is None:
        return "|".join(map(str, action.choices))
    metavar = action.metavar if isinstance(action.metavar, str) else None
    return metavar or (action.dest.upper() if action.option_strings else action.dest)


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_show_argument(action)}`".replace("|", "\\|")
    value = _show_argument(action)
    names = (f"`{f'{option} {value}'.rstrip()}`" for option in action.option_strings)
    return ", ".join(names).replace("|", "\\|")


def _explain(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """The help with its placeholders filled in, as argparse does."""
    text = (action.help or "") % (vars(action) | {"prog": parser.prog})
    return _join(text) + (" (required)" if action.option_strings and action.required else "")


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


def _join(text: str | None) -> str:
    return " ".join((text or "").split())
