"""Only collected where the command line names this folder (``make test-prism``)."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any("prism" in argument for argument in config.args)
    return None if named or collection_path.suffix != ".py" else True
