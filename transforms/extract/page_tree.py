"""From the text of a web page to its tree, within limits.

The time that extraction takes grows faster than a page: no timer can stop it inside a library of C
code in a runner's thread, and what a timer stops depends on the machine. So what is bounded is
the page, and the same page is always treated alike.
"""

from __future__ import annotations

from lxml import etree, html

from newsbeam.transforms.text.counts import show_count

# Of 203 saved pages, the largest has 3,320 elements, 33 levels and 150,000 code points of
# text, but whole front pages and live reports have more. At 10,000 elements the worst page that
# was tried takes two seconds; a page of 28,000 plain paragraphs takes four.
_MOST_ELEMENTS = 20_000
_MOST_LEVELS = 256
_MOST_TEXT = 2_000_000
_TOO_DEEP = etree.XPath("boolean(/" + "/*" * (_MOST_LEVELS + 1) + ")")
# Names of classes are searched for words, again and again; such a one is data.
_LONGEST_NAME = 1_000
_LONG_NAMES = etree.XPath(
    f"//*[string-length(@class) > {_LONGEST_NAME} or string-length(@id) > {_LONGEST_NAME}]"
)
# Controls, which XML cannot hold: lxml refuses them in texts it is given.
_CONTROLS = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
# lxml's own lookup asks Python for the class of each element, in every copy of the page, to tell
# forms from others.
_CLASSES = etree.ElementDefaultClassLookup(
    element=html.HtmlElement,
    comment=html.HtmlComment,
    pi=html.HtmlProcessingInstruction,
    entity=html.HtmlEntity,
)


class PageTooLargeError(Exception):
    """A page beyond the limits; ``reason`` is the rejection's, the message says which limit."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def parse_page(text: str) -> html.HtmlElement:
    """Return the tree of a page, without comments.

    Raises ``lxml.etree.ParserError`` for a page without elements, and ``PageTooLargeError`` for
    one of over 256 levels of elements (``too_deep``) or over 20,000 elements (``too_complex``).
    """
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True)
    parser.set_element_class_lookup(_CLASSES)
    data = text.encode("utf-8", "replace").translate(None, _CONTROLS)
    tree = html.document_fromstring(data, parser=parser)
    # libxml2 stops reading at 2,048 levels and loses the rest.
    if _TOO_DEEP(tree):
        raise PageTooLargeError("too_deep", f"over {_MOST_LEVELS} levels of elements")
    elements = int(tree.xpath("count(//*)"))
    if elements > _MOST_ELEMENTS:
        message = f"{show_count(elements, 'element')}; at most {_MOST_ELEMENTS:,} are read"
        raise PageTooLargeError("too_complex", message)
    for element in _LONG_NAMES(tree):
        for name in ("class", "id"):
            if len(element.get(name) or "") > _LONGEST_NAME:
                del element.attrib[name]
    return tree


def check_text_size(tree: html.HtmlElement) -> None:
    """Raise ``PageTooLargeError`` (``too_complex``) where ``tree`` has over two million code points
    of text. Scripts count too: they are to be taken out before."""
    length = len(tree.text_content())
    if length > _MOST_TEXT:
        message = f"{show_count(length, 'code point')} of text; at most {_MOST_TEXT:,} are read"
        raise PageTooLargeError("too_complex", message)
