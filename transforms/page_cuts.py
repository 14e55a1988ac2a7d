"""Which of a page's cuts stood within its article, and the lines that they took out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lxml import html

from transforms.characters import squeeze
from transforms.page_lines import list_line
from transforms.pruning import Cut
from transforms.records import Block, RemovedLine

# Ours: enough to see what a line was.
_LONGEST = 300
_SHORTEST_PROSE = 40


def list_cut_inside(
    tree: html.HtmlElement,
    cuts: Sequence[Cut],
    places: Mapping[html.HtmlElement, int],
    blocks: Sequence[Block],
) -> list[Cut]:
    """Return the cuts that stood within the article whose lines are ``blocks``, in page order.

    That is between the first and the last paragraph that the article kept, or in the same
    <article> as the first: menus and other stories do not count. ``places`` numbers the elements
    of the page as it was before the cuts.
    """
    if not cuts:
        return []
    text = squeeze("".join(block.text for block in blocks))
    paragraphs = list(tree.iter("p"))
    first = next((p for p in paragraphs if _is_kept(p, text)), None)
    if first is None:
        return []
    last = next(p for p in reversed(paragraphs) if _is_kept(p, text))
    article = next(first.iterancestors("article"), None)
    inside = [
        cut
        for cut in cuts
        if places[first] < places[cut.element] < places[last]
        or (article is not None and cut.article is article)
    ]
    return sorted(inside, key=lambda cut: places[cut.element])


def list_removed(cuts: Iterable[Cut]) -> Iterator[RemovedLine]:
    """Yield the lines that the cuts took out, each with its step; long ones are shortened."""
    for cut in cuts:
        for block in list_line(cut.element):
            text = block.text
            yield RemovedLine(cut.step, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _is_kept(paragraph: html.HtmlElement, text: str) -> bool:
    line = squeeze(paragraph.text_content())
    return len(line) >= _SHORTEST_PROSE and line in text
