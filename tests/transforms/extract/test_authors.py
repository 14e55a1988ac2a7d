import json
from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.extract.metadata import read_metadata
from newsbeam.transforms.extract.page_tree import parse_page
from tests.support.waiting import at_most

OSLO = ZoneInfo("Europe/Oslo")
URL = "https://www.avisa.no/nyheter/bru"
HEADING = "<h1>Bygger ny bru over elva</h1>"


def read(body: str, head: str = "", author: object = None) -> list[str]:
    node = {"@type": "NewsArticle", "headline": "Bygger ny bru over elva", "author": author}
    data = f'<script type="application/ld+json">{json.dumps(node)}</script>' if author else ""
    page = f"<html><head>{data}{head}</head><body>{body}</body></html>"
    return list(read_metadata(parse_page(page), URL, OSLO).authors)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('<p class="byline">Av Siri Haugland og Per Lunde</p>', ["Siri Haugland", "Per Lunde"]),
        ('<div class="byline">By <a>A Doe</a> and <a>B Roe</a></div>', ["A Doe", "B Roe"]),
        ("<p>Av Siri Haugland og Per Lunde</p>", ["Siri Haugland", "Per Lunde"]),
        ("<p>Tekst: Siri Haugland Foto: Per Lunde</p>", ["Siri Haugland"]),
        ("<p>Tekst og foto: Siri Haugland</p>", ["Siri Haugland"]),
        ("<p>Words: Jane Doe</p><p>Photography: Tom Reed</p>", ["Jane Doe"]),
        ("<p>Von Klara Weiß</p>", ["Klara Weiß"]),
        ("<p>Text: Åsa Öberg</p>", ["Åsa Öberg"]),
        ("<p>Af Mette Friis</p>", ["Mette Friis"]),
        # hCard, microdata, rel and what content systems call it
        (
            '<p class="byline">av <i class="author vcard"><a class="fn">Siri</a></i></p>',
            ["Siri"],
        ),
        ('<p itemprop="author"><span itemprop="name">Siri Haugland</span></p>', ["Siri Haugland"]),
        ('<div data-test-tag="byline"><ul><li>Siri Haugland</li></ul></div>', ["Siri Haugland"]),
        ('<div class="articleAuthors"><a href="/x">Siri Haugland</a></div>', ["Siri Haugland"]),
        ('<a class="x1" href="/forfatter/siri">Siri Haugland</a>', ["Siri Haugland"]),
        ('<p>By <a href="/staff/x">Jane Doe</a>, Health Editor</p>', ["Jane Doe"]),
        ('<p><a href="/staff/x">Jane Doe</a> | March 4, 2026</p>', ["Jane Doe"]),
        # names in parts; what stands beside them
        (
            '<span class="byline"><b>Siri </b><b>Haugland</b><i class="role">Journalist</i></span>',
            ["Siri Haugland"],
        ),
        ('<p class="byline">Siri Haugland<br>Journalist</p>', ["Siri Haugland"]),
        ('<p class="byline"><b>Siri Haugland</b><i>Journalist</i></p>', ["Siri Haugland"]),
        ('<p class="byline"><b>Siri Li</b><b>Per Lunde</b></p>', ["Siri Li", "Per Lunde"]),
        ('<p class="byline">Siri Haugland 20. november 2026</p>', ["Siri Haugland"]),
        ('<p class="byline">Siri Haugland | Publisert 20.11.26</p>', ["Siri Haugland"]),
        ('<p class="author">Published by <b>Jane Doe</b></p>', ["Jane Doe"]),
        ("<p>Publisert av Siri Haugland, 4. mars 2026</p>", ["Siri Haugland"]),
        (
            '<ul><li class="byline">Siri Haugland</li><li class="byline">Per Lunde</li></ul>',
            ["Siri Haugland", "Per Lunde"],
        ),
    ],
)  # fmt: skip
def test_printed_bylines_are_read(body: str, names: list[str]) -> None:
    assert read(HEADING + body) == names
    article = f"<article><header>{HEADING}{body}</header><p>Brua åpner.</p></article>"
    assert read(article) == names


