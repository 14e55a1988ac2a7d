"""Follows an index of sitemaps: its newest sitemaps, read as one feed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.records import Entry, FetchFault, ParsedFeed, Response
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.request import Request

# Ours: what is new stands in the newest; an index of a site lists up to 50,000.
MOST_SITEMAPS = 3
_NEWS = re.compile(r"news|nyhe[td]|article|artik(?:el|kel)|\bposts?\b", re.IGNORECASE)

Read = Callable[[Response], ParsedFeed | FeedFault]


def choose_sitemaps(listed: Sequence[str]) -> list[str]:
    """At most three of the addresses that an index lists, newest first: those whose name speaks
    of news or articles, or else all."""
    named = [url for url in listed if _NEWS.search(url.rpartition("/")[2])]
    return list((named or listed)[:MOST_SITEMAPS])


async def follow_index(
    client: HttpClient,
    request: Request,
    answer: Response,
    index: ParsedFeed,
    read: Read,
    reading: asyncio.Lock,
) -> tuple[Response, ParsedFeed] | FetchFault:
    """Ask for the newest sitemaps of ``index`` as ``request`` asked for it; what they tell
    together, and an answer of all their bytes, without validators: those of the index say nothing
    of them. A sitemap that cannot be had is a fault (``missing_sitemap``) of a feed that is not
    whole; where none can be had, that is why.
    """
    bodies, parts, faults = [answer.body], [], []
    first: FetchFault | None = None
    for url in choose_sitemaps(index.sitemaps):
        asked = replace(request, url=url, etag=None, last_modified=None)
        got = await client.fetch(asked)
        if isinstance(got, Response):
            async with reading:
                part = await asyncio.to_thread(read, got)
            if isinstance(part, ParsedFeed) and part.kind != "sitemap_index":
                bodies.append(got.body)
                parts.append(part)
                continue
            why = (
                FeedFault("sitemap_index", "an index within an index is not followed")
                if isinstance(part, ParsedFeed)
                else part
            )
            got = FetchFault(why.reason, why.detail, is_temporary=True, domain="", status=200)
        first = first or got
        faults.append(("missing_sitemap", f"{url}: {got.reason}: {got.detail}"))
    if not parts:
        return first or FetchFault(
            "sitemap_index", "it lists no sitemaps", is_temporary=True, domain="", status=200
        )
    headers = {k: v for k, v in answer.headers.items() if k not in ("etag", "last-modified")}
    whole = replace(answer, body=b"\0".join(bodies), headers=headers)
    return whole, _join(parts, faults)


def _join(parts: Sequence[ParsedFeed], faults: Sequence[tuple[str, str]]) -> ParsedFeed:
    # Where one of them is of news, a plain list of pages beside it is none of articles.
    news = [part for part in parts if any(entry.metadata.title for entry in part.entries)]
    parts = news or parts
    entries: dict[str, Entry] = {}
    for part in parts:
        for entry in part.entries:
            entries.setdefault(entry.id, entry)
    told = sum(len(part.entries) for part in parts)
    titles = {part.title for part in parts}
    languages = {part.language for part in parts}
    return ParsedFeed(
        "sitemap_index",
        title=titles.pop() if len(titles) == 1 else None,
        language=languages.pop() if len(languages) == 1 else None,
        entries=tuple(entries.values()),
        faults=(*faults, *(fault for part in parts for fault in part.faults)),
        unusable=sum(part.unusable for part in parts),
        copies=sum(part.copies for part in parts) + told - len(entries),
    )
