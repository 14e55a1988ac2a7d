"""The authors that a page prints: marked as its byline, or in a line that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise, takewhile

from lxml import html

from newsbeam.transforms.extract.surroundings import (
    NAMING,
    is_longer,
    iterate_behind,
    list_around,
    list_close,
    name_element,
    read_apart,
    stands_elsewhere,
)
from newsbeam.transforms.text.bylines import is_desk, is_person, split_author

# As content systems call a byline and those in it, as a word of a class or another such attribute.
_MARK = re.compile(
    r"(?<![a-z])(?:by-?lines?|(?:co-?)?authors?|auth-name|forfatt(?:er|ar)\w*|författare|skribent\w*|"
    r"journalists?|writers?|written-?by|auteurs?|autor(?:en|in|es)?|verfasser|redakteur|"
    r"contributors?|vcard|hcard)(?![a-z])"
)
# What all of these have, and few other names.
_QUICK = re.compile(
    r"[Yy]-?[Ll]ine|[Aa]uth|[Aa]ute?[uo]r|[Ff][oö]rfat|ribent|rnalist|[Ww]rit|sser|kteur|tributor|card"
)
_LINE_TAGS = (
    *("address", "b", "div", "em", "h2", "h3", "h4", "h5", "i", "li", "p", "small", "span"),
    *("strong", "td"),
)
_MARKED_TAGS = (
    *_LINE_TAGS,
    *("a", "aside", "cite", "dd", "dl", "dt", "footer", "header", "section", "ul", "ol", "table"),
    *("tr", "h1", "h6", "label", "figure"),
)
# What stands beside a byline under the same name.
_BESIDE = re.compile(
    r"(?<![a-z])(?:comments?|repl(?:y|ies)|bio\w*|about|avatars?|images?|img|photos?|fotos?|"
    r"pictures?|social|follow|share|sharing|jobs?|roles?|positions?|titles?|desc(?:ription)?|tags?|"
    r"categor(?:y|ies)|counts?|dates?|time(?:stamp)?|published|updated|icons?|captions?|"
    r"newsletter|e?mail|twitter|facebook|more|archive|location|place|label|time|read(?:ing)?|quotes?|"
    r"licen[sc]e|copyright)(?![a-z])"
)
# A line of its own that begins so, and goes on with nothing but names, is a byline.
_LINE = re.compile(
    r"\s*(?:av|by|von|af|tekst|text|words|autor(?:in)?|author|forfatt[ae]r|författare|journalist|"
    r"(?:skrevet|skrive|skriven|tekst|text|written|posted|publisert|publiceret|publicerad|"
    r"published) (?:av|af|by)|"
    r"(?:geschrieben|verfasst) von)\b",
    re.IGNORECASE,
)
_AUTHOR_PAGE = re.compile(
    r"/(?:authors?|autor(?:en|es)?|auteurs?|forfatter(?:e|ar)?|skribent(?:er)?|journalist(?:er|en)?|"
    r"staff|people|persons?|profile?s?|contributors?|by|reporter|writers?|columnists?)/",
    re.IGNORECASE,
)
_BEHIND_NAME = re.compile(
    r"\s+(?:\d|(?:publi|oppdater|updated|aktualisiert|posted|veröffentlicht)\w*|"
    r"(?:on|am|den|vor|jan|feb|mar|mär|apr|may|mai|maj|jun|jul|aug|sep|oct|okt|nov|dec|des|dez)"
    r"[^\W\d_]*\.? \d).*",
    re.IGNORECASE,
)
_STRONG = re.compile(r"(?<![a-z])(?:by-?line|author$|author )")
_LABEL = re.compile(
    r"\b(?:autor|author|redaktion|redaksjon|tekst|text|words|von|by|av|af|forfatt[ae]r|journalist|"
    r"reporter|interview|intervju|redakt[øo]r)\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"(?:publi|posted|veröffentlicht|stand|quelle|kilde|källa|source|data|datum|date|fecha|updated|"
    r"oppdatert|written|skrevet|skriven|artikel|article|nachricht|pressemitteilung|autor\b|author\b|"
    r"by\b|von\b|av\b|af\b|on\b|am\b|in\b|at\b|the author|jan|feb|mars|march|april|mai|may|"
    r"juni|june|juli|july|august|september|oktober|october|november|dezember|desember|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|yesterday|i dag|i går|heute|"
    r"mehr|kontakt|info|debatt|leserbrev|lesarbrev|insändar|læserbrev|innlegg|kronikk|"
    r"kontrollert)\w*\b(?-i:(?! [A-ZÆØÅÄÖÜ]))|"
    r"(?:zur|zum|autoren\w*|hier|so)\b",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?:in|im|i|unter|under|filed|kategori\w*|categor\w*|rubrik)\b", re.IGNORECASE
)
_GLUED = re.compile(r"^(?:Author|Autor|By|Von|Av|Af)(?=[A-ZÆØÅÄÖÜ][a-zæøåäöüß])")
_LONGEST_MARKED = 200
_LONGEST_LINE = 120
_ACCOUNT_LENGTH = range(2, 41)
_MOST_DESK_WORDS = 5
_FEWEST_LISTED = 3
_MOST_CANDIDATES = 60
_MOST_NAMES = 12
_MOST_LINKS = 12
_MOST_MARKED = 500


def find_printed_authors(tree: html.HtmlElement, heading: html.HtmlElement | None) -> list[str]:
    """Return the names that the page prints as those of its authors, in order.

    They are looked for in elements that are marked as a byline (hCard, ``rel``, microdata, words of
    classes and the like), first behind ``heading``, the headline's element, then before it; then
    in links to a person's page right behind it; then in lines that begin with "Av", "By" and the
    like and have nothing but persons' names. What stands in comments, teasers, lists of articles
    and other articles is not the page's.
    """
    marked = _list_marked(tree)
    listed = _list_listed(marked)
    around, close = list_around(heading), set(list_close(heading))
    start = () if heading is None else _find_place(heading)
    behind = [element for element in marked if _find_place(element) > start]
    before = [element for element in marked if _find_place(element) < start]
    for element in [*behind[:_MOST_CANDIDATES], *before[-_MOST_CANDIDATES:]]:
        # Papers put bylines into an <aside>, too.
        asides = _STRONG.search(name_element(element)) is not None
        if element in listed or stands_elsewhere(
            element, around, asides=asides, close=element in close
        ):
            continue
        if names := _read_marked(element):
            return _add_alike(element, names, marked)
    return _read_links(heading, around) or _read_lines(tree, around)


def _find_place(element: html.HtmlElement) -> tuple[int, ...]:
    """Where an element stands in its page: of two, the later has the greater place."""
    places = []
    while (parent := element.getparent()) is not None:
        places.append(parent.index(element))
        element = parent
    return tuple(reversed(places))


def _list_marked(tree: html.HtmlElement) -> list[html.HtmlElement]:
    """The elements with a byline's mark, in the order of the page."""
    marked: list[html.HtmlElement] = []
    for element in tree.iter(*_MARKED_TAGS):
        for name, value in element.items():
            # A quick look at each, a good one at few.
            if name in NAMING and _QUICK.search(value):
                if _is_marked(element):
                    marked.append(element)
                break
        if len(marked) == _MOST_MARKED:
            break
    return marked


