"""Renders an edition of a feed as RSS, Atom, RDF, JSON Feed or news sitemap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from tests.support.newspaper.stories import Story
from tests.support.newspaper.truth import DateStyle, Feed

OSLO = ZoneInfo("Europe/Oslo")
MEDIA_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json_feed": "application/feed+json",
    "news_sitemap": "application/xml",
}
_DAYS = "mandag tirsdag onsdag torsdag fredag lørdag søndag".split()
_MONTHS = (
    "januar februar mars april mai juni juli august september oktober november desember".split()
)
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as it will be printed. ``updated_at`` is None before the first edit.

    ``content`` is the article's HTML, where the feed carries it.
    """

    guid: str | None
    link: str
    story: Story
    section: str
    published_at: datetime
    updated_at: datetime | None
    content: str | None


def render_feed(feed: Feed, title: str, address: str, items: list[Item], language: str) -> bytes:
    """Return the document. ``address`` is the site's front page, absolute."""
    match feed.format:
        case "rss":
            text = _render_rss(feed, title, address, items, language)
        case "atom":
            text = _render_atom(feed, title, address, items, language)
        case "rdf":
            text = _render_rdf(feed, title, address, items)
        case "json_feed":
            text = _render_json(title, address, items, language)
        case "news_sitemap":
            text = _render_sitemap(title, items, language)
    return text.encode()


