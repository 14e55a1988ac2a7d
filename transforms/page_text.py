"""The article's lines out of a parsed web page."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import trafilatura
from lxml import etree, html

from transforms.authors import split_author
from transforms.characters import normalize_line, squeeze
from transforms.dates import parse_instant
from transforms.lost_lines import restore_lost_line
from transforms.page_tree import check_text_size
from transforms.pruning import prune_page
from transforms.records import Block
from transforms.standfirst import find_lead

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
_MOST_FURNITURE = 5
_LONGEST_FURNITURE = 100
_MOST_DATE_WORDS = 5
_MOST_ABOVE = 20
_LONGEST_KICKER = 50
_COPYRIGHT = re.compile(r"(?:copyright\b|©|\(c\) ).*", re.IGNORECASE)
_UTC = ZoneInfo("UTC")
_SHORTEST_PROSE = 80
_ENOUGH_SHARE = 0.5
_ENOUGH_TEXT = 1_000


# It warns of every page without text; each of those becomes a rejection of ours.
logging.getLogger("trafilatura").setLevel(logging.ERROR)


class ExtractorFault(Exception):
    """trafilatura failed on a page; the message has its exception's class and words."""


def extract_block(
    tree: html.HtmlElement,
    title: str | None,
    description: str | None,
    authors: Sequence[str] = (),
) -> list[Block]:
    """Return the lines of the article on the page ``tree``, in order; none if it has no text.

    ``prune_page`` takes out what is no article, trafilatura finds the text, ``restore_lost_line``
    brings back what it lost. Its blocks become lines: headings, and paragraphs, list items, rows
    and quotations as paragraphs. Lines that repeat the headline (``title`` or the first h1), and
    the kicker, byline (of ``authors``), date and copyright around the text are dropped. The
    standfirst comes first, as a line of the kind ``lead``; ``description`` is the page's.

    ``tree`` is changed. Raises ``ExtractorFault`` on a page that trafilatura cannot handle, and
    ``PageTooLargeError`` on one with too much text.
    """
    prune_page(tree)
    check_text_size(tree)
    heading = next(tree.iter("h1"), None)
    headlines = {squeeze(title or "")}
    if heading is not None:
        headlines.add(squeeze(heading.text_content()))
    body = _find_body(tree)
    blocks = [] if body is None else list(_read_block(body))
    blocks = restore_lost_line(tree, blocks)
    blocks = [block for block in blocks if not _repeats(block, headlines)]
    blocks = _drop_furniture(blocks, authors, _list_kicker(heading))
    if not blocks:
        return []
    text = squeeze("".join(block.text for block in blocks))
    lead = find_lead(heading, description, headlines, text)
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


def _repeats(block: Block, headlines: set[str]) -> bool:
    """Whether a line is the headline, with its kicker perhaps."""
    line = squeeze(block.text)
    return line in headlines or (
        block.kind == "heading"
        and any(line.endswith(h) and len(line) < 2 * len(h) for h in headlines)
    )


def _drop_furniture(blocks: list[Block], authors: Sequence[str], kickers: Set[str]) -> list[Block]:
    """Drop what stands around an article's text: kicker, byline, date, copyright."""
    known = {squeeze(author) for author in authors}
    head = _MOST_FURNITURE
    tail = len(blocks) - _MOST_FURNITURE
    return [
        block
        for place, block in enumerate(blocks)
        if not (place < head and squeeze(block.text) in kickers)
        and not ((place < head or place >= tail) and _is_byline(block.text, known))
    ]


def _list_kicker(heading: html.HtmlElement | None) -> set[str]:
    """The short lines right above the headline, squeezed: no text of the article."""
    above = [] if heading is None else heading.xpath("preceding::*")[-_MOST_ABOVE:]
    lines = {squeeze(element.text or "") for element in above if len(element) == 0}
    return {line for line in lines if 0 < len(line) <= _LONGEST_KICKER}


def _is_byline(line: str, authors: set[str]) -> bool:
    if len(line) > _LONGEST_FURNITURE:
        return False
    if _COPYRIGHT.match(line):
        return True
    names = {squeeze(name) for name in split_author(line)}
    if names and names <= authors:
        return True
    words = sum(word.isalpha() for word in _WORD.findall(line))
    is_date = line[0] not in "-–—" and line[-1] != "." and words <= _MOST_DATE_WORDS
    return is_date and parse_instant(line, _UTC) is not None


def _find_body(tree: html.HtmlElement) -> etree._Element | None:
    """trafilatura's tree of the text, by the cheapest of its modes that gives enough.

    The precise mode, without other extractors to compare with; with them, where that gives under
    1,000 code points or half of the page's paragraphs; the balanced mode, where that is twice as
    long still.
    """
    paragraphs = (len(normalize_line(element.text_content())) for element in tree.iter("p"))
    enough = _ENOUGH_SHARE * sum(size for size in paragraphs if size >= _SHORTEST_PROSE)
    quick = _run_extractor(tree, precise=True, fast=True)
    if quick is not None and len(quick.text) >= max(_ENOUGH_TEXT, enough):
        return quick.body
    precise = _run_extractor(tree, precise=True, fast=False)
    length = 0 if precise is None else len(precise.text)
    if precise is not None and length >= enough:
        return precise.body
    balanced = _run_extractor(tree, precise=False, fast=False)
    if balanced is not None and length < _ENOUGH_SHARE * len(balanced.text):
        return balanced.body
    return None if precise is None else precise.body


def _run_extractor(tree: html.HtmlElement, *, precise: bool, fast: bool) -> Any:
    try:
        # deduplicate=True is never used: its memory is the process's, so that the same page gives
        # other text from call to call.
        return trafilatura.bare_extraction(
            tree, favor_precision=precise, include_comments=False, fast=fast
        )
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
