"""Which document of the lake an entry leads to, and what its feed told of that document before.

The address says which; but addresses change their spelling, articles move while their GUID stays,
and parameters change with every poll. GUIDs are believed with care: some count positions, some are
given to another story later. Pure functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from newsbeam.transforms.lake.feed_state import SeenEntry, hash_entry_id
from newsbeam.transforms.poll.decide import FreshEntry
from newsbeam.transforms.poll.documents import (
    canonicalize,
    document_of,
    is_one_story,
    list_documents,
    read_end,
)
from newsbeam.transforms.poll.leads import KnownItem, KnownItems, Lead, PolledFeed
from newsbeam.transforms.poll.nameless import NamelessTracker, OtherFeeds, is_nameless
from newsbeam.transforms.poll.parts import carries_article
from newsbeam.transforms.records import Entry, Metadata, PageRequest
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.identity import (
    article_id,
    entry_identity,
    list_spellings,
    read_wording,
)
from newsbeam.transforms.text.likeness import has_common_title


class Tracker:
    """Finds where the entries of one polled feed lead."""

    def __init__(
        self, poll: PolledFeed, rules: UrlSettings, others: OtherFeeds | None = None
    ) -> None:
        self._poll, self._rules = poll, rules
        self._nameless = NamelessTracker(poll, rules, others or OtherFeeds())
        requests = [self._ask(fresh.entry) for fresh in poll.fresh]
        requests += [page.request for page in poll.state.pending]
        now = {key: seen.document_id for key, seen in poll.state.seen.items()}
        now |= {hash_entry_id(r.entry.id): document_of(r, rules) for r in requests}
        self._now = _invert(now.items())
        before = poll.seen_before
        self._before = _invert((key, seen.document_id) for key, seen in before.items())
        self._gone: dict[str, SeenEntry] = {
            seen.wording: seen for key, seen in before.items() if key not in now
        }

    def find(self, fresh: FreshEntry, known: KnownItems) -> Lead:
        """Where ``fresh`` leads: to the document of its address, or else to the one that it led to
        before, if it has moved, or else to that of an entry that is gone and said the same."""
        request = self._find_part(fresh, known) or self._ask(fresh.entry)
        if is_nameless(request.entry):
            return self._nameless.find(fresh, request, known)
        for document in list_documents(request, self._rules):
            item = known.document(document)
            if item is None:
                continue
            told = self._told_of(document) or self._told_as(fresh, item, known)
            if document == document_of(request, self._rules):
                return self._lead(request, item, told)
            if has_common_title(fresh.entry.metadata.title, item.title) or _says(fresh.entry, told):
                return self._lead(replace(request, known_as=document), item, told)
        own = self._told_of(document_of(request, self._rules))
        if own:
            return Lead(request, None, own)
        return self._find_moved(fresh, request, known) or self._find_gone(fresh, request, known)

    def _find_part(self, fresh: FreshEntry, known: KnownItems) -> PageRequest | None:
        """The request of an entry that was a part of its address, or is one, as another story came
        from this address before; ``None`` where it has the address for itself."""
        entry = fresh.entry
        if entry.url is None or entry.part is not None:
            return None
        own = document_of(self._ask(entry), self._rules)
        request = self._ask(replace(entry, part=entry.id))
        if fresh.before is not None:
            is_part = document_of(request, self._rules) == fresh.before.document_id
            return request if is_part else None
        item = known.document(own)
        if item is None or item.feed != request.feed:
            return None
        if not carries_article(entry, self._poll.full_text):
            return None
        if has_common_title(entry.metadata.title, item.title) or _says(entry, self._told_of(own)):
            return None
        led = known.entry(entry_identity(request.source, request.feed, entry.id))
        return request if led is None or led.document_id != own else None

    def _find_moved(
        self, fresh: FreshEntry, request: PageRequest, known: KnownItems
    ) -> Lead | None:
        """The document that the entry's GUID led to, unless the GUID is another story's now."""
        before, entry = fresh.before, fresh.entry
        if before is not None:
            item = known.document(before.document_id)
        else:
            # A run may have died before it wrote what the feed told.
            item = known.entry(entry_identity(request.source, request.feed, entry.id))
        if item is None:
            return None
        own = document_of(request, self._rules)
        others = [self._now[item.document_id], self._before[own]]
        if any(ids - {hash_entry_id(entry.id)} for ids in others):
            return None
        if not self._is_alike(entry, item, before):
            return None
        request = replace(request, known_as=item.document_id)
        if before is None:
            return Lead(request, item, is_news=not self._differs_in_query(entry, item))
        return self._lead(request, item, (before,))

    def _find_gone(self, fresh: FreshEntry, request: PageRequest, known: KnownItems) -> Lead:
        """Where the entry has neither GUID nor address of before, but says what one said that is
        gone: that one's document, if it has been another address's before."""
        wording = read_wording(fresh.entry.digest)
        gone = self._gone.get(wording) if wording else None
        item = known.document(gone.document_id) if gone else None
        if gone is None or item is None:
            return Lead(request)
        if item.article_id == item.document_id or not self._differs_in_query(fresh.entry, item):
            return Lead(request)
        # Which parameters choose the page, its canonical address says; or else that their change
        # led to the same text before, or that the instant is the same, too.
        asked, needed = (_list_parameters(url) for url in (fresh.entry.url, item.url))
        is_twin = article_id(request.source, item.url or "") == item.document_id
        if not (is_twin or needed <= asked or fresh.entry.metadata.published_at):
            return Lead(request)
        return Lead(replace(request, known_as=item.document_id), item, (gone,), is_news=False)

    def _lead(self, request: PageRequest, item: KnownItem, told: tuple[SeenEntry, ...]) -> Lead:
        """No news where the entry says what it said, and its address is one that the document had,
        or differs in parameters alone, or has changed before."""
        entry = request.entry
        is_same = _says(entry, told)
        if not is_same or request.known_as is None:
            return Lead(request, item, told, False if is_same else None)
        has_changed = article_id(request.source, item.url or "") != item.document_id
        is_usual = read_end(entry.url) == read_end(item.url) or bool(
            entry.content or entry.metadata.lead or entry.metadata.published_at
        )
        is_noise = self._differs_in_query(entry, item) or (has_changed and is_usual)
        return Lead(request, item, told, False if is_noise else None)

    def _is_alike(self, entry: Entry, item: KnownItem, before: SeenEntry | None) -> bool:
        """Whether ``entry`` may tell of the article ``item`` at another address: the addresses do
        not have different numbers, and titles or addresses have something in common."""
        is_same = before is not None and _says(entry, [before])
        if is_same and self._differs_in_query(entry, item):
            return True
        was = Entry("", item.url, "", Metadata(title=item.title))
        return is_one_story(entry, was, self._rules, says_same=is_same)

    def _differs_in_query(self, entry: Entry, item: KnownItem) -> bool:
        url, before = (
            urlsplit(address)._replace(query="").geturl()
            for address in (canonicalize(entry.url or "", self._rules) or "", item.url or "")
        )
        return before in list_spellings(url)

    def _told_of(self, document: str) -> tuple[SeenEntry, ...]:
        seen = self._poll.seen_before
        return tuple(seen[key] for key in sorted(self._before[document]))

    def _told_as(
        self, fresh: FreshEntry, item: KnownItem, known: KnownItems
    ) -> tuple[SeenEntry, ...]:
        """What the entry itself told before, if of the same article under another document."""
        before = None if fresh.before is None else known.document(fresh.before.document_id)
        is_same = before is not None and before.article_id == item.article_id
        return (fresh.before,) if fresh.before is not None and is_same else ()

    def _ask(self, entry: Entry) -> PageRequest:
        return PageRequest(self._poll.state.source, self._poll.state.feed, entry)


def _invert(pairs: Iterable[tuple[str, str]]) -> defaultdict[str, set[str]]:
    inverted: defaultdict[str, set[str]] = defaultdict(set)
    for key, value in pairs:
        inverted[value].add(key)
    return inverted


def _says(entry: Entry, told: Iterable[SeenEntry]) -> bool:
    """Whether ``entry`` says what was told before, whatever its address."""
    return any(
        # Of an older newsbeam there is no more than the digest with its address.
        seen.wording == read_wording(entry.digest)
        if seen.wording
        else entry.digest.startswith(seen.digest)
        for seen in told
    )


def _list_parameters(url: str | None) -> set[str]:
    return set(urlsplit(url or "").query.split("&")) - {""}
