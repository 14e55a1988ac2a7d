"""A feed's elements, written anew for feedparser without what it stumbles over.

Every field of the feed and of its entries becomes one element with text only. What it means,
feedparser decides; what is changed, and why, stands where it is done. The document is well-formed
for expat: for what is not, feedparser has a second parser that is slow and loses more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from xml.sax.saxutils import quoteattr

from lxml import etree

from newsbeam.transforms.feeds.texts import has_line_tag, read_title_line
from newsbeam.transforms.feeds.xml_tree import Element

_ATOM = "http://www.w3.org/2005/Atom"
# What modules are called here, by a part of their namespaces, which are spelt in many ways. All
# others are ``x``, as feedparser raises errors over places (GML) and chapters that are misused.
_MODULES = {"purl.org/dc/terms": "dcterms", "purl.org/dc/": "dc", "yahoo.com/mrss": "media",
            "rss/1.0/modules/content": "content", "rss/1.0/modules/syndication": "sy",
            "www.itunes.com/dtds/": "itunes", "www.w3.org/1999/xhtml": "xhtml"}  # fmt: skip
_HEAD = """<?xml version='1.0' encoding='utf-8'?><%s xmlns:x="urn:other"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:xhtml="http://www.w3.org/1999/xhtml"
 xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd"%s>"""
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_FRAMES = ("rss", "rdf", "channel", "feed", "item", "entry")
_SUMMARIES = ("description", "summary", "abstract")
_CONTENTS = ("content", "encoded", "body", "div")
_TEXTS = (*_SUMMARIES, *_CONTENTS, "title")
# Of elements that are one thing to a reader the first counts.
_ALIKE = {"summary": _SUMMARIES, "title": ("title",)}
_PERSONS = ("author", "creator", "managingeditor")
_ADDRESSES = ("guid", "link", "origlink", "image")
# In a module that nobody knows, these mean something else.
_NOT_FOREIGN = frozenset(
    {*_TEXTS, *_PERSONS, "guid", "link", "image", "category", "pubdate", "published", "updated"}
)
# Dublin Core's ``date`` feedparser takes for that of a change; of the lists it keeps the last
# element, or parts them in a time that grows with the square.
_RENAMED = {"date": "dated", "keywords": "words", "id": "guid"}
_LISTS = ("skiphours", "skipdays")
_SEVERAL = (*_PERSONS, "category", "subject", "link", "enclosure", "content", "encoded", "group",
            "thumbnail")  # fmt: skip

# Of an element that it does not know, feedparser keeps the attributes or else the text.
_WITH_ATTRIBUTES = ("link", "category", "enclosure")
_ATTRIBUTES = frozenset(
    "xml:base type rel href url src mode medium width term label text lastmod".split()
)
# Code points, and numbers in an entry; what is more is left out. feedparser's time grows with the
# square of a word in an author's name, and with that of an entry's tags. Ours.
_LONGEST_ADDRESS = 4_000
_LONGEST_FIELD = 500
_LONG_WORD = re.compile(r"\S{101}")
_MOST_ALIKE = 50
_MOST_FIELDS = 500

