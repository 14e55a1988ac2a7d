import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.extract.metadata import fill_metadata, merge_metadata, read_metadata
from newsbeam.transforms.extract.page_tree import parse_page
from newsbeam.transforms.records import Metadata
from tests.support.waiting import at_most

OSLO = ZoneInfo("Europe/Oslo")
URL = "https://www.avisa.no/nyheter/bru"


def read(head: str = "", body: str = "", url: str | None = URL, **kwargs: object) -> Metadata:
    page = f"<html lang='no'><head>{head}</head><body>{body}</body></html>"
    return read_metadata(parse_page(page), url, OSLO, **kwargs)  # type: ignore[arg-type]


def ld(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="application/ld+json">{text}</script>'


ARTICLE = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Brua åpner &amp; fylles",
    "datePublished": "2024-04-28T10:00:00+02:00",
    "dateModified": "2024-04-28T11:00:00+02:00",
    "author": [{"@type": "Person", "name": "Kari Nes"}, {"@type": "Person", "name": "Ola Ås"}],
    "articleSection": ["Nyheter"],
    "keywords": "bru, vei",
    "image": {"@type": "ImageObject", "url": "/bru.jpg"},
    "inLanguage": "nb-NO",
    "isAccessibleForFree": False,
}


def test_json_ld_gives_every_field() -> None:
    found = read(ld(ARTICLE))
    assert found.title == "Brua åpner & fylles"
    assert found.authors == ("Kari Nes", "Ola Ås")
    assert found.published_at == datetime(2024, 4, 28, 8, tzinfo=UTC)
    assert found.published_at_from == "jsonld"
    assert found.modified_at == datetime(2024, 4, 28, 9, tzinfo=UTC)
    assert found.section == "Nyheter"
    assert found.tags == ("bru", "vei")
    assert found.image_url == "https://www.avisa.no/bru.jpg"
    assert found.language == "no"
    assert found.paywalled is True


def test_graph_references_are_resolved() -> None:
    graph = {
        "@graph": [
            {"@type": "WebPage", "@id": "#page", "datePublished": "2020-01-01"},
            {"@type": "Person", "@id": "#kari", "name": "Kari Nes"},
            {**ARTICLE, "author": {"@id": "#kari"}},
        ]
    }
    assert read(ld(graph)).authors == ("Kari Nes",)
    assert read(ld(graph)).published_at == datetime(2024, 4, 28, 8, tzinfo=UTC)


def test_the_pages_own_article_is_told_from_related_ones() -> None:
    other = {**ARTICLE, "headline": "En annen sak", "datePublished": "2021-01-01T00:00:00Z"}
    found = read(ld([other, ARTICLE]), "<h1>Brua åpner & fylles</h1>")
    assert found.published_at == datetime(2024, 4, 28, 8, tzinfo=UTC)


FOREIGN = {
    **ARTICLE,
    "headline": "Brann i båt ved kaia",
    "url": "https://www.avisa.no/nyheter/2",
    "author": "Feil Person",
    "datePublished": "2021-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("own", "authors"),
    [
        ({"mainEntityOfPage": URL}, ("Eva Li",)),
        ({"mainEntityOfPage": {"@id": f"{URL}/#article"}}, ("Eva Li",)),
        ({"url": "/nyheter/bru"}, ("Eva Li",)),
        ({"url": "/nyheter/3", "headline": "Brua åpner snart"}, ("Eva Li",)),
        # Nothing of it is the page's: what is printed is.
        ({"url": "/nyheter/3", "headline": "En annen sak"}, ("Siri Moe",)),
        ({"@type": "JobPosting", "url": URL}, ("Siri Moe",)),
    ],
)
def test_an_article_with_another_address_and_headline_is_not_the_pages(
    own: dict[str, object], authors: tuple[str, ...]
) -> None:
    node = {**ARTICLE, "headline": "Slik ble brua", "author": "Eva Li", **own}
    body = "<h1>Nå åpner brua og fylles</h1><p class='byline'>Av Siri Moe</p>"
    assert read(ld([FOREIGN, node]), body).authors == authors


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ARTICLE)[:-1] + ",}",
        "<!-- " + json.dumps(ARTICLE) + " -->",
        "//<![CDATA[\n" + json.dumps(ARTICLE) + "\n//]]>",
        json.dumps(ARTICLE) + ";",
        json.dumps(ARTICLE).replace("nb-NO", "nb\nNO"),
        json.dumps(ARTICLE).replace('"bru, vei"', '"bru "og" vei"'),
        '{"description": \'x\', "datePublished": "2024-04-28T10:00:00+02:00"}',
    ],
)
def test_faulty_json_ld_still_gives_the_date(text: str) -> None:
    assert read(ld(text)).published_at_from == "jsonld"
    assert read(ld(text)).published_at == datetime(2024, 4, 28, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *['{"a":' * 50_000, "[" * 200_000, '{"headline": "' + '\\"' * 200_000, ", " * 200_000],
        *['{"author": ' + '{"name": "x' * 50_000, " " * 500_000 + "x"],
    ],
)
def test_hostile_json_ld_takes_no_time(text: str) -> None:
    with at_most(2):
        read(ld(text))


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", f"<div class='{'byline-' * 50_000}'>"),
        (f"<title>{'a - ' * 50_000}</title>", "<h1>b</h1>"),
        ("<meta name='author' content='a@b og c'>" * 5_000, ""),
        (f"<meta name='author' content='{'x' * 500_000}'>", "<h1>b</h1>" * 2_000),
    ],
)
def test_hostile_pages_take_no_time(head: str, body: str) -> None:
    with at_most(3):
        read(head, body)