def _read_links(heading: html.HtmlElement | None, around: set[html.HtmlElement]) -> list[str]:
    """The person to whose page a link right behind the headline leads."""
    links = [] if heading is None else (e for e in iterate_behind(heading, "a") if e.get("href"))
    for element in islice(links, _MOST_LINKS):
        is_own = _AUTHOR_PAGE.search(element.get("href") or "") and _is_in_byline(element)
        if is_own and not stands_elsewhere(element, around):
            names = split_author(read_apart(element, _LONGEST_LINE))
            if names and all(map(is_person, names)):
                return names
    return []


def _is_in_byline(link: html.HtmlElement) -> bool:
    """Whether a link's paragraph or item has nothing but names: prose links to persons, too."""
    holder = next(link.iterancestors("p", "li", "dd", "td"), None)
    if holder is None:
        return True
    parts = split_author(read_apart(holder, _LONGEST_LINE))
    names = [name for part in parts if (name := _clean_name(part))]
    return bool(names) and all(map(is_person, names))


def _is_marked(element: html.HtmlElement) -> bool:
    return any(
        _MARK.search(word) and not _BESIDE.search(word) for word in name_element(element).split()
    )


def _list_listed(marked: Sequence[html.HtmlElement]) -> set[html.HtmlElement]:
    """Those that are marked alike three times or more, each with another name and among texts of
    its own: the authors in a list of articles."""
    alike: dict[tuple[str, str], list[html.HtmlElement]] = {}
    for element in marked:
        alike.setdefault((element.tag, element.get("class") or ""), []).append(element)
    listed: set[html.HtmlElement] = set()
    for elements in alike.values():
        if len(elements) < _FEWEST_LISTED:
            continue
        pairs = list(pairwise(elements[:_MOST_CANDIDATES]))
        apart = sum(_stand_apart(one, other) for one, other in pairs)
        if 2 * apart > len(pairs):
            listed.update(elements)
    return listed


