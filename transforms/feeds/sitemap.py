"""Google News sitemaps, plain sitemaps, and the index of several (sitemaps.org/protocol.html).

News fields: developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml import etree

from newsbeam.transforms.feeds.dates import read_dates, read_feed_instant
from newsbeam.transforms.feeds.entries import (
    MOST_ENTRIES,
    DraftEntry,
    FeedContext,
    make_entries,
    read_paywall,
    resolve_address,
)
from newsbeam.transforms.feeds.texts import list_lines, read_title_line
from newsbeam.transforms.feeds.xml_tree import Element, find_strange_entries
from newsbeam.transforms.records import Metadata, ParsedFeed
from newsbeam.transforms.text.languages import normalize_tag

_NUMBER = re.compile(r"\d{1,18}")


def read_sitemap(root: Element, context: FeedContext) -> ParsedFeed:
    """Return the sitemap or the index that stands in a tree.

    Where at least one address carries news fields, those without them are no articles and are
    left out; a plain sitemap's addresses are all taken, with ``lastmod`` as the time of change.
    The title and language are the publication's, where all entries agree.
    """
    if etree.QName(root).localname == "sitemapindex":
        return ParsedFeed("sitemap_index", sitemaps=_list_sitemaps(root, context))
    pages = list(root.iterchildren("{*}url"))
    news = [element for element in pages if next(element.iterchildren("{*}news"), None) is not None]
    chosen = news or pages
    drafts = [_read_page(element, context) for element in chosen[:MOST_ENTRIES]]
    made = make_entries(drafts, context.rules)
    faults = made.faults
    if len(chosen) > MOST_ENTRIES:
        faults = (*faults, ("too_many_entries", f"{len(chosen)}; {MOST_ENTRIES} are read"))
    strange = [] if pages else find_strange_entries(root)
    faults = (*faults, *strange)
    names = {_find_text(element, "news", "publication", "name") for element in news}
    languages = {entry.metadata.language for entry in made.entries}
    return ParsedFeed(
        "news_sitemap",
        title=names.pop() if len(names) == 1 else None,
        language=languages.pop() if len(languages) == 1 else None,
        entries=made.entries,
        faults=faults,
        unusable=made.unusable + len(strange) + max(0, len(chosen) - MOST_ENTRIES),
        copies=made.copies,
    )


def _list_sitemaps(root: Element, context: FeedContext) -> tuple[str, ...]:
    """The addresses, newest first; behind them those without a date, the greatest numbers in the
    address (days, or pages that are counted) first, then in the index's order."""
    found: dict[str, datetime] = {}
    for element in list(root.iterchildren("{*}sitemap"))[:MOST_ENTRIES]:
        url = resolve_address(_find_text(element, "loc"), context.url)
        changed = read_feed_instant(_find_text(element, "lastmod") or "", context.timezone)
        if url:
            found.setdefault(url, changed[0] if changed else datetime.min.replace(tzinfo=UTC))
    return tuple(sorted(found, key=lambda url: (found[url], _read_numbers(url)), reverse=True))


def _read_numbers(url: str) -> list[int]:
    return [int(digits) for digits in _NUMBER.findall(urlsplit(url).path)]


def _read_page(element: Element, context: FeedContext) -> DraftEntry:
    published = _find_text(element, "news", "publication_date")
    changed = _find_text(element, "lastmod")
    dates = read_dates(
        [published] if published else [],
        [changed] if changed else [],
        context.timezone,
        context.latest,
    )
    keywords = (_find_text(element, "news", "keywords") or "").split(",")
    title = _find_text(element, "news", "title")
    has_news = published is not None or title is not None
    metadata = Metadata(
        title=(read_title_line(title) or None) if title else None,
        # A plain sitemap tells when a page was changed, not when it was published.
        published_at=dates.published_at if has_news else None,
        published_at_from=dates.published_at_from if has_news else None,
        published_at_text=dates.published_at_text if has_news else None,
        modified_at=dates.modified_at,
        language=normalize_tag(_find_text(element, "news", "publication", "language")),
        tags=list_lines(keywords),
        image_url=resolve_address(_find_text(element, "image", "loc"), context.url),
        paywalled=read_paywall("access", _find_text(element, "news", "access") or ""),
    )
    return DraftEntry(None, resolve_address(_find_text(element, "loc"), context.url), metadata)


def _find_text(element: Element, *path: str) -> str | None:
    """The text at a path of element names, in whatever namespace."""
    found: Element | None = element
    for name in path:
        found = None if found is None else next(found.iterchildren(f"{{*}}{name}"), None)
    if found is None:
        return None
    return "".join(found.itertext()).strip() or None
