"""An article's text that its page carries but does not show by itself: the last resort."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from lxml import etree, html

from newsbeam.transforms.extract.json_ld import list_values, read_article_node
from newsbeam.transforms.extract.page_lines import list_page_lines
from newsbeam.transforms.records import Block
from newsbeam.transforms.text.characters import normalize_line, squeeze

_MARKUP_TYPES = frozenset({"text/template", "text/html", "text/x-template", "text/x-handlebars"})
# Without any of these, lines are broken as in plain text.
_BREAKING = re.compile(r"<(?:p|br|div|li|h[1-6]|section|blockquote)\b", re.IGNORECASE)
_DATA_TYPE = "application/json"
_LD_TYPE = "application/ld+json"
# Ours, all of the following.
_SHORTEST_PROSE = 80
_MOST_DATA = 2_000_000
_MOST_NODES = 50_000


class EmbeddedText:
    """The places of a page's tree that may hold its text; made before scripts are taken out.

    Reading them is left for when their text is needed.
    """

    def __init__(self, tree: html.HtmlElement) -> None:
        self._scripts = [script for script in tree.iter("script") if script.text]
        self._noscripts = list(tree.iter("noscript"))

    @property
    def body_size(self) -> int:
        """No fewer than the code points of what ``read_body`` gives."""
        return sum(len(script.text) for script in self._list_body_scripts())

    def read_body(self, title: str | None) -> list[Block]:
        """The lines of the article's body in JSON-LD; ``title`` tells the page's own article."""
        scripts = self._list_body_scripts()
        if not scripts:
            return []
        root = html.Element("html")
        root.extend(scripts)
        node = read_article_node(root, [title] if title else [])
        bodies = [body for body in list_values(node.get("articleBody")) if isinstance(body, str)]
        return [block for body in bodies for block in _read_markup(body)]

    def read_unshown(self, title: str | None) -> list[Block]:
        """The lines of the longest text in <noscript>, in templates in scripts, or in the data of
        the page's own script (Next.js and its kin) that go with ``title``."""
        found = [_list_prose(noscript) for noscript in self._noscripts]
        for script in self._scripts:
            kind = (script.get("type") or "").partition(";")[0].strip().lower()
            if kind in _MARKUP_TYPES:
                found.append(_read_markup(script.text))
            elif kind == _DATA_TYPE and title and len(script.text) <= _MOST_DATA:
                found.append(_read_data(script.text, squeeze(title)))
        return max(found, key=lambda lines: sum(len(line.text) for line in lines), default=[])

    def _list_body_scripts(self) -> list[html.HtmlElement]:
        return [
            script
            for script in self._scripts
            if _LD_TYPE in script.get("type", "").lower() and '"articleBody"' in script.text
        ]


def open_shadow_roots(tree: html.HtmlElement) -> None:
    """Make declarative shadow roots of the page, which a browser shows, ordinary elements."""
    for template in list(tree.iter("template")):
        if template.get("shadowrootmode") or template.get("shadowroot"):
            template.tag = "div"


def _list_prose(element: html.HtmlElement) -> list[Block]:
    """The lines of an element, if there is prose among them."""
    lines = list_page_lines(element)
    return [line.block for line in lines] if any(line.is_prose for line in lines) else []


def _read_markup(text: str) -> list[Block]:
    """The lines of a text that may be a piece of HTML."""
    if "<" not in text:
        lines = [normalize_line(unescape(line)) for line in text.splitlines()]
        return [Block(line) for line in lines if line]
    if not _BREAKING.search(text):
        text = "<br>".join(text.splitlines())
    try:
        element = html.fragment_fromstring(text, create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError):
        return []
    etree.strip_elements(element, "script", "style", with_tail=False)
    return _list_prose(element)


def _read_data(text: str, title: str) -> list[Block]:
    """The prose in the object of a script's data that has ``title`` (squeezed) as a value."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    nodes = [node for node in _walk(data) if isinstance(node, dict)]
    owners = [
        node
        for node in nodes
        if any(isinstance(value, str) and squeeze(value) == title for value in node.values())
    ]
    found = [_list_data_prose(owner) for owner in owners]
    return max(found, key=lambda lines: sum(len(line.text) for line in lines), default=[])


def _list_data_prose(node: Any) -> list[Block]:
    texts = [value for value in _walk(node) if isinstance(value, str)]
    blocks: dict[str, Block] = {}
    for text in texts:
        if len(text) >= _SHORTEST_PROSE and text.count(" ") >= _SHORTEST_PROSE // 12:
            for block in _read_markup(text):
                blocks.setdefault(block.text, block)
    return list(blocks.values())


def _walk(value: Any) -> Iterator[Any]:
    """Yield a value of JSON and all within it, in the order of the text."""
    stack, seen = [value], 0
    while stack and seen < _MOST_NODES:
        seen += 1
        value = stack.pop()
        yield value
        inner: Iterable[Any] = ()
        if isinstance(value, dict):
            inner = value.values()
        elif isinstance(value, list):
            inner = value
        stack += reversed(list(inner))
