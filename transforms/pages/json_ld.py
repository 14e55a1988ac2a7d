"""The article among a page's JSON-LD (schema.org): found, with its references resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

from lxml import html

from transforms.characters import normalize_line, squeeze

Node = dict[str, Any]

# schema.org/Article and its kin end so; a page about an article may carry its fields instead.
_ARTICLE = re.compile(r"(?:article|posting|report|review)$", re.IGNORECASE)
_PAGE = re.compile(r"(?:webpage|itempage)$", re.IGNORECASE)
_WRAPPERS = ("//", "/*", "<![CDATA[", "<!--", "*/")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
# A page seldom has over ten thousand nodes; a hostile one must not keep a worker busy.
_MOST_NODES = 10_000
_DECODER = json.JSONDecoder(strict=False)
# What can be had, one by one, of a script that is no JSON.
_SCALAR = re.compile(
    r'"(datePublished|dateModified|headline|isAccessibleForFree)"\s*:\s*'
    r'("(?:[^"\\\n]|\\.){1,500}"|true|false)'
)


def read_article_node(tree: html.HtmlElement, headlines: Sequence[str]) -> Node:
    """Return the JSON-LD node that describes the page's article, or an empty dictionary.

    Pages also describe related articles. So the node with one of ``headlines`` (what the page
    gives as its own) is taken, else the first article, else the first page. Values are plain
    JSON; ``{"@id": ...}`` references of one level are replaced by the node they point to.
    Scripts that are not JSON are mended where the fault is common (comments around them, a comma
    too many, text behind), else only their dates, headline and isAccessibleForFree are read.
    Nothing here takes more than linear time.
    """
    nodes = [node for value in _parse_scripts(tree) for node in _walk(value)]
    articles = [node for node in nodes if _has_type(node, _ARTICLE)]
    wanted = {squeeze(headline) for headline in headlines}
    own = [
        node
        for node in articles
        if any(squeeze(headline) in wanted for headline in list_text(node.get("headline")))
    ]
    pages = [node for node in nodes if _has_type(node, _PAGE)]
    loose = [node for node in nodes if "datePublished" in node and "@type" not in node]
    chosen = next(iter(own or articles or pages or loose), None)
    if chosen is None:
        return {}
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    return {key: _resolve(value, by_id) for key, value in chosen.items()}


def list_value(value: Any) -> list[Any]:
    """Return a JSON-LD value, which may be one or several or none, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def list_text(value: Any) -> list[str]:
    """Return the texts of a JSON-LD value as lines, without HTML's character references."""
    lines = [normalize_line(unescape(v)) for v in list_value(value) if isinstance(v, str)]
    return [line for line in lines if line]


def list_name(value: Any) -> list[str]:
    """Return the texts of a JSON-LD value that holds texts or things with a name."""
    return [
        name
        for item in list_value(value)
        for name in list_text(item.get("name") if isinstance(item, dict) else item)
    ]


def _parse_scripts(tree: html.HtmlElement) -> Iterator[Any]:
    for script in tree.iter("script"):
        kind = (script.get("type") or "").partition(";")[0].strip().lower()
        if kind == "application/ld+json" and script.text:
            yield _parse(script.text)


def _parse(text: str) -> Any:
    text = text.lstrip("\ufeff \t\r\n")
    for wrapper in _WRAPPERS:
        text = text.removeprefix(wrapper).lstrip()
    for candidate in (text, _TRAILING_COMMA.sub("", text)):
        try:
            return _DECODER.raw_decode(candidate)[0]
        except (ValueError, RecursionError):  # no JSON; JSON that is nested thousands of times
            continue
    scalars: Node = {}
    for key, value in _SCALAR.findall(text):
        try:
            scalars.setdefault(key, json.loads(value, strict=False))
        except ValueError:  # an escape that JSON does not have
            continue
    return scalars


def _walk(value: Any) -> Iterator[Node]:
    """Yield the nodes of a script, outer ones first, in the order of the text."""
    stack, seen = [value], 0
    while stack and seen < _MOST_NODES:
        seen += 1
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            inner = [value.get(key) for key in ("@graph", "mainEntity", "mainEntityOfPage")]
            stack += [item for item in reversed(inner) if isinstance(item, dict | list)]
        elif isinstance(value, list):
            stack += [item for item in reversed(value) if isinstance(item, dict | list)]


def _has_type(node: Node, pattern: re.Pattern[str]) -> bool:
    return any(isinstance(t, str) and pattern.search(t) for t in list_value(node.get("@type")))


def _resolve(value: Any, by_id: dict[str, Node]) -> Any:
    if isinstance(value, list):
        return [_resolve(item, by_id) if isinstance(item, dict) else item for item in value]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and "name" not in value:
        return by_id.get(value["@id"], value)
    return value
