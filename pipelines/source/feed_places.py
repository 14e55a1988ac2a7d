"""Where a site's feeds may be, in the order in which to look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urljoin, urlsplit

from protego import Protego

# Ours: the content systems that Nordic papers use (WordPress, Labrador, Schibsted's, Drupal,
# Hugo, Ghost) have their feeds at one of these. Few, as each is a request for nothing elsewhere.
FEED_PLACES = (
    "/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/service/rich-rss", "/index.xml",
    "/feeds", "/feed.json",
)  # fmt: skip
SITEMAP_PLACES = (
    "/sitemap-news.xml", "/news-sitemap.xml", "/sitemap_news.xml",
    "/sitemap/files/articles-48hrs.xml",
)  # fmt: skip
_NEWS = re.compile(r"news|nyhet|nyhed|latest|siste|seneste|senaste|48h|today|recent", re.IGNORECASE)
_ARTICLES = re.compile(r"article|artik|post|sitemap\.xml", re.IGNORECASE)
_NO_TEXTS = re.compile(r"video|image|bilde|photo|podcast|audio|author|tag|categor", re.IGNORECASE)
_COMMENTS = re.compile(r"(?:^|[/_-])(?:comments?|kommentarer?)(?:[/._-]|$)", re.IGNORECASE)
_COMMENTS_TITLE = re.compile(
    r"^(?:comments?|kommentarer)\s+(?:on|for|to|til|på|för)\b|^kommentar(?:er|sflöde)?\s+(?:for|til)"
    r"\b|(?:[»›:|-]\s*)(?:comments?|kommentar(?:er|feed|sflöde)?)(?:\s+feed)?\s*$",
    re.IGNORECASE,
)
_ONE_TOPIC = re.compile(
    r"/(?:tags?|emne|emneord|tema|topic|topics|author|forfatter|skribent|labels?|keyword)/[^/]+",
    re.IGNORECASE,
)


def list_common_places(url: str) -> tuple[str, ...]:
    """The addresses at which sites have feeds and news sitemaps, at the site of ``url``."""
    front = find_front(url)
    return tuple(urljoin(front, place) for place in (*FEED_PLACES, *SITEMAP_PLACES))


def find_front(url: str) -> str:
    """The front page of the site of ``url``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def rank_sitemaps(addresses: Iterable[str]) -> list[str]:
    """Sitemaps, those first that seem to hold the news; those of pictures and tags not at all."""

    def rank(address: str) -> int:
        path = urlsplit(address).path
        return 0 if _NEWS.search(path) else 1 if _ARTICLES.search(path) else 2

    kept = [a for a in dict.fromkeys(addresses) if not _NO_TEXTS.search(urlsplit(a).path)]
    return sorted(kept, key=rank)


def is_comment_feed(url: str, title: str | None) -> bool:
    """Whether a feed is one of what readers write."""
    return bool(_COMMENTS.search(urlsplit(url).path) or _COMMENTS_TITLE.search(title or ""))


def is_topic_feed(url: str) -> bool:
    """Whether a feed is one of a single tag or author."""
    return bool(_ONE_TOPIC.search(urlsplit(url).path))


def find_forbidding_rule(robots: str, url: str, product: str) -> str | None:
    """The line of a robots.txt that keeps ``product`` from ``url``; ``None`` if no line does.

    Of several the longest, which is the one that counts (RFC 9309, 2.2.2).
    """
    groups = _read_groups(robots)
    rules = groups.get(product.lower()) or groups.get("*") or ()
    forbidding = [
        path
        for path in rules
        if path and not Protego.parse(f"User-agent: *\nDisallow: {path}").can_fetch(url, "x")
    ]
    longest = max(forbidding, key=len, default=None)
    return None if longest is None else f"Disallow: {longest}"


def _read_groups(robots: str) -> dict[str, Sequence[str]]:
    """The paths that are disallowed for each product token."""
    groups: dict[str, list[str]] = {}
    agents: list[str] = []
    in_rules = False
    for line in robots.splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent":
            if in_rules:
                agents, in_rules = [], False
            agents.append(re.split(r"[\s/]", value.lower(), maxsplit=1)[0])
        elif name in ("disallow", "allow"):
            in_rules = True
            for agent in agents if name == "disallow" else ():
                groups.setdefault(agent, []).append(value)
    return {agent: tuple(paths) for agent, paths in groups.items()}
