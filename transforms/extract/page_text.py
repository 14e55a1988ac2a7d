"""The article's lines out of a parsed web page."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from lxml import html

from newsbeam.transforms.extract.body_text import (
    choose_longer,
    find_text,
    is_little,
    measure_text,
)
from newsbeam.transforms.extract.embedded_text import EmbeddedText, open_shadow_roots
from newsbeam.transforms.extract.headline import find_heading
from newsbeam.transforms.extract.lost_lines import order_as_printed, restore_lost_line
from newsbeam.transforms.extract.other_stories import drop_other_story, is_live_report
from newsbeam.transforms.extract.page_cuts import (
    find_own_element,
    list_cut_inside,
    list_left_lines,
    list_removed_lines,
)
from newsbeam.transforms.extract.page_lines import PageLine, list_blocks, list_page_lines
from newsbeam.transforms.extract.page_tree import check_text_size
from newsbeam.transforms.extract.pruning import (
    drop_chosen,
    drop_untexted,
    open_wrappers,
    prune_body,
)
from newsbeam.transforms.extract.pull_quotes import open_pull_quotes
from newsbeam.transforms.extract.standfirst import find_lead
from newsbeam.transforms.extract.surroundings import iterate_before
from newsbeam.transforms.records import Block, RemovedLine
from newsbeam.transforms.settings.source import ExtractSettings
from newsbeam.transforms.settings.xpaths import list_chosen_elements
from newsbeam.transforms.text.bylines import split_author
from newsbeam.transforms.text.characters import DASHES, normalize_line, squeeze
from newsbeam.transforms.text.datelines import list_datelines

_MOST_FURNITURE = 5
_LONGEST_FURNITURE = 100
_MOST_DATES = 1
_NEAR = timedelta(days=31)
_MOST_ABOVE = 20
_LONGEST_KICKER = 50
_MOST_BEFORE_LEAD = 3
_MOST_LEAD_LINES = 5
_COPYRIGHT = re.compile(
    r"(?:©|\(c\) |copyright\b(?=\W*(?:©|\(c\)|\d{4}|by\b|(?-i:[A-ZÆØÅÄÖÜ])|$))).*", re.IGNORECASE
)
_BESIDE_SHARE = 0.25
_UTC = ZoneInfo("UTC")
_MOST_REMOVED = 500


def extract_text(
    tree: html.HtmlElement,
    title: str | None,
    description: str | None,
    authors: Sequence[str],
    settings: ExtractSettings,
    published: datetime | None = None,
) -> tuple[list[Block], list[RemovedLine]]:
    """Return the lines of the article on the page ``tree``, in order; none if it has no text.

    ``drop_other_story`` and ``prune_body`` take out what is no article, ``find_text`` finds the
    text, ``restore_lost_line`` brings back what it lost. Its blocks become lines: headings, and
    paragraphs, list items, rows and quotations as paragraphs. Where the source says which elements
    hold the text
    (``settings.body_xpath``) and the page has them, their lines are the text.

    Lines that repeat the headline (``title`` or as the page prints it), and the kicker, byline (of
    ``authors``), date (near ``published``) and copyright around the text are dropped. The
    standfirst comes first, as a line of the kind ``lead``; ``description`` is the page's.

    Second come the lines that stood within the article and were taken out, each with the step
    that did: ``prune_xpath`` (anywhere on the page), the steps of the two, ``caption``,
    ``headline``, ``kicker``, ``byline``, and ``extractor``: what else is in the article's own
    element and not in its text. They are at most 500 of the cuts and 500 of the extractor's, of up
    to 300 code points: longer ones are cut.

    ``tree`` is changed. Raises ``ExtractorFault`` on a page that trafilatura cannot handle, and
    ``PageTooLargeError`` on one with too much text.
    """
    open_shadow_roots(tree)
    embedded = EmbeddedText(tree)
    is_live = is_live_report(tree)
    lines: list[PageLine] = []
    beside: list[RemovedLine] = []
    home = None
    open_pull_quotes(tree)
    drop_untexted(tree)
    cuts = drop_chosen(tree, settings.prune_xpath)
    chosen = _copy_body(tree, settings.body_xpath)
    open_wrappers(tree, find_heading(tree, title))
    check_text_size(tree)
    others = drop_other_story(tree, title, is_live=is_live)
    whole = deepcopy(tree)
    pruned = prune_body(tree)
    heading = find_heading(tree, title)
    headlines = {squeeze(title or "")}
    if heading is not None:
        headlines.add(squeeze(heading.text_content()))
    headlines.discard("")
    if chosen is None:
        lines = list_page_lines(tree)
        blocks = _find_blocks(tree, whole, lines, title, embedded)
        blocks, beside = _drop_beside(blocks, lines)
        home = find_own_element(lines, blocks)
        # Of a page without text all cuts are told: its rejection says what they were.
        cuts += list_cut_inside(home, [*others, *pruned]) if blocks else [*others, *pruned]
    else:
        check_text_size(chosen)
        cuts += prune_body(chosen)
        blocks = list_blocks(chosen)
    removed = list(islice(list_removed_lines(cuts), _MOST_REMOVED)) + beside
    repeats = [_repeats(block, headlines) for block in blocks]
    kept, repeated = _split(blocks, repeats)
    # The headline itself, at the head of what was found, is no loss where it is the title.
    own = int(any(repeats[:_MOST_FURNITURE]) and squeeze(repeated[0].text) == squeeze(title or ""))
    removed += [RemovedLine("headline", block.text) for block in repeated[own:]]
    steps = _find_furniture(kept, authors, _list_kicker(heading), published)
    removed += [
        RemovedLine(step, block.text) for block, step in zip(kept, steps, strict=True) if step
    ]
    kept, _ = _split(kept, steps)
    if not kept:
        return [], removed
    text = squeeze("".join(block.text for block in kept))
    lead = find_lead(heading, description, headlines, text)
    kept = open_with_lead(kept, lead) if lead else kept
    known = [block.text for block in [*kept, *repeated]] + [line.text for line in removed]
    removed += islice(list_left_lines(home, lines, known), _MOST_REMOVED)
    return kept, removed


def _find_blocks(
    tree: html.HtmlElement,
    whole: html.HtmlElement,
    lines: Sequence[PageLine],
    title: str | None,
    embedded: EmbeddedText,
) -> list[Block]:
    """The lines of the article, wherever the page has them."""
    found = order_as_printed(lines, find_text(tree, whole, lines, title))
    blocks = restore_lost_line(lines, found)
    if 2 * measure_text(blocks) < embedded.body_size:
        blocks = choose_longer(blocks, embedded.read_body(title))
    if is_little(blocks):
        blocks = choose_longer(blocks, embedded.read_unshown(title))
    return blocks


def _drop_beside(
    blocks: list[Block], lines: Sequence[PageLine]
) -> tuple[list[Block], list[RemovedLine]]:
    """Drop captions and cards of other stories, told by where the page has them alone; returns
    what stays, and them. More than a quarter of the text is text: a slide show's captions are."""
    steps = {line.key: line.step for line in lines if line.step}
    for line in lines:
        if line.step is None:
            steps.pop(line.key, None)
    marks = [steps.get(squeeze(block.text)) for block in blocks]
    kept, dropped = _split(blocks, marks)
    if measure_text(dropped) > _BESIDE_SHARE * measure_text(blocks):
        return blocks, []
    return kept, [
        RemovedLine(mark, block.text) for mark, block in zip(marks, blocks, strict=True) if mark
    ]


