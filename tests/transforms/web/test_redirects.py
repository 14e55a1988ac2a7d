"""Redirects: where they lead, how many are followed, and what goes along."""

from __future__ import annotations

import asyncio

import pytest

from newsbeam.transforms.web.client import Request
from tests.support.asking import SETTINGS, client, fault, fetch, good
from tests.support.loopback import Asked, Handler, Server, redirect, reply


def follow(*statuses: int) -> Handler:
    """Redirects /0 to /1 to /2 ... with these statuses."""

    def handle(asked: Asked, _: object) -> bytes:
        hop = int(asked.path[1:])
        return redirect(f"/{hop + 1}", statuses[hop]) if hop < len(statuses) else reply(b"sak")

    return handle


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        ((301,), "/1"),
        ((308, 301), "/2"),
        ((301, 302), "/1"),
        ((302, 301), None),
        ((307, 303), None),
        ((), None),
    ],
)
def test_redirects_and_where_the_page_moved(
    statuses: tuple[int, ...], moved_to: str | None
) -> None:
    server = Server(follow(*statuses))
    response = good(fetch(server, "/0"))
    assert response.url == server.url(f"/{len(statuses)}")
    assert response.moved_to == (None if moved_to is None else server.url(moved_to))


def test_number_of_redirects() -> None:
    settings = SETTINGS.model_copy(update={"max_redirects": 2})
    good(fetch(Server(follow(302, 302)), "/0", settings=settings))
    fault(fetch(Server(follow(302, 302, 302)), "/0", settings=settings), "too_many_redirects")
    settings = SETTINGS.model_copy(update={"max_redirects": 0})
    good(fetch(Server(follow()), "/0", settings=settings))
    fault(fetch(Server(follow(302)), "/0", settings=settings), "too_many_redirects")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("ftp://avis.example/", "unsupported_scheme"),
        ("file:///etc/passwd", "unsupported_scheme"),
        ("http://[::1/", "bad_url"),
        ("http://a:b@127.0.0.2/", "bad_url"),
    ],
)
def test_redirects_that_lead_nowhere(location: str, reason: str) -> None:
    got = fault(fetch(Server(lambda *_: redirect(location))), reason)
    assert (got.is_temporary, got.domain) == (False, "127.0.0.2")
    assert "redirects to" in got.detail


def test_redirect_without_a_location() -> None:
    assert fault(fetch(Server(lambda *_: reply(status=302))), "http_error").status == 302


def test_location_with_letters_in_other_encodings() -> None:
    def handle(asked: Asked, _: object) -> bytes:
        if asked.path == "/":
            return b"HTTP/1.1 302 X\r\nLocation: /bl\xe5/\xc3\xa5?q=\xe6\r\n\r\n"
        return reply(asked.path.encode())

    assert good(fetch(Server(handle))).body == b"/bl%E5/%C3%A5?q=%E6"


def test_each_hop_has_its_robots_and_its_lane() -> None:
    async def run() -> None:
        def handle_other(asked: Asked, _: object) -> bytes:
            if asked.path == "/robots.txt":
                return reply(b"User-agent: *\nDisallow: /nei\nCrawl-delay: 0.4")
            return reply(b"sak")

        other = Server(handle_other, host="127.0.0.3", serves_robots=True)
        server = Server(lambda asked, _: redirect(other.url(asked.path), 301))
        async with other, server, client() as opened:
            first = await opened.fetch(Request(server.url("/ja"), SETTINGS, 1000))
            assert good(first).moved_to == other.url("/ja")
            second = await opened.fetch(Request(server.url("/nei"), SETTINGS, 1000))
            assert fault(second, "robots_disallowed").domain == "127.0.0.3"
            await opened.fetch(Request(server.url("/mer"), SETTINGS, 1000))
        assert other.paths == ["/robots.txt", "/ja", "/mer"]
        assert other.asked[2].at - other.asked[1].at > 0.2
        assert server.paths == ["/robots.txt", "/ja", "/nei", "/mer"]

    asyncio.run(run())


def test_lanes_never_wait_for_each_other_in_a_ring() -> None:
    """A redirects to B while B redirects to A: neither holds its lane while it waits."""

    async def run() -> None:
        a = Server(lambda asked, _: redirect(b.url("/ok")) if asked.path == "/go" else reply())
        b = Server(
            lambda asked, _: redirect(a.url("/ok")) if asked.path == "/go" else reply(),
            host="127.0.0.3",
        )
        async with a, b, client() as opened:
            requests = [Request(s.url("/go"), SETTINGS, 1000) for s in (a, b) * 10]
            outcomes = await asyncio.wait_for(asyncio.gather(*map(opened.fetch, requests)), 5)
        assert all(map(good, outcomes))

    asyncio.run(run())


def test_what_lets_us_in_is_shown_to_no_other_site() -> None:
    async def run() -> None:
        other = Server(lambda *_: reply(b"sak"), host="127.0.0.3")
        server = Server(lambda asked, _: redirect("/b" if asked.path == "/a" else other.url("/c")))
        settings = SETTINGS.model_copy(update={"headers": {"Authorization": "Bearer x"}})
        async with other, server, client() as opened:
            good(await opened.fetch(Request(server.url("/a"), settings, 1000)))
        assert [asked.headers.get("authorization") for asked in server.pages] == ["Bearer x"] * 2
        assert not any("authorization" in asked.headers for asked in other.asked)

    asyncio.run(run())
