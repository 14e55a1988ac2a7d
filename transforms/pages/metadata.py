"""What a web page says about its article: headline, authors, dates, address and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit
from zoneinfo import ZoneInfo

from courlan import extract_domain
from htmldate import find_date
from lxml import html

from transforms.characters import normalize_line, squeeze
from transforms.dates import is_plausible, parse_instant
from transforms.languages import normalize_tag
from transforms.pages.authors import read_author
from transforms.pages.headline import list_h1, read_headline
from transforms.pages.json_ld import Node, list_name, list_text, list_value, read_article_node
from transforms.records import Metadata

# Names of <meta> (property, name or itemprop), best evidence first, in small letters.
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "http://ogp.me/ns/article#published_time",
    "datepublished",
    "parsely-pub-date",
    "cxenseparse:recs:publishtime",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "sailthru.date",
    "publish-date",
    "publishdate",
    "pubdate",
    "dcterms.date",
    "dc.date",
    "date",
)
_MODIFIED = (
    "article:modified_time",
    "og:article:modified_time",
    "http://ogp.me/ns/article#modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "og:updated_time",
    "last-modified",
)
_HEADLINE = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title")
_DESCRIPTION = ("og:description", "description", "twitter:description", "dc.description")
_AUTHOR = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author")
_SECTION = ("article:section", "og:article:section", "parsely-section", "section")
_TAGS = ("article:tag", "og:article:tag", "news_keywords", "keywords")
_IMAGE = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_LANGUAGE = ("content-language", "og:locale", "dc.language", "inlanguage")
# Facebook's article:content_tier; the tags of Kilkaya, which many Norwegian papers use.
_PAYWALL = {
    "article:content_tier": {"free": False, "metered": True, "locked": True},
    "og:article:content_tier": {"free": False, "metered": True, "locked": True},
    "k5a:paid": {"0": False, "1": True},
    "isaccessibleforfree": {"true": False, "false": True},
}
_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-]?(\d\d)[/-]?(\d\d)(?=[/_.-]|$)")
# What belongs together: an instant, its evidence and how that was written.
_PUBLICATION = ("published_at", "published_at_from", "published_at_text")
_LONGEST_DATELINE = 60
_MOST_BEHIND = 60
_TIME_NEAR = "(ancestor::*[self::article or self::header][1]//time|following::time)[@datetime][1]"


def read_metadata(
    tree: html.HtmlElement,
    url: str | None,
    timezone: ZoneInfo,
    *,
    latest: datetime | None = None,
) -> Metadata:
    """Return what the page ``tree`` says about its article; what it does not say is None.

    ``url`` is the page's address, where known; ``timezone`` is that of times without an offset;
    ``latest`` is when the page was fetched: later dates are not believed.

    * title: the editors' headline, as ``headline`` tells it, without the site's name.
    * lead: the page's description; ``extract_article`` knows whether it is printed.
    * published_at, from the first of: ``jsonld``, ``meta``, ``time_tag`` (the <time> that says
      so or stands by the headline), ``text`` (a short line behind the headline), ``url_day`` and
      ``text_day`` (noon of the day in the address, or that htmldate finds in the page).
    * url: rel=canonical, else og:url. One that leads to another site or to a front page is not
      believed when ``url`` is known, which then stands itself.
    * language: as stated, which need not be true.
    * paywalled: metered counts as paywalled.
    """
    url = _join("", url) if url else None
    meta = _collect_meta(tree)
    own_headlines = [*_texts(meta, ("og:title", "twitter:title")), *list_h1(tree)]
    node = read_article_node(tree, own_headlines)
    sites = set(_texts(meta, ("og:site_name", "application-name")))
    sites.update(list_name(node.get("publisher")))
    address = _read_url(tree, meta, url)
    domain = _find_site(address) if address else ""
    sites.update((domain, domain.partition(".")[0]))
    base = address or url
    published_at, evidence, words = _read_published(tree, node, meta, base, timezone, latest)
    modified = [*_strings(node, "dateModified"), *_texts(meta, _MODIFIED)]
    modified_at, _ = _first_instant(modified, timezone, latest)
    if modified_at and published_at and modified_at < published_at:
        modified_at = None  # systems write when the entry was made, or nonsense
    return Metadata(
        url=address,
        title=read_headline(
            tree,
            _strings(node, "headline"),
            _texts(meta, _HEADLINE),
            {squeeze(site) for site in sites},
        ),
        lead=next(iter([*_texts(meta, _DESCRIPTION), *_strings(node, "description")]), None),
        authors=read_author(
            list_name(node.get("author") or node.get("creator")),
            _texts(meta, _AUTHOR),
            tree,
            sites,
        ),
        published_at=published_at,
        published_at_from=evidence,
        published_at_text=words,
        modified_at=modified_at,
        language=_read_language(tree, node, meta),
        section=next(iter([*_strings(node, "articleSection"), *_texts(meta, _SECTION)]), None),
        tags=_read_tags(node, meta),
        image_url=_read_image(node, meta, base),
        paywalled=_read_paywall(node, meta),
    )


def merge_metadata(primary: Metadata, fallback: Metadata) -> Metadata:
    """Return ``primary`` with what it does not know taken from ``fallback``, field by field.

    ``published_at_from`` and ``published_at_text`` go with ``published_at``.
    """
    merged = {
        field.name: _prefer(getattr(primary, field.name), getattr(fallback, field.name))
        for field in fields(Metadata)
    }
    source = primary if primary.published_at else fallback
    merged |= {name: getattr(source, name) for name in _PUBLICATION}
    return Metadata(**merged)


def fill_metadata(known: Metadata, hints: Metadata) -> Metadata:
    """Return ``known`` with its gaps filled by ``hints``, a feed entry's metadata.

    A day alone (``published_at_from`` ends in ``_day``) gives way to a hint that is an instant. The
    hints' ``url`` and ``lead`` are no one's: only the page knows its address and what it prints.
    A hint of a change before publication is not believed.
    """
    if _is_day(known) and hints.published_at and not _is_day(hints):
        known = replace(known, **{name: getattr(hints, name) for name in _PUBLICATION})
    filled = merge_metadata(known, replace(hints, url=None, lead=None))
    changed, published = filled.modified_at, filled.published_at
    if known.modified_at is None and changed and published and changed < published:
        return replace(filled, modified_at=None)
    return filled


def _is_day(metadata: Metadata) -> bool:
    return (metadata.published_at_from or "").endswith("_day")


def _prefer(value: Any, other: Any) -> Any:
    return other if value is None or value in ((), "") else value


def _collect_meta(tree: html.HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = normalize_line(element.get("content") or "")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (element.get(attribute) or "").strip().lower()
            if name and content:
                found.setdefault(name, []).append(content)
    return found


def _texts(meta: dict[str, list[str]], names: Iterable[str]) -> list[str]:
    return [text for name in names for text in meta.get(name, ())]


def _strings(node: Node, key: str) -> list[str]:
    return list_text(node.get(key))


def _read_url(tree: html.HtmlElement, meta: dict[str, list[str]], url: str | None) -> str | None:
    element = next(tree.iter("base"), None)
    base = _join(url or "", element.get("href") or "") if element is not None else url
    links = [
        link.get("href") or ""
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    for candidate in [*links, *_texts(meta, ("og:url",))]:
        found = _join(base or "", candidate)
        if found and urlsplit(found).path.strip("/") and (not url or _is_same_site(found, url)):
            return found
    return url


def _join(base: str, url: str) -> str | None:
    """Makes ``url`` absolute, without its fragment; None unless it is an http(s) address."""
    try:
        joined = urldefrag(urljoin(base, url.strip())).url
        parts = urlsplit(joined)
        return joined if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:  # "http://[" and its like
        return None


def _is_same_site(one: str, other: str) -> bool:
    return _find_site(one) == _find_site(other)


def _find_site(url: str) -> str:
    """The registrable domain of an address, or its host where that is no domain name."""
    return extract_domain(url, fast=True) or urlsplit(url).hostname or ""


def _read_published(
    tree: html.HtmlElement,
    node: Node,
    meta: dict[str, list[str]],
    url: str | None,
    timezone: ZoneInfo,
    latest: datetime | None,
) -> tuple[datetime | None, str | None, str | None]:
    """The instant, what tells it, and how that writes it."""
    evidence: list[tuple[str, Iterable[str]]] = [
        ("jsonld", [*_strings(node, "datePublished"), *_strings(node, "dateCreated")]),
        ("meta", _texts(meta, _PUBLISHED)),
        ("time_tag", _list_time(tree)),
        ("text", _list_dateline(tree)),
        ("url_day", ["-".join(day) for day in _URL_DAY.findall(url or "")]),
        ("text_day", _find_day(tree, url, latest)),
    ]
    for name, values in evidence:
        instant, words = _first_instant(values, timezone, latest)
        if instant:
            return instant, name, words
    return None, None, None


def _first_instant(
    values: Iterable[str], timezone: ZoneInfo, latest: datetime | None
) -> tuple[datetime, str] | tuple[None, None]:
    """The first plausible instant among ``values``, and the value that states it."""
    for value in values:
        instant = parse_instant(value, timezone)
        if instant is not None and is_plausible(instant, latest):
            return instant, normalize_line(value)
    return None, None


def _list_time(tree: html.HtmlElement) -> Iterator[str]:
    """Yield times of <time>: those marked as publication, then what is by the h1."""
    marked = tree.xpath(
        './/*[@itemprop="datePublished" or @pubdate][self::time or @datetime or @content]'
    )
    heading = next(tree.iter("h1"), None)
    near = heading.xpath(_TIME_NEAR) if heading is not None else []
    for element in [*marked, *near]:
        yield (
            element.get("datetime")
            or element.get("content")
            or normalize_line(element.text_content())
        )


def _list_dateline(tree: html.HtmlElement) -> Iterator[str]:
    """Yield the short lines behind the h1, where "Publisert 28. april 2024 kl. 14.47" stands."""
    heading = next(tree.iter("h1"), None)
    behind = heading.xpath("following::*") if heading is not None else []
    for element in islice(behind, _MOST_BEHIND):
        if isinstance(element.tag, str) and element.tag not in ("script", "style"):
            text = normalize_line(element.text_content())
            if len(text) <= _LONGEST_DATELINE:
                yield text


def _find_day(tree: html.HtmlElement, url: str | None, latest: datetime | None) -> Iterator[str]:
    # A generator: paid for only where nothing else is known. Its extensive search takes any day
    # that the text mentions, and most of the time of all metadata.
    found = find_date(
        tree,
        original_date=True,
        extensive_search=False,
        url=url,
        min_date="1990-01-01",
        max_date=latest.date().isoformat() if latest else None,
    )
    if found:
        yield found


def _read_language(tree: html.HtmlElement, node: Node, meta: dict[str, list[str]]) -> str | None:
    stated = [tree.get("lang") or "", tree.get("xml:lang") or ""]
    tags = map(normalize_tag, [*stated, *_texts(meta, _LANGUAGE), *_strings(node, "inLanguage")])
    return next((tag for tag in tags if tag), None)


def _read_tags(node: Node, meta: dict[str, list[str]]) -> tuple[str, ...]:
    for name in _TAGS[:2]:
        if tags := meta.get(name):
            return tuple(dict.fromkeys(tags))
    keywords = _strings(node, "keywords") or list_name(node.get("keywords"))
    if len(keywords) > 1:
        return tuple(dict.fromkeys(keywords))
    for text in [*keywords, *_texts(meta, _TAGS[2:])]:
        return tuple(
            dict.fromkeys(tag for part in text.split(",") if (tag := normalize_line(part)))
        )
    return ()


def _read_image(node: Node, meta: dict[str, list[str]], url: str | None) -> str | None:
    stated = [
        item if isinstance(item, str) else str(item.get("url") or item.get("contentUrl") or "")
        for item in list_value(node.get("image"))
        if isinstance(item, str | dict)
    ]
    images = (_join(url or "", text) for text in [*_texts(meta, _IMAGE), *stated] if text)
    return next((image for image in images if image), None)


def _read_paywall(node: Node, meta: dict[str, list[str]]) -> bool | None:
    for value in list_value(node.get("isAccessibleForFree")):
        free = str(value).strip().lower().rpartition("/")[2]  # also "http://schema.org/False"
        if free in ("true", "false"):
            return free == "false"
    for name, meanings in _PAYWALL.items():
        for text in meta.get(name, ()):
            if text.lower() in meanings:
                return meanings[text.lower()]
    return None
