"""What a machine keeps for lakes on object stores, and how long it lets others wait: the one
module of the street that looks into the environment, since every worker has one of its own."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.places import CACHE_FOLDER

# Ours: who does not stir for so many seconds is taken for dead. (docs/decisions/object-store.md)
_LEASE = 45.0


def cache_folder(place: LakePath) -> Path:
    """The local folder for what was made of the lake's tables, and may vanish at any time.

    In the lake where that is a folder; else below XDG_CACHE_HOME (``~/.cache``).
    """
    if isinstance(place, Path):
        return place / CACHE_FOLDER
    return user_cache() / hashlib.sha256(str(place).encode()).hexdigest()[:16]


def user_cache() -> Path:
    """The user's own folder for what may vanish: below XDG_CACHE_HOME (``~/.cache``)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "newsbeam"


def lease_seconds() -> float:
    """For how long a lease holds that is not renewed: NEWSBEAM_LEASE_SECONDS, or 45."""
    try:
        return max(1.0, float(os.environ["NEWSBEAM_LEASE_SECONDS"]))
    except (KeyError, ValueError):
        return _LEASE
