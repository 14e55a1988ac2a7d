"""Rows of CSV and Parquet files: one article a row."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.read.row_fields import read_row
from newsbeam.transforms.records import Document, Rejection
from newsbeam.transforms.text.counts import show_count

# By what a file's header has the most of.
_DELIMITERS = ",;\t|"
_BEGINNING = 1_000_000  # bytes, by which the encoding is told
# Rows at once of a Parquet file, so that a few of the largest fit into memory.
_BATCH = 64


def read_csv(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read CSV with a header: one outcome for every row that is not blank.

    In UTF-8, or where it does not begin so, in Windows-1252, which spreadsheets write; separated
    by commas, semicolons, tabs or bars, whichever the header has most of. A value that is a JSON
    list of strings is a list. A file without a header, or without rows, is rejected as
    ``empty``. ``file`` must be seekable.
    """
    csv.field_size_limit(max(item.max_bytes, 131_072))
    text = io.TextIOWrapper(file, encoding=_guess_encoding(file), newline="")
    number = 0
    try:
        lines = _iterate_line(text, item.max_bytes)
        header = next((line for line in lines if line.strip()), "")
        delimiter = max(_DELIMITERS, key=header.count)
        rows = csv.reader(chain([header], lines), delimiter=delimiter)
        names = [name.strip() for name in next(rows, [])]
        if not header.strip():
            yield item.reject_empty()
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
        why = f"not UTF-8 ({error.reason})" if isinstance(error, UnicodeDecodeError) else error
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


def _guess_encoding(file: BinaryIO) -> str:
    start = file.tell()
    beginning = file.read(_BEGINNING)
    file.seek(start)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


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
