"""``--log-json``: whatever a command says on standard error is JSON, a line each."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.cli.log_json import JsonLines, take_flag
from tests.support.commands import list_commands

Command = Callable[[list[str]], tuple[int, str, str]]


@given(st.lists(st.text()))
def test_every_line_is_told_once(parts: list[str]) -> None:
    out = io.StringIO()
    lines = JsonLines(out)
    for part in parts:
        lines.write(part)
    lines.finish()
    told = [json.loads(line)["message"] for line in out.getvalue().split("\n") if line]
    shown = [line.rpartition("\r")[2].rstrip() for line in "".join(parts).split("\n")]
    assert told == [line for line in shown if line]


@pytest.mark.parametrize("name", list_commands())
def test_every_command_takes_it(name: str, newsbeam: Command) -> None:
    code, out, err = newsbeam([*name.split(), "--log-json", "--no-such-option"])
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    said = json.loads(line)
    assert said["level"] == "error"
    assert "--no-such-option" in said["message"]


def test_faults_of_a_config_are_lines(newsbeam: Command, tmp_path: Path) -> None:
    (tmp_path / "avis.yaml").write_text("id: avis\nfeed: []\n")
    config = str(tmp_path / "avis.yaml")
    code, _, err = newsbeam(["--log-json", "run", config, "--output", str(tmp_path / "lake")])
    assert code == 2
    told = [json.loads(line) for line in err.splitlines()]
    assert [line["level"] for line in told][-1] == "error"
    assert any("did you mean 'feeds'?" in line["message"] for line in told)


def test_what_stands_behind_two_dashes_is_beams() -> None:
    arguments = ["run", "a.yaml", "--", "--log-json"]
    assert not take_flag(arguments)
    assert arguments[-1] == "--log-json"
