"""Feeds: golden pairs, what identifies an entry, hostile documents, and properties."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from xml.parsers import expat
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.feeds.parse import FeedFault, parse_feed
from newsbeam.transforms.feeds.plain_feed import write_plain_feed
from newsbeam.transforms.feeds.xml_tree import XmlTree, parse_xml
from newsbeam.transforms.records import Entry, ParsedFeed
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.characters import normalize_line
from newsbeam.transforms.text.identity import read_wording, split_digest

DATA = Path(__file__).parent / "data"
OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 7, 23, 12, tzinfo=UTC)
URL = "https://feed.example/rss"
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'


def parse(body: bytes | str, **options: Any) -> ParsedFeed | FeedFault:
    data = body.encode() if isinstance(body, str) else body
    given = {"url": URL, "charset": None, "timezone": OSLO, "latest": NOW} | options
    return parse_feed(data, **given)


def read(body: bytes | str, **options: Any) -> ParsedFeed:
    feed = parse(body, **options)
    assert isinstance(feed, ParsedFeed), feed
    return feed


def reason(body: bytes | str) -> str:
    fault = parse(body)
    assert isinstance(fault, FeedFault), fault
    return fault.reason


def rss(*items: str, head: str = "") -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" {CONTENT}><channel>{head}{inner}</channel></rss>'


def entry(*parts: str, **options: Any) -> Entry:
    (found,) = read(rss("".join(parts)), **options).entries
    return found


def pack(value: object) -> object:
    """A record as JSON, without digests and what is not known."""
    if is_dataclass(value) and not isinstance(value, type):
        packed = {f.name: pack(getattr(value, f.name)) for f in fields(value)}
        counts = {k for k, v in packed.items() if v == 0 and v is not False}
        known = {k: v for k, v in packed.items() if v not in (None, [], {}) and k not in counts}
        return {k: v for k, v in known.items() if k != "digest"}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return [pack(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", sorted(DATA.glob("*.expected.json")), ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    (source,) = DATA.glob(path.name.removesuffix(".expected.json"))
    found = pack(read(source.read_bytes()))
    assert found == json.loads(path.read_text(encoding="utf-8"))


def test_every_fixture_has_an_expectation() -> None:
    names = {path.name for path in DATA.iterdir()}
    plain = {name for name in names if not name.endswith(".expected.json")}
    assert plain
    assert names - plain == {f"{name}.expected.json" for name in plain}


def test_guid_of_one_entry_is_its_id() -> None:
    assert entry("<guid>urn:1</guid><link>/a</link>").id == "urn:1"


def test_guids_that_all_entries_share_are_no_ids() -> None:
    items = [f"<guid>x</guid><link>/{n}?utm_source=rss</link>" for n in range(10_000)]
    feed = read(rss(*items))
    assert len(feed.entries) == 10_000
    assert feed.entries[1].id == "https://feed.example/1"
    assert feed.faults == ()


def test_entry_without_guid_and_link_is_known_by_what_it_says() -> None:
    items = [f"<title>Sak {n}</title><content:encoded>Tekst {n}</content:encoded>" for n in (1, 2)]
    first, second = read(rss(*items)).entries
    assert first.url is None
    assert first.content == "<p>Tekst 1</p>"
    assert first.id != second.id
    assert entry(items[0]).id == first.id


def test_of_two_entries_with_one_id_the_newest_is_kept_and_the_other_told() -> None:
    def item(day: int, title: str) -> str:
        return (
            f"<guid>1</guid><link>/a</link><title>{title}</title>"
            f"<pubDate>{day} Jul 2026 10:00:00 GMT</pubDate>"
        )

    feed = read(rss(item(1, "Gammel"), item(2, "Ny"), item(1, "Gammel")))
    assert [e.metadata.title for e in feed.entries] == ["Ny"]
    assert [fault[0] for fault in feed.faults] == ["repeated_entry"]
    same = read(rss(item(1, "Lik"), item(1, "Lik")))
    assert len(same.entries) == 1
    assert same.faults == ()


ITEM = (
    "<guid>1</guid><link>https://avis.example/a?utm_source=rss</link><title>Tittel</title>"
    "<description>Ingress</description><pubDate>Wed, 22 Jul 2026 10:00:00 GMT</pubDate>"
    "<author>Kari Nes</author><content:encoded>&lt;p&gt;Tekst &lt;img src='a.jpg?w=1'&gt;&lt;/p&gt;"
    "</content:encoded><category>A</category><category>B</category>"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("utm_source=rss", "utm_source=twitter"),
        ("a.jpg?w=1", "a.jpg?w=1200"),
        ("<category>A</category><category>B</category>", "<category>B</category>"),
        ("10:00:00 GMT", "12:00:00 +0200"),
        ("Ingress", "Ingress&amp;nbsp;"),
    ],
)
def test_digest_does_not_mind_noise(old: str, new: str) -> None:
    assert old in ITEM
    assert entry(ITEM.replace(old, new)).digest == entry(ITEM).digest
    noisy = entry(
        ITEM + '<x:comments xmlns:x="http://purl.org/rss/1.0/modules/slash/">9</x:comments>'
    )
    assert noisy.digest == entry(ITEM).digest


@pytest.mark.parametrize("old", ["Tittel", "Ingress", "Tekst", "Kari", "22 Jul", "example/a"])
def test_digest_changes_with_what_the_feed_says(old: str) -> None:
    new = "21 Jul" if old == "22 Jul" else "example/b" if "/" in old else "Noe annet"
    assert entry(ITEM.replace(old, new)).digest != entry(ITEM).digest


def test_digest_stays_as_it_is() -> None:
    """Every entry of every feed would be fetched again if it did not."""
    assert entry(ITEM).digest[:16] == "d1b8990bdc3dd26f"


@given(published=st.none() | st.integers(1, 28), changed=st.none() | st.integers(1, 28))
def test_instants_are_not_in_the_last_digits_of_the_digest(
    published: int | None, changed: int | None
) -> None:
    dates = "".join(
        f"<{name}>2026-02-{day:02}T10:00:00Z</{name}>"
        for name, day in (("dc:date", published), ("dcterms:modified", changed))
        if day is not None
    )
    item = "<guid>1</guid><link>/a</link><title>Tittel</title>"
    one, other = entry(item), entry(item + dates)
    (one_whole, one_told), (other_whole, other_told) = map(split_digest, (one.digest, other.digest))
    assert one_told == other_told != ""
    assert (one_whole == other_whole) == (published is None and changed is None)


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("example/a", "example/b", True),
        ("utm_source", "x", True),
        ("Ingress", "Noe annet", False),
        ("22 Jul", "21 Jul", False),  # all that some sitemaps tell of a change
    ],
)
def test_the_end_of_a_digest_is_what_is_told_whatever_the_address(
    old: str, new: str, is_same: bool
) -> None:
    one, other = entry(ITEM), entry(ITEM.replace(old, new))
    assert len(read_wording(one.digest)) == 10
    assert one.digest != other.digest
    assert (read_wording(one.digest) == read_wording(other.digest)) == is_same


def test_entries_without_a_guid_that_share_an_address_are_told_apart() -> None:
    posts = [f"<title>Innlegg {n}</title><link>/direkte?utm_source=x#p{n}</link>" for n in (1, 2)]
    first, second = read(rss(*posts)).entries
    assert (first.id, second.id) == (
        "https://feed.example/direkte#p1",
        "https://feed.example/direkte#p2",
    )
    notes = [f"<title>Melding {n}</title><link>/presse</link>" for n in (1, 2, 2)]
    feed = read(rss(*notes))
    assert [e.metadata.title for e in feed.entries] == ["Melding 1", "Melding 2"]
    assert feed.faults == ()
    assert entry(notes[0]).id == "https://feed.example/presse"


def test_time_that_all_entries_share_is_the_feeds_and_not_in_the_digest() -> None:
    def items(clock: str) -> list[str]:
        date = f"<pubDate>Wed, 22 Jul 2026 {clock} GMT</pubDate>"
        return [f"<guid>{n}</guid><link>/{n}</link>{date}" for n in range(3)]

    one, other = read(rss(*items("10:00:00"))), read(rss(*items("10:15:00")))
    assert [e.digest for e in one.entries] == [e.digest for e in other.entries]
    two = [read(rss(*items(clock)[:2])).entries[0].digest for clock in ("10:00:00", "10:15:00")]
    assert two[0] != two[1]


def test_rules_of_the_source_decide_which_parameters_choose_the_page() -> None:
    item = "<link>https://avis.example/?utm_id=7&amp;s=rss</link>"
    rules = UrlSettings(keep_parameters=("utm_id",), drop_parameters=("s",))
    assert entry(item, url_rules=rules).id == "https://avis.example/?utm_id=7"
    assert entry(item).id == "https://avis.example/?s=rss"


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>/a</link>", "https://feed.example/a"),
        ("<link>//other.example/a b</link>", "https://other.example/a%20b"),
        ("<guid>https://avis.example/1</guid>", "https://avis.example/1"),
        ("<guid isPermaLink='false'>https://avis.example/1</guid><link>/a</link>",
         "https://feed.example/a"),
        ("<link>/~r/1</link><feedburner:origLink>https://avis.example/1</feedburner:origLink>",
         "https://avis.example/1"),
        ("<link>ftp://a.example/</link><guid>https://avis.example/2</guid>",
         "https://avis.example/2"),
        ("<atom:link rel='self' href='/feed'/><link>/page</link>", "https://feed.example/page"),
        ("<link><![CDATA[\n https://avis.example/\n1 \n]]></link>", "https://avis.example/1"),
    ],
)  # fmt: skip
def test_address(item: str, url: str) -> None:
    assert entry(item).url == url


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "http://[", "file:///etc/passwd", "mailto:a@b.example", "", "http://"]
)  # fmt: skip
def test_entry_without_usable_address_is_a_fault(bad: str) -> None:
    feed = read(rss(f"<title>Sak</title><link>{bad}</link>", "<link>/b</link>"))
    assert [e.url for e in feed.entries] == ["https://feed.example/b"]
    assert [name for name, _ in feed.faults] == ["no_address"]


def test_guid_that_is_no_address_does_not_become_one() -> None:
    assert read(rss("<guid>12345</guid>")).entries == ()


def test_caption_of_a_picture_is_neither_title_nor_text() -> None:
    media = (
        "<media:content url='/a.jpg' medium='image'><media:title>Bildet</media:title>"
        "<media:description>En lang bildetekst om en båt ved kaien.</media:description>"
        "</media:content>"
    )
    found = entry(media, "<title>Saken</title><description>Ingressen.</description><link>/a</link>")
    assert (found.metadata.title, found.metadata.lead, found.content) == (
        "Saken",
        "Ingressen.",
        None,
    )


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("<author>kari@avis.online (Kari Nes)</author>", ("Kari Nes",)),
        ("<author>Kari Nes &lt;kari@avis.media&gt;</author>", ("Kari Nes",)),
        ("<author>kari.nes@avis.example</author>", ()),
        ("<author>Kari Nes</author><dc:creator>Ola Li</dc:creator>", ("Kari Nes", "Ola Li")),
        ("<author><name>Kari Nes</name><email>k@a.example</email></author>", ("Kari Nes",)),
        ("<source><author>Per Vik</author></source><author>Kari Nes</author>", ("Kari Nes",)),
    ],
)
def test_authors(byline: str, names: tuple[str, ...]) -> None:
    assert entry(f"<link>/a</link>{byline}").metadata.authors == names


def test_elements_in_xhtml_do_not_end_its_text() -> None:
    content = (
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>En<br/>to</p><details>"
        "<summary title='a>b'>Tre</summary><picture><source src='a'/></picture></details></div>"
        "</content><title>Saken</title>"
    )
    head = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/a'/>"
    (found,) = read(f"{head}{content}</entry></feed>").entries
    assert found.metadata.title == "Saken"
    assert found.content is not None
    assert found.content.startswith("<p>En<br>to</p><details><summary")
    assert found.content.endswith("</details>")
    assert "Tre</summary>" in found.content


def test_elements_that_feedparser_stumbles_over_are_not_the_end_of_a_feed() -> None:
    gml = "<gml:pos xmlns:gml='http://www.opengis.net/gml'>1 2</gml:pos>"
    odd = "<X:>a</X:><p:99 xmlns='u'>b</p:99><\u00e9>c</\u00e9><y:a xmlns:y='a b'>d</y:a>"
    for body in (rss(f"{gml}{odd}<link>/a</link>"), rss(f"<link>/a</link>{gml}", head=gml + odd)):
        assert [e.url for e in read(body).entries] == ["https://feed.example/a"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("5 &lt; 6 og 7 &gt; 6", "5 < 6 og 7 > 6"),
        ("Slik bruker du &lt;canvas&gt;", "Slik bruker du <canvas>"),
        ("&lt;b&gt;Fet&lt;/b&gt; &amp;amp; kursiv", "Fet & kursiv"),
        ("<![CDATA[R&oslash;mme &#8211; <em>godt</em>]]>", "Rømme – godt"),
        ("<b>Uescapet</b> HTML", "Uescapet HTML"),
        ("Bl\u00e5b\u00e6r\n   \u00ad og\u200b mer\u0007", "Blåbær og mer"),
        ("Kj&oslash;tt & fl&aelig;sk", "Kjøtt & flæsk"),
    ],
)
def test_title_is_a_plain_line(title: str, expected: str) -> None:
    assert entry(f"<title>{title}</title><link>/a</link>").metadata.title == expected


LONG = "".join(f"<p>{'Et avsnitt som er langt nok til å telle. ' * 8}</p>" for _ in range(4))
ONE = "Et avsnitt som ikke er hele artikkelen."


@pytest.mark.parametrize(
    ("summary", "content", "lead", "text"),
    [
        (ONE, None, ONE, None),
        (ONE, LONG, ONE, LONG),
        (LONG, ONE, ONE, LONG),
        (LONG, None, None, LONG),
        (LONG, LONG, None, LONG),
        (None, f"<p>{ONE}</p>", None, f"<p>{ONE}</p>"),
        (ONE, f"<p>{ONE}</p>", ONE, None),
        ("Tittel", LONG, None, LONG),
        ("<b>Tittel!</b>", None, None, None),
        ("Et avsnitt som er langt nok […]", LONG, None, LONG),
        (f"<p>{ONE}</p><p>The post X appeared first on Y.</p>", None, ONE, None),
        ("<img src='a.jpg'>", "<img src='a.jpg'>", None, None),
    ],
)
def test_lead_and_content(
    summary: str | None, content: str | None, lead: str | None, text: str | None
) -> None:
    parts = "<title>Tittel</title><link>/a</link>"
    if summary is not None:
        parts += f"<description>{escape(summary)}</description>"
    if content is not None:
        parts += f"<content:encoded>{escape(content)}</content:encoded>"
    found = entry(parts)
    assert (found.metadata.lead, found.content) == (lead, text)


PERIOD = "<sy:updatePeriod>%s</sy:updatePeriod><sy:updateFrequency>%d</sy:updateFrequency>"


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("<ttl>5</ttl>", 300),
        (PERIOD % ("daily", 4), 21_600),
        ("<ttl>600</ttl><sy:updatePeriod> hourly\n</sy:updatePeriod>", 36_000),
        ("<ttl>-5</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<ttl>99999999999</ttl>", None),
        ("<ttl>60000</ttl>", None),
        ("<ttl>ofte</ttl><sy:updatePeriod>ofte</sy:updatePeriod>", None),
        (PERIOD % ("hourly", 0), None),
    ],
)
def test_time_to_live(head: str, seconds: int | None) -> None:
    assert read(rss(head=head)).ttl_seconds == seconds


def test_all_hours_and_days_cannot_be_skipped() -> None:
    hours = "".join(f"<hour>{n}</hour>" for n in range(24))
    days = "<day>Monday</day><day>mandag</day>"
    feed = read(rss(head=f"<skipHours>{hours}</skipHours><skipDays>{days}</skipDays>"))
    assert feed.skip_hours == frozenset()
    assert feed.skip_days == frozenset({0})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "empty"),
        (" \n\ufeff", "empty"),
        ("<!doctype html><title>Avis</title>", "not_a_feed"),
        ("<!-- x --> <HTML><body>", "not_a_feed"),
        ("<opml version='2.0'/>", "not_a_feed"),
        ("Error 503", "not_a_feed"),
        ("[1, 2]", "not_a_feed"),
        ('{"a": 1}', "not_a_feed"),
        ("{", "broken_json"),
        ("<>", "broken_xml"),
        (b"\x1f\x8bikke gzip", "broken_gzip"),
    ],
)
def test_body_without_a_feed(body: bytes | str, expected: str) -> None:
    assert reason(body) == expected


def test_web_page_tells_where_its_feeds_are() -> None:
    page = (
        "<!DOCTYPE html><html><head><link rel='alternate' type='application/rss+xml' href='/rss?a=1"
        "&amp;b=2'><LINK HREF=https://x.example/atom TYPE=application/atom+xml REL=alternate>"
        "<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/1>"
        "<link rel=stylesheet type=text/css href=/a.css></head>"
    )
    fault = parse(page)
    assert isinstance(fault, FeedFault)
    assert "https://feed.example/rss?a=1&b=2, https://x.example/atom" in fault.detail
    assert "wp-json" not in fault.detail


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


@pytest.mark.parametrize("case", HOSTILE)
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


def test_document_that_breaks_off_keeps_its_complete_entries() -> None:
    items = [f"<title>Sak {n}</title><link>/{n}</link>" for n in range(5)]
    whole = rss(*items)
    end = whole.index("<title>Sak 3") + 8
    feed = read(whole[:end])
    assert [e.metadata.title for e in feed.entries] == ["Sak 0", "Sak 1", "Sak 2"]
    assert [name for name, _ in feed.faults] == ["truncated"]
    cut_between = whole[: whole.index("</channel>")]
    assert len(read(cut_between).entries) == 5
    assert [name for name, _ in read(cut_between).faults] == ["truncated"]


@pytest.mark.parametrize(
    ("declared", "encoding", "charset"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8", "utf-8", "iso-8859-1"),
        ("iso-8859-1", "utf-8-sig", None),
        ("utf-16", "utf-8", "us-ascii"),
        ("utf-8", "cp1252", None),
        ("utf-8", "cp1252", "utf-8"),
        ("utf-8", "iso-8859-1", "iso-8859-1"),
        ("iso-8859-15", "iso-8859-15", None),
        ("utf-16", "utf-16", None),
        ("utf-16", "utf-16-le", None),
        ("utf-8", "utf-16-be", None),
        ("tull", "utf-8", "tull"),
    ],
)
def test_encodings(declared: str, encoding: str, charset: str | None) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + rss(
        "<title>Blåbær, rømme og «ære»</title><link>/a</link>"
    )
    (found,) = read(text.encode(encoding), charset=charset).entries
    assert found.metadata.title == "Blåbær, rømme og «ære»"


def test_controls_and_white_space_before_the_declaration_do_no_harm() -> None:
    text = '\n \ufeff<?xml version="1.0"?>' + rss("<title>A\x00B\x0bC</title><link>/a</link>")
    (found,) = read(text.encode()).entries
    assert found.url == "https://feed.example/a"
    assert (found.metadata.title or "").replace("\ufffd", "").replace(" ", "") == "ABC"


def test_entry_from_the_future_has_no_date() -> None:
    found = entry("<link>/a</link><pubDate>Mon, 01 Jan 2029 10:00:00 GMT</pubDate>")
    assert found.metadata.published_at is None
    assert found.metadata.published_at_text is None


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
