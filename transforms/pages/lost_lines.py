"""Paragraphs and headings of an article that an extractor lost, found by where they stand."""

from __future__ import annotations

from collections import Counter

from lxml import html

from transforms.characters import normalize_line, squeeze
from transforms.records import Block

_HEADINGS = ("h2", "h3", "h4")
# Ours, tried on half of the saved pages: what is shorter is a caption or an appeal as often.
_SHORTEST = 80
_LEAST_KNOWN = 3
_MOST_LINKED = 0.5
_PIECE = 20


def restore_lost_line(tree: html.HtmlElement, blocks: list[Block]) -> list[Block]:
    """Return ``blocks`` with the lines of the page ``tree`` that belong among them.

    A paragraph of 80 code points or more belongs where at least three paragraphs in ``blocks``
    have a parent of the same tag and class; a heading too, if such a paragraph follows. Those
    stand behind the line that precedes them on the page. Lines of links stay out.
    """
    places: dict[str, int] = {}
    for place, block in enumerate(blocks):
        places.setdefault(squeeze(block.text), place)
    text = "".join(squeeze(block.text) for block in blocks)
    candidates = [
        (element, line, squeeze(line))
        for element in tree.iter("p", *_HEADINGS)
        if (line := normalize_line(element.text_content()))
    ]
    is_known = [_is_in(key, text) for _, _, key in candidates]
    homes: Counter[str] = Counter()
    last_of: dict[str, int] = {}
    for number, (element, line, _) in enumerate(candidates):
        if element.tag == "p" and is_known[number]:
            last_of[_name_home(element)] = number
            homes[_name_home(element)] += len(line) >= _SHORTEST

    added: dict[int, list[Block]] = {}
    last = -1
    for number, (element, line, key) in enumerate(candidates):
        last = max(last, places.get(key, -1))
        home = _name_home(element)
        if is_known[number] or homes[home] < _LEAST_KNOWN or key in text or _is_linked(element):
            continue
        if element.tag == "p" and len(line) >= _SHORTEST:
            added.setdefault(last, []).append(Block(line))
        elif element.tag != "p" and last >= 0 and last_of[home] > number:
            added.setdefault(last, []).append(Block(line, "heading"))
        else:
            continue
        text += key  # what a page has twice is added once
    whole = added.get(-1, [])
    for place, block in enumerate(blocks):
        whole += [block, *added.get(place, [])]
    return whole


def _is_in(key: str, text: str) -> bool:
    """Whether most of a line is in a text: an extractor may leave out a word or split the line."""
    if key in text:
        return True
    starts = range(0, len(key) - _PIECE + 1, _PIECE // 2)
    found = sum(key[start : start + _PIECE] in text for start in starts)
    return 2 * found > len(starts)


def _is_linked(element: html.HtmlElement) -> bool:
    linked = sum(len(link.text_content()) for link in element.iter("a"))
    return linked > _MOST_LINKED * len(element.text_content())


def _name_home(element: html.HtmlElement) -> str:
    """What tells an element's parent: its tag and class, or itself where it has no class."""
    parent = element.getparent()
    if parent is None:
        return ""
    name = parent.get("class")
    return f"{parent.tag} {name}" if name else str(parent.getroottree().getpath(parent))