def open_with_lead(blocks: list[Block], lead: str) -> list[Block]:
    """Return ``blocks`` with the standfirst ``lead`` at the head, unless they have it.

    Where one of the first lines is the lead, or several whole ones are, it stands in their place;
    where the lead is part of a line or of several, nothing changes.
    """
    lead = normalize_line(lead)
    wanted = squeeze(lead)
    for place in range(min(_MOST_BEFORE_LEAD, len(blocks))):
        whole = ""
        for end, block in enumerate(blocks[place : place + _MOST_LEAD_LINES], place + 1):
            whole += squeeze(block.text)
            if whole == wanted:
                return [replace(block, text=lead, kind="lead"), *blocks[:place], *blocks[end:]]
            if not wanted.startswith(whole):
                break
    if wanted in squeeze("".join(block.text for block in blocks)):
        return blocks
    return [Block(lead, "lead"), *blocks]


def _repeats(block: Block, headlines: set[str]) -> bool:
    """Whether a line is the headline, with its kicker perhaps."""
    line = squeeze(block.text)
    return line in headlines or (
        block.kind == "heading"
        and any(line.endswith(h) and len(line) < 2 * len(h) for h in headlines)
    )


def _split(blocks: list[Block], marks: Sequence[object]) -> tuple[list[Block], list[Block]]:
    """The blocks without a mark, and those with one."""
    marked = list(zip(blocks, marks, strict=True))
    return [block for block, mark in marked if not mark], [block for block, mark in marked if mark]


