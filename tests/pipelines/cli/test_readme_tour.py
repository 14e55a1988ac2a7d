"""The README from its top: each command that can be typed as it stands there, in its order.

Papers are on loopback, and what runs for months says how it would be run.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbeam.pipelines.cli.main import main
from tests.support.documented import Documented, find_commands
from tests.support.sites import Site, make_paper, serve_site
from tests.support.workplace import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
# What stands for something that the reader puts in: DIR, URL, CONFIG.
_PLACEHOLDER = re.compile(r"[A-Z]{2,}")
COMMANDS = [
    found
    for found in find_commands("README.md", README)
    if found.is_whole and not any(_PLACEHOLDER.match(word) for word in found.words)
]
# What a command takes besides, where it would ask the network or a person, or never end.
BESIDE = {
    ("source", "add"): ["--yes", "--sample", "1", "--allow-address", "127.0.0.0/8"],
    ("schedule", "configs/sources"): ["--print", "cron"],
}
# Its standard input is tried by test_annotate, and completion by test_completion.
ELSEWHERE = {"annotate", "completion"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A paper; the working directory has what the README's commands name."""
    sources = tmp_path / "configs" / "sources"
    sources.mkdir(parents=True)
    (tmp_path / "sources").mkdir()
    (tmp_path / "articles").mkdir()
    page = "<html><body><article><p>Brua er stengt i tre uker, sier Kari Dahl.</p></article>"
    (tmp_path / "articles" / "brua.html").write_text(page, encoding="utf-8")
    (tmp_path / "avisen.yaml").write_text(find_smallest_config(), encoding="utf-8")
    with serve_site(make_paper) as served, contextlib.chdir(tmp_path):
        (sources / "nrk.yaml").write_text(
            f"id: nrk\nlanguage: nb\nfeeds: ['{served.url('/nytt.xml')}']\n"
            "fetch: {allow_addresses: [127.0.0.0/8], seconds_between_requests: 0}\n",
            encoding="utf-8",
        )
        yield served


def find_smallest_config() -> str:
    found = re.search(r"```yaml\n# avisen\.yaml\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def make_words(command: Documented, site: Site) -> list[str]:
    words = [site.url() if "example.no" in word else word for word in command.words]
    beside = (more for start, more in BESIDE.items() if tuple(words[: len(start)]) == start)
    return [*words, *(one for more in beside for one in more)]


def test_the_readme_is_read() -> None:
    assert len(COMMANDS) > 10
    tour = [found.words[:2] for found in COMMANDS if "sources" in found.words]
    assert tour == [("source", "add"), ("run", "sources")]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_of_the_readme_works_in_its_order(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    # `make run`, which stands first, is this with a virtual environment around it.
    assert main(["run", str(ROOT / "configs" / "seeds.yaml"), "--output", "out"]) == 0
    for command in COMMANDS:
        if command.words[0] in ELSEWHERE:
            continue
        try:
            code = main(make_words(command, site))
        except SystemExit as end:
            code = int(end.code or 0)
        assert code == 0, f"{command}\n{capfd.readouterr().err}"
    for made in (
        "report.html",
        "units/newsbeam.timer",
        "lake/articles",
        "lake/articles/source=avisen",
    ):
        assert Path(made).exists(), made
