"""What of a page cannot be its article, told by structure alone and taken out beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import html

from transforms.characters import normalize_line, squeeze
from transforms.pages.xpaths import list_chosen

# Never text of an article; taken out first, since every later step copies and walks the tree.
_NO_TEXT_TAGS = ("script", "style", "noscript", "template", "svg", "iframe", "canvas", "object")
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_LISTS = frozenset({"ul", "ol", "dl", "nav", "menu"})
_LINK_BLOCKS = ("p", "li", "span", *sorted(_LISTS))
_BOXES = ("div", "section", "aside", "figure", "details")
# Words for readers of screens only, which the page hides by a class (names from the WAI, Bootstrap
# and WordPress), and texts that open over a word of a sentence.
_UNSEEN_CLASS = re.compile(
    r"(?:^|[\s_-])(?:visually-?hidden|sr-only|screen-?reader(?:-text)?|tooltip|popover)"
    r"(?:$|[\s_-])|_definition_",
    re.IGNORECASE,
)
# Boxes beside an article, by the names that content systems give them.
_BOX_CLASS = re.compile(
    r"(?:^|[\s_-])(?:facts?-?box|fakta-?(?:boks|box|ruta|rute)|info-?box|newsletter|nyhetsbrev)",
    re.IGNORECASE,
)
# Boxes by their heading: facts, and summaries by a machine.
_BOX_HEADING = re.compile(
    r"(?:kort fortalt|kortversjon(?:en)?|kort oppsummert|kort sagt|kort om saken|i korthet|"
    r"(?:saken|saka) (?:kort )?(?:oppsummert|fortalt)|oppsummert|oppsummering|sammendrag|samandrag|"
    r"sammanfattning|sammenfatning|resumé|key points|summary|ai summary|"
    r"fakta(?:boks|ruta)?)\W*|fakta(?: om\b|:).{1,60}",
    re.IGNORECASE,
)
# Ours, all of the following: tried on half of the saved pages, in steps.
_LONGEST_UNSEEN = 400
_LONGEST_LINKS = 250
_LONGEST_HEADING = 60
_LINK_SHARE = 0.75
_TEASER_SHARE = 0.5
_INLINE_LINKS = 3
_BOX_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Cut:
    """An element that was taken out of a page, the step that did it, and where it stood."""

    step: str
    element: html.HtmlElement
    parent: html.HtmlElement


def prune_page(tree: html.HtmlElement) -> list[Cut]:
    """Take out of the page ``tree`` (changed in place) what is not its article; returns the cuts.

    In this order, by the steps' names: elements that hold no text (no cuts); ``later_article``,
    <article> elements behind the one with the h1, which are other stories; ``hidden``, short
    texts that the page does not show, tooltips and definitions among them; ``box``, boxes of
    facts and summaries; ``links``, blocks of links with the heading over them. Nothing that holds
    an h1 is taken out.
    """
    drop_untexted(tree)
    return [*drop_later_article(tree), *prune_body(tree)]


def prune_body(tree: html.HtmlElement) -> list[Cut]:
    """The steps of ``prune_page`` that an article's own body needs too."""
    return [*drop_unseen(tree), *drop_box(tree), *drop_links(tree)]


def drop_chosen(tree: html.HtmlElement, expressions: Iterable[str]) -> list[Cut]:
    """Take out what a source's ``prune_xpath`` expressions choose, whatever it holds."""
    cuts = []
    for expression in expressions:
        for element in list_chosen(tree, expression):
            if element.tag != "body":
                cuts.append(Cut("prune_xpath", element, element.getparent()))
                element.drop_tree()
    return cuts


def drop_untexted(tree: html.HtmlElement) -> None:
    """Take out scripts, styles, drawings and frames."""
    for element in list(tree.iter(*_NO_TEXT_TAGS)):
        _drop(element)


def drop_later_article(tree: html.HtmlElement) -> list[Cut]:
    """Take out the outermost <article> elements behind the first that has an h1."""
    top = [
        element
        for element in tree.iter("article")
        if next(element.iterancestors("article"), None) is None
    ]
    with_heading = [place for place, element in enumerate(top) if element.find(".//h1") is not None]
    later = top[with_heading[0] + 1 :] if with_heading else ()
    return _cut("later_article", later)


def drop_unseen(tree: html.HtmlElement) -> list[Cut]:
    """Take out texts of up to 400 code points that are hidden; longer ones may be the article,
    which some pages hide until a script has run."""
    cuts = []
    for element in tree.xpath("//body//*[@hidden or @role='tooltip' or @class]"):
        is_unseen = (
            element.get("hidden") is not None
            or element.get("role") == "tooltip"
            or _is_unseen_class(element.get("class") or "")
        )
        if is_unseen and len(element.text_content()) <= _LONGEST_UNSEEN:
            cuts += _cut("hidden", [element])
    return cuts


