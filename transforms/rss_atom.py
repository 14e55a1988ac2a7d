"""RSS (0.9x, 1.0, 2.0) and Atom: what a feed's tree says of itself and its entries.

feedparser is not used: it takes the caption of a
picture (``media:description``) for the article's text, keeps only the last of ``skipHours``, reads
"23:30 CEST" as UTC, and needs 26 s for one author's name of 100,000 letters.
"""

from __future__ import annotations

import re
from html import unescape

from lxml import etree

from transforms.authors import split_author
from transforms.characters import normalize_line, squeeze
from transforms.feed_dates import read_dates
from transforms.feed_elements import (
    ABOUT,
    HTML_TYPES,
    TEXT_TYPES,
    XML,
    Element,
    Fields,
    collect_fields,
    first_text,
    iter_children,
    list_texts,
    name_element,
    read_construct,
    read_inner,
    read_text,
    read_type,
)
from transforms.feed_entries import (
    MOST_ENTRIES,
    Draft,
    FeedContext,
    make_entries,
    read_paywall,
    resolve_address,
)
from transforms.feed_pace import read_skip_days, read_skip_hours, read_ttl
from transforms.feed_text import (
    choose_texts,
    list_lines,
    read_html_line,
    read_plain_line,
    read_title_line,
)
from transforms.languages import normalize_tag
from transforms.records import FeedKind, Metadata, ParsedFeed

_PUBLISHED = ("pubdate", "published", "dcterms:issued", "issued", "prism:publicationdate",
              "dc:date", "dcterms:created", "created", "dcterms:date")  # fmt: skip
_MODIFIED = ("updated", "dcterms:modified", "modified", "prism:modificationdate", "lastmod")
_AUTHORS = ("dc:creator", "author", "dcterms:creator", "itunes:author", "managingeditor")
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\((.+)\)")
_LONGEST_BYLINE = 500
_MOST_AUTHORS = 100
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)


def read_rss_atom(root: Element, context: FeedContext) -> ParsedFeed:
    """Return the feed that stands in a tree, entries in its order.

    ``root`` is ``rss``, ``rdf:RDF``, ``channel`` or ``feed``. Of over 50,000 entries the rest is
    left out, with a fault (``too_many_entries``).
    """
    kind: FeedKind = "atom" if name_element(root) == "feed" else "rss"
    channel = root if kind == "atom" else next(iter_children(root, "channel"), root)
    fields = collect_fields(channel)
    language = _read_language(channel, fields) or normalize_tag(root.get(f"{XML}lang"))
    elements = [e for e in root.iter("{*}item", "{*}entry") if name_element(e) in ("item", "entry")]
    has_bases = bool(root.xpath("boolean(//@xml:base)"))
    drafts = [
        _read_entry(element, _find_base(element, context.url) if has_bases else context.url,
                    language, context)
        for element in elements[:MOST_ENTRIES]
    ]  # fmt: skip
    entries, faults = make_entries(drafts, context.rules)
    if len(elements) > MOST_ENTRIES:
        faults = (*faults, ("too_many_entries", f"{len(elements)}; {MOST_ENTRIES} are read"))
    skipped = collect_fields(*fields.get("skiphours", ()), *fields.get("skipdays", ()))
    return ParsedFeed(
        kind=kind,
        title=_read_title(fields) or None,
        language=language,
        entries=entries,
        ttl_seconds=read_ttl(
            first_text(fields, "ttl"),
            first_text(fields, "sy:updateperiod"),
            first_text(fields, "sy:updatefrequency"),
        ),
        skip_hours=read_skip_hours(list_texts(skipped, "hour")),
        skip_days=read_skip_days(list_texts(skipped, "day")),
        faults=faults,
    )


def _read_entry(element: Element, base: str, language: str | None, context: FeedContext) -> Draft:
    fields = collect_fields(element)
    title = _read_title(fields) or None
    texts = choose_texts(title, *_read_texts(fields))
    dates = read_dates(
        list_texts(fields, *_PUBLISHED),
        list_texts(fields, *_MODIFIED),
        context.timezone,
        context.latest,
    )
    section, tags = _read_topics(fields)
    metadata = Metadata(
        title=title,
        lead=texts.lead,
        authors=_read_authors(fields),
        published_at=dates.published_at,
        published_at_from=dates.published_at_from,
        published_at_text=dates.published_at_text,
        modified_at=dates.modified_at,
        language=_read_language(element, fields) or language,
        section=section,
        tags=tags,
        image_url=_read_image(fields, base),
        paywalled=_read_paywall(element),
    )
    guid = first_text(fields, "guid", "id") or element.get(ABOUT)
    return Draft(
        normalize_line(guid or "") or None, _read_url(element, fields, base), metadata, texts
    )


def _find_base(element: Element, url: str) -> str:
    """The base of relative addresses: ``xml:base`` of the elements around, outermost first."""
    bases = [e.get(f"{XML}base") for e in (element, *element.iterancestors())]
    for base in reversed(bases):
        url = resolve_address(base, url) or url
    return url


