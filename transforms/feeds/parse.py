"""From the bytes of a feed to its entries: RSS, Atom, JSON Feed, news sitemaps.

What a body is, its content tells; servers name feeds ``text/html`` and pages ``text/xml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from html import unescape
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import etree

from newsbeam.transforms.feeds.entries import FeedContext, bound_faults, resolve_address
from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.feeds.json_feed import read_json_feed
from newsbeam.transforms.feeds.rss_atom import read_rss_atom
from newsbeam.transforms.feeds.sitemap import read_sitemap
from newsbeam.transforms.feeds.xml_tree import (
    MAX_FEED_BYTES,
    Element,
    decode_feed,
    parse_xml,
    unpack_body,
)
from newsbeam.transforms.records import ParsedFeed
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.counts import show_count

__all__ = ["FeedFault", "parse_feed"]

# Possessive, as several comments can be taken for one, in ways that double with each.
_PAGE = re.compile(
    r"\s*+(?:<!--(?:(?!-->).){0,2000}+-->\s*+)*+<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
# A feed's first tag, behind what may stand before it; and one wherever it stands, with an entry.
_FEED_START = re.compile(
    r"\s*+(?:<\?[^>]*>\s*+|<!--(?:(?!-->).){0,2000}+-->\s*+)*+"
    r"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|urlset|sitemapindex)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_ROOT = re.compile(
    r"<(?P<name>rss|rdf:RDF|feed|urlset|sitemapindex)\b[^<>]*>"
    r'|\{\s*"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org',
    re.DOTALL | re.IGNORECASE,
)
_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry|url|sitemap)\b", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE(?!\s+html\b)", re.IGNORECASE)
_LINK = re.compile(r"<link\b[^>]{1,1000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\b(rel|type|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE
)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json",
               "application/json", "application/rdf+xml")  # fmt: skip
_NO_RULES = UrlSettings()
_HEAD_CHARS = 200_000
_MOST_HINTS = 5


def parse_feed(
    body: bytes,
    *,
    url: str,
    charset: str | None,
    timezone: ZoneInfo,
    latest: datetime | None = None,
    url_rules: UrlSettings = _NO_RULES,
    max_bytes: int = MAX_FEED_BYTES,
) -> ParsedFeed | FeedFault:
    """Return the feed in ``body``, or why there is none.

    ``url`` is the address that answered, ``charset`` what its Content-Type declared, ``timezone``
    that of times without an offset, ``latest`` when it was fetched (later instants are not
    believed); a body that is a gzip file may hold ``max_bytes``. Nothing is loaded from anywhere.
    Faults: ``empty``, ``not_a_feed``, ``broken_xml``, ``unsafe_xml``, ``broken_json``,
    ``broken_gzip``, ``too_large``.

    What is wrong with single entries, or with the end of the document, stands in ``faults`` of
    the feed: ``no_address``, ``repeated_entry``, ``broken_entry``, ``truncated``, ``too_complex``,
    ``too_many_entries``, ``text_around_feed``, ``more_faults``.
    """
    unpacked = unpack_body(body, max_bytes)
    if isinstance(unpacked, FeedFault):
        return unpacked
    text = decode_feed(unpacked, charset).lstrip("\ufeff\ufffd \t\n")
    if not text:
        return FeedFault("empty", "the body holds nothing; look whether the address is right")
    context = FeedContext(url, timezone, latest, url_rules)
    if text[0] in "{[":
        return read_json_feed(text, context)
    text, around = _unwrap(text)
    if text[0] == "{":
        feed: ParsedFeed | FeedFault = read_json_feed(text, context)
        return feed if isinstance(feed, FeedFault) else _add_faults(feed, around)
    if _PAGE.match(text):
        return _explain_page(text, url)
    if "<" not in text:
        return FeedFault("not_a_feed", f"neither XML nor JSON; it begins {text[:60]!r}")
    parsed = parse_xml(text)
    if isinstance(parsed, FeedFault):
        return parsed
    feed = _read_tree(parsed.root, text, context)
    return feed if isinstance(feed, FeedFault) else _add_faults(feed, [*around, *parsed.faults])


def _add_faults(feed: ParsedFeed, faults: Sequence[tuple[str, str]]) -> ParsedFeed:
    return replace(feed, faults=bound_faults([*faults, *feed.faults])) if faults else feed


def _unwrap(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The feed in ``text``, without what a server put around it, such as warnings of PHP or a web
    page; and the fault that this is. ``text`` as it is where it begins as a feed or has none."""
    if _FEED_START.match(text):
        return text, ()
    start = _FEED_ROOT.search(text)
    # What a document type declares is judged where it is read.
    if start is None or start.start() == 0 or _DOCTYPE.search(text, 0, start.start()):
        return text, ()
    if start["name"] and not _ENTRY.search(text, start.end()):
        return text, ()
    fault = (
        ("text_around_feed", f"left out before the feed: {show_count(start.start(), 'character')}"),
    )
    if text[start.start()] == "{":
        return text[start.start() :], fault
    end = text.rfind(f"</{start['name']}")
    close = text.find(">", end) + 1 if end > start.end() else 0
    return text[start.start() : close or len(text)], fault


def _read_tree(root: Element, text: str, context: FeedContext) -> ParsedFeed | FeedFault:
    name = etree.QName(root).localname.lower()
    if name in ("rss", "rdf", "channel", "feed"):
        return read_rss_atom(root, context)
    if name in ("urlset", "sitemapindex"):
        return read_sitemap(root, context)
    if name in ("html", "head", "body"):
        return _explain_page(text, context.url)
    return FeedFault("not_a_feed", f"XML, but no feed: its root is <{name[:40]}>")


def _explain_page(text: str, url: str) -> FeedFault:
    """A web page where a feed was meant to be; it may tell where the feeds are."""
    found: dict[str, None] = {}
    for link in _LINK.findall(text[:_HEAD_CHARS]):
        attributes = {
            key.lower(): unescape(one or other or bare)
            for key, one, other, bare in _ATTRIBUTE.findall(link)
        }
        is_feed = attributes.get("type", "").lower().strip() in _FEED_TYPES
        if is_feed and "alternate" in attributes.get("rel", "").lower().split():
            address = resolve_address(attributes.get("href"), url)
            # The interface of WordPress, which is JSON but no feed.
            if address and not urlsplit(address).path.startswith("/wp-json"):
                found.setdefault(address)
    feeds = list(found)[:_MOST_HINTS]
    hint = f"; it links to these feeds: {', '.join(feeds)}" if feeds else ""
    return FeedFault("not_a_feed", f"a web page, not a feed{hint}")
