from __future__ import annotations

import gzip
import hashlib
import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.read.formats import FORMATS, read_documents, split_suffix
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import Document, Metadata, Rejection
from tests.support.input_files import MEGABYTE, noise, outcomes, read


class BrokenDisk(io.RawIOBase):
    """A file whose device fails after some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._data.read(len(buffer))
        if not data:
            raise OSError(5, "Input/output error")
        buffer[: len(data)] = data
        return len(data)


# --- choosing the format -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.txt", (".txt", False)),
        ("gs://b/a.b/SIDE.HTML.GZ", (".html", True)),
        ("C:\\ny.mappe\\fil", ("", False)),
        ("a/b.c/fil", ("", False)),
        ("a.gz", ("", True)),
    ],
)
def test_split_suffix(path: str, expected: tuple[str, bool]) -> None:
    assert split_suffix(path) == expected


@pytest.mark.parametrize("path", ["inn/a.docx", "inn/fil", "inn/a.gz", "inn/a.txt.zip", ""])
def test_an_unknown_format_is_rejected_with_the_known_ones(path: str) -> None:
    [rejection] = read(b"tekst", path)
    assert (rejection.stage, rejection.reason) == ("read", "unknown_format")
    assert all(suffix in rejection.detail for suffix in FORMATS)


def test_an_unreadable_file_is_rejected_with_the_words_of_the_system() -> None:
    for path in ["a.txt", "a.html.gz", "a.jsonl", "a.jsonl.gz", "a.warc", "a.warc.gz"]:
        item = InputFile("avisa", path, path, UTC, MEGABYTE)
        file = io.BufferedReader(BrokenDisk(gzip.compress(b"x" * 99)[:15]))
        *_, last = read_documents(file, item)
        assert isinstance(last, Rejection)
        assert (last.reason, last.detail) == ("unreadable", "Input/output error")


# --- text and pages ------------------------------------------------------------------------


def test_text_file() -> None:
    data = b"\xef\xbb\xbf" + "Tittel\r\n\r\nBlåbær på Røros.\rSlutt\n".encode()
    [document] = read(data, "inn/a.txt")
    assert document.body == "Tittel\n\nBlåbær på Røros.\nSlutt\n"
    assert document.media_type == "text/plain"
    assert document.given == Metadata()
    provenance = document.provenance
    assert (provenance.source, provenance.key, provenance.origin) == (
        "avisa", "inn/a.txt", "inn/a.txt",
    )  # fmt: skip
    assert provenance.digest == hashlib.sha256(data).hexdigest()
    assert provenance.url is None


def test_compressed_text_is_the_same_item() -> None:
    data = "Blåbær på Røros.".encode("cp1252")
    [plain], [packed] = read(data), read(gzip.compress(data), "inn/a.txt.gz")
    assert plain.body == packed.body == "Blåbær på Røros."
    assert plain.provenance.digest == packed.provenance.digest


def test_html_file_stays_bytes() -> None:
    data = "<p>Blåbær".encode("cp1252")
    for path, raw in [
        ("inn/x.html", data),
        ("inn/x.HTM", data),
        ("inn/x.html.gz", gzip.compress(data)),
    ]:
        [document] = read(raw, path)
        assert (document.body, document.media_type, document.charset) == (data, "text/html", None)
        assert document.provenance.origin == path


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\xef\xbb\xbf\n", b"\xff\xfe \0\n\0"])
def test_an_empty_text_is_rejected(data: bytes) -> None:
    assert outcomes(read(data)) == ["empty"]
    assert outcomes(read(gzip.compress(data), "a.txt.gz")) == ["empty"]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_no_file_without_content_is_passed_over_in_silence(
    suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    for data in (b"", b" \n\n"):
        path = f"a{suffix}" + ("" if pack is bytes else ".gz")
        for packed in {pack(data), data}:
            [rejection] = read(packed, path)
            assert isinstance(rejection, Rejection)
            assert rejection.reason in ("empty", "invalid_parquet", "broken_gzip", "broken_record")


def test_a_sheet_without_rows_is_told() -> None:
    assert outcomes(read(b"text;title\n", "a.csv")) == ["empty"]
    assert outcomes(read(b"\n\nid;text\na;Hei\n", "a.csv")) == ["a"]


def test_binary_as_text_is_rejected() -> None:
    assert outcomes(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")) == ["unknown_encoding"]


@pytest.mark.parametrize("path", ["a.txt", "a.html", "a.txt.gz", "a.html.gz"])
def test_max_bytes_is_the_largest_file_that_is_read(path: str) -> None:
    pack = gzip.compress if path.endswith(".gz") else bytes
    assert outcomes(read(pack(b"x" * 100), path, max_bytes=100)) == [path]
    [rejection] = read(pack(b"x" * 101), path, max_bytes=100)
    assert rejection.reason == "too_large"
    assert "extract.max_bytes" in rejection.detail


@pytest.mark.slow
def test_gzip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    for path, reason in [
        ("a.html.gz", "too_large"),
        ("a.jsonl.gz", "too_large"),
        ("a.warc.gz", "broken_record"),
    ]:
        tracemalloc.start()
        try:
            assert outcomes(read(bomb, path)) == [reason]
            assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
        finally:
            tracemalloc.stop()


def gzipped(data: bytes) -> bytes:
    """gzip without the time: ids of tests are the same in every process of pytest-xdist."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    "data",
    [
        b"not gzip at all",
        gzipped(b"tekst " * 100)[:-12],
        gzipped(b"tekst " * 100)[:-4],
        gzipped(b"tekst " * 100)[:-8] + b"\0\0\0\0" + gzipped(b"tekst " * 100)[-4:],
        gzipped(noise(999))[:100] + b"\xff" * 20 + gzipped(noise(999))[120:],
        gzipped(b"tekst") + b"rubbish",
    ],
)
@pytest.mark.parametrize("path", ["a.txt.gz", "a.html.gz", "a.jsonl.gz"])
def test_damaged_gzip_is_one_rejection(data: bytes, path: str) -> None:
    results = outcomes(read(data, path))
    assert results.count("broken_gzip") == 1
    assert results[-1] == "broken_gzip"
    assert path == "a.jsonl.gz" or len(results) == 1


