"""One thread for numpy's products while the recognizer works.

A window's product is small: OpenBLAS, which numpy brings, shares it out among all cores, and they wait
more than they work (five times the CPU time on two cores). Workers are processes here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

_SETTER = "openblas_set_num_threads_local"  # it answers what the number was


@lru_cache(maxsize=1)
def _find_setter() -> Callable[[int], int] | None:
    root = Path(np.__file__).parent
    for folder in (root.parent / "numpy.libs", root / ".dylibs"):
        for path in folder.glob("*openblas*"):
            library: Any = ctypes.CDLL(str(path))
            if hasattr(library, _SETTER):
                setter: Callable[[int], int] = getattr(library, _SETTER)
                return setter
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Products use one core inside; where numpy has another library, as many as that likes."""
    setter = _find_setter()
    if setter is None:
        yield
        return
    before = setter(1)
    try:
        yield
    finally:
        setter(before)
