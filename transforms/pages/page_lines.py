"""The lines of a piece of a page, as a browser would break them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree, html

from transforms.characters import normalize_line
from transforms.records import Block

# HTML's phrasing content; every other element begins a line and ends one.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp "
    "small span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})


def list_line(element: html.HtmlElement) -> Iterator[Block]:
    """Yield the lines of ``element``, its tail not: headings, and all else as paragraphs.

    Cells of a row make one line.
    """
    words: list[str] = []
    headings = 0

    def end_line(kind: int) -> Iterator[Block]:
        text = normalize_line("".join(words))
        words.clear()
        if text:
            yield Block(text, "heading" if kind else "paragraph")

    for event, part in etree.iterwalk(element, events=("start", "end")):
        if part.tag in _CELLS:
            words.append(" ")
        elif part.tag not in _INLINE:
            yield from end_line(headings)
        if part.tag in _HEADINGS:
            headings += 1 if event == "start" else -1
        if event == "start":
            words.append(part.text or "")
        elif part is not element:
            words.append(part.tail or "")
    yield from end_line(headings)
