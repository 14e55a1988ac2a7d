from __future__ import annotations

import gzip
import hashlib
import io
import random
import tracemalloc
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from fastwarc.stream_io import BrotliWriter, ZstdWriter
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.read.warc import read_archive
from newsbeam.transforms.records import Document, Rejection

PAGE = "<html><p>Blåbær på Røros.</p></html>".encode()


def http(body: bytes, headers: str = "Content-Type: text/html", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n".encode() + body


def record(
    name: int | str = 0,
    block: bytes | None = None,
    *,
    kind: str = "response",
    length: int | str | None = None,
    headers: str = "",
    end: bytes = b"\r\n\r\n",
) -> bytes:
    block = http(PAGE) if block is None else block
    length = len(block) if length is None else length
    return (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://avisa.no/{name}\r\n"
        f"WARC-Date: 2026-03-01T12:00:00Z\r\n{headers}Content-Length: {length}\r\n\r\n"
    ).encode() + block + end  # fmt: skip


class Pipe(io.BytesIO):
    """A file that cannot seek."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> int:
        raise io.UnsupportedOperation("seek")


def read(
    data: bytes, max_bytes: int = 100_000, path: str | None = None, file: Any = None
) -> list[Any]:
    path = path or ("a.warc.gz" if data.startswith(b"\x1f\x8b") else "a.warc")
    item = InputFile("avisa", path, path, UTC, max_bytes)
    return list(read_archive(file or io.BytesIO(data), item))


def outcomes(results: list[Any]) -> list[str]:
    """The last part of every document's key, and the reason of every rejection."""
    return [
        r.reason if isinstance(r, Rejection) else r.provenance.key.rpartition("/")[2]
        for r in results
    ]


def noisy(name: int) -> bytes:
    """A record that gzip cannot make small, so that damage can hit its middle."""
    body = random.Random(name).randbytes(2000).hex().encode()
    return record(name, http(b"<p>" + body))


PLAIN = [record(n) for n in range(5)]
MEMBERS = [gzip.compress(noisy(n)) for n in range(5)]


def test_record_becomes_a_document() -> None:
    block = http(PAGE, 'Content-Type: Text/HTML; Charset="UTF-8"')
    data = record("warcinfo", b"software: x", kind="warcinfo") + record("a?utm_source=x#b", block)
    [document] = read(data)
    offset = data.index(b"WARC/1.0", 9)
    provenance = document.provenance
    assert provenance.key == provenance.url == "https://avisa.no/a"
    assert provenance.origin == f"a.warc#{offset} https://avisa.no/a?utm_source=x#b"
    assert provenance.fetched_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert provenance.digest == hashlib.sha256(PAGE).hexdigest()
    assert (document.body, document.media_type, document.charset) == (PAGE, "text/html", "UTF-8")


def test_plain_text_is_decoded() -> None:
    block = http("Blåbær\r\n".encode("cp1252"), "Content-Type: text/plain; charset=latin1")
    [document] = read(record("a", block))
    assert (document.body, document.media_type) == ("Blåbær\n", "text/plain")


def test_resource_record() -> None:
    headers = "Content-Type: text/html; charset=utf-8\r\n"
    [document] = read(record("a", PAGE, kind="resource", headers=headers))
    assert (document.body, document.charset) == (PAGE, "utf-8")


@pytest.mark.parametrize(
    "data",
    [
        record(kind="request"),
        record(kind="metadata"),
        record(kind="revisit"),
        record(kind="conversion"),
        record(block=http(PAGE, status="404 Not Found")),
        record(block=http(PAGE, status="301 Moved")),
        record(block=http(PAGE, "Content-Type: image/png")),
        record(block=http(PAGE, "Server: x")),
        record("robots.txt", http(b"User-agent: *", "Content-Type: text/plain")),
        record(block=b""),
        record(block=http(b"x" * 500_000, "Content-Type: video/mp4")),
        record(kind="request", block=b"x" * 500_000),
    ],
)
def test_other_records_are_passed_over(data: bytes) -> None:
    assert outcomes(read(data + record("neste"))) == ["neste"]
    assert outcomes(read(gzip.compress(data) + gzip.compress(record("neste")))) == ["neste"]


@pytest.mark.parametrize("status", ["200 OK", "200", "200 "])
def test_status_line(status: str) -> None:
    assert outcomes(read(record("a", http(PAGE, status=status)))) == ["a"]
    assert outcomes(read(record("a", http(PAGE).replace(b"/1.1", b"/2")))) == ["a"]


def chunk(data: bytes) -> bytes:
    pieces = [data[i : i + 10] for i in range(0, len(data), 10)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


class Buffer(io.BytesIO):
    """Keeps its content when fastwarc's writers close it, which is when they write the end."""

    def close(self) -> None:
        pass


def compress(writer: Any, data: bytes) -> bytes:
    buffer = Buffer()
    stream = writer(buffer)
    stream.write(data)
    stream.close()
    return buffer.getvalue()


BROTLI, ZSTANDARD = compress(BrotliWriter, PAGE), compress(ZstdWriter, PAGE)
RAW_DEFLATE = zlib.compress(PAGE)[2:-4]


def gzipped(data: bytes) -> bytes:
    """gzip without the time: ids of tests are the same in every process of pytest-xdist."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("content-encoding: GZIP", gzipped(PAGE)),
        ("Content-Encoding: x-gzip", gzipped(PAGE)),
        ("Content-Encoding: deflate", zlib.compress(PAGE)),
        ("Content-Encoding: deflate", RAW_DEFLATE),
        ("Content-Encoding: br", BROTLI),
        ("Content-Encoding: zstd", ZSTANDARD),
        ("Content-Encoding: identity", PAGE),
        ("Transfer-Encoding: chunked", chunk(PAGE)),
        ("Transfer-Encoding: chunked\r\nContent-Encoding: gzip", chunk(gzipped(PAGE))),
        ("Content-Encoding: deflate, gzip", gzipped(zlib.compress(PAGE))),
        # decoded by the archiver, with the headers left as they were
        ("Content-Encoding: gzip", PAGE),
        ("Content-Encoding: br", PAGE),
        ("Transfer-Encoding: chunked\r\nContent-Encoding: gzip", PAGE),
    ],
)
def test_codings_are_undone(headers: str, body: bytes) -> None:
    [document] = read(record("a", http(body, "Content-Type: text/html\r\n" + headers)))
    assert document.body == PAGE


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("Content-Encoding: gzip", gzipped(PAGE)[:-15]),
        ("Content-Encoding: gzip", gzipped(PAGE)[:20] + b"\xff" * 30),
        ("Content-Encoding: br", BROTLI[:-5]),
        ("Content-Encoding: zstd", ZSTANDARD[:-5]),
        ("Content-Encoding: deflate", b"\xff" * 20),
        ("Transfer-Encoding: chunked", chunk(PAGE)[:-16]),
        ("Content-Encoding: rot13", gzipped(PAGE)),
    ],
)
def test_a_body_that_cannot_be_decoded_is_rejected(coding: str, body: bytes) -> None:
    block = http(body, "Content-Type: text/html\r\n" + coding)
    results = read(record("a", block) + record("neste"))
    assert outcomes(results) == ["broken_record", "neste"]
    assert coding.split()[1] in results[0].detail
    assert results[0].origin == "a.warc#0 https://avisa.no/a"


def test_headers_of_any_length_cost_one_record() -> None:
    long = "X: " + "x" * 40_000 + "\r\n"
    for data in (record(0, http(PAGE, long)), record(0, headers=long), record(0, headers=long * 2)):
        assert outcomes(read(data + record(1))) == ["broken_record", "1"]
    binary = record(0, b"\xff" * 40_000)  # a response in another protocol, as of FTP
    assert outcomes(read(binary + record(1))) == ["1"]


def test_too_large_records() -> None:
    body = b"<p>" + b"x" * 200_000
    packed = http(gzip.compress(body), "Content-Type: text/html\r\nContent-Encoding: gzip")
    for big in (record(0, http(body)), record(0, packed)):
        results = read(big + record(1))
        assert outcomes(results) == ["too_large", "1"]
        assert "extract.max_bytes" in results[0].detail
        assert outcomes(read(big + record(1), max_bytes=200_003)) == ["0", "1"]


def test_a_record_of_any_size_is_skipped_in_little_memory() -> None:
    packed = gzip.compress(record(0, http(b"x" * 50_000_000))) + gzip.compress(record(1))
    tracemalloc.start()
    try:
        assert outcomes(read(packed, max_bytes=1_000_000)) == ["too_large", "1"]
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_an_empty_page_is_rejected() -> None:
    assert outcomes(read(record(0, http(b" \n")) + record(1))) == ["empty", "1"]


def test_an_empty_archive_is_rejected() -> None:
    assert outcomes(read(b"")) == outcomes(read(b"", path="a.warc.gz")) == ["empty"]


@pytest.mark.parametrize("data", [b"tekst\n" * 100, b"\xff" * 100_000, b"WARC/1.0"])
def test_something_else_than_an_archive_is_one_rejection(data: bytes) -> None:
    assert len(read(data)) == len(read(gzip.compress(data))) == 1
    assert outcomes(read(data, path="a.warc.gz")) == ["broken_record"]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.98])
def test_truncated_archive(kept: float) -> None:
    for records, path in [(PLAIN, "a.warc"), (MEMBERS, "a.warc.gz")]:
        before = b"".join(records[:4])
        data = before + records[4][: int(len(records[4]) * kept)]
        for file in (None, Pipe(data)):
            results = read(data, path=path, file=file)
            assert outcomes(results) == ["0", "1", "2", "3", "truncated"]
            assert results[-1].origin.startswith(f"{path}#{len(before)}")


@pytest.mark.parametrize("length", [0, 20, 75, 150, 250, 10**9, 10**17, -1, "mange", ""])
def test_wrong_content_length_costs_one_record(length: int | str) -> None:
    wrong = record(2, length=length)
    before = b"".join(PLAIN[:2])
    results = read(before + wrong + b"".join(PLAIN[3:]))
    assert outcomes(results) == ["0", "1", "broken_record", "3", "4"]
    assert results[2].origin == f"a.warc#{len(before)} https://avisa.no/2"
    packed = [gzip.compress(r) for r in (*PLAIN[:2], wrong, *PLAIN[3:])]
    assert outcomes(read(b"".join(packed))) == ["0", "1", "broken_record", "3", "4"]


@pytest.mark.parametrize("cut", [9, 30, 100, 150, -20])
def test_a_record_that_is_cut_off_costs_one_record(cut: int) -> None:
    data = b"".join(PLAIN[:2]) + PLAIN[2][:cut] + b"".join(PLAIN[3:])
    assert outcomes(read(data)) == ["0", "1", "broken_record", "3", "4"]


def test_a_missing_empty_line_costs_nothing() -> None:
    assert outcomes(read(b"".join(r[:-3] for r in PLAIN))) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("garbage", [b"tull\n" * 50, b"\xff" * 200_000, b"WARC/1.0\r\ntull"])
def test_garbage_between_records_costs_no_record(garbage: bytes) -> None:
    results = read(b"".join(PLAIN[:2]) + garbage + b"\r\n" + b"".join(PLAIN[2:]))
    assert outcomes(results) == ["0", "1", "broken_record", "2", "3", "4"]


@pytest.mark.parametrize("seekable", [True, False])
@pytest.mark.parametrize("place", ["head", "middle", "sum", "cut"])
def test_a_damaged_gzip_member_costs_one_record(place: str, seekable: bool) -> None:
    bad = MEMBERS[2]
    bad = {
        "head": b"\0\xff" * 5 + bad[10:],
        "middle": bad[:900] + b"\xff\0" * 20 + bad[940:],
        "sum": bad[:-8] + b"\0\0\0\0" + bad[-4:],
        "cut": bad[:900],
    }[place]
    before = b"".join(MEMBERS[:2])
    data = before + bad + b"".join(MEMBERS[3:])
    results = read(data, file=None if seekable else Pipe(data))
    assert outcomes(results) == ["0", "1", "broken_record", "3", "4"]
    assert results[2].origin.startswith(f"a.warc.gz#{len(before) + (place == 'head')}")


def test_members_that_are_not_records() -> None:
    """One member for all, or members cut anywhere, as gzip and bgzip write them."""
    data = b"".join(noisy(n) for n in range(5))
    [*_, last] = results = read(gzip.compress(data))
    assert outcomes(results) == ["0", "1", "2", "3", "4"]
    assert last.provenance.origin.startswith(f"a.warc.gz#0+{len(noisy(0)) * 4} ")
    blocks = b"".join(gzip.compress(data[i : i + 999]) for i in range(0, len(data), 999))
    assert outcomes(read(blocks)) == ["0", "1", "2", "3", "4"]
    cut = gzip.compress(data)
    assert outcomes(read(cut[: len(cut) // 2])) == ["0", "1", "truncated"]


def test_sloppy_writers() -> None:
    bare = record(0).replace(b"\r\n", b"\n")
    bare = bare.replace(b"Content-Length: %d" % len(http(PAGE)), b"Content-Length: 81")
    assert len(http(PAGE).replace(b"\r\n", b"\n")) == 81
    bracketed = record(1).replace(b"https://avisa.no/1", b"<https://avisa.no/1>")
    once = record(2, end=b"\r\n")
    assert outcomes(read(bare + bracketed + once + record(3, end=b""))) == ["0", "1", "2", "3"]
    padded = gzip.compress(record(0)) + b"\0" * 512 + gzip.compress(record(1)) + b"\0" * 70_000
    assert outcomes(read(padded)) == ["0", "1"]


def test_an_archive_within_an_archive_is_one_record() -> None:
    inner = http(b"<p>" + record("inni") + record("inni2"))
    assert outcomes(read(record(0, inner) + record(1))) == ["0", "1"]


@given(st.data())
def test_damage_anywhere_keeps_the_other_records(data: st.DataObject) -> None:
    """Flip or cut bytes within one record: the records before and after it come through."""
    compressed = data.draw(st.booleans())
    records = MEMBERS if compressed else PLAIN
    bad = bytearray(records[2])
    at = data.draw(st.integers(0, len(bad) - 1))
    size = data.draw(st.integers(1, 200))
    bad[at : at + size] = data.draw(st.binary(max_size=30))
    path = "a.warc.gz" if compressed else "a.warc"
    results = read(b"".join(records[:2]) + bytes(bad) + b"".join(records[3:]), path=path)
    keys = outcomes(results)
    assert keys[:2] == ["0", "1"]
    assert keys[-1] == "4"
    assert "3" in keys or at < 200 or at + size >= len(records[2])
    assert all(isinstance(result, Document | Rejection) for result in results)
