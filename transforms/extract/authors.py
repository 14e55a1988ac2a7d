"""A page's authors: what its data name compared with the byline that it prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lxml import html

from newsbeam.transforms.extract.json_ld import LdNode, list_names, list_organizations
from newsbeam.transforms.extract.printed_authors import find_printed_authors
from newsbeam.transforms.text.bylines import is_person, split_author
from newsbeam.transforms.text.characters import squeeze

# As the last words of a <meta> name, which has a system's or a vocabulary's before.
_META = re.compile(
    r"(?:^|[.:_\s-])(?:authors?|author[_-]?names?|by-?lines?|byl|creator(?:\.aut)?|rbauthors|"
    r"written by|skrevet av|verfasst von|geschrieben von)$"
)
_TURNED = re.compile(
    r"^([A-ZÆØÅÄÖÜ][a-zà-öø-ÿ][\w'’-]*), ([A-ZÆØÅÄÖÜ][a-zà-öø-ÿ][\w-]*(?: [A-Z]\.)?)$"
)
_NO_AUTHOR_META = frozenset({"twitter:creator", "twitter:author", "smartbanner:author"})
# As Yoast's plug-in labels the second pair of Twitter's card.
_LABELS = frozenset(
    "written by|skrevet av|skrevet af|skriven av|verfasst von|geschrieben von|by|av".split("|")
)


# News agencies are authors beside persons, too, where data say that they are organisations.
_AGENCIES = frozenset(
    "ntb npk tt ritzau stt afp ap apa dpa reuters bloomberg sda kna epd efe".split()
)
_PLACES = frozenset(
    "germany deutschland norway norge noreg denmark danmark sweden sverige austria österreich "
    "switzerland schweiz usa uk".split()
)


def read_authors(
    tree: html.HtmlElement,
    heading: html.HtmlElement | None,
    node: LdNode,
    meta: Mapping[str, Sequence[str]],
    sites: Iterable[str] = (),
) -> tuple[str, ...]:
    """Return the authors' names, in order, each once.

    The sources, best first: the names in JSON-LD (``node``), those in <meta> elements, what is
    printed (``find_printed_authors``). The first that names a person is taken; organisations beside
    persons stay, since a news agency is an author too, but ``sites``, the site's own names, go.
    Where none names a person (a first name alone may be a desk's or a user's) it is the first that
    names anybody but the site; else the site.
    """
    own = {squeeze(site) for site in sites}
    stated = node.get("author") or node.get("creator")
    companies = list_organizations(stated)
    own -= _AGENCIES
    found: list[dict[str, str]] = []
    for source in _list_sources(tree, heading, stated, companies, meta):
        names: dict[str, str] = {}
        for name in source:
            names.setdefault(squeeze(name), name)
        if any(is_person(name) and key not in own for key, name in names.items()):
            left_out = own | {squeeze(name) for name in companies} - _AGENCIES
            return tuple(name for key, name in names.items() if key not in left_out)
        found.append(names)
    *data, printed = found
    others = [names for names in data if names.keys() - own]
    return next((tuple(names.values()) for names in [*others, *data, printed] if names), ())


def _list_sources(
    tree: html.HtmlElement,
    heading: html.HtmlElement | None,
    stated: object,
    companies: Sequence[str],
    meta: Mapping[str, Sequence[str]],
) -> Iterator[list[str]]:
    # A generator: the page is searched only where its data name nobody else.
    yield [
        name
        for text in list_names(stated)
        # "Avisa GmbH, Munich, Germany" is one name.
        for name in (
            [text.partition(",")[0].strip()] if text in companies else split_author(_turn(text))
        )
    ]
    named = [
        names
        for texts in _list_meta(meta)
        if (names := [name for text in texts for name in _split_meta(text)])
    ]
    personal = (names for names in named if any(map(is_person, names)))
    yield next(personal, next(iter(named), []))
    yield find_printed_authors(tree, heading)


def _turn(name: str) -> str:
    """ "Nes, Kari" as "Kari Nes"."""
    return _TURNED.sub(r"\2 \1", name)


def _list_meta(meta: Mapping[str, Sequence[str]]) -> Iterator[Sequence[str]]:
    named = [name for name in meta if _META.search(name) and name not in _NO_AUTHOR_META]
    for name in sorted(named, key=_rank):
        yield meta[name]
    for number in "123":
        labels = meta.get(f"twitter:label{number}", ())
        if any(label.casefold() in _LABELS for label in labels):
            yield meta.get(f"twitter:data{number}", ())


def _split_meta(text: str) -> list[str]:
    names = split_author(text)
    # "Avisa AS, Oslo, Norway" is one name.
    return names[:1] if names and names[-1].casefold() in _PLACES else names


def _rank(name: str) -> int:
    """What is said of the article goes before what may be said of the site."""
    return 0 if "article" in name else 2 if name in ("author", "authors") else 1
