"""When an article was published: what its page states and prints, compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from zoneinfo import ZoneInfo

from lxml import html

from newsbeam.transforms.extract.json_ld import LdNode, list_texts
from newsbeam.transforms.extract.surroundings import (
    iterate_before,
    iterate_behind,
    list_around,
    list_close,
    name_element,
    read_apart,
    stands_elsewhere,
)
from newsbeam.transforms.text.characters import normalize_line
from newsbeam.transforms.text.datelines import has_date_label, list_datelines
from newsbeam.transforms.text.dates import find_instant, is_plausible

# Names of <meta> (property, name or itemprop), best evidence first, in small letters.
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "article:published:time",
    "http://ogp.me/ns/article#published_time",
    "datepublished",
    "parsely-pub-date",
    "cxenseparse:recs:publishtime",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "sailthru.date",
    "publish-date",
    "publishdate",
    "pubdate",
    "dcterms.date",
    "dc.date",
    "date",
)
_MODIFIED = (
    "article:modified_time",
    "og:article:modified_time",
    "article:modified:time",
    "http://ogp.me/ns/article#modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "og:updated_time",
    "last-modified",
)
_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-]?(\d\d)[/-]?(\d\d)(?=[/_.-]|$)")
# As content systems call what prints the date, as a word of a class.
_DATE_NAME = re.compile(
    r"(?<![a-z])(?:date(?:s|line|published)?|dato|datum|time(?:stamp)?|published|publish-date|"
    r"pubdate|posted)(?![a-z])"
)
_UPDATE_NAME = re.compile(r"(?<![a-z])(?:update|updated|modified|last-modified)(?![a-z])")
_LINE_TAGS = (
    *(
        "a",
        "address",
        "b",
        "dd",
        "div",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "i",
        "li",
        "p",
        "small",
    ),
    *("span", "strong", "td", "time"),
)
# No two places' clocks are further apart (in seconds), and most differ by whole quarters.
_WIDEST_SHIFT = 14 * 3600
_ZONE_STEP = 900
_SAME_TIME = 60
_FEWEST_LISTED = 3
_LONGEST_LINE = 140
_MOST_BEHIND = 60
_MOST_BEFORE = 30
_MOST_TIMES = 12
_MOST_LABELLED = 5_000


@dataclass(frozen=True, slots=True)
class Publication:
    """When an article was published, by which evidence and as that writes it, and when it was
    changed; None where nothing tells."""

    published_at: datetime | None = None
    published_at_from: str | None = None
    published_at_text: str | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Evidence:
    name: str
    instant: datetime
    is_day: bool
    words: str
    role: str = ""
    kind: tuple[str, str] = ("", "")  # the tag and the class of what prints it


def read_publication(
    tree: html.HtmlElement,
    heading: html.HtmlElement | None,
    node: LdNode,
    meta: Mapping[str, Sequence[str]],
    url: str | None,
    timezone: ZoneInfo,
    language: str | None,
    latest: datetime | None,
) -> Publication:
    """Return when the article on the page ``tree`` was published and changed.

    What data state (``jsonld``: ``node``; ``meta``) goes before what is printed (``time_tag``;
    ``text``, or ``text_day`` without a time), that before the day in the address (``url_day``).
    Twice the printed date near ``heading`` decides: where data state several days, and it agrees
    with one of them; where they state a day only. Of several writings of the same instant one that
    tells the local time is kept.

    Of the printed dates, those said to be of the publication go before those of which nothing is
    said, and a date of a change is the last resort. ``language`` is the page's; ``latest`` is when
    the page was fetched: later dates are not believed, nor those before 1990.
    """
    return _Dates(tree, heading, node, meta, url, timezone, language, latest).choose()


class _Dates:
    """The dates of one page; what is printed is searched for only where it is needed."""

    def __init__(
        self,
        tree: html.HtmlElement,
        heading: html.HtmlElement | None,
        node: LdNode,
        meta: Mapping[str, Sequence[str]],
        url: str | None,
        timezone: ZoneInfo,
        language: str | None,
        latest: datetime | None,
    ) -> None:
        self._tree = tree
        self._heading = heading
        self._around = list_around(heading)
        self._close = set(list_close(heading))
        self._timezone = timezone
        self._language = language
        self._latest = latest
        issued = [text for key in ("datePublished", "dateCreated") for text in _texts(node, key)]
        marked = [text for name in _PUBLISHED for text in meta.get(name, ())]
        self._stated = [*self._read("jsonld", issued), *self._read("meta", marked)]
        changed = [text for name in _MODIFIED for text in meta.get(name, ())]
        self._changed = self._read("", [*_texts(node, "dateModified"), *changed])
        self._address = self._read("url_day", ["-".join(d) for d in _URL_DAY.findall(url or "")])

    def choose(self) -> Publication:
        chosen = self._choose_stated()
        if chosen is None:
            options = [self._printed, *self._address, self._updated]
            chosen = next((option for option in options if option), None)
        change = self._changed[0].instant if self._changed else None
        if chosen is None:
            return Publication(modified_at=change)
        if change and change < chosen.instant:
            change = None  # systems write when the entry was made, or nonsense
        return Publication(chosen.instant, chosen.name, chosen.words, change)

    def _choose_stated(self) -> _Evidence | None:
        if not self._stated:
            return None
        first = self._stated[0]
        differing = [other for other in self._stated if not self._agree(first, other)]
        if (differing or first.is_day) and (printed := self._printed):
            agreeing = [other for other in self._stated if self._agree(printed, other)]
            if first.is_day and not printed.is_day:
                return printed
            if differing and agreeing:
                first = agreeing[0]
        return replace(first, words=self._find_local_words(first))

    def _agree(self, one: _Evidence, other: _Evidence) -> bool:
        """Whether two dates may be of the same day: in the place where either is written, or as
        the same instant that one of them states without a zone, or in a wrong one."""
        apart = abs((one.instant - other.instant).total_seconds())
        is_shifted = apart <= _WIDEST_SHIFT and apart % _ZONE_STEP < _SAME_TIME
        either_day = one.is_day or other.is_day
        return bool(_list_days(one) & _list_days(other)) or (is_shifted and not either_day)

    def _find_local_words(self, chosen: _Evidence) -> str:
        """How the page writes the chosen instant in its own time, where it does so anywhere: with
        an offset, or as a time without one that is the same to the second."""
        if chosen.instant.utcoffset():
            return chosen.words
        tags = (element.get("datetime") or "" for element in self._tree.iter("time"))
        for other in [*self._stated, *self._read("", islice(tags, _MOST_TIMES))]:
            apart = (other.instant - chosen.instant).total_seconds()
            is_naive = other.instant.tzinfo is self._timezone and chosen.instant.second > 0
            is_shifted = abs(apart) <= _WIDEST_SHIFT and apart % _ZONE_STEP == 0
            if (is_shifted and is_naive) or (not apart and other.instant.utcoffset()):
                return other.words
        return chosen.words

    @cached_property
    def _printed(self) -> _Evidence | None:
        """The printed date of publication: said to be one, or one of which nothing is said."""
        dates = [date for date in self._dates if date.role != "updated"]
        return next((d for d in dates if d.role), dates[0] if dates else None) or next(
            self._list_far(), None
        )

    @cached_property
    def _updated(self) -> _Evidence | None:
        return next((date for date in self._dates if date.role == "updated"), None)

    @cached_property
    def _dates(self) -> list[_Evidence]:
        """The dates that are printed around the headline, those in <time> first."""
        return _drop_listed([*self._list_times(), *self._list_lines()])

    def _list_times(self) -> Iterator[_Evidence]:
        """Yield times of <time>: those marked as publication, then what is by the headline."""
        path = './/*[@itemprop="datePublished" or @pubdate][self::time or @datetime or @content]'
        marked = self._tree.xpath(path)
        near: list[html.HtmlElement] = []
        if self._heading is not None:
            own = "(ancestor::*[self::article or self::header][1]//time)"
            near = [
                *self._heading.xpath(own)[:_MOST_TIMES],
                *islice(iterate_behind(self._heading, "time"), _MOST_TIMES),
            ]
        times = list(dict.fromkeys([*marked, *near]))
        for element in times:
            if len(times) > 1 and stands_elsewhere(element, self._around):
                continue
            stated = element.get("datetime") or element.get("content") or ""
            role = "published" if element in marked else _find_role(element)
            if found := self._read("time_tag", [stated]):
                yield replace(found[0], role=role, kind=_find_kind(element))
            else:
                for date in self._read_element(element):
                    yield replace(date, name="time_tag", role=date.role or role)

    def _list_lines(self) -> Iterator[_Evidence]:
        """Yield the dates in the short lines around the headline."""
        if self._heading is None:
            return
        header = next(self._heading.iterancestors("header"), None)
        own = [] if header is None else list(header.iterdescendants(*_LINE_TAGS))
        behind = islice(iterate_behind(self._heading, *_LINE_TAGS), _MOST_BEHIND)
        lines_before = (e for e in iterate_before(self._heading) if e.tag in _LINE_TAGS)
        before = list(islice(lines_before, _MOST_BEFORE))
        near = [*own[:_MOST_BEHIND], *behind, *reversed(before)]
        for element in dict.fromkeys(near):
            dates = list(self._read_element(element))
            close = element in self._close
            if dates and not stands_elsewhere(element, self._around, asides=True, close=close):
                yield from dates

    def _list_far(self) -> Iterator[_Evidence]:
        """Yield the dates that are said to be of the publication wherever they stand, then those
        in elements that are called dates."""
        named: list[_Evidence] = []
        for element in islice(self._tree.iter(*_LINE_TAGS), _MOST_LABELLED):
            name = name_element(element)
            is_named = _DATE_NAME.search(name) and not _UPDATE_NAME.search(name)
            if not is_named and not _is_labelled(element):
                continue
            if not any(map(str.isdigit, read_apart(element, _LONGEST_LINE))):
                element = element.getparent()  # the label has an element of its own
            dates = list(self._read_element(element))
            if dates and not stands_elsewhere(element, self._around):
                yield from (date for date in dates if date.role == "published")
                named += [date for date in dates if is_named and not date.role]
        yield from _drop_listed(named) or named

    def _read_element(self, element: html.HtmlElement) -> Iterator[_Evidence]:
        line = read_apart(element, _LONGEST_LINE)
        if not any(map(str.isdigit, line)):
            return
        loose = _DATE_NAME.search(name_element(element)) is not None
        for date in list_datelines(line, self._timezone, self._language, loose=loose):
            if is_plausible(date.instant, self._latest):
                name = "text_day" if date.is_day else "text"
                kind = _find_kind(element)
                yield _Evidence(name, date.instant, date.is_day, date.words, date.role, kind)

    def _read(self, name: str, values: Iterable[str]) -> list[_Evidence]:
        """The plausible instants among ``values``, as evidence called ``name``."""
        found = []
        for value in values:
            # A system wrote it: the page's language says nothing of the order of its numbers.
            read = find_instant(value, self._timezone)
            if read is not None and is_plausible(read[0], self._latest):
                found.append(_Evidence(name, read[0], read[1], normalize_line(value)))
        return found


def _texts(node: LdNode, key: str) -> list[str]:
    return list_texts(node.get(key))


def _is_labelled(element: html.HtmlElement) -> bool:
    texts = [element.text or "", *(child.tail or "" for child in element)]
    return any(0 < len(text) <= _LONGEST_LINE and has_date_label(text) for text in texts)


def _find_kind(element: html.HtmlElement) -> tuple[str, str]:
    return element.tag, element.get("class") or ""


def _drop_listed(dates: list[_Evidence]) -> list[_Evidence]:
    """``dates`` without those that are printed alike for several days: of a list of articles."""
    days: dict[tuple[str, str], set[str]] = {}
    for date in dates:
        days.setdefault(date.kind, set()).add(date.instant.date().isoformat())
    return [d for d in dates if d.role == "published" or len(days[d.kind]) < _FEWEST_LISTED]


def _list_days(evidence: _Evidence) -> set[str]:
    instant = evidence.instant
    return {instant.date().isoformat(), instant.astimezone(UTC).date().isoformat()}


def _find_role(element: html.HtmlElement) -> str:
    """What is said of the date in an element: by it, by its name, or right before it."""
    before, parent = element.getprevious(), element.getparent()
    names = [name_element(e) for e in (element, parent) if e is not None and len(e) <= 1]
    named = " ".join(names).split()
    updated = [word for word in named if _UPDATE_NAME.search(word)]
    # hAtom calls each date "updated", beside its own name.
    if updated and all(word in updated for word in named if _DATE_NAME.search(word)):
        return "updated"
    words = [read_apart(element, _LONGEST_LINE)]
    if before is not None:
        words += [before.tail or "", read_apart(before, _LONGEST_LINE)]
    elif parent is not None:
        words.append(parent.text or "")
    return next((role for text in words if (role := has_date_label(text))), "")
