"""Which entry of a feed an article came from, and what its text is known by: columns of its row.

In the row itself, as a run may die after it has written articles and before it writes polls
(docs/decisions/known-documents.md).
"""

from __future__ import annotations

import pyarrow as pa

from newsbeam.transforms.lake.columns import Column
from newsbeam.transforms.packing import unpack_request
from newsbeam.transforms.records import Article
from newsbeam.transforms.text.identity import article_id, entry_identity
from newsbeam.transforms.text.likeness import sketch_text

ENTRY_COLUMNS = (
    Column(
        "feed", pa.string(), "The feed (its id) whose entry led to the article; null for files."
    ),
    Column(
        "entry_id",
        pa.string(),
        "Identity of that entry: 32 hex of source, feed and the entry's own id.",
    ),
    Column(
        "text_hash",
        pa.string(),
        "32 hex of source, title and text, by which an article of a feed is known at another "
        "address; null for files and where the text is too short for that.",
    ),
    Column(
        "text_sketch",
        pa.string(),
        "Hex: the number of the text's distinct runs of five words, and the least of their hashes, "
        "by which it shows whether two pages of one canonical address tell one story; null for "
        "files.",
    ),
    Column(
        "copies",
        pa.list_(pa.string()),
        "Other documents (their ids) that had the same title and text in the same run: the story "
        "at another address. Else null.",
    ),
)
# Ours: code points of a text that is not the same in two articles by accident.
_TELLING = 200


def identify_entry(article: Article) -> dict[str, str | None]:
    """The columns of ``article``.

    Raises:
        ValueError: its request is not what was packed.
    """
    source, packed = article.provenance.source, article.provenance.request
    if packed is None:
        return dict.fromkeys(column.name for column in ENTRY_COLUMNS)
    request, text, title = unpack_request(packed), article.text, article.metadata.title
    is_telling = bool(title) and len(text) >= _TELLING
    return {
        "feed": request.feed,
        "entry_id": entry_identity(source, request.feed, request.entry.id),
        "text_hash": article_id(source, f"{title}\x1f{text}") if is_telling else None,
        "text_sketch": sketch_text(text),
        "copies": None,
    }
