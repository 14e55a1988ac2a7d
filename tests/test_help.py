"""Help that needs no docs."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter

import pytest

from pipelines.cli import make_parser
from pipelines.command_tree import GROUPS, Command, find_examples, list_command, list_leaf

Newsbeam = Callable[[list[str]], tuple[int, str, str]]
LEAVES = list(list_leaf(make_parser()))


def test_help_has_every_command_with_a_line(newsbeam: Newsbeam) -> None:
    code, out, _ = newsbeam(["--help"])
    assert code == 0
    lines = {" ".join(line.split()) for line in out.splitlines()}
    for command in LEAVES:
        assert command.help, command.name
        assert f"{command.name} {command.help}" in lines
    assert "Start here:" in lines
    assert all(len(line) <= 100 for line in out.splitlines())


def test_without_a_command_help_is_shown(newsbeam: Newsbeam) -> None:
    code, _, err = newsbeam([])
    assert code == 2
    assert err == newsbeam(["--help"])[1]


def test_every_command_stands_in_one_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert len(grouped) == len(set(grouped))
    assert {command.name for command in list_command(make_parser())} <= set(grouped)


@pytest.mark.parametrize("command", LEAVES, ids=lambda c: c.name)
def test_help_of_a_command(command: Command, newsbeam: Newsbeam) -> None:
    code, out, _ = newsbeam([*command.name.split(), "--help"])
    assert code == 0
    assert f"usage: newsbeam {command.name} " in out
    assert command.parser.description, "says what it does"
    assert command.parser.description.rstrip().endswith((".", ")"))
    # argparse breaks lines where it likes.
    shown = " ".join(out.split())
    assert command.examples
    for example in command.examples:
        assert " ".join(example.split()) in shown
    assert any(example.startswith(f"newsbeam {command.name} ") for example in command.examples)


@pytest.mark.parametrize("command", LEAVES, ids=lambda c: c.name)
def test_every_argument_is_explained(command: Command) -> None:
    for action in command.parser._actions:
        assert action.help, f"newsbeam {command.name}: {action.option_strings or action.dest}"
        assert action.help != argparse.SUPPRESS


@pytest.mark.parametrize(
    ("epilog", "examples"),
    [
        ("Example: newsbeam retry out --since 7d", ["newsbeam retry out --since 7d"]),
        (
            "Goes to Beam. Example: newsbeam run configs/ --output out. See docs/feeds.md.",
            ["newsbeam run configs/ --output out"],
        ),
        (
            "Examples:\n  newsbeam run a.yaml --output out\n  newsbeam status out\nMore in docs.",
            ["newsbeam run a.yaml --output out", "newsbeam status out"],
        ),
        (
            'Example: newsbeam sql lake "SELECT 1.5 AS x".',
            ['newsbeam sql lake "SELECT 1.5 AS x"'],
        ),
        ("newsbeam is a program", []),
    ],
)
def test_examples_are_found_in_an_epilog(epilog: str, examples: list[str]) -> None:
    assert list(find_examples(epilog)) == examples


def test_help_does_not_load_what_is_heavy() -> None:
    heavy = "('apache_beam', 'spacy', 'deltalake', 'duckdb', 'trafilatura', 'altair', 'aiohttp')"
    code = (
        "import sys; from pipelines.cli import make_parser; make_parser().format_help(); "
        f"sys.exit(', '.join(n for n in {heavy} if n in sys.modules) or None)"
    )
    began = perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert perf_counter() - began < 10
