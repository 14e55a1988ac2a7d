"""What a page tells of the site that it belongs to: its feeds, its name, its language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree, html

from newsbeam.transforms.extract.json_ld import list_names, list_texts, read_article_node
from newsbeam.transforms.extract.page_tree import PageTooLargeError, parse_page
from newsbeam.transforms.feeds.entries import resolve_address
from newsbeam.transforms.text.characters import normalize_line
from newsbeam.transforms.text.encoding import decode_html
from newsbeam.transforms.text.languages import normalize_tag

_FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/json",
    "application/rdf+xml",
})  # fmt: skip
# Paths that people give to feeds, not to articles. A page that lists feeds may match as well.
_FEED_PATH = re.compile(
    r"(?:^|/)(?:rss\d?|feeds?|atom)(?:/|$)|\.(?:rss|rdf|atom)$|"
    r"(?:^|[/_-])(?:rss|feed|atom|rich-rss)\.(?:xml|json|php|aspx)$|/rich-rss$",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed|format|output)=(?:rss2?|atom|feed)(?:&|$)", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!]")
# Ours: no page was met with more feeds than one could look at.
_MOST_LINKS = 50
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class SitePage:
    """What a page says. Addresses are absolute; what it does not say is ``None`` or empty.

    ``feeds`` are those of its head (``<link rel=alternate>``), ``feed_links`` the ``<a href>``
    of its text that look like feeds, ``canonical`` its ``rel=canonical`` as it stands there.
    ``names`` are the site's names, best evidence first; ``title`` is its ``<title>``.
    ``is_article`` says that the page calls itself one.
    """

    url: str
    feeds: tuple[str, ...] = ()
    feed_links: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    title: str | None = None
    language: str | None = None
    canonical: str | None = None
    is_article: bool = False


def read_site_page(body: bytes, charset: str | None, url: str) -> SitePage | None:
    """Return what the page ``body`` at ``url`` tells; ``None`` where it is no HTML to be read."""
    text = decode_html(body, charset)
    if not _TAG.search(text):
        return None
    try:
        tree = parse_page(text)
    except (PageTooLargeError, etree.LxmlError):
        return None
    base = next((e.get("href") for e in tree.iter("base") if e.get("href")), None)
    base = resolve_address(base, url) or url
    meta = _read_meta(tree)
    node = read_article_node(tree, meta.get("og:title", []))
    title = tree.find(".//title")
    names = [*meta.get("og:site_name", []), *list_names(node.get("publisher")),
             *meta.get("application-name", [])]  # fmt: skip
    tags = [tree.get("lang") or "", *meta.get("og:locale", []), *list_texts(node.get("inLanguage"))]
    return SitePage(
        url,
        feeds=_keep_some(_list_head(tree, base)),
        feed_links=_keep_some(_list_link(tree, base)),
        names=tuple(dict.fromkeys(name for name in map(make_name, names) if name)),
        title=make_name(title.text_content()) if title is not None else None,
        language=next(filter(None, map(normalize_tag, tags)), None),
        canonical=next(_list_relation(tree, base, "canonical"), None),
        is_article=_is_article(node, meta),
    )


def looks_like_feed(url: str) -> bool:
    """Whether an address is one that feeds have."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))


def make_name(text: str) -> str | None:
    """A name for people in one line: what cannot be seen is left out, and so is what is beyond
    80 code points."""
    line = normalize_line("".join(c if c.isprintable() else " " for c in text))
    return line[:_LONGEST_NAME].rstrip() or None


def _read_meta(tree: html.HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = (element.get("property") or element.get("name") or "").strip().lower()
        content = normalize_line(element.get("content") or "")
        if name and content:
            found.setdefault(name, []).append(content)
    return found


def _is_article(node: dict[str, object], meta: dict[str, list[str]]) -> bool:
    is_dated = "datePublished" in node or "article:published_time" in meta
    return is_dated or "article" in meta.get("og:type", [])


def _list_head(tree: html.HtmlElement, base: str) -> Iterator[str]:
    for link in tree.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if kind in _FEED_TYPES and "alternate" in (link.get("rel") or "").lower().split():
            address = resolve_address(link.get("href"), base)
            # The interface of WordPress, which is JSON but no feed.
            if address and not urlsplit(address).path.startswith("/wp-json"):
                yield address


def _list_link(tree: html.HtmlElement, base: str) -> Iterator[str]:
    for link in tree.iter("a"):
        address = resolve_address(link.get("href"), base)
        if address and looks_like_feed(address):
            yield address


def _list_relation(tree: html.HtmlElement, base: str, relation: str) -> Iterator[str]:
    for link in tree.iter("link"):
        if relation in (link.get("rel") or "").lower().split():
            address = resolve_address(link.get("href"), base)
            if address:
                yield address


def _keep_some(addresses: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for address in addresses:
        found.setdefault(address.partition("#")[0])
        if len(found) == _MOST_LINKS:
            break
    return tuple(found)
