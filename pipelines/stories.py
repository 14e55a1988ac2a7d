"""``newsbeam stories``: tell which articles are of one story, also apart from a run."""

from __future__ import annotations

from newsbeam.transforms.errors import NoLakeError
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.run import make_run_id
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.records import Clock
from newsbeam.transforms.stories.table import StoriesUpdate, update_stories


def refresh_stories(
    folder: LakePath, *, rebuild: bool = False, clock: Clock | None = None
) -> StoriesUpdate:
    """Bring the stories of the lake in ``folder`` up to its articles; as ``update_stories``.

    Raises:
        NoLakeError: the folder holds no lake.
    """
    lake = Lake(folder.resolve())
    if lake.version(ARTICLES) < 0:
        raise NoLakeError(folder)
    now = (clock or Clock()).now()
    check_before_writing(lake)
    lake.create()
    lake.clean()
    staging = lake.stage(make_run_id(now))
    try:
        with staging.create():
            return update_stories(lake, staging, now, rebuild=rebuild)
    finally:
        lake.clean()
        leave_note(lake)
