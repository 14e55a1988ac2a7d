"""What a web page says about its article: headline, authors, dates, address and the like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit
from zoneinfo import ZoneInfo

from courlan import extract_domain
from lxml import html

from newsbeam.transforms.extract.authors import read_authors
from newsbeam.transforms.extract.headline import find_heading, list_h1_texts, read_headline
from newsbeam.transforms.extract.json_ld import (
    LdNode,
    list_names,
    list_texts,
    list_values,
    read_article_node,
)
from newsbeam.transforms.extract.publication import read_publication
from newsbeam.transforms.records import Metadata
from newsbeam.transforms.text.characters import normalize_line, squeeze
from newsbeam.transforms.text.languages import normalize_tag

# Names of <meta> (property, name or itemprop), best evidence first, in small letters.
_HEADLINE = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title")
_DESCRIPTION = ("og:description", "description", "twitter:description", "dc.description")
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
# What belongs together: an instant, its evidence and how that was written.
_PUBLICATION = ("published_at", "published_at_from", "published_at_text")


def read_metadata(
    tree: html.HtmlElement,
    url: str | None,
    timezone: ZoneInfo,
    *,
    latest: datetime | None = None,
    entry_title: str | None = None,
) -> Metadata:
    """Return what the page ``tree`` says about its article; what it does not say is None.

    ``url`` is the page's address, where known; ``timezone`` is that of times without an offset;
    ``latest`` is when the page was fetched: later dates are not believed; ``entry_title`` is the
    headline that the feed's entry or the data give it.

    * title: as ``headline`` tells it, without the site's name.
    * lead: the page's description; ``extract_article`` knows whether it is printed.
    * published_at and modified_at: as ``publication`` tells them.
    * url: rel=canonical, else og:url. One that leads to another site or to a front page is not
      believed when ``url`` is known, which then stands itself.
    * language: as stated, which need not be true.
    * paywalled: metered counts as paywalled.
    """
    url = _join("", url) if url else None
    meta = _collect_meta(tree)
    own_headlines = [*_texts(meta, ("og:title", "twitter:title")), *list_h1_texts(tree)]
    urls = _list_urls(tree, meta, url)
    node = read_article_node(tree, own_headlines, urls)
    sites = set(_texts(meta, ("og:site_name", "application-name")))
    sites.update(list_names(node.get("publisher")))
    address = _choose_url(urls, url)
    domain = _find_site(address) if address else ""
    sites.update((domain, domain.partition(".")[0]))
    base = address or url
    names = {squeeze(site) for site in sites}
    title = read_headline(
        tree, _strings(node, "headline"), _texts(meta, _HEADLINE), names, entry_title
    )
    heading = find_heading(tree, title, names)
    language = _read_language(tree, node, meta)
    dates = read_publication(
        tree, heading, node, meta, base, timezone, _read_region(tree, meta, language), latest
    )
    return Metadata(
        url=address,
        title=title,
        lead=next(iter([*_texts(meta, _DESCRIPTION), *_strings(node, "description")]), None),
        authors=read_authors(tree, heading, node, meta, sites),
        published_at=dates.published_at,
        published_at_from=dates.published_at_from,
        published_at_text=dates.published_at_text,
        modified_at=dates.modified_at,
        language=language,
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
    merged["modified_at_from"] = (primary if primary.modified_at else fallback).modified_at_from
    return Metadata(**merged)


def fill_metadata(known: Metadata, hints: Metadata) -> Metadata:
    """Return ``known`` with its gaps filled by ``hints``, a feed entry's metadata.

    A day alone (``published_at_from`` ends in ``_day``) gives way to a hint that is an instant. The
    hints' ``url`` and ``lead`` are no one's: only the page knows its address and what it prints.
    A hint of a change before publication is not believed. ``modified_at_from`` is ``feed`` where
    a hint is.
    """
    if _is_day(known) and hints.published_at and not _is_day(hints):
        known = replace(known, **{name: getattr(hints, name) for name in _PUBLICATION})
    filled = merge_metadata(known, replace(hints, url=None, lead=None))
    changed, published = filled.modified_at, filled.published_at
    if known.modified_at is not None or changed is None:
        return filled
    if published and changed < published:
        return replace(filled, modified_at=None, modified_at_from=None)
    return replace(filled, modified_at_from="feed")


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


def _strings(node: LdNode, key: str) -> list[str]:
    return list_texts(node.get(key))


def _list_urls(tree: html.HtmlElement, meta: dict[str, list[str]], url: str | None) -> list[str]:
    """The addresses that the page has: canonical, og:url, and ``url``, where it was found."""
    element = next(tree.iter("base"), None)
    base = _join(url or "", element.get("href") or "") if element is not None else url
    links = [
        link.get("href") or ""
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    stated = (_join(base or "", text) for text in [*links, *_texts(meta, ("og:url",))])
    return [found for found in (*stated, url) if found]


def _choose_url(urls: Sequence[str], url: str | None) -> str | None:
    own = (
        other
        for other in urls
        if urlsplit(other).path.strip("/") and (not url or _is_same_site(other, url))
    )
    return next(own, url)


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


def _read_language(tree: html.HtmlElement, node: LdNode, meta: dict[str, list[str]]) -> str | None:
    stated = [tree.get("lang") or "", tree.get("xml:lang") or ""]
    tags = map(normalize_tag, [*stated, *_texts(meta, _LANGUAGE), *_strings(node, "inLanguage")])
    return next((tag for tag in tags if tag), None)


def _read_region(
    tree: html.HtmlElement, meta: dict[str, list[str]], language: str | None
) -> str | None:
    """The page's language with its region, where anything states one: en-US and en-GB write
    dates in another order."""
    stated = [tree.get("lang") or "", tree.get("xml:lang") or "", *_texts(meta, _LANGUAGE)]
    tags = [text.strip().replace("_", "-") for text in stated]
    speech = (language or "").partition("-")[0]
    regional = (tag for tag in tags if "-" in tag and tag.lower().startswith(speech))
    return next(regional, language)


def _read_tags(node: LdNode, meta: dict[str, list[str]]) -> tuple[str, ...]:
    for name in _TAGS[:2]:
        if tags := meta.get(name):
            return tuple(dict.fromkeys(tags))
    keywords = _strings(node, "keywords") or list_names(node.get("keywords"))
    if len(keywords) > 1:
        return tuple(dict.fromkeys(keywords))
    for text in [*keywords, *_texts(meta, _TAGS[2:])]:
        return tuple(
            dict.fromkeys(tag for part in text.split(",") if (tag := normalize_line(part)))
        )
    return ()


def _read_image(node: LdNode, meta: dict[str, list[str]], url: str | None) -> str | None:
    stated = [
        item if isinstance(item, str) else str(item.get("url") or item.get("contentUrl") or "")
        for item in list_values(node.get("image"))
        if isinstance(item, str | dict)
    ]
    images = (_join(url or "", text) for text in [*_texts(meta, _IMAGE), *stated] if text)
    return next((image for image in images if image), None)


def _read_paywall(node: LdNode, meta: dict[str, list[str]]) -> bool | None:
    for value in list_values(node.get("isAccessibleForFree")):
        free = str(value).strip().lower().rpartition("/")[2]  # also "http://schema.org/False"
        if free in ("true", "false"):
            return free == "false"
    for name, meanings in _PAYWALL.items():
        for text in meta.get(name, ()):
            if text.lower() in meanings:
                return meanings[text.lower()]
    return None
