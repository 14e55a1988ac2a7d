"""Feeds made up in a line, and what is read of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsbeam.transforms.feeds.parse import FeedFault, parse_feed
from newsbeam.transforms.records import Entry, ParsedFeed
from tests.support.workplace import ROOT

DATA = ROOT / "tests/transforms/feeds/data"
OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 7, 23, 12, tzinfo=UTC)
URL = "https://feed.example/rss"
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'


def parse(body: bytes | str, **options: Any) -> ParsedFeed | FeedFault:
    data = body.encode() if isinstance(body, str) else body
    given = {"url": URL, "charset": None, "timezone": OSLO, "latest": NOW} | options
    return parse_feed(data, **given)


def read(body: bytes | str, **options: Any) -> ParsedFeed:
    feed = parse(body, **options)
    assert isinstance(feed, ParsedFeed), feed
    return feed


def reason(body: bytes | str) -> str:
    fault = parse(body)
    assert isinstance(fault, FeedFault), fault
    return fault.reason


def rss(*items: str, head: str = "") -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" {CONTENT}><channel>{head}{inner}</channel></rss>'


def entry(*parts: str, **options: Any) -> Entry:
    (found,) = read(rss("".join(parts)), **options).entries
    return found
