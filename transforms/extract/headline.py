"""An article's headline among the several that its page gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

from lxml import html

from newsbeam.transforms.extract.surroundings import (
    iterate_behind,
    name_element,
    stands_elsewhere,
)
from newsbeam.transforms.text.characters import OPENING_MARKS, normalize_line, squeeze

# What stands between a headline and the site's name, or the section's.
_SEPARATOR = re.compile(r"\s+(?:[-–—·•:›»~/⋆]|::|\|\|)\s+|\s*[|ǀ：｜]\s*|\s*›\s*")
# Also these, but only beside the site's own name.
_LOOSE_SEPARATOR = re.compile(rf"{_SEPARATOR.pattern}|\s*[:,]\s+")
_LONGEST = 300
# As content systems call the words that stand above a headline, and a site's name.
_KICKER_CLASS = re.compile(
    r"(?:^|[\s_-])(?:kicker|eyebrow|overline|topline|roofline|dachzeile|spitzmarke|strapline|"
    r"stikktittel|stikktitel|vignett?e?|pre-?title|supertitle)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LOGO_CLASS = re.compile(
    r"(?:^|[\s_-])(?:logo|brand|branding|site-?title|site-?name|sitename|blog-?title|masthead)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_APART = frozenset({"br", "div", "p", "small", "h2", "h3", "li"})
_WORD = re.compile(r"\w+")
# From this share of words on, two texts are of one story.
ENOUGH_SHARED = 0.4
_FEWEST_WORDS = 3
_MOST_UNESCAPED = 3
# As content systems call an article's headline that is no h1.
_HEADLINE_NAME = re.compile(
    r"(?<![a-z])(?:(?:entry|post|article|story|news|page|node|item)-?(?:title|headline|heading)|headline)"
    r"(?![a-z])"
)
_LONGEST_SITE = 4
_FEWEST_PARAGRAPHS = 2
_MOST_BEHIND = 12
_SHORTEST_PROSE = 80
_BETWEEN = " -–—:|/·•"
_CUT_MARKS = frozenset(OPENING_MARKS + "'‘’")


def list_h1_texts(tree: html.HtmlElement) -> list[str]:
    """Return the texts of the page's h1 elements that can be headlines."""
    return _keep_possible(_read_text(element) for element in tree.iter("h1"))


def _list_headings(tree: html.HtmlElement, sites: Set[str]) -> list[html.HtmlElement]:
    """Return the h1 elements of the page that are not its logo or one of ``sites``, the site's
    own names, squeezed."""
    return [
        element
        for element in tree.iter("h1")
        if squeeze(_read_text(element)) not in {"", *sites} and not _is_logo(element)
    ]


def find_heading(
    tree: html.HtmlElement, title: str | None, sites: Set[str] = frozenset()
) -> html.HtmlElement | None:
    """Return the element that prints the headline ``title``, or else the first h1 that can."""
    headings = _list_headings(tree, sites)
    agreeing = [
        h for h in headings if title and compare_headlines(_read_text(h), title) >= ENOUGH_SHARED
    ]
    if agreeing or not title:
        return next(iter([*agreeing, *headings]), None)
    wanted = squeeze(title)
    lesser = (h for h in tree.iter("h2", "h3") if squeeze(h.text_content()) == wanted)
    return next(lesser, next(iter([*headings, *tree.iter("h1")]), None))


