"""What is wrong with a query, and which views and columns might have been meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.lake.views import VIEWS

_TABLE = re.compile(r"Table with name \"?([^\s\"]+)\"? does not exist")
_COLUMN = re.compile(
    r"Referenced column \"([^\"]+)\" (?:was )?not found|does not have a column named \"([^\"]+)\""
)
# DuckDB's own guesses name its catalogue, which is of no use here.
_GUESS = re.compile(r"\nDid you mean \"[^\n]*")
_FAILURES = ("IO Error", "Out of Memory Error", "INTERNAL Error", "FATAL Error", "Interrupted")


def is_failure(message: str) -> bool:
    """Whether DuckDB says that the query may be right, and the lake or the machine is at fault."""
    return message.startswith(_FAILURES)


def explain_query_error(message: str, columns: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """DuckDB's message, which shows the place, and what may have been meant; safe to print.

    ``columns`` are those of the views, as ``list_columns`` tells them.
    """
    message = message.strip()
    lines = []
    if found := _TABLE.search(message):
        message = _GUESS.sub("", message)
        near = get_close_matches(found[1].lower(), columns, n=3, cutoff=0.6)
        if near:
            lines.append(f"Near it: {', '.join(near)}")
        lines += ["The views:", *(f"  {view.name:<10} {view.holds}" for view in VIEWS)]
    elif found := _COLUMN.search(message):
        lines = _find_near((found[1] or found[2]).lower(), columns)
    if message.startswith("IO Error"):
        lines.append("If the lake was vacuumed meanwhile, ask again.")
    return show_safe("\n".join([message, *lines]), keep_newlines=True)


def _find_near(name: str, columns: Mapping[str, Sequence[tuple[str, str]]]) -> list[str]:
    known = {column for kinds in columns.values() for column, _ in kinds}
    near = get_close_matches(name, known, n=4, cutoff=0.65)
    lines = []
    for column in near:
        views = [view for view, kinds in columns.items() if column in dict(kinds)]
        lines.append(f"  {column}: in {', '.join(views)}")
    return ["Columns near it:", *lines] if lines else []
