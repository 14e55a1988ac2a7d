"""Which lines of a page are its article's text: what trafilatura finds, by the cheapest of its
modes that gives enough; where none does, what the page's own structure tells."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import trafilatura
from lxml import etree, html
from trafilatura.settings import Extractor

from newsbeam.transforms.extract.front_page import list_teasers
from newsbeam.transforms.extract.other_stories import find_story_heading
from newsbeam.transforms.extract.page_lines import PageLine
from newsbeam.transforms.records import Block
from newsbeam.transforms.text.characters import normalize_line, squeeze

_BLOCK_TAGS = frozenset(
    {"body", "cell", "code", "head", "item", "lb", "list", "p", "quote", "row", "table"}
)
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
# Ours, all of the following: tried on half of the saved pages.
_SHORTEST_PROSE = 80
_ENOUGH_SHARE = 0.5
_ENOUGH_TEXT = 1_000
_LITTLE_TEXT = 160
_HOME_SHARE = 0.8

# Read once, not for each page. Its duplicate test is never asked for: its memory is the process's,
# so that the same page gives other text from call to call. The format is one that is not made
# before it is wanted: only the tree is.
_OPTIONS = {
    (precise, fast): Extractor(output_format="txt", precision=precise, fast=fast, comments=False)
    for precise in (True, False)
    for fast in (True, False)
}

# It warns of every page without text; each of those becomes a rejection of ours.
logging.getLogger("trafilatura").setLevel(logging.ERROR)


class ExtractorFault(Exception):
    """trafilatura failed on a page; the message has its exception's class and words."""


def find_text(
    tree: html.HtmlElement, whole: html.HtmlElement, lines: Sequence[PageLine], title: str | None
) -> list[Block]:
    """Return the lines of the article's text on the pruned page ``tree``; none if it has no text.

    trafilatura's precise mode, without other extractors to compare with. That is believed where it
    has half of the page's paragraphs and 1,000 code points, or else (a notice) half of what the
    page's own ``lines`` have of prose, and these half of it. A shorter one gives way to the same
    mode with other extractors; what is under half of the paragraphs, or under 160 code points, to
    the balanced mode, where that is twice as long without the teasers of other stories. What is
    short still gives way to what is twice as long of the precise mode on ``whole``, the page before
    links and boxes were taken out; what has under 160 code points, to the lines of the page's own
    article.
    """
    paragraphs = (len(normalize_line(element.text_content())) for element in tree.iter("p"))
    enough = _ENOUGH_SHARE * sum(size for size in paragraphs if size >= _SHORTEST_PROSE)
    prose = measure_text(line.block for line in lines if line.is_prose)
    found = _run_extractor(tree, precise=True, fast=True)
    size = measure_text(found)
    is_borne_out = _ENOUGH_SHARE * prose <= size <= prose / _ENOUGH_SHARE and not is_little(found)
    if size >= enough and (size >= _ENOUGH_TEXT or is_borne_out):
        return found
    if size < _ENOUGH_TEXT:
        found = _run_extractor(tree, precise=True, fast=False)
    if measure_text(found) < enough or is_little(found):
        longer = _run_extractor(tree, precise=False, fast=False)
        found = choose_longer(found, _drop_teasers(tree, longer) if found else longer)
    if measure_text(found) < max(_ENOUGH_TEXT, enough):
        found = choose_longer(found, _run_extractor(whole, precise=True, fast=False))
    if is_little(found):
        found = choose_longer(found, _list_own_text(lines, find_story_heading(tree, title)))
    return found


def _drop_teasers(tree: html.HtmlElement, blocks: list[Block]) -> list[Block]:
    cards = "\n".join(teaser.text for teaser in list_teasers(tree))
    return [block for block in blocks if squeeze(block.text) not in cards]


def choose_longer(found: list[Block], other: list[Block]) -> list[Block]:
    """``other`` where it is twice as long as ``found``."""
    return other if measure_text(found) < _ENOUGH_SHARE * measure_text(other) else found


def measure_text(blocks: Iterable[Block]) -> int:
    """The code points of some lines."""
    return sum(len(block.text) for block in blocks)


def is_little(blocks: Iterable[Block]) -> bool:
    """Whether lines are too short to be believed, if the page has more."""
    return measure_text(blocks) < _LITTLE_TEXT


def _list_own_text(lines: Sequence[PageLine], heading: html.HtmlElement | None) -> list[Block]:
    """The lines of the smallest element that holds most of the prose in the page's article: the
    <article> or <main> around ``heading``, or the only one of the page. Without, none."""
    for region in _list_regions(lines, heading):
        inside = set(region.iter())
        home = find_home((e for e in lines if e.is_prose and e.element in inside), _HOME_SHARE)
        if home is not None:
            inside = set(home.iter())
            return [
                line.block
                for line in lines
                if line.element in inside and not line.beside and not line.is_linked
            ]
    return []


def find_home(lines: Iterable[PageLine], share: float) -> html.HtmlElement | None:
    """The smallest element that holds ``share`` of the lines, by their length; ``share`` is over a
    half, so that there is one."""
    held: Counter[html.HtmlElement] = Counter()
    total = 0
    for line in lines:
        total += len(line.text)
        for element in (line.element, *line.element.iterancestors()):
            held[element] += len(line.text)
    around = [element for element, size in held.items() if size >= share * total]
    return max(around, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)


def _list_regions(
    lines: Sequence[PageLine], heading: html.HtmlElement | None
) -> Iterator[html.HtmlElement]:
    if heading is not None:
        yield from heading.iterancestors("article")
        yield from heading.iterancestors("main")
    if lines:
        for tag in ("article", "main"):
            marked = list(lines[0].element.getroottree().iter(tag))
            if len(marked) == 1:
                yield marked[0]


def _run_extractor(tree: html.HtmlElement, *, precise: bool, fast: bool) -> list[Block]:
    try:
        found: Any = trafilatura.bare_extraction(tree, options=_OPTIONS[precise, fast])
    except _FAULTS as fault:
        raise ExtractorFault(f"{type(fault).__name__}: {fault}") from fault
    return [] if found is None else list(_read_block(found.body))


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
