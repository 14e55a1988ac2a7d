"""``newsbeam stories``: tell which articles are of one story, also apart from a run."""

from __future__ import annotations

import uuid
from pathlib import Path

from transforms.clock import Clock
from transforms.tables.lake import Lake
from transforms.tables.staging import Staging
from transforms.wire.story_table import StoriesUpdate, update_stories


def tell_stories(
    folder: Path, *, rebuild: bool = False, clock: Clock | None = None
) -> StoriesUpdate:
    """Bring the stories of the lake in ``folder`` up to its articles; as ``update_stories``.

    Raises:
        FileNotFoundError: the folder holds no lake.
    """
    lake = Lake(folder.resolve())
    if not (lake.root / "articles").is_dir():
        raise FileNotFoundError(f"{folder} holds no lake: there is no table `articles`")
    now = (clock or Clock()).now()
    lake.create()
    lake.clean()
    staging = Staging(lake.root, f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}")
    try:
        with staging.create():
            return update_stories(lake, staging, now, rebuild=rebuild)
    finally:
        lake.clean()