def test_meta_tags_are_the_second_source() -> None:
    found = read(
        """
        <meta property="og:title" content="Brua åpner | Avisa">
        <meta property="og:site_name" content="Avisa">
        <meta property="og:description" content="Etter tre år er den ferdig.">
        <meta property="article:published_time" content="2024-04-28 10:00">
        <meta property="article:section" content="Nyheter">
        <meta property="article:tag" content="bru"><meta property="article:tag" content="vei">
        <meta property="article:content_tier" content="free">
        <meta property="og:image" content="https://bilder.no/1.jpg">
        <meta name="author" content="Av Kari Nes">
        """
    )
    assert found.title == "Brua åpner"
    assert found.lead == "Etter tre år er den ferdig."
    assert (found.published_at_from, found.paywalled) == ("meta", False)
    assert found.published_at == datetime(2024, 4, 28, 8, tzinfo=UTC)
    assert (found.section, found.tags) == ("Nyheter", ("bru", "vei"))
    assert found.image_url == "https://bilder.no/1.jpg"
    assert found.authors == ("Kari Nes",)


def test_dates_from_the_page_and_the_address() -> None:
    related = "<aside><time datetime='2019-01-01T00:00:00Z'></time></aside>"
    header = "<header><h1>Brua</h1><time datetime='2024-04-28T10:00'>i dag</time></header>"
    found = read("", f"{related}<article>{header}</article>")
    assert (found.published_at_from, found.published_at) == (
        "time_tag",
        datetime(2024, 4, 28, 8, tzinfo=UTC),
    )
    found = read(url="https://avisa.no/2024/04/28/brua")
    assert found.published_at_from == "url_day"
    assert found.published_at == datetime(2024, 4, 28, 12, tzinfo=OSLO)
    dateline = "<h1>Brua</h1><div><span>Publisert 28. april 2024 kl. 14.47</span></div>"
    found = read("", dateline, "https://a.no/x")
    assert (found.published_at_from, found.published_at) == (
        "text",
        datetime(2024, 4, 28, 14, 47, tzinfo=OSLO),
    )
    found = read("", "<div class='date'>2024-04-28</div><p>Brua er ferdig.</p>", "https://a.no/x")
    assert (found.published_at_from, found.published_at) == (
        "text_day",
        datetime(2024, 4, 28, 12, tzinfo=OSLO),
    )


def test_implausible_dates_give_way_to_the_next_evidence() -> None:
    head = ld({**ARTICLE, "datePublished": "0001-01-01T00:00:00Z"})
    meta = '<meta property="article:published_time" content="2030-01-01T00:00:00Z">'
    time_tag = "<h1>Brua</h1><time datetime='2024-04-28T10:00:00Z'></time>"
    found = read(head + meta, time_tag, latest=datetime(2024, 4, 29, tzinfo=UTC))
    assert found.published_at_from == "time_tag"


