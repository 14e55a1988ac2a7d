"""The elements of RSS and Atom by name, whatever their namespace is spelt like, and their texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import TypeAlias

from lxml import etree

from transforms.feed_text import escape_text, has_line_tag, read_html

# Namespaces by family, in small letters and without what ends them. The family of RSS and Atom
# themselves is empty.
_FAMILIES = {
    "": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/atom/ns": "",
    "http://purl.org/rss/1.0": "",
    "http://purl.org/net/rss1.1": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/elements/1.0": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://purl.org/rss/1.0/modules/syndication": "sy",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_PRISM = re.compile(r"http://prismstandard\.org/namespaces/(?:basic/)?\d")
_ATOM = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"
ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

HTML_TYPES = ("html", "text/html", "xhtml", "application/xhtml+xml")
TEXT_TYPES = ("text", "text/plain")


Element: TypeAlias = etree._Element
Fields: TypeAlias = dict[str, list[Element]]


def name_element(element: Element) -> str:
    """Return an element's name in small letters with its family ("dc:creator"), if it has one.

    Elements of namespaces that are not known are of the family ``x``.
    """
    return _name_tag(element.tag)


@lru_cache(maxsize=4096)
def _name_tag(tag: str) -> str:
    namespace, _, name = tag.rpartition("}")
    key = namespace.lstrip("{").lower().rstrip("/#")
    family = _FAMILIES.get(key)
    if family is None:
        family = "prism" if _PRISM.match(key) else "x"
    return f"{family}:{name.lower()}" if family else name.lower()


def iter_children(element: Element, name: str) -> Iterator[Element]:
    """Yield the children of ``element`` that ``name_element`` gives the name ``name``."""
    return (child for child in element.iterchildren(etree.Element) if name_element(child) == name)


def collect_fields(*parents: Element) -> Fields:
    """The children of elements by name; those of a ``media:group`` count as well."""
    fields: Fields = {}
    for parent in parents:
        for child in parent.iterchildren(etree.Element):
            name = name_element(child)
            fields.setdefault(name, []).append(child)
            if name == "media:group":
                for key, inner in collect_fields(child).items():
                    fields.setdefault(key, []).extend(inner)
    return fields


def read_text(element: Element) -> str:
    """All text in an element, without white space at its ends."""
    return "".join(element.itertext()).strip()


def list_texts(fields: Fields, *names: str) -> list[str]:
    """The texts of the fields of these names that have any, in the order of the names."""
    found = (read_text(element) for name in names for element in fields.get(name, ()))
    return [text for text in found if text]


def first_text(fields: Fields, *names: str) -> str | None:
    """The first of ``list_texts``."""
    return next(iter(list_texts(fields, *names)), None)


def read_type(element: Element) -> str:
    """The element's ``type`` in small letters, without parameters; empty if it has none."""
    return (element.get("type") or "").partition(";")[0].strip().lower()


def read_construct(element: Element) -> str:
    """A text construct (RFC 4287 section 3.1), or one of RSS, which is HTML, as HTML."""
    form = read_type(element)
    if len(element):
        return read_inner(element).strip()
    text = read_text(element)
    # Atom's default is plain text, but many put HTML there.
    is_bare = not form and element.tag.startswith(_ATOM) and not has_line_tag(text)
    if is_bare or form in TEXT_TYPES:
        return escape_text(text)
    if form and form not in HTML_TYPES and not form.startswith("escaped"):
        return ""  # a picture in base64, another document
    return read_html(text)


def read_inner(element: Element) -> str:
    """What stands in an element, as HTML without prefixes; XHTML's outer ``div`` left out."""
    inner = list(element)
    if len(inner) == 1 and etree.QName(inner[0]).localname == "div" and not _own_text(element):
        return read_inner(inner[0]) if len(inner[0]) else escape(read_text(inner[0]), quote=False)
    return escape(element.text or "", quote=False) + "".join(
        etree.tostring(_copy_plainly(child), method="html", encoding="unicode") for child in inner
    )


def _copy_plainly(element: Element) -> Element:
    """A copy without namespaces, which HTML has no use for. The parser bounds the depth."""
    plain = etree.Element(etree.QName(element).localname)
    for name, value in element.attrib.items():
        plain.set(etree.QName(name).localname, value)
    plain.text, plain.tail = element.text, element.tail
    plain.extend([_copy_plainly(child) for child in element.iterchildren(etree.Element)])
    return plain


def _own_text(element: Element) -> str:
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
