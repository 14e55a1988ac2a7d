"""Of many cases of one kind: some for every day, all for the slow suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def every_nth(nth: int, cases: Sequence[Any]) -> list[Any]:
    """The cases of a parametrised test: all but the first and each ``nth`` after it are slow.

    A tuple has several parameters, so that one parameter must be none.
    """
    return [
        case if index % nth == 0 else pytest.param(*_values(case), marks=pytest.mark.slow)
        for index, case in enumerate(cases)
    ]


def _values(case: Any) -> tuple[Any, ...]:
    return case if isinstance(case, tuple) else (case,)