def break_feed(feed: Feed, body: bytes, variant: int) -> bytes:
    """Return a document that no XML or JSON parser accepts: cut off, or with a bare ampersand."""
    if variant % 2 == 0 or feed.format == "json_feed":
        return body[: len(body) * 7 // 10]
    return body.replace(b"<title>", b"<title>Politikk & ", 1).replace(
        b"<news:name>", b"<news:name>Politikk & ", 1
    )


def format_date(at: datetime, style: DateStyle) -> str:
    """Return ``at`` in one of the spellings that feeds are found with, in Oslo's time."""
    local = at.astimezone(OSLO)
    match style:
        case "zone_name":
            return f"{local:%a, %d %b %Y %H:%M:%S} {local:%Z}"
        case "dotted":
            return f"{local:%d.%m.%Y %H:%M}"
        case "words":
            month = _MONTHS[local.month - 1]
            return f"{_DAYS[local.weekday()]} {local.day}. {month} {local:%Y} kl. {local:%H.%M}"
        case "no_offset":
            return f"{local:%Y-%m-%dT%H:%M:%S}"
    return format_datetime(local)


def _render_rss(feed: Feed, title: str, address: str, items: list[Item], language: str) -> str:
    def render(item: Item) -> Iterator[str]:
        yield f"<item>\n<title>{escape(item.story.title)}</title>\n<link>{escape(item.link)}</link>"
        if item.guid is not None:
            yield f'<guid isPermaLink="false">{escape(item.guid)}</guid>'
        yield f"<description><![CDATA[<p>{item.story.standfirst}</p>]]></description>"
        if feed.date_style != "none":
            yield f"<pubDate>{format_date(item.published_at, feed.date_style)}</pubDate>"
            if item.updated_at is not None:
                yield f"<atom:updated>{item.updated_at.isoformat()}</atom:updated>"
        yield f"<dc:creator>{escape(item.story.author)}</dc:creator>"
        yield f"<category>{escape(item.section)}</category>"
        if item.content is not None:
            yield f"<content:encoded><![CDATA[{item.content}]]></content:encoded>"
        yield "</item>"

    ttl = f"<ttl>{feed.ttl_minutes}</ttl>\n" if feed.ttl_minutes else ""
    return (
        f'{_XML}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/">\n<channel>\n'
        f"<title>{escape(title)}</title>\n<link>{escape(address)}</link>\n"
        f"<description>Siste nytt</description>\n<language>{language}</language>\n{ttl}"
        + "\n".join(line for item in items for line in render(item))
        + "\n</channel>\n</rss>\n"
    )


def _render_atom(feed: Feed, title: str, address: str, items: list[Item], language: str) -> str:
    def render(item: Item) -> Iterator[str]:
        updated = item.updated_at or item.published_at
        yield f"<entry>\n<title>{escape(item.story.title)}</title>"
        yield f'<link rel="alternate" type="text/html" href="{escape(item.link)}"/>'
        yield f"<id>{escape(item.guid or item.link)}</id>"
        yield f"<published>{item.published_at.isoformat()}</published>"
        yield f"<updated>{updated.isoformat()}</updated>"
        yield f"<author><name>{escape(item.story.author)}</name></author>"
        yield f'<summary type="text">{escape(item.story.standfirst)}</summary>'
        if item.content is not None:
            yield f'<content type="html">{escape(item.content)}</content>'
        yield "</entry>"

    newest = max((item.updated_at or item.published_at for item in items), default=None)
    return (
        f'{_XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">\n'
        f"<title>{escape(title)}</title>\n<id>tag:avis.example,2026:{feed.id}</id>\n"
        f'<link rel="alternate" href="{escape(address)}"/>\n'
        + (f"<updated>{newest.isoformat()}</updated>\n" if newest else "")
        + "\n".join(line for item in items for line in render(item))
        + "\n</feed>\n"
    )


def _render_rdf(feed: Feed, title: str, address: str, items: list[Item]) -> str:
    def render(item: Item) -> Iterator[str]:
        yield f'<item rdf:about="{escape(item.link)}">\n<title>{escape(item.story.title)}</title>'
        yield f"<link>{escape(item.link)}</link>"
        yield f"<description>{escape(item.story.standfirst)}</description>"
        if feed.date_style == "standard":
            yield f"<dc:date>{item.published_at.isoformat()}</dc:date>"
        elif feed.date_style != "none":
            yield f"<dc:date>{format_date(item.published_at, feed.date_style)}</dc:date>"
        yield f"<dc:creator>{escape(item.story.author)}</dc:creator>\n</item>"

    listed = "".join(f'<rdf:li rdf:resource="{escape(item.link)}"/>' for item in items)
    return (
        f'{_XML}<rdf:RDF xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{escape(address)}">\n<title>{escape(title)}</title>\n'
        f"<link>{escape(address)}</link>\n<description>Siste nytt</description>\n"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items>\n</channel>\n"
        + "\n".join(line for item in items for line in render(item))
        + "\n</rdf:RDF>\n"
    )


def _render_json(title: str, address: str, items: list[Item], language: str) -> str:
    def render(item: Item) -> dict[str, object]:
        entry: dict[str, object] = {
            "id": item.guid or item.link,
            "url": item.link,
            "title": item.story.title,
            "summary": item.story.standfirst,
            "date_published": item.published_at.isoformat(),
            "authors": [{"name": item.story.author}],
            "tags": [item.section],
        }
        if item.updated_at is not None:
            entry["date_modified"] = item.updated_at.isoformat()
        if item.content is not None:
            entry["content_html"] = item.content
        return entry

    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": address,
        "language": language,
    }
    return json.dumps(head | {"items": [render(item) for item in items]}, ensure_ascii=False)


def _render_sitemap(title: str, items: list[Item], language: str) -> str:
    def render(item: Item) -> Iterator[str]:
        yield f"<url>\n<loc>{escape(item.link)}</loc>"
        if item.updated_at is not None:
            yield f"<lastmod>{item.updated_at.isoformat()}</lastmod>"
        yield "<news:news><news:publication>"
        yield f"<news:name>{escape(title)}</news:name><news:language>{language}</news:language>"
        yield "</news:publication>"
        published = item.published_at.isoformat()
        yield f"<news:publication_date>{published}</news:publication_date>"
        yield f"<news:title>{escape(item.story.title)}</news:title></news:news>\n</url>"

    return (
        f'{_XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
        + "\n".join(line for item in items for line in render(item))
        + "\n</urlset>\n"
    )
