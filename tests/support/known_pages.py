"""What a lake that is none knows of pages. Its rows are the product's own record, so that no
stand-in lacks what that has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from newsbeam.transforms.lake.known import KnownDocument


@dataclass(frozen=True, slots=True)
class StoredPage(KnownDocument):
    """What is known of a page, and its text."""

    text: str | None = None


def store_page(document_id: str, article_id: str, at: datetime, **told: Any) -> StoredPage:
    """A page of a feed that was fetched and written ``at`` that time."""
    return StoredPage(document_id, "", article_id, at, at, **told)


@dataclass
class KnownPages:
    """Pages in the order in which they were written, and which of them entries led to last."""

    rows: list[StoredPage] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)

    def document(self, document_id: str) -> StoredPage | None:
        found = [row for row in self.rows if row.document_id == document_id]
        return found[-1] if found else None

    def entry(self, entry_id: str) -> StoredPage | None:
        return self.document(self.entries.get(entry_id, ""))
