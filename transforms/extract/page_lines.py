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
_UNMARKED = (False, False, False)
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
    linked = links = headings = besides = captions = cards = 0

    def add(piece: str | None) -> None:
        nonlocal linked
        # White space that opens a line is none of it; most of a page's is such.
        if piece and (words or not piece.isspace()):
            words.append(piece)
            if links:
                linked += len(piece.strip())

    def end_line(holder: html.HtmlElement) -> None:
        nonlocal linked
        text = normalize_line("".join(words))
        words.clear()
        if text:
            block = Block(text, "heading" if headings else "paragraph")
            step = "caption" if captions else "links" if cards else None
            lines.append(PageLine(block, holder, linked, besides > 0, step, squeeze(text)))
        linked = 0

    def read(part: html.HtmlElement, holder: html.HtmlElement) -> None:
        nonlocal links, headings, besides, captions, cards
        tag = part.tag
        is_block = tag not in _INLINE and tag not in _CELLS
        is_heading, is_link = tag in _HEADINGS, tag == "a"
        is_beside, is_caption, is_card = _find_marks(part)
        if is_block:
            if words:
                end_line(holder)
            holder = part
        elif tag in _CELLS:
            words.append(" ")
        headings += is_heading
        links += is_link
        besides += is_beside
        captions += is_caption
        cards += is_card
        add(part.text)
        for child in part.iterchildren("*"):
            read(child, holder)
            add(child.tail)
        if is_block and words:
            end_line(part)
        elif tag in _CELLS:
            words.append(" ")
        headings -= is_heading
        links -= is_link
        besides -= is_beside
        captions -= is_caption
        cards -= is_card

    read(element, element)
    end_line(element)
    return lines


def is_comment(element: html.HtmlElement) -> bool:
    """Whether an element's class or id says that it holds readers' comments."""
    return is_comment_name(element.get("class", "")) or is_comment_name(element.get("id", ""))


def _find_marks(element: html.HtmlElement) -> tuple[bool, bool, bool]:
    """Whether an element is beside the text, a caption, the card of another story."""
    tag, name, own = element.tag, element.get("class"), element.get("id")
    is_card = tag == "a" and len(element) > 0 and _is_card(element)
    if not (is_card or name or own) and tag not in _BESIDE:
        return _UNMARKED
    is_beside = tag in _BESIDE or is_comment_name(name or "") or is_comment_name(own or "")
    is_caption = tag == "figcaption" or _is_caption_name(name or "")
    return (is_beside, is_caption, is_card) if is_beside or is_caption or is_card else _UNMARKED


def _is_card(link: html.HtmlElement) -> bool:
    has_block = next(link.iterdescendants(*_CARD_PARTS), None) is not None
    return has_block and bool(link.get("href"))


@lru_cache(maxsize=10_000)
def _is_caption_name(name: str) -> bool:
    return bool(name) and _CAPTION_CLASS.search(name) is not None


@lru_cache(maxsize=10_000)  # a page has few classes and many elements of each
def is_comment_name(name: str) -> bool:
    """Whether a class or an id says so."""
    return bool(name) and _COMMENT_NAME.search(name) is not None
