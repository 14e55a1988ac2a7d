"""Feeds as the world writes them: what stands around, beside and between what is meant."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.feeds.dates import read_feed_instant
from newsbeam.transforms.feeds.parse import FeedFault, parse_feed
from newsbeam.transforms.feeds.texts import is_whole_article, judge_content
from newsbeam.transforms.records import Entry, ParsedFeed

OSLO = ZoneInfo("Europe/Oslo")
ADDRESS = "https://avisa.example/1"
PARAGRAPH = "<p>Kommunen stenger kaia i vinter fordi isen har tatt pælene på nordsiden. {}</p>"


def parse(body: bytes | str, charset: str | None = None) -> ParsedFeed | FeedFault:
    return parse_feed(
        body.encode() if isinstance(body, str) else body,
        url="https://avisa.example/rss",
        charset=charset,
        timezone=OSLO,
        latest=datetime(2026, 11, 28, tzinfo=UTC),
    )


def entries(body: bytes | str, charset: str | None = None) -> tuple[Entry, ...]:
    feed = parse(body, charset)
    assert isinstance(feed, ParsedFeed), feed
    return feed.entries


def rss(*items: str) -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>Avisa</title>{inner}</channel></rss>'


def atom(entry: str, head: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}<entry>{entry}</entry></feed>'


ITEM = "<title>Kaia stenger</title><link>https://avisa.example/1</link>"
APPEARED = (
    f'<p>The post <a href="{ADDRESS}">Kaia stenger</a> appeared first on '
    '<a href="https://avisa.example">Avisa</a>.</p>'
)
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rss="http://purl.org/rss/1.0/"'
NOTICE = "<br />\n<b>Warning</b>: Undefined variable $x in <b>/srv/feed.php</b><br />\n"


@pytest.mark.parametrize(
    "body",
    [
        NOTICE + '<?xml version="1.0"?>' + rss(ITEM),
        f"<!DOCTYPE html><html><head><title>x</title></head><body>{rss(ITEM)}</body></html>",
        NOTICE + atom('<title>Kaia stenger</title><link href="https://avisa.example/1"/>'),
        NOTICE + '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", '
        '"url": "https://avisa.example/1", "title": "Kaia stenger"}]}',
    ],
    ids=["php", "page", "php and atom", "php and json"],
)
def test_a_feed_is_found_in_what_stands_around_it_and_that_is_said(body: str) -> None:
    feed = parse(body)
    assert isinstance(feed, ParsedFeed)
    assert [entry.metadata.title for entry in feed.entries] == ["Kaia stenger"]
    assert [reason for reason, _ in feed.faults] == ["text_around_feed"]


def test_a_page_that_tells_of_feeds_is_none() -> None:
    page = "<html><body><pre>&lt;rss&gt;&lt;item&gt;</pre><p>Slik ser en feed ut.</p></body></html>"
    fault = parse(page)
    assert isinstance(fault, FeedFault)
    assert fault.reason == "not_a_feed"


def test_a_module_that_nobody_knows_takes_no_fields_place() -> None:
    foreign = 'xmlns:x="urn:cms"'
    item = (
        f"<x:summary {foreign}>internt</x:summary><x:title {foreign}>nr. 7</x:title>"
        f"<x:link {foreign}>https://intern.example/</x:link>{ITEM}"
        f"<x:author {foreign}>cms</x:author><description>Isen tok pælene.</description>"
    )
    [entry] = entries(rss(item))
    assert (entry.metadata.title, entry.metadata.lead) == ("Kaia stenger", "Isen tok pælene.")
    assert (entry.url, entry.metadata.authors) == ("https://avisa.example/1", ())


def test_a_known_module_speaks_where_the_feed_does_not() -> None:
    itunes = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    said = f"<itunes:summary {itunes}>Om kaia.</itunes:summary>"
    assert entries(rss(said + ITEM))[0].metadata.lead == "Om kaia."
    own = f"{said}{ITEM}<description>Isen tok den.</description>"
    assert entries(rss(own))[0].metadata.lead == "Isen tok den."


def test_markup_in_names_is_none_of_them() -> None:
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    names = ", ".join(f"&lt;a href='/{n}'&gt;{n}&lt;/a&gt;" for n in ("Kari Dahl", "Ola Berg"))
    item = (
        f"{ITEM}<dc:creator {dc}>{names}</dc:creator><categories><category>skole</category>"
        "<category>&lt;b&gt;Nes&lt;/b&gt;</category></categories>"
    )
    [entry] = entries(rss(item))
    assert entry.metadata.authors == ("Kari Dahl", "Ola Berg")
    assert entry.metadata.tags == ("skole", "Nes")


def test_the_feeds_author_is_that_of_entries_that_name_none() -> None:
    head = "<author><name>Kari Dahl</name></author>"
    link = '<title>x</title><link href="https://avisa.example/1"/>'
    assert entries(atom(link, head))[0].metadata.authors == ("Kari Dahl",)
    own = f"{link}<author><name>Ola Berg</name></author>"
    assert entries(atom(own, head))[0].metadata.authors == ("Ola Berg",)


def test_the_id_is_the_address_where_the_link_is_empty() -> None:
    entry = '<title>x</title><link rel="alternate" href=""/><id>https://avisa.example/7</id>'
    assert entries(atom(entry))[0].url == "https://avisa.example/7"


def test_guids_are_addresses_where_all_links_are_the_front_page() -> None:
    items = [
        f"<title>Sak {n}</title><link>https://avisa.example/</link>"
        f"<guid>https://avisa.example/{n}</guid>"
        for n in (1, 2, 3)
    ]
    assert [entry.url for entry in entries(rss(*items))] == [
        f"https://avisa.example/{n}" for n in (1, 2, 3)
    ]


def test_a_notice_without_a_page_is_an_article() -> None:
    [entry] = entries(rss("<title>Buss for båt</title><description>Fra mandag.</description>"))
    assert (entry.url, entry.content) == (None, "<p>Fra mandag.</p>")


def test_each_entry_is_read_in_its_own_encoding() -> None:
    one, two = (f"<item><title>{t}</title><link>/{n}</link></item>" for n, t in
                enumerate(("Sjøfolk på Røst", "Bærplukkere i Ål")))  # fmt: skip
    head = '<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel>'
    body = head.encode() + one.encode("cp1252") + two.encode() + b"</channel></rss>"
    titles = [entry.metadata.title for entry in entries(body, "us-ascii")]
    assert titles == ["Sjøfolk på Røst", "Bærplukkere i Ål"]


def test_portuguese_that_nobody_declares() -> None:
    title = "A câmara não decidiu, e há três reuniões"
    body = rss(f"<title>{title}</title><link>/1</link>").encode("latin-1")
    assert entries(body)[0].metadata.title == title


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Mon, 20 May 2024 20:19:00 America/Los_Angeles", "2024-05-21T03:19:00"),
        ("Mon, 20 May 2024 20:19:00 PT", "2024-05-21T03:19:00"),
        ("Mon, 20 May 2024 20:19:00 +5:30", "2024-05-20T14:49:00"),
        ("2024-05-20T20:19:00-7:00", "2024-05-21T03:19:00"),
        ("2025-01-17T12:35:9+01:00", "2025-01-17T11:35:09"),
        ("Mon, 20 May 2024 8:19 PM", "2024-05-20T18:19:00"),
        ("Mon, 20 May 2024 20:19:00 +0200 (CEST)", "2024-05-20T18:19:00"),
        ("Mon, 20 May 2024 20:19:00 (Central Time)", None),
        ("Mon, 20 May 2024 20:19:00 Mars/Olympus", None),
        ("Mon, 20 May 2024 20:19:00 IST", None),
        ("Mon, 20 May 2024 20:19:00 −0500", "2024-05-21T01:19:00"),
        ("Mon, 20 May 2024 20:19:00 –0500", "2024-05-21T01:19:00"),
        ("Mon, 20 May 2024 20:19:00 (GMT-5)", "2024-05-21T01:19:00"),
        ("Mon, 20 May 2024 20:19:00 EST5EDT", None),
        ("Mon, 20 May 2024 20:19:00 Etc/GMT-1", None),
        ("Mon, 20 May 2024 20:19:00 0100", None),
        ("Mon, 20 May 2024 20:19:00 +01000", None),
        ("2024-05-20T20:19:00+100", None),
        ("20.05.2024 20:19–21:00", None),
        ("Publisert 20.05.2024 20:19, oppdatert 20.05.2024 21:00", "2024-05-20T18:19:00"),
        ("20:19 20.05.2024", "2024-05-20T18:19:00"),
    ],
)
def test_what_is_not_understood_whole_is_not_believed(text: str, at: str | None) -> None:
    found = read_feed_instant(text, OSLO)
    assert (found[0].replace(tzinfo=None).isoformat() if found else None) == at


@pytest.mark.parametrize(
    "body",
    [
        (
            "<RSS><CHANNEL><TITLE>Avisa</TITLE><ITEM><TITLE>Kaia stenger</TITLE>"
            f"<LINK>{ADDRESS}</LINK></ITEM></CHANNEL></RSS>"
        ),
        f"<rss><channel><Item>{ITEM}</Item></channel></rss>",
        f'<feed {ATOM}><Entry><Title>Kaia stenger</Title><Link href="{ADDRESS}"/></Entry></feed>',
        f"<urlset><URL><LOC>{ADDRESS}</LOC><news><Title>Kaia stenger</Title></news></URL></urlset>",
        (
            f"<rdf:RDF {RDF}><rss:item><rss:title>Kaia stenger</rss:title>"
            f"<rss:link>{ADDRESS}</rss:link></rss:item></rdf:RDF>"
        ),
    ],
    ids=["rss", "item", "atom", "sitemap", "prefixes alone"],
)
def test_names_of_elements_in_capitals_and_with_prefixes_are_read(body: str) -> None:
    for text in (body, NOTICE + body):
        (found,) = entries(text)
        assert (found.url, found.metadata.title) == (ADDRESS, "Kaia stenger")


@pytest.mark.parametrize(
    "body",
    [
        f"<rss><channel><title>Avisa</title><story>{ITEM}</story></channel></rss>",
        f"<urlset><page><loc>{ADDRESS}</loc></page></urlset>",
    ],
)
def test_what_looks_like_an_entry_and_is_none_is_told(body: str) -> None:
    feed = parse(body)
    assert isinstance(feed, ParsedFeed)
    assert ([reason for reason, _ in feed.faults], feed.unusable) == (["broken_entry"], 1)
    empty = parse("<rss><channel><title>Avisa</title><link>/</link></channel></rss>")
    assert isinstance(empty, ParsedFeed)
    assert empty.faults == ()


@pytest.mark.parametrize("head", ["", '\n<?xml version="1.0"?>\n'])
def test_a_second_document_behind_the_first_is_read(head: str) -> None:
    one, other = rss(ITEM), rss(ITEM.replace("/1", "/2"))
    assert [e.url for e in entries(one + head + other)] == [ADDRESS, "https://avisa.example/2"]
    one, other = (atom(f'<title>Kaia {n}</title><id>{n}</id><link href="/{n}"/>') for n in (1, 2))
    assert [e.id for e in entries(one + head + other)] == ["1", "2"]


def test_the_author_of_an_entrys_source_goes_before_the_feeds() -> None:
    source = "<source><title>Annen avis</title><author><name>Kari Dahl</name></author></source>"
    head = "<author><name>Redaksjonen</name></author>"
    for author, names in (("", ("Kari Dahl",)), (head, ("Redaksjonen",))):
        (found,) = entries(atom(f'<title>Kaia</title><link href="/1"/>{author}{source}', head))
        assert found.metadata.authors == names
    (found,) = entries(atom('<title>Kaia</title><link href="/1"/>', head))
    assert found.metadata.authors == ("Redaksjonen",)


def test_a_guid_that_is_said_to_be_no_address_is_none() -> None:
    for flag, urls in (
        ("false", ["https://avisa.example/presse"] * 2),
        ("true", ["https://cms.example/1", "https://cms.example/2"]),
    ):
        items = [
            f'<title>Sak {n}</title><link>/presse</link><guid isPermaLink="{flag}">'
            f"https://cms.example/{n}</guid><description>Tekst {n}</description>"
            for n in (1, 2)
        ]
        assert [e.url for e in entries(rss(*items))] == urls


def test_text_decides_what_is_a_whole_article_and_markup_does_not() -> None:
    whole = "".join(PARAGRAPH.format(f"Sak {n}.") for n in range(15))
    links = "".join(f'<a href="https://avisa.example/{n}/{"x" * 80}">Sak</a>' for n in range(20))
    assert is_whole_article(whole, None)
    assert is_whole_article(whole + '<p><a href="/1">Les mer</a></p>', "Kort ingress.")
    assert not is_whole_article(f"<div><p>Arbeidet venter.</p></div><div>{links}</div>", None)
    assert not is_whole_article("<br>".join(["Kort."] * 300), None)
    assert not is_whole_article(whole.removesuffix("Sak 14.</p>") + "og så …</p>", None)
    # No more than the summary says.
    assert not is_whole_article(whole, " ".join(PARAGRAPH.format(n) for n in range(14)))


@pytest.mark.parametrize(
    ("paragraphs", "end", "kind"),
    [
        (15, "", "whole"),
        (15, f'<p><a class="mer" href="{ADDRESS}?utm=rss">Les mer</a></p>', "doubtful"),
        (15, '<p><a href="https://avisa.example/om">Om oss</a></p>', "whole"),
        (15, f'<p><a href="{ADDRESS}">Saken</a> er fra i går og gjelder i dag også.</p>', "whole"),
        (60, f'<p><a href="{ADDRESS}">Les mer</a></p>', "whole"),
        (7, "", "doubtful"),
        (7, "<p>Men så …</p>", "teaser"),
        (1, "", "teaser"),
        (0, "", "teaser"),
        # Behind the dots may stand a link, and what WordPress puts behind all entries.
        (15, f'<p>Men i Bø … <a class="mer" href="{ADDRESS}#more">Les mer »</a></p>', "teaser"),
        (15, f"<p>Men i Bø […]</p>{APPEARED}", "teaser"),
        (15, f'<p><a href="{ADDRESS}">Continue reading</a></p>{APPEARED}', "doubtful"),
        (15, APPEARED, "whole"),
        *[(15, f"<p>Men i Bø {end}</p>", "teaser")
          for end in ("(…)", "(...)", "[..]", "…»", "… (+)", "[&hellip;]")],
        (15, "<p>Det ble slutt på det (se kartet).</p>", "whole"),
        (15, f'<p><a href="{ADDRESS}">Les hele saken i Avisa.</a></p>', "doubtful"),
        (15, f'<p>Slik endte det i Bø. <a href="{ADDRESS}">Se saken</a></p>', "doubtful"),
        (60, "<p>Bli abonnent for å lese hele saken.</p>", "doubtful"),
        (15, '<p>Etter dette gikk de hjem, ifølge <a href="https://nrk.example/2">NRK</a>.</p>',
         "whole"),
        # Headlines that are links are no text.
        (0, f'<p><a href="{ADDRESS}0">Kommunen stenger kaia fordi isen har tatt den</a></p>' * 40,
         "teaser"),
        (7, f'<p><a href="{ADDRESS}0">Kommunen stenger kaia fordi isen har tatt den</a></p>' * 40,
         "doubtful"),
        (15, f'<p><a href="{ADDRESS}0">Slik tar isen kaia i Bø, pæl for pæl, i vinter …</a></p>',
         "whole"),
    ],
)  # fmt: skip
def test_the_page_is_asked_where_it_may_have_more(paragraphs: int, end: str, kind: str) -> None:
    content = "".join(PARAGRAPH.format(f"Sak {n}.") for n in range(paragraphs)) + end
    assert judge_content(content, "Kort.", ADDRESS) == kind
    assert judge_content(content, "Ord " * 1500, ADDRESS) == "teaser"


@pytest.mark.parametrize(
    "body",
    [
        "<!---->" * 60 + "<foo>x</foo>",
        "x" + "<rss>" * 100_000,
        "<x>" + '{"version" : ' * 100_000,
        f"<rss><channel><item><a {'a' * 300_000} b></item></channel></rss>",
    ],
    ids=["comments", "roots", "json", "attributes"],
)
def test_no_body_takes_long_to_be_none(body: str) -> None:
    assert isinstance(parse(body), FeedFault | ParsedFeed)


SECOND = {
    "page": "<html><body><p>Feil</p></body></html>",
    "long page": f"<html>{'<p>Feil</p>' * 1000}</html>",
    "warning": NOTICE,
    "script": '<script src="https://a.example/x.js"></script>',
    "words": "Ferdig",
    "json": '{"items": []}',
}
OTHER_ROOTS = {
    "atom": atom('<title>Ferja går</title><link href="https://avisa.example/2"/>'),
    "declared": '<?xml version="1.0"?>' + atom("<id>x</id><title>Ferja går</title>"),
    "rdf": f"<rdf:RDF {RDF}><item><title>Ferja går</title></item></rdf:RDF>",
    "sitemap": "<urlset><url><loc>https://avisa.example/2</loc></url></urlset>",
}


@pytest.mark.parametrize("rest", SECOND.values(), ids=SECOND)
def test_what_stands_behind_a_feed_is_left_out_and_that_is_said(rest: str) -> None:
    for begin in (rss(ITEM), atom(f'<title>Kaia stenger</title><link href="{ADDRESS}"/>')):
        feed = parse(begin + rest)
        assert isinstance(feed, ParsedFeed)
        assert [entry.metadata.title for entry in feed.entries] == ["Kaia stenger"]
        assert [reason for reason, _ in feed.faults] == ["text_around_feed"]
        assert feed.unusable == 0


@pytest.mark.parametrize("rest", OTHER_ROOTS.values(), ids=OTHER_ROOTS)
def test_entries_of_a_second_document_are_counted_as_lost(rest: str) -> None:
    feed = parse(rss(ITEM) + rest)
    assert isinstance(feed, ParsedFeed)
    assert [entry.metadata.title for entry in feed.entries] == ["Kaia stenger"]
    ((reason, detail),) = feed.faults
    assert (reason, feed.unusable) == ("text_around_feed", 1)
    assert "1 entry" in detail


@pytest.mark.parametrize(
    "rest", ["", "\n \t", "<!-- 0.2 s -->", "</channel></rss>", "<?x y?>\n", "\0\0"]
)
def test_what_says_nothing_may_stand_behind_a_feed(rest: str) -> None:
    feed = parse(rss(ITEM) + rest)
    assert isinstance(feed, ParsedFeed)
    assert (len(feed.entries), feed.faults) == (1, ())


@pytest.mark.parametrize("between", ["", "\n", "</channel>\n"])
@pytest.mark.parametrize("end", ["", "</channel></rss>", "</rss>"])
def test_entries_behind_the_end_of_their_feed_are_read(between: str, end: str) -> None:
    second = "<item><title>Ferja går</title><link>https://avisa.example/2</link></item>"
    feed = parse(rss(ITEM) + between + second + end)
    assert isinstance(feed, ParsedFeed)
    assert [entry.metadata.title for entry in feed.entries] == ["Kaia stenger", "Ferja går"]
    assert feed.faults == ()


def test_an_article_about_feeds_ends_none() -> None:
    for text in ("om </rss> og mer", "om </rss><item> og mer"):
        [entry] = entries(rss(f"{ITEM}<description><![CDATA[{text}]]></description>"))
        assert entry.metadata.title == "Kaia stenger"
    # Nor where the rest of it never came.
    cut = f'<rss version="2.0"><channel><item>{ITEM}<description><![CDATA[om </rss> og mer]]>'
    [entry] = entries(cut)
    assert entry.metadata.lead == "om og mer"
