"""What a feed says of an article: its address, authors, title, lead and text."""

from __future__ import annotations

from html import escape

import pytest

from tests.support.feed_texts import entry, read, rss


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
        ("<p>The post office opens.</p><p>The post <a>X</a> appeared first on <a>Y</a>.</p>", None,
         "The post office opens.", None),
        ("Innlegget vakte uro. Innlegget X dukket først opp på Y.", None, "Innlegget vakte uro.",
         None),
        (f"<p>{ONE}</p><p>Der Beitrag <a>X</a> erschien zuerst auf <a>Y</a>.</p>", None, ONE, None),
        ("<img src='a.jpg'>", "<img src='a.jpg'>", None, None),
    ],
)  # fmt: skip
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


def test_entry_from_the_future_has_no_date() -> None:
    found = entry("<link>/a</link><pubDate>Mon, 01 Jan 2029 10:00:00 GMT</pubDate>")
    assert found.metadata.published_at is None
    assert found.metadata.published_at_text is None
