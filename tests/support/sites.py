"""Small scripted news sites on loopback, for tests of finding and adding sources.

with serve_site(lambda base: make_paper(base, feeds="head")) as site:
    newsbeam(["source", "add", site.url("/"), "--allow-address", "127.0.0.0/8", ...])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Literal
from xml.sax.saxutils import escape as escape_xml

from tests.support.answering import Answer, serve_answers
from tests.support.newspaper.stories import Story, write_story

NAME = "Fjordposten"
# What the paper sets on all of its pages, and no rule of the language knows.
NEWSLETTER = (
    "Fjordposten Morgen samler det viktigste fra døgnet som gikk",
    "Du får den i innboksen klokka seks, og det koster ingenting",
)
SLOGAN = "Fjordposten er din lokale stemme ved fjorden."

FeedPlace = Literal["head", "common", "robots", "linked", "none"]


def page(text: str, status: int = 200, **headers: str) -> Answer:
    """An HTML page; ``cf_mitigated="x"`` becomes a header ``cf-mitigated: x``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(text.encode("utf-8", "surrogatepass"), status=status, headers=named)


def xml(text: str) -> Answer:
    """A feed or sitemap."""
    return Answer(text.encode(), "application/xml; charset=utf-8")


@dataclass
class Site:
    """A site that is being served. ``answers`` may be changed meanwhile; ``asked`` are paths, and
    ``got`` the header fields that came with each, by lower-case name."""

    base: str
    answers: dict[str, Answer]
    asked: list[str] = field(default_factory=list)
    got: list[dict[str, str]] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"{self.base}{path}"


@contextmanager
def serve_site(
    build: Callable[[str], dict[str, Answer]], host: str = "127.0.0.41"
) -> Iterator[Site]:
    """Serve what ``build`` makes of the site's address until the block ends."""
    site = Site("", {})

    def answer(path: str, fields: Mapping[str, str]) -> Answer:
        site.asked.append(path)
        site.got.append(dict(fields))
        return site.answers.get(path) or Answer(b"<html><body>404</body></html>", status=404)

    with serve_answers(answer, host) as site.base:
        site.answers = build(site.base)
        yield site


@dataclass(frozen=True, slots=True)
class Item:
    """An article of the paper."""

    path: str
    at: datetime
    story: Story


def list_items(count: int = 8, start: datetime | None = None) -> list[Item]:
    """Articles an hour apart, the newest first."""
    newest = (start or datetime.now(UTC)).replace(microsecond=0) - timedelta(minutes=5)
    return [
        Item(
            f"/nyheter/i/sak{number}",
            newest - timedelta(hours=number),
            write_story(f"sites/{number}", "nb", number),
        )
        for number in range(count)
    ]


def make_paper(
    base: str,
    *,
    feeds: FeedPlace = "head",
    robots: str = "User-agent: *\nDisallow: /admin/\n",
    items: list[Item] | None = None,
    has_furniture: bool = True,
    name: str = NAME,
) -> dict[str, Answer]:
    """The answers of a paper: front page, articles, robots.txt and feeds at ``feeds``."""
    items = list_items() if items is None else items
    links = "".join(f'<li><a href="{i.path}">{escape(i.story.title)}</a></li>' for i in items)
    head = (
        f'<link rel="alternate" type="application/rss+xml" title="{name}" href="/nytt.xml">'
        f'<link rel="alternate" type="application/rss+xml" title="Kommentarer til {name}" '
        'href="/comments/feed/">'
        if feeds == "head"
        else ""
    )
    footer = '<a href="/om/rss">RSS</a>' if feeds == "linked" else ""
    answers = {
        "/": page(
            f'<!doctype html><html lang="nb"><head><title>{name} – nyheter fra fjorden</title>'
            f'<meta property="og:site_name" content="{name}">{head}</head><body><h1>{name}</h1>'
            f"<ul>{links}</ul>{footer}</body></html>"
        ),
        "/robots.txt": Answer(robots.replace("BASE", base).encode(), "text/plain"),
    }
    for item in items:
        answer = page(render_article(base, item, name, has_furniture=has_furniture))
        answers |= {item.path: answer, f"{item.path}?fra=rss": answer}
    rss = xml(render_rss(base, items, name))
    match feeds:
        case "head":
            answers["/nytt.xml"] = rss
            answers["/comments/feed/"] = xml(render_rss(base, items[:3], f"Kommentarer til {name}"))
        case "common":
            answers["/rss.xml"] = rss
        case "linked":
            answers["/om/rss"] = page(
                "<html><body><h1>RSS</h1><a href='/strom/alt.rss'>Alt</a></body></html>"
            )
            answers["/strom/alt.rss"] = rss
        case "robots":
            answers["/kart/nyheter-48t.xml"] = xml(render_news_sitemap(base, items, name))
    return answers


def render_article(base: str, item: Item, name: str, *, has_furniture: bool) -> str:
    """An article's page, with the paper's newsletter box and slogan in its text."""
    story = item.story
    paragraphs = [f"<p>{escape(line, quote=False)}</p>" for line in story.paragraphs]
    if has_furniture:
        box = "".join(f"<p>{line}</p>" for line in NEWSLETTER)
        paragraphs.insert(2, f'<div class="morgenbrev-innhold">{box}</div>')
        paragraphs.append(f"<p>{SLOGAN}</p>")
    return f"""<!doctype html><html lang="nb"><head>
<title>{escape(story.title)} – {name}</title>
<link rel="canonical" href="{base}{item.path}">
<meta property="og:site_name" content="{name}"><meta property="og:type" content="article">
<meta property="og:title" content="{escape(story.title)}">
<meta property="article:published_time" content="{item.at.isoformat()}">
<meta name="author" content="{escape(story.author)}"></head><body>
<nav><a href="/">{name}</a></nav><main><article><h1>{escape(story.title)}</h1>
<p class="ingress">{escape(story.standfirst)}</p>
{"".join(paragraphs)}
</article></main><footer><p>Ansvarlig redaktør: Solveig Prenten</p></footer></body></html>"""


def render_rss(base: str, items: list[Item], title: str) -> str:
    """An RSS feed; its links carry a parameter that the pages' canonical addresses lack."""
    entries = "".join(
        f"<item><title>{escape_xml(item.story.title)}</title>"
        f"<link>{base}{item.path}?fra=rss</link><guid isPermaLink='false'>{item.path}</guid>"
        f"<description>{escape_xml(item.story.standfirst)}</description>"
        f"<pubDate>{item.at:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
        for item in items
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{escape_xml(title)}</title>'
        f"<link>{base}/</link><language>nb</language>{entries}</channel></rss>"
    )


def render_news_sitemap(base: str, items: list[Item], name: str) -> str:
    """A Google News sitemap."""
    urls = "".join(
        f"<url><loc>{base}{item.path}</loc><news:news><news:publication>"
        f"<news:name>{name}</news:name><news:language>no</news:language></news:publication>"
        f"<news:publication_date>{item.at.isoformat()}</news:publication_date>"
        f"<news:title>{escape_xml(item.story.title)}</news:title></news:news></url>"
        for item in items
    )
    return (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    )