def read_headline(
    tree: html.HtmlElement,
    stated: Iterable[str],
    shared: Iterable[str],
    sites: Set[str],
    entry: str | None = None,
) -> str | None:
    """Return the headline of the article on the page ``tree``.

    ``stated`` is JSON-LD's, ``shared`` og:title and its kin, best first; ``entry`` is that of the
    feed's entry; ``sites`` are the site's own names, squeezed.

    The printed headline is the one h1 that is not the site's logo, of several the one that best
    agrees with what is stated anywhere. It is believed if it agrees with any of that, says more,
    or stands in the article. What its h1 holds beside it, a kicker or a standfirst, is cut off
    where it is marked or where something states the rest. Else the stated ones are taken: <title>
    is written for search engines, so of the others the first that differs from it, where all agree
    that. The site's name is cut off.
    """
    element = next(tree.iter("title"), None)
    tab = _keep_possible([element.text_content()] if element is not None else [])
    whole = next(iter(tab), "")
    headings = {_clean(_read_text(heading)): heading for heading in _list_headings(tree, sites)}
    stated, shared, tab = (
        [_cut_site(text, sites, headings) for text in _keep_possible(texts)]
        for texts in (stated, shared, tab)
    )
    evidence = [*stated, *shared, *tab, *_keep_possible([entry or ""])]
    headings = {
        text: heading
        for text, heading in headings.items()
        if 0 < len(text) <= _LONGEST and not _is_section(text, evidence)
    }
    if headline := _choose_printed(headings, evidence):
        return _cut_beside(headline, headings[headline], evidence)
    stated, shared = ([_mend_cut(text, evidence) for text in texts] for texts in (stated, shared))
    own = [text for text in (*stated[:1], *shared[:1]) if not _begin_alike(text, tab)]
    known = [text for text in (*own, *stated, *shared, *tab) if squeeze(text) not in sites]
    said = [*stated, *shared, *tab]
    if not headings and all(len(text.split()) <= _LONGEST_SITE for text in said):
        names = sites | _list_site_names(tree, whole)
        is_nameless = all(squeeze(text) in names for text in said)
        lesser = _find_lesser(tree) if is_nameless else None
        if lesser is not None:
            return _clean(_read_text(lesser))
    return next(iter([*known, *headings, *own, *stated, *shared, *tab]), None)


def _keep_possible(texts: Iterable[str]) -> list[str]:
    return [line for text in texts if 0 < len(line := _clean(text)) <= _LONGEST]


def _clean(text: str) -> str:
    """``text`` as a line without HTML's character references, which systems write twice."""
    for _ in range(_MOST_UNESCAPED):
        if "&" not in text or (plain := unescape(text)) == text:
            break
        text = plain
    return normalize_line(text)


def _read_text(heading: html.HtmlElement) -> str:
    """The text of a heading, without a kicker at its head that is marked so."""
    parts: list[str] = [heading.text or ""]
    kicked = False
    for child in heading:
        if isinstance(child.tag, str):
            is_kicker = bool(
                _KICKER_CLASS.search(child.get("class") or "") and not "".join(parts).strip()
            )
            kicked = kicked or is_kicker
            before = child.getprevious()
            is_beside = child.tag == "span" and before is not None and before.tag == "span"
            apart = " " if child.tag in _APART or (is_beside and not before.tail) else ""
            parts += [apart, "" if is_kicker else child.text_content(), apart]
        parts.append(child.tail or "")
    text = "".join(parts).strip()
    if kicked:  # "– Vi gir oss ikke" keeps its dash
        text = text.lstrip(_BETWEEN)
    return text or str(heading.text_content())


def _is_logo(heading: html.HtmlElement) -> bool:
    """Whether an h1 is the site's name: marked so, or a link to the front page."""
    around = [heading, *([] if heading.getparent() is None else [heading.getparent()])]
    if any(_LOGO_CLASS.search(f"{e.get('class') or ''} {e.get('id') or ''}") for e in around):
        return True
    links = [*heading.iter("a"), *(e for e in around[1:] if e.tag == "a")]
    return any(_leads_home(link.get("href") or "") for link in links)


def _list_site_names(tree: html.HtmlElement, tab: str) -> Set[str]:
    """What the page's logo says (an h1 that is one, or a link to the front page), if the page's
    <title>, ``tab``, says no more than that."""
    logos = [heading for heading in tree.iter("h1") if _is_logo(heading)]
    hrefs = ((link, link.get("href") or "") for link in tree.iter("a"))
    links = [link for link, href in hrefs if not href.startswith("#") and _leads_home(href)]
    texts = [element.text_content() for element in (*logos, *links)]
    texts += [image.get("alt") or "" for link in links for image in link.iter("img")]
    names = {squeeze(text) for text in texts if len(text.split()) <= _LONGEST_SITE}
    return names - {""} if squeeze(tab) in names else frozenset()


def _find_lesser(tree: html.HtmlElement) -> html.HtmlElement | None:
    """The h2 or h3 that is the headline of a page where all else is the site's name: the only one
    that is marked so, or the first with two paragraphs right under it."""
    lesser = [
        heading
        for heading in tree.iter("h2", "h3")
        if 0 < len(_clean(_read_text(heading))) <= _LONGEST and not stands_elsewhere(heading, set())
    ]
    marked = [heading for heading in lesser if _HEADLINE_NAME.search(name_element(heading))]
    if marked:
        return marked[0] if len(marked) == 1 else None
    return next(
        (heading for heading in lesser if _count_prose(heading) >= _FEWEST_PARAGRAPHS), None
    )


