"""A checksum of all bytes: whatever is flipped in a file is found, wherever it stands."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbeam.transforms.lake.damage import UNREADABLE
from newsbeam.transforms.lake.data_files import find_file_fault
from newsbeam.transforms.lake.databases import ENGINE_ERRORS, read_whole
from newsbeam.transforms.lake.sealed_files import (
    check_seal,
    open_sealed_file,
    pack_sealed_file,
    write_sealed_file,
)

ROWS = pa.table({"a": ["en", "to", None] * 40, "b": list(range(120))})
SEALED = pack_sealed_file(ROWS)


@given(at=st.integers(0, len(SEALED) * 8 - 1))
@settings(
    max_examples=2 * settings().max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_flipped_bit_goes_unseen(at: int, tmp_path: Path) -> None:
    data = bytearray(SEALED)
    data[at // 8] ^= 1 << at % 8
    path = tmp_path / "a.parquet"
    path.write_bytes(data)
    # Where the key of the checksum is hurt, nothing else is, and the file is an old one.
    assert check_seal(path) is not True
    if check_seal(path) is False:
        assert find_file_fault(path, deep=True) is not None


def test_bounds_that_would_hide_rows_are_found(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_sealed_file(path, ROWS)
    data = path.read_bytes()
    footer = data.rindex((119).to_bytes(8, "little"))  # the most of column b
    path.write_bytes(data[:footer] + (19).to_bytes(8, "little") + data[footer + 8 :])
    assert pq.read_table(path).equals(ROWS), "Arrow reads all pages, and sees nothing"
    assert pq.read_table(path, filters=[("b", ">", 100)]).num_rows == 0
    fault = find_file_fault(path, deep=True)
    assert fault == "is damaged (its bytes are not those that were written)"


def test_a_file_written_in_parts_is_sealed_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with open_sealed_file(path, ROWS.schema) as writer:
        for start in (0, 50):
            writer.write_table(ROWS.slice(start, 50))
    assert check_seal(path) is True
    assert pq.read_table(path).equals(ROWS.slice(0, 100))
    assert (pq.read_metadata(path).metadata or {})[b"newsbeam.crc32"] != b"--------"


def test_older_files_have_none(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(ROWS, path)
    assert check_seal(path) is None
    assert find_file_fault(path, deep=True) is None


def test_what_duckdb_alone_cannot_read_is_found(tmp_path: Path) -> None:
    """Files without a seal: bits flipped in the footer, until one matters to DuckDB alone."""
    path = tmp_path / "it's [a] file.parquet"
    pq.write_table(ROWS, path, compression="zstd", write_page_checksum=True)
    data = path.read_bytes()
    for at in range(len(data) - 400, len(data) - 8):
        path.write_bytes(data[:at] + bytes([data[at] ^ 2]) + data[at + 1 :])
        try:
            pq.read_table(path, page_checksum_verification=True)
            read_whole(path)
        except UNREADABLE:
            continue
        except ENGINE_ERRORS:
            assert find_file_fault(path, deep=True) is not None
            return
    raise AssertionError("Arrow found them all")
