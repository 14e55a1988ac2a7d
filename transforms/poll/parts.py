"""Entries that share an address: which of them are articles of their own.

A list of press releases, a page that is reported on live, a feed whose links all lead to the front
page: the address does not tell the entries apart, but the feed does. Where it also has their
texts, each is an article. Where only the page has, the page is one article for all of them, and
is asked again when entries are added (``moves``). Pure functions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from newsbeam.transforms.feeds.texts import is_whole_article, read_html_line
from newsbeam.transforms.records import Entry, FullText
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.characters import squeeze
from newsbeam.transforms.text.identity import canonicalize_url

_WORD = re.compile(r"\w+")
# So much of the shorter one's words in the longer one: two versions of a text. Ours.
_SAME = 0.5
# One address for so many different stories is no page of any of them. Ours: a paper may show one
# article in two boxes with two headlines.
_LISTED = 3


def mark_parts(
    entries: Sequence[Entry], full_text: FullText, rules: UrlSettings
) -> tuple[Entry, ...]:
    """``entries`` of one feed, with ``part`` where they are articles of their own at an address
    that they share with other stories. With ``full_text: page`` none is."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        url = canonicalize_url(
            entry.url or "", keep=rules.keep_parameters, drop=rules.drop_parameters
        )
        if url is not None:
            groups[url].append(entry)
    parts: dict[str, str] = {}
    for url, group in groups.items():
        if len(group) > 1 and full_text != "page":
            parts.update(_find_parts(url, group, full_text, len(group) == len(entries)))
    return tuple(replace(e, part=parts[e.id]) if e.id in parts else e for e in entries)


def _find_parts(
    url: str, group: Sequence[Entry], full_text: FullText, is_whole_feed: bool
) -> dict[str, str]:
    """The parts of those in ``group``, which share ``url``, that are articles of their own."""
    of = _pair_stories(group, 1)
    if len(set(of.values())) < 2:
        return {}
    # Where the page may tell more, posts that are alike are those of a live page.
    unlike = len(set(_pair_stories(group, _SAME).values()))
    is_list = len({entry.url for entry in group}) == 1 and (
        unlike >= _LISTED or (unlike > 1 and (is_whole_feed or urlsplit(url).path == "/"))
    )
    takes: FullText = "feed" if is_list else full_text
    return {entry.id: of[entry.id] for entry in group if carries_article(entry, takes)}


def _pair_stories(group: Sequence[Entry], share: float) -> dict[str, str]:
    """The ids of the entries in ``group``, each with that of the first one that tells the same."""
    first: list[Entry] = []
    of: dict[str, str] = {}
    for entry in group:
        same = next((other for other in first if _is_same_story(entry, other, share)), None)
        of[entry.id] = (same or entry).id
        if same is None:
            first.append(entry)
    return of


def carries_article(entry: Entry, full_text: FullText) -> bool:
    """Whether the feed itself has the entry's article, so that no page need be asked."""
    if full_text == "feed":
        return bool(entry.content or entry.metadata.lead)
    if full_text == "page" or not entry.content:
        return False
    return is_whole_article(entry.content, entry.metadata.lead)


def _is_same_story(one: Entry, other: Entry, share: float) -> bool:
    """Whether two entries of one address tell the same: the same text, or the same title and
    texts of which the longer one has the ``share`` of the shorter one's words. All of them, where
    the feed has the articles: warnings and recalls are alike but for the name of a place."""
    texts = [_read_words(entry) for entry in (one, other)]
    if texts[0] and texts[0] == texts[1]:
        return True
    titles = {squeeze(entry.metadata.title or "") for entry in (one, other)}
    if len(titles) > 1:
        return False
    words = [set(text) for text in texts]
    shorter = min(map(len, words))
    return not shorter or len(words[0] & words[1]) >= share * shorter


def _read_words(entry: Entry) -> list[str]:
    text = read_html_line(entry.content) if entry.content else entry.metadata.lead or ""
    return _WORD.findall(text.casefold())
