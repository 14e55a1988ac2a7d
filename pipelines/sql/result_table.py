"""A query's result as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from rich.console import Console
from rich.text import Text

from newsbeam.pipelines.sql.result import ResultRow
from newsbeam.pipelines.sql.values import to_text
from newsbeam.pipelines.terminal_text import show_safe

# A column narrower than this says little; where the columns do not fit so, a row becomes a
# block of lines. Ours.
_LEAST_WIDTH = 10
_GAP = 2


def show_table(
    names: Sequence[str], rows: Iterator[ResultRow], output: Console, limit: int | None
) -> tuple[int, int]:
    """Print the first ``limit`` rows (``None``: all); returns how many were shown and are there.

    Cells are cut to the console's width, where it is a terminal.
    """
    shown = list(islice(rows, limit))
    count = len(shown) + sum(1 for _ in rows)
    width = output.width if output.is_terminal else None
    headings = [Text(show_safe(name), style="bold") for name in names]
    cells = [[_make_cell(value, width) for value in row] for row in shown]
    widths = [
        max(column.cell_len for column in columns) for columns in zip(headings, *cells, strict=True)
    ]
    if width is not None:
        if sum(min(wanted, _LEAST_WIDTH) + _GAP for wanted in widths) - _GAP > width:
            _show_blocks(headings, cells, output, width)
            return len(shown), count
        widths = fit_widths(widths, width - _GAP * (len(widths) - 1))
    numbers = [_is_number(row[at] for row in shown) for at in range(len(names))]
    _show_line(headings, widths, numbers, output)
    _show_line([Text("─" * each) for each in widths], widths, numbers, output)
    for row in cells:
        _show_line(row, widths, numbers, output)
    return len(shown), count


def fit_widths(wanted: Sequence[int], room: int) -> list[int]:
    """``wanted`` widths, of which the widest are cut to one width so that all fit the ``room``."""
    cut = max(wanted, default=0)
    while cut > 1 and sum(min(each, cut) for each in wanted) > room:
        cut -= 1
    return [min(each, cut) for each in wanted]


def _show_line(
    cells: Sequence[Text], widths: Sequence[int], numbers: Sequence[bool], output: Console
) -> None:
    line = Text()
    for cell, width, is_number in zip(cells, widths, numbers, strict=True):
        shown = cell.copy()
        shown.truncate(width, overflow="ellipsis")
        padding = " " * (width - shown.cell_len)
        line.append_text(Text.assemble(padding, shown) if is_number else shown)
        line.append(" " * _GAP if is_number else padding + " " * _GAP)
    line.rstrip()
    output.print(line, soft_wrap=True)


def _make_cell(value: Any, width: int | None) -> Text:
    if value is None:
        return Text("null", style="dim")
    # Cut before it is made safe: a whole article would be looked at for 100 characters.
    text = to_text(value)
    is_cut = width is not None and len(text) > width
    safe = show_safe((text[:width] if is_cut else text).replace("\r\n", "\n").replace("\n", " ⏎ "))
    return Text(safe + "…" if is_cut else safe, no_wrap=True, overflow="ellipsis")


def _show_blocks(
    headings: Sequence[Text], cells: Sequence[Sequence[Text]], output: Console, width: int
) -> None:
    longest = max(heading.cell_len for heading in headings)
    for number, row in enumerate(cells, 1):
        output.print(Text(f"── {number} ".ljust(min(width, 60), "─"), style="dim"))
        for heading, cell in zip(headings, row, strict=True):
            padding = " " * (longest - heading.cell_len)
            line = Text.assemble(heading, padding + "  ", cell)
            line.truncate(width, overflow="ellipsis")
            output.print(line, no_wrap=True)


def _is_number(values: Iterator[Any]) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in there
    )
