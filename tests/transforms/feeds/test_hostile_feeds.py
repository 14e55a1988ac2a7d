"""Feeds that mean harm, or do it: they cost little, and load nothing."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from newsbeam.transforms.feeds.plain_feed import write_plain_feed
from newsbeam.transforms.feeds.xml_tree import XmlTree, parse_xml
from tests.support.feed_texts import CONTENT, entry, read, reason, rss
from tests.support.thinned import every_nth


def test_gzipped_feed_is_read_and_a_bomb_is_not() -> None:
    assert len(read(gzip.compress(rss("<link>/a</link>").encode())).entries) == 1
    assert reason(gzip.compress(b" " * 60_000_000)) == "too_large"


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
UNSAFE = {
    "billion laughs": f'<!DOCTYPE r [<!ENTITY e0 "ha">{BOMB}]>',
    "quadratic": f'<!DOCTYPE r [<!ENTITY e9 "{"x" * 40_000}">]>',
    "file": '<!DOCTYPE r [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>',
    "public": '<!DOCTYPE r [<!ENTITY e9 PUBLIC "a" "http://127.0.0.1:1/x">]>',
    "parameter": '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>',
    "disguised": '<!DOCTYPE r [<!ENTITY e0 "x"><!ENTITY e9 "&#38;e0;&#38;e0;">]>',
    "comments": "<!DOCTYPE r [" + "<!--" * 100_000,
    "long": "<!DOCTYPE r [" + '<!ENTITY a "b">' * 10_000 + "]>",
}


@pytest.mark.parametrize("case", UNSAFE)
def test_entities_that_do_harm_are_refused_at_once(case: str) -> None:
    started = time.process_time()
    assert reason(UNSAFE[case] + rss(f"<title>{'&e9;' * 1000}</title>")) == "unsafe_xml"
    assert time.process_time() - started < 1


def test_entities_that_do_no_harm_are_read_and_unknown_ones_left() -> None:
    head = (
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY avis "Fjord &#38;amp; fjell"> <!-- \'] -->]>'
    )
    assert reason(head + rss("")) == "unsafe_xml"
    head = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY avis "Fjordavisa"> <!-- \'] -->]>'
    feed = read(head + rss("<title>&avis; &annen; &nbsp;x</title><link>/a</link>"))
    assert feed.entries[0].metadata.title == "Fjordavisa &annen; x"


def test_what_points_outside_is_not_loaded(tmp_path: Path) -> None:
    """A document type, an XInclude and a body that is a path or an address open nothing."""
    secret = tmp_path / "secret.dtd"
    secret.write_text('<!ENTITY avis "hemmelig"><rss/>', encoding="utf-8")
    body = (
        f'<!DOCTYPE rss SYSTEM "{secret.as_uri()}">'
        + rss("<title>&avis;<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
              f"href='{secret.as_uri()}' parse='text'/></title><link>/a</link>")
    )  # fmt: skip
    assert "hemmelig" not in str(read(body))
    assert reason(str(secret)) == "not_a_feed"
    assert reason(secret.as_uri()) == "not_a_feed"


HEAD = f'<rss version="2.0" {CONTENT}><channel><item><title>Hel</title><link>/1</link></item>'
HOSTILE = {
    "depth": HEAD + "<item><link>/2</link>" + "<a>" * 100_000,
    "markup": HEAD + "<item><link>/2</link><description>" + "<![CDATA[" * 300_000,
    "comments": HEAD + "<item><link>/2</link>" + "<!--" * 500_000,
    "ampersands": HEAD + "<item><link>/2</link>" + "&" * 500_000,
    "bare html": HEAD + "<item><b></item>" + "<description><b>" * 100_000,
    "end tags": HEAD + "<item><link>/2</link>" + "<a></b>" * 100_000,
    "text": HEAD + "<item><link>/2</link><title>" + "x" * 10_500_000 + "</title></item>",
}


@pytest.mark.slow
@pytest.mark.parametrize("case", every_nth(3, HOSTILE))
def test_hostile_document_costs_little_and_keeps_what_came_before(case: str) -> None:
    started = time.process_time()
    feed = read(HOSTILE[case])
    assert time.process_time() - started < 10
    assert feed.entries[0].metadata.title == "Hel"
    assert {name for name, _ in feed.faults} & {"truncated", "too_complex"}


def test_too_many_namespaces_are_refused() -> None:
    declared = " ".join(f'xmlns:n{n}="u:{n}"' for n in range(5000))
    assert reason(f"<rss {declared}><channel/></rss>") == "unsafe_xml"


def test_author_of_100_000_letters_costs_nothing() -> None:
    started = time.process_time()
    assert entry(f"<author>{'a' * 100_000}</author><link>/a</link>").metadata.authors == ()
    assert time.process_time() - started < 1


FLOODS = {
    "tags": "<link>/a</link>" + "".join(f"<category>{n}</category>" for n in range(50_000)),
    "keywords": f"<link>/a</link><media:keywords>{'a,b,' * 200_000}</media:keywords>",
    "publisher": f"<link>/a</link><dc:publisher>{'a' * 100_000}</dc:publisher>",
    "references": f"<link>/a</link><title>{'&amp;' * 200_000}</title>",
    "fields": "<link>/a</link>" + "".join(f"<a{n}>b</a{n}>" for n in range(50_000)),
}


@pytest.mark.parametrize("case", FLOODS)
def test_entry_with_too_much_of_anything_costs_little(case: str) -> None:
    started = time.process_time()
    assert entry(FLOODS[case]).url == "https://feed.example/a"
    assert time.process_time() - started < 2


def test_entries_over_the_most_are_counted_and_left_out() -> None:
    parsed = parse_xml(rss("<title>a</title>", "<title>b</title>", "<title>c</title>"))
    assert isinstance(parsed, XmlTree)
    document, count = write_plain_feed(parsed.root, 2)
    assert (document.count(b"<item>"), count) == (2, 3)
    assert b"<title><![CDATA[c]]></title>" not in document


def test_many_faults_are_told_in_few_lines() -> None:
    feed = read(rss(*["<title>x</title>"] * 200, "<link>/a</link>"))
    assert len(feed.faults) == 50
    assert feed.faults[-1] == ("more_faults", "and 151 no_address")
