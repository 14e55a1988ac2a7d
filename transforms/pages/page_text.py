"""The article's lines out of a parsed web page."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence, Set
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import trafilatura
from lxml import etree, html

from transforms.characters import normalize_line, squeeze
from transforms.dates import parse_instant
from transforms.pages.authors import split_author
from transforms.pages.lost_lines import restore_lost_line
from transforms.pages.page_cuts import list_cut_inside, list_removed
from transforms.pages.page_lines import list_line
from transforms.pages.page_tree import check_text_size
from transforms.pages.pruning import drop_chosen, drop_untexted, prune_body, prune_page
from transforms.pages.standfirst import find_lead
from transforms.pages.xpaths import list_chosen
from transforms.records import Block, RemovedLine
from transforms.settings import ExtractSettings

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
_MOST_REMOVED = 100


# It warns of every page without text; each of those becomes a rejection of ours.
logging.getLogger("trafilatura").setLevel(logging.ERROR)


class ExtractorFault(Exception):
    """trafilatura failed on a page; the message has its exception's class and words."""


def extract_text(
    tree: html.HtmlElement,
    title: str | None,
    description: str | None,
    authors: Sequence[str],
    settings: ExtractSettings,
) -> tuple[list[Block], list[RemovedLine]]:
    """Return the lines of the article on the page ``tree``, in order; none if it has no text.

    ``prune_page`` takes out what is no article, trafilatura finds the text, ``restore_lost_line``
    brings back what it lost. Its blocks become lines: headings, and paragraphs, list items, rows
    and quotations as paragraphs. Where the source says which elements hold the text
    (``settings.body_xpath``) and the page has them, their lines are the text.

    Lines that repeat the headline (``title`` or the first h1), and the kicker, byline (of
    ``authors``), date and copyright around the text are dropped. The standfirst comes first, as a
    line of the kind ``lead``; ``description`` is the page's.

    Second come the lines that stood within the article and were taken out, each with the step
    that did: ``prune_xpath`` (anywhere on the page), the steps of ``prune_page``, ``headline``,
    ``kicker``, ``byline``. They are at most 100, of up to 300 code points: longer ones are cut.

    ``tree`` is changed. Raises ``ExtractorFault`` on a page that trafilatura cannot handle, and
    ``PageTooLargeError`` on one with too much text.
    """
    drop_untexted(tree)
    cuts = drop_chosen(tree, settings.prune_xpath)
    chosen = _copy_body(tree, settings.body_xpath)
    pruned = prune_page(tree)
    check_text_size(tree)
    heading = next(tree.iter("h1"), None)
    headlines = {squeeze(title or "")}
    if heading is not None:
        headlines.add(squeeze(heading.text_content()))
    if chosen is None:
        body = _find_body(tree)
        blocks = [] if body is None else list(_read_block(body))
        blocks = restore_lost_line(tree, blocks)
        cuts += list_cut_inside(tree, pruned, blocks)
    else:
        check_text_size(chosen)
        cuts += prune_body(chosen)
        blocks = list(list_line(chosen))
    removed = list(islice(list_removed(cuts), _MOST_REMOVED))
    repeats = [_repeats(block, headlines) for block in blocks]
    kept, repeated = _split(blocks, repeats)
    # The headline itself, at the head of what was found, is no loss: it is the title.
    own = int(any(repeats[:_MOST_FURNITURE]))
    removed += [RemovedLine("headline", block.text) for block in repeated[own:]]
    steps = _find_furniture(kept, authors, _list_kicker(heading))
    removed += [
        RemovedLine(step, block.text) for block, step in zip(kept, steps, strict=True) if step
    ]
    kept, _ = _split(kept, steps)
    if not kept:
        return [], removed
    text = squeeze("".join(block.text for block in kept))
    lead = find_lead(heading, description, headlines, text)
    return (open_with_lead(kept, lead) if lead else kept), removed


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


def _split(blocks: list[Block], marks: Sequence[object]) -> tuple[list[Block], list[Block]]:
    """The blocks without a mark, and those with one."""
    marked = list(zip(blocks, marks, strict=True))
    return [block for block, mark in marked if not mark], [block for block, mark in marked if mark]


def _find_furniture(
    blocks: list[Block], authors: Sequence[str], kickers: Set[str]
) -> list[str | None]:
    """For each line the step that takes it for what stands around an article's text, if any:
    ``kicker``, or ``byline`` (byline, date, copyright)."""
    known = {squeeze(author) for author in authors}
    head = _MOST_FURNITURE
    tail = len(blocks) - _MOST_FURNITURE
    return [
        "kicker" if place < head and squeeze(block.text) in kickers
        else "byline" if (place < head or place >= tail) and _is_byline(block.text, known)
        else None
        for place, block in enumerate(blocks)
    ]  # fmt: skip


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


def _copy_body(tree: html.HtmlElement, expression: str | None) -> html.HtmlElement | None:
    """The elements that ``expression`` chooses as a page of their own, where there are any."""
    elements = list_chosen(tree, expression) if expression else ()
    if not elements:
        return None
    page = html.document_fromstring("<html><body></body></html>")
    for element in elements:
        copied = deepcopy(element)
        copied.tail = None
        page.body.append(copied)
    return page


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
