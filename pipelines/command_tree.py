"""The commands as the parser holds them: for help, docs/cli.md, completion and tests."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass

# What a newcomer does first stands first. A command in no group would be shown behind these.
GROUPS: dict[str, tuple[str, ...]] = {
    "Try and add sources": ("preview", "source"),
    "Gather articles": ("run", "schedule", "stream", "retry"),
    "Look at what came": ("report", "sql", "status"),
    "Look after a lake": ("maintain", "learn-boilerplate", "stories"),
    "More": ("annotate", "completion"),
}
START = """\
Start here:
  newsbeam run configs/seeds.yaml --output lake    two sample articles into the folder lake
  newsbeam report lake --open                      look at them in the browser
  newsbeam source add https://www.example.org      a newspaper of your own, then run its config
  newsbeam preview article.html                    what would become of one article
  newsbeam run --help                              all about a command, with an example

CONFIG is a source's YAML file, DIR the folder of the tables (a lake)."""

_EXAMPLES = re.compile(r"Examples?:\s*(.*)", re.DOTALL)
# A command line ends with its line, or where another sentence begins.
_COMMAND_LINE = re.compile(r"^[ $]*(newsbeam .*?)\.?(?:\.\s+[A-Z].*)?$")


@dataclass(frozen=True, slots=True)
class Command:
    """A command or, where ``name`` has two words, a command of a command."""

    name: str
    help: str
    parser: argparse.ArgumentParser
    commands: tuple[Command, ...] = ()

    @property
    def examples(self) -> tuple[str, ...]:
        """The command lines in its epilog."""
        return find_examples(self.parser.epilog or "")


def list_command(parser: argparse.ArgumentParser) -> tuple[Command, ...]:
    """The commands of ``parser``, with theirs, in the order of ``GROUPS``."""
    found = tuple(_read_commands(parser, ""))
    order = [name for names in GROUPS.values() for name in names]
    place = {name: number for number, name in enumerate(order)}
    return tuple(sorted(found, key=lambda command: place.get(command.name, len(place))))


def list_leaf(parser: argparse.ArgumentParser) -> Iterator[Command]:
    """The commands that do something themselves."""
    for command in list_command(parser):
        yield from command.commands or (command,)


def find_examples(text: str) -> tuple[str, ...]:
    """The command lines in an epilog: behind ``Example:``, one a line."""
    behind = _EXAMPLES.search(text)
    lines = behind[1].splitlines() if behind else []
    return tuple(found[1] for line in lines if (found := _COMMAND_LINE.match(line.rstrip())))


def group_commands(commands: tuple[Command, ...]) -> Iterator[tuple[str, list[Command]]]:
    """The commands group by group, with the group's title."""
    titles = {name: title for title, names in GROUPS.items() for name in names}
    by_title: dict[str, list[Command]] = {title: [] for title in GROUPS}
    for command in commands:
        by_title[titles.get(command.name, "More")].append(command)
    yield from ((title, found) for title, found in by_title.items() if found)


def describe_commands(parser: argparse.ArgumentParser) -> str:
    """All commands with a line each, by groups, for the help of ``newsbeam`` itself."""
    commands = list_command(parser)
    leaves = [leaf for command in commands for leaf in command.commands or (command,)]
    width = max((len(leaf.name) for leaf in leaves), default=0)
    lines = []
    for title, group in group_commands(commands):
        lines += ["", f"{title}:"]
        for command in group:
            for leaf in command.commands or (command,):
                lines.append(f"  {leaf.name:<{width}}  {leaf.help}")
    return "\n".join(lines).strip()


def _read_commands(parser: argparse.ArgumentParser, before: str) -> Iterator[Command]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, inner in action.choices.items():
            full = f"{before}{name}"
            below = tuple(_read_commands(inner, f"{full} "))
            yield Command(full, helps.get(name, ""), inner, below)
