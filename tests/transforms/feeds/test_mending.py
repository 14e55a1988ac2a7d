"""A fault in one entry of a feed's XML changes no other entry."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsbeam.transforms.feeds.parse import parse_feed
from newsbeam.transforms.feeds.xml_mending import mend_xml, pair_tags
from newsbeam.transforms.records import Entry, ParsedFeed
from tests.support.thinned import every_nth

OSLO = ZoneInfo("Europe/Oslo")
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Avisa &amp; bladet</title>'
    "<link>https://avisa.example/</link>\n"
)
TAIL = "</channel></rss>\n"
ATOM = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Avisa</title>'
    "<id>urn:avisa</id>\n"
)


def item(number: int) -> str:
    return f"""<item>
<title>Sak {number} &quot;her&quot; &amp; der &lt;b&gt;</title>
<link>https://avisa.example/sak/{number}?a=1&amp;b={number}</link>
<guid isPermaLink="false">sak-{number}</guid>
<!-- merknad {number} --><dc:creator>Kari Dahl</dc:creator>
<enclosure url="https://avisa.example/{number}.jpg?w=1&amp;h=2" type="image/jpeg" length="9"/>
<category domain="x">sport</category>
<pubDate>Mon, 23 Nov 2026 1{number}:00:00 +0100</pubDate>
<description>Kort &amp; godt, sak {number}.</description>
<content:encoded><![CDATA[<p>Lang tekst {number} &amp; mer.</p><br>]]></content:encoded>
</item>
"""


def entry(number: int) -> str:
    return f"""<entry><title type="html">Sak {number} &amp;amp; der</title>