def _count_prose(heading: html.HtmlElement) -> int:
    """How many paragraphs stand between a heading and the next."""
    count = 0
    behind = iterate_behind(heading, "p", "h1", "h2", "h3", "article", "nav", "footer", "aside")
    for element in islice(behind, _MOST_BEHIND):
        if element.tag != "p":
            break
        count += len(normalize_line(element.text_content())) >= _SHORTEST_PROSE
    return count


def _leads_home(href: str) -> bool:
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return False
    return bool(href.strip()) and not (parts.path.strip("/") or parts.query or parts.fragment)


def _is_section(text: str, evidence: Sequence[str]) -> bool:
    """Whether a short h1 is what a stated headline begins with: "Sport: Brann vant serien"."""
    fewer = len(_WORD.findall(text)) < _FEWEST_WORDS
    return fewer and any(other.startswith(f"{text}: ") for other in evidence)


def _choose_printed(
    headings: Mapping[str, html.HtmlElement], evidence: Sequence[str]
) -> str | None:
    """The printed headline that what is stated supports, if any is."""
    support = {
        text: max((compare_headlines(text, other) for other in evidence), default=0.0)
        for text in headings
    }
    best = max(support, key=lambda text: support[text], default=None)
    if best is not None and support[best] >= ENOUGH_SHARED:
        return best
    if len(headings) != 1:
        return None
    (text, heading), *_ = headings.items()
    longest = max((len(_WORD.findall(other)) for other in evidence), default=0)
    says_more = len(_WORD.findall(text)) > max(longest, _FEWEST_WORDS - 1)
    in_article = next(heading.iterancestors("article"), None) is not None
    return text if (says_more or in_article) and not _is_printed(heading, evidence) else None


def _is_printed(heading: html.HtmlElement, evidence: Sequence[str]) -> bool:
    """Whether a lesser heading prints what is stated."""
    stated = {squeeze(text) for text in evidence}
    lesser = heading.getroottree().getroot().iter("h2", "h3")
    return any(squeeze(element.text_content()) in stated for element in lesser)


def compare_headlines(one: str, other: str) -> float:
    """How much of the shorter of two headlines is in the other one, from 0 to 1."""
    first, second = squeeze(one), squeeze(other)
    if first in second or second in first:
        return 1.0 if first and second else 0.0
    a, b = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    return len(a & b) / (min(len(a), len(b)) or 1)


def _cut_beside(headline: str, heading: html.HtmlElement, evidence: Sequence[str]) -> str:
    """``headline`` without what its h1 holds above or below it: what is left is stated.

    Where only punctuation differs, the parts were joined by it in what is stated.
    """
    whole, parts = squeeze(headline), {squeeze(part.text_content()) for part in heading}
    for text in evidence:
        rest = squeeze(text)
        if whole == rest and parts:
            return text
        if whole == rest or len(_WORD.findall(text)) < _FEWEST_WORDS:
            continue
        if whole.endswith(rest) or (whole.startswith(rest) and whole[len(rest) :] in parts):
            return text
    return headline


def _mend_cut(title: str, evidence: Sequence[str]) -> str:
    """``title`` whole, where a quotation mark in it ended its attribute."""
    for text in evidence:
        behind = text[len(title) :].lstrip()
        if text.startswith(title) and behind and behind[0] in _CUT_MARKS:
            return text
    return title


def _begin_alike(one: str, others: Sequence[str]) -> bool:
    first = squeeze(one)
    pairs = ((first, squeeze(other)) for other in others)
    return any(a.startswith(b) or b.startswith(a) for a, b in pairs)


def _cut_site(title: str, sites: Set[str], printed: Iterable[str]) -> str:
    """Cut the site's name off either end, and what goes on behind a printed headline."""
    title = _cut_name(title, sites)
    headlines = {squeeze(text) for text in printed}
    for match in _SEPARATOR.finditer(title):
        before, after = squeeze(title[: match.start()]), squeeze(title[match.end() :])
        # A short h1 before a long rest is the name of a section.
        if before in headlines and len(before) >= len(after):
            return title[: match.start()]
    return title


def _cut_name(title: str, sites: Set[str]) -> str:
    for match in _LOOSE_SEPARATOR.finditer(title):
        if squeeze(title[match.end() :]) in sites:
            return title[: match.start()]
        if squeeze(title[: match.start()]) in sites:
            return title[match.end() :]
    return title
