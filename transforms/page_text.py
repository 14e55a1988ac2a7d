"""The article's lines out of a parsed web page."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from typing import Any

import trafilatura
from lxml import etree, html

from transforms.characters import normalize_line, squeeze
from transforms.records import Block

# Where papers put the standfirst: the names that content systems give it, as words of a class.
_LEAD_CLASS = re.compile(
    r"(?:^|[\s_-])(?:lead|lede|ingress|standfirst|preamble|manchet|underrubrik|deck|dek|subtitle|"
    r"sub-?headline|sub-?heading|article-?intro|intro|vorspann|chapo)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_LEAD_LENGTH = range(40, 800)
_LEAD_TAGS = ("p", "div", "h2", "h3", "h4", "section", "strong", "b", "span")
_BLOCK_TAGS = frozenset(
    {"body", "cell", "code", "head", "item", "lb", "list", "p", "quote", "row", "table"}
)
_WORD = re.compile(r"\w+")
# What trafilatura 2.3 raises on pages that it cannot handle: deep nesting, characters that XML
# cannot hold, and shapes of a page that its authors did not think of.
_FAULTS = (
    RecursionError,
    etree.LxmlError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    LookupError,
)
_NO_LEAD_TAGS = ("h1", "figure", "form", "button", "script", "style", "nav", "footer")
_MOST_DISTANCE = 60
_SHORTEST_PROSE = 80
_ENOUGH_SHARE = 0.5


# It warns of every page without text; each of those becomes a rejection of ours.
logging.getLogger("trafilatura").setLevel(logging.ERROR)


class ExtractorFault(Exception):
    """trafilatura failed on a page; the message has its exception's class and words."""


def extract_block(
    tree: html.HtmlElement, title: str | None, description: str | None
) -> list[Block]:
    """Return the lines of the article on the page ``tree``, in order; none if it has no text.

    trafilatura finds the text; its blocks become lines: headings, and paragraphs, list items,
    rows and quotations as paragraphs. Then, each by what a page's structure tells:

    * <article> elements behind the one with the headline are other articles;
    * a line that repeats the headline (``title`` or the first h1) is dropped;
    * the standfirst, which trafilatura loses on half of the pages, comes first as a line of the
      kind ``lead``. It is the block near the headline that agrees with the page's
      ``description`` or is marked as one.

    ``tree`` is not changed. Raises ``ExtractorFault`` on a page that trafilatura cannot handle.
    """
    tree = deepcopy(tree)
    _drop_later_article(tree)
    heading = next(tree.iter("h1"), None)
    headlines = {squeeze(title or "")}
    if heading is not None:
        headlines.add(squeeze(heading.text_content()))
    body = _find_body(tree)
    blocks = [] if body is None else list(_read_block(body))
    blocks = [block for block in blocks if squeeze(block.text) not in headlines]
    if not blocks:
        return []
    text = squeeze("".join(block.text for block in blocks))
    lead = _find_lead(heading, description, headlines, text)
    return open_with_lead(blocks, lead) if lead else blocks


def open_with_lead(blocks: list[Block], lead: str) -> list[Block]:
    """Return ``blocks`` with the standfirst ``lead`` at the head, unless they have it.

    Where one of the first lines is the lead, that line becomes it; where the lead is part of a
    line or of several, nothing changes.
    """
    lead = normalize_line(lead)
    wanted = squeeze(lead)
    for place, block in enumerate(blocks[:3]):
        if squeeze(block.text) == wanted:
            return [replace(block, kind="lead"), *blocks[:place], *blocks[place + 1 :]]
    if wanted in squeeze("".join(block.text for block in blocks)):
        return blocks
    return [Block(lead, "lead"), *blocks]


def _drop_later_article(tree: html.HtmlElement) -> None:
    top = [
        element
        for element in tree.iter("article")
        if next(element.iterancestors("article"), None) is None
    ]
    with_heading = [place for place, element in enumerate(top) if element.find(".//h1") is not None]
    for element in top[with_heading[0] + 1 :] if with_heading else ():
        element.drop_tree()


