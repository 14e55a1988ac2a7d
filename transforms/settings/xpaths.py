"""XPath expressions by which a source's config chooses elements of its pages."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree, html

# EXSLT's regular expressions, for classes with generated names: re:test(@class, "^fact-\d+").
_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}
_CHILD_OF_ROOT = re.compile(r"[\w*-]+(?:$|[\[/])")
_NO_ELEMENT = re.compile(r"(?:@[\w*:-]+|\b(?:text|comment)\(\))\s*$")
_PROBE = html.document_fromstring("<html><body><p class='a'>x</p></body></html>")


@lru_cache(maxsize=1024)
def compile_xpath(expression: str) -> etree.XPath:
    """Return ``expression`` compiled, so that a call with a page's root gives a list of elements.

    The prefix ``re:`` stands for EXSLT's regular expressions.

    Raises:
        ValueError: it is no XPath 1.0, or chooses something else than elements of a page.
    """
    if _CHILD_OF_ROOT.match(expression):
        raise ValueError(f"would look right under <html> only; begin with //: //{expression}")
    if _NO_ELEMENT.search(expression):
        raise ValueError("chooses attributes, text or comments; choose the elements that hold them")
    try:
        etree.XPath(expression, namespaces=_NAMESPACES)
        # Whatever else it chooses is passed over, and what is no set of nodes is an error.
        chosen = etree.XPath(f"({expression})/self::*", namespaces=_NAMESPACES)
        chosen(_PROBE)
    except etree.XPathError as error:
        raise ValueError(f"not an XPath expression that chooses elements: {error}") from None
    return chosen


def list_chosen_elements(tree: html.HtmlElement, expression: str) -> list[html.HtmlElement]:
    """The outermost elements below the root that ``expression`` chooses, in their order."""
    chosen = [e for e in compile_xpath(expression)(tree) if e.getparent() is not None]
    inside = set(chosen)
    return [e for e in chosen if not any(above in inside for above in e.iterancestors())]
