"""Which state of the lake tells a run what is known, and how a worker process gets at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from transforms.tables.known_rows import Known
from transforms.tables.lake import Lake
from transforms.tables.schema import ARTICLES


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version of the articles table (-1: there is none), so that all workers agree."""

    lake: Lake
    version: int


@dataclass(frozen=True, slots=True)
class NewestKnown:
    """Whatever the articles table holds when it is asked: for streams, which have no beginning
    that workers could agree on."""

    lake: Lake


def load_known(known: KnownVersion | NewestKnown) -> Known:
    """What the lake holds, opened once a worker process and version.

    Raises:
        OSError: it cannot be made ready on disk (``NewestKnown`` alone writes).
    """
    if isinstance(known, KnownVersion):
        return _load_version(known)
    version = known.lake.version(ARTICLES)
    known.lake.refresh_known(version)
    return _load_version(KnownVersion(known.lake, version))


@lru_cache(maxsize=1)
def _load_version(known: KnownVersion) -> Known:
    return known.lake.read_known(known.version)
