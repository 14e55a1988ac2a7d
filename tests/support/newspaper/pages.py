"""Renders article pages, front pages and robots.txt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from tests.support.newspaper.stories import Story
from tests.support.newspaper.truth import Article, Site

OSLO = ZoneInfo("Europe/Oslo")
# Lines between the paragraphs that are no part of the article: all are known boilerplate.
_FURNITURE = {
    "nb": {
        "ad": "Artikkelen fortsetter under annonsen",
        "label": "Annonse",
        "related": "Les også: {title}",
        "photo": "Mange møtte fram i {place}. Foto: {author}",
        "tip": "Tips oss! Har du bilder eller video av saken?",
        "wall": "Denne saken er for abonnenter.",
        "more": "Flere saker",
        "read": "Mest lest",
    },
    "nn": {
        "ad": "Artikkelen held fram under annonsen",
        "label": "Annonse",
        "related": "Les også: {title}",
        "photo": "Mange møtte fram i {place}. Foto: {author}",
        "tip": "Tips oss! Har du tips om denne saka?",
        "wall": "Denne saka er for abonnentar.",
        "more": "Fleire saker",
        "read": "Mest lese",
    },
}
_SHARE = {"nb": ("Del på Facebook", "Kopier lenke"), "nn": ("Del på Facebook", "Kopier lenkje")}


# The form of a house that lets nobody read without a name.
LOGIN_PAGE = (
    "<!doctype html><html lang=nb><head><meta charset=utf-8><title>Logg inn</title></head><body>"
    "<main><h1>Logg inn</h1><p>Denne avisa er for dem som har en konto. Skriv navn og passord for "
    "å komme inn, så kommer du rett til saken.</p><form><input name=navn><input type=password "
    "name=ord></form><p>Mistet passordet? Vi sender et nytt i posten innen to dager.</p></main>"
    "</body></html>"
)


def render_content(story: Story) -> str:
    """The article's text as the HTML that full-text feeds carry."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in story.lines)


def render_page(
    site: Site,
    article: Article,
    story: Story,
    address: str,
    revised_at: datetime,
    related: Sequence[tuple[str, str]],
    sections: Sequence[str],
) -> bytes:
    """Return the article's page in the site's charset.

    ``address`` is its present absolute URL, ``related`` are (path, title) of other articles.
    A teaser shows the standfirst alone.
    """
    words = _FURNITURE[site.language]
    is_open = article.access != "teaser"
    body = _render_body(story, words, related) if is_open else f"<p>{words['wall']}</p>"
    image = f"/bilder/{article.id}.jpg"
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "description": story.standfirst,
        "datePublished": _local(article.published_at),
        "dateModified": _local(revised_at),
        "author": [{"@type": "Person", "name": story.author}],
        "publisher": {"@type": "Organization", "name": site.name},
        "isAccessibleForFree": is_open,
        "articleSection": article.section,
        "inLanguage": article.language,
    }
    canonical = f'<link rel="canonical" href="{escape(address)}">' if site.has_canonical else ""
    more = "".join(f'<li><a href="{escape(path)}">{escape(title)}</a></li>'
                   for path, title in related)  # fmt: skip
    share = "".join(f'<button type="button">{label}</button>' for label in _SHARE[site.language])
    text = f"""<!DOCTYPE html>
<html lang="{article.language}">
<head>
<meta charset="{site.charset}">
<title>{escape(story.title)} - {site.name}</title>
<meta name="description" content="{escape(story.standfirst)}">
<meta name="author" content="{escape(story.author)}">
<meta property="og:type" content="article">
<meta property="og:title" content="{escape(story.title)}">
<meta property="og:url" content="{escape(address)}">
<meta property="og:site_name" content="{site.name}">
<meta property="article:published_time" content="{_local(article.published_at)}">
<meta property="article:modified_time" content="{_local(revised_at)}">
{canonical}
<script type="application/ld+json">{json.dumps(facts, ensure_ascii=False)}</script>
<style>body {{ font-family: serif }}</style>
</head>
<body>
<header><a href="/">{site.name}</a>{_render_nav(sections)}</header>
<main>
<article>
<header>
<h1>{escape(story.title)}</h1>
<p class="standfirst ingress">{escape(story.standfirst)}</p>
<p class="byline">Av <a rel="author" href="/folk">{escape(story.author)}</a></p>
<time datetime="{_local(article.published_at)}">{_local(article.published_at)[:10]}</time>
<div class="share">{share}</div>
</header>
<figure><img src="{image}" alt=""><figcaption>{
        escape(words["photo"].format(place=story.place, author=story.author))
    }</figcaption></figure>
<div class="article-body">
{body}
</div>
</article>
<aside class="related"><h2>{words["more"]}</h2><ul>{more}</ul></aside>
</main>
<aside><h2>{words["read"]}</h2><ul>{more}</ul></aside>
<footer><p>Ansvarlig redaktør: Solveig Prenten</p><p>Personvern</p></footer>
</body>
</html>
"""
    # A paper that says ISO 8859-1 means windows-1252, as the WHATWG's table has it.
    return text.encode("cp1252" if site.charset == "iso-8859-1" else "utf-8")


def render_front(
    site: Site,
    articles: Sequence[tuple[str, str]],
    feeds: Sequence[tuple[str, str, str]],
    sections: Sequence[str],
) -> bytes:
    """Return a front page: ``articles`` as (path, title), ``feeds`` as (path, type, title)."""
    links = "\n".join(
        f'<link rel="alternate" type="{kind}" title="{escape(title)}" href="{escape(path)}">'
        for path, kind, title in feeds
    )
    stories = "\n".join(
        f'<article><h2><a href="{escape(path)}">{escape(title)}</a></h2></article>'
        for path, title in articles
    )
    text = f"""<!DOCTYPE html>
<html lang="{site.language}">
<head><meta charset="utf-8"><title>{site.name}</title>
{links}
</head>
<body>
<header><h1>{site.name}</h1>{_render_nav(sections)}</header>
<main>
{stories}
</main>
</body>
</html>
"""
    return text.encode()


def render_robots(site: Site, sitemaps: Sequence[str]) -> bytes:
    """Return robots.txt. ``sitemaps`` are absolute addresses."""
    lines = ["User-agent: *"]
    lines += [f"Disallow: {prefix}" for prefix in site.disallowed] or ["Disallow:"]
    if site.crawl_delay is not None:
        lines.append(f"Crawl-delay: {site.crawl_delay}")
    lines += [f"Sitemap: {address}" for address in sitemaps]
    return ("\n".join(lines) + "\n").encode()


def _render_nav(sections: Sequence[str]) -> str:
    items = "".join(f'<li><a href="/{name}/">{name.capitalize()}</a></li>' for name in sections)
    return f"<nav><ul>{items}</ul></nav>"


def _render_body(story: Story, words: dict[str, str], related: Sequence[tuple[str, str]]) -> str:
    parts = [f"<p>{escape(line, quote=False)}</p>" for line in story.paragraphs]
    parts.append(f"<p>{words['tip']}</p>")
    if related:
        title = escape(related[0][1])
        link = (
            f'<p><a href="{escape(related[0][0])}">{words["related"].format(title=title)}</a></p>'
        )
        parts.insert(3, link)
    parts.insert(2, f'<div class="ad"><p>{words["label"]}</p></div><p>{words["ad"]}</p>')
    return "\n".join(parts)


def _local(at: datetime) -> str:
    return at.astimezone(OSLO).isoformat()
