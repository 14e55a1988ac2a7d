"""What stands around a page's headline: whose it is, what it is called, and its text in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from itertools import islice

from lxml import html

from newsbeam.transforms.text.characters import normalize_line

NAMING = frozenset(
    ("class", "id", "itemprop", "rel", "data-test-tag", "data-testid", "data-test", "data-qa")
)
# Parts of a page that speak of other articles or of pictures, as words of classes and the like.
_ELSEWHERE = re.compile(
    r"(?<![a-z])(?:comments?|comment-?list|repl(?:y|ies)|respond|related|sidebar|popular|"
    r"recommend\w*|most-?read|trending|newsletter|menu|gallery|read-?more|next|previous|slider|"
    r"carousel|lightbox|quotes?|licen[sc]e)(?![a-z])|"
    r"(?<![a-z-])(?:widgets?|(?:site|page|global)-?footer|colophon)(?![a-z-])"
)
# Right behind a headline its own teaser, picture or header is called so, too.
_ELSEWHERE_FAR = re.compile(
    r"(?<![a-z])(?:teasers?|promo|latest|captions?|images?|picture|photo|credits?)(?![a-z])"
)
_OWN = re.compile(r"(?:article|story|entry|main)-")
_ELSEWHERE_TAGS = frozenset({"nav", "form", "blockquote", "figure", "figcaption", "select"})
_SKIPPED = frozenset(
    {"script", "style", "button", "svg", "figure", "img", "template", "noscript", "select"}
)
_APART = frozenset({"br", "dd", "div", "dl", "dt", "h2", "h3", "h4", "li", "p", "td", "tr", "ul"})
_MOST_CLOSE = 12
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def name_element(element: html.HtmlElement) -> str:
    """Return all names of an element (class, id, itemprop ...), in small letters, with a dash
    where a capital begins a word."""
    values = [value for key, value in element.items() if key in NAMING]
    return _CAMEL.sub("-", " ".join(values)).lower().replace("_", "-") if values else ""


def list_close(heading: html.HtmlElement | None) -> list[html.HtmlElement]:
    """Return the elements right behind the headline."""
    return [] if heading is None else list(islice(iterate_behind(heading), _MOST_CLOSE))


def iterate_behind(element: html.HtmlElement, *tags: str) -> Iterator[html.HtmlElement]:
    """Yield the elements that begin behind the end of ``element``, in the order of the page:
    XPath's axis ``following``, for those who need but its beginning. ``tags`` are those wanted."""
    for holder in (element, *element.iterancestors()):
        for sibling in holder.itersiblings("*"):
            yield from sibling.iter(*(tags or "*"))


def iterate_before(element: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the elements that end before ``element`` begins, the last one first: XPath's axis
    ``preceding``."""
    for holder in (element, *element.iterancestors()):
        for sibling in holder.itersiblings("*", preceding=True):
            yield from reversed(list(sibling.iter("*")))


def list_around(heading: html.HtmlElement | None) -> set[html.HtmlElement]:
    """Return the elements that hold the headline's."""
    return set() if heading is None else set(heading.iterancestors())


def stands_elsewhere(
    element: html.HtmlElement,
    around: Set[html.HtmlElement],
    *,
    asides: bool = False,
    close: bool = False,
) -> bool:
    """Return whether an element, or what is between it and ``around``, what holds the headline,
    speaks of others: comments, another article; teasers and pictures around the element, unless it
    stands ``close`` behind the headline; an <aside>, unless ``asides``."""
    in_article = any(ancestor.tag == "article" for ancestor in around)
    for ancestor in [element, *element.iterancestors()]:
        if ancestor in around or ancestor.tag == "body":
            return False
        if ancestor.tag in _ELSEWHERE_TAGS or (ancestor.tag == "aside" and not asides):
            return True
        if ancestor.tag == "article" and in_article:
            return True
        if _speaks_of_others(ancestor, close or ancestor is element):
            return True
    return False


def read_apart(
    element: html.HtmlElement, longest: int, skipped: re.Pattern[str] | None = None
) -> str:
    """Return the text of an element as a line, with a bar where another element begins without a
    space; "" where it is longer than ``longest``. Elements whose names ``skipped`` finds are left
    out."""
    if is_longer(element, 3 * longest):
        return ""
    parts: list[str] = []

    def add(text: str | None) -> None:
        if not text:
            return
        last = parts[-1] if parts else ""
        if last and last[-1].isalnum() and text[0].isalnum():
            parts.append(" | ")
        parts.append(text)

    def walk(node: html.HtmlElement) -> None:
        add(node.text)
        for child in node:
            is_named = isinstance(child.tag, str) and child.tag not in _SKIPPED
            if is_named and not (skipped and skipped.search(name_element(child))):
                bar = [" | "] if child.tag in _APART else []
                parts.extend(bar)
                walk(child)
                parts.extend(bar)
            add(child.tail)

    walk(element)
    line = normalize_line("".join(parts))
    return line if len(line) <= longest else ""


def is_longer(element: html.HtmlElement, limit: int) -> bool:
    """Return whether an element has more than ``limit`` code points of text, but for the white
    space around tags; it looks at no more of them than that."""
    length = 0
    for text in element.itertext():
        length += len(text.strip())
        if length > limit:
            return True
    return False


def _speaks_of_others(element: html.HtmlElement, close: bool) -> bool:
    return any(
        not _OWN.match(word)
        and (_ELSEWHERE.search(word) or (not close and _ELSEWHERE_FAR.search(word)))
        for word in name_element(element).split()
    )
