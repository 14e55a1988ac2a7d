"""Sites that mean harm, for runs: what they answer, how they are served and configured."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml

from tests.support.hostile_servers import MIB
from tests.support.loopback import Server, reply

INNER = "127.0.0.1"
# With three tries each, or one trap after the other, the run would take minutes. But none may
# be so short that a busy machine is taken for a slow server.
FETCH: dict[str, Any] = {
    "allow_addresses": ["127.0.1.0/24"],
    "seconds_between_requests": 0,
    "connect_seconds": 2,
    "read_seconds": 2,
    "total_seconds": 3,
    "tries": 1,
    "max_page_bytes": 2 * MIB,
    "max_feed_bytes": 2 * MIB,
}


def page(title: str) -> bytes:
    text = (
        "<p>Kommunestyret vedtok i går å bygge en ny skole ved elva, med plass til tre hundre.</p>"
    )
    body = f"<!doctype html><html lang=nb><title>{title}</title><article><h1>{title}</h1>{text * 4}"
    return reply(body.encode(), content_type="text/html; charset=utf-8")


def rss(*links: str, guid: str | None = None, prolog: str = "", title: str = "Avis") -> bytes:
    told = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    items = "".join(
        f"<item><title>Sak {n}</title><link>{escape(link)}</link>{told}</item>"
        for n, link in enumerate(links)
    )
    head = f"{prolog}<rss version='2.0'><channel><title>{title}</title>"
    return f"{head}{items}</channel></rss>".encode()


@contextmanager
def loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop for servers, beside what a test does."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:

        async def cancel_all() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(cancel_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def serving(*servers: Server) -> Iterator[None]:
    async def start(stack: AsyncExitStack) -> None:
        for server in servers:
            await stack.enter_async_context(server)

    with loop_in_thread() as loop:
        stack = AsyncExitStack()
        asyncio.run_coroutine_threadsafe(start(stack), loop).result()
        yield
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()


@contextmanager
def listening_inside() -> Iterator[tuple[int, list[object]]]:
    """A port on 127.0.0.1, and the peers that have connected to it so far."""
    peers: list[object] = []
    with socket.create_server((INNER, 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, peer = listener.accept()
                except OSError:
                    return
                peers.append(peer)
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1], peers
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def write_source(folder: Path, id: str, *feeds: str, **settings: object) -> Path:
    source = {"id": id, "language": "nb", "feeds": list(feeds), "fetch": FETCH} | settings
    path = folder / f"{id}.yaml"
    path.write_text(yaml.safe_dump(source), encoding="utf-8")
    return path
