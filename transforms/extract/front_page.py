"""Whether what was found on a page is an article's text, or the teasers of others. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import html

from newsbeam.transforms.records import Block
from newsbeam.transforms.text.characters import squeeze

# All ours, from the saved pages: no article is near them. Teasers that make a page a list, the
# longest teaser, the shortest headline (letters and digits), and how much of the text they are.
_FEWEST, _LONGEST, _SHORTEST_HEADLINE, _SHARE = 5, 400, 20, 0.8
# Under a headline of the page's own, so much that no link covers is a section, not a teaser.
_SECTION = 100
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


@dataclass(frozen=True, slots=True)
class Teaser:
    """A story that a page links to: its headline, and all that stands around it and around no
    other. Letters and digits only."""

    headline: str
    text: str


def list_teasers(tree: html.HtmlElement) -> list[Teaser]:
    """The teasers on a page. On one with a headline of its own, 100 letters without a link are a
    section of its text: a guide's parts have headings that lead to more."""
    longest = _SECTION if _has_headline(tree) else _LONGEST
    links = [link for link in tree.iter("a") if _is_story_link(link)]
    first: dict[html.HtmlElement, str] = {}
    shared = set()
    for link in links:
        for element in (link, *link.iterancestors()):
            if first.setdefault(element, link.get("href")) != link.get("href"):
                shared.add(element)
    teasers, seen = [], set()
    for link in links:
        if link.get("href") in seen:
            continue
        seen.add(link.get("href"))
        card = link
        for element in link.iterancestors():
            if element in shared:
                break
            card = element
        text, headline = squeeze(card.text_content()), squeeze(link.text_content())
        if len(text) <= _LONGEST and len(text) - len(headline) < longest:
            teasers.append(Teaser(headline, text))
    return teasers


def is_front_page(teasers: Sequence[Teaser], blocks: Sequence[Block]) -> bool:
    """Whether the text in ``blocks`` is hardly more than teasers."""
    if len(teasers) < _FEWEST:
        return False
    cards = "\n".join(teaser.text for teaser in teasers)
    texts = sorted((squeeze(block.text) for block in blocks), key=len, reverse=True)
    spare = (1 - _SHARE) * sum(map(len, texts))
    told: set[str] = set()
    for text in texts:  # the longest first: most articles are told by one
        if text in cards:
            told |= {teaser.text for teaser in teasers if text in teaser.text}
        else:
            inside = [teaser for teaser in teasers if teaser.headline in text]
            told |= {teaser.text for teaser in inside}
            spare -= max(0, len(text) - sum(len(teaser.headline) for teaser in inside))
        if spare < 0:
            return False
    return len(told) >= _FEWEST


def _has_headline(tree: html.HtmlElement) -> bool:
    """Whether an h1 is longer than the name of a paper or a section, and no link."""
    return any(
        len(squeeze(heading.text_content())) >= _SHORTEST_HEADLINE
        and heading.find(".//a") is None
        and next(heading.iterancestors("a"), None) is None
        for heading in tree.iter("h1")
    )


def is_declared(tree: html.HtmlElement) -> bool:
    """Whether a page calls itself an article."""
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if name == "article:published_time":
            return True
        if name == "og:type" and "article" in (meta.get("content") or "").lower():
            return True
    return False


def _is_story_link(link: html.HtmlElement) -> bool:
    """A headline that leads to another page: in a heading, or around one, or long enough."""
    href = (link.get("href") or "").strip()
    if not href or href.startswith("#"):
        return False
    if len(squeeze(link.text_content())) < _SHORTEST_HEADLINE:
        return False
    parent = link.getparent()
    is_heading = any(e.tag in _HEADINGS for e in link.iter()) or (
        parent is not None and parent.tag in _HEADINGS
    )
    # Beside other words of its paragraph it is a part of a sentence.
    return is_heading or not (parent is not None and parent.tag == "p" and _has_words(parent, link))


def _has_words(parent: html.HtmlElement, link: html.HtmlElement) -> bool:
    return len(squeeze(parent.text_content())) > len(squeeze(link.text_content()))
