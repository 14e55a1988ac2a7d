"""A feed and what a reader has of it, polled against a made-up lake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from newsbeam.transforms.lake.feed_state import FeedState
from newsbeam.transforms.poll.decide import Feed, decide_parsed
from newsbeam.transforms.poll.documents import document_of, entry_key
from newsbeam.transforms.poll.leads import PolledFeed
from newsbeam.transforms.poll.parts import mark_parts
from newsbeam.transforms.poll.wanted import choose_wanted, finish_poll
from newsbeam.transforms.records import Entry, FullText, Metadata, PageRequest, ParsedFeed, Response
from newsbeam.transforms.settings.source import PollSettings, UrlSettings
from newsbeam.transforms.text.identity import article_id, digest_bytes, entry_identity
from newsbeam.transforms.text.likeness import sketch_text
from tests.support.known_pages import KnownPages, store_page

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULES = UrlSettings()
BASE = "https://avis.example"
TITLES = (
    "Skolen får nytt tak", "Ferja innstilt hele uken", "Museet kjøper maleri", "Pris til kor",
    "Brua stenges mandag", "Regnrekord på søndag", "Butikken flytter", "Valgtall klare",
)  # fmt: skip


def make_entry(
    guid: str, url: str | None, title: str | None = None, lead: str | None = None,
    published_at: datetime | None = None, content: str | None = None,
) -> Entry:  # fmt: skip
    """An entry with a digest as feeds get it: all that is told, then without its address."""
    told = f"{title}|{lead}|{published_at}|{content}"
    digest = digest_bytes(f"{url}|{told}".encode())[:16] + digest_bytes(told.encode())[:10]
    url = url if url is None or "://" in url else f"{BASE}{url}"
    metadata = Metadata(title=title, lead=lead, published_at=published_at)
    return Entry(guid, url, digest, metadata, content)


@dataclass
class Site(KnownPages):
    """A feed and what a reader has of it. ``canonical`` says what pages call themselves."""

    full_text: FullText = "auto"
    canonical: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    state: FeedState | None = None
    now: datetime = NOON

    def poll(self, *entries: Entry) -> list[str]:
        """Poll the feed and fetch what is wanted; the paths that were asked for."""
        self.now += timedelta(hours=1)
        feed = Feed("avis", "f", f"{BASE}/rss", self.full_text, None, PollSettings(jitter=0.0))
        marked = mark_parts(entries, self.full_text, RULES)
        state, fresh = decide_parsed(
            feed, self.state, Response(feed.url, 200, {}, b"", self.now),
            ParsedFeed("rss", entries=marked), self.now, Random(0), asked_plainly=True, rules=RULES,
        )  # fmt: skip
        before = self.state
        polled = PolledFeed(
            state, tuple(fresh), before and before.polled_at, before.seen if before else {},
            self.full_text,
        )  # fmt: skip
        (draft,) = choose_wanted([polled], RULES, self, self.now)
        for request in draft.requests:
            self._store(request)
        self.state = finish_poll(draft, [], RULES)
        return [(request.entry.url or "").removeprefix(BASE) for request in draft.requests]

    def lose_polls(self) -> None:
        self.state = None

    @property
    def revisions(self) -> list[int]:
        """How many rows each article has."""
        ids = [row.article_id for row in self.rows]
        return [ids.count(name) for name in dict.fromkeys(ids)]

    def _store(self, request: PageRequest) -> None:
        """As the committer does: of a known document, of a canonical address, of the same text."""
        told = request.entry
        url = self.canonical.get(told.url or "", told.url)
        is_part = told.part is not None
        key = entry_key(told, "f", RULES) if is_part or url is None else url
        document, own = document_of(request, RULES), article_id("avis", key)
        before = self.document(document)
        text = told.content or self.texts.get(told.url or "")
        same = [row for row in self.rows if text and row.text == text]
        if before is None and same and all(row.article_id != own for row in self.rows):
            own = same[-1].article_id
        article = before.article_id if before else own
        title, sketch = told.metadata.title, sketch_text(text) if text else None
        row = store_page(
            document, article, self.now, feed="f", title=title, url=url, sketch=sketch, text=text
        )
        if not any((r.article_id, r.text, r.url) == (article, text, url) for r in same):
            self.rows.append(row)
        self.entries[entry_identity("avis", "f", told.id)] = document
