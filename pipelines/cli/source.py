"""``newsbeam source``: add a news source by its address, check known ones, rename one."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import (
    CountOption,
    Json,
    Networks,
    Place,
    make_command,
    read_by,
)
from newsbeam.pipelines.cli.opml import export, import_feeds
from newsbeam.pipelines.cli.shared import DONE, FAILED, CommandFailed, UsageError, failing, say
from newsbeam.pipelines.cli.shipped import copy, list_sources
from newsbeam.transforms.text.counts import show_count

if TYPE_CHECKING:
    from newsbeam.pipelines.source.drafting import SourceDraft

_SHIPPED = Path("configs/sources")


def read_source_id(text: str) -> str:
    """The value of ``--id``."""
    from newsbeam.transforms.settings.source import SOURCE_ID

    if not re.fullmatch(SOURCE_ID, text):
        raise ValueError(
            f"{text!r}: small letters, digits, - and _, the first a letter or digit, 64 at most"
        )
    return text


def read_contact(text: str) -> str:
    """The value of ``--contact``."""
    if len(text) < 3 or not (text.isascii() and text.isprintable()):
        raise ValueError("a page's or mailbox's address, in ASCII")
    return text


def add(
    url: Annotated[str, Parameter(name="URL")],
    /,
    *,
    id: Annotated[str | None, Parameter(metavar="ID", converter=read_by(read_source_id))] = None,
    to: Annotated[Path | None, Parameter(metavar="PATH")] = None,
    sample: CountOption = 6,
    yes: bool = False,
    force: bool = False,
    contact: Annotated[
        str | None, Parameter(metavar="ADDRESS", converter=read_by(read_contact))
    ] = None,
    allow_address: Networks = (),
    as_json: Json = False,
) -> int:
    """Write the config of a new source.

    Finds the feeds of a newspaper from the address of its front page, an article or a feed, reads
    a few of its articles, shows what comes of them, and writes a config to review. Asks before it
    writes. At most 15 requests to find feeds, and the sample's pages; one a second. robots.txt is
    kept to. See docs/new-source.md.

        newsbeam source add https://www.nrk.no --contact you@example.org

    Args:
        url: a front page, an article or a feed
        id: the source's id (default: of its domain)
        to: the file to write, or its folder (default: configs/sources if that is there, else this
            folder)
        sample: how many articles to read (default 6)
        yes: write without asking
        force: replace a file that is there
        contact: page or mailbox of yours, for the people who run the site
        allow_address: an IP address or network that is not public (tests, intranets); may be
            repeated
        as_json: print JSON; writes only with --yes
    """
    from newsbeam.pipelines.config.load import load_defaults, load_shipped_languages
    from newsbeam.pipelines.runners.log import configure_log

    folder, file = _choose_place(to, id)
    if not (yes or as_json or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError(
            "nobody can be asked here whether to write: give --yes, or --json to only look"
        )
    if file is not None and file.exists() and not force:
        raise _refuse_to_replace(file)
    defaults = load_defaults(folder)
    languages = load_shipped_languages()
    configure_log()
    # These take long to import: not before the arguments are known to be right.
    from newsbeam.pipelines.source.add import explore_source
    from newsbeam.pipelines.source.drafting import Wishes
    from newsbeam.pipelines.source.show_source import show_trouble
    from newsbeam.pipelines.source.source_file import list_ids
    from newsbeam.pipelines.source.source_json import trouble_to_json
    from newsbeam.pipelines.source.trouble import SourceTrouble
    from newsbeam.transforms.records import Clock

    wishes = Wishes(id, allow_address, contact)
    taken = () if force or file is not None else tuple(list_ids(folder))
    if not as_json:
        say(f"At most 15 requests for feeds and {sample} for articles, one after the other.")
    try:
        draft = explore_source(
            url, wishes, sample, defaults, languages, taken, lambda line: say(f"  {line}"), Clock()
        )
    except SourceTrouble as fault:
        if as_json:
            print(json.dumps(trouble_to_json(fault.trouble), ensure_ascii=False, indent=2))
        else:
            show_trouble(fault.trouble, Console(stderr=True))
        return FAILED
    return _review(draft, folder, file, yes=yes, force=force, as_json=as_json)


def _review(
    draft: SourceDraft, folder: Path, file: Path | None, *, yes: bool, force: bool, as_json: bool
) -> int:
    """Show the draft, and write it where that is wanted."""
    from newsbeam.pipelines.source.show_source import show_draft
    from newsbeam.pipelines.source.source_file import (
        check_source_text,
        find_poller,
        render_source,
    )
    from newsbeam.pipelines.source.source_json import draft_to_json

    text = render_source(draft)
    file = file or folder / f"{draft.source.id}.yaml"
    check_source_text(text, file.name)
    poller = None if force else find_poller(folder, [feed.url for feed in draft.source.feeds], file)
    if poller is not None:
        raise UsageError(
            f"{poller[0]} polls {poller[1]} already; --force adds it all the same. "
            f"To see whether it works: newsbeam source check {poller[0]}"
        )
    if as_json:
        written = None
        try:
            if yes:
                _write(file, text, force)
                written = file
        finally:
            print(json.dumps(draft_to_json(draft, text, written), ensure_ascii=False, indent=2))
        return DONE
    output = Console()
    show_draft(draft, output)
    say(f"\n{file}:\n{text}", output)
    if not (yes or _ask(output, file)):
        raise CommandFailed("nothing was written")
    _write(file, text, force)
    return DONE


def _write(file: Path, text: str, force: bool) -> None:
    from newsbeam.pipelines.source.source_file import write_source

    try:
        write_source(file, text, force=force)
    except FileExistsError as error:
        raise _refuse_to_replace(file) from error
    say(f"Wrote {file}. Next: newsbeam run {file} --output lake")


def _ask(output: Console, file: Path) -> bool:
    output.print(f"Write {file}? [y/N] ", end="", markup=False, highlight=False, soft_wrap=True)
    try:
        answer = input()
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes", "j", "ja")


def _refuse_to_replace(file: Path) -> UsageError:
    return UsageError(
        f"{file} is there already; --force replaces it, --id or --to writes another. "
        f"To see whether it works: newsbeam source check {file}"
    )


def _choose_place(to: Path | None, source: str | None) -> tuple[Path, Path | None]:
    """The folder to write to, and the file in it where that is given."""
    from newsbeam.pipelines.config.load import SUFFIXES

    if to is not None and to.suffix in SUFFIXES and not to.is_dir():
        return to.parent, to
    folder = to or _find_folder()
    return folder, folder / f"{source}.yaml" if source else None


def _find_folder() -> Path:
    return _SHIPPED if _SHIPPED.is_dir() else Path()


def check(
    sources: Annotated[list[str | Path], Parameter(name="ID|FILE|DIR…")],
    /,
    *,
    configs: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    sample: CountOption = 4,
    lake: Place | None = None,
    as_json: Json = False,
) -> int:
    """Whether sources still work.

    Asks the feeds of sources and reads a few of their articles: are the feeds alive and recent,
    do pages give articles, are their dates and lengths plausible? Exits with 1 where something is
    wrong. Writes nothing.

        newsbeam source check nrk vg --lake lake

    Args:
        sources: an id, a YAML file, or a folder of them
        configs: where ids are looked for (default: configs/sources if that is there, else this
            folder)
        sample: how many articles of each to read (default 4)
        lake: also compare with what these tables hold: silence, drift
        as_json: print JSON
    """
    from newsbeam.pipelines.runners.log import configure_log

    configure_log()
    from newsbeam.pipelines.source.check import check_sources, find_source_files
    from newsbeam.pipelines.source.show_check import checks_to_json, show_checks
    from newsbeam.transforms.records import Clock

    files = find_source_files([str(each) for each in sources], configs or _find_folder())
    checks = check_sources(files, sample, lake, lambda line: say(f"  {line}"), Clock())
    if as_json:
        print(json.dumps(checks_to_json(checks), ensure_ascii=False, indent=2))
    else:
        show_checks(checks, Console())
    return FAILED if any(checked.problems for checked in checks) else DONE


def rename(
    old: Annotated[str, Parameter(name="OLD")],
    new: Annotated[str, Parameter(name="NEW")],
    /,
    *,
    lake: Place,
    as_json: Json = False,
) -> None:
    """Rename a source in a lake.

    Gives all that the tables under DIR have of the source OLD to NEW: articles, rejects, and what
    is remembered of its feeds, so that nothing of them comes in anew under the new id. Articles in
    files that have ids of their own (rows of JSON Lines, CSV and Parquet) come in once more: how
    many is said. Change the id in the source's config, too. Stop runs and schedulers first.

        newsbeam source rename avis avisen --lake lake

    Args:
        old: the id that the source had
        new: the id that it has now
        lake: folder of the tables
        as_json: print JSON
    """
    from newsbeam.pipelines.source.rename import rename_in_lake
    from newsbeam.transforms.records import Clock

    if old == new:
        raise UsageError(f"{old} is its name already")
    try:
        read_source_id(new)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with failing("the source could not be renamed"):
        count = rename_in_lake(lake, old, new, Clock().now())
    if as_json:
        print(json.dumps({"rows": count.rows, "kept_ids": count.kept_ids}, indent=2))
        return
    rows = ", ".join(f"{number:,} of {table}" for table, number in count.rows.items())
    say(f"{old} is {new} now: {rows}", Console())
    if count.kept_ids:
        kept = show_count(count.kept_ids, "document")
        say(
            f"with old ids, as nothing tells their addresses: {kept}; "
            "what is read from files comes in once more",
            Console(),
        )


source = make_command(
    "source", help="Add a news source by its address, check or rename known ones."
)
source.command(make_command("add", add))
source.command(make_command("list", list_sources))
source.command(make_command("copy", copy))
source.command(make_command("import", import_feeds))
source.command(make_command("export", export))
source.command(make_command("check", check))
source.command(make_command("rename", rename))
