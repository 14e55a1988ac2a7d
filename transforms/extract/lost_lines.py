"""Lines of an article that an extractor lost, found by where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from lxml import html

from newsbeam.transforms.extract.body_text import find_home
from newsbeam.transforms.extract.page_lines import PageLine
from newsbeam.transforms.records import Block
from newsbeam.transforms.text.characters import squeeze

# Ours, tried on half of the saved pages: what is shorter is a caption or an appeal as often.
_SHORTEST = 80
_SHORTEST_OPENING = 100
_SHORTEST_PLACED = 30
_LEAST_KNOWN = 3
_HOME_SHARE = 0.9
_PIECE = 12
_PARAGRAPHS = frozenset({"p", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "h5", "h6"})


def order_as_printed(lines: Sequence[PageLine], blocks: list[Block]) -> list[Block]:
    """Return ``blocks`` in the order in which the page has them: trafilatura moves text that stands
    in no paragraph behind the paragraphs around it.

    A line tells its place where it is prose that the page has once, or, if none is, a line of 30
    code points; others stay behind the one that they stood behind.
    """
    keys = [squeeze(block.text) for block in blocks]
    counts = Counter(line.key for line in lines)
    once = [(place, line) for place, line in enumerate(lines) if counts[line.key] == 1]
    places = {line.key: place for place, line in once if line.is_prose}
    if places.keys().isdisjoint(keys):  # a live report may have nothing but short posts
        places = {line.key: place for place, line in once if _is_placed(line)}
    wanted = list(accumulate(map(places.get, keys), _carry))
    ranks = [-1 if place is None else place for place in wanted]
    if ranks == sorted(ranks):
        return blocks
    return [blocks[place] for place in sorted(range(len(blocks)), key=ranks.__getitem__)]


def restore_lost_line(lines: Sequence[PageLine], blocks: list[Block]) -> list[Block]:
    """Return ``blocks`` with those of the page's ``lines`` that belong among them.

    They come only from the smallest element around nine tenths of what was kept (or the <article>
    around that), and never from what stands beside a text, such as comments. A line of 80 code
    points or more belongs where at least three such lines in ``blocks`` have a parent of the same
    tag and class; a heading too, if such a line follows; a shorter one where such lines of its own
    parent stand before and behind it. The only paragraph between the headline and the text belongs
    from 100 code points on, with a link from 200. They stand behind the line that precedes them on
    the page. Lines of links stay out, but for paragraphs and items that ``drop_links`` left.
    """
    keys = [line.key for line in lines]
    places: dict[str, int] = {}
    for place, block in enumerate(blocks):
        places.setdefault(squeeze(block.text), place)
    text = "".join(squeeze(block.text) for block in blocks)
    # What no line is whole: where an extractor split lines, joined them or lost a word.
    known = set(keys)
    rest = "".join(key for key in places if key not in known)
    kept = [key in text or _is_mostly_in(key, rest) for key in keys]
    home = find_home(
        [line for line, is_kept in zip(lines, kept, strict=True) if is_kept and line.is_prose],
        _HOME_SHARE,
    )
    if home is None:
        return blocks
    inside = set(next(home.iterancestors("article"), home).iter())
    parents = [_find_parent(line) for line in lines]
    names = [_name_parent(parent) for parent in parents]
    homes: Counter[str] = Counter()
    last_of: dict[object, int] = {}
    first_of: dict[object, int] = {}
    for number, line in enumerate(lines):
        if kept[number] and line.block.kind == "paragraph" and line.element in inside:
            homes[names[number]] += len(line.text) >= _SHORTEST
            last_of[names[number]] = last_of[parents[number]] = number
            first_of.setdefault(parents[number], number)

    opening = _find_opening(lines, kept)
    added: dict[int, list[Block]] = {}
    last = -1
    for number, line in enumerate(lines):
        key = keys[number]
        last = max(last, places.get(key, -1))
        if (
            kept[number]
            or key in text
            or line.element not in inside
            or not (number in opening or homes[names[number]] >= _LEAST_KNOWN)
            or not _can_be_text(line)
        ):
            continue
        if line.block.kind == "heading":
            belongs = last >= 0 and last_of[names[number]] > number
        else:
            around = first_of.get(parents[number], number), last_of.get(parents[number], number)
            is_long = len(line.text) >= _SHORTEST or number in opening
            belongs = is_long or around[0] < number < around[1]
        if belongs:
            added.setdefault(last, []).append(line.block)
            text += key  # what a page has twice is added once
    whole = added.get(-1, [])
    for place, block in enumerate(blocks):
        whole += [block, *added.get(place, [])]
    return whole


def _find_opening(lines: Sequence[PageLine], kept: Sequence[bool]) -> Sequence[int]:
    """The place of the only paragraph between the headline and the first one that was kept, if
    there is one: a standfirst or a first paragraph in a container of its own."""
    first = next((n for n, line in enumerate(lines) if kept[n] and line.is_prose), 0)
    heads = [n for n, line in enumerate(lines[:first]) if line.element.tag == "h1"]
    if not heads:
        return ()
    between = [n for n in range(heads[-1] + 1, first) if lines[n].is_prose and not lines[n].step]
    if len(between) != 1:
        return ()
    line = lines[between[0]]
    # Service lines ("Read more about our audio version here") are short, or link and are not long.
    shortest = _SHORTEST_OPENING * (2 if line.linked else 1)
    return between if len(line.text) >= shortest else ()


def _is_placed(line: PageLine) -> bool:
    return len(line.text) >= _SHORTEST_PLACED and not line.beside and not line.is_linked


def _carry(before: int | None, place: int | None) -> int | None:
    return before if place is None else place


def _can_be_text(line: PageLine) -> bool:
    return not line.beside and (not line.is_linked or line.element.tag in ("p", "li"))


def _is_mostly_in(key: str, text: str) -> bool:
    starts = range(0, len(key) - _PIECE + 1, _PIECE // 2)
    found = sum(key[start : start + _PIECE] in text for start in starts)
    return 2 * found > len(starts)


def _find_parent(line: PageLine) -> html.HtmlElement:
    """The element in which a line's paragraph, heading or list stands, or of text that stands in
    none of these, its own."""
    element = line.element
    while element.tag in _PARAGRAPHS and element.getparent() is not None:
        element = element.getparent()
    return element


def _name_parent(element: html.HtmlElement) -> str:
    """Its tag and class; without a class, which element it is."""
    name = element.get("class")
    return f"{element.tag} {name}" if name else str(element.getroottree().getpath(element))
