"""Serves a newspaper over HTTP on loopback: one address a site, all on one port."""

from __future__ import annotations

import errno
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tests.support.newspaper.answers import Answer, Kind, Question, answer_question, name_target
from tests.support.newspaper.paper import Newspaper

_KEPT_HEADERS = frozenset({
    "user-agent", "if-none-match", "if-modified-since", "accept-encoding", "from", "cookie",
    "authorization",
})  # fmt: skip
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s; closing then sends RST


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request as the server saw it.

    ``arrived`` and ``answered`` are monotonic seconds: when its headers had been read, and just
    before the answer was sent. ``at`` is the simulated instant. ``status`` is 0 where the
    connection was reset. ``retry_after`` are the seconds that a Retry-After asked for.
    ``target`` is the id of the feed or article, ``revision`` the article's, or -1.
    ``gave_validators`` says that the answer had an ETag or Last-Modified.
    """

    arrived: float
    answered: float
    at: datetime
    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int
    kind: Kind = "other"
    target: str = ""
    revision: int = -1
    retry_after: float | None = None
    gave_validators: bool = False

    @property
    def is_conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


class Servers:
    """A served newspaper and the log of what was asked of it."""

    def __init__(self, newspaper: Newspaper, wait: Callable[[], object]) -> None:
        self.newspaper, self._wait = newspaper, wait
        self._log: list[LoggedRequest] = []
        self._times_asked: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def log(self) -> list[LoggedRequest]:
        """The requests so far, by time of arrival."""
        with self._lock:
            return sorted(self._log, key=lambda request: request.arrived)

    @property
    def feed_urls(self) -> list[str]:
        return self.newspaper.feed_urls

    def set_time(self, at: datetime) -> None:
        self.newspaper.set_time(at)

    def clear_log(self) -> None:
        with self._lock:
            self._log.clear()

    def answer(self, question: Question, arrived: float) -> tuple[Answer, datetime]:
        """Answer a question and log it."""
        now = self.newspaper.clock()
        kind, target = name_target(self.newspaper, question.host, question.path)
        with self._lock:
            earlier = self._times_asked.get(target, 0)
            self._times_asked[target] = earlier + 1
        answer = answer_question(self.newspaper, question, now, earlier)
        self._wait()
        given = {name for name, _ in answer.headers}
        entry = LoggedRequest(
            arrived=arrived,
            answered=time.monotonic(),
            at=now,
            host=question.host,
            method=question.method,
            path=question.path,
            headers={k: v for k, v in question.headers.items() if k in _KEPT_HEADERS},
            status=answer.status,
            kind=kind,
            target=target,
            revision=answer.revision,
            retry_after=_read_wait(answer.header("Retry-After"), now),
            gave_validators=bool(given & {"ETag", "Last-Modified"}),
        )
        with self._lock:
            self._log.append(entry)
        return answer, now


@contextmanager
def serve(newspaper: Newspaper, *, wait: Callable[[], object] = lambda: None) -> Iterator[Servers]:
    """Serve ``newspaper`` until the block ends. Each answer waits until ``wait`` returns.

    A first call chooses a free port and sets ``newspaper.port``; later ones bind the same port,
    or raise OSError where another process has taken it.
    """
    servers = Servers(newspaper, wait)

    class Handler(_Handler):
        answerer = servers

    running = _bind(newspaper, Handler)
    threads = [
        threading.Thread(target=one.serve_forever, args=(0.02,), daemon=True) for one in running
    ]
    for thread in threads:
        thread.start()
    try:
        yield servers
    finally:
        for one in running:
            one.shutdown()
            one.server_close()
        for thread in threads:
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def server_bind(self) -> None:
        # HTTPServer asks the resolver for the host's name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()
        self.server_address = (self.server_name, self.server_port)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no fault of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 30
    answerer: ClassVar[Servers]

    def do_GET(self) -> None:
        arrived = time.monotonic()
        host = str(self.connection.getsockname()[0])
        headers = {name.lower(): value for name, value in self.headers.items()}
        question = Question(host, self.path, self.command, headers)
        answer, now = self.answerer.answer(question, arrived)
        if answer.manner == "reset":
            self._hang_up()
            return
        is_chunked = (
            self.answerer.newspaper.sites[host].chunked
            and answer.status == 200
            and answer.manner == "whole"
        )
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(now, usegmt=True))
        for name, value in answer.headers:
            self.send_header(name, value)
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD" or answer.status == 304:
            self.wfile.flush()
            return
        if answer.manner == "cut":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.wfile.flush()
            self.close_connection = True
        elif is_chunked:
            for start in range(0, len(answer.body), 4_000):
                part = answer.body[start : start + 4_000]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.wfile.write(answer.body)
        self.wfile.flush()

    do_HEAD = do_GET

    def _hang_up(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = True
        # Closing at once: the base class would shut down in good order first.
        self.connection.close()

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet: ``Servers.log`` has it all."""


def _bind(newspaper: Newspaper, handler: type[_Handler]) -> list[_Server]:
    """Bind all hosts to one port: the paper's, or one that is free on all of them."""
    hosts = list(newspaper.sites)
    for attempt in range(20):
        bound: list[_Server] = []
        try:
            for host in hosts:
                port = bound[0].server_port if bound else newspaper.port
                bound.append(_Server((host, port), handler))
        except OSError as error:
            for one in bound:
                one.server_close()
            if newspaper.port or error.errno != errno.EADDRINUSE or attempt == 19:
                raise
        else:
            newspaper.port = bound[0].server_port
            return bound
    raise AssertionError("unreachable")


def _read_wait(value: str | None, now: datetime) -> float | None:
    if value is None:
        return None
    if value.isdigit():
        return float(value)
    return (parsedate_to_datetime(value) - now).total_seconds()
