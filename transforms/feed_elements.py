"""A feed's elements, written anew for feedparser without what it stumbles over.

Every field of the feed and of its entries becomes one element with text only. feedparser still
decides what an element means; what is changed, and why, stands where it is done. The document is
well-formed for expat, as feedparser's second parser, for what is not, is slow and loses more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TypeAlias
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from lxml import etree

from transforms.feed_text import has_line_tag

_ATOM = "http://www.w3.org/2005/Atom"
_XHTML = "http://www.w3.org/1999/xhtml"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DCTERMS = "http://purl.org/dc/terms/"
_MEDIA = "http://search.yahoo.com/mrss/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_TEXTS = ("title", "description", "summary", "abstract", "content", "encoded", "body", "div")
_SUMMARIES = ("description", "summary", "abstract")
_PERSONS = ("author", "creator", "managingeditor")
_IDS = ("guid", "id")
# With them a field would open or close the feed, or an entry of it.
_FRAMES = ("rss", "rdf", "channel", "feed", "item", "entry")
_ATTRIBUTES = frozenset(
    "xml:base type rel href url src mode medium width term label text lastmod".split()
)
# Of an element that it does not know feedparser keeps the text or the attributes.
_WITH_ATTRIBUTES = ("link", "category", "enclosure", "thumbnail")
# Code points in a field, by name; fields that are longer are left out. feedparser's time grows
# with the square of a name's or an address's length. Ours.
_LONGEST = dict.fromkeys(("link", "guid", "id", "origlink", "keywords", "image"), 4_000)
_LONGEST |= dict.fromkeys((*_PERSONS, "category", "subject"), 500)
_LONGEST_FIELD = 100
_LONGEST_ATTRIBUTE = 4_000
_LONG_WORD = re.compile(r"\S{101}")
# It compares every tag with all others of the entry.
_MOST_ALIKE = 100

# expat allows fewer characters in names than libxml2 (XML 1.0, fourth and fifth edition).
_NAME = re.compile(r"(?!xml)[A-Za-z_][\w.-]*", re.ASCII | re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?://\S", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"\s*(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)

Element: TypeAlias = etree._Element


@dataclass(frozen=True, slots=True)
class PlainFeed:
    """A feed for feedparser: UTF-8, in document order; ``entry_count`` before any are left out.

    ``skip_hours`` and ``skip_days`` are the texts of these lists, of which feedparser keeps the
    last one only.
    """

    document: bytes
    is_atom: bool
    entry_count: int
    skip_hours: tuple[str, ...]
    skip_days: tuple[str, ...]


def write_plain_feed(root: Element, most_entries: int) -> PlainFeed:
    """Return the feed of a tree, with its first ``most_entries`` entries.

    ``root`` is ``rss``, ``rdf:RDF``, ``channel`` or ``feed``. Entries are taken out of the tree.
    """
    is_atom = _name(root) == "feed"
    channel = root if is_atom else next(root.iterchildren("{*}channel"), root)
    spaces = {None, _ATOM, etree.QName(root).namespace, etree.QName(channel).namespace}
    entries = [
        element
        for element in root.iter("{*}item", "{*}entry")
        if element.prefix is None or etree.QName(element).namespace in spaces
    ]
    for entry in entries:  # wherever they stand: in the feed, beside it, in each other
        entry.getparent().remove(entry)
    # Of two languages that are stated, feedparser keeps the last one.
    parts = [_write_language(channel) or _write_language(root), *_write_fields(channel, spaces)]
    item = "entry" if is_atom else "item"
    for entry in entries[:most_entries]:
        about = _write_id((entry.get(_ABOUT) or "")[:_LONGEST_ATTRIBUTE], "")
        fields = [_write_language(entry), about, *_write_fields(entry, spaces)]
        parts += [f"<{item}{_attributes(entry)}>", *fields, f"</{item}>"]
    if not is_atom:
        parts = [f"<channel{_attributes(channel)}>", *parts, "</channel>"]
    frame = "feed" if is_atom else "rss"
    document = f"<{frame}{_attributes(root)}>{''.join(parts)}</{frame}>".encode("utf-8", "replace")
    return PlainFeed(
        document=b"<?xml version='1.0' encoding='utf-8'?>" + document,
        is_atom=is_atom,
        entry_count=len(entries),
        skip_hours=_list_inner(channel, "skiphours"),
        skip_days=_list_inner(channel, "skipdays"),
    )


def _write_fields(parent: Element, spaces: Iterable[str | None]) -> list[str]:
    fields = []
    seen: Counter[str] = Counter()
    for child in parent.iterchildren(etree.Element):
        name = _name(child)
        # feedparser would take the second summary for the content.
        kind, most = ("summary", 1) if name in _SUMMARIES else (child.tag, _MOST_ALIKE)
        if seen[kind] < most and (field := _write_field(child, name, spaces)):
            seen[kind] += 1
            fields.append(field)
    return fields


def _write_field(element: Element, name: str, spaces: Iterable[str | None]) -> str:
    """The element for feedparser; empty if it has nothing to say."""
    space = etree.QName(element).namespace
    prefix = "" if space in spaces else f"{element.prefix or 'x'}:"
    if name in _FRAMES and not prefix:
        return ""
    if "yahoo.com/mrss" in (space or "") and name != "keywords":
        # Titles, texts and categories of pictures would become the entry's own.
        pictures = element.iter(f"{{{space}}}content", f"{{{space}}}thumbnail")
        return "".join(_write(f"m:{_name(e)}", "", _MEDIA, _attributes(e)) for e in pictures)
    if name in _TEXTS:
        is_page = space == _XHTML and name in ("body", "div")
        tag, space = ("content:encoded", _CONTENT) if is_page else (prefix + name, space)
        return _write_text(element, tag, space)
    text = _read(element)
    longest = _LONGEST.get(name, _LONGEST_FIELD)
    if name in _PERSONS:
        names = [_read(e) for e in element.iter("{*}name")][:_MOST_ALIKE] or [text]
        usable = (t for t in names if len(t) <= longest and not _LONG_WORD.search(t))
        return "".join(_write("author", name) for name in usable)
    if name == "image":  # feedparser passes over one of an entry
        url = element.get("href") or next(map(_read, element.iter("{*}url")), text)
        url = f" url={quoteattr(url)}" if 0 < len(url) <= longest else ""
        return _write("m:thumbnail", "", _MEDIA, url)
    if len(element) or len(text) > longest:
        return ""
    if name == "date":  # Dublin Core's, which feedparser takes for that of a change
        return _write("dcterms:date", text, _DCTERMS)
    if name == "keywords":  # which feedparser splits in a time that grows with the square
        return _write("words", text)
    if name in _IDS and not prefix:
        return _write_id(text, element.get("isPermaLink") or "")
    if name == "link" and _OTHER_SCHEME.match(element.get("href") or text):
        return ""  # else a GUID that is an address would not count
    kept = _attributes(element) if name in _WITH_ATTRIBUTES else ""
    return _write(prefix + name, text, space, kept)


def _write_text(element: Element, tag: str, space: str | None) -> str:
    """A text construct (RFC 4287 section 3.1). Elements in it are escaped.

    feedparser would take ``</summary>`` or ``</source>`` in XHTML for elements of the feed.
    """
    form = (element.get("type") or "").partition(";")[0].strip().lower()
    text = _read(element)
    if len(element) or form in ("xhtml", "application/xhtml+xml"):
        form, text = "html", _read_inner(element).strip()
    elif not form and has_line_tag(text):
        form = "html"  # Atom's default is plain text, but many put HTML there
    has_more = text or element.get("src")
    return _write(tag, text, space, _attributes(element, form)) if has_more else ""


def _write_id(text: str, is_link: str) -> str:
    """A GUID, of which feedparser makes an address unless it is told not to."""
    is_link = "true" if is_link.strip().lower() != "false" and _WEB_ADDRESS.match(text) else "false"
    return _write("guid", text, attributes=f' ispermalink="{is_link}"') if text else ""


def _write_language(element: Element) -> str:
    return _write("language", (element.get(_LANG) or "")[:_LONGEST_FIELD])


def _write(tag: str, text: str, space: str | None = None, attributes: str = "") -> str:
    """An element; empty for one without text and attributes, or that expat would refuse."""
    prefix, colon, name = tag.rpartition(":")
    is_allowed = _NAME.fullmatch(name) and (not colon or _NAME.fullmatch(prefix))
    # expat parts namespace and name with a space.
    if not (text or attributes) or not is_allowed or (colon and (space or "").split() != [space]):
        return ""
    declared = f" xmlns:{prefix}={quoteattr(space or '')}" if colon else ""
    return f"<{tag}{declared}{attributes}>{escape_xml(text)}</{tag}>"


def _attributes(element: Element, form: str = "") -> str:
    """The attributes that count, as they are written; ``form`` in the place of ``type``."""
    stated = {"type": form} if form else {}
    for key, value in element.attrib.items():
        name = "xml:base" if key == _BASE else key.lower()
        if name in _ATTRIBUTES and len(value) <= _LONGEST_ATTRIBUTE:
            stated.setdefault(name, value)
    return "".join(f" {name}={quoteattr(value)}" for name, value in stated.items())


def _name(element: Element) -> str:
    return etree.QName(element).localname.lower()


def _read(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _list_inner(channel: Element, name: str) -> tuple[str, ...]:
    found = (child for child in channel.iterchildren(etree.Element) if _name(child) == name)
    return tuple(_read(inner) for child in found for inner in child.iterchildren(etree.Element))


def _read_inner(element: Element) -> str:
    """What stands in an element, as HTML without prefixes; XHTML's outer ``div`` left out."""
    inner = list(element)
    if len(inner) == 1 and etree.QName(inner[0]).localname == "div" and not _own_text(element):
        return _read_inner(inner[0])
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
