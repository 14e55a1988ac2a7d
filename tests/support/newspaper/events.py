"""What befalls feeds and articles, and how often. The faults of servers: ``faults``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.support.newspaper.chances import Chances, round_minute
from tests.support.newspaper.truth import Access, Address, Article, Feed, Hiccup, Listing, Site

# Shares of the feeds and articles that an event befalls; at least one is, where one is fit for it.
FEED_SHARES = {
    "gone_feeds": 0.05,
    "silent_feeds": 0.05,
    "changed_guids": 0.08,
    "moved_feeds": 0.12,
    "detours": 0.08,
    "no_validators": 0.15,
    "no_guids": 0.08,
    "no_dates": 0.08,
    "odd_dates": 0.25,
    "tracking": 0.12,
    "full_text": 0.08,
    "ttl": 0.15,
    "mirrors": 0.05,
}
# Shares of the feeds that a mischief befalls, where it is switched on: papers have none unless they
# are asked for.
MISCHIEF_SHARES = {"moving_dates": 0.2, "counting_guids": 0.15}
ARTICLE_SHARES = {
    "edits": 0.2,
    "moved_pages": 0.02,
    "removals": 0.01,
    "paywalls": 0.05,
    "robots": 0.03,
    "comebacks": 0.03,
    "shared_entries": 0.08,
    "hiccups": 0.002,
    "short_429": 0.001,
}


def befall_feed(chances: Chances, feeds: Sequence[Feed]) -> tuple[Feed, ...]:
    """Return ``feeds`` with all that makes them special and happens to them."""
    taken: set[str] = set()
    chosen: dict[str, set[str]] = {}
    for event, share in FEED_SHARES.items():
        # One feed has one great change at most, where there are enough feeds for that.
        great = event in ("gone_feeds", "silent_feeds", "changed_guids", "moved_feeds",
                          "mirrors", "no_guids")  # fmt: skip
        fit = [feed for feed in feeds if _fits(event, feed, feeds)]
        free = [feed for feed in fit if feed.id not in taken] if great else fit
        chosen[event] = chances.choose(event, share, free or fit, lambda feed: feed.id)
        taken |= chosen[event] if great else set()
    changed = tuple(_change_feed(chances, feed, chosen, feeds) for feed in feeds)
    return _make_mischief(chances, changed)


def _make_mischief(chances: Chances, feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    # Where links are the only names of articles, and change, nobody could tell what is what.
    fit = {
        # Some edits show in the dates of a news sitemap alone.
        "moving_dates": [f for f in feeds if f.date_style != "none" and f.gone_at is None
                         and f.format != "news_sitemap"],
        "counting_guids": [f for f in feeds if f.has_guids and not f.has_tracking and not f.mirrors
                           and f.new_guids_at is None],
    }  # fmt: skip
    chosen = {
        event: chances.choose(event, share, fit[event], lambda feed: feed.id)
        for event, share in MISCHIEF_SHARES.items()
    }
    return tuple(
        replace(
            feed,
            has_moving_dates=feed.id in chosen["moving_dates"],
            # A 304 would hide that they move.
            has_validators=feed.has_validators and feed.id not in chosen["moving_dates"],
            counts_guids=feed.id in chosen["counting_guids"],
        )
        for feed in feeds
    )


def _change_feed(
    chances: Chances, feed: Feed, chosen: dict[str, set[str]], feeds: Sequence[Feed]
) -> Feed:
    def has(event: str) -> bool:
        return feed.id in chosen[event]

    addresses = feed.addresses
    if has("moved_feeds"):
        path = addresses[0].path.replace("/feeds/", "/rss/ny/")
        addresses += (Address(chances.moment("moved", feed.id), path),)
    detour = chances.moment("detour", feed.id)
    style = "standard"
    if has("odd_dates"):
        style = ("zone_name", "dotted", "words", "no_offset")[int(feed.id[-2:]) % 4]
    if has("no_dates"):
        style = "none"
    twins = [other.id for other in feeds if other.host == feed.host and other.id != feed.id]
    twins = [name for name in twins if name not in chosen["mirrors"]]
    keeps = feed.has_guids and not has("no_guids") and not has("changed_guids")
    return replace(
        feed,
        addresses=addresses,
        move_status=301 if chances.chance("move_status", feed.id) < 0.5 else 308,
        detour=(detour, detour + timedelta(hours=9)) if has("detours") else None,
        has_guids=feed.has_guids and not has("no_guids"),
        new_guids_at=chances.moment("guids", feed.id) if has("changed_guids") else None,
        has_validators=not has("no_validators"),
        has_tracking=has("tracking"),
        full_text=has("full_text"),
        date_style=style,  # type: ignore[arg-type]
        ttl_minutes=15 if has("ttl") else None,
        silent_at=chances.moment("silent", feed.id) if has("silent_feeds") else None,
        gone_at=chances.moment("gone", feed.id, first=0.5) if has("gone_feeds") else None,
        mirrors=min(twins) if has("mirrors") and twins and keeps else None,
    )


def befall_article(
    chances: Chances, articles: tuple[Article, ...], feeds: Sequence[Feed], sites: Sequence[Site]
) -> tuple[Article, ...]:
    """Return ``articles`` with their edits, moves, walls and second listings."""
    strict = {site.host for site in sites if site.disallowed}
    by_id = {feed.id: feed for feed in feeds}
    movable = [a for a in articles if all(_keeps_guids(by_id[x.feed]) for x in a.listings)]
    # Only what begins in the script's own time is sure to be seen.
    end = chances.end - timedelta(days=2)
    recent = [a for a in articles if chances.start <= a.published_at < end]
    fit = {
        "moved_pages": [a for a in movable if a.published_at >= chances.start],
        "shared_entries": [a for a in articles if _other_feed(chances, a, feeds) is not None],
        "robots": [a for a in recent if a.host in strict],
    }
    chosen = {
        event: chances.choose(event, share, fit.get(event, recent), lambda a: a.id)
        for event, share in ARTICLE_SHARES.items()
    }
    changed = (_change_article(chances, article, chosen, feeds) for article in articles)
    return tuple(_mirror(article, feeds) for article in changed)


def _change_article(
    chances: Chances, article: Article, chosen: dict[str, set[str]], feeds: Sequence[Feed]
) -> Article:
    name, at = article.id, article.published_at

    def has(event: str) -> bool:
        return name in chosen[event]

    def later(event: str, low: float, high: float) -> datetime:
        hours = low * (high / low) ** chances.chance("later", event, name)
        return round_minute(at + timedelta(hours=hours))

    if has("robots"):
        path = f"/pluss{article.addresses[0].path}"
        article = replace(article, access="forbidden", addresses=(Address(at, path),))
    elif has("paywalls"):
        kinds: tuple[Access, ...] = ("teaser", "status_402", "status_403")
        article = replace(article, access=kinds[int(3 * chances.chance("wall", name))])
    if has("edits"):
        times = {later(f"edit-{n}", 0.3, 20) for n in range(1 + int(3 * chances.chance(name)))}
        article = replace(article, revised_at=(at, *sorted(times)))
    if has("moved_pages") and not has("robots"):
        moved = Address(later("move", 1, 12), f"/arkiv{article.addresses[0].path}")
        article = replace(article, addresses=(*article.addresses, moved))
    if has("removals"):
        removed = later("removal", 1, 30)
        is_gone = chances.chance("is_gone", name) < 0.3
        article = replace(
            article, removed_at=removed, dropped_at=removed + timedelta(hours=2),
            is_gone=is_gone,
        )  # fmt: skip
    if has("hiccups"):
        hiccups: tuple[Hiccup, ...] = ("status_503", "reset", "cut")
        article = replace(article, hiccup=hiccups[int(3 * chances.chance("hiccup", name))])
    elif has("short_429"):
        article = replace(article, hiccup="status_429")
    listings = article.listings
    if has("shared_entries"):
        other = _other_feed(chances, article, feeds)
        assert other is not None
        listings += (Listing(other.id, at + timedelta(minutes=2)),)
    first = next(feed for feed in feeds if feed.id == listings[0].feed)
    if has("comebacks") and not has("removals") and first.silent_at is None:
        listings += (Listing(first.id, later("comeback", 30, 120)),)
    return replace(article, listings=listings)


def _other_feed(chances: Chances, article: Article, feeds: Sequence[Feed]) -> Feed | None:
    """A second feed of the same site that may list the article, too."""
    first = next(feed for feed in feeds if feed.id == article.listings[0].feed)
    others = [
        feed for feed in feeds
        if feed.host == article.host and feed.id != first.id and feed.mirrors is None
        and first.mirrors is None and feed.silent_at is None
        and _keeps_guids(feed) >= _keeps_guids(first)
    ]  # fmt: skip
    return others[int(len(others) * chances.chance("other", article.id))] if others else None


def _mirror(article: Article, feeds: Sequence[Feed]) -> Article:
    mirrors = {feed.mirrors: feed.id for feed in feeds if feed.mirrors is not None}
    more = tuple(Listing(mirrors[x.feed], x.since) for x in article.listings if x.feed in mirrors)
    return replace(article, listings=article.listings + more) if more else article


def _fits(event: str, feed: Feed, feeds: Sequence[Feed]) -> bool:
    """Whether ``event`` makes sense for a feed of this format."""
    if event == "changed_guids":
        return feed.has_guids
    if event == "no_guids":
        return feed.format == "rss"
    if event == "tracking":  # where there are no GUIDs of its own, the link is one
        return feed.has_guids
    if event == "full_text":
        return feed.format in ("rss", "atom", "json_feed")
    if event == "ttl":
        return feed.format == "rss"
    if event in ("no_dates", "odd_dates"):
        return feed.format in ("rss", "rdf")
    if event == "mirrors":
        same = [other for other in feeds if other.host == feed.host]
        return len(same) > 1 and feed.id != same[0].id and feed.has_guids
    return True


def _keeps_guids(feed: Feed) -> bool:
    """Whether an entry that gets another address can be known again by its GUID."""
    return feed.has_guids and feed.new_guids_at is None and not feed.counts_guids
