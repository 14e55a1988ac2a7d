"""``newsbeam languages``: what each language has, and how well its quotes are found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import File, Json, make_command
from newsbeam.pipelines.cli.shared import UsageError

Config = Annotated[
    Path | None,
    Parameter(
        metavar="DIR|FILE",
        help="a source's YAML, or a folder with defaults.yaml and languages/: also what they bring",
    ),
]


def list_command(*, config: Config = None, as_json: Json = False) -> None:
    """List the languages, and what each of them has.

    Boilerplate rules, a quote lexicon, a spaCy pipeline for entities. See docs/languages.md.

        newsbeam languages --config sources

    Args:
        as_json: print JSON
    """
    from newsbeam.pipelines.languages.listing import (
        dump_languages,
        list_languages,
        show_languages,
    )
    from newsbeam.pipelines.preview.chosen_source import choose_source

    chosen = choose_source(config)
    rows = list_languages(chosen.languages, chosen.source.enrich.pipelines)
    if as_json:
        print(dump_languages(rows))
    else:
        show_languages(rows, Console())


def check_lexicon(
    language: Annotated[str, Parameter(name="TAG", help="the language, as da or nb")],
    file: Annotated[File, Parameter(name="FILE", help="JSON Lines with marked quotes")],
    /,
    *,
    config: Config = None,
) -> None:
    """Score a language's quotes against texts whose quotes you marked.

    Each line of FILE is a JSON object {"text", "quotes": [{"text", "speaker"}]}, where a quote's
    text stands in the text and its speaker is the fullest name there, or null. Prints what is not
    as marked, and how much is.

        newsbeam languages check da marked.jsonl --config sources
    """
    from newsbeam.pipelines.languages.check import read_gold, score_quotes, show_score
    from newsbeam.pipelines.missing import explain_language
    from newsbeam.pipelines.preview.chosen_source import choose_source
    from newsbeam.transforms.settings.language import list_missing

    chosen = choose_source(config)
    settings = chosen.source.enrich
    missing = list_missing(language, chosen.languages, settings.pipelines)
    if "quotes" in missing:
        raise UsageError(explain_language(language, ("quotes",)))
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 ({error.reason}); save it as UTF-8") from error
    for line in show_score(score_quotes(read_gold(lines), language, chosen.languages, settings)):
        print(line)


languages = make_command("languages", list_command)
languages.command(make_command("check", check_lexicon))
