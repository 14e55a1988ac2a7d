"""A small reader that behaves well: proof that what the paper expects of clients can be met.

It shares no code with newsbeam. It knows articles by their pages' bytes alone.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from lxml import etree

from tests.support.newspaper.answers import Question, answer_question
from tests.support.newspaper.paper import Newspaper, strip_trackers

# (status, headers by lower-case name, body); status 0: the connection was reset or cut.
Reply = tuple[int, Mapping[str, str], bytes]
Ask = Callable[[str, dict[str, str]], Reply]
_DAY = timedelta(days=1)
_REDIRECTS = frozenset({301, 302, 308})


class Reader:
    """Polls the feeds of one host. ``pages`` are the bodies that it has had, by article id."""

    def __init__(
        self, newspaper: Newspaper, host: str, ask: Ask, sleep: Callable[[float], None]
    ) -> None:
        self.newspaper, self.host, self.ask, self.sleep = newspaper, host, ask, sleep
        self.feeds = {f.id: newspaper.feed_url(f.id) for f in newspaper.script.feeds
                      if f.host == host}  # fmt: skip
        self.pages: dict[str, set[bytes]] = {}
        self._wanted: dict[str, None] = {}  # addresses, in order
        self._known: set[str] = set()  # addresses
        self._told: dict[tuple[str, str], str] = {}  # what a feed said of an address
        self._validators: dict[str, dict[str, str]] = {}
        self._plain_at: dict[str, datetime] = {}
        self._quiet_until: datetime | None = None
        self._robots: tuple[datetime, list[str]] | None = None
        self._gone: set[str] = set()

    def poll(self, now: datetime) -> None:
        """Ask for each feed once, then for every page that is wanted."""
        disallowed = self._read_robots(now)
        if disallowed is None:
            return
        for feed in self.feeds:
            if feed not in self._gone:
                self._poll_feed(feed, now)
        for address in list(self._wanted):
            parts = urlsplit(address)
            if any(f"{parts.path}?{parts.query}".startswith(prefix) for prefix in disallowed):
                del self._wanted[address]
            elif not self._is_quiet(now):
                self._fetch_page(address, now)

    def _read_robots(self, now: datetime) -> list[str] | None:
        if self._robots is not None and now - self._robots[0] < _DAY:
            return self._robots[1]
        if self._is_quiet(now):
            return None
        status, _, body = self.ask(self.newspaper.url(self.host, "/robots.txt"), {})
        if status == 0 or status >= 500:
            return None
        lines = body.decode().splitlines() if status == 200 else []
        rules = [line.partition(":")[2].strip() for line in lines if line.startswith("Disallow")]
        self._robots = now, [rule for rule in rules if rule]
        return self._robots[1]

    def _poll_feed(self, feed: str, now: datetime) -> None:
        is_due = now - self._plain_at.get(feed, now - _DAY) >= _DAY
        headers = {} if is_due else self._validators.get(feed, {})
        address = self.feeds[feed]
        if self._is_quiet(now):
            return
        status, answered, body = self._follow(address, headers, now)
        if status == 410:
            self._gone.add(feed)
        if status != 200:
            return
        entries = _list_entry(body)
        if entries is None:
            return
        if not headers:
            self._plain_at[feed] = now
        self._validators[feed] = {
            ask: answered[given]
            for given, ask in (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))
            if given in answered
        }
        for link, told in entries:
            page = strip_trackers(link)
            if page not in self._known or self._told.get((feed, page), told) != told:
                self._wanted[page] = None
            self._known.add(page)
            self._told[feed, page] = told

    def _fetch_page(self, address: str, now: datetime) -> None:
        reply = self._follow(address, {}, now)
        if reply[0] == 0 and not self._is_quiet(now):
            reply = self._follow(address, {}, now)
        if reply[0] == 200:
            article = self.newspaper.article_at(address)
            assert article is not None
            self.pages.setdefault(article.id, set()).add(reply[2])
        if reply[0] not in (0, 429) and reply[0] < 500:
            del self._wanted[address]

    def _follow(self, address: str, headers: dict[str, str], now: datetime) -> Reply:
        for _ in range(5):
            status, answered, body = self.ask(address, headers)
            if (wait := answered.get("retry-after")) is not None:
                if wait == "1":
                    self.sleep(1)
                    continue
                until = now + timedelta(seconds=int(wait)) if wait.isdigit() else None
                self._quiet_until = until or parsedate_to_datetime(wait)
            if status not in _REDIRECTS:
                break
            address = urljoin(address, answered["location"])
        return status, answered, body

    def _is_quiet(self, now: datetime) -> bool:
        return self._quiet_until is not None and now < self._quiet_until


def ask_directly(newspaper: Newspaper) -> Ask:
    """Ask the paper without a network."""
    asked: dict[str, int] = {}

    def ask(address: str, headers: dict[str, str]) -> Reply:
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        given = {name.lower(): value for name, value in headers.items()}
        question = Question(parts.hostname or "", path, headers=given)
        earlier = asked.get(address, 0)
        asked[address] = earlier + 1
        answer = answer_question(newspaper, question, newspaper.clock(), earlier)
        status = answer.status if answer.manner == "whole" else 0
        return status, {name.lower(): value for name, value in answer.headers}, answer.body

    return ask


def ask_over_http(agent: str, gap: float) -> Ask:
    """Ask over one connection at a time, ``gap`` seconds after the last answer."""
    last = 0.0

    def ask(address: str, headers: dict[str, str]) -> Reply:
        nonlocal last
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        time.sleep(max(0.0, last + gap - time.monotonic()))
        try:
            connection.request("GET", path, headers={"User-Agent": agent, **headers})
            response = connection.getresponse()
            body = response.read()
        except (http.client.HTTPException, OSError):
            return 0, {}, b""
        finally:
            connection.close()
            last = time.monotonic()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, body

    return ask


def _list_entry(body: bytes) -> list[tuple[str, str]] | None:
    """(link, all that is said of it) of each entry; None where this is no feed."""
    if body.startswith(b"{"):
        try:
            items = json.loads(body)["items"]
        except (ValueError, KeyError):
            return None
        return [(item["url"], item["title"] + item["summary"]) for item in items]
    try:
        tree = etree.fromstring(body)
    except etree.XMLSyntaxError:
        return None
    found = []
    for item in tree.xpath(
        "//*[local-name()='item' or local-name()='entry' or local-name()='url']"
    ):
        (link,) = item.xpath(
            "*[local-name()='link']/@href | *[local-name()='link' or local-name()='loc']/text()"
        )
        told = item.xpath(
            ".//*[local-name()='title' or local-name()='description' or local-name()='summary'"
            " or local-name()='lastmod']/text()"
        )
        found.append((str(link), " ".join(map(str, told))))
    return found
