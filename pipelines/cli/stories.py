"""``newsbeam stories``: which articles are of one story."""

from __future__ import annotations

from newsbeam.pipelines.cli.arguments import LakePlace
from newsbeam.pipelines.cli.shared import failing


def stories(
    lake: LakePlace,
    /,
    *,
    rebuild: bool = False,
) -> None:
    """Tell which articles are of one story.

    Brings the table of stories under DIR up to the articles there. Every run does so at its end;
    this is for a lake whose runs did not, or to begin again.

        newsbeam stories out

    Args:
        rebuild: read all articles again and mend whatever differs
    """
    from newsbeam.pipelines.stories import refresh_stories
    from newsbeam.transforms.errors import LakeBusy
    from newsbeam.transforms.lake.staging import StagingLost

    with failing("the stories could not be told", LakeBusy, StagingLost):
        update = refresh_stories(lake, rebuild=rebuild)
    print(f"articles looked at: {update.articles}, rows written: {update.rows}")