def _read_url(element: Element, fields: Fields, base: str) -> str | None:
    candidates = list_texts(fields, "feedburner:origlink")
    links = fields.get("link", ())
    candidates += [read_text(link) for link in links if not link.get("href")]
    pages = [
        link
        for link in links
        if (link.get("rel") or "alternate") == "alternate" and link.get("href")
    ]
    # A stable sort: the page before what else the entry is available as.
    pages.sort(key=lambda link: (link.get("type") or "text/html").lower() not in HTML_TYPES)
    candidates += [link.get("href") or "" for link in pages]
    for candidate in candidates:
        if candidate and (found := resolve_address(candidate, base)):
            return found
    stated = [element.get(ABOUT) or "", *list_texts(fields, "id")]
    stated += [
        read_text(guid)
        for guid in fields.get("guid", ())
        if (guid.get("isPermaLink") or "true").strip().lower() != "false"
    ]
    stated += [content.get("src") or "" for content in fields.get("content", ())]
    # These are addresses only if they are whole.
    return next((found for text in stated if (found := resolve_address(text, ""))), None)


def _read_title(fields: Fields) -> str:
    for element in [*fields.get("title", ()), *fields.get("dc:title", ())]:
        form = read_type(element)
        if len(element) or form in HTML_TYPES:
            title = read_html_line(read_inner(element) if len(element) else read_text(element))
        elif form in TEXT_TYPES:
            title = read_plain_line(read_text(element))
        else:
            title = read_title_line(read_text(element))
        if title:
            return title
    return ""


def _read_texts(fields: Fields) -> tuple[str | None, str | None]:
    """The summary and the content as HTML; of several contents the longest."""
    summaries = [
        read_construct(element)
        for name in ("description", "summary", "dcterms:abstract", "itunes:summary")
        for element in fields.get(name, ())
    ]
    contents = [
        read_construct(element)
        for name in ("content:encoded", "content", "xhtml:body", "xhtml:div")
        for element in fields.get(name, ())
    ]
    summary = next((text for text in summaries if text), None)
    return summary, max(contents, key=len, default="") or None


def _read_authors(fields: Fields) -> tuple[str, ...]:
    for name in _AUTHORS:
        names: dict[str, str] = {}
        for element in fields.get(name, [])[:_MOST_AUTHORS]:
            inner = list(iter_children(element, "name"))
            for text in map(read_text, inner or [element]):
                if len(text) > _LONGEST_BYLINE:
                    continue
                mail = _MAIL_AND_NAME.fullmatch(text)
                for author in split_author(unescape(mail[1] if mail else text)):
                    names.setdefault(squeeze(author), author)
        if names:
            return tuple(names.values())
    return ()


def _read_topics(fields: Fields) -> tuple[str | None, tuple[str, ...]]:
    """The section and the tags. A lone category is the section; several are tags."""
    categories = [
        element.get("label") or element.get("term") or read_text(element)
        for element in fields.get("category", ())
    ]
    words = [word for text in list_texts(fields, "media:keywords", "itunes:keywords", "keywords")
             for word in text.split(",")]  # fmt: skip
    tags = list_lines([*categories, *list_texts(fields, "dc:subject"), *words])
    section = next(iter(list_lines(list_texts(fields, "prism:section", "x:section"))), None)
    if section is None and len(tags) == 1 and categories:
        return tags[0], ()
    return section, tags


def _read_language(element: Element, fields: Fields) -> str | None:
    stated = [element.get(f"{XML}lang"), *list_texts(fields, "language", "dc:language")]
    return next((tag for text in stated if (tag := normalize_tag(text))), None)


def _read_image(fields: Fields, base: str) -> str | None:
    """The largest picture of ``media:content``, else the first of what else may be one."""
    pictures = [e for e in fields.get("media:content", ()) if _is_picture(e)]
    pictures.sort(key=lambda e: -_read_width(e))
    enclosures = [e for e in fields.get("enclosure", ()) if _is_picture(e)]
    enclosures += [
        e for e in fields.get("link", ()) if e.get("rel") == "enclosure" and _is_picture(e)
    ]
    elements = [*pictures, *fields.get("media:thumbnail", ()), *enclosures,
                *fields.get("itunes:image", ())]  # fmt: skip
    stated = [e.get("url") or e.get("href") or read_text(e) for e in elements]
    for image in fields.get("image", ()):
        stated += [read_text(child) for child in iter_children(image, "url")] or [read_text(image)]
    return next((found for text in stated if (found := resolve_address(text, base))), None)


def _is_picture(element: Element) -> bool:
    kind = element.get("medium") or (element.get("type") or "").partition("/")[0]
    address = element.get("url") or element.get("href") or ""
    return kind.lower() == "image" if kind else _PICTURE.search(address) is not None


def _read_width(element: Element) -> int:
    width = element.get("width") or ""
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 0


def _read_paywall(element: Element) -> bool | None:
    for child in element.iterchildren(etree.Element):
        name = etree.QName(child).localname
        if len(child.text or "") < 100 and not len(child):
            found = read_paywall(name, child.text or "")
            if found is not None:
                return found
    return None
