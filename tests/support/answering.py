"""An HTTP server on a loopback address that answers what it is told, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says to a path."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def serve_answers(answer: Callable[[str, Mapping[str, str]], Answer], host: str) -> Iterator[str]:
    """Serve at ``host`` until the block ends what ``answer`` says to a path and the fields of the
    request's header, by their names in small letters; the address without a slash."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            fields = {name.lower(): value for name, value in self.headers.items()}
            said = answer(self.path, fields)
            self.send_response(said.status)
            for name, value in {"Content-Type": said.content_type, **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet: ``answer`` has been told."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def server_bind(self) -> None:
            # HTTPServer asks the resolver for the host's name, which can take seconds.
            self.socket.bind(self.server_address)
            self.server_name, self.server_port = self.socket.getsockname()

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed is none of ours to tell about."""

    server = Server((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
