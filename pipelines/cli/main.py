"""The command line."""

from __future__ import annotations

import difflib
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cyclopts import (
    App,
    CycloptsError,
    Group,
    MissingArgumentError,
    UnknownCommandError,
    UnusedCliTokensError,
)
from rich.console import Console

from newsbeam.pipelines.cli.annotate import annotate_command
from newsbeam.pipelines.cli.arguments import make_command
from newsbeam.pipelines.cli.backfill import backfill
from newsbeam.pipelines.cli.check import check_command
from newsbeam.pipelines.cli.completion import Shell, make_completion
from newsbeam.pipelines.cli.languages import languages
from newsbeam.pipelines.cli.learn import learn_boilerplate_command
from newsbeam.pipelines.cli.log_json import log_as_json, take_flag
from newsbeam.pipelines.cli.maintain import maintain
from newsbeam.pipelines.cli.people import people
from newsbeam.pipelines.cli.plain_help import PlainHelp
from newsbeam.pipelines.cli.preview import preview_command
from newsbeam.pipelines.cli.repair import repair
from newsbeam.pipelines.cli.report import report
from newsbeam.pipelines.cli.run import retry, run
from newsbeam.pipelines.cli.schedule import schedule
from newsbeam.pipelines.cli.shared import DONE, FAILED, USAGE, UsageError, say
from newsbeam.pipelines.cli.source import source
from newsbeam.pipelines.cli.sql import sql
from newsbeam.pipelines.cli.status import status
from newsbeam.pipelines.cli.stories import stories
from newsbeam.pipelines.cli.stream import stream
from newsbeam.pipelines.runners.traces import name_trace
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.text.counts import show_count


def _complete(shell: Shell) -> str:
    return str(app.generate_completion(shell=shell))


# What a newcomer does first stands first.
GROUPS: dict[str, tuple[App | Callable[..., int | None], ...]] = {
    "Try and add sources": (preview_command, source),
    "Gather articles": (run, schedule, stream, backfill, retry),
    "Look at what came": (report, sql, people, status),
    "Look after a lake": (
        maintain,
        check_command,
        repair,
        learn_boilerplate_command,
        stories,
    ),
    "More": (annotate_command, languages, make_completion(_complete)),
}
_DESCRIPTION = """\
newsbeam reads news from feeds and files, cuts the boilerplate away, finds the people,
organisations and places in it and who said what, and writes Parquet tables.

CONFIG is a source's YAML file, DIR the folder of the tables (a lake). Exit codes: 0 done, 1
failed, 2 wrong usage. Results go to standard output, progress and errors to standard error, with
--log-json (any command takes it) as JSON lines.
"""
START = """\
Start here:
  newsbeam run seeds --output lake             two sample articles, into lake/
  newsbeam report lake --open                  look at them in the browser
  newsbeam source list                         the newspapers that it knows
  newsbeam source add https://www.example.org  a newspaper of your own
  newsbeam preview article.html                what becomes of one article
  newsbeam run --help                          all about a command"""
_FLAGS = ("--help", "--version")
# Before a word that looks like an option and is none. No argument of a process can have it.
_WORD = "\0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 failed, 2 wrong usage)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Python looks for cycles at every 700 new objects, which was a fifth of the time of commands
    # that read many configs; what is loaded at the start stays, so there is little to find.
    gc.set_threshold(10_000)
    with log_as_json(take_flag(words)):
        return _run_and_tell(words)


def _run_and_tell(arguments: list[str]) -> int:
    try:
        return _run(arguments)
    except CycloptsError as error:
        say(_explain(error))
        return USAGE
    except NewsbeamError as error:
        _tell(error, name_trace(error))
        return USAGE if error.is_usage else FAILED
    except KeyboardInterrupt:
        say("newsbeam: interrupted")
        return FAILED
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough; keep Python from saying more.
        sys.stderr.close()
        return DONE
    except OSError as error:
        say(f"newsbeam: {error}")
        return FAILED


def make_app() -> App:
    """All commands."""
    app = make_command("newsbeam", help=_DESCRIPTION)
    app.version = _show_version
    app.help_epilogue = START
    app.help_format = "plaintext"
    app.help_formatter = PlainHelp()
    app.end_of_options_delimiter = ""
    for flag in _FLAGS:
        app[flag].show = False
    for title, commands in GROUPS.items():
        group = Group.create_ordered(title)
        for place, command in enumerate(commands):
            if not isinstance(command, App):
                command = make_command(
                    command.__name__.removesuffix("_command").replace("_", "-"), command
                )
            command.group, command.sort_key, command.help_epilogue = group, place, ""
            app.command(command)
    return app


def _run(arguments: list[str]) -> int:
    beam: tuple[str, ...] = ()
    if "--" in arguments:
        at = arguments.index("--")
        arguments, beam = arguments[:at], tuple(arguments[at + 1 :])
    tokens = [f"{_WORD}{word}" if _is_word(word) else word for word in arguments]
    command, bound, left_out = app.parse_args(tokens, exit_on_error=False, print_error=False)
    if command == app.help_print and not {"-h", "--help"} & set(arguments):
        app.help_print(tokens, console=Console(stderr=True))
        return USAGE
    for name, value in bound.arguments.items():
        bound.arguments[name] = _unmark(value)
    if "beam" in left_out:
        bound.arguments["beam"] = beam
    elif beam:
        raise UsageError("this command passes nothing on to Beam: leave out what stands behind --")
    return command(*bound.args, **bound.kwargs) or DONE


def _tell(error: NewsbeamError, trace: str) -> None:
    faults = getattr(error, "faults", None)  # of a ConfigError, whose module takes long to import
    if faults is None:
        say(f"newsbeam: {error}{trace}")
    else:
        say("\n".join(map(str, faults)))
        say(f"newsbeam: {show_count(len(faults), 'fault')} in the configuration")


def _is_word(text: str) -> bool:
    """Whether ``text`` looks like an option and is none: -, or a query that begins with it."""
    return text == "-" or (text.startswith("-") and " " in text.partition("=")[0])


def _unmark(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmark(each) for each in value]
    if isinstance(value, str | Path):
        return type(value)(str(value).removeprefix(_WORD))
    return value


def _explain(error: CycloptsError) -> str:
    """One line: what is wrong with the arguments, what may be meant, where more stands."""
    command = " ".join(["newsbeam", *(error.command_chain or ())])
    text = str(error).replace(_WORD, "").partition(" Available commands:")[0]
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        given = error.keyword
        text = f"{given} needs a value" if given else f"{error.argument.name} is missing"
    elif isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        text = f'Unexpected argument "{error.unused_tokens[0]}"'
    elif isinstance(error, UnknownCommandError) and error.unused_tokens:
        word = error.unused_tokens[0]
        if word.startswith("-"):
            close = difflib.get_close_matches(word, _FLAGS, 1)
            text = f"Unknown option: {word}.{''.join(f' Did you mean {flag}?' for flag in close)}"
    stop = "" if text.endswith((".", "?")) else "."
    return f"{command}: {text}{stop} See {command} --help"


def _show_version() -> str:
    from importlib.metadata import version

    return f"newsbeam {version('newsbeam')}"


app: App = make_app()

if __name__ == "__main__":
    sys.exit(main())
