"""A proxy before an S3 server that counts requests, delays and loses answers."""

from __future__ import annotations

import http.client
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

# What commits a version of a table.
LOG_ENTRY = re.compile(r"/_delta_log/\d{20}\.json")


@dataclass
class Proxy:
    """``lose`` is the share of the answers to log writes that never come; they are done. All others
    come ``delay`` seconds later than they could.

    ``spans`` are the instants between which each request waited, in the order of their ends.
    A client signs the address that it asks; so what goes on carries the ``Host`` of the client.
    """

    server: str
    lose: float = 0.0
    seed: int = 0
    delay: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    spans: list[tuple[float, float]] = field(default_factory=list)
    lost: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = Lock()

    def note(self, method: str, path: str) -> bool:
        """Count a request; whether its answer is to be lost."""
        with self._lock:
            kind = "LIST" if method == "GET" and "list-type=2" in path else method
            self.counts[kind] += 1
            is_lost = (
                method == "PUT"
                and LOG_ENTRY.search(path) is not None
                and self._random.random() < self.lose
            )
            self.lost += is_lost
            return is_lost

    def forget(self) -> None:
        """Count from nothing."""
        self.counts.clear()
        self.spans.clear()

    def count_rounds(self) -> int:
        """How many requests came one after the other: the most of which no two overlap. The delay
        costs a client so many times, however many it sends at once."""
        rounds, end = 0, 0.0
        for began, ended in sorted(self.spans, key=lambda span: span[1]):
            if began >= end:
                rounds, end = rounds + 1, ended
        return rounds


@contextmanager
def run_proxy(server: str, lose: float = 0.0, seed: int = 0, delay: float = 0.0) -> Iterator[Proxy]:
    """A proxy before the server at ``http://host:port``, ended with the block."""
    proxy = Proxy(server.removeprefix("http://"), lose, seed, delay)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            began = time.monotonic()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_lost = proxy.note(self.command, self.path)
            connection = http.client.HTTPConnection(proxy.server)
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
            time.sleep(proxy.delay)
            proxy.spans.append((began, time.monotonic()))
            if is_lost:
                self.close_connection = True
                return
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else len(data)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

        def handle(self) -> None:
            with suppress(ConnectionError):  # the client was killed
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    proxy.address = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
