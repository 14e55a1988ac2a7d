"""Help that needs no docs, and what is said of wrong arguments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import get_args

import pytest

from newsbeam.pipelines.cli.main import GROUPS
from newsbeam.pipelines.cli.schedule import ForeignScheduler
from newsbeam.pipelines.schedule.files import PRINTED_FORMATS
from tests.support.commands import describe, find_examples, list_commands

Newsbeam = Callable[[list[str]], tuple[int, str, str]]
COMMANDS = list_commands()


def joined(text: str) -> str:
    """``text`` as if no line had been broken."""
    return " ".join(text.split())


@pytest.mark.parametrize("columns", ["80", "120"])
def test_help_has_every_command_with_a_line(
    newsbeam: Newsbeam, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    code, out, err = newsbeam(["--help"])
    assert (code, err) == (0, "")
    within = {name: newsbeam([name, "--help"])[1] for name in ("source", "languages")}
    for name, command in COMMANDS.items():
        group, _, own = name.rpartition(" ")
        shown = within.get(group, out)
        line = command.help.splitlines()[0]
        assert line.endswith("."), name
        assert f"{own} {line}" in joined(shown)
    assert "Start here:" in out
    assert "Start here:" not in within["source"]
    assert all(len(line) <= int(columns) for line in out.splitlines())
    assert all(line == line.rstrip() for line in out.splitlines())
    assert not set("│╭╰─") & set(out)


def test_groups_stand_in_their_order(newsbeam: Newsbeam) -> None:
    out = newsbeam(["--help"])[1]
    names = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    expected = ["preview", "source", "run", "schedule", "stream", "retry", "report", "sql",
                "people", "status", "maintain", "learn-boilerplate", "stories", "annotate",
                "languages", "completion"]  # fmt: skip
    assert [name for name in names if name in expected] == expected
    places = [out.index(f"\n{title}:\n") for title in GROUPS]
    assert places == sorted(places)


def test_without_a_command_help_is_shown(newsbeam: Newsbeam) -> None:
    code, out, err = newsbeam([])
    assert (code, out) == (2, "")
    assert err == newsbeam(["--help"])[1]


def test_without_a_command_of_a_command_its_help_is_shown(newsbeam: Newsbeam) -> None:
    code, out, err = newsbeam(["source"])
    assert (code, out) == (2, "")
    assert err == newsbeam(["source", "--help"])[1]
    assert "newsbeam source COMMAND" in err


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name: str, newsbeam: Newsbeam) -> None:
    code, out, _ = newsbeam([*name.split(), "--help"])
    assert code == 0
    assert out.startswith(f"Usage: newsbeam {name} ")
    assert all(len(line) <= 80 for line in out.splitlines())
    description = describe(COMMANDS[name])
    assert "\n\n" in description, "says more than the line in the list of commands"
    examples = find_examples(COMMANDS[name])
    assert any(example.startswith(f"newsbeam {name} ") for example in examples)
    # Where lines are broken depends on the terminal.
    assert joined(description) in joined(out)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_is_explained(name: str) -> None:
    for argument in COMMANDS[name].assemble_argument_collection(parse_docstring=True):
        if argument.parameter.parse is not False:
            assert argument.parameter.help, f"newsbeam {name}: {argument.name}"
            assert not argument.negatives, "a flag has no opposite"


def test_an_example_may_have_many_lines() -> None:
    (example,) = find_examples(COMMANDS["stream"])
    assert example.startswith("newsbeam stream configs/ --output out -- --runner=PortableRunner")
    assert example.endswith(" --environment_type=LOOPBACK")


def test_version(newsbeam: Newsbeam) -> None:
    code, out, _ = newsbeam(["--version"])
    assert code == 0
    assert out.startswith("newsbeam ")
    assert out.count("\n") == 1


WRONG = {
    "statsu lake": 'newsbeam: Unknown command "statsu". Did you mean "status"?',
    "source ad": 'newsbeam source: Unknown command "ad". Did you mean "add"?',
    "--vesion": "newsbeam: Unknown option: --vesion. Did you mean --version?",
    "run a.yaml --outptu lake": ("newsbeam run: Unknown option: --outptu. Did you mean --output?"),
    "annotate --langauge nb": (
        "newsbeam annotate: Unknown option: --langauge. Did you mean --language?"
    ),
    "run --output lake": "newsbeam run: CONFIG… is missing.",
    "run a.yaml": "newsbeam run: --output is missing.",
    "run a.yaml --output": "newsbeam run: --output needs a value.",
    "status lake more": 'newsbeam status: Unexpected argument "more".',
    "sql lake --format=tabel": (
        'newsbeam sql: Invalid value "tabel" for --format. Choose from: "table", "csv", "json", '
        '"jsonl", "parquet", "markdown". Did you mean "table"?'
    ),
    "run a.yaml --output lake --workers two": (
        'newsbeam run: Invalid value for --workers: unable to convert "two" into int.'
    ),
    "run a.yaml --output lake --workers 0": (
        'newsbeam run: Invalid value "0" for --workers. Must be > 0.'
    ),
    "retry lake --since soon": (
        "newsbeam retry: Invalid value for --since: 'soon' should be a number and a unit: 30s, "
        "10m, 6h or 1d."
    ),
    "preview a.html --allow-address here": (
        "newsbeam preview: Invalid value for --allow-address: 'here' is no IP address or network; "
        "use one like 127.0.0.1 or 10.1.0.0/16."
    ),
    "stream a.yaml --output lake --tick 0": (
        'newsbeam stream: Invalid value "0.0" for --tick. Must be >= 1.'
    ),
    "status lake --fail-on drfit": (
        "newsbeam status: Invalid value for --fail-on: drfit: give one or more of silent, "
        "failing, drift, overdue, clock, by commas."
    ),
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_usage_is_told_in_one_line(line: str, newsbeam: Newsbeam) -> None:
    code, out, err = newsbeam(line.split())
    assert (code, out) == (2, "")
    command = WRONG[line].partition(":")[0]
    assert err == f"{WRONG[line]} See {command} --help\n"


def test_a_line_of_many_words_is_never_broken(newsbeam: Newsbeam) -> None:
    code, _, err = newsbeam(["maintain", f"s3://{'x' * 300}", "--partition", "month"])
    assert code == 2
    assert err.count("\n") == 1


def test_what_a_terminal_would_obey_is_not_repeated(newsbeam: Newsbeam) -> None:
    code, _, err = newsbeam(["status", "lake", "\x1b[31m"])
    assert code == 2
    assert "<U+001B>[31m" in err


def test_of_an_option_given_twice_the_last_one_holds(newsbeam: Newsbeam, tmp_path: Path) -> None:
    code, _, err = newsbeam(["status", str(tmp_path), "--source", "a", "--source", "b"])
    assert code == 2
    assert "no lake" in err


def test_beam_arguments_go_to_commands_that_hand_them_on(
    newsbeam: Newsbeam, tmp_path: Path
) -> None:
    code, _, err = newsbeam(["status", str(tmp_path), "--", "--runner=FlinkRunner"])
    assert code == 2
    assert "passes nothing on to Beam" in err


def test_a_query_may_begin_with_a_comment(newsbeam: Newsbeam, tmp_path: Path) -> None:
    code, _, err = newsbeam(["sql", str(tmp_path), "-- how many?\nSELECT 1"])
    assert code == 2
    assert "holds no lake" in err


def test_schedulers_to_print_for_are_all_there() -> None:
    assert get_args(ForeignScheduler) == tuple(PRINTED_FORMATS)


def test_help_does_not_load_what_is_heavy() -> None:
    heavy = (
        "('apache_beam', 'spacy', 'deltalake', 'duckdb', 'trafilatura', 'altair', 'aiohttp', "
        "'pandas', 'pyarrow', 'numpy', 'pydantic', 'yaml', 'newsbeam.transforms.records')"
    )
    code = (
        "import sys; from newsbeam.pipelines.cli.main import main; main(['--help']); "
        f"sys.exit(', '.join(n for n in {heavy} if n in sys.modules) or None)"
    )
    before = getrusage(RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert getrusage(RUSAGE_CHILDREN).ru_utime - before < 3
