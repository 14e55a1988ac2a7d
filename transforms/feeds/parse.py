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

from newsbeam.transforms.feeds.around import Unwrapped, unwrap_feed
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

__all__ = ["FeedFault", "parse_feed"]

# Possessive, as several comments can be taken for one, in ways that double with each.
_PAGE = re.compile(
    r"\s*+(?:<!--(?:(?!-->).){0,2000}+-->\s*+)*+<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
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
    unwrapped = unwrap_feed(text)
    text = unwrapped.text
    if text[0] == "{":
        feed: ParsedFeed | FeedFault = read_json_feed(text, context)
        return feed if isinstance(feed, FeedFault) else _add_faults(feed, unwrapped)
    if _PAGE.match(text):
        return _explain_page(text, url)
    if "<" not in text:
        return FeedFault("not_a_feed", f"neither XML nor JSON; it begins {text[:60]!r}")
    parsed = parse_xml(text)
    if isinstance(parsed, FeedFault):
        return parsed
    feed = _read_tree(parsed.root, text, context)
    return feed if isinstance(feed, FeedFault) else _add_faults(feed, unwrapped, parsed.faults)


def _add_faults(
    feed: ParsedFeed, around: Unwrapped, faults: Sequence[tuple[str, str]] = ()
) -> ParsedFeed:
    told = bound_faults([*around.faults, *faults, *feed.faults])
    return replace(feed, faults=told, unusable=feed.unusable + around.entries)


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
