"""RSS (0.9x, 1.0, 2.0), CDF and Atom: what feedparser reads in a feed, as entries of ours.

feedparser is handed bytes, so it opens nothing. Its dates are not used (see ``dates``), and
neither is its sanitizer, as pages and feeds are cleaned alike later.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

import feedparser

from newsbeam.transforms.feeds.dates import read_dates
from newsbeam.transforms.feeds.entries import (
    MOST_ENTRIES,
    DraftEntry,
    FeedContext,
    make_entries,
    read_paywall,
    resolve_address,
)
from newsbeam.transforms.feeds.pace import read_skip_days, read_skip_hours, read_ttl
from newsbeam.transforms.feeds.plain_feed import write_plain_feed
from newsbeam.transforms.feeds.texts import (
    choose_texts,
    escape_text,
    html_to_line,
    list_lines,
    read_html_line,
    read_plain_line,
)
from newsbeam.transforms.feeds.xml_tree import Element, find_strange_entries
from newsbeam.transforms.records import Metadata, ParsedFeed
from newsbeam.transforms.text.bylines import split_author
from newsbeam.transforms.text.characters import normalize_line, squeeze
from newsbeam.transforms.text.languages import normalize_tag

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)
_LONGEST_FLAG = 100

# What feedparser says of a feed or an entry.
FeedFields = dict[str, Any]


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
    # What an Atom entry does not say of its author, its feed says (RFC 4287, section 4.2.1).
    authors = _read_authors(feed) if parsed.version.startswith("atom") else ()
    drafts = [_read_entry(dict(e), language, authors, context) for e in parsed.entries]
    made = make_entries(drafts, context.rules)
    faults = made.faults
    if entry_count > MOST_ENTRIES:
        faults = (*faults, ("too_many_entries", f"{entry_count}; {MOST_ENTRIES} are read"))
    strange = [] if entry_count else find_strange_entries(root)
    faults = (*faults, *strange)
    return ParsedFeed(
        kind="atom" if parsed.version.startswith("atom") else "rss",
        title=_read_title(feed),
        language=language,
        entries=made.entries,
        ttl_seconds=read_ttl(
            feed.get("ttl"), feed.get("sy_updateperiod"), feed.get("sy_updatefrequency")
        ),
        skip_hours=read_skip_hours((feed.get("skiphours") or "").split()),
        skip_days=read_skip_days((feed.get("skipdays") or "").split()),
        faults=faults,
        # What was over the most was not read.
        unusable=made.unusable + len(strange) + max(0, entry_count - MOST_ENTRIES),
        copies=made.copies,
    )


def _read_entry(
    told: FeedFields, language: str | None, authors: tuple[str, ...], context: FeedContext
) -> DraftEntry:
    title = _read_title(told)
    guid = normalize_line(told.get("id") or "") or None
    url = _read_url(told, context.url)
    # A summary without details is one that feedparser copied from the content.
    summary = _read_text(told.get("summary_detail") or {})
    contents = [_read_text(content) for content in told.get("content", ())]
    content = max(contents, key=len, default="")
    if url is None and (told.get("guidislink") or not (summary or content)):
        url = resolve_address(guid, "")
    texts = choose_texts(title, summary or None, content or None, has_page=url is not None)
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
        authors=_read_authors(told) or authors,
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
    return DraftEntry(guid, url, metadata, texts, is_address=not told.get("noaddress"))


def _list_stated(told: FeedFields, *names: str) -> list[str]:
    """The texts of fields of these names, also of those that feedparser knows by a prefix only."""
    return [
        text
        for name in names
        for key, text in told.items()
        if text and isinstance(text, str) and (key == name or key.endswith(f"_{name}"))
    ]


def _read_url(told: FeedFields, base: str) -> str | None:
    pages = [link for link in told.get("links", ()) if link.get("rel") == "alternate"]
    # A stable sort: the page before what else the entry is available as.
    pages.sort(key=lambda link: link.get("type") not in _HTML_TYPES)
    stated = [*_list_stated(told, "origlink"), *(link.get("href") for link in pages)]
    stated += [told.get("link"), *(content.get("src") for content in told.get("content", ()))]
    return _find_address(stated, base)


def _find_address(stated: Iterable[str | None], base: str) -> str | None:
    return next((found for text in stated if (found := resolve_address(text, base))), None)


def _read_title(told: FeedFields) -> str | None:
    detail = told.get("title_detail") or {}
    read_line = read_html_line if detail.get("type") in _HTML_TYPES else read_plain_line
    return read_line(detail.get("value") or "") or None


def _read_text(detail: FeedFields) -> str:
    """A text as HTML; empty for what is none, such as a picture in base64."""
    form, text = detail.get("type"), detail.get("value") or ""
    if form == "text/plain":
        return escape_text(text)
    return html_to_line(text) if form in _HTML_TYPES else ""


def _read_authors(told: FeedFields) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for person in told.get("authors", ()):
        for author in split_author(unescape(person.get("name") or "")):
            names.setdefault(squeeze(author), author)
    return tuple(names.values())


def _read_topics(told: FeedFields) -> tuple[str | None, tuple[str, ...]]:
    """The section and the tags. A lone category is the section; several are tags."""
    categories = [tag.get("label") or tag.get("term") or "" for tag in told.get("tags", ())]
    words = (told.get("words") or "").split(",")
    tags = list_lines([*categories, *words])
    section = next(iter(list_lines(_list_stated(told, "section"))), None)
    if section is None and len(tags) == 1 and categories:
        return tags[0], ()
    return section, tags


def _read_image(told: FeedFields, url: str) -> str | None:
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


def _is_picture(told: FeedFields) -> bool:
    kind = told.get("medium") or (told.get("type") or "").partition("/")[0]
    address = told.get("url") or told.get("href") or ""
    return kind.lower() == "image" if kind else _PICTURE.search(address) is not None


def _read_width(told: FeedFields) -> int:
    width = told.get("width") or ""
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 0


def _read_paywall(told: FeedFields) -> bool | None:
    flags = (
        read_paywall(name, value)
        for key, value in told.items()
        if isinstance(value, str) and len(value) < _LONGEST_FLAG
        for name in (key, key.partition("_")[2])
    )
    return next((flag for flag in flags if flag is not None), None)
