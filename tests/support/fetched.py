"""Pages as the fetch stage hands them on, with the answers of servers that they came in."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from newsbeam.transforms.packing import pack_request
from newsbeam.transforms.records import (
    Document,
    Entry,
    Metadata,
    PageRequest,
    Provenance,
    Response,
)
from newsbeam.transforms.text.identity import canonicalize_url, digest_bytes

AT = datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=UTC)
PAGE = "<html><title>Blåbær</title><p>Ordføreren på Røros er fornøyd.</p></html>".encode()
HINTS = Metadata(
    title="Blåbær på Røros 🫐",
    authors=("Kari Nordmann",),
    published_at=AT - timedelta(hours=3),
    published_at_from="feed",
    published_at_text="Sun, 01 Mar 2026 21:59:59 CET",
    tags=("bær",),
)
ENTRY = Entry("guid-1", "https://avisa.no/a?utm_source=rss", "0123456789abcdef", HINTS)
REQUEST = PageRequest("avisa", "topp", ENTRY, tries=1, known_as="f" * 32)


def make_response(
    body: bytes = PAGE, url: str = "https://avisa.no/a", headers: Mapping[str, str] | None = None
) -> Response:
    headers = {"content-type": "text/html; charset=utf-8"} if headers is None else headers
    return Response(url, 200, headers, body, AT)


def make_document(response: Response, request: PageRequest = REQUEST, **changes: Any) -> Document:
    """What the fetch stage makes of a page."""
    provenance = Provenance(
        source=request.source,
        key=canonicalize_url(request.entry.url or "") or request.entry.id,
        origin=response.url,
        digest=digest_bytes(response.body),
        url=canonicalize_url(response.url),
        fetched_at=response.fetched_at,
        known_as=request.known_as,
        request=pack_request(request, with_content=False),
    )
    hints = request.entry.metadata
    document = Document(provenance, "text/html", response.body, response.charset, hints=hints)
    return replace(document, **changes)


def make_pages(count: int, size: int = 2000) -> list[tuple[Document, Response]]:
    """Pages that gzip cannot make small."""
    answers = []
    for number in range(count):
        body = b"<p>" + random.Random(number).randbytes(size // 2).hex().encode()
        answers.append(make_response(body, f"https://avisa.no/{number}"))
    return [
        (make_document(r, replace(REQUEST, entry=replace(ENTRY, url=r.url))), r) for r in answers
    ]
