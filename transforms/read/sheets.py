"""Rows of CSV and Parquet files: one article a row."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.transforms.read.csv_values import CsvLines, iterate_values
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.read.row_fields import read_row
from newsbeam.transforms.records import Document, Rejection
from newsbeam.transforms.text.counts import show_count

# By what a file's header has the most of.
_DELIMITERS = ",;\t|"
# As spreadsheets write it where the language of the system would separate otherwise.
_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)
_MARKS_OF_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AS_WINDOWS = "newsbeam.windows-1252"
# Rows at once of a Parquet file, so that a few of the largest fit into memory.
_BATCH = 64


def read_csv(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read CSV with a header: one outcome for every row that is not blank.

    In UTF-16 with a byte order mark, else in UTF-8, whose bytes that are none are Windows-1252,
    which spreadsheets write; separated by what a first line ``sep=;`` says, else by commas,
    semicolons, tabs or bars, whichever the header has most of. A value that is a JSON list of
    strings is a list. A file without a header, or without rows, is rejected as ``empty``. ``file``
    must be seekable.
    """
    csv.field_size_limit(max(item.max_bytes, 131_072))
    encoding = _find_encoding(file)
    text = io.TextIOWrapper(file, encoding=encoding, errors=_AS_WINDOWS, newline="")
    number = 0
    try:
        lines = CsvLines(_iterate_line(text, item.max_bytes))
        header, delimiter = _find_header(lines)
        if not header.strip():
            yield item.reject_empty()
            return
        if "\0" in header:
            told = "NUL in the header, as in UTF-16 without a mark; save the file as UTF-8"
            yield item.reject("unknown_encoding", told)
            return
        rows = iterate_values(lines, delimiter)
        names = [name.strip() for name in next(rows, [])]
        if repeated := sorted({name for name in names if name and names.count(name) > 1}):
            told = f"several columns are called {', '.join(repeated)[:200]}; rename all but one"
            yield item.reject("invalid_csv", told)
            return
        is_empty = True
        for values in rows:
            number += 1
            if any(value.strip() for value in values):
                is_empty = False
                yield _read_values(names, values, item, f"{item.path}#R{number}")
        if is_empty:
            yield item.reject("empty", "the file has a header and no rows")
    except (csv.Error, UnicodeDecodeError) as error:
        why = str(error)
        if isinstance(error, UnicodeDecodeError):
            why = f"not {error.encoding} ({error.reason})"
        if "field limit" in why:
            why = f"{why}: is a quotation mark in this row never closed?"
        detail = f"{why}; what comes after is not read"
        yield item.reject("invalid_csv", detail, f"{item.path}#R{number + 1}")
    finally:
        text.detach()  # whoever opened the file closes it


def read_parquet(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read a Parquet file: one outcome for every row. One without any is rejected as ``empty``."""
    try:
        source = pq.ParquetFile(file)
        batches = source.iter_batches(batch_size=_BATCH)
        number = 0
        for batch in batches:
            for row in batch.to_pylist():
                number += 1
                row = {name: value for name, value in row.items() if value is not None}
                origin = f"{item.path}#R{number}"
                yield _read_packed(row, item, origin)
        if not number:
            yield item.reject("empty", "the file has columns and no rows")
    except (pa.ArrowException, OSError) as error:
        yield item.reject("invalid_parquet", f"{error}; what comes after is not read")


def _find_encoding(file: BinaryIO) -> str:
    start = file.tell()
    beginning = file.read(4)
    file.seek(start)
    return "utf-16" if beginning.startswith(_MARKS_OF_UTF_16) else "utf-8-sig"


def _decode_as_windows(error: UnicodeError) -> tuple[str, int]:
    """For ``codecs``: what is no UTF-8 in a text that is, read as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError) or not error.encoding.startswith("utf-8"):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_AS_WINDOWS, _decode_as_windows)


def _find_header(lines: CsvLines) -> tuple[str, str]:
    """The first line of the header, which is not taken from ``lines``, and the delimiter."""
    told = None
    for line in lines:
        if told is None and (told := _SEPARATOR.fullmatch(line)) is not None:
            continue
        if line.strip():
            lines.give_back(1)
            return line, told[1] if told else max(_DELIMITERS, key=line.count)
    return "", ","


def _iterate_line(text: io.TextIOWrapper, most: int) -> Iterator[str]:
    """Each line with its end, none of which is held if it has more than ``most`` characters."""
    while line := text.readline(most + 1):
        if len(line) > most:
            raise csv.Error(f"a line of more than {show_count(most, 'character')}")
        yield line


def _read_values(
    names: list[str], values: list[str], item: InputFile, origin: str
) -> Document | Rejection:
    if len(values) > len(names):
        count = show_count(len(values), "value")
        detail = f"{count}, but the header has {len(names)}; put quotes around texts"
        return item.reject("invalid_csv", detail, origin)
    row = {name: _read_list(value) for name, value in zip(names, values, strict=False) if value}
    return _read_packed(row, item, origin)


def _read_list(value: str) -> str | list[str]:
    if value.startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            return found
    return value


def _read_packed(row: Mapping[str, Any], item: InputFile, origin: str) -> Document | Rejection:
    """The document of a row, whose bytes are the same whatever the order of its columns."""
    data = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    packed = data.encode("utf-8", "replace")
    if len(packed) > item.max_bytes:
        return item.reject_too_large(origin)
    return read_row(row, packed, item, origin)