def drop_box(tree: html.HtmlElement) -> list[Cut]:
    """Take out boxes of up to a quarter of the page's text, by their class, or by a heading such
    as "Kort fortalt" or "Fakta om brua" over a list."""
    most = _BOX_SHARE * len(tree.text_content())
    boxes = [e for e in tree.iter(*_BOXES) if _BOX_CLASS.search(e.get("class") or "")]
    for element in tree.iter(*_HEADINGS, "strong", "b", "p", "span", "div", "summary"):
        text = normalize_line(element.text or "") if len(element) == 0 else ""
        if text and _BOX_HEADING.fullmatch(text):
            boxes += [box for box in [_find_box(element)] if box is not None]
    cuts = []
    for box in boxes:
        if len(box.text_content()) <= most:
            cuts += _cut("box", [box])
    return cuts


def drop_links(tree: html.HtmlElement) -> list[Cut]:
    """Take out blocks of links, and what heads nothing else.

    Those are lists with three quarters of their text in links, or half of it where every item
    has one (teasers with a kicker); paragraphs and items of up to 250 code points with three
    quarters; and three links or more that open over a word of a sentence.
    """
    cuts = []
    links = list(tree.iter("a"))
    lengths = {link: _count(link) for link in links}
    around = dict.fromkeys(e for link in links for e in link.iterancestors(*_LINK_BLOCKS))
    for element in [element for element in around if _is_dense(element, lengths)]:
        before = element.getprevious()
        if cut := _cut("links", [element]):
            cuts += cut
            if before is not None and _heads_nothing(before):
                cuts += _cut("links", [before])
    return cuts


@lru_cache(maxsize=10_000)  # a page has few classes and many elements of each
def _is_unseen_class(name: str) -> bool:
    return _UNSEEN_CLASS.search(name) is not None


def _find_box(heading: html.HtmlElement) -> html.HtmlElement | None:
    """The smallest element around a box's heading that holds more than it, if that is a list."""
    for element in heading.iterancestors(*_BOXES):
        if len(squeeze(element.text_content())) > len(squeeze(heading.text_content())):
            return element if element.find(".//li") is not None else None
    return None


def _is_dense(element: html.HtmlElement, lengths: Mapping[html.HtmlElement, int]) -> bool:
    """Whether a block is made of links; ``lengths`` has the code points of each link."""
    own = _count(element)
    links = list(element.iter("a"))
    share = sum(lengths[link] for link in links) / own if own else 0
    if element.tag == "span":
        # The innermost one: around it stands the word, which may be a link too.
        inner = element.iterdescendants("span")
        is_list = len(links) >= _INLINE_LINKS
        return (
            is_list
            and share >= _LINK_SHARE
            and not any(len(span.findall(".//a")) >= _INLINE_LINKS for span in inner)
        )
    if element.tag not in _LISTS:
        return own <= _LONGEST_LINKS and share >= _LINK_SHARE
    items = element.findall("li")
    are_teasers = len(items) > 1 and all(item.find(".//a") is not None for item in items)
    return share >= (_TEASER_SHARE if are_teasers else _LINK_SHARE)


def _heads_nothing(element: html.HtmlElement) -> bool:
    """Whether an element is a heading, or a short line like one, with nothing left under it."""
    after = element.getnext()
    if (element.tail or "").strip():
        return False
    if element.tag in _HEADINGS:
        return after is None or after.tag in _HEADINGS
    if element.tag not in ("p", "div", "strong", "b", "span"):
        return False
    text = normalize_line(element.text_content())
    if not 0 < len(text) <= _LONGEST_HEADING or text[-1] in ".!?":
        return False
    bold = "".join(e.text_content() for e in element.iter("strong", "b"))
    return text[-1] == ":" or normalize_line(bold) == text or after is None


def _count(element: html.HtmlElement) -> int:
    return len(" ".join(element.text_content().split()))


def _cut(step: str, elements: Iterable[html.HtmlElement]) -> list[Cut]:
    """Take elements out; returns a cut for each that could be."""
    cuts = []
    for element in elements:
        parent = element.getparent()
        if _drop(element):
            cuts.append(Cut(step, element, parent))
    return cuts


def _drop(element: html.HtmlElement) -> bool:
    """Take an element out, its tail not, unless it holds an h1 or is the root."""
    if element.getparent() is None or next(element.iter("h1"), None) is not None:
        return False
    element.drop_tree()
    return True
