"""Proxies that the environment names: who is asked through them, and what may be asked."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence

import pytest

from newsbeam.transforms.records import Clock, FetchFault, Response
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.web.client import HttpClient, Request
from newsbeam.transforms.web.proxies import BadProxy, Proxies
from tests.support.loopback import Asked, Server, redirect, reply

NAMES = {"avis.example": ["93.184.216.34"], "inside.example": ["93.184.216.34", "10.0.0.7"]}
SETTINGS = FetchSettings(seconds_between_requests=0)


async def look_up(host: str) -> Sequence[str]:
    if host not in NAMES:
        raise OSError(None, "unknown name")
    return NAMES[host]


def ask_through(
    proxy: Server, url: str, monkeypatch: pytest.MonkeyPatch, settings: FetchSettings = SETTINGS
) -> Response | FetchFault:
    """Fetch ``url`` where the environment names ``proxy``, on an address that is not public."""

    async def run() -> Response | FetchFault:
        async with proxy:
            for name in ("http_proxy", "https_proxy"):
                monkeypatch.setenv(name, proxy.url("/").replace("//", "//desk:pass%20word@"))
            async with HttpClient(Clock(), look_up=look_up, backoff_seconds=0.01) as client:
                return await client.fetch(Request(url, settings, 10**6))

    return asyncio.run(run())


def reason(outcome: Response | FetchFault) -> str:
    assert isinstance(outcome, FetchFault), outcome
    return outcome.reason


def test_a_page_is_asked_for_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server(lambda *_: reply(b"Hei", content_type="text/html"))
    outcome = ask_through(proxy, "http://avis.example/sak?a=1", monkeypatch)
    assert isinstance(outcome, Response)
    assert (outcome.body, outcome.url) == (b"Hei", "http://avis.example/sak?a=1")
    (asked,) = [a for a in proxy.asked if not a.path.endswith("/robots.txt")]
    assert asked.path == "http://avis.example/sak?a=1"
    given = asked.headers["proxy-authorization"].removeprefix("Basic ")
    assert base64.b64decode(given) == b"desk:pass word"


def test_https_goes_through_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server(lambda *_: reply(status=403))
    outcome = ask_through(proxy, "https://avis.example/sak", monkeypatch)
    assert {asked.path for asked in proxy.asked} == {"avis.example:443"}
    assert reason(outcome) == "connect_failed"
    assert isinstance(outcome, FetchFault)
    assert "the proxy answers 403" in outcome.detail
    assert "word" not in outcome.detail


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://10.0.0.7/", "forbidden_address"),
        ("http://[::1]/", "forbidden_address"),
        ("http://169.254.169.254/latest/meta-data", "forbidden_address"),
        ("https://inside.example/", "forbidden_address"),
        ("http://unknown.example/", "dns_failed"),
        ("http://intranet/", "dns_failed"),
    ],
)
def test_the_address_guard_holds_behind_a_proxy(
    url: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Server(lambda *_: reply(b"inside"))
    assert reason(ask_through(proxy, url, monkeypatch)) == expected
    assert proxy.asked == []


def test_the_guard_holds_at_every_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(asked: Asked, _: object) -> bytes:
        return redirect("http://inside.example/") if "avis" in asked.path else reply(b"inside")

    proxy = Server(answer)
    outcome = ask_through(proxy, "http://avis.example/sak", monkeypatch)
    assert reason(outcome) == "forbidden_address"
    assert not [path for path in proxy.paths if "inside" in path]


def test_a_proxy_may_look_names_up_where_a_config_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SETTINGS.model_copy(update={"proxy_looks_up": True})
    for url, is_answered in (
        ("http://unknown.example/", True),
        ("http://inside.example/", False),
        ("http://intranet/", False),
        ("http://10.0.0.7/", False),
    ):
        outcome = ask_through(Server(lambda *_: reply(b"Hei")), url, monkeypatch, settings)
        assert isinstance(outcome, Response) == is_answered, url


def test_an_opened_address_is_asked_for_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SETTINGS.model_copy(update={"allow_addresses": ("10.0.0.0/8",)})
    outcome = ask_through(
        Server(lambda *_: reply(b"Hei")), "http://inside.example/", monkeypatch, settings
    )
    assert isinstance(outcome, Response)


@pytest.mark.parametrize(
    ("exceptions", "origin", "is_direct"),
    [
        ("avis.example", "http://avis.example", True),
        ("avis.example", "http://www.avis.example", True),
        (".avis.example", "http://www.avis.example", True),
        ("avis.example", "http://slavis.example", False),
        ("avis.example:8080", "http://avis.example:8080", True),
        ("avis.example:8080", "http://avis.example", False),
        ("other.example, 10.1.0.0/16", "http://10.1.2.3:80", True),
        ("10.1.0.0/16", "http://10.2.2.3", False),
        ("fd00::/8", "http://[fd12::1]:8080", True),
        ("*", "https://avis.example", True),
        ("", "https://avis.example", False),
    ],
)
def test_no_proxy(exceptions: str, origin: str, is_direct: bool) -> None:
    proxies = Proxies({"http": "p.example:3128", "https": "http://p.example", "no": exceptions})
    assert (proxies.find(origin) is None) == is_direct


def test_what_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Proxies({}).find("http://avis.example") is None
    assert Proxies({"all": "p.example:1"}).find("https://avis.example") == "http://p.example:1"
    monkeypatch.setenv("HTTPS_PROXY", "http://p.example:2")
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert Proxies.from_environment().find("https://avis.example") == "http://p.example:2"
    with pytest.raises(BadProxy, match="HTTP_PROXY") as caught:
        Proxies({"http": "socks5://desk:word@p.example"}).find("http://avis.example")
    assert "word" not in str(caught.value)