# --- any bytes -----------------------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "id", "url", "text", "html", "title", "lead", "authors", "published_at", "modified_at",
        "language", "tags", "paywalled",
    ]
)  # fmt: skip
JSON_LINES = st.dictionaries(FIELDS, JSON_VALUES, max_size=6).map(
    lambda fields: json.dumps(fields).encode()
)
NO_NEWLINE = st.binary(max_size=60).map(lambda data: data.replace(b"\n", b""))


@given(st.lists(JSON_LINES | NO_NEWLINE, max_size=8), st.booleans())
def test_every_line_that_is_not_blank_has_one_outcome(lines: list[bytes], ends: bool) -> None:
    data = b"\n".join(lines) + (b"\n" if ends else b"")
    results = read(data, "a.jsonl", max_bytes=50)
    first = [lines[0].removeprefix(b"\xef\xbb\xbf")] if lines else []
    filled = [n for n, content in enumerate(first + lines[1:], 1) if content.strip()]
    origins = [r.origin if isinstance(r, Rejection) else r.provenance.origin for r in results]
    # A line of white space alone is an outcome only where it is too long to be looked at.
    blank = [n for n, content in enumerate(lines, 1) if not content.strip() and len(content) > 50]
    assert origins == [f"a.jsonl#L{n}" for n in sorted(filled + blank)] or (
        not filled + blank and outcomes(results) == ["empty"]
    )


SUFFIXES = [s + gz for s in FORMATS for gz in ("", ".gz")]
PIECES = st.lists(
    st.binary(max_size=40)
    | st.sampled_from(
        [
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"WARC/1.0\r\n", b"WARC-Type: response\r\n",
            b"Content-Length: 40\r\n", b"Content-Length: 7", b"\r\n\r\n", b"\n\n",
            b"WARC-Target-URI: https://a.no/\r\n", b"HTTP/1.1 200 OK\r\n", b"<p>a",
            b"Content-Type: text/html; charset=x\r\n", b"Content-Encoding: gzip\r\n",
            b"Content-Encoding: br\r\n", b"Transfer-Encoding: chunked\r\n", b"5\r\nabcde\r\n",
            b'{"text": "a", "url": "', b'"}', b"\xef\xbb\xbf", b"\xff\xfe", gzip.compress(b"<p>a"),
        ]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(PIECES, st.booleans(), st.integers(1, 300))
def test_any_bytes_give_only_documents_and_rejections(
    suffix: str, data: bytes, pack: bool, max_bytes: int
) -> None:
    results = read(gzip.compress(data) if pack else data, "a" + suffix, max_bytes)
    assert all(isinstance(result, Document | Rejection) for result in results)
    if not FORMATS[suffix.removesuffix(".gz")].holds_many:
        assert len(results) == 1
    for result in results:
        if isinstance(result, Document):
            assert len(result.body) <= max_bytes
            assert result.body.strip()
            assert result.provenance.key
