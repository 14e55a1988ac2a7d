"""What the fixtures of all engines share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.engines.downloads import PartsMissing


@contextmanager
def skip_without_parts() -> Iterator[None]:
    """Skip the test where what the block needs cannot be had here."""
    try:
        yield
    except PartsMissing as missing:
        pytest.skip(f"not to be had here: {missing}")


def write_one_article(folder: Path) -> Path:
    """A file with an article in ``folder``, and the config of its source, which is returned."""
    (folder / "sak.txt").write_text("Sak\n\nDette er en sak om noe.\n", encoding="utf-8")
    config = folder / "avis.yaml"
    config.write_text("id: avis\nlanguage: nb\nfiles: ['*.txt']\nenrich: {pipelines: {nb: null}}\n")
    return config
