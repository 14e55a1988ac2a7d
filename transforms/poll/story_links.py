"""The links on a page that look like articles: of archive pages and of front pages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import etree, html

from newsbeam.transforms.extract.page_tree import PageTooLargeError, parse_page
from newsbeam.transforms.feeds.entries import resolve_address
from newsbeam.transforms.text.encoding import decode_html
from newsbeam.transforms.web.urls import WebAddress, read_web_address

# What articles' addresses have and those of sections have not, by what was seen of papers (ours):
# a number of an article, or a headline of at least four words.
_ARTICLE = re.compile(r"\d{5}|(?:[^\W_]+[-_]){3}[^\W_]+")


def read_story_links(
    body: bytes, charset: str | None, url: str, links: re.Pattern[str] | None
) -> tuple[list[str], str | None] | None:
    """The addresses of articles on a page that lists some, and of the page that continues it
    (``rel=next``); ``None`` where it is no page that can be read.

    Articles are the links that the source's own pattern ``links`` is found in, or else those of
    the same site that look like articles.
    """
    try:
        tree = parse_page(decode_html(body, charset))
    except (PageTooLargeError, etree.LxmlError):
        return None
    base = next((e.get("href") for e in tree.iter("base") if e.get("href")), None)
    base = resolve_address(base, url) or url
    here = read_web_address(url)
    assert isinstance(here, WebAddress)
    found: dict[str, None] = {}
    next_page = None
    for element, address in _list_links(tree, base):
        if "next" in (element.get("rel") or "").lower().split():
            next_page = next_page or address
        elif element.tag == "a" and _is_wanted(address, here, links):
            found.setdefault(address)
    found.pop(url, None)
    return list(found), None if next_page == url else next_page


def _list_links(tree: html.HtmlElement, base: str) -> Iterator[tuple[html.HtmlElement, str]]:
    for element in tree.iter("a", "link"):
        address = resolve_address(element.get("href"), base)
        if address is not None:
            yield element, address.partition("#")[0]


def _is_wanted(address: str, here: WebAddress, links: re.Pattern[str] | None) -> bool:
    there = read_web_address(address)
    if not isinstance(there, WebAddress) or there.domain != here.domain:
        return False
    if links is not None:
        return bool(links.search(address))
    return bool(_ARTICLE.search(urlsplit(address).path.rstrip("/").rpartition("/")[2]))
