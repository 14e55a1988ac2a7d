"""Which of a page's cuts stood within its article, and the lines that they took out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lxml import html

from transforms.characters import squeeze
from transforms.pages.page_lines import list_line
from transforms.pages.pruning import Cut
from transforms.records import Block, RemovedLine

# Ours: enough to see what a line was.
_LONGEST = 300
_SHORTEST_PROSE = 40


def list_cut_inside(
    tree: html.HtmlElement, cuts: Sequence[Cut], blocks: Sequence[Block]
) -> list[Cut]:
    """Return the cuts that stood within the article whose lines are ``blocks``, in their order.

    That is in the <article> of the paragraphs that were kept, or without one in the smallest
    element around the first and the last of them. Where that is the whole page, nothing can be
    told from its menus and other stories, and no cut is returned.
    """
    home = _find_home(tree, blocks) if cuts else None
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


def list_removed(cuts: Iterable[Cut]) -> Iterator[RemovedLine]:
    """Yield the lines that the cuts took out, each with its step; long ones are shortened."""
    for cut in cuts:
        for block in list_line(cut.element):
            text = block.text
            yield RemovedLine(cut.step, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _find_home(tree: html.HtmlElement, blocks: Sequence[Block]) -> html.HtmlElement | None:
    text = squeeze("".join(block.text for block in blocks))
    paragraphs = list(tree.iter("p"))
    first = next((p for p in paragraphs if _is_kept(p, text)), None)
    if first is None:
        return None
    last = next(p for p in reversed(paragraphs) if _is_kept(p, text))
    around = set(last.iterancestors())
    home = next(element for element in first.iterancestors() if element in around)
    if home.tag != "article":
        home = next(home.iterancestors("article"), home)
    return None if home.tag in ("html", "body") else home


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


def _is_kept(paragraph: html.HtmlElement, text: str) -> bool:
    line = squeeze(paragraph.text_content())
    return len(line) >= _SHORTEST_PROSE and line in text
