"""Which document of a source an entry leads to, going by its address, and whether two entries may
tell of one story. Pure functions."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from newsbeam.transforms.records import Entry, PageRequest
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.identity import article_id, canonicalize_url, list_spellings
from newsbeam.transforms.text.likeness import has_common_title

_NUMBER = re.compile(r"\d+")


def entry_key(entry: Entry, feed: str, rules: UrlSettings) -> str:
    """What identifies the entry's article within its source: its canonical URL, if it has one; in
    a list that is the address of several entries, the URL and which of them it is."""
    url = canonicalize(entry.url or "", rules)
    if url is None:
        return f"{feed}\x1f{entry.part or entry.id}"
    return url if entry.part is None else f"{url}\x1f{entry.part}"


def document_of(request: PageRequest, rules: UrlSettings) -> str:
    """The id in the lake of the document that ``request`` leads to."""
    key = entry_key(request.entry, request.feed, rules)
    return request.known_as or article_id(request.source, key)


def list_documents(request: PageRequest, rules: UrlSettings) -> list[str]:
    """The ids that the document of ``request`` may have: its own, and those of other spellings of
    its address."""
    own = document_of(request, rules)
    url = canonicalize(request.entry.url or "", rules)
    if url is None or request.entry.part is not None or request.known_as is not None:
        return [own]
    return [article_id(request.source, spelling) for spelling in list_spellings(url)]


def is_one_story(one: Entry, other: Entry, rules: UrlSettings, *, says_same: bool = False) -> bool:
    """Whether two entries at different addresses may tell of one story: the addresses do not have
    different numbers, and they or the headlines have something in common. ``says_same`` where the
    entries are known to say the same."""
    ends = [read_end(canonicalize(entry.url or "", rules)) for entry in (one, other)]
    numbers = [set(_NUMBER.findall(end)) for end in ends]
    if all(numbers) and not numbers[0] & numbers[1]:
        return False
    if says_same or (ends[0] and ends[0] == ends[1]):
        return True
    return has_common_title(one.metadata.title, other.metadata.title)


def read_end(url: str | None) -> str:
    """The last part of an address's path, with what is asked for."""
    parts = urlsplit(url or "")
    return parts.path.rstrip("/").rpartition("/")[2] + parts.query


def canonicalize(url: str, rules: UrlSettings) -> str | None:
    """``url`` as ``canonicalize_url`` spells it by the source's ``rules``."""
    return canonicalize_url(url, keep=rules.keep_parameters, drop=rules.drop_parameters)
