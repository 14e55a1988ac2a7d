"""From the bytes of a feed to a tree of XML, whatever state the XML is in.

Faults that feeds are known for are mended on the text, before the parser sees them, so that
nothing is lost and a fault changes no entry but its own: ``&`` and ``<`` that stand for themselves,
HTML's named characters, controls, white space before the declaration, prefixes that nobody
declared, HTML that nobody escaped, attributes and comments that break the rules, tags without
partners (``xml_mending``). What is left goes to libxml2, which recovers what it can, loads nothing
and keeps its limits (256 levels, 10 MB a text node). No document type reaches it, so no entity is
ever expanded there.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.feeds.xml_mending import mend_xml, pair_tags
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.encoding import (
    decode_html,
    find_codec,
    find_declared_label,
    normalize_newlines,
)

Element: TypeAlias = etree._Element

# Of a gzipped sitemap. The sitemap protocol allows 50 MB (sitemaps.org/protocol.html).
MAX_FEED_BYTES = 50 * 1024 * 1024
# Ours: 50,000 entries of 20 elements each. A tree takes about 150 bytes an element, and libxml2's
# XPath gives up at ten million nodes.
_MOST_TAGS = 2_000_000
# Namespaces that a document of the web has use for; expat and libxml2 search them one by one.
_MOST_NAMESPACES = 200
_UNICODE_MARKS = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"),
                  (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # fmt: skip
_NAMESPACE = re.compile(r"\sxmlns:[\w.-]+\s*=")
_ENTRY_BYTES = re.compile(rb"(?=<(?:item|entry)\b)", re.IGNORECASE)
# Where one document ends and another of its kind begins.
_NEXT_DOCUMENT = re.compile(
    r"</(?P<root>rss|rdf:RDF|feed|urlset)\s*>\s*(?:<\?[^<>]*>\s*)?<(?P=root)\b[^<>]*>",
    re.IGNORECASE,
)
# Elements of RSS that hold HTML, and often hold it bare.
_BARE_HTML = re.compile(
    r"<(?P<tag>description|content:encoded)>(?!\s*<!\[CDATA\[)(?P<html>(?:(?!</?(?P=tag)>|<item\b).)*)"
    r"</(?P=tag)>",
    re.DOTALL | re.IGNORECASE,
)
_ODD_TAGS = (
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH,
    etree.ErrorTypes.ERR_DOCUMENT_END,
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
)
_END_CHARS = 2_000
# What shows that a document is complete, by the name of the root; elsewhere that name. (In RSS 1.0
# the entries stand behind the channel, in RSS 2.0 within it.)
_ROOT_ENDS = {"rss": "rss|channel"}
# What has a title and an address and is no entry.
_NO_ENTRIES = frozenset({"rss", "rdf", "channel", "feed", "image", "textinput", "urlset", "source"})
_ADDRESS_NAMES = ("link", "guid", "id", "loc", "url")
_TITLE_NAMES = ("title", "headline", "loc")
# What an entry is called, by the name of the root; elsewhere ``item``.
_ENTRY_NAMES = {"feed": "entry", "urlset": "url", "sitemapindex": "sitemap"}

# Prefixes as their specifications spell them, for feeds that use them undeclared.
_KNOWN_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}


@dataclass(frozen=True, slots=True)
class XmlTree:
    """A document's root element. ``faults`` tell what of the document is missing in it."""

    root: Element
    faults: tuple[tuple[str, str], ...] = ()


