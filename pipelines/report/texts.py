"""The texts of the articles that the page shows, packed by the hundred."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from newsbeam.pipelines.report.article_facts import keep_web_address
from newsbeam.pipelines.report.marks import pack_marks

# What the page unpacks to show one article: some 0.5 MB. Ours.
ARTICLES_A_CHUNK = 200
_FACTS = ("origin", "published_at_from", "modified_at", "fetched_at")
_ISO = "'%Y-%m-%dT%H:%M:%SZ'"
_QUESTION = f"""
SELECT text, headings, entities, quotes, statements, removed, article_id, origin,
       published_at_from, strftime(modified_at, {_ISO}) AS modified_at,
       strftime(fetched_at, {_ISO}) AS fetched_at, tags, image_url
FROM newest WHERE place < $most ORDER BY place
"""


def read_texts(connection: duckdb.DuckDBPyConnection, most: int) -> Iterator[list[dict[str, Any]]]:
    """The newest ``most`` articles, newest first, in chunks, as the page wants them.

    Offsets are UTF-16 code units.
    """
    result = connection.execute(_QUESTION, {"most": most})
    names = [column[0] for column in result.description or ()]
    while rows := result.fetchmany(ARTICLES_A_CHUNK):
        yield [describe_text(dict(zip(names, row, strict=True))) for row in rows]


def pack_chunk(texts: list[dict[str, Any]]) -> str:
    """The chunk as base64 of gzip of JSON; the same texts always give the same."""
    packed = json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(packed, mtime=0)).decode("ascii")


def describe_text(row: Mapping[str, Any]) -> dict[str, Any]:
    """One article's text with what was found in it; ``row`` has the columns that are asked."""
    found = (row[key] for key in ("headings", "entities", "quotes", "statements"))
    return pack_marks(row["text"] or "", *found) | {
        "r": [[line["rule"], line["text"]] for line in row["removed"] or ()],
        "m": {key: row[key] for key in _FACTS}
        | {
            "id": row["article_id"],
            "tags": row["tags"] or [],
            "image_url": keep_web_address(row["image_url"]),
        },
    }
