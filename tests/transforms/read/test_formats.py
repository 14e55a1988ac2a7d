from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.read.formats import FORMATS, read_documents, split_suffix
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import Document, Metadata, Rejection

MEGABYTE = 1_000_000


def read(data: bytes, path: str = "inn/a.txt", max_bytes: int = MEGABYTE) -> list[Any]:
    """Read a file eagerly. ``Any`` because a test knows which outcomes it expects."""
    item = InputFile("avisa", path, path, ZoneInfo("Europe/Oslo"), max_bytes)
    return list(read_documents(io.BytesIO(data), item))


def outcomes(results: list[Any]) -> list[str]:
    """The key of every document and the reason of every rejection."""
    return [r.reason if isinstance(r, Rejection) else r.provenance.key for r in results]


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


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


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


# --- JSON Lines ----------------------------------------------------------------------------


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_json_line_with_all_fields() -> None:
    data = line(
        id="a1", url="https://Avisa.no/a?utm_source=x", text="En\r\nTo", title=" Tittel\n her ",
        lead="Ingress", authors=["Kari Nordmann", "", " Ola "], published_at="2026-07-01T09:30:00",
        modified_at="2026-01-01T09:30:00Z", language="nn", section="Sport", tags="ski",
        image_url="https://avisa.no/b.jpg", paywalled=True, ukjent={"a": 1},
    )  # fmt: skip
    [document] = read(b"\n" + data, "inn/a.jsonl")
    oslo = ZoneInfo("Europe/Oslo")
    assert document.given == Metadata(
        url="https://avisa.no/a", title="Tittel her", lead="Ingress",
        authors=("Kari Nordmann", "Ola"), published_at=datetime(2026, 7, 1, 9, 30, tzinfo=oslo),
        published_at_from="json", published_at_text="2026-07-01T09:30:00",
        modified_at=datetime(2026, 1, 1, 9, 30, tzinfo=UTC), language="nn", section="Sport",
        tags=("ski",), image_url="https://avisa.no/b.jpg", paywalled=True,
    )  # fmt: skip
    assert document.given.published_at.utcoffset() == timedelta(hours=2)
    assert (document.body, document.media_type) == ("En\nTo", "text/plain")
    assert document.provenance.key == "a1"
    assert document.provenance.origin == "inn/a.jsonl#L2"
    assert document.provenance.url == "https://avisa.no/a"
    assert document.provenance.digest == hashlib.sha256(data[:-1]).hexdigest()


def test_json_line_with_html_and_nothing_else() -> None:
    [document] = read(line(html="<p>Blåbær"), "a.ndjson")
    assert (document.body, document.media_type) == ("<p>Blåbær", "text/html")
    assert document.given == Metadata()


def test_the_key_of_a_line_is_its_id_its_url_or_its_digest() -> None:
    url = "https://avisa.no/a"
    first, second, third, fourth = read(
        line(id=7, url=url, text="a") + line(url=url + "#b", text="a") + line(id="", text="a")
        + line(id=None, text="b"), "a.jsonl"
    )  # fmt: skip
    assert first.provenance.key == "7"
    assert second.provenance.key == url
    assert third.provenance.key == third.provenance.digest != fourth.provenance.key


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "invalid_json"),
        (b"null", "invalid_json"),
        (b"[1]", "invalid_json"),
        (b"tekst", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"text": ' + b"9" * 10_000 + b"}", "invalid_json"),
        (b'{"text": "bl\xe5b\xe6r"}', "unknown_encoding"),
        ('{"text": "a"}'.encode("utf-16"), "unknown_encoding"),
        (line(), "invalid_fields"),
        (line(text="a", html="b"), "invalid_fields"),
        (line(text=1), "invalid_fields"),
        (line(text="a", id=1.5), "invalid_fields"),
        (line(text="a", id=True), "invalid_fields"),
        (line(text="a", title=["b"]), "invalid_fields"),
        (line(text="a", authors=["b", 1]), "invalid_fields"),
        (line(text="a", authors={"navn": "b"}), "invalid_fields"),
        (line(text="a", paywalled="ja"), "invalid_fields"),
        (line(text="a", published_at="i går"), "invalid_fields"),
        (line(text="a", published_at=12), "invalid_fields"),
        (line(text="a", published_at="03/04/2026"), "invalid_fields"),
        (line(text="a", published_at="0001-01-01T00:00:00+10:00"), "invalid_fields"),
        (line(text="a", url="avisa.no/a"), "invalid_fields"),
        (line(text=" \n"), "empty"),
        (line(html=""), "empty"),
    ],
)
def test_a_bad_line_is_one_rejection_and_the_next_is_read(data: bytes, reason: str) -> None:
    lines = data.rstrip(b"\n") if reason != "unknown_encoding" else data
    results = read(lines + b"\n" + line(id="neste", text="a"), "a.jsonl")
    assert outcomes(results) == [reason, "neste"]
    assert results[0].origin == "a.jsonl#L1"
    assert results[0].detail