def test_modified_before_published_is_not_believed() -> None:
    assert read(ld({**ARTICLE, "dateModified": "2020-01-01"})).modified_at is None


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("/nyheter/bru-1", "https://www.avisa.no/nyheter/bru-1"),
        ("https://avisa.no/bru#del", "https://avisa.no/bru"),
        ("https://www.avisa.no/", URL),
        ("https://annenavis.no/bru", URL),
        ("javascript:void(0)", URL),
        ("http://[", URL),
    ],
)
def test_canonical_url_is_absolute_and_on_the_same_site(canonical: str, expected: str) -> None:
    assert read(f'<link rel="canonical" href="{canonical}">').url == expected


def test_without_an_address_the_canonical_url_is_believed() -> None:
    assert (
        read('<meta property="og:url" content="https://a.no/x">', url=None).url == "https://a.no/x"
    )
    assert read('<link rel="canonical" href="/x">', url=None).url is None
    assert read(url="http://[").url is None


def og_site(text: str) -> str:
    return f'<meta property="og:site_name" content="{text}">'


def og_title(text: str) -> str:
    return f'<meta property="og:title" content="{text}">'


def test_the_printed_headline_goes_before_those_for_search_engines_and_for_sharing() -> None:
    head = "<title>Slik er brua – Avisa</title>" + og_title("Derfor åpner brua")
    assert read(head, "<h1>Slik er den nye brua</h1>").title == "Slik er den nye brua"
    assert read(head + ld({**ARTICLE, "headline": "Brua"}), "<h1>Åpner brua nå</h1>").title == (
        "Åpner brua nå"
    )


def test_of_stated_headlines_the_one_that_is_not_for_search_engines_is_taken() -> None:
    tab = "<title>Slik er brua – Avisa</title>"
    same = og_title("Slik er brua")
    assert read(tab + og_title("Derfor åpner brua")).title == "Derfor åpner brua"
    assert read(tab + same + ld({**ARTICLE, "headline": "Brua"})).title == "Brua"
    assert read(tab + same + ld({**ARTICLE, "headline": "Slik er brua"})).title == "Slik er brua"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        # The paper's name everywhere but in the h1.
        ("<title>Stilleby avis</title>" + og_title("Stilleby avis"), "<h1>Bygger ny bru nå</h1>"),
        ("<title>Stilleby avis</title>", "<article><h1>Bygger ny bru nå</h1></article>"),
        # The logo is an h1.
        ("<title>Bygger ny bru nå - Avisa</title>", "<h1><a href='/'>Stilleby avis i dag</a></h1>"),
        ("<title>Bygger ny bru nå - Avisa</title>", "<h1 class='site-title'>I dag i nord</h1>"),
        # Several h1 elements: what is stated tells them apart.
        (og_title("Bygger ny bru nå"), "<h1>Siste nytt fra byen</h1><h1>Bygger ny bru nå</h1>"),
        (og_title("Bygger ny bru nå"), "<h1>Siste nytt fra byen</h1><h1>Været i morgen</h1>"),
        # Kickers and standfirsts in the same h1.
        (og_title("X: Bygger ny bru nå"), "<h1><span class='kicker'>X</span>Bygger ny bru nå</h1>"),
        (og_title("Bygger ny bru nå"), "<h1>Samferdsel Bygger ny bru nå</h1>"),
        (og_title("Bygger ny bru nå"), "<h1>Bygger ny bru nå<small>Koster mye</small></h1>"),
        # The site's name behind other marks, references twice, and a mark that ends the attribute.
        # The site's name behind a colon, or before it.
        ("<title>Bygger ny bru nå, Avisa</title>" + og_site("Avisa"), ""),
        ("<title>Avisa: Bygger ny bru nå</title>" + og_site("Avisa"), ""),
        # Parts of an h1 that a style sheet sets apart.
        ("<title>Ny bru</title>", "<h1><span>Bygger ny</span><span>bru nå</span></h1>"),
        ("<title>Ny bru</title>", "<h1><span class='cap'>B</span>ygger ny bru nå</h1>"),
        ("<title>Bygger ny bru nå › Avisa</title>", "<h1>Bygger ny bru nå</h1>"),
        ("<title>Bygger ny bru nå › Avisa</title>", ""),
        ("<title>Bygger ny bru nå｜Avisa</title>", ""),
        (og_title("Bygger ny&amp;#32;bru n&amp;aring;"), ""),
    ],
)  # fmt: skip
def test_evidence_of_the_headline_is_compared(head: str, body: str) -> None:
    found = read('<meta property="og:site_name" content="Avisa">' + head, body)
    title = (found.title or "").removeprefix("X: ")
    assert title == "Bygger ny bru nå"


