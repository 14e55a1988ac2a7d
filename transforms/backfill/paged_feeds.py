"""Feeds that page into the past: RFC 5005, JSON Feed, WordPress. Pure."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from newsbeam.transforms.feeds.entries import resolve_address

_LINK = re.compile(rb"<(?:\w+:)?link\b[^>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""\b(rel|href)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_JSON_NEXT = re.compile(rb'"next_url"\s*:\s*"([^"\\]*(?:\\/[^"\\]*)*)"')
_WORDPRESS = re.compile(rb"<generator>\s*https?://wordpress\.org/\?v=", re.IGNORECASE)
# RFC 5005: archived feeds (section 4), then paged ones (section 3).
_OLDER = ("prev-archive", "next")
_PAGED = "paged"


def find_older_page(body: bytes, url: str) -> str | None:
    """The address of the page that continues the feed at ``url`` into the past, if it has one."""
    relations: dict[str, str] = {}
    for link in _LINK.findall(body):
        told = {name.lower(): one or other for name, one, other in _ATTRIBUTE.findall(link)}
        name = told.get(b"rel", b"").decode("ascii", "replace").lower()
        if name in _OLDER and b"href" in told:
            relations.setdefault(name, unescape(told[b"href"].decode("utf-8", "replace")))
    for name in _OLDER:
        if name in relations:
            return _other(resolve_address(relations[name], url), url)
    if found := _JSON_NEXT.search(body):
        return _other(resolve_address(found[1].decode().replace("\\/", "/"), url), url)
    return _count_up(url) if _WORDPRESS.search(body) else None


def _other(address: str | None, url: str) -> str | None:
    return None if address == url else address


def _count_up(url: str) -> str:
    """WordPress has page 2 of a feed at ``?paged=2``, and no page behind the last one."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = asked.get(_PAGED, "1")
    asked[_PAGED] = str(int(number) + 1 if number.isascii() and number.isdigit() else 2)
    return urlunsplit(parts._replace(query=urlencode(asked), fragment=""))
