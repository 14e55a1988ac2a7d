"""What lists a source's past: sitemaps and their indexes, archive pages, feeds that page.

``Listed`` is what a listing tells of one address; which days that leaves possible is reckoned
from all that is known of it: ``bound``. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from newsbeam.transforms.text.spans import EVER, Span

ListingKind = Literal["sitemap", "archive_page", "feed"]
# Of maps, what lists no articles: pictures, tags, authors (WordPress, Yoast, Drupal, Labrador).
_NO_ARTICLES = re.compile(
    r"(?<![a-z])(?:videos?|images?|bilder?|photos?|podcasts?|audio|authors?|users?|tags?"
    r"|taxonom\w*|categor\w*|kategori\w*|emner?|forfatter\w*|posts-page)(?![a-z])"
    r"|^page-sitemap|^pages?\.xml",
    re.IGNORECASE,
)
# An instant so much later than the clock's is wrong, not early.
_TOLERANCE = timedelta(days=1)
_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists articles, or other listings, and the time that these may be of."""

    url: str
    kind: ListingKind
    span: Span = EVER


@dataclass(frozen=True, slots=True)
class Listed:
    """An address in a listing; when it was ``published`` (an instant or day) and last ``changed``
    (the end of the day, where that is all that is told), as the listing says."""

    url: str
    published: Span | None = None
    changed: datetime | None = None


def bound(listed: Listed, named: Span, holder: Span, now: datetime) -> Span:
    """When what was ``listed`` may have been published.

    ``named`` is the span in its address, ``holder`` that of the listing. An instant after ``now``
    is not believed. A page was published before it was changed, not after.
    """
    published = listed.published
    if published is not None and (published.first is None or published.first <= now + _TOLERANCE):
        return published
    if named.first is not None or named.end is not None:
        return named
    if listed.changed is not None and listed.changed <= now + _TOLERANCE:
        return Span(None, listed.changed + timedelta(seconds=1)).within(holder)
    return holder


def date_listed(
    url: str,
    published: tuple[datetime, bool] | None = None,
    changed: tuple[datetime, bool] | None = None,
) -> Listed:
    """What is listed at ``url``, with instants as ``read_feed_instant`` gives them: with whether
    they are days, of which it tells the noon."""
    span = latest = None
    if published is not None:
        at, is_day = published
        span = Span(at - _NOON, at + _NOON) if is_day else Span(at, at + timedelta(seconds=1))
    if changed is not None:
        latest = changed[0] + _NOON if changed[1] else changed[0]
    return Listed(url, span, latest)


def lists_no_articles(url: str) -> bool:
    """Whether a map's name says that it lists something else."""
    return bool(_NO_ARTICLES.search(urlsplit(url).path.rpartition("/")[2]))