# expat allows fewer characters in names than libxml2 (fourth and fifth edition of XML 1.0).
_NAME = re.compile(r"(?:[a-z]+:)?[a-z_][\w.-]*", re.ASCII)
_ADDRESS = re.compile(r"https?://\S", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"\s*(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# feedparser ends an address after four letters of its top-level domain.
_MAIL = re.compile(r"\S+@\S+\s*(?:\((.+)\))?")


def write_plain_feed(root: Element, most_entries: int) -> tuple[bytes, int]:
    """Return the feed of a tree, with its first ``most_entries`` entries, and how many it has.

    ``root`` is ``rss``, ``rdf:RDF``, ``channel`` or ``feed``.
    """
    is_atom = _name(root) == "feed"
    channel = root if is_atom else next(root.iterchildren("{*}channel"), root)
    spaces = {None, _ATOM, _space(root), _space(channel)}
    items = list(root.iter("{*}item", "{*}entry"))
    # Wherever they stand: in the feed, beside it, in each other.
    entries = [e for e in items if e.prefix is None or _space(e) in spaces]
    if not entries:
        entries = [
            e for e in items if next(e.iterchildren("{*}title", "{*}link"), None) is not None
        ]
        spaces |= set(map(_space, entries))
    # Of two languages that are stated, feedparser keeps the last one.
    parts = [_write_language(channel) or _write_language(root), *_write_fields(channel, spaces)]
    item = "entry" if is_atom else "item"
    for entry in entries[:most_entries]:
        about = _write_guid(entry.get(_ABOUT) or "")
        fields = [_write_language(entry), about, *_write_fields(entry, spaces)]
        parts += [f"<{item}{_write_attributes(entry)}>", *fields, f"</{item}>"]
    if not is_atom:
        parts = [f"<channel{_write_attributes(channel)}>", *parts, "</channel>"]
    frame = "feed" if is_atom else "rss"
    document = [_HEAD % (frame, _write_attributes(root)), *parts, f"</{frame}>"]
    return "".join(document).encode("utf-8", "replace"), len(entries)


def _write_fields(parent: Element, spaces: Iterable[str | None]) -> list[str]:
    fields = []
    seen: Counter[str] = Counter()
    for child in _list_children(parent, spaces):
        name = _name(child)
        # feedparser keeps the last of all others, and takes the second summary for the content.
        kind = next((kind for kind, names in _ALIKE.items() if name in names), child.tag)
        most = _MOST_ALIKE if name in _SEVERAL else 1
        if seen[kind] < most and (field := _write_field(child, spaces)):
            seen[kind] += 1
            fields.append(field)
            if len(fields) == _MOST_FIELDS:
                break
    return fields


def _list_children(parent: Element, spaces: Iterable[str | None]) -> list[Element]:
    """The elements in ``parent``, and in its ``<categories>``. What a module says in place of the
    feed itself stands behind all others, so that it only counts where that says nothing."""
    children = [
        one
        for child in parent.iterchildren(etree.Element)
        for one in (child.iterchildren(etree.Element) if _name(child) == "categories" else [child])
    ]
    said = {_name(child) for child in children}
    if not said & {*_SUMMARIES, *_CONTENTS}:
        # A film or a picture has no other text.
        children += islice(parent.iterfind("{*}group/{*}description"), 1)
    if not said.intersection(_PERSONS):
        # Of an entry that another feed had first (RFC 4287, section 4.2.1).
        children += islice(parent.iterfind("{*}source/{*}author"), _MOST_ALIKE)
    alike = {name for names in _ALIKE.values() for name in names}
    return sorted(children, key=lambda one: _name(one) in alike and _find_module(one, spaces) != "")


def _write_field(element: Element, spaces: Iterable[str | None]) -> str:
    """The element for feedparser; empty if it has nothing to say."""
    name, module = _name(element), _find_module(element, spaces)
    name = _RENAMED.get(name, name)
    if module + name in _FRAMES or (module == "x:" and name in _NOT_FOREIGN):
        return ""
    if module == "media:" and name == "description":
        return _write_text(element, name)
    if module == "media:" and name != "words":
        # Titles, texts and categories of pictures would become the entry's own.
        pictures = islice(element.iter("{*}content", "{*}thumbnail"), _MOST_ALIKE)
        return "".join(_write(f"media:{_name(e)}", "", _write_attributes(e)) for e in pictures)
    if name in _TEXTS:
        return _write_text(element, "content:encoded" if module == "xhtml:" else module + name)
    if name in _PERSONS:
        names = [_read(e) for e in islice(element.iter("{*}name"), _MOST_ALIKE)] or [_read(element)]
        names = [read_title_line(text) for text in names]
        return "".join(_write("author", _MAIL.sub(r"\1", t)) for t in names if _is_short(name, t))
    text = _read(element)
    if name == "image" and module in ("", "itunes:"):  # feedparser passes over an entry's
        url = element.get("href") or next(map(_read, element.iter("{*}url")), text)
        usable = url and _is_short(name, url)
        return f"<media:thumbnail url={quoteattr(url)}/>" if usable else ""
    if name in _LISTS:
        text = " ".join(map(_read, element.iterchildren(etree.Element)))
    elif len(element) or not _is_short(name, text):
        return ""
    if name == "guid" and not module:
        stated = {key.lower(): value for key, value in element.attrib.items()}
        return _write_guid(text, stated.get("ispermalink", ""))
    if name == "link" and _OTHER_SCHEME.match(element.get("href") or text):
        return ""  # else a GUID that is an address would not count
    tag = name if name in _RENAMED.values() else module + name
    return _write(tag, text, _write_attributes(element) if name in _WITH_ATTRIBUTES else "")


def _write_text(element: Element, tag: str) -> str:
    """A text construct (RFC 4287 section 3.1). Elements in it are escaped.

    feedparser would take ``</summary>`` or ``</source>`` in XHTML for elements of the feed.
    """
    form = (element.get("type") or "").partition(";")[0].strip().lower()
    text = _read(element)
    if len(element) or form in ("xhtml", "application/xhtml+xml"):
        form, text = "html", _read_inner(element).strip()
    elif not form and has_line_tag(text):
        form = "html"  # Atom's default is plain text, but many put HTML there
    if not text and not element.get("src"):
        return ""
    return _write(tag, text, _write_attributes(element, form))


def _write_guid(text: str, is_link: str = "") -> str:
    """An id, of which feedparser makes an address unless it is told not to."""
    is_address = is_link.strip().lower() != "false" and _ADDRESS.match(text)
    flag = f' ispermalink="{"true" if is_address else "false"}"'
    if not text or not _is_short("guid", text):
        return ""
    # feedparser forgets this where the entry has a link, too.
    refusal = "<noaddress>true</noaddress>" if is_link.strip().lower() == "false" else ""
    return _write("guid", text, flag) + refusal


def _write_language(element: Element) -> str:
    return _write("language", element.get(_LANG) or "")


def _write(tag: str, text: str, attributes: str = "") -> str:
    """An element; empty for one without text and attributes, or that expat would refuse."""
    if not (text or attributes) or not _NAME.fullmatch(tag):
        return ""
    # CDATA, as expat hands text on in pieces that end at every reference.
    data = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<{tag}{attributes}><![CDATA[{data}]]></{tag}>"


def _write_attributes(element: Element, form: str = "") -> str:
    stated = {name.lower(): value for name, value in element.attrib.items()}
    stated |= {"xml:base": element.get(_BASE) or "", "type": form or stated.get("type", "")}
    return "".join(
        f" {name}={quoteattr(value)}"
        for name, value in stated.items()
        if value and name in _ATTRIBUTES and len(value) <= _LONGEST_ADDRESS
    )


def _is_short(name: str, text: str) -> bool:
    if name in _ADDRESSES:
        return len(text) <= _LONGEST_ADDRESS
    return len(text) <= _LONGEST_FIELD and not _LONG_WORD.search(text)


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _space(element: Element) -> str | None:
    return str(element.tag).rpartition("}")[0].lstrip("{") or None


def _find_module(element: Element, spaces: Iterable[str | None]) -> str:
    space = _space(element)
    if space in spaces:
        return ""
    known = (name for part, name in _MODULES.items() if part in (space or "").lower())
    return f"{next(known, 'x')}:"


def _read(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _read_inner(element: Element) -> str:
    """What stands in an element, as HTML without prefixes; XHTML's outer ``div`` left out."""
    for inner in element.iterdescendants(etree.Element):
        inner.tag = inner.tag.rpartition("}")[2]
        for name in [name for name in inner.attrib if name.startswith("{")]:
            del inner.attrib[name]
    etree.cleanup_namespaces(element)
    while [inner.tag for inner in element] == ["div"] and not _read_around(element[0]):
        element = element[0]
    text: str = etree.tostring(element, method="html", encoding="unicode", with_tail=False)
    return text[text.index(">") + 1 : text.rindex("<")]


def _read_around(element: Element) -> str:
    return f"{element.getparent().text or ''}{element.tail or ''}".strip()