@pytest.mark.parametrize(
    "body",
    [
        '<p class="byline">No Author</p>',
        '<p class="author">Om forfatteren</p>',
        *[f'<p class="byline">{word}</p>' for word in ("båt", "Debattinnlegg", "Leserbrev")],
        '<p class="byline">kontrollert av redaksjonen</p>',
        '<p class="author"><a href="/saker">Vis alle saker</a></p>',
        '<p class="author">View all posts by</p>',
        '<p class="byline-date">Publisert 20. november 2026</p>',
        '<div class="comments"><span class="author">Siri Haugland</span></div>',
        '<figure><span class="author">Siri Haugland</span></figure>',
        '<aside class="related"><p class="byline">Av Siri Haugland</p></aside>',
        '<div class="teaser"><p>Av Siri Haugland</p></div>',
        "<p>Av og til må Siri Haugland og Per Lunde vente.</p>",
        "<p>By the river, Siri Haugland</p>",
        "<p>Foto: Siri Haugland</p>",
        '<p>Mayor <a href="/people/jane-doe/">Jane Doe</a> is sad.</p>',
        '<ul><li><a href="/people/jane-doe/">Jane Doe</a> won the first prize</li></ul>',
        "".join(f'<div><a>Sak nummer {n} om noe</a><i class="author">Siri H{c}land</i></div>'
                for n, c in enumerate("abcd")),
    ],
)  # fmt: skip
def test_what_is_no_byline_of_the_article_names_nobody(body: str) -> None:
    assert read(HEADING + body) == []


YOAST = (
    '<meta name="twitter:label1" content="Skrevet av">'
    '<meta name="twitter:data1" content="Per Lunde">'
)
PUBLISHER = (
    '<meta name="author" content="Stort Forlag">'
    '<meta property="article:author" content="Per Lunde">'
)
PRINTED = '<p class="byline">Av Siri Haugland</p>'


@pytest.mark.parametrize(
    ("author", "head", "names"),
    [
        # A desk, a company, a user or the site in data yield to persons who are printed.
        ({"@type": "Organization", "name": "Avisa AS"}, "", ["Siri Haugland"]),
        ("Redaksjonen", "", ["Siri Haugland"]),
        ("siri.haugland", "", ["Siri Haugland"]),
        (None, '<meta name="author" content="No Author">', ["Siri Haugland"]),
        (None, '<meta property="article:author" content="https://fb.com/a/b">', ["Siri Haugland"]),
        (None, '<meta name="author" content="Avisa"><meta property="og:site_name" content="Avisa">',
         ["Siri Haugland"]),
        # Persons in data are believed.
        ([{"@type": "Person", "givenName": "Per", "familyName": "Lunde"}], "", ["Per Lunde"]),
        (None, '<meta name="authors" content="Per Lunde">', ["Per Lunde"]),
        ("Lunde, Per", "", ["Per Lunde"]),
        ({"@list": [{"name": {"@value": "Per Lunde"}}, "Kari Nes"]}, "", ["Per Lunde", "Kari Nes"]),
        (None, '<meta name="author" content="Labrador CMS">', ["Siri Haugland"]),
        (None, '<meta name="sailthru.author" content="Per Lunde">', ["Per Lunde"]),
        (None, '<meta name="byl" content="By Per Lunde and Kari Nes">', ["Per Lunde", "Kari Nes"]),
        (None, YOAST, ["Per Lunde"]),
        (None, PUBLISHER, ["Per Lunde"]),
        # An agency beside a person is an author, another organisation is not.
        ([{"@type": "Organization", "name": "NTB"}, {"@type": "Person", "name": "Per Lunde"}], "",
         ["NTB", "Per Lunde"]),
        ([{"@type": "Organization", "name": "Eksempel"}, {"@type": "Person", "name": "Per Lunde"}],
         "", ["Per Lunde"]),
    ],
)  # fmt: skip
def test_what_data_name_is_compared_with_what_is_printed(
    author: object, head: str, names: list[str]
) -> None:
    assert read(HEADING + PRINTED, head, author) == names


def test_without_a_person_anywhere_the_data_name_the_author() -> None:
    company = {"@type": "Organization", "name": "Avisa GmbH, Munich, Germany"}
    assert read(HEADING, author=company) == ["Avisa GmbH"]
    assert read(HEADING, author="Redaksjonen") == ["Redaksjonen"]
    assert read(HEADING, '<meta name="author" content="NTB, Oslo, Norge">') == ["NTB"]
    assert read(HEADING + '<p class="byline">Av siri</p>', author="avisa.no") == ["avisa.no"]


@pytest.mark.parametrize(
    "body",
    [
        '<p class="byline">Av Siri Haugland</p>' * 3_000,
        '<i class="author">' * 200 + "x" * 100_000,
        "<p>Av Siri Haugland og</p>" * 5_000,
        f'<p class="byline">{"Av A B, " * 50_000}</p>',
        '<div class="author">' + "<b>Siri</b>" * 5_000,
    ],
)
def test_hostile_bylines_take_no_time(body: str) -> None:
    with at_most(3):
        read(HEADING + body)
