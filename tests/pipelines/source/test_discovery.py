"""What pages and feeds tell of a site, and which lines and blocks recur: pure functions."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.pipelines.preview.examine import examine_document
from newsbeam.pipelines.source.feed_places import (
    find_forbidding_rule,
    is_comment_feed,
    is_topic_feed,
    list_common_places,
    rank_sitemaps,
)
from newsbeam.pipelines.source.guesses import (
    guess_full_text,
    guess_id,
    guess_language,
    guess_name,
    guess_parameters,
    guess_timezone,
)
from newsbeam.pipelines.source.line_proposals import (
    SampledArticle,
    one_of_each_story,
    propose_line_rules,
)
from newsbeam.pipelines.source.proposing import propose_rules
from newsbeam.pipelines.source.site_pages import looks_like_feed, read_site_page
from newsbeam.transforms.clean.evidence import SourceLines
from newsbeam.transforms.records import Document, Provenance
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.characters import squeeze
from newsbeam.transforms.web.robots import read_robots
from tests.support.workplace import SHARED

SAVED = SHARED / "pages"
HOME = "https://www.avisen.no/"


def read(text: str) -> Any:
    return read_site_page(text.encode(), None, HOME)


def test_what_a_front_page_tells() -> None:
    found = read(
        '<html lang="nb-NO"><head><title>Avisen</title><base href="https://www.avisen.no/a/">'
        '<link rel="Alternate" type="application/rss+xml; charset=x" href="nytt.xml">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">'
        '<link rel="alternate" hreflang="en" href="/en">'
        '<meta property="og:site_name" content="Avisen">'
        '</head><body><a href="/rss">RSS</a><a href="/nyheter">Nyheter</a></body></html>'
    )
    assert found.feeds == ("https://www.avisen.no/a/nytt.xml",)
    assert found.feed_links == ("https://www.avisen.no/rss",)
    assert (found.names, found.language, found.is_article) == (("Avisen",), "nb-NO", False)


def test_what_an_article_tells() -> None:
    facts = {"@type": "NewsArticle", "datePublished": "2026-01-02", "publisher": {"name": "Avisen"}}
    found = read(
        f'<html><head><link rel="canonical" href="/sak/1"><script type="application/ld+json">'
        f"{json.dumps(facts)}</script></head><body><p>x</p></body></html>"
    )
    assert found.is_article
    assert found.canonical == "https://www.avisen.no/sak/1"
    assert found.names == ("Avisen",)


def test_what_is_no_page() -> None:
    assert read("plain words") is None
    assert read("") is None
    assert read("<p>" * 30_000) is None


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "x-none"]))
def test_any_bytes_can_be_a_page(body: bytes, charset: str | None) -> None:
    found = read_site_page(b"<html>" + body, charset, HOME)
    assert found is None or all(url.startswith("http") for url in found.feeds)


@pytest.mark.parametrize(
    ("path", "is_feed"),
    [
        ("/rss", True), ("/feed/", True), ("/nyheter/rss.xml", True), ("/alt.rss", True),
        ("/service/rich-rss", True), ("/?feed=rss2", True), ("/rss2/", True),
        ("/feeder-i-krise", False), ("/nyheter/atomkraft", False), ("/sport/rssaken", False),
        ("/sak/feeds-the-world.html", False),
    ],
)  # fmt: skip
def test_addresses_of_feeds(path: str, is_feed: bool) -> None:
    assert looks_like_feed(f"https://avisen.no{path}") is is_feed


def test_sitemaps_and_places() -> None:
    assert rank_sitemaps(["https://a.no/video.xml", "https://a.no/sitemap.xml",
                          "https://a.no/news.xml"]) == ["https://a.no/news.xml",
                                                        "https://a.no/sitemap.xml"]  # fmt: skip
    places = list_common_places("https://a.no:8443/x/y?z")
    assert "https://a.no:8443/rss.xml" in places
    assert len(places) + 2 <= 15, "they fit into the bound, with an article and a front page"
    assert is_comment_feed("https://a.no/comments/feed", None)
    assert is_comment_feed("https://a.no/x.xml", "Kommentarer til Avisen")
    assert not is_comment_feed("https://a.no/feed", "Avisen")
    assert is_topic_feed("https://a.no/tag/fotball/feed")
    assert not is_topic_feed("https://a.no/fotball/feed")


def test_the_rule_of_robots_txt_that_forbids() -> None:
    text = "User-agent: *\nDisallow: /a\nDisallow: /a/b # x\n\nUser-agent: newsbeam\nDisallow: /c\n"
    assert find_forbidding_rule(text, "https://a.no/c/1", "newsbeam") == "Disallow: /c"
    assert find_forbidding_rule(text, "https://a.no/a/b/1", "newsbeam") is None
    assert find_forbidding_rule(text, "https://a.no/a/b/1", "other") == "Disallow: /a/b"
    robots = read_robots("https://a.no", b"Sitemap: https://a.no/s.xml\n", datetime.now(UTC))
    assert robots.sitemaps == ("https://a.no/s.xml",)


def test_ids_and_names() -> None:
    assert guess_id("https://www.vg.no/x", "VG").value == "vg"
    assert guess_id("https://www.dn.se", "DN", ["dn"]).value == "dn-se"
    assert guess_id("https://www.bygdebladet.co.uk", None).value == "bygdebladet"
    assert guess_id("http://127.0.0.1:80", "Fjordposten Ørsta").value == "fjordposten-orsta"
    assert guess_id("http://www.avisen.local/", None).value == "avisen"
    assert guess_id("http://www.intranett/", None).value == "intranett"
    assert guess_id("http://127.0.0.1", None).value == "127-0-0-1"
    assert guess_name(["VG", "VG", "Sport"], [], None, HOME).value == "VG"
    assert guess_name([], ["Siste nytt - Avisen"], None, HOME).value == "Avisen"
    assert guess_name([], ["RSS: Toppsaker | Avisen.no"], None, HOME).value == "Avisen.no"
    assert guess_name([], [], "Nyheter – Avisen", HOME).value == "Avisen"
    assert guess_name([], [], None, HOME).value == "avisen"


def test_languages() -> None:
    guess = guess_language(["nb", "nn", "nb"], [])
    assert guess is not None
    assert (guess.value, guess.is_sure) == ("no", True)
    guess = guess_language([], ["sv-SE"])
    assert guess is not None
    assert (guess.value, guess.is_sure) == ("sv", False)
    assert guess_language(["und"], []) is None


def test_time_zones() -> None:
    summer = "2026-07-01T12:00:00+02:00"
    assert guess_timezone("https://a.no", "no", [summer]).is_sure
    assert guess_timezone("https://a.dk", "da", []).value == "Europe/Copenhagen"
    assert guess_timezone("https://a.com", "sv", []).value == "Europe/Stockholm"
    assert guess_timezone("https://a.com", "en", []).value == "UTC"
    assert guess_timezone("https://a.com", "en", ["2026-07-01T12:00:00+01:00"]).value == (
        "Europe/London"
    )
    utc = guess_timezone("https://a.no", "no", ["2026-07-01T10:00:00Z"])
    assert (utc.value, utc.is_sure) == ("Europe/Oslo", False)
    mixed = ["2026-07-01T10:00:00Z", summer]
    assert guess_timezone("https://a.de", "de", mixed).is_sure
    odd = guess_timezone("https://a.no", "no", ["2026-07-01T10:00:00+05:30"])
    assert "+0530" in odd.why


def test_full_text_and_parameters() -> None:
    assert guess_full_text([(400, 0, True)], has_pages=False) == "feed"
    assert guess_full_text([(400, 900, True)], has_pages=True) == "page"
    assert guess_full_text([(400, 410, True), (30, 400, False)], has_pages=True) == "auto"
    assert guess_full_text([], has_pages=False) == "auto"
    pairs = [(f"https://a.no/{n}?fra=rss&id={n}", f"https://a.no/{n}?id={n}") for n in range(3)]
    assert guess_parameters(pairs) == ((), ("fra",))
    assert guess_parameters(pairs[:1]) == ((), ())
    kept = [(f"https://a.no/?xtor={n}", f"https://a.no/?xtor={n}") for n in range(2)]
    assert guess_parameters(kept) == (("xtor",), ())
    other = [(f"https://a.no/{n}?x=1", f"https://a.no/annet{n}") for n in range(3)]
    assert guess_parameters(other) == ((), ())


PROSE = (
    "Kommunen vedtok {n} i går at brua over {place} skal rives før sommeren, viser nye papirer.",
    "Ordføreren i {place} mener at {n} innbyggere kommer til å merke det når ferja går igjen.",
    "Entreprenøren har funnet {n} sprekker i de gamle bærebjelkene, og flere kan komme til syne.",
)


def make_articles(extra: dict[int, list[str]], count: int = 6) -> list[SampledArticle]:
    places = ("Vik", "Bø", "Sand", "Mo", "Os", "Eid")
    articles = []
    for number in range(count):
        facts = [
            f"Sak {number} {word} i {places[number]} gjelder {word * 2} og {number * 7}."
            for word in ("skolen", "veien", "havna", "fjellet")
        ]
        lines = (*facts, *extra.get(number, ()))
        articles.append(SampledArticle(SourceLines("avis", f"a{number}", lines)))
    return articles


def propose(articles: list[SampledArticle]) -> list[str]:
    cues = frozenset({"abonnement", "nyhetsbrev"})
    found = propose_line_rules(articles, {"fjordposten"}, cues)
    return [example for proposal in found for example in proposal.measure.examples]


def test_lines_that_recur_and_are_furniture() -> None:
    line = "Få tilgang med et abonnement fra kr 49"
    slogan = "Fjordposten er din lokale stemme"
    articles = make_articles({n: [slogan, line] for n in range(5)})
    assert set(propose(articles)) == {line, slogan}


@pytest.mark.parametrize(
    "line",
    [
        "– Ja.",
        "– Fjordposten er best, sier hun.",
        "Bakgrunn",
        "Hva skjer nå?",
        "Det skriver NTB.",
        "Politiet etterforsker saken videre sammen med Kripos.",
    ],
)
def test_what_articles_say_again_is_left_alone(line: str) -> None:
    articles = make_articles({})
    inside = [
        SampledArticle(
            SourceLines("avis", a.lines.article_id, (*a.lines.lines[:2], line, *a.lines.lines[2:]))
        )
        for a in articles[:4]
    ]
    assert propose([*inside, *articles[4:]]) == []


def test_titles_and_standfirsts_are_never_taken() -> None:
    line = "Fjordposten fyller hundre år"
    articles = make_articles({n: [line] for n in range(6)})
    articles[0] = SampledArticle(articles[0].lines, must_stay=(line,))
    assert propose(articles) == []


def test_two_pages_are_too_few() -> None:
    line = "Fjordposten er din lokale stemme"
    assert propose(make_articles({0: [line], 1: [line]})) == []
    assert propose(make_articles({n: [line] for n in range(2)}, count=2)) == []


def test_articles_of_one_story_count_once() -> None:
    told = [PROSE[0].format(n=4, place="Vik"), PROSE[1].format(n=9, place="Vik")]
    articles = [a.lines for a in make_articles({0: told, 1: told, 2: told[:1]})]
    assert [a.article_id for a in one_of_each_story(articles)] == ["a0", "a3", "a4", "a5"]


def read_truth() -> dict[str, list[tuple[str, bytes, list[str]]]]:
    """Saved pages by publisher: address, page, lines that a person says are the article's."""
    found: dict[str, list[tuple[str, bytes, list[str]]]] = defaultdict(list)
    for row in json.loads((SAVED / "publishers" / "truth.json").read_text(encoding="utf-8")):
        body = row["gt"]["body"]
        lines = list(body["summary"])
        for section in body["sections"]:
            lines += [*section["headline"], *section["paragraphs"]]
        page = SAVED / "publishers" / f"{row['page']}.html.gz"
        found[row["publisher"]].append((row["url"], gzip.decompress(page.read_bytes()), lines))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not SAVED.is_dir(), reason="the saved pages are not at hand")
def test_nothing_of_saved_articles_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with two pages in place of three, as there are few publishers with three."""
    monkeypatch.setattr("newsbeam.pipelines.source.line_proposals.LEAST_PAGES", 2)
    monkeypatch.setattr("newsbeam.pipelines.source.block_proposals.LEAST_PAGES", 2)
    languages = load_shipped_languages()
    looked_at = 0
    for publisher, pages in read_truth().items():
        if len(pages) < 2:
            continue
        looked_at += 1
        source = Source(id="saved", name=publisher, feeds=("https://example.org/feed",))
        read = [
            examine_document(
                Document(Provenance("saved", url, url, url, url, request="x"), "text/html", page),
                source, languages, enrich=False,
            )
            for url, page, _ in pages
        ]  # fmt: skip
        proposed = propose_rules(read, source, languages)
        gold = [squeeze("".join(lines)) for _, _, lines in pages]
        taken = [line for one in proposed.lines for line in one.measure.examples]
        taken += [line for one in proposed.blocks for line in one.lines]
        taken += [line for one in proposed.blocks for lines in one.taken.values() for line in lines]
        assert not [line for line in taken if any(squeeze(line) in text for text in gold)], (
            publisher
        )
    assert looked_at >= 10
