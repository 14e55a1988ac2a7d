"""The lines of a piece of a page, as a browser would break them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import html

from newsbeam.transforms.records import Block
from newsbeam.transforms.text.characters import normalize_line, squeeze

# HTML's phrasing content; every other element begins a line and ends one.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp "
    "small span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})
# Elements that stand beside an article's text, and the names of those that hold comments.
_BESIDE = frozenset(
    "address aside button dialog fieldset figcaption figure footer form head label menu nav select "
    "textarea".split()
)
_COMMENT_NAME = re.compile(
    r"(?:^|[\s_-])(?:comments?|comment-?list|respond|responses?|repl(?:y|ies)|kommentar\w*|disqus\w*)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_CAPTION_CLASS = re.compile(
    r"(?:^|[\s_-])(?:(?:wp-|image-?|img-?|photo-?|figure-?)?caption(?:-?text)?|"
    r"image-?(?:description|credit)|photo-?credit|bilde?-?tekst|bildtext|bildunterschrift)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_CARD_PARTS = ("p", "div", "h2", "h3", "h4", "h5", "h6")
# What is said of a piece of text by the elements around it.
_LINK, _HEADING, _ASIDE, _CAPTION, _CARD = 1, 2, 4, 8, 16
_PROSE = 80
_MOST_LINKED = 0.5


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of a page, with the innermost element that breaks lines around it.

    ``linked`` counts its code points in links; ``beside`` says that it stands in an element that
    is no part of a text: a menu, a caption, a form, readers' comments. ``step`` is ``caption`` in a
    caption, ``links`` in a link that is a whole block, as the card of another story is. ``key`` is
    the line squeezed.
    """

    block: Block
    element: html.HtmlElement
    linked: int
    beside: bool
    step: str | None
    key: str

    @property
    def text(self) -> str:
        """The line itself."""
        return self.block.text

    @property
    def is_linked(self) -> bool:
        """Whether it is made of links."""
        return self.linked > _MOST_LINKED * len(self.text)

    @property
    def is_prose(self) -> bool:
        """Whether it is as long as a paragraph and can be one. Length is counted in bytes of
        UTF-8: a Chinese or Japanese character says as much as three letters."""
        return not self.beside and not self.is_linked and len(self.text.encode()) >= _PROSE


def list_blocks(element: html.HtmlElement) -> list[Block]:
    """Return the lines of ``element``, its tail not: headings, and all else as paragraphs.

    Cells of a row make one line.
    """
    return [line.block for line in list_page_lines(element)]


def list_page_lines(element: html.HtmlElement) -> list[PageLine]:
    """Return the lines of ``list_blocks`` with where they stand."""
    lines: list[PageLine] = []
    words: list[str] = []
    linked = 0

    def add(piece: str, marks: int) -> None:
        nonlocal linked
        # White space that opens a line is none of it; most of a page's is such.
        if words or not piece.isspace():
            words.append(piece)
            if marks & _LINK:
                linked += len(piece.strip())

    def end_line(holder: html.HtmlElement, marks: int) -> None:
        nonlocal linked
        text = normalize_line("".join(words))
        words.clear()
        if text:
            block = Block(text, "heading" if marks & _HEADING else "paragraph")
            step = "caption" if marks & _CAPTION else "links" if marks & _CARD else None
            beside = marks & _ASIDE > 0
            lines.append(PageLine(block, holder, linked, beside, step, squeeze(text)))
        linked = 0

    def read(part: html.HtmlElement, holder: html.HtmlElement, around: int) -> None:
        tag = part.tag
        marks = around | _find_marks(tag, part.get("class"), part.get("id"))
        if tag == "a" and len(part) and _is_card(part):
            marks |= _CARD
        is_cell = tag in _CELLS
        is_block = not is_cell and tag not in _INLINE
        if is_block:
            if words:
                end_line(holder, around)
            holder = part
        elif is_cell:
            words.append(" ")
        if text := part.text:
            add(text, marks)
        for child in part.iterchildren("*"):
            read(child, holder, marks)
            if tail := child.tail:
                add(tail, marks)
        if is_block and words:
            end_line(part, marks)
        elif is_cell:
            words.append(" ")

    read(element, element, 0)
    end_line(element, 0)
    return lines


def is_comment(element: html.HtmlElement) -> bool:
    """Whether an element's class or id says that it holds readers' comments."""
    return is_comment_name(element.get("class", "")) or is_comment_name(element.get("id", ""))


@lru_cache(maxsize=10_000)  # a page has few classes and many elements of each
def _find_marks(tag: str, name: str | None, own: str | None) -> int:
    """The marks of an element by its tag, class and id."""
    marks = _LINK if tag == "a" else _HEADING if tag in _HEADINGS else 0
    if tag in _BESIDE or is_comment_name(name or "") or is_comment_name(own or ""):
        marks |= _ASIDE
    if tag == "figcaption" or (name and _CAPTION_CLASS.search(name)):
        marks |= _CAPTION
    return marks


def _is_card(link: html.HtmlElement) -> bool:
    has_block = next(link.iterdescendants(*_CARD_PARTS), None) is not None
    return has_block and bool(link.get("href"))


@lru_cache(maxsize=10_000)  # a page has few classes and many elements of each
def is_comment_name(name: str) -> bool:
    """Whether a class or an id says so."""
    return bool(name) and _COMMENT_NAME.search(name) is not None
