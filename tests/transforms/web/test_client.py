"""The client against real servers: what is sent, redirects, tries, waiting, politeness."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from time import monotonic

import pytest

from newsbeam.transforms.records import Clock, FetchFault, Response
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.web.client import HttpClient, Request
from tests.support.loopback import Asked, Handler, Server, redirect, reply
from tests.support.waiting import at_most

SETTINGS = FetchSettings(allow_addresses=("127.0.0.0/8",), seconds_between_requests=0)


CLOCK = Clock()


def client(clock: Clock = CLOCK, **options: object) -> HttpClient:
    return HttpClient(clock, backoff_seconds=0.01, **options)  # type: ignore[arg-type]


def fetch(server: Server, path: str = "/", **options: object) -> Response | FetchFault:
    fields = {"settings": SETTINGS, "max_bytes": 10**6, **options}

    async def run() -> Response | FetchFault:
        async with server, client() as opened:
            return await opened.fetch(Request(server.url(path), **fields))  # type: ignore[arg-type]

    return asyncio.run(run())


def good(outcome: Response | FetchFault) -> Response:
    assert isinstance(outcome, Response), outcome
    return outcome


def fault(outcome: Response | FetchFault, reason: str) -> FetchFault:
    assert isinstance(outcome, FetchFault), outcome
    assert outcome.reason == reason, outcome
    return outcome


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


def fail_first(times: int, answer: bytes) -> Handler:
    left = times

    def handle(*_: object) -> bytes:
        nonlocal left
        left -= 1
        return answer if left >= 0 else reply(b"sak")

    return handle


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 522, 524])
def test_statuses_that_are_tried_again(status: int) -> None:
    server = Server(fail_first(2, reply(status=status)))
    assert good(fetch(server, tries=3)).body == b"sak"
    server = Server(fail_first(2, reply(status=status)))
    got = fetch(server, tries=2)
    assert isinstance(got, FetchFault)
    assert (got.status, got.is_temporary) == (status, True)
    assert len(server.pages) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 451, 501])
def test_statuses_that_are_final(status: int) -> None:
    server = Server(fail_first(1, reply(status=status)))
    got = fetch(server, tries=3)
    assert isinstance(got, FetchFault)
    assert (got.status, got.is_temporary) == (status, False)
    assert len(server.pages) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"rubbish\r\n", b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nx"]
)
def test_lost_connections_are_tried_again(answer: bytes) -> None:
    server = Server(fail_first(1, answer))
    assert good(fetch(server, tries=2)).body == b"sak"
    assert len(server.pages) == 2


def test_one_try_is_one_request() -> None:
    """aiohttp alone would silently ask a second time where a connection is lost."""
    server = Server(lambda *_: b"")
    fault(fetch(server), "connect_failed")
    assert len(server.pages) == 1


def test_tries_keep_the_gap() -> None:
    server = Server(lambda *_: reply(status=500))
    settings = SETTINGS.model_copy(update={"seconds_between_requests": 0.1})
    fault(fetch(server, tries=3, settings=settings), "server_error")
    starts = [asked.at for asked in server.asked]
    assert len(starts) == 4
    assert starts[-1] - starts[0] > 0.2, "three gaps, seen from the other side of the wire"


def test_a_name_that_does_not_resolve() -> None:
    looked_up = []

    async def look_up(host: str) -> Sequence[str]:
        looked_up.append(host)
        raise OSError("Name or service not known")

    async def run() -> Response | FetchFault:
        async with client(look_up=look_up) as opened:
            url = "http://www.avis.example/"
            return await opened.fetch(Request(url, SETTINGS, 1000, tries=2))

    got = fault(asyncio.run(run()), "dns_failed")
    assert (got.is_temporary, got.domain) == (True, "www.avis.example")
    assert looked_up == ["www.avis.example"] * 2


def test_the_system_looks_names_up_by_default() -> None:
    server = Server(lambda *_: reply(b"sak"), host="127.0.0.1")

    async def run() -> tuple[Response | FetchFault, Response | FetchFault]:
        async with server, client() as opened:
            found = Request(server.url("/", "localhost"), SETTINGS, 1000)
            missing = Request("http://finnes-ikke.invalid/", SETTINGS, 1000)
            return await opened.fetch(found), await opened.fetch(missing)

    found, missing = asyncio.run(run())
    assert good(found).body == b"sak"
    fault(missing, "dns_failed")


def test_a_slow_name_server_meets_the_limit() -> None:
    async def look_up(_: str) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    async def run() -> Response | FetchFault:
        settings = SETTINGS.model_copy(update={"connect_seconds": 0.2})
        async with client(look_up=look_up) as opened:
            return await opened.fetch(Request("http://avis.example/", settings, 1000))

    # Without an answer of robots.txt nothing may be asked.
    with at_most(15):  # the name server takes 30
        assert "not connected" in fault(asyncio.run(run()), "robots_unreachable").detail


def test_a_short_retry_after_is_waited_out_by_the_whole_lane() -> None:
    server = Server(fail_first(1, reply(status=429, retry_after="1")))

    async def run() -> list[Response | FetchFault]:
        async with server, client() as opened:
            await opened.fetch(Request(server.url("/robots.txt"), SETTINGS, 1000))
            requests = [Request(server.url(p), SETTINGS, 1000, tries=2) for p in ("/a", "/b")]
            return await asyncio.gather(*map(opened.fetch, requests))

    assert all(map(good, asyncio.run(run())))
    refused, *others = server.pages
    assert len(others) == 2
    assert all(asked.at - refused.at >= 1 for asked in others)


def test_a_short_retry_after_without_another_try_tells_when() -> None:
    got = fault(fetch(Server(lambda *_: reply(status=503, retry_after="20"))), "server_error")
    assert got.retry_at is not None
    assert timedelta(seconds=15) < got.retry_at - datetime.now(UTC) <= timedelta(seconds=20)


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_retry_after_closes_the_lane(status: int) -> None:
    ahead = timedelta(days=400)
    until = datetime.now(UTC) + timedelta(hours=2)
    then, now = (format_datetime(date, usegmt=True) for date in (until, datetime.now(UTC)))
    server = Server(lambda *_: reply(status=status, retry_after=then, date=now))
    other = Server(lambda *_: reply(b"sak"), host="127.0.0.3")

    async def run() -> None:
        async with server, other, client(Clock(ahead)) as opened:
            requests = [Request(server.url(f"/{n}"), SETTINGS, 1000, tries=3) for n in range(5)]
            outcomes = await asyncio.gather(*map(opened.fetch, requests))
            for outcome in outcomes:
                got = fault(outcome, "asked_to_wait")
                assert got.is_temporary
                assert got.retry_at is not None
                assert abs(got.retry_at - until - ahead) < timedelta(seconds=2)
            assert isinstance(outcomes[0], FetchFault)
            assert outcomes[0].status == status
            assert opened.closed_lanes() == {"127.0.0.2": outcomes[0].retry_at}
            good(await opened.fetch(Request(other.url(), SETTINGS, 1000)))

    asyncio.run(run())
    assert server.paths == ["/robots.txt", "/0"]


def test_a_lane_that_was_closed_before_is_not_asked_at_all() -> None:
    async def run() -> None:
        server = Server(lambda *_: reply(b"sak"))
        until = datetime.now(UTC) + timedelta(minutes=5)
        async with server, client() as opened:
            opened.close_lane("127.0.0.2", until)
            got = await opened.fetch(Request(server.url(), SETTINGS, 1000))
            assert fault(got, "asked_to_wait").retry_at == until
            assert opened.closed_lanes() == {"127.0.0.2": until}
        assert server.asked == []

    asyncio.run(run())


def test_a_host_that_keeps_failing_is_left_alone() -> None:
    async def run() -> None:
        server = Server(lambda *_: reply(status=500))
        async with server, client() as opened:
            outcomes = [
                await opened.fetch(Request(server.url(f"/{n}"), SETTINGS, 1000, tries=2))
                for n in range(5)
            ]
        reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, FetchFault)]
        assert reasons == ["server_error"] * 3 + ["host_in_trouble"] * 2
        assert len(server.pages) == 6

    asyncio.run(run())


def test_missing_pages_are_no_trouble() -> None:
    async def run() -> None:
        server = Server(lambda *_: reply(status=404))
        async with server, client() as opened:
            for n in range(5):
                got = await opened.fetch(Request(server.url(f"/{n}"), SETTINGS, 1000))
                fault(got, "not_found")

    asyncio.run(run())


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


def test_waiting_for_a_turn_does_not_count_as_time_of_the_request() -> None:
    async def answer(*_: object) -> bytes:
        await asyncio.sleep(0.15)
        return reply(b"sak")

    async def run() -> list[Response | FetchFault]:
        server = Server(answer)
        settings = SETTINGS.model_copy(update={"total_seconds": 1.0})
        async with server, client() as opened:
            requests = [Request(server.url(f"/{n}"), settings, 1000) for n in range(8)]
            return await asyncio.gather(*map(opened.fetch, requests))

    assert all(map(good, asyncio.run(run())))


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


def test_many_hosts_take_little_longer_than_one() -> None:
    """20 hosts, 4 pages each, 0.2 s apart, 0.05 s to answer: robots.txt + 3 gaps + the answer."""

    async def answer(*_: object) -> bytes:
        await asyncio.sleep(0.05)
        return reply(b"sak")

    async def run() -> float:
        servers = [Server(answer, host=f"127.0.1.{n}") for n in range(20)]
        settings = SETTINGS.model_copy(update={"seconds_between_requests": 0.2})
        async with AsyncExitStack() as stack:
            for server in servers:
                await stack.enter_async_context(server)
            opened = await stack.enter_async_context(client())
            began = monotonic()
            requests = [Request(s.url(f"/{n}"), settings, 1000) for s in servers for n in range(4)]
            with at_most(3):  # one host after the other would take 16
                outcomes = await asyncio.gather(*map(opened.fetch, requests))
            took = monotonic() - began
        assert all(map(good, outcomes))
        return took

    assert asyncio.run(run()) > 0.8


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