def unpack_body(body: bytes, max_bytes: int = MAX_FEED_BYTES) -> bytes | FeedFault:
    """Return ``body`` decompressed, where it is a gzip file (a ``.xml.gz``), to ``max_bytes``."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        data = stream.decompress(body, max_bytes)
    except zlib.error as error:
        return FeedFault("broken_gzip", f"a gzip file that cannot be read: {error}")
    if stream.unconsumed_tail:
        return FeedFault("too_large", f"over {show_count(max_bytes, 'byte')} when decompressed")
    return data


def decode_feed(body: bytes, charset: str | None) -> str:
    """Return the text of a feed: by byte order mark, UTF-8, ``charset``, declaration, detection.

    Where its entries come from several systems, each is read in its own encoding.

    UTF-16 and UTF-32 without a mark are known by the zeros of the first ``<`` (XML 1.0 appendix
    F). Never fails; see ``encoding.decode_html``.
    """
    for mark, codec in _UNICODE_MARKS:
        if body.startswith(mark):
            return normalize_newlines(body.decode(codec, "replace"))
    return normalize_newlines(_decode_entries(body, charset) or decode_html(body, charset))


def _decode_entries(body: bytes, charset: str | None) -> str | None:
    """The text of a feed in which some entries are UTF-8 and some are not; None for any other."""
    if body.isascii() or b"\0" in body or body.startswith(b"\xff\xfe"):
        return None
    parts = [(part, _is_utf8(part)) for part in _ENTRY_BYTES.split(body)]
    telling = {one for part, one in parts if not part.isascii()}
    if telling != {True, False}:
        return None
    labels = [label for label in (charset, find_declared_label(body)) if label]
    codecs = [codec for label in labels if (codec := find_codec(label)) and codec != "utf-8"]
    return "".join(
        part.decode() if one
        else part.decode(codecs[0], "replace") if codecs
        else decode_html(part)
        for part, one in parts
    )  # fmt: skip


def _is_utf8(part: bytes) -> bool:
    try:
        part.decode()
    except UnicodeDecodeError:
        return False
    return True


def parse_xml(text: str) -> XmlTree | FeedFault:
    """Return the tree of a document; where only its end is lost, what arrived before.

    Of a document that breaks off, the entry in which it does is taken out, as nobody can know what
    it would have said; ``faults`` has (``truncated``, ...) then. Nested entries (the end tag of the
    outer one was missing or misread) stand side by side in the tree.

    Faults: ``broken_xml`` for a document without any element, ``unsafe_xml`` for entities that
    point outside or that build on each other, and for hundreds of namespaces, ``too_large`` for
    millions of tags.
    """
    if text.count("<") > _MOST_TAGS:
        return FeedFault("too_large", f"over {_MOST_TAGS} tags; is it a feed?")
    mended = mend_xml(_NEXT_DOCUMENT.sub("", text))
    if isinstance(mended, FeedFault):
        return mended
    if len(_NAMESPACE.findall(mended)) > _MOST_NAMESPACES * 10:
        # Entries may declare theirs each; then their number is bounded by what they declare.
        distinct = {name.split("=")[0].strip() for name in _NAMESPACE.findall(mended)}
        if len(distinct) > _MOST_NAMESPACES:
            return FeedFault("unsafe_xml", f"over {_MOST_NAMESPACES} namespaces")
    root, log = _parse(mended)
    if _has_odd_tags(log):
        mended = _BARE_HTML.sub(_wrap_html, mended)
        root, log = _parse(mended)
    if _has_odd_tags(log):
        mended = pair_tags(mended)
        root, log = _parse(mended)
    if root is None:
        message = log[0].message.strip() if len(log) else "no element"
        return FeedFault("broken_xml", f"no XML that can be read: {message}")
    _name_elements(root)
    name = _ENTRY_NAMES.get(etree.QName(root).localname, "item")
    if etree.QName(root).localname == name:
        return XmlTree(root)  # no feed, whatever it is
    _flatten(root, name)
    return _cut(root, name, mended, log)


def _has_odd_tags(log: etree._ListErrorLog) -> bool:
    """Whether a tag has no partner, but for those that never came as the document broke off."""
    return any(fault.type in _ODD_TAGS for fault in log)


def _wrap_html(found: re.Match[str]) -> str:
    html = found["html"]
    if "<" not in html or "]]>" in html:
        return found[0]
    tag = found["tag"]
    return f"<{tag}><![CDATA[{html}]]></{tag}>"


def _parse(text: str) -> tuple[Element | None, etree._ListErrorLog]:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    return root, parser.error_log


def find_strange_entries(root: Element) -> list[tuple[str, str]]:
    """The fault of a feed without an entry that nonetheless has elements like entries: with a
    title and an address each."""
    found = Counter(
        name
        for element in root.iter(etree.Element)
        if (name := etree.QName(element).localname) not in _NO_ENTRIES
        and any(next(element.iterchildren(f"{{*}}{one}"), None) is not None for one in _TITLE_NAMES)
        and any(next(element.iterchildren(f"{{*}}{a}"), None) is not None for a in _ADDRESS_NAMES)
    )
    return [
        (
            "broken_entry",
            f"<{name[:40]}> is no entry of a feed, but there are {count} with an address",
        )
        for name, count in found.most_common(1)
    ]


def _name_elements(root: Element) -> None:
    """Give all elements names in lower case, and those with an undeclared prefix the namespace
    that the prefix is known for."""
    for element in root.iter(etree.Element):
        space, mark, name = element.tag.rpartition("}")
        prefix, colon, local = name.partition(":")
        if colon:
            namespace = _KNOWN_NAMESPACES.get(prefix.lower(), "urn:undeclared")
            local = local.lower().replace(":", "_")
            element.tag = f"{{{namespace}}}{local if local[:1].isalpha() else f'_{local}'}"
        elif not name.islower():
            element.tag = f"{space}{mark}{name.lower()}"
        for key in [key for key in element.attrib if ":" in key.rpartition("}")[2]]:
            del element.attrib[key]


def _flatten(root: Element, name: str) -> None:
    """Put entries that stand within another one behind it."""
    nested = root.xpath(f"//*[local-name()='{name}'][ancestor::*[local-name()='{name}']]")
    for element in reversed(nested):
        *_, outermost = element.iterancestors(f"{{*}}{name}")
        outermost.addnext(element)


def _cut(root: Element, name: str, text: str, log: etree._ListErrorLog) -> XmlTree:
    """Take out the last entry where the document, or the parser, stopped in the midst of it."""
    limits = [fault for fault in log if fault.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT]
    ends = _ROOT_ENDS.get(etree.QName(root).localname, re.escape(etree.QName(root).localname))
    if not limits and re.search(rf"</(?:[\w.-]+:)?(?:{ends})\s*>", text[-_END_CHARS:], re.I):
        return XmlTree(root)
    reason, detail = "truncated", "the document breaks off"
    if limits:
        reason, detail = "too_complex", limits[0].message.strip()
    entries = root.xpath(f"//*[local-name()='{name}']")
    if entries and (limits or _breaks_off_within(text, name)):
        last = entries[-1]
        last.getparent().remove(last)
        detail += "; its last entry is left out"
    return XmlTree(root, ((reason, detail),))


def _breaks_off_within(text: str, name: str) -> bool:
    starts = [
        found.start() for found in re.finditer(rf"<(?:[\w.-]+:)?{name}(?:\s[^<>]*)?>", text, re.I)
    ]
    ends = [found.start() for found in re.finditer(rf"</(?:[\w.-]+:)?{name}\s*>", text, re.I)]
    return bool(starts) and (not ends or ends[-1] < starts[-1])
