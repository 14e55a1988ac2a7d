"""What servers do to a client that they wish ill."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.loopback import Asked, Handler

MIB = 1 << 20
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "bad chunk size": CHUNKED + b"zz\r\nabc\r\n",
    "negative chunk": CHUNKED + b"-5\r\nabc\r\n",
    "cut chunk": CHUNKED + b"ff\r\nabc",
    "no last chunk": CHUNKED + b"3\r\nabc\r\n",
    "no line after a chunk": CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
    "cut body": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc",
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "line without colon": b"HTTP/1.1 200 OK\r\nhello\r\n\r\n",
    "not modified though not asked": b"HTTP/1.1 304 Not Modified\r\n\r\n",
}
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 9),
    "deflate": lambda data: zlib.compress(data, 9),
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstandard.compress,
}
BOMBS = (*COMPRESS, "gzip, gzip", "gzip, br")


@cache
def bomb(coding: str) -> bytes:
    """200 MiB of zeros in the codings of a Content-Encoding; a second's work each."""
    inner, _, outer = coding.rpartition(", ")
    return COMPRESS[outer](bomb(inner) if inner else bytes(200 * MIB))


def endless(start: bytes, piece: bytes, pause: float = 0.0) -> Handler:
    async def handle(_: Asked, writer: asyncio.StreamWriter) -> bytes:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return handle


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.2 with its key, as PEM, in ``folder``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "avis.example")])
    now = datetime.now(UTC)
    hosts = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.2"))])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(hosts, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


def serve_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context