def test_a_headline_keeps_the_dash_of_what_somebody_says() -> None:
    for head in ("", "<title>– Vi gir oss ikke - Avisa</title>"):
        assert read(head, "<h1>– Vi gir oss ikke</h1>").title == "– Vi gir oss ikke"
    kicked = "<h1><span class='kicker'>Siste</span> – Vi gir oss ikke</h1>"
    assert read("", kicked).title == "Vi gir oss ikke", "the dash may part it from the kicker"


def test_a_quotation_mark_does_not_cut_the_headline() -> None:
    head = '<title>Kaller det "tull" å bygge</title>' + og_title('Kaller det "tull" å bygge')
    assert read(head).title == 'Kaller det "tull" å bygge'


def test_the_feeds_headline_tells_which_h1_is_meant() -> None:
    page = "<html><title>Avis</title><h1>Siste nytt i dag</h1><h1>Ny bru</h1></html>"
    found = read_metadata(parse_page(page), None, OSLO, entry_title="Ny bru over elva")
    assert found.title == "Ny bru"


def test_what_stands_behind_the_printed_headline_is_no_part_of_it() -> None:
    head = '<meta property="og:title" content="Den nye brua åpner | Vest | 28.04.2024">'
    assert read(head, "<h1>Den nye brua åpner</h1>").title == "Den nye brua åpner"
    section = '<meta property="og:title" content="Sport: Brann vant hele serien">'
    assert read(section, "<h1>Sport</h1>").title == "Sport: Brann vant hele serien"


def test_the_printed_headline_wins_where_data_confirm_it() -> None:
    head = "<title>Brua åpner – Nyheter – Avisa</title>"
    assert read(head, "<h1>AVISA</h1><h1>Brua åpner</h1>").title == "Brua åpner"
    stated = '<meta property="og:title" content="Derfor åpner brua">'
    assert read(stated, "<h1>Avisa</h1>").title == "Derfor åpner brua"
    assert read("", "<h1>Bru\u00ada åpner</h1>").title == "Brua åpner"
    assert read().title is None


def test_the_sites_own_name_is_an_author_only_where_there_is_no_other() -> None:
    avisa = {**ARTICLE, "author": {"name": "Avisa"}, "publisher": {"name": "Avisa"}}
    assert read(ld(avisa)).authors == ("Avisa",)
    byline = '<span itemprop="author">Kari Nes</span>'
    assert read(ld(avisa), byline).authors == ("Kari Nes",)


def test_merging_goes_field_by_field() -> None:
    when = datetime(2024, 4, 28, tzinfo=UTC)
    page = Metadata(
        title="side", section="Nyheter", published_at=when, published_at_from="meta", paywalled=True
    )
    given_title = merge_metadata(Metadata(title="gitt", paywalled=False), page)
    assert (given_title.title, given_title.section) == ("gitt", "Nyheter")
    assert (given_title.published_at_from, given_title.paywalled) == ("meta", False)
    page = replace(page, published_at_text="28/4")
    dated = merge_metadata(Metadata(published_at=when, published_at_from="data"), page)
    assert (dated.published_at_from, dated.published_at_text) == ("data", None)
    undated = merge_metadata(Metadata(title="gitt"), page)
    assert (undated.published_at_from, undated.published_at_text) == ("meta", "28/4")


FEED = Metadata(
    url="https://feeds.example/1",
    title="Fra feeden",
    lead="Sammendrag.",
    published_at=datetime(2024, 4, 28, 6, 30, tzinfo=UTC),
    published_at_from="feed",
    published_at_text="Sun, 28 Apr 2024 06:30:00 GMT",
    tags=("bru",),
)


def test_hints_fill_gaps_but_are_no_address_and_no_standfirst() -> None:
    filled = fill_metadata(Metadata(title="Fra siden"), FEED)
    assert filled == replace(FEED, title="Fra siden", url=None, lead=None)
    assert fill_metadata(Metadata(url=URL, lead="Trykt."), FEED).lead == "Trykt."


