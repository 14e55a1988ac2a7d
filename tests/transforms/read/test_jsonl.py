"""JSON Lines: what a line may say, and lines that say nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.read.formats import read_documents
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import Metadata
from tests.support.input_files import MEGABYTE, noise, outcomes, read


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


def test_a_date_without_time_is_noon_of_the_source() -> None:
    [document] = read(line(text="a", published_at="2026-01-31"), "a.jsonl")
    assert document.given.published_at.isoformat() == "2026-01-31T12:00:00+01:00"


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
