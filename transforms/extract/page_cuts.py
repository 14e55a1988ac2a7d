"""What is cut out of a page: taken out, and told where it stood within the article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import html

from newsbeam.transforms.extract.page_lines import PageLine, list_blocks
from newsbeam.transforms.records import Block, RemovedLine
from newsbeam.transforms.text.characters import squeeze

# Ours: enough to see what a line was.
_LONGEST = 300
_SHORTEST_PROSE = 40


@dataclass(frozen=True, slots=True)
class Cut:
    """An element that was taken out of a page, the step that did it, and where it stood."""

    step: str
    element: html.HtmlElement
    parent: html.HtmlElement


def cut_elements(
    step: str, elements: Iterable[html.HtmlElement], *, with_heading: bool = False
) -> list[Cut]:
    """Take elements out for a step; returns a cut for each that could be.

    What holds an h1 stays, unless ``with_heading``.
    """
    cuts = []
    for element in elements:
        parent = element.getparent()
        if drop_element(element, with_heading=with_heading):
            cuts.append(Cut(step, element, parent))
    return cuts


def drop_element(element: html.HtmlElement, *, with_heading: bool = False) -> bool:
    """Take an element out, its tail not, unless it holds an h1 or is the root."""
    has_heading = not with_heading and next(element.iter("h1"), None) is not None
    if element.getparent() is None or has_heading:
        return False
    element.drop_tree()
    return True


def list_cut_inside(home: html.HtmlElement | None, cuts: Sequence[Cut]) -> list[Cut]:
    """Return the cuts that stood within ``home``, the article's own element, in their order."""
    if home is None:
        return []
    parents = {cut.element: cut.parent for cut in cuts}
    known: dict[html.HtmlElement, bool] = {}
    inside = []
    for cut in cuts:
        if cut.parent not in known:
            known[cut.parent] = _is_inside(cut.parent, home, parents)
        if known[cut.parent]:
            inside.append(cut)
    return inside


def find_own_element(lines: Sequence[PageLine], blocks: Iterable[Block]) -> html.HtmlElement | None:
    """The article's own element on a page with ``lines``, told by the ``blocks`` that were kept.

    That is the <article> of the lines that were kept, or without one the smallest element around
    the first and the last of them. Where that is the whole page, nothing can be told from its menus
    and other stories, and there is none.
    """
    text = squeeze("".join(block.text for block in blocks))
    kept = [line for line in lines if len(line.text) >= _SHORTEST_PROSE and line.key in text]
    if not kept:
        return None
    first, last = kept[0].element, kept[-1].element
    around = {last, *last.iterancestors()}
    home = next(element for element in (first, *first.iterancestors()) if element in around)
    home = next(home.iterancestors("article"), home)
    return None if home.tag in ("html", "body") else home


def list_left_lines(
    home: html.HtmlElement | None, lines: Iterable[PageLine], known: Iterable[str]
) -> Iterator[RemovedLine]:
    """Yield the lines within ``home`` that are not among the texts ``known``, each once: what the
    extractor left out."""
    keys = [squeeze(text) for text in known]
    text, whole = "".join(keys), set(keys)
    inside = set() if home is None else set(home.iter())
    for line in lines:
        key = line.key
        if line.element in inside and key and key not in whole and key not in text:
            whole.add(key)
            yield RemovedLine("extractor", _shorten(line.text))


def list_removed_lines(cuts: Iterable[Cut]) -> Iterator[RemovedLine]:
    """Yield the lines that the cuts took out, each with its step; long ones are shortened."""
    for cut in cuts:
        for block in list_blocks(cut.element):
            yield RemovedLine(cut.step, _shorten(block.text))


def _is_inside(
    element: html.HtmlElement,
    home: html.HtmlElement,
    parents: Mapping[html.HtmlElement, html.HtmlElement],
) -> bool:
    """Whether an element stands in ``home``, or stood there before it was cut out."""
    while element is not None and element is not home:
        above = element.getparent()
        element = parents.get(element) if above is None else above
    return element is home


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
