"""An article's headline among the several that its page gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from lxml import html

from transforms.characters import normalize_line, squeeze

_SEPARATOR = re.compile(r"\s+[|–—·•»:-]\s+|\s*\|\s*")
_LONGEST = 300


def list_h1(tree: html.HtmlElement) -> list[str]:
    """Return the texts of the page's h1 elements that can be headlines."""
    return _keep_possible(element.text_content() for element in tree.iter("h1"))


def read_headline(
    tree: html.HtmlElement, stated: Iterable[str], shared: Iterable[str], sites: Set[str]
) -> str | None:
    """Return the headline that editors gave the article on the page ``tree``.

    ``stated`` is JSON-LD's, ``shared`` og:title and its kin, best first; ``sites`` are the site's
    own names, squeezed. <title> is written for search engines, so of the others the first that
    differs from it is taken; where all agree it is the headline. The site's name is cut off.
    """
    element = next(tree.iter("title"), None)
    tab = _keep_possible([element.text_content()] if element is not None else [])
    # The site's logo may be an h1.
    printed = [text for text in list_h1(tree) if squeeze(text) not in {"", *sites}]
    stated, shared, tab = (
        [_cut_site(text, sites, printed) for text in _keep_possible(texts)]
        for texts in (stated, shared, tab)
    )
    own = [text for text in (*stated[:1], *shared[:1]) if not _begin_alike(text, tab)]
    return next(iter([*own, *stated, *shared, *tab, *printed]), None)


def _keep_possible(texts: Iterable[str]) -> list[str]:
    lines = map(normalize_line, texts)
    return [line for line in lines if 0 < len(line) <= _LONGEST]


def _begin_alike(one: str, others: Sequence[str]) -> bool:
    first = squeeze(one)
    pairs = ((first, squeeze(other)) for other in others)
    return any(a.startswith(b) or b.startswith(a) for a, b in pairs)


def _cut_site(title: str, sites: Set[str], printed: Sequence[str]) -> str:
    """Cut the site's name off either end, and what goes on behind a printed headline."""
    title = _cut_name(title, sites)
    headlines = {squeeze(text) for text in printed}
    for match in _SEPARATOR.finditer(title):
        before, after = squeeze(title[: match.start()]), squeeze(title[match.end() :])
        # A short h1 before a long rest is the name of a section.
        if before in headlines and len(before) >= len(after):
            return title[: match.start()]
    return title


def _cut_name(title: str, sites: Set[str]) -> str:
    for match in _SEPARATOR.finditer(title):
        if squeeze(title[match.end() :]) in sites:
            return title[: match.start()]
        if squeeze(title[: match.start()]) in sites:
            return title[match.end() :]
    return title
