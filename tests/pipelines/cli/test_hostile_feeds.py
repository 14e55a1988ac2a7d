"""Feeds that lie, through the command line: a name that turns inwards, entries of one id, waits."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from newsbeam.transforms.fetch.pages import fetch_pages
from newsbeam.transforms.fetch.queue import FetchJob
from newsbeam.transforms.records import Clock, Document, Entry, Metadata, PageRequest
from newsbeam.transforms.settings.source import Source
from tests.support.hostile_sites import (
    FETCH,
    INNER,
    listening_inside,
    page,
    rss,
    serving,
    write_source,
)
from tests.support.loopback import Asked, Handler, Server, reply

# Servers that do their worst take their time.
pytestmark = pytest.mark.slow
Command = Callable[[list[str]], tuple[int, str, str]]


def test_pages_that_wait_to_be_read_make_no_server_look_slow() -> None:
    """While a page is read for longer than a server has, the others' bodies are decoded."""

    def late(number: int) -> Handler:
        async def handle(_: Asked, __: asyncio.StreamWriter) -> bytes:
            await asyncio.sleep(number * 0.01)
            return reply(body, content_encoding="gzip", content_type="text/html")

        return handle

    body = gzip.compress(os.urandom(20_000))
    servers = [Server(late(number), host=f"127.0.1.{number}") for number in range(1, 61)]
    settings = {"id": "avis", "feeds": ["http://avis.example/"], "fetch": FETCH}
    source = Source.model_validate_json(json.dumps(settings))
    job = FetchJob({"avis": source}, {}, Clock(), None, {}, {}, None)
    with serving(*servers):
        requests = [
            PageRequest("avis", "feed", Entry(server.host, server.url(), "", Metadata()))
            for server in servers
        ]
        found = fetch_pages(requests, job)
        first = next(found)
        time.sleep(FETCH["total_seconds"] + 1)
        assert all(isinstance(result, Document) for result in [first, *found])


class Recent:
    """The paths that a server was asked for since the last look, robots.txt left out."""

    def __init__(self, server: Server) -> None:
        self._server, self._seen = server, 0

    def paths(self) -> list[str]:
        asked = [asked.path for asked in self._server.pages]
        recent, self._seen = asked[self._seen :], len(asked)
        return recent


@pytest.fixture
def run_one(tmp_path: Path, newsbeam: Command) -> Callable[..., dict[str, Any]]:
    """Runs the one source of ``tmp_path`` and returns its counts."""

    def run(config: Path, *options: str) -> dict[str, Any]:
        output = str(tmp_path / "out")
        code, out, err = newsbeam(["run", str(config), "--output", output, "--json", *options])
        assert code == 0, err
        count: dict[str, Any] = json.loads(out)["sources"][config.stem]
        return count

    return run


def test_ten_thousand_entries_with_one_guid(
    tmp_path: Path, run_one: Callable[..., dict[str, Any]]
) -> None:
    """The GUID says nothing then: each address is an entry, asked for once and never again."""
    entries = 10_000

    def handle(asked: Asked, _: object) -> bytes:
        if asked.path == "/feed":
            links = (f"{server.url()}sak/{n}" for n in range(entries))
            return reply(rss(*links, guid="den-samme"))
        return page(asked.path) if asked.path.endswith("0") else reply(status=404)

    server = Server(handle, host="127.0.1.1")
    recent = Recent(server)
    with serving(server):
        config = write_source(tmp_path, "avis", server.url("/feed"))
        count = run_one(config, "--limit", "20")
        assert recent.paths() == ["/feed", *(f"/sak/{n}" for n in range(20))]
        assert (count["new"], count["rejected"]) == (2, {"not_found": 18})
        entries = 60
        run_one(config, "--all")
        assert recent.paths() == ["/feed", *(f"/sak/{n}" for n in range(20, 60))]
        count = run_one(config, "--all")
        assert recent.paths() == ["/feed"]
        assert count["new"] == 0
    table = pd.read_parquet(tmp_path / "out" / "articles")
    assert sorted(table["url"]) == sorted(f"{server.url()}sak/{n}" for n in range(0, 60, 10))


def test_name_that_points_inwards_the_second_time(
    tmp_path: Path, run_one: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed is had from an address that may be asked; then the name is one inside."""
    look_up = socket.getaddrinfo
    addresses = ["127.0.1.1", "127.0.1.1"]  # for robots.txt and the feed

    def answer(host: str, *arguments: Any, **named: Any) -> Any:
        if host == "avis.example":
            host = addresses.pop() if addresses else INNER
        return look_up(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with listening_inside() as (port, peers):
        server = Server(
            lambda *_: reply(rss(server.url("/sak", "avis.example"))), "127.0.1.1", port=port
        )
        with serving(server):
            config = write_source(tmp_path, "avis", server.url("/feed", "avis.example"))
            count = run_one(config)
            assert count["rejected"] == {"forbidden_address": 1}
            assert [asked.path for asked in server.pages] == ["/feed"]
    assert peers == []
    (row,) = pd.read_parquet(tmp_path / "out" / "rejects").to_dict("records")
    assert (row["stage"], row["origin"]) == ("fetch", server.url("/sak", "avis.example"))
