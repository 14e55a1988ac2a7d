"""Blocks of pages that recur with the same lines, as ``prune_xpath`` expressions to review.

A block is known by an id or a class. It is proposed where, on every page of the sample that has it,
all its lines that reached the article's text recur in three stories, or are links beside such
lines. Ours, with its numbers; in doubt nothing is proposed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import html

from newsbeam.pipelines.source.line_proposals import LEAST_PAGES
from newsbeam.transforms.clean.evidence import is_speech
from newsbeam.transforms.extract.page_lines import list_blocks
from newsbeam.transforms.extract.pruning import drop_untexted
from newsbeam.transforms.text.characters import normalize_line, squeeze

_BLOCKS = ("div", "section", "aside", "ul", "ol", "dl", "p", "figure", "header", "footer", "nav",
           "form", "table", "details")  # fmt: skip
# Generated names, which the site's next build changes, have digits or mixed case with no sense.
_STABLE_NAME = re.compile(r"[a-zA-Z](?:[a-zA-Z]|[_-](?=[a-zA-Z])){2,40}")
_LONGEST_LINK = 160
_LINK_SHARE = 0.9
_MOST_OF_TEXT = 0.25
# A block of one line is furniture where that is a sentence; shorter ones may be subheadings.
_SENTENCE_WORDS = 5
_MOST_PROPOSED = 5
_LARGE = 2_000
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SampledPage:
    """A page of the sample: its tree, the lines (kept) of its article, and those among them that
    must stay. ``id`` tells pages apart; ``has_same_story``: another page has its story, too."""

    id: str
    tree: html.HtmlElement
    kept: tuple[str, ...]
    must_stay: tuple[str, ...] = ()
    has_same_story: bool = False


@dataclass(frozen=True, slots=True)
class BlockProposal:
    """Elements to take out: the expression, lines that it takes out again and again, and all the
    lines (squeezed) that it takes out, by the page's id."""

    xpath: str
    lines: tuple[str, ...]
    taken: Mapping[str, frozenset[str]]


@dataclass
class _Seen:
    """What is known of one name. ``by_page`` has the recurring lines, ``taken`` all lines."""

    is_ruled_out: bool = False
    by_page: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    examples: dict[str, None] = field(default_factory=dict)
    size: int = 0


def propose_block_rules(
    pages: Sequence[SampledPage], recurrence: Mapping[str, int]
) -> list[BlockProposal]:
    """Return the blocks to take out, those first that take out most.

    ``recurrence`` is in how many stories each line (squeezed) is met, as ``count_recurrence``
    tells. The trees lose their scripts. Whoever takes a proposal should read the pages anew with
    it: extraction may choose other lines then.
    """
    seen: dict[str, _Seen] = defaultdict(_Seen)
    for page in pages:
        drop_untexted(page.tree)
        _look_at(page, recurrence, seen)
    repeated = {page.id for page in pages if page.has_same_story}
    fit = {
        xpath: one
        for xpath, one in seen.items()
        if not one.is_ruled_out
        and sum(bool(lines) for page, lines in one.by_page.items() if page not in repeated)
        >= LEAST_PAGES
        and _says_enough(one)
    }
    proposals: list[BlockProposal] = []
    left = {xpath: _list_pair(one) for xpath, one in fit.items()}
    while left and len(proposals) < _MOST_PROPOSED:
        best = min(left, key=lambda xpath: (-len(left[xpath]), fit[xpath].size, xpath))
        gone = left.pop(best)
        if not gone:
            break
        one = fit[best]
        taken = {page: frozenset(lines) for page, lines in one.taken.items()}
        proposals.append(BlockProposal(best, tuple(one.examples)[:_MOST_SHOWN], taken))
        left = {xpath: pairs - gone for xpath, pairs in left.items()}
    return proposals


def _look_at(page: SampledPage, recurrence: Mapping[str, int], seen: dict[str, _Seen]) -> None:
    kept = {squeeze(line) for line in page.kept}
    stay = {squeeze(line) for line in page.must_stay}
    whole = sum(map(len, page.kept))
    for element in page.tree.iter(*_BLOCKS):
        xpaths = _list_xpath(element)
        if not xpaths:
            continue
        if len(element.text_content()) > max(_LARGE, whole):
            # Whatever it holds, it is no box; and reading all of a page again for every level of
            # its tree takes long.
            for xpath in xpaths:
                seen[xpath].is_ruled_out = True
            continue
        blocks = list_blocks(element)
        lines = [b for b in blocks if squeeze(b.text) in kept]
        if not lines:
            # Whatever has this name here is not in the text; that rules nothing out.
            continue
        again = [b for b in lines if recurrence.get(squeeze(b.text), 0) >= LEAST_PAGES]
        links = _list_link_text(element)
        is_clean = (
            next(element.iter("h1"), None) is None
            and bool(again)
            and sum(len(b.text) for b in lines) <= _MOST_OF_TEXT * whole
            and not any(squeeze(b.text) in stay or is_speech(b.text) for b in lines)
            and all(b in again or _is_link(b.text, links) for b in lines)
        )
        for xpath in xpaths:
            one = seen[xpath]
            one.is_ruled_out |= not is_clean
            one.size += sum(len(b.text) for b in blocks)
            one.by_page[page.id].update(squeeze(b.text) for b in again)
            one.taken[page.id].update(squeeze(b.text) for b in lines)
            one.examples |= dict.fromkeys(b.text for b in again)


def _says_enough(one: _Seen) -> bool:
    lines = list(one.examples)
    return len(lines) > 1 or any(len(line.split()) >= _SENTENCE_WORDS for line in lines)


def _list_pair(one: _Seen) -> set[tuple[str, str]]:
    return {(page, line) for page, lines in one.taken.items() for line in lines}


def _list_xpath(element: html.HtmlElement) -> list[str]:
    """Expressions for an element by its id and by each of its classes."""
    found = []
    name = element.get("id") or ""
    if _STABLE_NAME.fullmatch(name):
        found.append(f'//*[@id="{name}"]')
    tokens = dict.fromkeys((element.get("class") or "").split())
    found += [
        f'//*[contains(concat(" ", normalize-space(@class), " "), " {token} ")]'
        for token in tokens
        if _STABLE_NAME.fullmatch(token)
    ]
    return found


def _list_link_text(element: html.HtmlElement) -> set[str]:
    texts = {squeeze(normalize_line(link.text_content())) for link in element.iter("a")}
    if element.tag == "a" or next(element.iterancestors("a"), None) is not None:
        texts.add(squeeze(normalize_line(element.text_content())))
    return {text for text in texts if text}


def _is_link(line: str, links: set[str]) -> bool:
    """Whether a line is a link's text, with little around it."""
    words = squeeze(line)
    return len(line) <= _LONGEST_LINK and any(
        link in words and len(link) >= _LINK_SHARE * len(words) for link in links
    )
