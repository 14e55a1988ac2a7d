"""Fetching feeds and pages as a good citizen: redirects, robots.txt, politeness, tries.

The client asks one question at a time through ``exchange`` and never raises for what a
server or the network does: the outcome is a ``Response`` or a ``FetchFault``.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from newsbeam.transforms.records import Clock, FetchFault, Response
from newsbeam.transforms.settings.environment import MissingSecret
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.web.answers import (
    PERMANENT_REDIRECTS,
    is_retryable,
    is_trouble_of_host,
    judge_status,
)
from newsbeam.transforms.web.exchange import Answer, BodyLimits, HttpExchange, LookUp
from newsbeam.transforms.web.lanes import Lanes, LaneShut
from newsbeam.transforms.web.refresh import find_refresh
from newsbeam.transforms.web.request import Request, make_headers, may_see_headers
from newsbeam.transforms.web.robots import (
    MAX_ROBOTS_BYTES,
    PRODUCT,
    Robots,
    RobotsCache,
    read_robots,
)
from newsbeam.transforms.web.urls import WebAddress, read_web_address

__all__ = ["HttpClient", "Request"]

# Ours: a longer Retry-After closes the lane for this run, a shorter one is waited out.
_PATIENCE = timedelta(seconds=30)
_MAX_BACKOFF_SECONDS = 10.0
_MOST_COOKIES, _LONGEST_COOKIE = 20, 4_000
_ROBOTS_REDIRECTS = 5  # at least (RFC 9309, 2.3.1.2)
# The request itself would have met the same: told as such, and not remembered of robots.txt.
_BEFORE_ROBOTS = frozenset({
    "asked_to_wait", "bad_tls", "connect_failed", "dns_failed", "forbidden_address",
    "host_in_trouble", "no_secret",
})  # fmt: skip
_LOST_WAY = frozenset({"redirect_loop", "too_many_redirects"})


class _Kept(Exception):
    """robots.txt keeps us from asking, and has had its own tries."""

    def __init__(self, fault: FetchFault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


class HttpClient:
    """Fetches for one run. An async context manager, for one event loop.

    All requests of a run should go through one client, as it holds the lanes of politeness.
    ``clock`` gives the instants that are told and stored; gaps and limits are real time.
    """

    def __init__(
        self,
        clock: Clock,
        robots_folder: Path | None = None,
        *,
        look_up: LookUp | None = None,
        ssl_context: ssl.SSLContext | None = None,
        backoff_seconds: float = 1.0,
    ) -> None:
        """``robots_folder`` caches robots.txt between runs. ``look_up`` gives the IP addresses
        of a host name (the system does by default), ``ssl_context`` the authorities that are
        trusted. The n-th new try waits at random up to ``backoff_seconds`` * 2 ** n, 10 s at
        most."""
        self._clock = clock
        self._lanes = Lanes(clock)
        self._robots = RobotsCache(clock, robots_folder)
        self._look_up, self._ssl_context = look_up, ssl_context
        self._backoff_seconds = backoff_seconds
        self._product = f"{PRODUCT}/{version('newsbeam')}"
        self._learning: dict[tuple[str, tuple[str, ...]], asyncio.Task[Robots | FetchFault]] = {}
        self._opened: HttpExchange | None = None

    async def __aenter__(self) -> Self:
        self._opened = HttpExchange(self._ssl_context, self._look_up)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = list(self._learning.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    def close_lane(self, domain: str, until: datetime) -> None:
        """Send nothing to ``domain`` (a registrable domain or an IP address) before ``until``."""
        self._lanes.close(domain, until)

    def pause_lane(self, domain: str, seconds: float) -> None:
        """Send nothing to ``domain`` for ``seconds``; requests to it wait."""
        self._lanes.pause(domain, seconds)

    def closed_lanes(self) -> dict[str, datetime]:
        """The domains that asked to be left alone, or were closed, with the ends of that."""
        return self._lanes.closed()

    def known_robots(self, url: str) -> Robots | None:
        """The robots.txt of the origin of ``url``, where a request has had it read."""
        address = read_web_address(url)
        return None if isinstance(address, FetchFault) else self._robots.find(address.origin)

    async def learn_robots(self, request: Request) -> Robots | FetchFault:
        """The robots.txt of the origin that ``request`` would go to; asked for where it is not
        known, or why it could not be."""
        address = read_web_address(request.url)
        if isinstance(address, FetchFault):
            return address
        try:
            return await self._find_robots(request, address, address)
        except _Kept as kept:
            return kept.fault

    async def fetch(self, request: Request) -> Response | FetchFault:
        """The response to ``request``, or why there is none."""
        outcome = await self._try(request, is_robots=False)
        if isinstance(outcome, FetchFault):
            if is_trouble_of_host(outcome):
                self._lanes.note_failure(outcome.domain)
            elif outcome.status is not None:
                self._lanes.note_answer(outcome.domain)
        else:
            address = read_web_address(outcome.url)
            assert isinstance(address, WebAddress)
            self._lanes.note_answer(address.domain)
        return outcome

    async def _try(self, request: Request, *, is_robots: bool) -> Response | FetchFault:
        address = read_web_address(request.url)
        if isinstance(address, FetchFault):
            return address
        for failed in range(request.tries):
            if failed:
                limit = min(self._backoff_seconds * 2 ** (failed - 1), _MAX_BACKOFF_SECONDS)
                # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
                await asyncio.sleep(random.uniform(0, limit))
            try:
                outcome = await self._follow(request, address, is_robots=is_robots)
            except _Kept as kept:
                return kept.fault
            if not (isinstance(outcome, FetchFault) and is_retryable(outcome)):
                break
        return outcome

    async def _follow(
        self, request: Request, address: WebAddress, *, is_robots: bool
    ) -> Response | FetchFault:
        """Ask ``address`` and wherever it redirects to. Waiting for turns costs no time limit.

        Raises:
            _Kept: by robots.txt.
        """
        settings, start = request.settings, address
        seconds = settings.total_seconds
        hops = max(settings.max_redirects, _ROBOTS_REDIRECTS if is_robots else 0)
        visited: set[tuple[str, str]] = set()
        moved_to, is_moved = None, True
        # Cookies live as long as this chain of redirects, by host; some feeds want one back.
        cookies: dict[str, dict[str, str]] = defaultdict(dict)
        while (at := (address.url, _write_cookies(cookies[address.origin]))) not in visited:
            if len(visited) > hops:
                detail = f"{start.url}: more than {show_count(hops, 'redirect')}"
                return FetchFault("too_many_redirects", detail, False, address.domain)
            visited.add(at)
            gap = settings.seconds_between_requests
            if not is_robots:
                robots = await self._find_robots(request, start, address)
                if not robots.allows(address.url):
                    raise _Kept(_disallow(robots, address))
                gap = max(gap, robots.crawl_delay)
            try:
                turn = self._lanes.turn(address.domain, gap, settings.requests_at_once)
                async with turn as note_sent:
                    began = monotonic()
                    answer = await self._ask(
                        request, start, address, seconds, is_robots, note_sent, at[1]
                    )
                    seconds -= monotonic() - began
            except LaneShut as shut:
                return _explain_shut(shut, address)
            if isinstance(answer, FetchFault):
                return answer
            location = answer.location
            if location is None and request.follows_refresh:
                location = _find_other(answer.body, address)
            if location is None:
                return Response(
                    address.url,
                    answer.status,
                    answer.headers,
                    answer.body,
                    self._clock.now(),
                    moved_to,
                    answer.faults,
                )
            cookies[address.origin] |= answer.cookies
            target = read_web_address(location, base=address.url)
            if isinstance(target, FetchFault):
                detail = f"{address.url} redirects to {target.detail}"
                return FetchFault(target.reason, detail, False, address.domain, answer.status)
            address = target
            is_moved = is_moved and answer.status in PERMANENT_REDIRECTS
            if is_moved:
                moved_to = address.url
        detail = f"{start.url}: its redirects come back to {address.url}"
        return FetchFault("redirect_loop", detail, False, address.domain)

    async def _ask(
        self,
        request: Request,
        start: WebAddress,
        address: WebAddress,
        seconds: float,
        is_robots: bool,
        note_sent: Callable[[], None],
        cookies: str,
    ) -> Answer | FetchFault:
        """One exchange, within a turn: success, 304 or a redirect; all else is a fault."""
        assert self._opened is not None, "use the client in `async with`"
        try:
            headers = make_headers(request, self._product, start=start, address=address)
        except MissingSecret as error:
            return FetchFault("no_secret", f"{address.url}: {error}", True, address.domain)
        if cookies and "cookie" not in {name.lower() for name in headers}:
            headers = {**headers, "Cookie": cookies}
        limits = BodyLimits(request.max_bytes, is_robots, request.media_types)
        answer = await self._opened.ask(
            address, headers, request.settings, limits, seconds, note_sent
        )
        if isinstance(answer, FetchFault) or answer.status == 200 or answer.location is not None:
            return answer
        if answer.status == 304:
            if request.etag or request.last_modified:
                return answer
            detail = f"{address.url}: 304 Not Modified, although it was asked without validators"
            return FetchFault("broken_response", detail, True, address.domain, 304)
        now = self._clock.now()
        fault = judge_status(
            answer.status, answer.headers, url=address.url, domain=address.domain, now=now
        )
        if fault.retry_at is None:
            return fault
        wait = fault.retry_at - now
        if wait <= _PATIENCE:
            self._lanes.pause(address.domain, wait.total_seconds())
            return fault
        self._lanes.close(address.domain, fault.retry_at)
        detail = f"{fault.detail}; {address.domain} asks to wait {wait.total_seconds():.0f} s"
        return FetchFault(
            "asked_to_wait", detail, True, address.domain, answer.status, fault.retry_at
        )

    async def _find_robots(
        self, request: Request, start: WebAddress, address: WebAddress
    ) -> Robots:
        robots: Robots | FetchFault | None = self._robots.find(address.origin)
        if robots is None:
            # What one source may connect to another may not.
            key = address.origin, request.settings.allow_addresses
            task = self._learning.get(key)
            if task is None:
                task = asyncio.create_task(self._learn_robots(request, start, address))
                self._learning[key] = task
                task.add_done_callback(lambda _: self._learning.pop(key))
            # Others may wait for it too: whoever gives up must not take it from them.
            robots = await asyncio.shield(task)
        if isinstance(robots, FetchFault):
            raise _Kept(robots)
        return robots

    async def _learn_robots(
        self, request: Request, start: WebAddress, address: WebAddress
    ) -> Robots | FetchFault:
        origin = address.origin
        robots = await asyncio.to_thread(self._robots.load, origin)
        if robots is not None:
            return robots
        settings = request.settings
        if not may_see_headers(start, address):
            settings = settings.model_copy(update={"headers": {}})
        errand = Request(
            f"{origin}/robots.txt",
            settings,
            MAX_ROBOTS_BYTES,
            accept="text/plain,*/*;q=0.1",
            tries=request.tries,
        )
        outcome = await self._try(errand, is_robots=True)
        now = self._clock.now()
        if isinstance(outcome, Response):
            robots = read_robots(origin, outcome.body, now)
        elif outcome.reason in _BEFORE_ROBOTS:
            return outcome
        elif outcome.reason in _LOST_WAY or _is_absent(outcome.status):
            robots = Robots(origin, "all_allowed", "", now)
        else:
            robots = Robots(origin, "unreachable", outcome.detail, now)
        await asyncio.to_thread(self._robots.keep, robots)
        return robots


def _find_other(body: bytes, address: WebAddress) -> str | None:
    """Where a page sends on to, unless it is itself."""
    location = find_refresh(body)
    target = read_web_address(location, base=address.url) if location else None
    return location if isinstance(target, WebAddress) and target.url != address.url else None


def _write_cookies(cookies: Mapping[str, str]) -> str:
    """The field ``Cookie`` (RFC 6265, section 4.2.1), within bounds: ours."""
    text = "; ".join(f"{name}={value}" for name, value in sorted(cookies.items())[:_MOST_COOKIES])
    return text if len(text) <= _LONGEST_COOKIE and text.isascii() and text.isprintable() else ""


def _is_absent(status: int | None) -> bool:
    """4xx means that there are no rules (RFC 9309, 2.3.1.3). 429 does not: too many questions
    is no answer to this one (ours, as Google does it)."""
    return status is not None and status < 500 and status not in (408, 429)


def _disallow(robots: Robots, address: WebAddress) -> FetchFault:
    if robots.verdict == "unreachable":
        detail = f"{address.url}: its robots.txt cannot be had ({robots.text})"
        return FetchFault(
            "robots_unreachable", detail, True, address.domain, None, robots.fresh_until
        )
    detail = f"{address.url}: robots.txt does not let {PRODUCT} fetch it"
    return FetchFault("robots_disallowed", detail, False, address.domain)


def _explain_shut(shut: LaneShut, address: WebAddress) -> FetchFault:
    why = {
        "asked_to_wait": "asked to be left alone",
        "host_in_trouble": "failed several times in a row and is left alone",
    }[shut.reason]
    detail = f"{address.url}: {address.domain} {why} until {shut.until:%Y-%m-%d %H:%M:%S} UTC"
    return FetchFault(shut.reason, detail, True, address.domain, None, shut.until)
