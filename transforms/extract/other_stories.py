"""Other stories on an article's page: told from the article's own parts, and taken out."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import html

from newsbeam.transforms.extract.page_cuts import Cut, cut_elements
from newsbeam.transforms.extract.page_lines import is_comment
from newsbeam.transforms.extract.surroundings import iterate_behind
from newsbeam.transforms.text.characters import normalize_line, squeeze

# Ours, all of the following.
_SHORTEST_PROSE = 80
_LEAST_STORY = 200
_LEAST_HEADING = 8
_MOST_INNER = 3
_LIVE_TYPE = "LiveBlogPosting"
_HEADINGS = ("h1", "h2", "h3", "h4")


def find_headline(tree: html.HtmlElement, title: str | None) -> html.HtmlElement | None:
    """The h1 that is ``title`` or part of it, or of the page's <title>, which has the site's name
    too; none where the page's headline is no h1 or another one."""
    headings = {heading: squeeze(heading.text_content()) for heading in tree.iter("h1")}
    for wanted in [squeeze(text) for text in (title, tree.findtext(".//title")) if text]:
        for heading, key in headings.items():
            if key == wanted or (len(key) >= _LEAST_HEADING and key in wanted):
                return heading
    return None


def find_story_heading(tree: html.HtmlElement, title: str | None) -> html.HtmlElement | None:
    """The h1 of the page's article: its headline (``title``), else the first."""
    headline = find_headline(tree, title)
    return next(tree.iter("h1"), None) if headline is None else headline


def is_live_report(tree: html.HtmlElement) -> bool:
    """Whether a page's JSON-LD says that its article is a live report; its scripts must be there
    still."""
    return any(_LIVE_TYPE in (script.text or "") for script in tree.iter("script"))


def drop_other_story(
    tree: html.HtmlElement, title: str | None, *, is_live: bool = False
) -> list[Cut]:
    """Take the other stories out of the page ``tree`` (changed in place), those behind the one
    whose h1 is the headline (``title``); returns the cuts, of the step ``later_article``. Of a live
    report (``is_live``) the <article> elements behind are posts."""
    heading = find_story_heading(tree, title)
    later = drop_later_article(heading, is_live=is_live)
    return [*later, *drop_next_story(find_headline(tree, title), is_live=is_live)]


def drop_later_article(heading: html.HtmlElement | None, *, is_live: bool = False) -> list[Cut]:
    """Take out the outermost <article> elements behind the one that holds ``heading``.

    Where that one has little text, or the page is a live report, only those go that have a
    headline of their own (an h1, or a heading that is a link) or are comments: the others are the
    article's text, its chapters, its posts.
    """
    own = None if heading is None else _find_outermost(heading)
    if own is None:
        return []
    later = [e for e in iterate_behind(own, "article") if _find_outermost(e) is None]
    if is_live or measure_prose(own) < _LEAST_STORY:
        parts = [e for e in later if not (_has_headline(e) or is_comment(e))]
        if is_live or sum(map(measure_prose, parts)) >= _LEAST_STORY:
            later = [e for e in later if e not in parts]
    return cut_elements("later_article", later, with_heading=True)


def drop_next_story(headline: html.HtmlElement | None, *, is_live: bool = False) -> list[Cut]:
    """Take out what follows the article of ``headline`` with prose and an h1 of its own, unless
    both stand in one <article>, whose chapters they are then. An <article> of its own inside that
    one is another story, however short."""
    if headline is None:
        return []
    inner = [] if is_live else _list_inner_stories(headline)
    cuts = cut_elements("later_article", inner, with_heading=True)
    later = list(_list_next_story(headline))
    return [*cuts, *cut_elements("later_article", later, with_heading=True)]


def measure_prose(element: html.HtmlElement) -> int:
    """The code points of an element's paragraphs, without captions and other short ones."""
    sizes = (len(normalize_line(p.text_content())) for p in element.iter("p"))
    return sum(size for size in sizes if size >= _SHORTEST_PROSE)


def _find_outermost(element: html.HtmlElement) -> html.HtmlElement | None:
    """The outermost <article> around an element."""
    return next(iter([*element.iterancestors("article")][::-1]), None)


def _has_headline(element: html.HtmlElement) -> bool:
    if next(element.iter("h1"), None) is not None:
        return True
    return any(
        heading.find(".//a") is not None or next(heading.iterancestors("a"), None) is not None
        for heading in element.iter(*_HEADINGS)
    )


def _list_inner_stories(headline: html.HtmlElement) -> list[html.HtmlElement]:
    """The <article> elements with an h1 inside that of ``headline``; many are posts of a report."""
    around = [headline, *headline.iterancestors()]
    own = next((element for element in around if element.tag == "article"), None)
    if own is None:
        return []
    inner = [
        article
        for article in own.iter("article")
        if article is not own
        and next(article.iterancestors("article"), None) is own
        and article not in around
        and next(article.iter("h1"), None) is not None
    ]
    if not 0 < len(inner) <= _MOST_INNER:
        return []
    sizes = {article: measure_prose(article) for article in inner}
    rest = measure_prose(own) - sum(sizes.values())
    return [a for a, size in sizes.items() if rest >= max(_LEAST_STORY, size)]


def _list_next_story(headline: html.HtmlElement) -> Iterator[html.HtmlElement]:
    # The elements around the article's headline, each with the one of them that it holds.
    around = [headline, *headline.iterancestors()]
    inner = dict(zip(around[1:], around, strict=False))
    sizes: dict[html.HtmlElement, int] = {}
    for other in iterate_behind(headline, "h1"):
        story = other
        while (shared := story.getparent()) not in inner:
            story = shared
        if story is other or story in sizes or _find_outermost(story) is not None:
            continue
        sizes[story] = measure_prose(story)
        before = inner[shared]
        if before not in sizes:
            sizes[before] = measure_prose(before)
        if min(sizes[story], sizes[before]) >= _LEAST_STORY:
            yield story
