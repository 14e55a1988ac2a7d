"""``newsbeam stories``: which articles are of one story."""

from __future__ import annotations

import argparse

from rich.console import Console

from pipelines.commands.shared import DONE, FAILED, USAGE, Commands, add_lake, print_error


def add_stories(commands: Commands) -> None:
    """The command ``stories``."""
    stories = commands.add_parser(
        "stories",
        help="tell which articles are of one story",
        description="Brings the table of stories under DIR up to the articles there. Every run "
        "does so at its end; this is for a lake whose runs did not, or to begin again.",
        epilog="Example: newsbeam stories out",
    )
    add_lake(stories)
    stories.add_argument("--rebuild", action="store_true",
                         help="read all articles again and mend whatever differs")  # fmt: skip
    stories.set_defaults(command=_stories)


def _stories(options: argparse.Namespace, errors: Console) -> int:
    from deltalake.exceptions import CommitFailedError

    from pipelines.stories import tell_stories
    from transforms.tables.staging import StagingLost

    try:
        update = tell_stories(options.lake, rebuild=options.rebuild)
    except FileNotFoundError as error:
        print_error(errors, f"newsbeam: {error}")
        return USAGE
    except (CommitFailedError, StagingLost, OSError) as error:
        print_error(errors, f"newsbeam: the stories could not be told: {error}")
        return FAILED
    print(f"articles looked at: {update.articles}, rows written: {update.rows}")
    return DONE
