"""Content codings: what servers really send is read, what would blow up is stopped."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.web.codings import BodyTooLarge, BrokenCoding, decode_body

MIB = 1 << 20


def deflate_raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PLAIN: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=3),
    "zstd": zstandard.compress,
}
CODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    *PLAIN.items(),
    ("", bytes),
    ("identity", bytes),
    ("x-GZip", gzip.compress),
    ("deflate", deflate_raw),
    ("br, gzip", lambda data: gzip.compress(brotli.compress(data))),
    ("gzip", lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])),
    ("zstd", lambda data: zstandard.compress(data[:5]) + zstandard.compress(data[5:])),
    ("gzip", lambda data: gzip.compress(data) + b"\0" * 500),
]


@given(st.binary(max_size=500), st.sampled_from([1, 7, 4000]), st.sampled_from(CODERS))
def test_round_trip(piece: bytes, times: int, coder: tuple[str, Callable[[bytes], bytes]]) -> None:
    name, encode = coder
    body = piece * times
    assert decode_body(encode(body), name, 4 * MIB) == body


@pytest.mark.parametrize(("name", "encode"), CODERS)
def test_the_limit_is_exact(name: str, encode: Callable[[bytes], bytes]) -> None:
    packed = encode(b"a" * 5000)
    assert len(decode_body(packed, name, 5000)) == 5000
    with pytest.raises(BodyTooLarge):
        decode_body(packed, name, 4999)
    assert decode_body(packed, name, 4999, is_cut=True) == b"a" * 4999


@pytest.mark.parametrize("name", PLAIN)
def test_cut_bodies(name: str) -> None:
    encode = PLAIN[name]
    text = b"".join(b"Sak nummer %d. " % n for n in range(20_000))
    packed = encode(text)
    for end in (1, len(packed) // 2, len(packed) - 1):
        with pytest.raises(BrokenCoding):
            decode_body(packed[:end], name, 4 * MIB)
    with pytest.raises(BrokenCoding):
        decode_body(packed[:-1], name, 4 * MIB, is_cut=True)
    part = decode_body(packed[:5000], name, 4999, is_cut=True)
    assert text.startswith(part)
    assert len(part) == (0 if name == "zstd" else 4999), "a zstd block comes whole or not at all"


def test_body_of_nothing_in_any_coding() -> None:
    for name in PLAIN:
        assert decode_body(b"", name, 10) == b""


@pytest.mark.parametrize("name", PLAIN)
def test_bombs_stay_small(name: str) -> None:
    bomb = PLAIN[name](b"\0" * 60 * MIB)
    tracemalloc.start()
    with pytest.raises(BodyTooLarge):
        decode_body(bomb, name, 2 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MIB


def test_window_that_no_browser_would_take() -> None:
    packer = zstandard.ZstdCompressionParameters(window_log=27)
    body = zstandard.ZstdCompressor(compression_params=packer).compress(b"a" * 200 * MIB)
    with pytest.raises(BrokenCoding, match="memory"):
        decode_body(body, "zstd", 10 * MIB)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd", "br, gzip", "x"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    with suppress(BrokenCoding, BodyTooLarge):
        assert len(decode_body(data, name, 1000)) <= 1000
