"""A polled feed, what is known of its entries, and where one leads: records of ``moves``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from newsbeam.transforms.lake.feed_state import FeedState, SeenEntry
from newsbeam.transforms.poll.decide import FreshEntry
from newsbeam.transforms.records import FullText, PageRequest


class KnownItem(Protocol):
    """What the lake knows of a document. ``feed``, ``title`` and ``url`` are null for files."""

    @property
    def document_id(self) -> str:
        """Its id (32 hex)."""

    @property
    def article_id(self) -> str:
        """The id of what became of it."""

    @property
    def ingested_at(self) -> datetime:
        """When the run began that wrote it last."""

    @property
    def feed(self) -> str | None:
        """The feed that led to it."""

    @property
    def title(self) -> str | None:
        """Its headline."""

    @property
    def url(self) -> str | None:
        """Its canonical address, as it was last."""

    @property
    def sketch(self) -> str | None:
        """What is kept of its text (``sketch_text``); null in rows of an older newsbeam, too."""


class KnownItems(Protocol):
    """What the lake knows."""

    def document(self, document_id: str) -> KnownItem | None:
        """The document with this id."""

    def entry(self, entry_id: str) -> KnownItem | None:
        """The document that an entry of a feed led to last (``entry_identity``)."""


FindDocument = Callable[[str], KnownItem | None]


@dataclass(frozen=True, slots=True)
class PolledFeed:
    """A feed that was polled: its state, its fresh entries, when it was polled before, which
    entries it told then (by ``hash_entry_id``), and where its texts come from."""

    state: FeedState
    fresh: tuple[FreshEntry, ...] = ()
    polled_before: datetime | None = None
    seen_before: Mapping[str, SeenEntry] = field(default_factory=dict)
    full_text: FullText = "auto"


@dataclass(frozen=True, slots=True)
class Lead:
    """Where an entry leads: the request for it, what the lake has of its document, and the entries
    that the feed told of it before. ``is_news`` where that already says whether it tells something
    new: not if only its address is another, and that means nothing."""

    request: PageRequest
    item: KnownItem | None = None
    before: tuple[SeenEntry, ...] = ()
    is_news: bool | None = None
