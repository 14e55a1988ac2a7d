"""``newsbeam preview``: one article, with all that a run would make of it."""

from __future__ import annotations

import argparse
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
    network,
    positive,
    print_error,
)

if TYPE_CHECKING:
    from pipelines.preview.chosen_source import ChosenSource
    from transforms.records import Document, Rejection


def add_preview(commands: Commands) -> None:
    """The command ``preview``."""
    preview = commands.add_parser(
        "preview",
        help="look at one article: what is kept, removed and found",
        description="Reads one article as a run would and shows it: the lines that are kept and "
        "those that are removed, with the rule that removes them; entities; quotes with their "
        "speakers; what is known of it and from where. Nothing is written. Exits with 1 where the "
        "article would be rejected.",
        epilog="Example: newsbeam preview https://example.org/news/1 --source avisen",
    )
    preview.add_argument("article", metavar="URL|FILE",
                         help="address of an article, or a file in any format that sources may "
                         "have (.html, .txt, .jsonl, .warc); - is standard input")  # fmt: skip
    preview.add_argument("--source", metavar="ID|CONFIG",
                         help="read it as this source: its id, or its YAML file (default: a source "
                         "without settings)")  # fmt: skip
    preview.add_argument("--configs", type=Path, metavar="FOLDER",
                         help="where --source ID is looked for, with the folders in it (default: "
                         "configs if that is there, else this folder)")  # fmt: skip
    preview.add_argument("--item", type=positive, default=1, metavar="N",
                         help="of a file with many articles, which one (default 1)")  # fmt: skip
    form = preview.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--html", nargs="?", const="-", metavar="FILE",
                      help="write a page for the browser there; without FILE, to standard "
                      "output")  # fmt: skip
    preview.add_argument("--no-color", action="store_true",
                         help="brackets in place of colours (also with NO_COLOR set, and where "
                         "output is no terminal)")  # fmt: skip
    preview.add_argument("--allow-address", action="append", type=network, default=[],
                         metavar="NET",
                         help="connect to this address or network although it is not public; may "
                         "be repeated")  # fmt: skip
    preview.set_defaults(command=_preview)


def _preview(options: argparse.Namespace, errors: Console) -> int:
    configure_log()
    from pipelines.preview.chosen_source import UnknownSourceError, choose_source
    from pipelines.preview.documents import NoItemError

    try:
        chosen = choose_source(options.source, options.configs)
        document = _load(options, chosen)
        return _show(options, chosen, document, errors)
    except (UnknownSourceError, NoItemError) as error:
        print_error(errors, f"newsbeam: {error}")
        return USAGE
    except OSError as error:
        print_error(
            errors, f"newsbeam: {error.filename or options.article}: {error.strerror or error}"
        )
        if isinstance(error, FileNotFoundError) and error.filename == options.article:
            print_error(errors, "An address begins with https:// or http://.")
        return USAGE if isinstance(error, FileNotFoundError | IsADirectoryError) else FAILED


def _load(options: argparse.Namespace, chosen: ChosenSource) -> Document | Rejection:
    from pipelines.preview.documents import (
        STANDARD_INPUT,
        allow_addresses,
        fetch_document,
        is_address,
        read_document,
        read_stream,
    )

    if is_address(options.article):
        source = allow_addresses(chosen.source, tuple(options.allow_address))
        return fetch_document(options.article, source)
    if options.article == STANDARD_INPUT:
        return read_stream(sys.stdin.buffer, chosen.source, options.item)
    return read_document(Path(options.article), chosen, options.item)


def _show(
    options: argparse.Namespace,
    chosen: ChosenSource,
    document: Document | Rejection,
    errors: Console,
) -> int:
    from pipelines.examination import examine_document
    from pipelines.preview.json_object import make_json, make_rejection_json
    from pipelines.preview.page import make_page
    from pipelines.preview.terminal import print_view
    from pipelines.preview.view import make_view, view_rejection
    from transforms.records import Rejection

    source = chosen.source
    if isinstance(document, Rejection):
        view, json_text = view_rejection(document, source), make_rejection_json(document)
    else:
        examination = examine_document(document, source, chosen.languages)
        view, json_text = make_view(examination, source), make_json(examination, source.id)
    if options.json:
        print(json_text)
    elif options.html == "-":
        print(make_page(view), end="")
    elif options.html is not None:
        Path(options.html).write_text(make_page(view), encoding="utf-8")
        print_error(errors, f"wrote {options.html}")
    else:
        print_view(view, Console(no_color=True) if options.no_color else Console())
    rejection = view.rejection
    if rejection is None:
        return DONE
    print_error(errors, f"newsbeam: rejected: {rejection.reason}: {rejection.detail}")
    return FAILED
