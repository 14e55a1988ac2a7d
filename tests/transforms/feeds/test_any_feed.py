"""What holds of any bytes, markup and titles that a feed may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.feeds.parse import FeedFault
from newsbeam.transforms.feeds.plain_feed import write_plain_feed
from newsbeam.transforms.feeds.xml_tree import XmlTree, parse_xml
from newsbeam.transforms.records import ParsedFeed
from newsbeam.transforms.text.characters import normalize_line
from tests.support.feed_texts import DATA, parse, read, rss


def iterate_prefix(body: bytes) -> Iterator[bytes]:
    step = max(1, len(body) // 60)
    return (body[:end] for end in range(0, len(body), step))


@pytest.mark.parametrize("name", ["rss20.xml", "atom.xml", "feed.json", "news.xml", "rdf.xml"])
def test_every_beginning_of_a_feed_gives_true_entries_only(name: str) -> None:
    body = (DATA / name).read_bytes()
    whole = {e.id: replace(e, digest="") for e in read(body).entries}
    for part in iterate_prefix(body):
        feed = parse(part)
        for found in feed.entries if isinstance(feed, ParsedFeed) else ():
            assert found.metadata.title == whole[found.id].metadata.title
            assert found.content == whole[found.id].content


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_feed_or_a_fault(body: bytes) -> None:
    assert isinstance(parse(body), ParsedFeed | FeedFault)


WORDS = st.sampled_from(
    ["<item>", "</item>", "<rss>", "<channel>", "<title>", "</title>", "<![CDATA[", "]]>", "&amp;",
     "&", "<", ">", "<!--", "-->", "<link>", "</link>", "http://a.example/", "<!DOCTYPE r [", "]>",
     '<!ENTITY a "', '">', "&a;", "<content:encoded>", "<description>", "</description>", "<b>",
     "<feed>", "<entry>", "</entry>", "å", "\x00", "<?xml", "?>", "<urlset>", "<url>", "<loc>", "{",
     '"items":[', "<rdf:RDF>", ' xmlns="x"', "<x:y ", "xml:base='http://['", "2026-07-22", "]"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_markup_is_a_feed_or_a_fault(text: str) -> None:
    for body in (text, f"<rss><channel><item>{text}"):
        found = parse(body)
        if isinstance(found, ParsedFeed):
            ids = [e.id for e in found.entries]
            assert len(ids) == len(set(ids))
            assert all(e.url or e.content for e in found.entries)


@given(st.lists(WORDS, max_size=40).map("".join))
def test_what_feedparser_is_handed_is_well_formed(text: str) -> None:
    """So that its second parser, which is slow and loses more, never reads a feed."""
    for name in ("rss", "feed", "rdf"):
        parsed = parse_xml(f"<{name}><channel><item>{text}")
        if isinstance(parsed, XmlTree):
            document, _ = write_plain_feed(parsed.root, 100)
            expat.ParserCreate("utf-8", " ").Parse(document, True)


def is_twice_encoded(text: str) -> bool:
    """Whether feedparser would take a text for UTF-8 that was read as Latin-1 and mend it."""
    try:
        return text.encode("latin-1").decode() != text
    except UnicodeError:
        return False


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60)
TEXTS = TEXTS.filter(lambda text: not is_twice_encoded(text))


@given(st.lists(TEXTS, max_size=5))
def test_titles_of_any_characters_are_read_back(titles: list[str]) -> None:
    """As HTML in RSS, as plain text and as HTML in Atom."""
    items = [f"<title>{escape(escape(t))}</title><link>/{n}</link>" for n, t in enumerate(titles)]
    entries = [
        f"<entry><title type='html'><![CDATA[{escape(t)}]]></title><link href='/{n}'/></entry>"
        for n, t in enumerate(titles)
    ]
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'>{''.join(entries)}</feed>"
    for body in (rss(*items), atom):
        found = [e.metadata.title or "" for e in read(body).entries]
        assert found == [normalize_line(title) for title in titles]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), TEXTS), max_size=12))
def test_ids_are_unique_within_a_feed(items: list[tuple[str, str, str]]) -> None:
    made = [
        f"<guid>{guid}</guid><link>/{path}</link><title>{escape(title)}</title>"
        for guid, path, title in items
    ]
    ids = [e.id for e in read(rss(*made)).entries]
    assert len(ids) == len(set(ids))
    assert len(ids) >= len({path for _, path, _ in items}), "every address has an entry"