def test_a_null_is_a_field_that_is_not_there() -> None:
    fields = ["html", "url", "title", "authors", "published_at", "paywalled", "tags"]
    [document] = read(line(text="a", **dict.fromkeys(fields)), "a.jsonl")
    assert document.given == Metadata()


def test_lone_surrogates_and_nul_become_replacement_characters() -> None:
    [document] = read(
        b'{"text": "a\\ud83d b\\u0000 \\ud83d\\ude00", "title": "\\udc00"}', "a.jsonl"
    )
    assert document.body == "a\ufffd b\ufffd 😀"
    assert document.given.title == "\ufffd"


def test_a_date_without_time_is_midnight_of_the_source() -> None:
    [document] = read(line(text="a", published_at="2026-01-31"), "a.jsonl")
    assert document.given.published_at.isoformat() == "2026-01-31T00:00:00+01:00"


def test_byte_order_mark_blank_lines_and_carriage_returns() -> None:
    data = b'\xef\xbb\xbf{"id": "a", "text": "a"}\r\n \r\n\n{"id": "b", "text": "b"}'
    results = read(data, "a.jsonl")
    assert outcomes(results) == ["a", "b"]
    assert results[1].provenance.origin == "a.jsonl#L4"


def test_the_lines_before_damage_are_delivered() -> None:
    lines = [line(id=str(n), text=noise(40).hex()) for n in range(2000)]
    data = gzip.compress(b"".join(lines))
    results = outcomes(read(data[: len(data) // 2], "a.jsonl.gz"))
    assert 500 < len(results) < 1500
    assert results == [str(n) for n in range(len(results) - 1)] + ["broken_gzip"]


class LongLine(io.RawIOBase):
    """One line of ``size`` bytes and a short one, made as they are read."""

    def __init__(self, size: int, after: bytes) -> None:
        self._left, self._after = size, io.BytesIO(after)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left:
            size = min(self._left, len(buffer))
            buffer[:size] = b"x" * size
            self._left -= size
            return size
        return self._after.readinto(buffer)


def test_a_line_of_50_megabytes_is_skipped_without_being_held() -> None:
    file = io.BufferedReader(LongLine(50_000_000, b"\n" + line(id="neste", text="a")))
    item = InputFile("avisa", "a.jsonl", "a.jsonl", UTC, MEGABYTE)
    tracemalloc.start()
    try:
        results = list(read_documents(file, item))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcomes(results) == ["too_large", "neste"]
    assert peak < 3 * MEGABYTE


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_max_bytes_is_the_longest_line_that_is_read(end: bytes) -> None:
    exact = line(id="a", text="b").rstrip(b"\n")
    assert outcomes(read(exact + end, "a.jsonl", max_bytes=len(exact))) == ["a"]
    for longer in (exact + b" ", exact + b"  ", exact + b"   "):
        data = longer + end + (exact if end else b"")
        expected = ["too_large", "a"] if end else ["too_large"]
        assert outcomes(read(data, "a.jsonl", max_bytes=len(exact))) == expected


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
