"""The standfirst: where papers print it, and how it is told from the first paragraph."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lxml import html

from newsbeam.transforms.extract.page_lines import list_blocks
from newsbeam.transforms.extract.surroundings import (
    iterate_behind,
    list_around,
    list_close,
    stands_elsewhere,
)
from newsbeam.transforms.text.characters import normalize_line, squeeze

# Where papers put the standfirst: the names that content systems give it, as words of a class.
_LEAD_CLASS = re.compile(
    r"(?:^|[\s_-])(?:lead|lede|ingress|standfirst|preamble|manchet|underrubrik|deck|dek|subtitle|"
    r"sub-?headline|sub-?heading|article-?intro|intro|vorspann|chapo|epigraph|entradilla|bajada|"
    r"subtitulo|sottotitolo|description)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
# Words beside them that say whose it is: of a person, a picture, another story, the site.
_NO_LEAD_CLASS = re.compile(
    r"(?:^|[\s_-])(?:authors?|bio|byline|cards?|teasers?|related|recommend\w*|images?|img|photos?|"
    r"pictures?|media|art|figure|caption|video|audio|gallery|site|page|widget|promo|newsletter|"
    r"product|profile|tag|categor(?:y|ies)|comments?|footer|menu|gen|form|list)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LEAD_LENGTH = range(40, 800)
# So short a line is a standfirst only where it is the page's description, too.
_SHORTEST_LEAD = 12
_LEAD_TAGS = ("p", "div", "h2", "h3", "h4", "section", "strong", "b", "span", "li")
_LEAD_PARTS = ("p", "ul", "ol")
_NO_LEAD_TAGS = ("h1", "figure", "form", "button", "script", "style", "nav", "footer")
_PROSE_TAGS = frozenset({"p", "div", "section", "li"})
_MOST_DISTANCE = 60
_MOST_PROSE = 2
_SHORTEST_PROSE = 80
_WORD = re.compile(r"\w+")


def find_lead(
    heading: html.HtmlElement | None, description: str | None, headlines: set[str], text: str
) -> str | None:
    """The printed standfirst, from the best evidence near the headline.

    That is the first block which agrees with the description or is marked as the standfirst; or a
    paragraph among others which agrees, if it is not in ``text``: that many descriptions repeat
    the first paragraph makes it no standfirst, but lost it must not be. What stands in parts of
    the page that speak of others, or behind two paragraphs of ``text``, is none, and behind one
    only what agrees.
    """
    if heading is None:
        return None
    # What holds the article's paragraphs speaks of no other story, whatever it is called.
    paragraphs = islice(iterate_behind(heading, "p"), _MOST_DISTANCE)
    around = list_around(heading)
    for element in paragraphs:
        is_new = element.getparent() not in around
        if is_new and _is_prose(normalize_line(element.text_content()), text):
            around.update(element.iterancestors())
    close = set(list_close(heading))
    wanted, described = _count_words(description or ""), squeeze(description or "")
    lost = None
    prose: list[html.HtmlElement] = []
    for element in _list_near(heading):
        above = [paragraph for paragraph in prose if paragraph not in element.iterancestors()]
        if len(above) == _MOST_PROSE:
            break
        line = normalize_line(element.text_content())
        if not _SHORTEST_LEAD <= len(line) < _LEAD_LENGTH.stop:
            continue
        if not _is_leaf(element) or _is_furniture(element) or squeeze(line) in headlines:
            continue
        if stands_elsewhere(element.getparent(), around, asides=True, close=element in close):
            continue
        if len(line) not in _LEAD_LENGTH:
            if squeeze(line) == described and _stands_apart(element):
                return line
            continue
        if _agree(_count_words(line), wanted):
            if _stands_apart(element):
                return _read_lead(element)
            if lost is None and squeeze(line) not in text:
                lost = line
        elif not above and _is_marked(element) and not _is_linked(element, line):
            return _read_lead(element)
        if element.tag in _PROSE_TAGS and _is_prose(line, text):
            prose.append(element)
    return lost


def _is_prose(line: str, text: str) -> bool:
    return len(line) >= _SHORTEST_PROSE and squeeze(line) in text


def _read_lead(element: html.HtmlElement) -> str:
    """The text of the standfirst with its other paragraphs, if it has several marked alike."""
    own = _read_line(element)
    holder = _find_holder(element)
    if holder is None or not _is_marked(element):
        return own
    alike = holder.iterchildren(element.tag, *_LEAD_PARTS)
    lead = " ".join(_read_line(e) for e in alike if _own_name(e) == _own_name(element))
    return lead if len(lead) in _LEAD_LENGTH else own


def _read_line(element: html.HtmlElement) -> str:
    return " ".join(block.text for block in list_blocks(element))


def _find_holder(element: html.HtmlElement) -> html.HtmlElement | None:
    """What may name an element a standfirst: its parent, of an item what holds the list."""
    parent = element.getparent()
    if element.tag == "li" and parent is not None and not _names_lead(_own_name(parent)):
        return parent.getparent()
    return parent


def _is_leaf(element: html.HtmlElement) -> bool:
    """Whether no block of text stands within: else that one may be the standfirst, not this."""
    inner = element.iterdescendants("p", "h2", "h3", "h4", "div", "section", "ul")
    return not any(block.text_content().strip() for block in inner)


def _list_near(heading: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the elements around the headline that may hold the standfirst: its own header's
    (it may stand above the headline), then the next ones of the page."""
    header = next(heading.iterancestors("header"), None)
    if header is not None:
        yield from islice(header.iterdescendants(*_LEAD_TAGS), _MOST_DISTANCE)
    yield from islice(iterate_behind(heading, *_LEAD_TAGS), _MOST_DISTANCE)


def _count_words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def _agree(one: Counter[str], other: Counter[str]) -> bool:
    """Whether one text is the other, or the beginning of it, give or take some words."""
    shared, smaller, larger = (one & other).total(), *sorted((one.total(), other.total()))
    return smaller >= 6 and shared >= 0.8 * smaller and larger <= 2 * smaller


def _is_marked(element: html.HtmlElement) -> bool:
    holder = _find_holder(element)
    around = [element] if holder is None or holder.find(".//h1") is not None else [element, holder]
    names = (e.get(key) or "" for e in around for key in ("class", "itemprop", "data-test-tag"))
    return any(map(_names_lead, names))


def _names_lead(name: str) -> bool:
    """Whether a word of an element's names is a standfirst's."""
    return any(_LEAD_CLASS.search(w) and not _NO_LEAD_CLASS.search(w) for w in name.split())


def _is_furniture(element: html.HtmlElement) -> bool:
    within = next(element.iterdescendants(*_NO_LEAD_TAGS), None)
    return within is not None or next(element.iterancestors(*_NO_LEAD_TAGS), None) is not None


def _stands_apart(element: html.HtmlElement) -> bool:
    """Whether a block that agrees with the description is no first paragraph: many descriptions
    repeat that."""
    return _names_lead(_own_name(element)) or not _is_in_prose(element)


def _own_name(element: html.HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('data-test-tag') or ''}"


def _is_in_prose(element: html.HtmlElement) -> bool:
    """Whether a paragraph is the first of several: many descriptions repeat the first one."""
    return element.tag == "p" and any(
        len(normalize_line(sibling.text_content())) >= _SHORTEST_PROSE
        for sibling in element.itersiblings("p")
    )


def _is_linked(element: html.HtmlElement, text: str) -> bool:
    return sum(len(link.text_content()) for link in element.iter("a")) > len(text) / 2
