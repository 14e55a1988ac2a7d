"""From lines of CSV to the values of rows, where quotation marks may be what they are in texts."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator


class CsvLines(Iterator[str]):
    """Lines that a reader takes and that may be given back.

    ``taken`` are those since it was last emptied, ``number`` counts those that were taken in all.
    ``is_over``: one more was asked for than there are.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self.is_over = False

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines, None)
        if line is None:
            self.is_over = True
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self, count: int) -> None:
        """Have the last ``count`` of the lines ``taken`` still to come."""
        back = self.taken[len(self.taken) - count :]
        self._back.extendleft(reversed(back))
        self.number -= count
        self.is_over = False


def iterate_values(lines: CsvLines, delimiter: str) -> Iterator[list[str]]:
    """The values of each row, of which the first are the names.

    A quoted value may go over several lines. Between tabs, marks are part of the text where a row
    is no proper CSV with them as quotes, and has a value for each name without.

    Raises:
        csv.Error: a mark is never closed, or a value is too long.
    """
    rows = csv.reader(lines, delimiter=delimiter)
    width = 0
    while True:
        lines.taken.clear()
        lines.is_over = False
        began = lines.number + 1
        fault: csv.Error | None = None
        values: list[str] | None = []
        try:
            values = next(rows, None)
        except csv.Error as error:
            fault = error
        if values is None:
            return
        taken = lines.taken
        if width and delimiter == "\t" and any('"' in line for line in taken):
            plain = _split_plain(taken[0])
            is_read = fault is None and not lines.is_over and _is_proper(taken, width)
            if len(plain) == width and not is_read:
                lines.give_back(len(taken) - 1)
                values, fault = plain, None
        if fault is not None:
            raise fault
        if lines.is_over:
            raise csv.Error(
                f"the quotation mark that opens in this row (line {began} of the file) is never "
                "closed"
            )
        width = width or len(values)
        yield values


def _is_proper(taken: list[str], width: int) -> bool:
    """Whether quotes in the lines of one row stand around values alone, which fit the header."""
    try:
        (values,) = csv.reader(taken, delimiter="\t", strict=True)
    except (csv.Error, ValueError):
        return False
    lines = [_split_plain(line) for line in taken]
    # A line within a text may begin with a tab; what begins with a value is a row.
    looks_like_rows = len(lines) > 1 and all(len(row) == width and row[0] for row in lines)
    return len(values) <= width and not looks_like_rows


def _split_plain(line: str) -> list[str]:
    return line.rstrip("\r\n").split("\t")
