"""The article among a page's JSON-LD (schema.org): found, with its references resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from newsbeam.transforms.extract.headline import ENOUGH_SHARED, compare_headlines
from newsbeam.transforms.text.characters import normalize_line, squeeze

LdNode = dict[str, Any]

# schema.org/Article and its kin end so; a page about an article may carry its fields instead.
_ARTICLE = re.compile(r"(?:article|(?:blog|media|forum)posting|report|review)$", re.IGNORECASE)
_PAGE = re.compile(r"(?:webpage|itempage)$", re.IGNORECASE)
_OTHER_WORK = re.compile(r"(?:recipe|howto|creativework|episode)$", re.IGNORECASE)
_ORGANIZATION = re.compile(r"organi[sz]ation$|corporation$", re.IGNORECASE)
_WRAPPERS = ("//", "/*", "<![CDATA[", "<!--", "*/")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
# A page seldom has over ten thousand nodes; a hostile one must not keep a worker busy.
_MOST_NODES = 10_000
_MOST_VALUES = 100
_MOST_UNESCAPED = 2
_DECODER = json.JSONDecoder(strict=False)
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|)')
_VALUE = r'(?:["{\[]|-?\d|(?:true|false|null)\b)'
_STRING_END = re.compile(rf'"\s*(?:[}}\]]|$|[:,]\s*{_VALUE}|,\s*[}}\]])')
_STRING_PART = re.compile(r'\\.|"', re.DOTALL)
# What can be had, one by one, of a script that is no JSON.
_KEY = re.compile(
    r'"(datePublished|dateModified|headline|isAccessibleForFree|author)"\s*:\s*(?=["\[{tf])'
)
_NAME = re.compile(r"[\w@$:./-]+")
_MOST_TRIES = 20


def read_article_node(
    tree: html.HtmlElement, headlines: Sequence[str], addresses: Iterable[str] = ()
) -> LdNode:
    """Return the JSON-LD node that describes the page's article, or an empty dictionary.

    Pages also describe related articles. So the node with one of ``headlines`` (what the page
    gives as its own) is taken, else the one with one of ``addresses`` (the page's), else the first
    article that does not differ from the page in both, else the first page or other work; several
    with such a headline or address fill each other's gaps. Values are plain JSON; ``{"@id": ...}``
    references of one level are replaced by the node they point to. Scripts that are not JSON are
    mended where the fault is common (comments around them, a comma, an escape or a reference too
    many, marks of quotation within a string, one value behind another), else only their dates,
    headline, author and isAccessibleForFree are read. Nothing here takes more than linear time.
    """
    nodes = [node for value in _parse_scripts(tree) for node in _walk(value)]
    articles = [node for node in nodes if _has_type(node, _ARTICLE)]
    wanted = {squeeze(headline) for headline in headlines}
    places = {place for address in addresses if (place := _find_place(address))}
    named = [
        node
        for node in articles
        if any(squeeze(headline) in wanted for headline in list_texts(node.get("headline")))
    ]
    placed = [node for node in articles if _list_places(node) & places]
    likely = [node for node in articles if not _is_foreign(node, headlines, places)]
    pages = [node for node in nodes if _has_type(node, _PAGE)]
    others = [node for node in nodes if _has_type(node, _OTHER_WORK)]
    loose = [node for node in nodes if "datePublished" in node and "@type" not in node]
    chosen: LdNode = {}
    for node in named or placed or likely[:1] or pages[:1] or others[:1] or loose[:1]:
        chosen = node | chosen
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    return {key: _resolve(value, by_id) for key, value in chosen.items()}


def list_values(value: Any) -> list[Any]:
    """Return a JSON-LD value, which may be one or several or none, as a list."""
    if isinstance(value, dict) and (inner := value.keys() & {"@list", "@set", "@value"}):
        return list_values(value[inner.pop()])
    return value if isinstance(value, list) else [] if value is None else [value]


def list_texts(value: Any) -> list[str]:
    """Return the texts of a JSON-LD value as lines, without HTML's character references."""
    lines = [_read_line(item) for item in list_values(value) if isinstance(item, str)]
    return [line for line in lines if line]


def list_names(value: Any) -> list[str]:
    """Return the texts of a JSON-LD value that holds texts or things with a name.

    A person without one has its givenName and familyName.
    """
    return [name for item in list_values(value) for name in _list_own_names(item)]


def list_organizations(value: Any) -> list[str]:
    """Return the names in a JSON-LD value that are said to be an organisation's."""
    named = [item for item in list_values(value) if isinstance(item, dict)]
    return [
        name for item in named if _has_type(item, _ORGANIZATION) for name in _list_own_names(item)
    ]


def _list_places(node: LdNode) -> set[str]:
    """The addresses that a node gives as its own."""
    given: list[Any] = []
    for key in ("url", "@id", "mainEntityOfPage"):
        for value in list_values(node.get(key)):
            given += [value.get("@id"), value.get("url")] if isinstance(value, dict) else [value]
    return {place for text in given if isinstance(text, str) and (place := _find_place(text))}


def _find_place(address: str) -> str | None:
    """What of an address tells a story, whatever its host; none of a front page's."""
    try:
        parts = urlsplit(address.strip().lower())
    except ValueError:
        return None
    path = f"{parts.path.rstrip('/')}?{parts.query}".rstrip("?")
    return path if path.startswith(("/", "?")) else None


def _is_foreign(node: LdNode, headlines: Sequence[str], places: Set[str]) -> bool:
    """Whether both the headline and the address of a node are another story's."""
    own, given = _list_places(node), list_texts(node.get("headline"))
    if not (own and places and given and headlines) or own & places:
        return False
    pairs = ((one, other) for one in given for other in headlines)
    return all(compare_headlines(one, other) < ENOUGH_SHARED for one, other in pairs)


def _list_own_names(item: Any) -> list[str]:
    if not isinstance(item, dict):
        return list_texts(item)
    if names := list_texts(item.get("name")):
        return names
    parts = [list_texts(item.get(key))[:1] for key in ("givenName", "familyName")]
    whole = " ".join(part for texts in parts for part in texts)
    return [whole] if whole else []


def _read_line(text: str) -> str:
    for _ in range(_MOST_UNESCAPED):
        text = unescape(text)
    return normalize_line(text)


def _parse_scripts(tree: html.HtmlElement) -> Iterator[Any]:
    for script in tree.iter("script"):
        kind = (script.get("type") or "").partition(";")[0].strip().lower()
        if kind == "application/ld+json" and script.text:
            yield from _parse(script.text)


def _parse(text: str) -> list[Any]:
    """The values that a script holds, one behind the other."""
    text = text.lstrip("\ufeff \t\r\n")
    for wrapper in _WRAPPERS:
        text = text.removeprefix(wrapper).lstrip()
    for mend in (_keep, _mend_references, _mend_commas, _mend_escapes):
        text = mend(text)
        if values := _decode(text):
            return values
    guessed = _decode(_mend_quotes(text))
    has_names = all(_NAME.fullmatch(key) for value in guessed for key in _list_keys(value))
    return guessed if guessed and has_names else [_read_known_keys(text)]


def _list_keys(value: Any) -> list[str]:
    return [key for item in list_values(value) if isinstance(item, dict) for key in item]


def _decode(text: str) -> list[Any]:
    values: list[Any] = []
    place = 0
    while place < len(text) and len(values) < _MOST_VALUES:
        try:
            value, place = _DECODER.raw_decode(text, place)
            if isinstance(value, str):  # JSON that was written as a string of JSON
                value, _ = _DECODER.raw_decode(value)
        except (ValueError, RecursionError):  # no JSON; JSON that is nested thousands of times
            break
        values.append(value)
        while place < len(text) and text[place] in " \t\r\n,;":
            place += 1
    return values


def _keep(text: str) -> str:
    return text


def _mend_references(text: str) -> str:
    return (
        unescape(text) if text[:20].replace(" ", "").startswith(("{&quot;", "[{&quot;")) else text
    )


def _mend_commas(text: str) -> str:
    return _TRAILING_COMMA.sub("", text)


def _mend_escapes(text: str) -> str:
    """Drop backslashes that escape nothing, and those before all marks of quotation."""
    if text[:20].replace(" ", "").startswith(('{\\"', '[{\\"')):
        text = text.replace('\\"', '"')
    return _ESCAPE.sub(lambda found: found[0] if found[1] else "", text)


def _mend_quotes(text: str) -> str:
    """Escape the marks of quotation that are not followed by what can follow a string."""
    parts: list[str] = []
    done, inside = 0, False
    for found in _STRING_PART.finditer(text):
        if found[0] != '"':
            continue
        if not inside:
            inside = True
        elif _STRING_END.match(text, found.start()):
            inside = False
        else:
            parts += [text[done : found.start()], '\\"']
            done = found.end()
    return "".join([*parts, text[done:]])


def _read_known_keys(text: str) -> LdNode:
    known: LdNode = {}
    for found, _ in zip(_KEY.finditer(text), range(_MOST_TRIES), strict=False):
        try:
            known.setdefault(found[1], _DECODER.raw_decode(text, found.end())[0])
        except (ValueError, RecursionError):
            continue
    return known


def _walk(value: Any) -> Iterator[LdNode]:
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


def _has_type(node: LdNode, pattern: re.Pattern[str]) -> bool:
    return any(isinstance(t, str) and pattern.search(t) for t in list_values(node.get("@type")))


def _resolve(value: Any, by_id: dict[str, LdNode]) -> Any:
    if isinstance(value, list):
        return [_resolve(item, by_id) if isinstance(item, dict) else item for item in value]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and "name" not in value:
        return by_id.get(value["@id"], value)
    return value
