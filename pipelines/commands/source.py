"""``newsbeam source``: add a news source by its address, and check known ones."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines.beam_log import configure_log
from pipelines.commands.shared import (
    DONE,
    FAILED,
    USAGE,
    Commands,
    local_folder,
    network,
    positive,
    print_error,
)
from pipelines.config import SUFFIXES, load_defaults, load_shipped_languages

if TYPE_CHECKING:
    from pipelines.sources.drafting import SourceDraft

_SHIPPED = Path("configs/sources")


def add_source(commands: Commands) -> None:
    """The command ``source`` with ``add`` and ``check``."""
    source = commands.add_parser(
        "source",
        help="add a news source by its address, or check known ones",
        description="Adds a news source by its address, or checks whether known ones still work.",
        epilog="Example: newsbeam source add https://www.nrk.no",
    )
    kinds = source.add_subparsers(dest="kind", required=True, metavar="WHAT")
    _add_add(kinds)
    _add_check(kinds)


def _add_add(kinds: Commands) -> None:
    add = kinds.add_parser(
        "add",
        help="write the config of a new source",
        description="Finds the feeds of a newspaper from the address of its front page, an "
        "article or a feed, reads a few of its articles, shows what comes of them, and writes a "
        "config to review. Asks before it writes. At most 15 requests to find feeds, and the "
        "sample's pages; one a second. robots.txt is kept to. See docs/new-source.md.",
        epilog="Example: newsbeam source add https://www.nrk.no --contact you@example.org",
    )
    add.add_argument("url", metavar="URL", help="a front page, an article or a feed")
    add.add_argument("--id", metavar="ID", type=source_id,
                     help="the source's id (default: of its domain)")  # fmt: skip
    add.add_argument("--to", type=Path, metavar="PATH",
                     help="the file to write, or its folder (default: configs/sources if that is "
                     "there, else this folder)")  # fmt: skip
    add.add_argument("--sample", type=positive, default=6, metavar="N",
                     help="how many articles to read (default 6)")  # fmt: skip
    add.add_argument("--yes", action="store_true", help="write without asking")
    add.add_argument("--force", action="store_true", help="replace a file that is there")
    add.add_argument("--contact", metavar="ADDRESS", type=contact,
                     help="page or mailbox of yours, for the people who run the site")  # fmt: skip
    add.add_argument("--allow-address", action="append", default=[], metavar="NET", type=network,
                     help="an IP address or network that is not public (tests, intranets); may "
                     "be repeated")  # fmt: skip
    add.add_argument("--json", action="store_true",
                     help="print JSON; writes only with --yes")  # fmt: skip
    add.set_defaults(command=_add)


def _add_check(kinds: Commands) -> None:
    check = kinds.add_parser(
        "check",
        help="whether sources still work",
        description="Asks the feeds of sources and reads a few of their articles: are the feeds "
        "alive and recent, do pages give articles, are their dates and lengths plausible? Exits "
        "with 1 where something is wrong. Writes nothing.",
        epilog="Example: newsbeam source check nrk vg --lake lake",
    )
    check.add_argument("sources", nargs="+", metavar="ID|FILE", help="an id, or a YAML file")
    check.add_argument("--configs", type=Path, metavar="DIR",
                       help="where ids are looked for (default: configs/sources if that is there, "
                       "else this folder)")  # fmt: skip
    check.add_argument("--sample", type=positive, default=4, metavar="N",
                       help="how many articles of each to read (default 4)")  # fmt: skip
    check.add_argument("--lake", type=local_folder, metavar="DIR",
                       help="also compare with what these tables hold: silence, drift")  # fmt: skip
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(command=_check)


def source_id(text: str) -> str:
    """The value of ``--id``, for argparse."""
    from transforms.settings import SOURCE_ID

    if not re.fullmatch(SOURCE_ID, text):
        raise argparse.ArgumentTypeError(
            f"{text!r}: small letters, digits, - and _, the first a letter or digit, 64 at most"
        )
    return text


def contact(text: str) -> str:
    """The value of ``--contact``, for argparse."""
    if len(text) < 3 or not (text.isascii() and text.isprintable()):
        raise argparse.ArgumentTypeError("a page's or mailbox's address, in ASCII")
    return text


def _add(options: argparse.Namespace, errors: Console) -> int:
    folder, file = _choose_place(options.to)
    can_ask = sys.stdin.isatty() and sys.stdout.isatty()
    if not (options.yes or options.json or can_ask):
        print_error(
            errors,
            "newsbeam: nobody can be asked here whether to write: give --yes, or --json to only "
            "look",
        )
        return USAGE
    if file is None and options.id:
        file = folder / f"{options.id}.yaml"
    if file is not None and file.exists() and not options.force:
        return _refuse_to_replace(file, errors)
    defaults = load_defaults(folder)
    languages = load_shipped_languages()
    configure_log()
    # These take long to import: not before the arguments are known to be right.
    from pipelines.sources.add import explore_source
    from pipelines.sources.drafting import Wishes
    from pipelines.sources.show_source import show_draft, show_trouble
    from pipelines.sources.source_file import (
        check_source_text,
        find_poller,
        list_ids,
        render_source,
    )
    from pipelines.sources.source_json import draft_to_json, trouble_to_json
    from pipelines.sources.trouble import SourceTrouble
    from pipelines.terminal_text import show_safe
    from transforms.clock import Clock

    wishes = Wishes(options.id, tuple(options.allow_address), options.contact)
    taken = () if options.force or file is not None else tuple(list_ids(folder))
    if not options.json:
        print_error(errors, "At most 15 requests for feeds and "
                    f"{options.sample} for articles, one after the other.")  # fmt: skip
    try:
        draft = explore_source(
            options.url,
            wishes,
            options.sample,
            defaults,
            languages,
            taken,
            lambda line: print_error(errors, f"  {show_safe(line)}"),
            Clock(),
        )
    except SourceTrouble as fault:
        if options.json:
            print(json.dumps(trouble_to_json(fault.trouble), ensure_ascii=False, indent=2))
        else:
            show_trouble(fault.trouble, errors)
        return FAILED
    text = render_source(draft)
    file = file or folder / f"{draft.source.id}.yaml"
    check_source_text(text, file.name)
    poller = None if options.force else find_poller(folder, draft.given["feeds"], file)
    if poller is not None:
        print_error(
            errors,
            f"newsbeam: {poller[0]} polls {poller[1]} already; --force adds it all the same. "
            f"To see whether it works: newsbeam source check {poller[0]}",
        )
        return USAGE
    output = Console()
    if not options.json:
        show_draft(draft, output)
        output.print(f"\n{file}:", markup=False, highlight=False, soft_wrap=True)
        output.print(text, markup=False, highlight=False, soft_wrap=True)
    is_wanted = options.yes or (not options.json and _ask(output, file))
    code = _write(file, text, draft, options, errors) if is_wanted else None
    if options.json:
        written = file if code == DONE else None
        print(json.dumps(draft_to_json(draft, text, written), ensure_ascii=False, indent=2))
        return DONE if code is None else code
    if code is None:
        print_error(errors, "newsbeam: nothing was written")
        return FAILED
    return code


def _write(
    file: Path, text: str, draft: SourceDraft, options: argparse.Namespace, errors: Console
) -> int:
    from pipelines.sources.source_file import write_source

    try:
        write_source(file, text, force=options.force)
    except FileExistsError:
        return _refuse_to_replace(file, errors)
    except OSError as error:
        print_error(errors, f"newsbeam: {error}")
        return FAILED
    print_error(errors, f"Wrote {file}. Next: newsbeam run {file} --output lake")
    return DONE


def _ask(output: Console, file: Path) -> bool:
    output.print(f"Write {file}? [y/N] ", end="", markup=False, highlight=False, soft_wrap=True)
    try:
        answer = input()
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes", "j", "ja")


def _refuse_to_replace(file: Path, errors: Console) -> int:
    print_error(
        errors,
        f"newsbeam: {file} is there already; --force replaces it, --id or --to writes another. "
        f"To see whether it works: newsbeam source check {file}",
    )
    return USAGE


def _choose_place(to: Path | None) -> tuple[Path, Path | None]:
    """The folder to write to, and the file in it where that is given."""
    if to is None:
        return (_SHIPPED if _SHIPPED.is_dir() else Path()), None
    if to.suffix in SUFFIXES and not to.is_dir():
        return to.parent, to
    return to, None


def _check(options: argparse.Namespace, errors: Console) -> int:
    configure_log()
    from pipelines.monitoring.status import NoLakeError
    from pipelines.sources.check import UnknownSource, check_sources, find_source_files
    from pipelines.sources.show_check import checks_to_json, show_checks
    from pipelines.terminal_text import show_safe
    from transforms.clock import Clock

    folder = options.configs or (_SHIPPED if _SHIPPED.is_dir() else Path())
    try:
        files = find_source_files(options.sources, folder)
        checks = check_sources(
            files,
            options.sample,
            options.lake,
            lambda line: print_error(errors, f"  {show_safe(line)}"),
            Clock(),
        )
    except (UnknownSource, NoLakeError) as fault:
        print_error(errors, f"newsbeam: {fault}")
        return USAGE
    if options.json:
        print(json.dumps(checks_to_json(checks), ensure_ascii=False, indent=2))
    else:
        show_checks(checks, Console())
    return FAILED if any(check.problems for check in checks) else DONE
