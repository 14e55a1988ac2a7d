"""What tests of the lake share: an empty one."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.create()
    return lake
