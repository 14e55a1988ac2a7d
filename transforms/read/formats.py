"""From a file to its documents. A file format is one function and one line in ``FORMATS``."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.read.jsonl import read_json_lines
from newsbeam.transforms.read.sheets import read_csv, read_parquet
from newsbeam.transforms.read.warc import read_archive
from newsbeam.transforms.records import Document, Rejection
from newsbeam.transforms.text.encoding import decode_text, normalize_newlines

Reader = Callable[[BinaryIO, InputFile], Iterator[Document | Rejection]]


def _read_whole(file: BinaryIO, item: InputFile) -> bytes | Rejection:
    data = file.read(item.max_bytes + 1)
    if len(data) > item.max_bytes:
        return item.reject_too_large()
    if not data.strip():
        return item.reject_empty()
    return data


def read_text(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read a file that is one article in plain text. Line ends become ``\\n``."""
    data = _read_whole(file, item)
    if isinstance(data, Rejection):
        yield data
        return
    text = decode_text(data)
    if text is None:
        yield item.reject(
            "unknown_encoding", "not text in a known encoding; save the file as UTF-8"
        )
    elif not text.strip():
        yield item.reject_empty()
    else:
        yield Document(item.describe_item(data), "text/plain", normalize_newlines(text))


def read_html(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read a file that is one saved page. The body stays bytes: the page tells its encoding."""
    data = _read_whole(file, item)
    if isinstance(data, Rejection):
        yield data
    else:
        yield Document(item.describe_item(data), "text/html", data)


@dataclass(frozen=True, slots=True)
class Format:
    """A reader and what it can do.

    ``holds_many``: a file holds any number of items. ``reads_gzip``: the reader wants ``.gz``
    files as they are, to go on behind damage.
    """

    read: Reader
    holds_many: bool = False
    reads_gzip: bool = False


FORMATS: dict[str, Format] = {
    ".txt": Format(read_text),
    ".html": Format(read_html),
    ".htm": Format(read_html),
    ".jsonl": Format(read_json_lines, holds_many=True),
    ".ndjson": Format(read_json_lines, holds_many=True),
    ".csv": Format(read_csv, holds_many=True),
    ".tsv": Format(read_csv, holds_many=True),
    ".parquet": Format(read_parquet, holds_many=True),
    ".warc": Format(read_archive, holds_many=True, reads_gzip=True),
}


def split_suffix(path: str) -> tuple[str, bool]:
    """Return the suffix that names the format, in lower case, and whether ``.gz`` follows it."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    stem = name.removesuffix(".gz")
    dot = stem.rfind(".")
    return (stem[dot:] if dot >= 0 else ""), stem != name


def _read_gzip(reader: Reader, file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    try:
        yield from reader(cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb")), item)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        yield item.reject("broken_gzip", f"{error}; what comes after the damage is not read")


def read_documents(file: BinaryIO, item: InputFile) -> Iterator[Document | Rejection]:
    """Read the documents of a file, choosing the format by the suffix of ``item.path``.

    ``file`` is open for binary reading at its beginning and not decompressed; the caller closes
    it. Whatever cannot be read is yielded as a rejection of the stage ``read`` with a reason of
    ``unknown_format``, ``unreadable``, ``broken_gzip``, ``too_large``, ``empty``,
    ``unknown_encoding``, ``invalid_json``, ``invalid_csv``, ``invalid_parquet``,
    ``invalid_fields``, ``broken_record`` or ``truncated``. Needs memory for a few times
    ``item.max_bytes``, however large the file.
    """
    suffix, compressed = split_suffix(item.path)
    chosen = FORMATS.get(suffix)
    if chosen is None:
        known = ", ".join(FORMATS)
        yield item.reject(
            "unknown_format", f"{suffix or 'no suffix'}; supported are {known}, each also with .gz"
        )
        return
    try:
        if compressed and not chosen.reads_gzip:
            yield from _read_gzip(chosen.read, file, item)
        else:
            yield from chosen.read(file, item)
    except OSError as error:
        yield item.reject("unreadable", error.strerror or str(error) or type(error).__name__)
