"""Hostile servers through the command line: each ends as a reject, and the others finish.

One run asks a good newspaper and, at two sources, every trap below: once as a feed, once as a
page that a feed lists. Each trap has a loopback address of its own, so that none hides behind
another one's lane; 127.0.0.1 stands for the network behind us.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from newsbeam.transforms.packing import unpack_request
from tests.support.hostile_servers import (
    BROKEN,
    CHUNKED,
    MIB,
    PLAIN,
    bomb,
    endless,
    make_certificate,
    serve_tls,
)
from tests.support.hostile_sites import FETCH, listening_inside, page, rss, serving, write_source
from tests.support.loopback import Asked, Handler, Server, redirect, reply
from tests.support.newspaper import Newspaper, make_site, serve
from tests.support.waiting import count_denied

# Servers that do their worst take their time.
pytestmark = pytest.mark.slow
Tls = Callable[[Path], ssl.SSLContext]


@dataclass(frozen=True)
class Trap:
    """What a server does, and the reason that asking it must end with."""

    reason: str
    handler: Handler
    scheme: str = "http"
    tls: Tls | None = None
    host: str | None = None
    serves_robots: bool = False


def inner_url(asked: Asked, location: str = "http://127.0.0.1:{port}/") -> str:
    """``location`` with the port of the server that listens inside: every trap is told it."""
    return location.format(port=asked.path.rpartition("=")[2])


def inwards(location: str) -> Handler:
    return lambda asked, _: redirect(inner_url(asked, location))


def only_robots(answer: Handler) -> Handler:
    """``answer`` is what robots.txt gets; pages would be served."""

    def handle(asked: Asked, writer: asyncio.StreamWriter) -> Awaitable[bytes] | bytes:
        return answer(asked, writer) if asked.path == "/robots.txt" else page("Sak")

    return handle


async def stall(_: Asked, writer: asyncio.StreamWriter) -> bytes:
    writer.write(PLAIN)
    await asyncio.sleep(30)
    return b""


async def announce(_: Asked, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nstart")
    await asyncio.sleep(30)
    return b""


@cache
def crowd() -> bytes:
    """Three million elements, in a gzip file of 13 kB."""
    return gzip.compress(b"<rss><channel>" + b"<a/>" * 3_000_000)


def bombing(coding: str) -> Handler:
    return lambda *_: reply(bomb(coding), content_encoding=coding, content_type="text/html")


def served(feed: bytes) -> Handler:
    return lambda *_: reply(feed, content_type="application/rss+xml")


ANYWHERE = {
    "endless body": Trap("too_large", endless(PLAIN, b"a" * 65536)),
    "length of 100 GB": Trap("too_large", announce),
    "slow drip": Trap("timeout", endless(PLAIN, b"a", 0.05)),
    "slow drip of header": Trap(
        "timeout", endless(b"HTTP/1.1 200 OK\r\nX: ", b"a", 0.05)
    ),
    "silence": Trap("timeout", stall),
    "gzip bomb": Trap("too_large", bombing("gzip")),
    "brotli bomb": Trap("too_large", bombing("br")),
    "zstd bomb": Trap("too_large", bombing("zstd")),
    "bomb in a bomb": Trap("too_large", bombing("gzip, gzip")),
    "redirect loop": Trap(
        "redirect_loop", lambda asked, _: redirect("/b" if asked.path == "/a" else "/a")
    ),
    "endless redirects": Trap(
        "too_many_redirects", lambda asked, _: redirect(f"{asked.path}x")
    ),
    "redirect to 127.0.0.1": Trap("forbidden_address", inwards("http://127.0.0.1:{port}/")),
    "redirect to localhost": Trap("forbidden_address", inwards("http://localhost:{port}/")),
    "redirect to metadata": Trap(
        "forbidden_address", inwards("http://169.254.169.254/latest/meta-data/")
    ),
    "redirect to mapped IPv6": Trap("forbidden_address", inwards("http://[::ffff:10.0.0.1]/")),
    "redirect to mapped 127.0.0.1": Trap(
        "forbidden_address", inwards("http://[::ffff:127.0.0.1]:{port}/")
    ),
    "redirect to a file": Trap("unsupported_scheme", inwards("file:///etc/passwd")),
    "200 MB of header": Trap(
        "too_large", endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 65536)
    ),
    "endless header fields": Trap(
        "too_large", endless(b"HTTP/1.1 200 OK\r\n", b"X-Many: a\r\n" * 5000)
    ),
    "bad chunk size": Trap("broken_response", lambda *_: BROKEN["bad chunk size"]),
    "cut chunk": Trap("broken_response", lambda *_: BROKEN["cut chunk"]),
    "bytes that are no text": Trap(
        "broken_response", lambda *_: CHUNKED + b"\xff\xfe\xed\xa0\x80\0\r\nabc\r\n"
    ),
    "coding that is no text": Trap(
        "broken_response",
        lambda *_: b"HTTP/1.1 200 OK\r\nContent-Encoding: \xff\xed\xa0\x80\r\n\r\nabc",
    ),
    "no HTTP": Trap("broken_response", lambda *_: BROKEN["no HTTP"]),
    "certificate of nobody": Trap(
        "bad_tls", lambda *_: page("Sak"), scheme="https", tls=serve_tls
    ),
    "TLS that never begins": Trap("robots_unreachable", lambda *_: page("Sak"), scheme="https"),
    "robots.txt redirects inwards": Trap(
        "forbidden_address",
        only_robots(lambda *_: redirect("http://10.0.0.1/robots.txt")),
        serves_robots=True,
    ),
    "robots.txt drips": Trap(
        "robots_unreachable",
        only_robots(endless(PLAIN, b"a", 0.05)),
        serves_robots=True,
    ),
}  # fmt: skip
VIDEO = b"\0\0\0\x20ftypmp42" + b"\xff\xd8\0" * 2000
# Half a million elements: a second or two to read. No reject; but nobody else may pay for it.
LABYRINTH = b"<rss><channel>" + b"<a/>" * 500_000 + b"</channel></rss>"
ENTITIES = "/entiteter"
LAUGHS = "<!DOCTYPE rss [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)
) + "]>"  # fmt: skip
OUTSIDE = "<!DOCTYPE rss [<!ENTITY x SYSTEM '{}'>]>"
PAGES = ANYWHERE | {
    "video": Trap(
        "wrong_content_type", endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n", b"a" * 65536
        ),
    ),
    "inner address": Trap("forbidden_address", lambda *_: page("Sak"), host="127.0.0.1"),
    "inner name": Trap("forbidden_address", lambda *_: page("Sak"), host="localhost"),
}  # fmt: skip
FEEDS = ANYWHERE | {
    "video": Trap("not_a_feed", lambda *_: reply(VIDEO, content_type="video/mp4")),
    "XML entity bomb": Trap("unsafe_xml", served(rss(prolog=LAUGHS, title="&a11;"))),
    "quadratic entities": Trap(
        "unsafe_xml",
        served(rss(prolog=f"<!DOCTYPE rss [<!ENTITY a '{'a' * 40_000}'>]>", title="&a;" * 40_000)),
    ),
    "external entity of a file": Trap(
        "unsafe_xml", served(rss(prolog=OUTSIDE.format("file:///etc/passwd"), title="&x;"))
    ),
    "external entity inside": Trap(
        "unsafe_xml",
        lambda asked, _: reply(rss(prolog=OUTSIDE.format(inner_url(asked)), title="&x;")),
    ),
    "millions of elements in a gzip file": Trap("too_large", lambda *_: reply(crowd())),
    "bomb in a gzip file": Trap(
        "too_large", lambda *_: reply(bomb("gzip"), content_type="text/xml")
    ),
}  # fmt: skip
TRAPS = [("pages", name) for name in PAGES] + [("feeds", name) for name in FEEDS]


@dataclass(frozen=True)
class Ended:
    """What is left of the run: its lake, what it printed, what it took, what it reached."""

    folder: Path
    urls: Mapping[tuple[str, str], str]
    asked: Mapping[tuple[str, str], list[str]]
    inner: list[object]
    paper: Newspaper
    code: int
    summary: Mapping[str, Any]
    said: str
    denied_seconds: float
    peak_bytes: int

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "out" / name)


def run_watched(arguments: list[str], folder: Path) -> tuple[int, str, str, float, int]:
    """Run the command as a process: exit code, standard output and error, the seconds for which
    it or its servers had no processor, peak memory in bytes.
    """
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as out_file, err.open("wb") as err_file:
        process = psutil.Popen(
            [sys.executable, "-m", "newsbeam", *arguments], stdout=out_file, stderr=err_file
        )
        peak, denied, before = 0, 0.0, count_denied(os.getpid())
        while process.poll() is None:
            # Of threads that have ended nothing is told any more.
            denied = max(denied, count_denied(process.pid))
            try:
                peak = max(peak, process.memory_info().rss)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.01)
    denied += max(count_denied(os.getpid()) - before, 0.0)
    return process.wait(), out.read_text(), err.read_text(), denied, peak


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp("hostile")
    certificate = make_certificate(folder)
    for coding in ("gzip", "br", "zstd", "gzip, gzip"):
        crowd()
        bomb(coding)  # it takes a second to make one; nobody waits for servers so long
    paper = make_site(4, start=datetime.now(UTC) - timedelta(hours=2))
    traps = {("pages", name): trap for name, trap in PAGES.items()}
    traps |= {("feeds", name): trap for name, trap in FEEDS.items()}
    servers = {
        key: Server(
            trap.handler,
            host=f"127.0.1.{number}",
            serves_robots=trap.serves_robots,
            ssl_context=trap.tls(certificate) if trap.tls else None,
        )
        for number, (key, trap) in enumerate(traps.items(), start=2)
    }
    urls: dict[tuple[str, str], str] = {}

    def list_pages(asked: Asked, _: object) -> bytes:
        if asked.path == "/labyrint":
            return reply(LABYRINTH)
        if asked.path == ENTITIES:
            return reply(
                f"{LAUGHS}<html><p>Latter: &a11;</p></html>".encode(), content_type="text/xml"
            )
        traps = (url for (role, _), url in urls.items() if role == "pages")
        # Its document type lies inside; the feed is read without it.
        prolog = f"<!DOCTYPE rss SYSTEM '{inner_url(asked)}'>"
        return reply(rss(*traps, listing.url(ENTITIES), prolog=prolog))

    listing = Server(list_pages, host="127.0.1.1")
    with (
        serve(paper) as good,
        listening_inside() as (port, peers),
        serving(listing, *servers.values()),
    ):
        good.set_time(datetime.now(UTC))
        for key, trap in traps.items():
            server = servers[key]
            host = f"{trap.host}:{port}" if trap.host else f"{server.host}:{server.port}"
            urls[key] = f"{trap.scheme}://{host}/sak?inner={port}"
        configs = [
            write_source(folder, "pages", f"{listing.url('/feed')}?inner={port}"),
            write_source(
                folder,
                "feeds",
                listing.url("/labyrint"),
                *(url for (role, _), url in urls.items() if role == "feeds"),
            ),
            *paper.write_configs(folder),
        ]
        arguments = ["run", *map(str, configs), "--output", str(folder / "out"), "--json"]
        code, out, err, denied, peak = run_watched(arguments, folder)
        asked = {key: server.paths for key, server in servers.items()}
        summary = json.loads(out) if code == 0 else {}
        yield Ended(folder, urls, asked, peers, paper, code, summary, err, denied, peak)


@pytest.mark.parametrize(("role", "name"), TRAPS)
def test_every_trap_ends_as_a_reject_with_its_reason(ended: Ended, role: str, name: str) -> None:
    trap = (PAGES if role == "pages" else FEEDS)[name]
    rejects = ended.table("rejects")
    url = ended.urls[role, name]
    (row,) = rejects[rejects["origin"] == url].to_dict("records")
    stage = "fetch" if role == "pages" else "poll"
    assert (row["source"], row["stage"], row["reason"]) == (role, stage, trap.reason), row["detail"]
    assert row["detail"]
    if role == "pages":
        assert unpack_request(row["request"]).entry.url == url
    else:
        assert pd.isna(row["request"])


def test_the_others_finish(ended: Ended) -> None:
    assert ended.code == 0, ended.said
    rows = ended.table("articles")
    good = list(rows["text"][rows["source"] == "avis-2"])
    stories = ["\n".join(ended.paper.story(id, 0).lines) for id in ended.paper.articles]
    assert sorted(good) == sorted(stories)
    assert len(good) == 4


def test_entities_of_a_page_stay_what_they_are(ended: Ended) -> None:
    rows = ended.table("articles")
    assert list(rows["text"][rows["source"] == "pages"]) == ["Latter: &a11;"]


def test_nothing_is_counted_twice_or_lost(ended: Ended) -> None:
    counts = ended.summary["sources"]
    assert sum(counts["pages"]["rejected"].values()) == len(PAGES)
    polled = len(FEEDS) + 1
    assert counts["feeds"]["feeds"] == {
        "polled": polled, "changed": 1, "unchanged": 0, "failed": polled - 1,
        "from_future": 0,
    }  # fmt: skip
    assert len(ended.table("rejects")) == len(TRAPS)


def test_nothing_inside_was_reached(ended: Ended) -> None:
    assert ended.inner == []
    first = Path("/etc/passwd").read_text().splitlines()[0]
    for table in ("articles", "rejects", "feed_polls"):
        assert first not in ended.table(table).to_csv()


def test_it_keeps_to_its_limits(ended: Ended) -> None:
    assert ended.peak_bytes < 900 * MIB
    # A feed and a page with their robots.txt, each to its limit; the rest is ours: measured was 1.
    seconds = ended.summary["seconds"] - ended.denied_seconds
    assert seconds < 4 * FETCH["total_seconds"] + 9
