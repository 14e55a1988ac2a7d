"""Archives cut into stretches: together they are what the whole is, at whatever length."""

from __future__ import annotations

import gzip
import io
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.read.cuts import cut_archive
from newsbeam.transforms.read.input_file import WHOLE, InputFile, Stretch
from newsbeam.transforms.read.warc import read_archive
from tests.support.site_records import ARCHIVES, COUNT, RECORDS, SINGLE


def read(data: bytes, path: str, stretch: Stretch = WHOLE) -> list[object]:
    item = InputFile("arkiv", path, path, ZoneInfo("UTC"), 1_000_000, stretch=stretch)
    return list(read_archive(io.BytesIO(data), item))


def cut(data: bytes, path: str, length: int) -> list[Stretch]:
    return cut_archive(io.BytesIO(data), len(data), length, path.endswith(".gz"))


@pytest.mark.parametrize("kind", ARCHIVES)
@given(length=st.integers(1, 60_000))
def test_stretches_together_are_the_whole(kind: str, length: int) -> None:
    data, path = ARCHIVES[kind]
    stretches = cut(data, path, length)
    assert [one for s in stretches for one in read(data, path, s)] == read(data, path)


@pytest.mark.parametrize("kind", ["a member a record", "plain", "two records a member"])
def test_an_archive_is_cut_near_the_length(kind: str) -> None:
    data, path = ARCHIVES[kind]
    stretches = cut(data, path, 5_000)
    assert len(data) / 9_000 < len(stretches) <= len(data) / 5_000 + 1
    assert stretches[0].first == 0
    assert stretches[-1].end is None


def test_one_gzip_member_is_one_stretch() -> None:
    data, path = ARCHIVES["one member"]
    assert cut(data, path, 5_000) == [WHOLE]


@pytest.mark.parametrize("path", ["x.warc.gz", "x.warc"])
@given(st.data())
def test_damage_is_told_once_and_hides_nothing_else(path: str, data: st.DataObject) -> None:
    parts = SINGLE if path.endswith(".gz") else RECORDS
    archive = bytearray(b"".join(parts))
    for _ in range(data.draw(st.integers(1, 3))):
        archive[data.draw(st.integers(0, len(archive) - 1))] ^= data.draw(st.integers(1, 255))
    whole = read(bytes(archive), path)
    stretches = cut(bytes(archive), path, data.draw(st.integers(500, 30_000)))
    assert [one for s in stretches for one in read(bytes(archive), path, s)] == whole


def test_what_comes_behind_the_size_that_was_told_is_read() -> None:
    data = b"".join(SINGLE)
    stretches = cut_archive(io.BytesIO(data), len(data) // 2, 5_000, True)
    assert sum(len(read(data, "x.warc.gz", s)) for s in stretches) == COUNT


def test_a_page_stays_with_the_record_that_describes_it() -> None:
    """As in archives of ours: `metadata`, and behind it the page that names it."""
    records = []
    for number, record in enumerate(RECORDS):
        described = f"Newsbeam-Described-By: <urn:{number}>\r\nContent-Length"
        text = b"not of ours"
        head = (
            f"WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:{number}>\r\n"
            f"Content-Length: {len(text)}\r\n\r\n"
        ).encode()
        page = record.replace(b"Content-Length", described.encode(), 1)
        records += [head + text + b"\r\n\r\n", page]
    for path, data in (
        ("x.warc", b"".join(records)),
        ("x.warc.gz", b"".join(map(gzip.compress, records))),
    ):
        whole = read(data, path)
        assert len(whole) == COUNT
        for length in range(1, 8_000, 331):
            stretches = cut(data, path, length)
            assert [one for s in stretches for one in read(data, path, s)] == whole
