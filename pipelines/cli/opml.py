"""``newsbeam source import`` and ``export``: feeds by the dozen."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import Configs, File
from newsbeam.pipelines.cli.shared import UsageError, failing, say
from newsbeam.transforms.text.counts import show_count


def import_feeds(
    file: Annotated[Path, Parameter(name="FILE.opml", help="a feed reader's list (OPML)")],
    /,
    *,
    to: Annotated[Path, Parameter(metavar="DIR")] = Path("sources"),
) -> None:
    """Make sources of a feed reader's list.

    Writes a config for each site; its feeds are those of one domain. Asks no site: `newsbeam source
    check` tells afterwards what works. What the folder has already stays as it is.

        newsbeam source import subscriptions.opml --to sources

    Args:
        to: the folder; made if it is not there (default: sources)
    """
    from newsbeam.pipelines.source.opml import import_opml

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    console = Console()
    with failing("the sources could not be written"):
        done = import_opml(data, to)
    for url, why in done.left_out:
        say(f"left out: {url}: {why}", console)
    for written in done.files:
        say(f"wrote {written}", console)
    say(f"{show_count(len(done.files), 'source')} written", console)
    if done.files:
        say(f"To read them: newsbeam run {shlex.quote(str(to))} --output lake", console)


def export(
    configs: Configs,
    /,
    *,
    opml: bool = False,
    output: File | None = None,
) -> None:
    """List the feeds of sources for a feed reader.

        newsbeam source export sources --opml --output feeds.opml

    Args:
        opml: as OPML, which is the one format that there is
        output: write it there (default: standard output)
    """
    from newsbeam.pipelines.config.load import load_job
    from newsbeam.pipelines.source.opml import write_opml
    from newsbeam.transforms.files import write_file

    text = write_opml(load_job(configs, needs_secrets=False).sources)
    if output is None:
        print(text, end="")
        return
    with failing("the list could not be written"):
        write_file(output, text.encode())
