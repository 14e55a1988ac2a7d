"""RSS (0.9x, 1.0, 2.0), CDF and Atom: what feedparser reads in a feed, as entries of ours.

feedparser is handed bytes, so it opens nothing. Its dates are not used (see ``feed_dates``), and
neither is its sanitizer, as pages and feeds are cleaned alike later.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

import feedparser

from transforms.characters import normalize_line, squeeze
from transforms.feeds.feed_dates import read_dates
from transforms.feeds.feed_elements import Element, write_plain_feed
from transforms.feeds.feed_entries import (
    MOST_ENTRIES,
    Draft,
    FeedContext,
    make_entries,
    read_paywall,
    resolve_address,
)
from transforms.feeds.feed_pace import read_skip_days, read_skip_hours, read_ttl
from transforms.feeds.feed_text import (
    choose_texts,
    escape_text,
    list_lines,
    read_html,
    read_html_line,
    read_plain_line,
)
from transforms.languages import normalize_tag
from transforms.pages.authors import split_author
from transforms.records import Metadata, ParsedFeed

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)
_LONGEST_FLAG = 100

# What feedparser says of a feed or an entry.
Told = dict[str, Any]


def read_rss_atom(root: Element, context: FeedContext) -> ParsedFeed:
    """Return the feed that stands in a tree, entries in its order.

    ``root`` is ``rss``, ``rdf:RDF``, ``channel`` or ``feed``; its entries are taken out of it. Of
    over 50,000 entries the rest is left out, with a fault (``too_many_entries``).
    """
    document, entry_count = write_plain_feed(root, MOST_ENTRIES)
    parsed = feedparser.parse(
        io.BytesIO(document),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": context.url,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    feed = dict(parsed.feed)  # a FeedParserDict gives other fields for those that are missing
    language = normalize_tag(feed.get("language"))
    drafts = [_read_entry(dict(e), language, context) for e in parsed.entries]
    entries, faults = make_entries(drafts, context.rules)
    if entry_count > MOST_ENTRIES:
        faults = (*faults, ("too_many_entries", f"{entry_count}; {MOST_ENTRIES} are read"))
    return ParsedFeed(
        kind="atom" if parsed.version.startswith("atom") else "rss",
        title=_read_title(feed),
        language=language,
        entries=entries,
        ttl_seconds=read_ttl(
            feed.get("ttl"), feed.get("sy_updateperiod"), feed.get("sy_updatefrequency")
        ),
        skip_hours=read_skip_hours((feed.get("skiphours") or "").split()),
        skip_days=read_skip_days((feed.get("skipdays") or "").split()),
        faults=faults,
    )


def _read_entry(told: Told, language: str | None, context: FeedContext) -> Draft:
    title = _read_title(told)
    # A summary without details is one that feedparser copied from the content.
    summary = _read_text(told.get("summary_detail") or {})
    contents = [_read_text(content) for content in told.get("content", ())]
    texts = choose_texts(title, summary or None, max(contents, key=len, default="") or None)
    dates = read_dates(
        _list_stated(told, "published", "publicationdate", "dated", "created"),
        _list_stated(told, "updated", "modificationdate", "lastmod"),
        context.timezone,
        context.latest,
    )
    section, tags = _read_topics(told)
    metadata = Metadata(
        title=title,
        lead=texts.lead,
        authors=_read_authors(told),
        published_at=dates.published_at,
        published_at_from=dates.published_at_from,
        published_at_text=dates.published_at_text,
        modified_at=dates.modified_at,
        language=normalize_tag(told.get("language")) or language,
        section=section,
        tags=tags,
        image_url=_read_image(told, context.url),
        paywalled=_read_paywall(told),
    )
    guid = normalize_line(told.get("id") or "") or None
    return Draft(guid, _read_url(told, context.url), metadata, texts)


def _list_stated(told: Told, *names: str) -> list[str]:
    """The texts of fields of these names, also of those that feedparser knows by a prefix only."""
    return [
        text
        for name in names
        for key, text in told.items()
        if text and isinstance(text, str) and (key == name or key.endswith(f"_{name}"))
    ]


def _read_url(told: Told, base: str) -> str | None:
    pages = [link for link in told.get("links", ()) if link.get("rel") == "alternate"]
    # A stable sort: the page before what else the entry is available as.
    pages.sort(key=lambda link: link.get("type") not in _HTML_TYPES)
    stated = [*_list_stated(told, "origlink"), *(link.get("href") for link in pages)]
    stated += [told.get("link"), *(content.get("src") for content in told.get("content", ()))]
    return _find_address(stated, base)


def _find_address(stated: Iterable[str | None], base: str) -> str | None:
    return next((found for text in stated if (found := resolve_address(text, base))), None)


def _read_title(told: Told) -> str | None:
    detail = told.get("title_detail") or {}
    read_line = read_html_line if detail.get("type") in _HTML_TYPES else read_plain_line
    return read_line(detail.get("value") or "") or None


def _read_text(detail: Told) -> str:
    """A text as HTML; empty for what is none, such as a picture in base64."""
    form, text = detail.get("type"), detail.get("value") or ""
    if form == "text/plain":
        return escape_text(text)
    return read_html(text) if form in _HTML_TYPES else ""


def _read_authors(told: Told) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for person in told.get("authors", ()):
        for author in split_author(unescape(person.get("name") or "")):
            names.setdefault(squeeze(author), author)
    return tuple(names.values())


def _read_topics(told: Told) -> tuple[str | None, tuple[str, ...]]:
    """The section and the tags. A lone category is the section; several are tags."""
    categories = [tag.get("label") or tag.get("term") or "" for tag in told.get("tags", ())]
    words = (told.get("words") or "").split(",")
    tags = list_lines([*categories, *words])
    section = next(iter(list_lines(_list_stated(told, "section"))), None)
    if section is None and len(tags) == 1 and categories:
        return tags[0], ()
    return section, tags


def _read_image(told: Told, url: str) -> str | None:
    """The largest picture of ``media:content``, else the first of what else may be one."""
    pictures = [picture for picture in told.get("media_content", ()) if _is_picture(picture)]
    pictures.sort(key=lambda picture: -_read_width(picture))
    enclosures = [
        link
        for link in told.get("links", ())
        if link.get("rel") == "enclosure" and _is_picture(link)
    ]
    elements = [*pictures, *told.get("media_thumbnail", ()), *enclosures]
    base = (told.get("title_detail") or {}).get("base") or url
    return _find_address((e.get("url") or e.get("href") for e in elements), base)


def _is_picture(told: Told) -> bool:
    kind = told.get("medium") or (told.get("type") or "").partition("/")[0]
    address = told.get("url") or told.get("href") or ""
    return kind.lower() == "image" if kind else _PICTURE.search(address) is not None


def _read_width(told: Told) -> int:
    width = told.get("width") or ""
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 0


def _read_paywall(told: Told) -> bool | None:
    flags = (
        read_paywall(name, value)
        for key, value in told.items()
        if isinstance(value, str) and len(value) < _LONGEST_FLAG
        for name in (key, key.partition("_")[2])
    )
    return next((flag for flag in flags if flag is not None), None)
