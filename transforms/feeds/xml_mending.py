"""Mends the text of a feed's XML, so that a fault in one entry stays in it.

After the first error libxml2 drops every reference to the five characters that XML names
(``&amp;`` and its like; numeric ones it keeps), and what an open quotation mark, comment or tag
swallows is lost. So all that a parser could stumble over is written anew before it reads.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from html import unescape
from html.entities import html5

from newsbeam.transforms.feeds.fault import FeedFault

# What the entities that a document declares itself may add to it, in code points. Ours.
_MOST_EXPANSION = 100_000
# HTML's own list of entities, which some feeds carry along, takes 10,000 code points.
_LONGEST_SUBSET = 50_000

# What XML 1.0 section 2.2 leaves out.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*>", re.IGNORECASE)
# Before the document type stand at most comments and instructions.
_PROLOG = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_DOCTYPE = re.compile(
    r"""<!DOCTYPE\b(?:[^\[>"']|"[^"]*"|'[^']*')*"""
    r"""(?:\[(?P<subset>(?:[^\]"'<]|"[^"]*"|'[^']*'|<!--.*?(?:-->|\Z)|<)*+)\]\s*)?>""",
    re.DOTALL | re.IGNORECASE,
)
_ENTITY = re.compile(r"""<!ENTITY\s+(\S+)\s+(?:"([^"]*)"|'([^']*)')\s*>""")
_REFERENCE = re.compile(r"&([A-Za-z_][\w.-]{0,31});", re.ASCII)

_NAME = r"[A-Za-z_][\w.:-]*"
_GOOD_TAG = rf"{_NAME}(?:\s+{_NAME}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*+\s*/?>"
# One whose values have what must be written otherwise there, within their quotation marks.
_QUOTED_TAG = rf"{_NAME}(?:\s+{_NAME}\s*=\s*(?:\"[^\"]{{0,1000}}\"|'[^']{{0,1000}}'))++\s*/?>"
# The order counts: of what begins alike the whole comes before the broken.
_MARKUP = re.compile(
    r"(?P<cdata><!\[CDATA\[)"
    r"|(?P<comment><!--)"
    r"|(?P<instruction><\?[^<>]*\?>)"
    r"|(?P<reference>&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z_][\w.-]{0,31});)"
    r"|(?P<amp>&)|(?P<cdata_end>\]\]>)"
    rf"|(?P<end></{_NAME}[^<>]*>?)"
    rf"|(?P<quoted><(?!{_GOOD_TAG}){_QUOTED_TAG})"
    rf"|(?P<start><(?={_NAME})(?!{_GOOD_TAG})[^<>]*>?)"
    rf"|(?P<less><(?!{_NAME}))",
    re.ASCII,
)
_ATTRIBUTE = re.compile(
    r"""(?<![\w.:-])([A-Za-z_][\w.:-]*+)\s*+=\s*(?:"([^"]*)"|'([^']*)'|["']?([^\s"'>]*)["']?)""",
    re.ASCII,
)
_TAG_NAME = re.compile(_NAME, re.ASCII)
_TAG_AT_END = re.compile(rf"<({_NAME})[^<>]*>\s*\Z", re.ASCII)
# An end tag of an entry: what is left open before it was never meant to reach beyond.
_ENTRY_END = re.compile(r"</(?:[\w.-]+:)?(?:item|entry|url)\s*>")
# The same as numbers, which libxml2 keeps whatever went wrong before.
_ESCAPED = {"&": "&#38;", "<": "&#60;", ">": "&#62;", '"': "&#34;", "'": "&#39;"}
_XML_NAMES = {"&amp;": "&#38;", "&lt;": "&#60;", "&gt;": "&#62;", "&quot;": "&#34;",
              "&apos;": "&#39;"}  # fmt: skip

_TAG = re.compile(
    rf"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<(?P<slash>/?)(?P<name>{_NAME})[^<]*?(?P<empty>/?)>",
    re.DOTALL | re.ASCII,
)
_ENTRIES = frozenset({"item", "entry", "url"})
# Of an entry's fields, those that hold no others: where one begins in such a one, that has no end.
_FIELDS = frozenset(
    "title link guid pubdate description category author comments enclosure source id updated"
    " published summary content dc:creator dc:date dc:subject content:encoded".split()
)
_LEAVES = _FIELDS - {"author", "source", "content"}
_FRAMES = frozenset({"channel", "feed", "rss", "rdf", "urlset", "sitemapindex"})


def mend_xml(text: str) -> str | FeedFault:
    """Return ``text`` without declaration and document type, its commonest faults mended.

    Entities that the document declares as plain text are put in their places.
    """
    text = _ILLEGAL.sub("", text)
    text = text[max(text.find("<"), 0) :]
    text = _DECLARATION.sub("", text, count=1)
    start = _skip_prolog(text)
    declared: dict[str, str] = {}
    if text[start : start + 9].upper() == "<!DOCTYPE":
        doctype = _DOCTYPE.match(text, start)
        if doctype is None:
            return FeedFault("unsafe_xml", "a document type that does not end")
        read = _read_entities(doctype["subset"] or "")
        if isinstance(read, FeedFault):
            return read
        declared = read
        text = text[doctype.end() :]
        used = Counter(_REFERENCE.findall(text)) if declared else Counter[str]()
        if sum(used[name] * len(value) for name, value in declared.items()) > _MOST_EXPANSION:
            return FeedFault("unsafe_xml", "entities that would blow the document up")
    return _mend_markup(text, declared)


def pair_tags(text: str) -> str:
    """Return ``text``, mended by ``mend_xml``, with a partner for every tag.

    Within an entry, an end tag without a start is left out and a start tag without an end is
    ended with what it stands in, or by the next field of the entry; an entry ends where the next
    one begins.
    """
    pieces: list[str] = []
    tags = _OpenTags()
    done = 0
    for found in _TAG.finditer(text):
        name = found["name"]
        if name is None or found["empty"]:
            continue
        pieces.append(text[done : found.start()])
        done = found.end()
        if found["slash"]:
            pieces += tags.end(name)
        else:
            pieces += [*tags.begin(name), found[0]]
    return "".join([*pieces, text[done:]])


class _OpenTags:
    """The elements that are open. Costs the same for each tag, whatever was not ended."""

    def __init__(self) -> None:
        self._names: list[str] = []
        # How many of a name are open in the document, and in each open entry.
        self._scopes: list[Counter[str]] = [Counter()]
        self._entries: list[str] = []

    def begin(self, name: str) -> list[str]:
        """Note a start tag; the end tags that must stand before it."""
        ended = []
        kind = _plain(name)
        if self._is_in_leaf() and name.lower() in _FIELDS:
            ended = self._end_until(lambda tag: True)
        if kind in self._entries:
            ended += self._end_until(lambda tag: _plain(tag) == kind)
        if kind in _ENTRIES:
            self._entries.append(kind)
            self._scopes.append(Counter())
        self._names.append(name)
        self._scopes[-1][name] += 1
        return ended

    def _is_in_leaf(self) -> bool:
        return (
            len(self._names) > 1
            and self._names[-1].lower() in _LEAVES
            and _plain(self._names[-2]) in _ENTRIES
        )

    def end(self, name: str) -> list[str]:
        """Note an end tag; the end tags to write in its place."""
        scopes = self._scopes if _plain(name) in _FRAMES else self._scopes[-1:]
        if not any(scope[name] for scope in scopes):
            last = self._names[-1] if self._names else ""
            return self._end_until(lambda tag: True) if _is_misspelt(name, last) else []
        return self._end_until(lambda tag: tag == name)

    def _end_until(self, is_last: Callable[[str], bool]) -> list[str]:
        ended = []
        while True:
            tag = self._names.pop()
            self._scopes[-1][tag] -= 1
            if self._entries and _plain(tag) == self._entries[-1]:
                self._entries.pop()
                self._scopes.pop()
            ended.append(f"</{tag}>")
            if is_last(tag):
                return ended


def _is_misspelt(name: str, meant: str) -> bool:
    """Whether ``name`` may be what somebody wrote who meant ``meant``. Ours."""
    return len(name) > 2 and name[:2] == meant[:2] and abs(len(name) - len(meant)) <= 2


def _plain(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _skip_prolog(text: str) -> int:
    found = _PROLOG.match(text)
    return found.end() if found else 0


def _read_entities(subset: str) -> dict[str, str] | FeedFault:
    if len(subset) > _LONGEST_SUBSET:
        return FeedFault("unsafe_xml", f"a document type of over {_LONGEST_SUBSET} characters")
    declared = {}
    for name, one, other in _ENTITY.findall(subset):
        value = one or other
        if "&" in unescape(value) or "%" in value or "<" in unescape(value):
            return FeedFault("unsafe_xml", f"the entity {name[:40]!r} builds on others")
        declared[name] = unescape(value)
    if subset.count("<!ENTITY") > len(declared):
        return FeedFault("unsafe_xml", "an entity whose text would come from elsewhere")
    return declared


class _Ends:
    """Where the next end of a section is, each looked for once however many begin before it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, int] = {}

    def find(self, end: str, start: int) -> int | None:
        """The first ``end`` from ``start`` on; ``start`` must not go back."""
        at = self._found.get(end, -1)
        if at < start:
            found = self._text.find(end, start)
            at = self._found[end] = found if found >= 0 else len(self._text)
        return at if at < len(self._text) else None


def _mend_markup(text: str, declared: dict[str, str]) -> str:
    pieces: list[str] = []
    ends = _Ends(text)
    done = 0
    # A loop, as what a section swallows is found by searching from where it begins.
    while found := _MARKUP.search(text, done):
        before = text[done : found.start()]
        done = found.end()
        match found.lastgroup:
            case "cdata":
                done, piece = _read_cdata(text, done, ends, before)
            case "comment":
                done, piece = _skip_comment(text, done, ends), ""
            case "instruction":
                piece = ""
            case "reference":
                piece = _mend_reference(found[0], declared)
            case "start" | "quoted":
                piece = _mend_start(found[0], declared)
            case "end":
                piece = f"</{_read_name(found[0])}>"
            case _:
                piece = "".join(_ESCAPED.get(char, char) for char in found[0])
        pieces += (before, piece)
    pieces.append(text[done:])
    return "".join(pieces)


def _read_cdata(text: str, body: int, ends: _Ends, before: str) -> tuple[int, str]:
    """Where a CDATA section ends, and the section. Where its own end was lost, the element ends it
    that it stands in, or else the entry."""
    end = ends.find("]]>", body)
    limit = len(text) if end is None else end
    if end is None or text.find("<![CDATA[", body, end) >= 0:
        # Another one begins before this ends: is its end lost, or is it code that is told of?
        entry_end = _ENTRY_END.search(text, body, limit)
        if entry_end is not None:
            opened = _TAG_AT_END.search(before)
            closed = text.find(f"</{opened[1]}>", body, entry_end.start()) if opened else -1
            stop = closed if closed >= 0 else entry_end.start()
            return stop, f"<![CDATA[{text[body:stop]}]]>"
    return (len(text) if end is None else end + 3), f"<![CDATA[{text[body:limit]}]]>"


def _skip_comment(text: str, body: int, ends: _Ends) -> int:
    """Where a comment ends; right behind its beginning where its end was lost."""
    end = ends.find("-->", body)
    limit = len(text) if end is None else end
    is_open = end is None or text.find("<!--", body, end) >= 0
    if is_open and _ENTRY_END.search(text, body, limit):
        return body
    return len(text) if end is None else end + 3


def _read_name(tag: str) -> str:
    found = _TAG_NAME.search(tag)
    return found[0] if found else ""


def _mend_start(tag: str, declared: dict[str, str]) -> str:
    """A start tag whose attributes break the rules: unquoted, without space, without value."""
    is_empty = tag.rstrip("> \t\n").endswith("/")
    name = _read_name(tag)
    attributes: dict[str, str] = {}
    for key, one, other, bare in _ATTRIBUTE.findall(tag[1 + len(name) :]):
        value = one or other or (bare.rstrip("/") if is_empty else bare)
        value = _REFERENCE_OR_AMP.sub(partial(_mend_in_attribute, declared), value)
        attributes.setdefault(key, value.replace('"', "&#34;").replace("<", "&#60;"))
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{written}{'/' if is_empty else ''}>"


_REFERENCE_OR_AMP = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z_][\w.-]{0,31});|&", re.ASCII
)


def _mend_in_attribute(declared: dict[str, str], found: re.Match[str]) -> str:
    return "&#38;" if found[0] == "&" else _mend_reference(found[0], declared)


def _mend_reference(reference: str, declared: dict[str, str]) -> str:
    if reference in _XML_NAMES:
        return _XML_NAMES[reference]
    name = reference[1:-1]
    if name.startswith("#") or f"{name};" in html5:
        # As HTML does: &#150; is a dash of windows-1252.
        value = _ILLEGAL.sub("", unescape(reference))
    elif name in declared:
        value = declared[name]
    else:
        value = reference
    return "".join(_ESCAPED.get(char, char) for char in value)
