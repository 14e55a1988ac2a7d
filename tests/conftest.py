"""What end-to-end tests share (a folder, the command), and which tests are quick."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import settings

from newsbeam.pipelines.cli.main import main
from tests.support.imports import open_notes
from tests.support.made_once import make_once
from tests.support.newsroom import make_newsroom
from tests.support.quick import Guard, is_quick, list_needs
from tests.support.workplace import Workplace

# How long an example takes tells how busy the machine is. Examples are others each time, so few
# find in a week what many would in a day: `pytest --hypothesis-profile thorough` has those. Tests
# of which an example costs much take a share of ``settings().max_examples``.
settings.register_profile("newsbeam", deadline=None, max_examples=30)
# What CI says of a commit must not be a matter of dice; everybody else throws them.
settings.register_profile("newsbeam-ci", settings.get_profile("newsbeam"), derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=150)
settings.load_profile("newsbeam-ci" if os.environ.get("CI") else "newsbeam")


@pytest.fixture
def newsbeam(capsys: pytest.CaptureFixture[str]) -> Callable[[list[str]], tuple[int, str, str]]:
    """Run the command line in this process: exit code, standard output, standard error."""

    def run(arguments: list[str]) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as error:
            code = int(error.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def workplace(tmp_path: Path, newsbeam: Callable[[list[str]], tuple[int, str, str]]) -> Workplace:
    place = Workplace(tmp_path, newsbeam)
    place.configure()
    return place


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``make_newsroom`` fills, its lake in ``lake``: to be read, or copied."""
    return make_once(tmp_path_factory, "newsroom", make_newsroom)


def is_quick_run(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "quick")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A quick run does not even import the other tests: they would load Beam."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if is_test and is_quick_run(config) and list_needs(collection_path) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Hardly anything that is loaded for the tests goes away again: Python need not look for it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if is_quick(item):
            item.add_marker(pytest.mark.quick)
    # What may take longest begins first, so that nobody waits for it in the end.
    items.sort(key=_find_timeout, reverse=True)
    open_notes().save()


def _find_timeout(item: pytest.Item) -> float:
    """The seconds of a test's own limit, 0 where it has none."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark is not None and mark.args else 0.0


def pytest_unconfigure() -> None:
    gc.unfreeze()  # at the end all goes; modules in C++ complain of what does not


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(QuickTests())


class QuickTests:
    """Fails the quick tests that are none, in every run."""

    def __init__(self) -> None:
        self._guard = Guard()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        if item.get_closest_marker("quick") is None:
            return (yield)
        with self._guard.watch() as noted:
            result = yield
        assert not noted, "a quick test does without servers, processes, lakes, Beam and spaCy"
        return result
