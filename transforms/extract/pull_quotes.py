"""Quotations that a page sets apart from its text: what stands in them is the article's, but papers
mark them up as they do pictures and boxes."""

from __future__ import annotations

import re

from lxml import html

from newsbeam.transforms.extract.page_lines import list_blocks
from newsbeam.transforms.text.characters import normalize_line, squeeze

_QUOTE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:(?:pull|block)?-?quotes?|sitat(?:boks)?|citat(?:ion)?|zitat)(?:$|[\s_-])",
    re.IGNORECASE,
)
# With any of these it is to be looked at, or no quotation.
_NO_QUOTE = (
    *("img", "picture", "video", "audio", "iframe", "svg", "canvas", "object", "embed"),
    *("noscript", "amp-img", "table", "form", "li", "h1", "a"),
)
_SPEAKERS = ("figcaption", "cite", "footer")
# Ours: longer ones are letters and documents, or hold more than a quotation.
_LONGEST = 600
_SHORTEST = _PIECE = 12
_STEP = 6


def open_pull_quotes(tree: html.HtmlElement) -> None:
    """Make quotations in a <figure> or an <aside> blocks of the text, with who is quoted.

    They are told by a class, or hold a <blockquote> and nothing to look at. One that repeats what
    the page's paragraphs say stays what it is: pulled out of the text, it is in it already.
    """
    found = [e for e in tree.iter("figure", "aside") if _is_quote(e)]
    if not found:
        return
    inside = {paragraph for element in found for paragraph in element.iter("p")}
    texts = (squeeze(p.text_content()) for p in tree.iter("p") if p not in inside)
    text = "\n".join(texts)
    for element in found:
        said = squeeze(_read_said(element))
        if len(said) >= _SHORTEST and not _is_repeated(said, text):
            text += f"\n{said}"
            _open(element)


def _is_repeated(said: str, text: str) -> bool:
    """Whether half of a quotation stands in the text; papers shorten what they pull out."""
    pieces = [said[start : start + _PIECE] for start in range(0, len(said) - _PIECE + 1, _STEP)]
    return 2 * sum(piece in text for piece in pieces) > len(pieces)


def _is_quote(element: html.HtmlElement) -> bool:
    is_named = _QUOTE_CLASS.search(element.get("class") or "") is not None
    if not is_named and element.tag == "aside":
        return False
    if not is_named and element.find(".//blockquote") is None:
        return False
    if next(element.iter(*_NO_QUOTE), None) is not None:
        return False
    return len(normalize_line(element.text_content())) <= _LONGEST


def _read_said(element: html.HtmlElement) -> str:
    """The text of a quotation without who said it."""
    whole = str(element.text_content())
    for speaker in element.iter(*_SPEAKERS):
        whole = whole.replace(speaker.text_content(), " ", 1)
    return whole


def _open(element: html.HtmlElement) -> None:
    """Put a block for each line of a quotation in its place. They are no <p>: a page without any
    has its text elsewhere, and is to be read so still."""
    for speaker in element.iter(*_SPEAKERS):
        speaker.tag = "p"
    for block in list_blocks(element):
        line = element.makeelement("blockquote")
        line.text = block.text
        element.addprevious(line)
    element.drop_tree()
