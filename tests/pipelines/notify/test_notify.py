"""Being told: each thing once, by webhook and by mail, and nothing lost where nobody answers."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

Command = Callable[[list[str]], tuple[int, str, str]]
STORY = "{title}\n\nOrdføraren er nøgd med vedtaket.\nKari Dahl reiste heim.\n"


class Hook:
    """A webhook that notes what is posted; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.status = 200
        self.url = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.status == 200:
                hook.posted.append(json.loads(body))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_port}/hook/s3cret"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield hook
    server.shutdown()
    server.server_close()


@contextmanager
def serve_mail() -> Iterator[tuple[int, list[str]]]:
    """A mail server without security; its port, and what was sent."""
    mails: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline().decode().strip():
                if line.upper() == "DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part.decode())
                    mails.append("".join(lines))
                self.wfile.write(b"250 ok\r\n" if line.upper() != "QUIT" else b"221 bye\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1], mails
    finally:
        server.shutdown()
        server.server_close()


class Desk:
    """A paper whose feed never answers and whose files are read; entities are not looked for."""

    def __init__(self, folder: Path, newsbeam: Command, notify: str) -> None:
        self.folder, self.newsbeam = folder, newsbeam
        (folder / "in").mkdir()
        (folder / "defaults.yaml").write_text(f"notify:\n{notify}", encoding="utf-8")
        (folder / "avis.yaml").write_text(
            "id: avis\nlanguage: fi\nfiles: ['in/*.txt']\nfeeds: ['http://127.0.0.1:9/rss']\n"
            "fetch: {allow_addresses: [127.0.0.0/8], tries: 1}\n"
        )

    def write(self, name: str, title: str) -> None:
        (self.folder / "in" / f"{name}.txt").write_text(STORY.format(title=title), "utf-8")

    def run(self, *options: str) -> tuple[int, str, str]:
        lake = str(self.folder / "lake")
        return self.newsbeam(["run", str(self.folder / "avis.yaml"), "--output", lake, *options])


def texts(hook: Hook) -> list[list[str]]:
    return [[event["text"] for event in posted["events"]] for posted in hook.posted]


@pytest.mark.slow
def test_each_thing_is_told_once_and_none_is_lost(
    tmp_path: Path, newsbeam: Command, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_HOOK", hook.url)
    desk = Desk(tmp_path, newsbeam, "  webhook: ${DESK_HOOK}\n  names: [Kari Dahl, Ola]\n")
    desk.write("a", "Olav blir valgt")  # Ola is no word of its own
    hook.status = 503
    code, _, err = desk.run("--all")
    assert code == 1  # no feed answers
    assert "not notified, the next run tries again: the webhook at 127.0.0.1 answers 503" in err
    assert "s3cret" not in err
    assert hook.posted == []

    hook.status = 200
    desk.run("--all")
    ((problem, name),) = texts(hook)
    assert problem.startswith("avis (http://127.0.0.1:9/rss): failing: 1 in a row, it never ")
    assert name == "Kari Dahl: Olav blir valgt (avis)"
    assert hook.posted[0]["lake"] == str(tmp_path / "lake")
    assert "Kari Dahl: Olav blir valgt (avis)" in hook.posted[0]["text"]

    desk.run("--all")
    assert len(hook.posted) == 1, "told once"
    desk.write("b", "Ola blir valgt")
    desk.run("--all")
    assert texts(hook)[1:] == [["Kari Dahl: Ola blir valgt (avis)", "Ola: Ola blir valgt (avis)"]]
    desk.write("b", "Ola ble valgt")  # a revision is no new article
    desk.run()
    desk.run("--dry-run")
    assert len(hook.posted) == 2
    for file in (tmp_path / "lake").rglob("*"):
        assert file.is_dir() or b"s3cret" not in file.read_bytes()


@pytest.mark.slow
def test_mail_is_sent_and_its_failure_is_said(tmp_path: Path, newsbeam: Command) -> None:
    with serve_mail() as (port, mails):
        desk = Desk(
            tmp_path, newsbeam,
            "  problems: []\n  names: [Kari Dahl]\n  mail: {to: [desk@avis.example], "
            f"sender: nb@avis.example, server: 127.0.0.1, port: {port}, security: none}}\n",
        )  # fmt: skip
        desk.write("a", "Ny bro")
        desk.run()
    (mail,) = mails
    assert "Subject: newsbeam: Kari Dahl: Ny bro (avis)" in mail
    assert "To: desk@avis.example" in mail
    desk.write("b", "Gammel bro")
    _, _, err = desk.run()
    assert "127.0.0.1 did not take the mail: ConnectionRefusedError" in err


@pytest.mark.parametrize(
    ("notify", "fault"),
    [
        ("  names: [Ola]\n", "give `webhook` or `mail`: who is to be told?"),
        ("  webhook: ${NOT_SET_ANYWHERE}\n", "notify.webhook: ${NOT_SET_ANYWHERE} is not set"),
    ],
)
def test_faults_of_the_config(tmp_path: Path, newsbeam: Command, notify: str, fault: str) -> None:
    code, _, err = Desk(tmp_path, newsbeam, notify).run()
    assert (code, fault in err) == (2, True), err
