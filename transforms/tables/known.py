"""Which state of the lake tells a run what is known, and how a worker process gets at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from transforms.tables.known_rows import Known
from transforms.tables.lake import Lake


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version of the articles table (-1: there is none), so that all workers agree."""

    lake: Lake
    version: int


@lru_cache(maxsize=1)
def load_known(known: KnownVersion) -> Known:
    """What the lake holds, opened once a worker process."""
    return known.lake.read_known(known.version)
