"""Chromium, and the reports that it opens.

Only collected where the command line names this folder (``make test-browser``): these tests need a
browser and the packages of the extra ``browser``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbeam.pipelines.cli.main import main
from tests.support.browser import MANY, WIDE, Opener, open_checked, write_report
from tests.support.generate_lake import generate_lake
from tests.support.hostile_articles import SCRIPT, make_hostile, make_hostile_rejections
from tests.support.workplace import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any("browser" in argument for argument in config.args)
    return None if named or collection_path.suffix != ".py" else True


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; the environment variable CHROMIUM names another."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "no chromium: `make test-browser` installs it, or name one in CHROMIUM"
    with sync_playwright() as playwright:
        # Chromium has no sandbox for root, as which containers run.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def seeds_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the sample articles, by the commands of the README."""
    folder = tmp_path_factory.mktemp("seeds")
    assert main(["run", str(ROOT / "configs/seeds.yaml"), "--output", str(folder / "lake")]) == 0
    return write_report(folder / "lake", folder)


@pytest.fixture(scope="session")
def many_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on 10,000 made-up articles."""
    folder = tmp_path_factory.mktemp("many")
    generate_lake(folder / "lake", MANY, until=datetime.now(UTC))
    return write_report(folder / "lake", folder)


@pytest.fixture(scope="session")
def few_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on 200 made-up articles and, newest of all, the hostile ones."""
    folder = tmp_path_factory.mktemp("few")
    now = datetime.now(UTC)
    others, rejections = make_hostile(now), make_hostile_rejections()
    generate_lake(folder / "lake", 200, until=now, others=others, rejections=rejections)
    return write_report(folder / "lake", folder, "--title", SCRIPT)


@pytest.fixture
def many(browser: Browser, many_report: Path) -> Iterator[Opener]:
    """Open the report on many articles at a place: ``many("articles", width=…, scheme=…)``."""
    yield from _make_opener(browser, many_report)


@pytest.fixture
def few(browser: Browser, few_report: Path) -> Iterator[Opener]:
    """Open the report on few articles, some of them hostile, at a place."""
    yield from _make_opener(browser, few_report)


@pytest.fixture
def seeds(browser: Browser, seeds_report: Path) -> Iterator[Opener]:
    """Open the report on the sample articles at a place."""
    yield from _make_opener(browser, seeds_report)


def _make_opener(browser: Browser, report: Path) -> Iterator[Opener]:
    with ExitStack() as stack:

        def open_at(place: str = "overview", width: int = WIDE, scheme: str = "light") -> Page:
            address = f"{report.as_uri()}#{place}"
            return stack.enter_context(open_checked(browser, address, width, scheme))

        yield open_at
