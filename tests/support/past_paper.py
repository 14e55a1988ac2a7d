"""A paper with years of articles behind it, on loopback: sitemaps, pages and a log.

with serve_past(PastPaper(months=24, a_month=10)) as site:
    newsbeam(["backfill", ...])
    assert site.asked("/kart/") == [...]

Of its maps every fifth is gzipped; some are broken, missing, dated in the future or not dated.
"""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

from tests.support.answering import Answer, serve_answers
from tests.support.newspaper.stories import write_story

_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
FEED = "/nytt.xml"
FUTURE = datetime(2099, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Logged:
    """A request: when it came (monotonic seconds), for what, and what was answered."""

    at: float
    path: str
    status: int


@dataclass
class PastPaper:
    """``months`` months before ``end`` of ``a_month`` articles each; month 0 is the oldest.

    ``broken`` maps break off after half, ``missing`` ones are not there. Of the articles every
    ``gone``th is listed and not there. Its feed has ``news`` articles of the last month, which no
    map lists.
    """

    months: int
    a_month: int
    end: tuple[int, int] = (2026, 1)
    broken: frozenset[int] = frozenset()
    missing: frozenset[int] = frozenset()
    gone: int = 17
    delay: float = 0.0
    news: int = 0

    def month(self, number: int) -> tuple[int, int]:
        """The year and month of the ``number``th month."""
        count = self.end[0] * 12 + self.end[1] - 1 - self.months + number
        return count // 12, count % 12 + 1

    def map_path(self, number: int) -> str:
        """Where the map of a month is."""
        year, month = self.month(number)
        return f"/kart/sitemap-{year}-{month:02}.xml{'.gz' if number % 5 == 0 else ''}"

    def path(self, number: int, article: int) -> str:
        """Where an article is; nothing in it tells when it was written."""
        return f"/nyheter/i/sak-om-noe-{number:03}-{article:05}"

    def published(self, number: int, article: int) -> datetime:
        """When an article was written."""
        year, month = self.month(number)
        return datetime(year, month, 1 + article % 28, 6 + article % 12, 30, tzinfo=UTC)

    def is_gone(self, number: int, article: int) -> bool:
        """Whether an article is listed, and not there."""
        return (number + article) % self.gone == self.gone - 1

    def listed(self, number: int) -> range:
        """The articles that can be read in a month's map."""
        if number in self.missing:
            return range(0)
        return range(self.a_month // 2 if number in self.broken else self.a_month)

    def there(self, number: int) -> list[str]:
        """The paths of a month's articles that a backfill can have."""
        return [self.path(number, a) for a in self.listed(number) if not self.is_gone(number, a)]

    def answer(self, base: str, path: str) -> Answer:
        """What the paper at ``base`` says to ``path``."""
        if path == "/robots.txt":
            body = f"User-agent: *\nSitemap: {base}/kart/index.xml\n".encode()
            return Answer(body, "text/plain")
        if path == "/kart/index.xml":
            return Answer(self._index(base), "application/xml")
        for number in range(self.months) if path.startswith("/kart/") else ():
            if path == self.map_path(number) and number not in self.missing:
                body = self._map(base, number)
                return Answer(gzip.compress(body) if ".gz" in path else body, "application/xml")
        if path == FEED and self.news:
            return Answer(self._feed(base), "application/rss+xml")
        if path.startswith("/nyheter/i/sak-om-noe-"):
            number, article = map(int, path.rsplit("-", 2)[-2:])
            if not self.is_gone(number, article):
                return Answer(self._page(base, path, number, article))
        return Answer(b"<html><body>404</body></html>", "text/html", 404)

    def list_news(self) -> list[str]:
        """The paths of the articles in the feed."""
        return [self.path(self.months - 1, self.a_month + n) for n in range(self.news)]

    def _feed(self, base: str) -> bytes:
        items = "".join(
            f"<item><title>Sak {path[-5:]}</title><link>{base}{path}</link></item>"
            for path in self.list_news()
        )
        title = f"<title>Avisen</title><link>{base}</link>"
        return f'<rss version="2.0"><channel>{title}{items}</channel></rss>'.encode()

    def _index(self, base: str) -> bytes:
        maps = []
        for number in range(self.months):
            year, month = self.month(number)
            changed = FUTURE if number % 7 == 3 else datetime(year, month, 28, 22, tzinfo=UTC)
            lastmod = "" if number % 4 == 1 else f"<lastmod>{changed.isoformat()}</lastmod>"
            maps.append(f"<sitemap><loc>{base}{self.map_path(number)}</loc>{lastmod}</sitemap>")
        maps.append(f"<sitemap><loc>{base}/kart/category-sitemap.xml</loc></sitemap>")
        return f"<sitemapindex {_XMLNS}>{''.join(maps)}</sitemapindex>".encode()

    def _map(self, base: str, number: int) -> bytes:
        items = []
        for article in range(self.a_month):
            at = FUTURE if article % 23 == 5 else self.published(number, article)
            lastmod = "" if article % 11 == 7 else f"<lastmod>{at.isoformat()}</lastmod>"
            items.append(f"<url><loc>{base}{self.path(number, article)}</loc>{lastmod}</url>")
        text = f'<?xml version="1.0"?><urlset {_XMLNS}>{"".join(items)}</urlset>'
        if number in self.broken:
            text = text[: text.index(items[self.a_month // 2]) + 30]
        return text.encode()

    def _page(self, base: str, path: str, number: int, article: int) -> bytes:
        story = write_story(f"past/{number}/{article}", "nb", article)
        at = self.published(number, article).isoformat()
        text = "".join(f"<p>{escape(line, quote=False)}</p>" for line in story.paragraphs)
        return (
            f'<!doctype html><html lang="nb"><head><title>{escape(story.title)}</title>'
            f'<link rel="canonical" href="{base}{path}"><meta property="og:type" content="article">'
            f'<meta property="article:published_time" content="{at}"></head><body><article>'
            f"<h1>{escape(story.title)}</h1>{text}</article></body></html>"
        ).encode()


@dataclass
class PastSite:
    """A paper that is served at ``base``; ``log`` has the requests in their order."""

    paper: PastPaper
    base: str = ""
    log: list[Logged] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def asked(self, start: str = "/") -> list[str]:
        """The paths that were asked for and begin so, in their order."""
        return [one.path for one in self.log if one.path.startswith(start)]

    def wait_for(self, count: int, seconds: float = 120.0) -> bool:
        """Wait until ``count`` requests have come; whether they did in time."""
        with self.came:
            return self.came.wait_for(lambda: len(self.log) >= count, seconds)

    def config(self, source: str = "avisen", rest: str = "", *, gap: float = 0.0) -> str:
        """A config of the paper as a source."""
        return (
            f"id: {source}\nlanguage: nb\nfeeds: ['{self.base}{FEED}']\nenrich:\n  pipelines:\n"
            f"    nb: null\npoll:\n  retries: 0\nfetch:\n  contact: red@example.org\n"
            f"  allow_addresses: [127.0.0.0/8]\n  seconds_between_requests: {gap}\n{rest}"
        )


@contextmanager
def serve_past(paper: PastPaper, host: str = "127.0.0.61") -> Iterator[PastSite]:
    """Serve ``paper`` until the block ends."""
    site = PastSite(paper)

    def answer(path: str, fields: Mapping[str, str]) -> Answer:
        at = time.monotonic()
        said = paper.answer(site.base, path)
        if paper.delay:
            time.sleep(paper.delay)
        with site.came:
            site.log.append(Logged(at, path, said.status))
            site.came.notify_all()
        return said

    with serve_answers(answer, host) as site.base:
        yield site
