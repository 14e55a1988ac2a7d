"""JSON Lines: one article a line (https://jsonlines.org, RFC 8259)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.read.row_fields import describe_type, read_row
from newsbeam.transforms.records import Document, Rejection

_SKIP_BYTES = 65_536
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _iterate_line(file: BinaryIO, max_bytes: int) -> Iterator[bytes | None]:
    """Yield each line without its end; ``None`` for a line of more than ``max_bytes`` bytes."""
    while line := file.readline(max_bytes + 2):
        complete = line.endswith(b"\n")
        content = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(content) <= max_bytes:
            yield content
            continue
        del line, content
        while not complete and (rest := file.readline(_SKIP_BYTES)):
            complete = rest.endswith(b"\n")
        yield None


def read_json_line(line: bytes, item: InputFile, origin: str) -> Document | Rejection:
    """Read one line (without its end): an object whose fields ``read_row`` understands.

    A line that is not UTF-8 is rejected rather than guessed at: JSON is UTF-8 by definition, and
    one line is too little to tell code pages apart.
    """
    try:
        # NUL never stands in JSON: UTF-16 read as bytes.
        text = line.decode("utf-8") if b"\0" not in line else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        return item.reject(
            "unknown_encoding", "not UTF-8, which JSON has to be; convert the file", origin
        )
    try:
        fields = json.loads(text)
    except RecursionError:
        return item.reject("invalid_json", "nested too deeply", origin)
    except ValueError as error:
        return item.reject("invalid_json", str(error), origin)
    if not isinstance(fields, dict):
        detail = f"a line must be a JSON object, not {describe_type(fields)}"
        return item.reject("invalid_json", detail, origin)
    return read_row(fields, line, item, origin)


def read_json_lines(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read JSON Lines: one outcome for every line that is not blank.

    A line of more than ``item.max_bytes`` bytes is skipped without being held in memory. A file
    without any line is rejected as ``empty``.
    """
    is_empty = True
    for number, line in enumerate(_iterate_line(file, item.max_bytes), start=1):
        origin = f"{item.path}#L{number}"
        if line is None:
            is_empty = False
            yield item.reject_too_large(origin)
            continue
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if content.strip():
            is_empty = False
            yield read_json_line(content, item, origin)
    if is_empty:
        yield item.reject_empty()
