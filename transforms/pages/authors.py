"""Authors' names out of bylines and metadata, without roles and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import html

from transforms.characters import normalize_line, squeeze

_SEPARATOR = re.compile(r"\s*(?:[;|•·]|\s/\s|\s&\s|\s(?:og|och|and|und|et)\s)\s*")
_COMMA = re.compile(r"\s*,\s*")
_PREFIX = re.compile(
    r"^(?:av|by|von|af|par|por|di|door|tekst|text|skrevet av|skrive av|written by)\s*:?\s+(?=\w)",
    re.IGNORECASE,
)
_OTHER_WORK = re.compile(r"^(?:foto|photo|bilde|video|grafikk|illustrasjon)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"(?:journalist|reporter|redakt[øo]r|fotograf|korrespondent|correspondent|kommentator|editor|"
    r"redakteur|medarbeider|medarbeidar|columnist|spaltist|writer|photographer)\w*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S*@\S+|(?:https?://|www\.)\S*|\(\s*\)")
_LONGEST_NAME = 60
_LONGEST_BYLINE = 500
_BYLINE = (
    './/*[@itemprop="author"]//*[@itemprop="name"]|.//*[@itemprop="author"][not(.//*[@itemprop])]|'
    './/a[contains(concat(" ", @rel, " "), " author ")]'
)


def read_author(
    json_ld: Iterable[str], meta: Iterable[str], tree: html.HtmlElement, sites: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the authors' names, in order, each once, from the first source that has any.

    The sources: names in JSON-LD, <meta> tags, elements of the page marked as its author. Names
    of organisations stay, since a news agency is an author too; but one of ``sites``, the
    site's own names, counts only where no source names anybody else.
    """
    own = {squeeze(site) for site in sites}
    others: dict[str, str] = {}
    for source in (json_ld, meta, _list_byline(tree)):
        names: dict[str, str] = {}
        for text in source:
            for name in split_author(text):
                names.setdefault(squeeze(name), name)
        if names.keys() - own:
            return tuple(names.values())
        others = others or names
    return tuple(others.values())


def split_author(text: str) -> list[str]:
    """Return the names in a byline such as "Av Kari Nes og Ola Ås (foto), journalist".

    A text of over 500 code points is no byline and has none.
    """
    if len(text) > _LONGEST_BYLINE:
        return []
    text = normalize_line(_ADDRESS.sub(" ", text))
    names = []
    for part in _SEPARATOR.split(text):
        pieces = [piece for piece in _COMMA.split(part) if piece]
        for place, piece in enumerate(pieces):
            name = _PREFIX.sub("", re.sub(r"\s*\([^()]*\)", "", piece)).strip(" .:-–/()")
            if not any(map(str.isalpha, name)) or len(name) > _LONGEST_NAME:
                continue
            # Behind a name and a comma, small letters or one that begins a role tell what the
            # person does.
            follows = place > 0 and name[0].islower()
            if follows or _ROLE.match(name) or _OTHER_WORK.match(piece):
                continue
            names.append(name)
    return names


def _list_byline(tree: html.HtmlElement) -> Iterator[str]:
    # A generator: the page is searched only where its metadata name nobody else.
    marked = tree.xpath(_BYLINE) or [e for e in tree.iter() if _has_byline_class(e)]
    yield from (normalize_line(element.text_content()) for element in marked[:5])


def _has_byline_class(element: html.HtmlElement) -> bool:
    """Whether a class such as "byline__name" or "article-author-name" marks a name."""
    names = (element.get("class") or "").lower().split()
    return any("name" in name and ("byline" in name or "author" in name) for name in names)
