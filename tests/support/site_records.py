"""Records of ten sites that take turns, and archives of them in each packing."""

from __future__ import annotations

import gzip

COUNT = 60


def record(number: int, *, filler: int = 700) -> bytes:
    """A page of site ``number % 10``, with noise that does not compress."""
    noise = "".join(chr(0x21 + (i * number * 7919 + i * i) % 90) for i in range(filler))
    body = (
        f"<html><body><p>Sak {number}</p><!-- {noise.replace('-', '')} --></body></html>".encode()
    )
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        f"WARC-Target-URI: https://www.site{number % 10}.no/sak-{number}\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


RECORDS = [record(number) for number in range(COUNT)]
SINGLE = [gzip.compress(one, mtime=0) for one in RECORDS]
ARCHIVES = {
    "a member a record": (b"".join(SINGLE), "x.warc.gz"),
    "one member": (gzip.compress(b"".join(RECORDS)), "x.warc.gz"),
    "two records a member": (
        b"".join(gzip.compress(b"".join(RECORDS[at : at + 2])) for at in range(0, COUNT, 2)),
        "x.warc.gz",
    ),
    "plain": (b"".join(RECORDS), "x.warc"),
}
