"""What servers put around a feed: warnings, web pages, other documents. Left out, and said."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsbeam.transforms.text.counts import show_count

# A feed's first tag, behind what may stand before it; and one wherever it stands, with an entry.
_FEED_START = re.compile(
    r"\s*+(?:<\?[^>]*>\s*+|<!--(?:(?!-->).){0,2000}+-->\s*+)*+"
    r"<(?P<name>(?:[\w.-]+:)?(?:rss|rdf|feed|channel|urlset|sitemapindex))\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_ROOT = re.compile(
    r"<(?P<name>rss|rdf:RDF|feed|urlset|sitemapindex)\b[^<>]*>"
    r'|\{\s*"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org',
    re.DOTALL | re.IGNORECASE,
)
_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry|url|sitemap)(?=[\s/>])", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE(?!\s+html\b)", re.IGNORECASE)
# A feed that ends before its entries do.
_EARLY_END = re.compile(
    r"(?:</channel\s*>\s*)?</(?:rss|feed|urlset)\s*>\s*(?:</[\w.:-]{1,40}+\s*+>\s*+){0,4}+(?=<(?:item|entry|url)[\s>])",
    re.IGNORECASE,
)
# Behind a feed's end: nothing that says anything; and what shows that it was not the end.
_NOTHING = re.compile(
    r"(?:\s+|<!--(?:(?!-->).)*+-->|<\?[^<>]*\?>|</[\w.:-]+\s*>|\ufffd)*+", re.DOTALL
)
_STRETCH = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A feed's text, faults that tell what stood around it, and how many entries are lost there."""

    text: str
    faults: tuple[tuple[str, str], ...] = ()
    entries: int = 0


def unwrap_feed(text: str) -> Unwrapped:
    """The feed in ``text`` without what a server put around it, such as warnings of PHP, a web page
    or another document. ``text`` as it is where it holds no feed."""
    start = _FEED_START.match(text)
    if start is not None:
        return _cut_behind(text, start["name"])
    root = _FEED_ROOT.search(text)
    # What a document type declares is judged where it is read.
    if root is None or root.start() == 0 or _DOCTYPE.search(text, 0, root.start()):
        return Unwrapped(text)
    if root["name"] and not _ENTRY.search(text, root.end()):
        return Unwrapped(text)
    before = f"left out before the feed: {show_count(root.start(), 'character')}"
    faults = (("text_around_feed", before),)
    if text[root.start()] == "{":
        return Unwrapped(text[root.start() :], faults)
    end = text.rfind(f"</{root['name']}")
    close = text.find(">", end) + 1 if end > root.end() else 0
    return Unwrapped(text[root.start() : close or len(text)], faults)


def _cut_behind(text: str, name: str) -> Unwrapped:
    """``text``, which begins with the feed's root ``name``, up to the end of that."""
    joined, early = _EARLY_END.subn("", text)
    end = joined.rfind(f"</{name}")
    if early and end < 0:
        joined, end = f"{joined}</{name}>", len(joined)
    close = joined.find(">", end) + 1 if end >= 0 else 0
    nothing = _NOTHING.match(joined, close) if close else None
    if nothing is None or nothing.end() == len(joined):
        return Unwrapped(joined)
    rest = joined[nothing.end() :]
    stretch = _STRETCH.search(rest)
    if stretch is not None and stretch[0] in ("]]>", "-->"):
        return Unwrapped(joined)  # an article about feeds
    entries = len(_ENTRY.findall(rest))
    lost = f", with {show_count(entries, 'entry')}" if entries else ""
    left = f"left out behind the feed: {show_count(len(rest), 'character')}{lost}"
    return Unwrapped(joined[:close], (("text_around_feed", left),), entries)
