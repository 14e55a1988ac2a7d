"""robots.txt: what it forbids, what its absence means, how long it is remembered."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.records import Clock, FetchFault, Response
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.web.client import HttpClient, Request
from newsbeam.transforms.web.robots import MAX_ROBOTS_BYTES, Robots, RobotsCache, read_robots
from tests.support.loopback import Asked, Server, redirect, reply
from tests.support.waiting import at_most

ORIGIN = "https://avis.example"
# For rules that nobody asks how old they are.
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLOCK = Clock()
SETTINGS = FetchSettings(allow_addresses=("127.0.0.0/8",), seconds_between_requests=0)


def read(text: str) -> Robots:
    return read_robots(ORIGIN, text.encode(), NOW)


@pytest.mark.parametrize(
    ("text", "forbidden", "allowed"),
    [
        ("User-agent: *\nDisallow: /a", ["/a", "/abc"], ["/", "/b"]),
        ("User-agent: *\nDisallow: /\nAllow: /nyheter/", ["/", "/sport"], ["/nyheter/a"]),
        ("User-agent: *\nDisallow: /*.pdf$", ["/a.pdf"], ["/a.pdf?x", "/a"]),
        ("User-agent: *\nDisallow:", [], ["/"]),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Newsbeam\nDisallow: /a", ["/a"], ["/b"]),
        ("User-agent: newsbeam/1.0\nDisallow: /a", ["/a"], ["/b"]),
        ("User-agent: newsbeam # oss\nDisallow: /a", ["/a"], ["/b"]),
        ("User-agent: x\nUser-agent: newsbeam\nUser-agent: y\nDisallow: /a", ["/a"], ["/b"]),
        ("User-agent: newsbeambot\nUser-agent: news\nDisallow: /", [], ["/"]),
        ("User-agent: x\nDisallow: /\nUser-agent: y\nDisallow: /", [], ["/"]),
        ("\ufeffUser-agent: *\r\nDisallow: /a\r\n", ["/a"], ["/b"]),
        ("User-agent: *\nDisallow: /blåbær", ["/bl%C3%A5b%C3%A6r"], ["/bl"]),
        ("<html><body>Fant ikke siden</body></html>", [], ["/"]),
        ("", [], ["/"]),
    ],
)
def test_rules(text: str, forbidden: list[str], allowed: list[str]) -> None:
    robots = read(text)
    assert [path for path in forbidden if robots.allows(ORIGIN + path)] == []
    assert [path for path in allowed if not robots.allows(ORIGIN + path)] == []
    assert robots.allows(f"{ORIGIN}/robots.txt")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 7", 7),
        ("User-agent: *\nCrawl-delay: 7\nUser-agent: newsbeam\nCrawl-delay: 3", 3),
        ("User-agent: *\nCrawl-delay: 0.5", 0.5),
        ("User-agent: *\nCrawl-delay: 9999", 120),
        ("User-agent: *\nCrawl-delay: -1", 0),
        ("User-agent: *\nCrawl-delay: nan", 0),
        ("User-agent: x\nCrawl-delay: 7", 0),
    ],
)
def test_crawl_delay(text: str, seconds: float) -> None:
    assert read(text).crawl_delay == seconds


def test_half_a_rule_at_the_limit_is_no_rule() -> None:
    head, rule = b"User-agent: *\nDisallow: /early\n", b"\nDisallow: /abc"
    body = head + b"#" * (MAX_ROBOTS_BYTES - len(head) - len(rule) + 2) + rule
    robots = read_robots(ORIGIN, body[:MAX_ROBOTS_BYTES], NOW)
    assert not robots.allows(f"{ORIGIN}/early")
    assert robots.allows(f"{ORIGIN}/ax")


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: b{n}\n" for n in range(15_000)) + "Disallow: /x\n" * 15_000,
        "".join(f"User agent newsbeam{n}\n" for n in range(9_000)) + "Disallow: /x\n" * 15_000,
        "User-agent: *\n" + "".join(f"Disallow: /{n}*a*b$\n" for n in range(20_000)),
        "User-agent: *\nDisallow: /" + "*a" * 200_000,
        "User-agent: *\nDisallow: /" + "%" * 400_000,
    ],
    ids=["agents", "agents like us", "patterns", "wildcards", "percents"],
)
def test_hostile_files_are_read_in_time(text: str) -> None:
    with at_most(5):
        robots = read(text)
        assert robots.allows(f"{ORIGIN}/{'a' * 2000}")


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    robots = read(text)
    assert robots.allows(f"{ORIGIN}/a") in (True, False)
    assert 0 <= robots.crawl_delay <= 120


def test_memory_and_disk_forget_after_a_day_and_unreachable_ones_after_an_hour(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    for verdict, hours in (("rules", 24), ("all_allowed", 24), ("unreachable", 1)):
        RobotsCache(Clock(), tmp_path).keep(Robots(ORIGIN, verdict, "", now))  # type: ignore[arg-type]
        early = RobotsCache(Clock(timedelta(hours=hours, minutes=-1)), tmp_path)
        late = RobotsCache(Clock(timedelta(hours=hours, minutes=1)), tmp_path)
        before = RobotsCache(Clock(timedelta(minutes=-1)), tmp_path)
        assert early.find(ORIGIN) is None
        found = early.load(ORIGIN)
        assert found == Robots(ORIGIN, verdict, "", now)  # type: ignore[arg-type]
        assert early.find(ORIGIN) is found
        assert late.load(ORIGIN) is None
        assert before.load(ORIGIN) is None
        assert early.load("https://annen.example") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'"x"', b"\xff\xfe", b"null", b'{"origin": 1}', None]
)
def test_a_spoilt_cache_file_counts_as_absent(tmp_path: Path, content: bytes | None) -> None:
    cache = RobotsCache(Clock(), tmp_path)
    cache.keep(Robots(ORIGIN, "rules", "x", datetime.now(UTC)))
    assert RobotsCache(Clock(), tmp_path).load(ORIGIN) is not None
    (path,) = tmp_path.iterdir()
    if content is None:  # another origin's file under this name
        fields = json.loads(path.read_bytes()) | {"origin": "https://annen.example"}
        content = json.dumps(fields).encode()
    path.write_bytes(content)
    assert RobotsCache(Clock(), tmp_path).load(ORIGIN) is None


def fetch(
    server: Server,
    path: str = "/a",
    *,
    clock: Clock = CLOCK,
    folder: Path | None = None,
    tries: int = 1,
) -> Response | FetchFault:
    """One fetch with a client of its own; the server keeps its address."""

    async def run() -> Response | FetchFault:
        async with server, HttpClient(clock, folder, backoff_seconds=0) as client:
            return await client.fetch(Request(server.url(path), SETTINGS, 10**6, tries=tries))

    return asyncio.run(run())


def serve(robots: bytes) -> Server:
    return Server(
        lambda asked, _: robots if asked.path == "/robots.txt" else reply(b"sak"),
        serves_robots=True,
    )


def test_what_is_forbidden_is_not_asked_for() -> None:
    server = serve(reply(b"User-agent: newsbeam\nDisallow: /a"))
    fault = fetch(server)
    assert isinstance(fault, FetchFault)
    assert (fault.reason, fault.is_temporary) == ("robots_disallowed", False)
    assert server.paths == ["/robots.txt"]
    assert isinstance(fetch(server, "/b"), Response)


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 451])
def test_without_a_file_all_is_allowed(status: int) -> None:
    assert isinstance(fetch(serve(reply(status=status))), Response)


@pytest.mark.parametrize(
    "answer",
    [
        reply(status=500), reply(status=503), reply(status=429),
        reply(b"x", content_encoding="gzip"), b"rubbish\r\n\r\n",
    ],
)  # fmt: skip
def test_without_an_answer_nothing_is_allowed_for_an_hour(answer: bytes, tmp_path: Path) -> None:
    server = serve(answer)
    fault = fetch(server, folder=tmp_path, tries=2)
    assert isinstance(fault, FetchFault)
    assert (fault.reason, fault.is_temporary) == ("robots_unreachable", True)
    assert fault.retry_at is not None
    assert timedelta(minutes=59) < fault.retry_at - datetime.now(UTC) <= timedelta(hours=1)
    assert server.paths == ["/robots.txt"] * 2
    fetch(server, folder=tmp_path)
    assert server.paths == ["/robots.txt"] * 2
    fetch(server, folder=tmp_path, clock=Clock(timedelta(minutes=61)))
    assert len(server.paths) == 3


def test_a_host_that_cannot_be_reached_is_told_as_such_and_not_remembered(tmp_path: Path) -> None:
    async def run() -> Response | FetchFault:
        async with HttpClient(Clock(), tmp_path) as client:
            return await client.fetch(Request("http://127.0.0.2:1/", SETTINGS, 1000))

    fault = asyncio.run(run())
    assert isinstance(fault, FetchFault)
    assert fault.reason == "connect_failed"
    assert list(tmp_path.iterdir()) == []


def test_redirects_of_robots_are_followed_to_their_rules() -> None:
    def handle(asked: Asked, _: object) -> bytes:
        if asked.path == "/robots.txt":
            return redirect("/r1")
        if asked.path in ("/r1", "/r2", "/r3", "/r4"):
            return redirect(f"/r{int(asked.path[2]) + 1}")
        return reply(b"User-agent: *\nDisallow: /a" if asked.path == "/r5" else b"sak")

    server = Server(handle, serves_robots=True)
    fault = fetch(server)
    assert isinstance(fault, FetchFault)
    assert fault.reason == "robots_disallowed"
    loop = serve(redirect("/robots.txt"))
    assert isinstance(fetch(loop), Response), "unavailable: RFC 9309, 2.3.1.2"


def test_many_requests_ask_for_it_once_and_the_next_run_takes_it_from_disk(
    tmp_path: Path,
) -> None:
    server = serve(reply(b"User-agent: *\nDisallow: /nei"))

    async def run(clock: Clock) -> list[Response | FetchFault]:
        async with server, HttpClient(clock, tmp_path / "robots") as client:
            urls = [server.url(f"/{n}") for n in range(10)]
            requests = [Request(url, SETTINGS, 1000) for url in urls]
            return await asyncio.gather(*map(client.fetch, requests))

    for hours, asked in ((0, 1), (23, 1), (25, 2)):
        outcomes = asyncio.run(run(Clock(timedelta(hours=hours))))
        assert all(isinstance(outcome, Response) for outcome in outcomes)
        assert server.paths.count("/robots.txt") == asked
    assert len(list((tmp_path / "robots").iterdir())) == 1


def test_crawl_delay_sets_the_gap() -> None:
    server = serve(reply(b"User-agent: *\nCrawl-delay: 0.4"))

    async def run() -> None:
        async with server, HttpClient(Clock()) as client:
            urls = [server.url(f"/{n}") for n in range(3)]
            await asyncio.gather(*(client.fetch(Request(u, SETTINGS, 1000)) for u in urls))

    asyncio.run(run())
    first, _, last = (asked.at for asked in server.pages)
    assert last - first > 0.6


def test_who_gives_up_does_not_take_robots_from_the_others() -> None:
    async def handle(asked: Asked, _: object) -> bytes:
        await asyncio.sleep(0.1)
        return reply(b"" if asked.path == "/robots.txt" else b"sak")

    async def run() -> Response | FetchFault:
        server = Server(handle, serves_robots=True)
        async with server, HttpClient(Clock()) as client:
            first = asyncio.create_task(client.fetch(Request(server.url(), SETTINGS, 1000)))
            second = asyncio.create_task(client.fetch(Request(server.url(), SETTINGS, 1000)))
            await asyncio.sleep(0.05)
            first.cancel()
            return await second

    assert isinstance(asyncio.run(run()), Response)
