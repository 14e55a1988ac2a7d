"""``newsbeam preview``: one article, with all that a run would make of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import CountOption, Json, Networks
from newsbeam.pipelines.cli.shared import CommandFailed, UsageError, say

if TYPE_CHECKING:
    from newsbeam.pipelines.preview.chosen_source import ChosenSource
    from newsbeam.pipelines.preview.view import View
    from newsbeam.transforms.records import Document, Rejection


def preview_command(
    article: Annotated[str | Path, Parameter(name="URL|FILE")],
    /,
    *,
    source: Annotated[str | Path | None, Parameter(metavar="ID|CONFIG")] = None,
    configs: Annotated[Path | None, Parameter(metavar="FOLDER")] = None,
    config: Annotated[Path | None, Parameter(metavar="DIR|FILE")] = None,
    item: CountOption = 1,
    as_json: Json = False,
    html: Annotated[
        Sequence[Path] | None, Parameter(metavar="[FILE]", consume_multiple=(0, 1))
    ] = None,
    no_color: bool = False,
    allow_address: Networks = (),
) -> None:
    """Look at one article: what is kept, removed and found.

    Reads one article as a run would and shows it: the lines that are kept and those that are
    removed, with the rule that removes them; entities; quotes and reported statements with their
    speakers; what is known of it and from where. Nothing is written. Exits with 1 where the
    article would be rejected.

        newsbeam preview https://example.org/news/1 --source avisen

    Args:
        article: address of an article, or a file in any format that sources may have (.html, .txt,
            .jsonl, .warc); - is standard input
        source: read it as this source: its id, or its YAML file (default: a source without
            settings)
        configs: where --source ID is looked for, with the folders in it (default: configs if that
            is there, else this folder)
        config: read it by this YAML of a source, or as a new source in this folder, whose
            defaults.yaml and languages/ hold
        item: of a file with many articles, which one (default 1)
        as_json: print one JSON object
        html: write a page for the browser there; without FILE, to standard output
        no_color: brackets in place of colours (also with NO_COLOR set, and where output is no
            terminal)
        allow_address: connect to this address or network although it is not public; may be repeated
    """
    if as_json and html is not None:
        raise UsageError("give --json or --html, not both")
    if config is not None and source is not None:
        raise UsageError("give --source or --config, not both")
    from newsbeam.pipelines.runners.log import configure_log

    configure_log()
    from newsbeam.pipelines.preview.chosen_source import choose_source

    place = str(article)
    try:
        chosen = choose_source(config or (None if source is None else str(source)), configs)
        document = _load(place, chosen, item, allow_address)
        view, json_text = _look_at(document, chosen)
        if as_json:
            print(json_text)
        elif html is None:
            _print_view(view, no_color)
        else:
            _write_page(view, *html)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _explain(error, place) from error
    if view.rejection is not None:
        raise CommandFailed(f"rejected: {view.rejection.reason}: {view.rejection.detail}")


def _load(
    place: str, chosen: ChosenSource, item: int, networks: tuple[str, ...]
) -> Document | Rejection:
    from newsbeam.pipelines.preview.documents import (
        STANDARD_INPUT,
        allow_addresses,
        fetch_document,
        is_address,
        read_document,
        read_stream,
    )

    if is_address(place):
        return fetch_document(place, allow_addresses(chosen.source, networks))
    if place == STANDARD_INPUT:
        return read_stream(sys.stdin.buffer, chosen.source, item)
    return read_document(Path(place), chosen, item)


def _look_at(document: Document | Rejection, chosen: ChosenSource) -> tuple[View, str]:
    """What is shown of the document, for people and as JSON."""
    from newsbeam.pipelines.preview.examine import examine_document
    from newsbeam.pipelines.preview.json_object import make_json, make_rejection_json
    from newsbeam.pipelines.preview.view import make_view, view_rejection
    from newsbeam.transforms.records import Rejection

    source = chosen.source
    if isinstance(document, Rejection):
        return view_rejection(document, source), make_rejection_json(document)
    examination = examine_document(document, source, chosen.languages)
    return make_view(examination, source), make_json(examination, source.id)


def _print_view(view: View, no_color: bool) -> None:
    from newsbeam.pipelines.preview.terminal import print_view

    print_view(view, Console(no_color=True) if no_color else Console())


def _write_page(view: View, file: Path = Path("-")) -> None:
    from newsbeam.pipelines.preview.page import make_page

    if file == Path("-"):
        print(make_page(view), end="")
    else:
        file.write_text(make_page(view), encoding="utf-8")
        say(f"wrote {file}")


def _explain(error: OSError, place: str) -> UsageError | CommandFailed:
    message = f"{error.filename or place}: {error.strerror or error}"
    if isinstance(error, FileNotFoundError) and error.filename == place:
        message += "\nAn address begins with https:// or http://."
    is_usage = isinstance(error, FileNotFoundError | IsADirectoryError)
    return UsageError(message) if is_usage else CommandFailed(message)
