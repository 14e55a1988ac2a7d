"""Sitemaps of any size, read as a stream (sitemaps.org/protocol.html). Pure.

Feeds read a news sitemap whole (``feeds.sitemap``). Here are the maps of a site's whole past, of
50,000 addresses each, of which nothing but addresses and instants is wanted.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lxml import etree

from newsbeam.transforms.backfill.listings import Listed, date_listed
from newsbeam.transforms.feeds.dates import read_feed_instant
from newsbeam.transforms.feeds.entries import resolve_address

# By the protocol a map has no more, decompressed; some have a little.
MOST_MAP_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
_ENTITY = b"<!ENTITY"
_END = re.compile(rb"</[\w.-]*:?(?:urlset|sitemapindex)\s*>", re.IGNORECASE)
_END_BYTES = 2_000
# An address that needs no mending, and an instant with its offset (W3C's profile of ISO 8601).
_PLAIN = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[!-~]*)?", re.ASCII)
_W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)")
# Systems write 1970 and 0001 for "no date".
_FIRST_YEAR = 1990


@dataclass
class SitemapReader:
    """Reads the map ``body`` at ``url`` once. What it met is told when ``read`` has come to its
    end: ``is_index``, and ``fault``, why what is behind could not be read."""

    body: bytes = field(repr=False)
    url: str
    timezone: ZoneInfo
    is_index: bool = False
    fault: str | None = None

    def read(self) -> Iterator[Listed]:
        """The addresses, in their order. In a map with news (``news:news``) the others are none."""
        head = self.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if head not in (b"<", _GZIP[:1]):
            yield from self._read_lines()
            return
        parser = etree.XMLPullParser(
            events=("end",), recover=True, resolve_entities=False, no_network=True,
            huge_tree=False, load_dtd=False,
        )  # fmt: skip
        has_news = False
        for element in self._parse(parser):
            name = etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
            if name not in ("url", "sitemap"):
                continue
            listed, is_news = self._read_element(element)
            self.is_index = self.is_index or name == "sitemap"
            element.clear()
            while element.getprevious() is not None:
                parent = element.getparent()
                assert parent is not None
                del parent[0]
            has_news = has_news or is_news
            if listed is not None and (is_news or not has_news):
                yield listed

    def _parse(self, parser: etree.XMLPullParser) -> Iterator[etree._Element]:
        tail = b""
        try:
            for chunk in self._unpack():
                if _ENTITY in chunk:
                    self.fault = "it declares entities, which no sitemap needs"
                    return
                tail = (tail + chunk)[-_END_BYTES:]
                parser.feed(chunk)
                for _, element in parser.read_events():
                    yield element
            if not _END.search(tail):
                # At the end the parser closes what is open: half an address would be one.
                self.fault = self.fault or "no sitemap, or one that breaks off"
                return
            parser.close()
            for _, element in parser.read_events():
                yield element
        except etree.LxmlError as error:
            self.fault = self.fault or f"the XML breaks off: {error}"

    def _unpack(self) -> Iterator[bytes]:
        if not self.body.startswith(_GZIP):
            for start in range(0, len(self.body), _CHUNK):
                yield self.body[start : start + _CHUNK]
            return
        stream, rest, size = zlib.decompressobj(16 + zlib.MAX_WBITS), self.body, 0
        while rest and not stream.eof:
            try:
                chunk = stream.decompress(rest, _CHUNK)
            except zlib.error as error:
                self.fault = f"the gzip file is damaged: {error}"
                return
            rest, size = stream.unconsumed_tail, size + len(chunk)
            if size > MOST_MAP_BYTES:
                self.fault = f"more than {MOST_MAP_BYTES} bytes when decompressed"
                return
            yield chunk
        if not stream.eof:
            self.fault = "the gzip file is cut off"

    def _read_lines(self) -> Iterator[Listed]:
        found = False
        for line in self.body.decode("utf-8-sig", "replace").splitlines():
            if line.strip().startswith(("http://", "https://")):
                found = True
                yield Listed(line.strip())
        if not found:
            self.fault = "neither XML nor a list of addresses"

    def _read_element(self, element: etree._Element) -> tuple[Listed | None, bool]:
        url: str | None = None
        published = changed = None
        is_news = False
        for child in element:
            if not isinstance(child.tag, str):
                continue
            name = child.tag.rpartition("}")[2]
            if name == "loc":
                text = (child.text or "").strip()
                url = text if _PLAIN.fullmatch(text) else resolve_address(text, self.url)
            elif name == "lastmod":
                changed = self._read_instant(child.text)
            elif name == "news":
                is_news = True
                told = next(child.iterchildren("{*}publication_date"), None)
                published = self._read_instant(None if told is None else told.text)
        return (None if url is None else date_listed(url, published, changed)), is_news

    def _read_instant(self, text: str | None) -> tuple[datetime, bool] | None:
        """As ``read_feed_instant``, which takes ten times as long for what nearly all maps say."""
        if not text:
            return None
        if _W3C.fullmatch(text.strip()):
            with suppress(ValueError):
                at = datetime.fromisoformat(text.strip()).astimezone(UTC)
                return (at, False) if at.year >= _FIRST_YEAR else None
        return read_feed_instant(text, self.timezone)
