"""Where entries lead that no address tells apart: those without one, and those of a list.

Their ids tell them apart, but ids may count positions, or be given to the next story: then what an
entry says is believed before its id. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from newsbeam.transforms.feeds.texts import read_html_line
from newsbeam.transforms.lake.feed_state import FeedState, SeenEntry, hash_entry_id
from newsbeam.transforms.poll.decide import FreshEntry
from newsbeam.transforms.poll.documents import document_of
from newsbeam.transforms.poll.leads import KnownItem, KnownItems, Lead, PolledFeed
from newsbeam.transforms.records import Entry, PageRequest
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.characters import squeeze
from newsbeam.transforms.text.identity import read_wording
from newsbeam.transforms.text.likeness import (
    Telling,
    has_common_title,
    may_tell_one_story,
    sketch_text,
)


def is_nameless(entry: Entry) -> bool:
    """Whether nothing but its id tells the entry from others of its feed."""
    return entry.url is None or entry.part is not None


class OtherFeeds:
    """What the other feeds of a source told; looked through when somebody asks."""

    def __init__(self, states: Iterable[FeedState] = ()) -> None:
        self._states = tuple(states)

    def find(self, wording: str, feed: str) -> SeenEntry | None:
        """An entry of another one than ``feed`` that said the same."""
        told = self._told.get(wording, ())
        return next((seen for name, seen in told if name != feed), None)

    @cached_property
    def _told(self) -> Mapping[str, list[tuple[str, SeenEntry]]]:
        told: dict[str, list[tuple[str, SeenEntry]]] = {}
        for state in self._states:
            for seen in state.seen.values():
                if seen.wording:
                    told.setdefault(seen.wording, []).append((state.feed, seen))
        return told


class NamelessTracker:
    """Finds where such entries of one polled feed lead."""

    def __init__(self, poll: PolledFeed, rules: UrlSettings, others: OtherFeeds) -> None:
        self._poll, self._rules, self._others = poll, rules, others
        fresh = {hash_entry_id(one.entry.id): read_wording(one.entry.digest) for one in poll.fresh}
        self._now = set(fresh.values())
        still = poll.state.seen.keys() - fresh.keys()
        # What was told before, but not under these ids any more, by what it said.
        self._left = {
            seen.wording: seen
            for key, seen in poll.seen_before.items()
            if key not in still and seen.wording
        }
        self._titles: dict[str, list[tuple[KnownItem, SeenEntry]]] | None = None

    def find(self, fresh: FreshEntry, request: PageRequest, known: KnownItems) -> Lead:
        """Where ``fresh``, for which ``request`` asks by its id, leads: to the document of what
        said the same before, under whatever id; to that of its id, if it may be of the same story;
        or else to one of its own."""
        entry, before = fresh.entry, fresh.before
        wording = read_wording(entry.digest)
        left = self._left.get(wording)
        said = left or self._others.find(wording, request.feed)
        item = known.document(said.document_id) if said else None
        if item is not None:
            return self._lead(request, item, said, is_news=False)
        own_name = f"{entry.part or entry.id}\x1f{wording or entry.digest}"
        named = replace(request, entry=replace(entry, part=own_name))
        if left is not None:  # its article is another document's, or it became none
            return Lead(replace(named, known_as=left.document_id), None, (left,))
        own = document_of(request, self._rules)
        item = None if before is None else known.document(before.document_id)
        item = item or known.document(own)
        if item is not None and self._is_same(entry, item, before):
            return self._lead(request, item, before)
        edited = self._find_edited(entry, known)
        if edited is not None:
            return self._lead(request, *edited)
        if item is None:
            return Lead(request, None, () if before is None else (before,))
        return Lead(named, known.document(document_of(named, self._rules)))

    def _lead(
        self,
        request: PageRequest,
        item: KnownItem,
        told: SeenEntry | None,
        is_news: bool | None = None,
    ) -> Lead:
        if item.document_id != document_of(request, self._rules):
            request = replace(request, known_as=item.document_id)
        return Lead(request, item, () if told is None else (told,), is_news)

    def _is_same(self, entry: Entry, item: KnownItem, before: SeenEntry | None) -> bool:
        """Whether ``entry`` may tell what its id led to, ``item``."""
        title = entry.metadata.title or ""
        if before is not None and before.wording in self._now:
            # Another id says what this one said: ids tell nothing in this feed.
            if item.sketch is None:
                return has_common_title(title, item.title)
        elif squeeze(title) == squeeze(item.title or ""):
            return True
        return may_tell_one_story(_tell(entry), Telling(item.title, item.sketch))

    def _find_edited(self, entry: Entry, known: KnownItems) -> tuple[KnownItem, SeenEntry] | None:
        """What had the headline of ``entry`` and much of its text, and is not told any more."""
        title = squeeze(entry.metadata.title or "")
        if not title or not self._left:
            return None
        for item, seen in self._list_left(known).get(title, ()):
            is_judged = item.sketch is not None
            if is_judged and may_tell_one_story(_tell(entry), Telling(item.title, item.sketch)):
                return item, seen
        return None

    def _list_left(self, known: KnownItems) -> dict[str, list[tuple[KnownItem, SeenEntry]]]:
        if self._titles is None:
            self._titles = {}
            for wording, seen in self._left.items():
                item = known.document(seen.document_id)
                if item is not None and item.title and wording not in self._now:
                    self._titles.setdefault(squeeze(item.title), []).append((item, seen))
        return self._titles


def _tell(entry: Entry) -> Telling:
    text = read_html_line(entry.content) if entry.content else entry.metadata.lead or ""
    return Telling(entry.metadata.title, sketch_text(text))
