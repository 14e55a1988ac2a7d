"""Parquet files as tables have them, sealed: each states a checksum of all its bytes.

Parquet itself has checksums of pages, but none of their headers nor of the footer. A bit that
flips there gives a file which one reader opens and another does not, or bounds by which readers
pass over rows that they should have read.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# In the footer's notes, with the CRC-32 of the file in hexadecimal; it is reckoned with blanks in
# the place of these digits.
_KEY, _BLANK = "newsbeam.crc32", "--------"
# Between the key and the digits, as Thrift's compact protocol has two strings of a structure.
_MARK = _KEY.encode() + b"\x18\x08"


@contextmanager
def open_sealed_file(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A writer of the file at ``path``, which is sealed at the end of the block.

    Raises:
        OSError: it cannot be written.
    """
    with _open_writer(path, schema) as writer:
        yield writer
    data = bytearray(path.read_bytes())
    start = _find_digits(data)
    with path.open("r+b") as file:
        file.seek(start)
        file.write(_reckon(data, start))


def write_sealed_file(path: Path, rows: pa.Table) -> int:
    """Write ``rows`` to ``path``; returns the file's size in bytes.

    Raises:
        OSError: it cannot be written.
    """
    return path.write_bytes(pack_sealed_file(rows))


def pack_sealed_file(rows: pa.Table) -> bytes:
    """The bytes of a file with ``rows``."""
    sink = pa.BufferOutputStream()
    with _open_writer(sink, rows.schema) as writer:
        writer.write_table(rows)
    data = bytearray(sink.getvalue())
    start = _find_digits(data)
    data[start : start + len(_BLANK)] = _reckon(data, start)
    return bytes(data)


def check_seal(path: Path) -> bool | None:
    """Whether the file is as it was written; ``None`` if it was not sealed, as an older newsbeam's.

    Raises:
        OSError: it cannot be read.
    """
    data = bytearray(path.read_bytes())
    start = _find_digits(data)
    if start < 0:
        return None
    stated = bytes(data[start : start + len(_BLANK)])
    data[start : start + len(_BLANK)] = _BLANK.encode()
    return stated == _reckon(data, start)


def _open_writer(place: Path | pa.BufferOutputStream, schema: pa.Schema) -> pq.ParquetWriter:
    writer = pq.ParquetWriter(
        place, schema, compression="zstd", write_page_checksum=True, write_page_index=True
    )
    writer.add_key_value_metadata({_KEY: _BLANK})
    return writer


def _find_digits(data: bytearray) -> int:
    at = data.rfind(_MARK)
    return at + len(_MARK) if at >= 0 else -1


def _reckon(data: bytearray, start: int) -> bytes:
    """The digits for a file whose digits at ``start`` are blank."""
    assert data[start : start + len(_BLANK)] == _BLANK.encode()
    return b"%08x" % zlib.crc32(data)
