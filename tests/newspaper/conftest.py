"""What tests of the newspaper share."""

from __future__ import annotations

import pytest

from tests.support.newspaper import Newspaper


@pytest.fixture(scope="module")
def paper() -> Newspaper:
    """A month with all that can happen. Not served: its port is only said to be one."""
    newspaper = Newspaper(seed=7)
    newspaper.port = 8000
    return newspaper
