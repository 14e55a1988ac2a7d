"""The client against real servers: what is sent, what comes back, the hosts it may ask."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime
from importlib.metadata import version

import pytest

from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.web.client import Request
from tests.support.asking import SETTINGS, client, fault, fetch, good
from tests.support.loopback import Server, reply
from tests.support.waiting import at_most


def test_response() -> None:
    body = gzip.compress("Blåbær".encode())
    server = Server(
        lambda *_: reply(
            body, content_type="text/html; charset=UTF-8", content_encoding="gzip", etag='W/"å"'
        )
    )
    before = datetime.now(UTC)
    response = good(fetch(server, "/sak?a=1"))
    assert response.status == 200
    assert response.body.decode() == "Blåbær"
    assert response.url == server.url("/sak?a=1")
    assert (response.content_type, response.charset) == ("text/html", "utf-8")
    assert response.headers["etag"] == 'W/"å"'
    assert before <= response.fetched_at <= datetime.now(UTC)
    assert response.moved_to is None


RSS = b"<rss><channel><item><title>Bl\xc3\xa5b\xc3\xa6r</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("headers", "body", "reasons"),
    [
        (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(RSS), RSS), ["no_last_chunk"]),
        (b"Content-Length: %d" % (len(RSS) + 9), RSS, ["no_last_chunk"]),
        (b"Content-Length: 12", b'{"items":[]}', []),
        (b"Content-Length: 13", b'{"items":[]}', ["no_last_chunk"]),
        (b"Content-Encoding: utf-8", RSS, ["false_coding"]),
        (b"Content-Encoding: gzip", RSS, ["false_coding"]),
        (b"Content-Encoding: gzip", gzip.compress(RSS, mtime=0), []),
        (b"Content-Encoding: identity", RSS, []),
    ],
)
def test_what_is_wrong_with_an_answer_that_can_be_read_is_noted(
    headers: bytes, body: bytes, reasons: list[str]
) -> None:
    server = Server(lambda *_: b"HTTP/1.1 200 OK\r\n%s\r\n\r\n%s" % (headers, body))
    response = good(fetch(server))
    assert response.body in (RSS, b'{"items":[]}')
    assert [reason for reason, _ in response.faults] == reasons


@pytest.mark.parametrize("body", [RSS[:-8], b'{"items":[{"id":', b"Bl"])
def test_half_an_answer_is_none(body: bytes) -> None:
    server = Server(lambda *_: b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + body)
    fault(fetch(server), "broken_response")


def test_headers_that_are_sent() -> None:
    server = Server(lambda *_: reply(status=304))
    settings = SETTINGS.model_copy(
        update={
            "contact": "redaksjon@avis.example",
            "headers": {
                "X-Avtale": "ja", "host": "annen.example", "Accept-Encoding": "x",
                "user-agent": "Mozilla/5.0", "accept": "text/plain",
            },
        }
    )  # fmt: skip
    response = good(
        fetch(
            server, settings=settings, etag='W/"a b"', last_modified="i går, ca.".replace("å", "a")
        )
    )
    assert (response.status, response.body) == (304, b"")
    robots, page = server.asked
    assert page.headers == {
        "host": f"127.0.0.2:{server.port}",
        "user-agent": f"newsbeam/{version('newsbeam')} (+redaksjon@avis.example)",
        "from": "redaksjon@avis.example",
        "accept": "text/plain",
        "accept-encoding": "gzip, deflate, br, zstd",
        "if-none-match": 'W/"a b"',
        "if-modified-since": "i gar, ca.",
        "x-avtale": "ja",
        "connection": "close",
    }
    assert robots.headers["user-agent"] == page.headers["user-agent"]
    assert "if-none-match" not in robots.headers


def test_user_agent_without_contact_or_with_a_page() -> None:
    server = Server(lambda *_: reply())
    fetch(server)
    settings = SETTINGS.model_copy(update={"contact": "https://avis.example/@bot"})
    fetch(server, settings=settings)
    agents = [asked.headers["user-agent"] for asked in server.pages]
    product = f"newsbeam/{version('newsbeam')}"
    assert agents == [product, f"{product} (+https://avis.example/@bot)"]
    assert not any("from" in asked.headers for asked in server.asked)


def test_validators_that_cannot_be_sent_are_left_out() -> None:
    server = Server(lambda *_: reply())
    good(fetch(server, etag='"a"\r\nX-Evil: 1', last_modified="\udce6"))
    (page,) = server.pages
    assert not {"if-none-match", "if-modified-since", "x-evil"} & set(page.headers)


def test_cookies_are_not_kept() -> None:
    server = Server(lambda *_: reply(set_cookie="a=b; Path=/"))

    async def run() -> None:
        async with server, client() as opened:
            for path in ("/a", "/b"):
                response = good(await opened.fetch(Request(server.url(path), SETTINGS, 1000)))
                assert "set-cookie" not in response.headers

    asyncio.run(run())
    assert not any("cookie" in asked.headers for asked in server.asked)


def test_allowed_addresses_of_one_source_do_not_open_them_for_another() -> None:
    async def run() -> None:
        server = Server(lambda *_: reply(b"sak"))
        async with server, client() as opened:
            good(await opened.fetch(Request(server.url("/a"), SETTINGS, 1000)))
            closed = SETTINGS.model_copy(update={"allow_addresses": ()})
            got = await opened.fetch(Request(server.url("/b"), closed, 1000))
            fault(got, "forbidden_address")
        assert server.paths == ["/robots.txt", "/a"]

    asyncio.run(run())


def test_nor_do_they_close_them_for_another() -> None:
    """Both wait for the same robots.txt at the same time."""

    async def run() -> None:
        server = Server(lambda *_: reply(b"sak"))
        closed = SETTINGS.model_copy(update={"allow_addresses": ()})
        async with server, client() as opened:
            requests = [Request(server.url(), settings, 1000) for settings in (closed, SETTINGS)]
            first, second = await asyncio.gather(*map(opened.fetch, requests))
        fault(first, "forbidden_address")
        good(second)

    asyncio.run(run())


def test_leaving_the_client_ends_what_is_under_way() -> None:
    async def stall(*_: object) -> bytes:
        await asyncio.sleep(30)
        return b""

    async def run() -> None:
        server = Server(stall, serves_robots=True)
        async with server:
            async with client() as opened:
                task = asyncio.create_task(opened.fetch(Request(server.url(), SETTINGS, 1000)))
                await asyncio.sleep(0.1)
            with pytest.raises(asyncio.CancelledError):
                await task

    with at_most(15):  # the server takes 30
        asyncio.run(run())


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": {"X-A": "b\r\nX-Evil: 1"}},
        {"headers": {"X A": "b"}},
        {"headers": {"": "b"}},
        {"headers": {"X-A": "blåbær"}},
        {"contact": "bot@avis.example\r\nX-Evil: 1"},
    ],
)
def test_headers_that_cannot_be_sent_are_faults_of_the_configuration(
    fields: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match="header field"):
        FetchSettings(**fields)  # type: ignore[arg-type]