<link rel="alternate" href="https://avisa.example/sak/{number}?a=1&amp;b={number}"/>
<id>urn:sak-{number}</id><updated>2026-11-23T1{number}:00:00+01:00</updated>
<author><name>Ola Berg</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Tekst {number} &amp; <b>mer</b>
</p></div></content></entry>
"""


def read(text: str) -> dict[str, Entry]:
    feed = parse_feed(
        text.encode("utf-8", "surrogatepass"),
        url="https://avisa.example/rss",
        charset=None,
        timezone=OSLO,
        latest=datetime(2026, 11, 28, tzinfo=UTC),
    )
    return {one.id: one for one in feed.entries} if isinstance(feed, ParsedFeed) else {}


RSS_PARTS = [item(number) for number in range(4)]
ATOM_PARTS = [entry(number) for number in range(4)]
GOOD = read(HEAD + "".join(RSS_PARTS) + TAIL)
GOOD_ATOM = read(ATOM + "".join(ATOM_PARTS) + "</feed>")
# What a content system, an editor or a careless template puts in, or leaves out.
BROKEN = (
    "<", ">", '"', "'", "&", "&amp", "&nbsp", "&#0;", "</", "/>", "</b>", "<b>", "<br>", "<!--",
    "-->", "--", "<![CDATA[", "]]>", "<?", "?>", "<?php echo 1 ?>", "=", "\x0b", "\ufffe", "<p",
    "</p",
    '<a href=x y z="1">', '<img src="a"src="b">', "<x:y>", "</x:y>", "</title>", "<title>",
    "</description>", "<1>", "<!", "<!DOCTYPE html>", "</item>", "</entry>", "<æ>", "</æ>",
)  # fmt: skip


def test_the_good_feeds_are_read_whole() -> None:
    assert sorted(GOOD) == [f"sak-{n}" for n in range(4)]
    assert GOOD["sak-3"].url == "https://avisa.example/sak/3?a=1&b=3"
    assert GOOD["sak-3"].metadata.title == 'Sak 3 "her" & der'
    assert sorted(GOOD_ATOM) == [f"urn:sak-{n}" for n in range(4)]


def keeps_others(parts: list[str], head: str, tail: str, good: dict[str, Entry], at: int) -> None:
    found = read(head + "".join(parts) + tail)
    name = sorted(good)
    for number in range(4):
        if number != at:
            assert found.get(name[number]) == good[name[number]], name[number]


@pytest.mark.slow
@pytest.mark.parametrize("piece", every_nth(4, BROKEN))
def test_a_piece_put_in_anywhere_changes_only_its_entry(piece: str) -> None:
    # Everywhere between the entry's own tags; behind them it stands in nobody's.
    start, end = len("<item>"), RSS_PARTS[1].rindex("</item>")
    for place in range(start, end, 13):
        broken = RSS_PARTS[1][:place] + piece + RSS_PARTS[1][place:]
        keeps_others([RSS_PARTS[0], broken, *RSS_PARTS[2:]], HEAD, TAIL, GOOD, 1)


@pytest.mark.parametrize("length", [1, 2, 9])
def test_what_is_lost_anywhere_changes_only_its_entry(length: int) -> None:
    start, end = len("<item>"), RSS_PARTS[1].rindex("</item>")
    for place in range(start, end - length, 7):
        broken = RSS_PARTS[1][:place] + RSS_PARTS[1][place + length :]
        keeps_others([RSS_PARTS[0], broken, *RSS_PARTS[2:]], HEAD, TAIL, GOOD, 1)


@given(st.data())
def test_atom_too(data: st.DataObject) -> None:
    whole = ATOM_PARTS[2]
    start, end = len("<entry>"), whole.rindex("</entry>")
    place = data.draw(st.integers(start, end))
    lost = data.draw(st.integers(0, min(12, end - place)))
    piece = data.draw(st.sampled_from(BROKEN))
    broken = whole[:place] + piece + whole[place + lost :]
    keeps_others([*ATOM_PARTS[:2], broken, ATOM_PARTS[3]], ATOM, "</feed>", GOOD_ATOM, 2)


@given(st.text(alphabet=st.sampled_from(list("<>/!-[]CDATA?&;\"'= abitem:")), max_size=60))
@example("<item><a></item><item></b></item>")
def test_pairing_ends_and_is_pairing(text: str) -> None:
    mended = mend_xml(text)
    if isinstance(mended, str):
        once = pair_tags(mended)
        assert pair_tags(once).count("</") <= once.count("</") + once.count("<")


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "<a>",
        "</a>",
        "<item>",
        "<a></item>",
        '<a b="',
        "<!--",
        "<!--</item>",
        "<![CDATA[",
        "<![CDATA[</item>",
        "&",
        "]]>",
    ],
)
def test_mending_is_linear(piece: str) -> None:
    """Fifty thousand faults are mended in a second, not in an hour."""
    mended = mend_xml(f"<rss><channel>{piece * 50_000}</channel></rss>")
    assert isinstance(mended, str)
    assert pair_tags(mended)


LEAVES = ("category", "guid", "title", "link", "pubDate", "dc:creator", "enclosure", "description")


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_field_without_an_end_ends_where_the_next_one_begins(leaf: str) -> None:
    broken = item(1).replace(f"</{leaf}>", "").replace('length="9"/>', 'length="9">')
    found = read(HEAD + broken + item(2) + TAIL)
    good = read(HEAD + item(1) + item(2) + TAIL)
    assert list(found) == list(good)
    assert found["sak-2"] == good["sak-2"]
    one, other = found["sak-1"], good["sak-1"]
    assert (one.url, one.metadata.title) == (other.url, other.metadata.title)
    assert one.content == other.content


def test_a_link_of_atom_without_an_end_holds_nothing() -> None:
    broken = entry(1).replace('b=1"/>', 'b=1">')
    assert read(ATOM + broken + entry(2) + "</feed>") == read(
        ATOM + entry(1) + entry(2) + "</feed>"
    )


@pytest.mark.parametrize("value", ["a=<b>", "<p>x</p>", "a > b < c", "</item>"])
def test_signs_of_markup_in_an_attribute_are_its_value(value: str) -> None:
    for mark in ('"', "'"):
        odd = f"<x:y xmlns:x='urn:x' a=\"1\" b={mark}{value}{mark}/>"
        broken = item(1).replace("<category", f"{odd}<category")
        assert read(HEAD + broken + item(2) + TAIL) == read(HEAD + item(1) + item(2) + TAIL)