def test_a_day_gives_way_to_an_instant_of_the_hints_and_nothing_else_does() -> None:
    noon = datetime(2024, 4, 28, 10, tzinfo=UTC)
    for evidence, wins in (("url_day", True), ("text_day", True), ("meta", False), ("json", False)):
        known = Metadata(
            published_at=noon, published_at_from=evidence, published_at_text="2024-04-28"
        )
        filled = fill_metadata(known, FEED)
        expected = FEED if wins else known
        assert (filled.published_at, filled.published_at_from, filled.published_at_text) == (
            expected.published_at,
            expected.published_at_from,
            expected.published_at_text,
        )
        day = replace(FEED, published_at_from="feed_day")
        assert fill_metadata(known, day).published_at_from == evidence


def test_a_hint_of_a_change_before_publication_is_not_believed() -> None:
    early = replace(FEED, modified_at=datetime(2024, 4, 27, tzinfo=UTC))
    late = replace(FEED, modified_at=datetime(2024, 4, 29, tzinfo=UTC))
    assert fill_metadata(Metadata(), early).modified_at is None
    assert fill_metadata(Metadata(), late).modified_at == late.modified_at


def test_whose_instant_a_change_is() -> None:
    late = replace(FEED, modified_at=datetime(2024, 4, 29, tzinfo=UTC))
    page = Metadata(modified_at=datetime(2024, 4, 30, tzinfo=UTC))
    assert fill_metadata(Metadata(), late).modified_at_from == "feed"
    assert fill_metadata(page, late) == replace(
        fill_metadata(Metadata(), late), modified_at=page.modified_at, modified_at_from=None
    )
    assert fill_metadata(page, FEED).modified_at_from is None
    told = replace(late, modified_at_from="feed")
    assert merge_metadata(told, page).modified_at_from == "feed"
    assert merge_metadata(page, told).modified_at_from is None
    assert merge_metadata(Metadata(), told).modified_at_from == "feed"


def test_evidence_is_kept_as_it_was_written() -> None:
    assert read(ld(ARTICLE)).published_at_text == "2024-04-28T10:00:00+02:00"
    printed = "<h1>Brua</h1><p>Publisert 28. april 2024 kl.  14.47</p>"
    assert read(body=printed).published_at_text == "Publisert 28. april 2024 kl. 14.47"
    assert read().published_at_text is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from([*ARTICLE, "@id", "@graph", "name", "publisher", "url"]), inner
            )
        ),
    )
)
def test_any_json_ld_gives_metadata(value: object) -> None:
    assert isinstance(read(ld({**ARTICLE, "author": value})), Metadata)
    assert isinstance(read(ld(json.dumps(value))), Metadata)


@given(st.text(), st.text(), st.sampled_from(["og:url", "og:image", "keywords", "author", "date"]))
def test_any_meta_tag_gives_metadata(content: str, url: str, name: str) -> None:
    content = content.replace('"', "").replace("\0", "")
    assert isinstance(read(f'<meta name="{name}" content="{content}">', url=url), Metadata)


STORY = (
    "<p>" + "Kommunestyret vedtok å bygge en ny skole på neset, etter en lang debatt. " * 2 + "</p>"
)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (og_site("Avisa") + og_title("Avisa"), "<h1><a href=/>Avisa</a></h1><h2>Ny skole</h2>"),
        ("<title>Avisa</title>", "<h1 class=logo>Avisa</h1><div><h2>Ny skole</h2>"),
        ("<title>Vår Avis</title>", "<a href='/'><img alt='Vår avis'></a><h2>Ny skole</h2>"),
        (
            "<title>Vår Avis</title>",
            "<a href=/>Vår Avis</a><h2>Været</h2>x<h3 class=entry-title>Ny skole</h3>",
        ),
    ],
)
def test_a_lesser_heading_is_the_headline_where_all_else_is_the_papers_name(
    head: str, body: str
) -> None:
    assert read(head, body + STORY * 2).title == "Ny skole"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        # A title that says more, a page of several stories, and a heading over no text.
        (
            "<title>Ny skole - Avisa</title>" + og_site("Avisa"),
            f"<h2>Bakgrunn</h2>{STORY * 2}",
            "Ny skole",
        ),
        (
            og_title("Avisa") + og_site("Avisa"),
            f"<h2 class=entry-title>En</h2>{STORY * 2}<h2 class=entry-title>To</h2>",
            "Avisa",
        ),
        (og_title("Avisa") + og_site("Avisa"), f"{STORY * 2}<h2>Meninger</h2><p>Kort</p>", "Avisa"),
    ],
)
def test_other_lesser_headings_are_none(head: str, body: str, title: str) -> None:
    assert read(head, body).title == title