def _stand_apart(one: html.HtmlElement, other: html.HtmlElement) -> bool:
    """Whether two authors' elements have other texts between them and different names."""
    first, second = (read_apart(element, _LONGEST_MARKED) for element in (one, other))
    if not first or not second or first == second:
        return False
    above = set(one.iterancestors())
    shared = next((e for e in other.iterancestors() if e in above), None)
    return shared is not None and is_longer(shared, 2 * (len(first) + len(second)) + 50)


def _read_marked(element: html.HtmlElement) -> list[str]:
    text = read_apart(element, _LONGEST_MARKED, _BESIDE)
    parts = takewhile(lambda part: not _SECTION.match(part), split_author(text))
    names = [name for part in parts if (name := _clean_name(part))]
    persons = [name for name in names if is_person(name)]
    others = [name for name in names if name not in persons and _is_account(name)]
    if not persons:
        return others
    # One of several may go by one name.
    is_one = len(others) == 1 and others[0][0].isupper() and not others[0].isupper()
    return [name for name in names if name in persons or is_one]


def _clean_name(text: str) -> str | None:
    """A name without the words and dates that stand beside it; None where there is none."""
    label, colon, rest = text.rpartition(":")
    if colon and not (_LABEL.search(label) and is_person(rest.strip())):
        return None
    name = _BEHIND_NAME.sub("", _GLUED.sub("", rest.strip(" .:-–~>")))
    return None if not name or _NO_NAME.match(name) else name


def _is_account(name: str) -> bool:
    """Whether a marked name can be a desk's or a user's."""
    words = name.split()
    if len(words) == 1:
        is_named = name[0].isupper() or is_desk(name) or name.isascii()
        return is_named and len(name) in _ACCOUNT_LENGTH
    return (
        (name[0].isupper() or is_desk(words[0]))
        and len(words) <= (_MOST_DESK_WORDS if is_desk(name) else 2)
        and not any(map(str.isdigit, name))
        and name[-1].isalpha()
    )


def _add_alike(
    element: html.HtmlElement, names: list[str], marked: list[html.HtmlElement]
) -> list[str]:
    """``names`` and those in the elements beside it that are marked alike."""
    parent = element.getparent()
    around = [parent, None if parent is None else parent.getparent()]
    alike = [
        other
        for other in marked
        if other.tag == element.tag
        and other.get("class") == element.get("class")
        and other is not element
        and (other.getparent() is parent or other.getparent().getparent() is around[1])
    ]
    more = [name for other in alike[:_MOST_NAMES] for name in _read_marked(other)]
    return [*names, *more][:_MOST_NAMES]


def _read_lines(tree: html.HtmlElement, around: set[html.HtmlElement]) -> list[str]:
    """The names in the first line that begins as bylines do and has nothing but persons."""
    lines: dict[tuple[str, str], list[list[str]]] = {}
    for element in tree.iter(*_LINE_TAGS):
        if not (element.text and _LINE.match(element.text)):
            continue
        text = read_apart(element, _LONGEST_LINE, _BESIDE)
        if text.endswith(("?", "!")):
            continue
        names = [_BEHIND_NAME.sub("", name) for name in split_author(text)]
        if names and all(map(is_person, names)) and not stands_elsewhere(element, around):
            lines.setdefault((element.tag, element.get("class") or ""), []).append(names)
    # More of a kind are those of a list of articles.
    return next((found[0] for found in lines.values() if len(found) < _FEWEST_LISTED), [])
