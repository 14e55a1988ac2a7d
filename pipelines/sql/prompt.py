"""The prompt of ``newsbeam sql``: statements typed by hand, with history and completion."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
from rich.console import Console

from newsbeam.pipelines.extras import need_extra
from newsbeam.pipelines.sql.run import SqlOptions, run_text
from newsbeam.pipelines.state_folder import state_folder
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.views import VIEWS, list_columns

with need_extra("sql", "the prompt"):
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_FORMATS = ("table", "csv", "json", "jsonl", "markdown")
_HELP = """\
Statements end with ; and may have many lines. Tab completes, the arrow keys bring back what
was asked before, Ctrl-C drops a line, Ctrl-D ends.
  .views          the views and what they hold
  .schema VIEW    a view's columns and their types
  .format FORMAT  how results are shown: {formats}
  .help           this
  .quit           end, as Ctrl-D does"""


class SqlCompleter(Completer):
    """Completes views, columns and keywords; after a dot at the beginning, our commands."""

    def __init__(
        self, columns: Mapping[str, Sequence[tuple[str, str]]], keywords: Sequence[str]
    ) -> None:
        names = dict.fromkeys(columns, "view")
        for view, kinds in columns.items():
            for column, _ in kinds:
                names.setdefault(column, f"column of {view}")
        self._words = [*sorted(names.items()), *((word, "") for word in keywords)]

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """What may stand for the word before the cursor."""
        before = document.text_before_cursor
        if before.startswith("."):
            words = [(f".{name}", "") for name in ("views", "schema", "format", "help", "quit")]
            start = before
        else:
            words, start = self._words, document.get_word_before_cursor(WORD=False)
            if not re.fullmatch(r"\w+", start):
                return
        for word, kind in words:
            if word.lower().startswith(start.lower()):
                yield Completion(word, -len(start), display_meta=kind)


def run_prompt(
    connection: duckdb.DuckDBPyConnection, options: SqlOptions, output: Console, errors: Console
) -> None:
    """Answer until Ctrl-D. A wrong statement does not end it."""
    session: PromptSession[str] = PromptSession(
        history=_open_history(errors),
        completer=SqlCompleter(list_columns(connection), _list_keywords(connection)),
        complete_while_typing=False,
        multiline=True,
        key_bindings=_bind_keys(),
        prompt_continuation="      ... ",
    )
    print_line(output, f"{options.root}: .views lists what is there, .help how to ask.")
    while True:
        try:
            text = session.prompt("newsbeam> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text in {".quit", ".exit"}:
            return
        if text.startswith("."):
            options = _obey(text, connection, options, output)
        elif text.strip("; \n\t"):
            try:
                run_text(connection, text, options, output, errors)
            except NewsbeamError as error:
                print_line(errors, f"newsbeam: {show_safe(str(error), keep_newlines=True)}")
            except KeyboardInterrupt:
                print_line(errors, "newsbeam: interrupted")


def history_file() -> Path:
    """Where the prompt keeps what was typed."""
    return state_folder() / "sql_history"


def is_complete(text: str) -> bool:
    """Whether Enter sends ``text``: it ends with `;`, is a command of ours, or is empty."""
    text = text.strip()
    return not text or text.startswith(".") or text.endswith(";")


def print_line(console: Console, text: str) -> None:
    """Say ``text`` as it is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _obey(
    text: str, connection: duckdb.DuckDBPyConnection, options: SqlOptions, output: Console
) -> SqlOptions:
    """Carry out a command of the prompt; returns the options that hold from now on."""
    command, _, argument = text.partition(" ")
    argument = argument.strip().rstrip(";")
    columns = list_columns(connection)
    if command in {".views", ".tables"}:
        known = {view.name: view.holds for view in VIEWS}
        for name in [*known, *(name for name in columns if name not in known)]:
            print_line(output, f"{name:<10} {known.get(name, 'of this session')}")
    elif command == ".schema" and argument in columns:
        width = max(len(name) for name, _ in columns[argument])
        for name, kind in columns[argument]:
            print_line(output, f"{name:<{width}}  {kind}")
    elif command == ".schema":
        print_line(output, f"give one of: {', '.join(columns)}")
    elif command == ".format" and argument in _FORMATS:
        return replace(options, format=argument, output=None)
    elif command == ".format":
        print_line(output, f"give one of: {', '.join(_FORMATS)}")
    else:
        print_line(output, _HELP.format(formats=", ".join(_FORMATS)))
    return options


def _bind_keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


def _open_history(errors: Console) -> History:
    path = history_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Questions may name people: nobody else's to read.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600))
    except OSError as error:
        print_line(errors, f"newsbeam: what you ask will not be remembered: {error}")
        return InMemoryHistory()
    return FileHistory(str(path))


def _list_keywords(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("SELECT upper(keyword_name) FROM duckdb_keywords() ORDER BY 1")
    return [word for (word,) in rows.fetchall()]
