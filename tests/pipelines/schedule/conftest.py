"""What tests of the scheduler share: a place for one to run in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scheduled import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    place.configure("avis")
    place.plan()
    yield place
    for process in place.started:
        if process.poll() is None:
            process.kill()
        process.communicate()
