"""Content codings taken off a body within a limit: a bomb of 10 kB must not become 10 GB.

Every decoder yields pieces of bounded size, and ``decode_body`` stops at the limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]
import zstandard

from newsbeam.transforms.text.counts import show_count

# What we tell servers that we can read.
ACCEPT_ENCODING = "gzip, deflate, br, zstd"

_PIECE = 1 << 20
_SLICE = 1 << 16
# zstd blocks cannot be stopped halfway: 512 bytes hold at most 128 blocks of 128 KiB (16 MiB).
_ZSTD_SLICE = 512
# The largest window that RFC 9659 lets a server use.
_ZSTD_WINDOW = 8 << 20
# Ours. One is the rule; a million empty ones would cost minutes.
_MAX_MEMBERS = 1000
# Ours. Some servers compress a file that is compressed already; nobody does it thrice.
_MAX_LAYERS = 2


class BrokenCoding(ValueError):
    """The body is not what its Content-Encoding says."""


class BodyTooLarge(ValueError):
    """The decoded body is over the limit."""


def decode_body(data: bytes, content_encoding: str, limit: int, *, is_cut: bool = False) -> bytes:
    """``data`` without the codings of the header ``content_encoding``, at most ``limit`` bytes.

    With ``is_cut`` a longer body is cut at ``limit``; then ``data`` may be incomplete if it is
    itself longer than that. A body that is plain text, whatever the header says, is taken as it is.

    Raises:
        BrokenCoding: damaged or incomplete data, an unknown coding, too many of them.
        BodyTooLarge: more than ``limit`` bytes.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > _MAX_LAYERS:
        raise BrokenCoding(f"{show_count(len(names), 'content coding')}, one in the other")
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if _is_plain(data) and (decoder is None or name in _MARKED):
            continue  # an encoding of characters, or of a body that was never encoded
        if decoder is None:
            raise BrokenCoding(f"unknown content coding {name[:40]!r}")
        data = _collect(decoder, data, limit, is_cut) if data else data
    if len(data) > limit and not is_cut:
        raise BodyTooLarge
    return data[:limit]


def list_false_codings(data: bytes, content_encoding: str) -> list[str]:
    """The codings of the header ``content_encoding`` that ``decode_body`` passes over, as ``data``
    is plain text."""
    names = (name.strip().lower() for name in content_encoding.split(","))
    named = [name for name in names if name not in ("", "identity")]
    is_plain = _is_plain(data)
    return [name for name in named if is_plain and (name in _MARKED or name not in _DECODERS)]


def _is_plain(data: bytes) -> bool:
    """Whether ``data`` begins as XML, HTML or JSON in plain bytes do."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"[")


def _collect(
    decoder: Callable[[bytes], Iterator[bytes]], data: bytes, limit: int, is_cut: bool
) -> bytes:
    body = bytearray()
    try:
        for piece in decoder(data):
            body += piece
            if len(body) > limit:
                if is_cut:
                    break
                raise BodyTooLarge
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise BrokenCoding(str(error)) from None
    except BrokenCoding:
        if not (is_cut and len(data) > limit):
            raise
    return bytes(body)


def _slices(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def _inflate(data: bytes, window: int) -> Iterator[bytes]:
    members, decoder = 1, zlib.decompressobj(window)
    for chunk in _slices(data, _SLICE):
        rest = chunk
        while rest:
            if decoder.eof:
                if rest[0] != 0x1F:
                    return  # padding after the last member, which browsers ignore too
                members += 1
                if members > _MAX_MEMBERS:
                    raise BrokenCoding(f"more than {_MAX_MEMBERS} gzip members")
                decoder = zlib.decompressobj(window)
            yield decoder.decompress(rest, _PIECE)
            rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    while not decoder.eof:
        piece = decoder.decompress(b"", _PIECE)
        if not piece:
            raise BrokenCoding("the compressed body is cut off")
        yield piece


def _gunzip(data: bytes) -> Iterator[bytes]:
    return _inflate(data, 16 + zlib.MAX_WBITS)


def _undeflate(data: bytes) -> Iterator[bytes]:
    """With or without the zlib header: servers send both (RFC 9110, 8.4.1.2)."""
    is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return _inflate(data, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _unbrotli(data: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    for chunk in _slices(data, _SLICE):
        yield decoder.process(chunk, output_buffer_limit=_PIECE)
        while not decoder.is_finished() and not decoder.can_accept_more_data():
            yield decoder.process(b"", output_buffer_limit=_PIECE)
        if decoder.is_finished():
            return
    raise BrokenCoding("the compressed body is cut off")


def _unzstd(data: bytes) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    members, decoder = 1, unpacker.decompressobj()
    for chunk in _slices(data, _ZSTD_SLICE):
        rest = chunk
        while rest:
            if decoder.eof:
                members += 1
                if members > _MAX_MEMBERS:
                    raise BrokenCoding(f"more than {_MAX_MEMBERS} zstd frames")
                decoder = unpacker.decompressobj()
            yield decoder.decompress(rest)
            rest = decoder.unused_data if decoder.eof else b""
    if not decoder.eof:
        raise BrokenCoding("the compressed body is cut off")


# Their data begins with bytes of their own, so that a plain body is known for one.
_MARKED = frozenset({"gzip", "x-gzip", "zstd"})
_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
