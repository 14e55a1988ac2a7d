"""The texts of the articles that the page shows, packed by the hundred."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import duckdb

from pipelines.report.article_facts import keep_web_address
from pipelines.report.utf16 import make_converter

# What the page unpacks to show one article: some 0.5 MB. Ours.
ARTICLES_A_CHUNK = 200
_ISO = "'%Y-%m-%dT%H:%M:%SZ'"
_QUESTION = f"""
SELECT text, headings, entities, quotes, removed, article_id, origin, published_at_from,
       strftime(modified_at, {_ISO}), strftime(fetched_at, {_ISO}), tags, image_url
FROM newest WHERE place < $most ORDER BY place
"""


def read_texts(connection: duckdb.DuckDBPyConnection, most: int) -> Iterator[list[dict[str, Any]]]:
    """The newest ``most`` articles, newest first, in chunks, as the page wants them.

    Offsets are UTF-16 code units.
    """
    result = connection.execute(_QUESTION, {"most": most})
    while rows := result.fetchmany(ARTICLES_A_CHUNK):
        yield [describe_text(*row) for row in rows]


def pack_chunk(texts: list[dict[str, Any]]) -> str:
    """The chunk as base64 of gzip of JSON; the same texts always give the same."""
    packed = json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(packed, mtime=0)).decode("ascii")


def describe_text(
    text: str | None,
    headings: list[dict[str, Any]] | None,
    entities: list[dict[str, Any]] | None,
    quotes: list[dict[str, Any]] | None,
    removed: list[dict[str, Any]] | None,
    article_id: str,
    origin: str | None,
    published_at_from: str | None,
    modified_at: str | None,
    fetched_at: str | None,
    tags: list[str] | None,
    image_url: str | None,
) -> dict[str, Any]:
    """One article's text with what was found in it."""
    text = text or ""
    convert = make_converter(text)

    def span(item: dict[str, Any]) -> list[int]:
        return [convert(item["start"]), convert(item["end"])]

    return {
        "t": text,
        "h": [span(heading) for heading in headings or ()],
        "e": [[*span(e), e["label"], e["name"] or e["text"]] for e in entities or ()],
        "q": [
            [
                *span(quote), quote["speaker"], quote["cue"], quote["kind"],
                bool(quote["is_heading"]), [span(piece) for piece in quote["segments"] or ()],
            ]
            for quote in quotes or ()
        ],
        "r": [[line["rule"], line["text"]] for line in removed or ()],
        "m": {
            "id": article_id,
            "origin": origin,
            "published_at_from": published_at_from,
            "modified_at": modified_at,
            "fetched_at": fetched_at,
            "tags": tags or [],
            "image_url": keep_web_address(image_url),
        },
    }  # fmt: skip
