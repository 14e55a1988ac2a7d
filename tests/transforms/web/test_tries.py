"""Tries and waiting: what is asked again and when, and which hosts are left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import pytest

from newsbeam.transforms.records import Clock, FetchFault, Response
from newsbeam.transforms.web.client import Request
from tests.support.asking import SETTINGS, client, fault, fetch, good
from tests.support.loopback import Handler, Server, reply
from tests.support.waiting import at_most


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
    began = datetime.now(UTC)
    got = fault(fetch(Server(lambda *_: reply(status=503, retry_after="20"))), "server_error")
    assert got.retry_at is not None
    assert began <= got.retry_at - timedelta(seconds=20) <= datetime.now(UTC)


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_retry_after_closes_the_lane(status: int) -> None:
    ahead, wait = timedelta(days=400), timedelta(hours=2)
    began = datetime.now(UTC)
    then, now = (format_datetime(date, usegmt=True) for date in (began + wait, began))
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
                answered = got.retry_at - wait - ahead
                assert began <= answered <= datetime.now(UTC)
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