def _find_furniture(
    blocks: list[Block],
    authors: Sequence[str],
    kickers: Set[str],
    published: datetime | None,
) -> list[str | None]:
    """For each line the step that takes it for what stands around an article's text, if any:
    ``kicker``, or ``byline`` (byline, date, copyright). Of dates of which nothing is said, those
    far from ``published`` are text, and so are all, where there are several: a timeline's."""
    known = {squeeze(author) for author in authors}
    roles = [_read_date_roles(block, published) for block in blocks]
    is_timeline = sum(found == {""} for found in roles) > _MOST_DATES
    head, tail = _MOST_FURNITURE, len(blocks) - _MOST_FURNITURE
    return [
        "kicker" if place < head and squeeze(block.text) in kickers
        else "byline" if (place < head or place >= tail)
        and (_is_byline(block.text, known) or (found and not (is_timeline and found == {""})))
        else None
        for place, (block, found) in enumerate(zip(blocks, roles, strict=True))
    ]  # fmt: skip


def _read_date_roles(block: Block, published: datetime | None) -> set[str]:
    """What a line that tells when its article was published says of its dates; nothing of another
    line: deadlines, programmes and events have dates too."""
    line = block.text
    is_short = len(line) <= _LONGEST_FURNITURE and any(map(str.isdigit, line))
    if not is_short or line[-1] == "." or line[0] in DASHES:
        return set()
    dates = list_datelines(line, _UTC)
    return {
        date.role
        for date in dates
        if date.role or published is None or abs(date.instant - published) <= _NEAR
    }


def _list_kicker(heading: html.HtmlElement | None) -> set[str]:
    """The short lines right above the headline, squeezed: no text of the article."""
    above = [] if heading is None else list(islice(iterate_before(heading), _MOST_ABOVE))
    lines = {squeeze(element.text or "") for element in above if len(element) == 0}
    return {line for line in lines if 0 < len(line) <= _LONGEST_KICKER}


def _is_byline(line: str, authors: set[str]) -> bool:
    if len(line) > _LONGEST_FURNITURE:
        return False
    if _COPYRIGHT.match(line):
        return True
    names = {squeeze(name) for name in split_author(line)}
    return bool(names and names <= authors)


def _copy_body(tree: html.HtmlElement, expression: str | None) -> html.HtmlElement | None:
    """The elements that ``expression`` chooses as a page of their own, where there are any."""
    elements = list_chosen_elements(tree, expression) if expression else ()
    if not elements:
        return None
    page = html.document_fromstring("<html><body></body></html>")
    for element in elements:
        copied = deepcopy(element)
        copied.tail = None
        page.body.append(copied)
    return page
