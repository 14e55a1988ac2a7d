"""What a well-behaved client of the newspaper must have: the yardstick of "nothing lost"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.support.newspaper.truth import Article, Edition, Feed, Script

Span = tuple[datetime, datetime]
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """Ids of articles that must be there in some revision, and (article, revision) pairs whose
    text must be there.
    """

    articles: frozenset[str]
    revisions: frozenset[tuple[str, int]]


def list_expected(
    script: Script,
    editions: Mapping[str, tuple[Edition, ...]],
    *,
    poll_gap: timedelta,
    since: datetime,
    until: datetime,
    retry_for: timedelta = timedelta(0),
    robots_memory: timedelta = timedelta(days=1),
) -> Expected:
    """Return what a client that polls each feed at least every ``poll_gap`` must have.

    The client begins at ``since`` or before and goes on to ``until``. Ours, and meant to err on
    the side of the client. An article is expected if

    1. some feed, well and reachable, listed it without a break for ``poll_gap``: a poll must have
       met it, at the latest ``poll_gap`` after the span began; and
    2. from the beginning of that span its page was to be had for all of ``poll_gap`` (or, if
       ``retry_for`` is longer, for a stretch of ``poll_gap`` within ``retry_for``: for a client
       that tries a failed page again at least every ``poll_gap`` for so long).

    A revision is expected if the same holds for spans in which the feed announced it and the page
    served it. Teasers, paywalled and robots-forbidden articles are never expected.

    Hiccups do not count: a client tries a page a second time at once, and it sleeps out the
    second that a "short_429" asks for (leave that event out for one that does not).

    A feed is neither well nor reachable during its own faults, its detour (half an hour after
    each change of address too), after it is gone, and whenever its host is down. A host is down
    during server errors, during a 429 of any of its feeds or pages (clients pause for the whole
    host), and from a failing robots.txt on until ``robots_memory`` after. Each fault counts as
    two minutes longer than it is.
    """
    clip = (since, until)
    down = {
        site.host: _merge(_list_outage(script, site.host, robots_memory)) for site in script.sites
    }
    resets = {
        site.host: _merge(_widen(f.start, f.end) for f in script.faults
                          if f.kind in ("resets", "login_week") and f.host == site.host)
        for site in script.sites
    }  # fmt: skip
    listed: dict[str, list[Span]] = {}
    announced: dict[tuple[str, int], list[Span]] = {}
    for feed in script.feeds:
        holes = _merge([*_list_illness(script, feed), *down[feed.host]])
        any_revision: dict[str, list[Span]] = {}
        for key, span in _list_span(editions[feed.id], until):
            announced.setdefault(key, []).extend(_subtract([_clip(span, clip)], holes))
            any_revision.setdefault(key[0], []).append(_clip(span, clip))
        for article, spans in any_revision.items():
            listed.setdefault(article, []).extend(_subtract(_merge(spans), holes))
    by_id = {article.id: article for article in script.articles}
    served = {
        name: _subtract(
            [(a.published_at, min(until, a.removed_at or until))],
            _merge([*down[a.host], *resets[a.host]]),
        )
        for name, a in by_id.items()
        if a.access == "open" and name in listed
    }

    def must_have(spans: list[Span], pages: list[Span]) -> bool:
        reach = max(poll_gap, retry_for)
        return any(
            end - start >= poll_gap
            and any(
                min(last, start + reach) - max(first, start) >= poll_gap for first, last in pages
            )
            for start, end in spans
        )

    return Expected(
        frozenset(name for name, pages in served.items() if must_have(listed[name], pages)),
        frozenset(
            key
            for key, spans in announced.items()
            if key[0] in served
            and must_have(spans, _within(served[key[0]], by_id[key[0]], key[1], until))
        ),
    )


def _list_span(
    editions: tuple[Edition, ...], until: datetime
) -> Iterator[tuple[tuple[str, int], Span]]:
    """Yield spans in which a feed's editions showed a revision, without breaks between them."""
    open_since: dict[tuple[str, int], datetime] = {}
    for edition in editions:
        shown = {(line.article, line.revision) for line in edition.lines}
        for key in [key for key in open_since if key not in shown]:
            yield key, (open_since.pop(key), edition.since)
        for key in shown:
            open_since.setdefault(key, edition.since)
    for key, since in open_since.items():
        yield key, (since, max(since, until))


def _list_outage(script: Script, host: str, robots_memory: timedelta) -> Iterator[Span]:
    for fault in script.faults:
        if fault.host != host:
            continue
        if fault.kind in ("server_errors", "page_429", "feed_429"):
            yield _widen(fault.start, fault.end)
        elif fault.kind == "robots_errors":
            yield _widen(fault.start, fault.end + robots_memory)


def _list_illness(script: Script, feed: Feed) -> Iterator[Span]:
    for fault in script.faults:
        if fault.feed == feed.id:
            yield _widen(fault.start, fault.end)
    if feed.detour is not None:
        yield _widen(*feed.detour)
    for address in feed.addresses[1:]:
        yield address.since, address.since + timedelta(minutes=30)
    if feed.gone_at is not None:
        yield feed.gone_at, max(feed.gone_at, script.end)


def _within(pages: list[Span], article: Article, revision: int, until: datetime) -> list[Span]:
    later = article.revised_at[revision + 1 :]
    serves = (article.revised_at[revision], later[0] if later else until)
    return [_clip(page, serves) for page in pages]


def _widen(start: datetime, end: datetime) -> Span:
    return start - _MINUTE, end + _MINUTE


def _clip(span: Span, to: Span) -> Span:
    """The part of ``span`` within ``to``; empty spans end where they begin."""
    start = max(span[0], to[0])
    return start, max(start, min(span[1], to[1]))


def _merge(spans: Iterable[Span]) -> list[Span]:
    """``spans`` in order, those that touch or overlap made one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _subtract(spans: Iterable[Span], holes: list[Span]) -> list[Span]:
    """What is left of ``spans`` outside of ``holes`` (in order, apart from each other)."""
    left: list[Span] = []
    for first, last in spans:
        start = first
        for hole_start, hole_end in holes:
            if hole_end <= start or hole_start >= last:
                continue
            if hole_start > start:
                left.append((start, hole_start))
            start = max(start, hole_end)
        if start < last:
            left.append((start, last))
    return left
