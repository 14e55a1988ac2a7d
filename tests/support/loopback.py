"""Real HTTP servers on loopback addresses for tests of fetching; every 127.x.y.z is one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Self

Handler = Callable[["Asked", asyncio.StreamWriter], Awaitable[bytes] | bytes]


@dataclass
class Asked:
    """A request as the server saw it; header names in lower case."""

    path: str
    headers: dict[str, str]
    at: float


def reply(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """A whole HTTP response; ``content_type="x"`` becomes ``Content-Type: x``."""
    fields = {"Content-Length": str(len(body)), "Connection": "close"}
    fields |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    return reply(status=status, location=location)


@dataclass
class Server:
    """Answers with what ``handler`` returns; robots.txt is 404 unless the handler serves it."""

    handler: Handler
    host: str = "127.0.0.2"
    serves_robots: bool = False
    ssl_context: ssl.SSLContext | None = None
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, ssl=self.ssl_context
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()

    def url(self, path: str = "/", host: str | None = None) -> str:
        scheme = "https" if self.ssl_context else "http"
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    @property
    def pages(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path != "/robots.txt"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "surrogateescape")
            first, *lines = head.strip().split("\r\n")
            fields = [line.partition(": ") for line in lines]
            asked = Asked(first.split()[1], {n.lower(): v for n, _, v in fields}, monotonic())
            self.asked.append(asked)
            if asked.path == "/robots.txt" and not self.serves_robots:
                answer: Awaitable[bytes] | bytes = reply(status=404)
            else:
                answer = self.handler(asked, writer)
            writer.write(answer if isinstance(answer, bytes) else await answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client hung up, as many of these tests want it to
        finally:
            writer.close()
