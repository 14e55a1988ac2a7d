"""Asking servers on loopback with the client, and taking its answers apart."""

from __future__ import annotations

import asyncio

from newsbeam.transforms.records import Clock, FetchFault, Response
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.web.client import HttpClient, Request
from tests.support.loopback import Server

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