def _find_body(tree: html.HtmlElement) -> etree._Element | None:
    """trafilatura's tree of the text: its precise mode's, unless that loses half of the text.

    Both modes are run only where the precise one gives less than half of the page's paragraphs.
    """
    precise = _run_extractor(tree, precise=True)
    length = 0 if precise is None else len(precise.text)
    paragraphs = (len(normalize_line(element.text_content())) for element in tree.iter("p"))
    prose = sum(size for size in paragraphs if size >= _SHORTEST_PROSE)
    if precise is not None and length >= _ENOUGH_SHARE * prose:
        return precise.body
    balanced = _run_extractor(tree, precise=False)
    if balanced is not None and length < _ENOUGH_SHARE * len(balanced.text):
        return balanced.body
    return None if precise is None else precise.body


def _run_extractor(tree: html.HtmlElement, *, precise: bool) -> Any:
    try:
        # deduplicate=True is never used: its memory is the process's, so that the same page gives
        # other text from call to call.
        return trafilatura.bare_extraction(tree, favor_precision=precise, include_comments=False)
    except _FAULTS as fault:
        raise ExtractorFault(f"{type(fault).__name__}: {fault}") from fault


def _read_block(body: etree._Element) -> Iterator[Block]:
    """Yield the lines of trafilatura's tree (TEI names: head, p, list, item, quote, row ...)."""
    words: list[str] = []
    kinds: list[str] = []

    def end_line() -> Iterator[Block]:
        text = normalize_line("".join(words))
        words.clear()
        if text:
            yield Block(text, "heading" if "head" in kinds else "paragraph")

    for event, element in etree.iterwalk(body, events=("start", "end")):
        is_block = element.tag in _BLOCK_TAGS and not (element.tag == "cell" and event == "start")
        if is_block:
            if element.tag == "cell":
                words.append(" ")
            else:
                yield from end_line()
        if event == "start":
            kinds.append(element.tag)
            words.append(element.text or "")
        else:
            kinds.pop()
            words.append(element.tail or "" if element is not body else "")
    yield from end_line()


def _find_lead(
    heading: html.HtmlElement | None, description: str | None, headlines: set[str], text: str
) -> str | None:
    """The printed standfirst, from the best evidence near the headline.

    That is a block which agrees with the description; one that is marked as the standfirst; or a
    paragraph among others which agrees, if it is not in ``text``: that many descriptions repeat
    the first paragraph makes it no standfirst, but lost it must not be.
    """
    if heading is None:
        return None
    wanted = _count_words(description or "")
    agreeing, marked, lost = [], [], []
    for element in _list_near(heading):
        line = normalize_line(element.text_content())
        if len(line) not in _LEAD_LENGTH or squeeze(line) in headlines or _is_furniture(element):
            continue
        if _agree(_count_words(line), wanted):
            if not _is_in_prose(element):
                agreeing.append(line)
            elif squeeze(line) not in text:
                lost.append(line)
        elif _is_marked(element) and not _is_linked(element, line):
            marked.append(line)
    return next(iter([*agreeing, *marked, *lost]), None)


def _list_near(heading: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the elements around the headline that may hold the standfirst: its own header's
    (it may stand above the headline), then the next ones of the page."""
    header = next(heading.iterancestors("header"), None)
    if header is not None:
        yield from islice(header.iterdescendants(*_LEAD_TAGS), _MOST_DISTANCE)
    yield from (
        e for e in islice(heading.xpath("following::*"), _MOST_DISTANCE) if e.tag in _LEAD_TAGS
    )


def _count_words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def _agree(one: Counter[str], other: Counter[str]) -> bool:
    """Whether one text is the other, or the beginning of it, give or take some words."""
    shared, smaller, larger = (one & other).total(), *sorted((one.total(), other.total()))
    return smaller >= 6 and shared >= 0.8 * smaller and larger <= 2 * smaller


def _is_marked(element: html.HtmlElement) -> bool:
    names = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    return _LEAD_CLASS.search(names) is not None


def _is_furniture(element: html.HtmlElement) -> bool:
    within = next(element.iterdescendants(*_NO_LEAD_TAGS), None)
    return within is not None or next(element.iterancestors(*_NO_LEAD_TAGS), None) is not None


def _is_in_prose(element: html.HtmlElement) -> bool:
    """Whether a paragraph is the first of several: many descriptions repeat the first one."""
    return element.tag == "p" and any(
        len(normalize_line(sibling.text_content())) >= _SHORTEST_PROSE
        for sibling in element.itersiblings("p")
    )


def _is_linked(element: html.HtmlElement, text: str) -> bool:
    return sum(len(link.text_content()) for link in element.iter("a")) > len(text) / 2
