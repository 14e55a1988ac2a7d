"""Small pages, each with one thing that real pages do; and that no line of an article is unseen."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.extract.page_lines import list_blocks
from newsbeam.transforms.records import Article, Document, Provenance, Rejection
from newsbeam.transforms.text.characters import squeeze

TITLE = "Ny ferje til Storholmen"
STORY = [
    "Fylkestinget vedtok tirsdag å kjøpe en ny ferje til ruta mellom Storholmen og fastlandet.",
    "Rederiet regner med at båten kan settes inn i rute om halvannet år, forteller direktøren.",
    "Den gamle ferja har gått i trafikk siden 1974 og har stått mye ved kai de siste vintrene.",
    "Øyboerne har klaget i mange år, og de som pendler til byen, har ofte kommet for sent på jobb.",
    "Prisen er satt til 210 millioner kroner, og staten betaler omtrent en tredel av beløpet.",
]
OTHER = [
    "En fjellvandrer ble funnet i god behold etter at Røde Kors hadde lett i hele natt i Vardalen.",
    "Mannen hadde søkt ly under en steinblokk da tåka kom, og han var kald, men ved godt mot.",
    "Politiet takker alle de frivillige som stilte opp, og minner om at været skifter fort.",
]


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def read(body: str, head: str = "") -> Article | Rejection:
    page = f"<html lang=nb><head><title>{TITLE}</title>{head}</head><body>{body}</body></html>"
    provenance = Provenance("avis", "k", "ferje.html", "0" * 64)
    return extract_article(
        Document(provenance, "text/html", page), language="nb", timezone=ZoneInfo("Europe/Oslo")
    )


def text_of(body: str, head: str = "") -> str:
    article = read(body, head)
    assert isinstance(article, Article), article
    return "\n".join(block.text for block in article.blocks)


P = paragraphs(STORY)
H1 = f"<h1>{TITLE}</h1>"
SUMMARY = "<ul><li>Ferja er vedtatt</li><li>Den koster 210 millioner</li></ul>"
SECTIONS = "".join(
    f"<section><p>{line}</p><p>Oppsummert</p><ul><li>{line[:30]}</li></ul></section>"
    for line in STORY
)
POSTS = "".join(f"<article class='post'><h2>Melding</h2><p>{line}</p></article>" for line in STORY)
COMMENTS = "".join(
    f"<div class='comment'><p>{line}</p><p>{reply}</p></div>"
    for line, reply in zip(STORY, OTHER, strict=False)
)
DATA = json.dumps({"props": {"story": {"name": TITLE, "body": [{"text": line} for line in STORY]}}})
LD = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n".join(STORY)})


@pytest.mark.parametrize(
    "body",
    [
        f"<article>{H1}{SECTIONS}</article>",
        f"<article>{H1}{P}<section><h2>Oppsummering</h2><p>{OTHER[0]}</p>{SUMMARY}</section></article>",
        f"<main><article class='top'>{H1}</article><article class='text'>{P}</article></main>",
        f"<main><article>{H1}<p>{OTHER[0]}</p></article>{POSTS}</main>",
        f"<article>{H1}<section><h1>1</h1>{P}</section><section><h1>2</h1>{P}</section></article>",
        f"<main>{H1}<div>{'<br><br>'.join(STORY)}</div></main>",
        f"<main>{H1}<article>{'<br>'.join(STORY)}</article></main>",
        f"<main>{H1}<x-story><template shadowrootmode=open>{P}</template></x-story></main>",
        f"<div><script type='text/template'>{P}</script></div>",
        f"<div><noscript>{P}</noscript></div>",
        f"<div id=app></div><script type='application/json'>{DATA}</script>",
        f"<div id=app></div><script type='application/ld+json'>{LD}</script>",
        f"<article>{H1}<p>{STORY[0]}</p><script type='application/ld+json'>{LD}</script></article>",
    ],
)
def test_the_whole_story_is_found(body: str) -> None:
    text = text_of(body)
    assert [line for line in STORY if line not in text] == []


@pytest.mark.parametrize(
    "rest",
    [
        f"<div class='story'><h1>Vandrer funnet</h1>{paragraphs(OTHER)}</div>",
        f"<article><h1>Vandrer funnet</h1>{paragraphs(OTHER)}</article>",
        f"<section id='comments'><h2>Kommentarer</h2>{COMMENTS}</section>",
    ],
)
def test_other_stories_and_comments_are_not_the_story(rest: str) -> None:
    text = text_of(f"<main><div class='story'>{H1}{P}</div>{rest}</main>")
    assert [line for line in OTHER if line in text] == []


@pytest.mark.parametrize(
    ("inner", "kept"),
    [
        ("<p><a href='https://a.example/r'>Rapporten fra tilsynet sier at båten er slitt.</a></p>",
         "Rapporten fra tilsynet"),
        ("<p>Hun viser til to rapporter om saken:</p><ul><li><a href=/1>Ferjestudien</a></li></ul>",
         "Ferjestudien"),
        ("<p>Ja.</p>", "Ja."),
        ("<div id=p1 hidden role=region><p>Kaia blir også ny, og den skal tåle mer.</p></div>",
         "Kaia blir også ny"),
    ],
)  # fmt: skip
def test_lines_of_the_story_that_look_like_others_stay(inner: str, kept: str) -> None:
    page = f"<article>{H1}{paragraphs(STORY[:3])}{inner}{paragraphs(STORY[3:])}</article>"
    assert kept in text_of(page)


@pytest.mark.parametrize("line", ["Frist for søknader: 20.11.2026", "Program 17. mai 2026:"])
def test_dates_that_the_story_tells_stay_at_its_end(line: str) -> None:
    assert line in text_of(f"<article>{H1}{P}<p>{line}</p></article>")
    dateline = "Sist oppdatert 20.11.2026 kl. 14.30"
    assert dateline not in text_of(f"<article>{H1}{P}<p>{dateline}</p></article>")


def test_captions_and_cards_of_other_stories_are_told() -> None:
    caption = "<figure><figcaption>Ferja ved kai i Storholmen i går.</figcaption></figure>"
    card = "<div><a href='/2'><h3>Vandrer funnet i fjellet</h3><p>Han var kald.</p></a></div>"
    article = read(f"<article>{H1}{P[: P.index('Den gamle') - 3]}{caption}{card}{P}</article>")
    assert isinstance(article, Article)
    steps = {line.text: line.rule for line in article.removed}
    assert {"Ferja ved kai i Storholmen i går.", "Vandrer funnet i fjellet"} <= steps.keys()


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (TITLE, []),
        (f"<span>Samferdsel:</span> {TITLE}", [f"Samferdsel: {TITLE}"]),
    ],
)
def test_a_headline_that_is_dropped_and_not_the_title_is_told(
    printed: str, told: list[str]
) -> None:
    head = f"<meta property='og:title' content='{TITLE}'>"
    article = read(f"<article><h1>{printed}</h1>{P}</article>", head)
    assert isinstance(article, Article)
    assert article.metadata.title == TITLE
    assert [line.text for line in article.removed if line.rule == "headline"] == told


def test_the_standfirst_is_looked_for_under_the_headline_and_not_under_the_logo() -> None:
    lead = "Etter mange års venting får øyboerne den nye ferja som de har bedt om."
    logo = "<header><h1 class='logo'><a href='/'>Stilleby avis</a></h1></header>"
    menu = "".join(f"<div><span>Sak {number}</span></div>" for number in range(60))
    printed = f"<h2>{TITLE}</h2>"
    article = read(f"{logo}{menu}<article>{printed}<div class='ingress'>{lead}</div>{P}</article>")
    assert isinstance(article, Article)
    assert (article.blocks[0].text, article.blocks[0].kind) == (lead, "lead")


def test_a_rejection_says_what_was_cut() -> None:
    found = read("<ul><li><a href='/1'>Sak en</a></li><li><a href='/2'>Sak to</a></li></ul>")
    assert isinstance(found, Rejection)
    assert "2 by `links`" in found.detail


PIECES = st.sampled_from(
    [
        *(f"<p>{line}</p>" for line in STORY),
        "<h2>Dyrt</h2>",
        "<p>Ja.</p>",
        "<p>Les også: <a href='/2'>Vandrer funnet</a></p>",
        "<ul><li><a href='/1'>Sak en</a></li><li><a href='/2'>Sak to</a></li></ul>",
        "<figure><figcaption>Ferja ved kai. Foto: Kari Nes</figcaption></figure>",
        "<div class='factbox'><p>Ferja er 80 meter lang.</p></div>",
        "<div><h3>Kort fortalt</h3><ul><li>Ferja er vedtatt.</li></ul></div>",
        "<table><tr><td>Lengde</td><td>80 meter</td></tr></table>",
        "<form><label>Søk</label></form>",
        "<aside><p>Fortell oss om din tur med ferja.</p></aside>",
        "<div class='comment'><p>Endelig! Dette har vi ventet på i mange år.</p></div>",
        "<span hidden>Skjult ord</span>",
    ]
)


@settings(max_examples=settings().max_examples // 3)
@given(st.lists(PIECES, min_size=1, max_size=8))
def test_every_line_of_the_article_is_in_the_text_or_told(pieces: list[str]) -> None:
    body = f"<article>{H1}{P}{''.join(pieces)}{P}</article>"
    article = read(body)
    assert isinstance(article, Article)
    seen = [*(block.text for block in article.blocks), *(r.text for r in article.removed), TITLE]
    known = "".join(map(squeeze, seen))
    lines = [block.text for block in list_blocks(html.fragment_fromstring(body))]
    assert [line for line in lines if squeeze(line) not in known] == []


def test_short_posts_of_a_live_report_stand_in_their_order() -> None:
    posts = [
        "Arbeiderpartiet ligger an til 31 prosent.",
        "Klokka 21 ble dørene låst over hele kommunen.",
        "Det var kø helt ut på veien i siste time.",
    ]
    articles = "".join(f"<article><h2>Melding</h2><p>{post}</p></article>" for post in posts)
    lead = "Følg opptellingen her utover kvelden."
    live = json.dumps({"@type": "LiveBlogPosting", "headline": TITLE})
    text = text_of(
        f"<main><article>{H1}<p>{lead}</p></article>{articles}</main>",
        f'<script type="application/ld+json">{live}</script>',
    )
    assert [line for line in text.split("\n") if line != "Melding"] == [lead, *posts]


# Quotations that are set apart from the text, with who is quoted.
SAID = "Vi har ventet lenge nok på denne båten."
WHO = "Kari Nordli, ordfører"
BLOCK = f"<blockquote><p>{SAID}</p><cite>{WHO}</cite></blockquote>"
CAPTION = f"<figcaption>{WHO}</figcaption>"


@pytest.mark.parametrize(
    "quote",
    [
        f"<figure class=quote><blockquote>{SAID}</blockquote>{CAPTION}</figure>",
        f"<figure><blockquote><p>{SAID}</p></blockquote><figcaption><p>{WHO}</p></figcaption></figure>",
        f"<figure class=wp-block-pullquote>{BLOCK}</figure>",
        f"<figure class=pullquote><p>{SAID}</p><cite>{WHO}</cite></figure>",
        f"<aside class='pull-quote'><p>«{SAID}»</p><footer>{WHO}</footer></aside>",
        f"<aside class=sitat><div>{SAID}</div><div>{WHO}</div></aside>",
    ],
)
@pytest.mark.parametrize("tag", ["p", "div"])
def test_what_is_said_stays_with_who_says_it(quote: str, tag: str) -> None:
    first, rest = paragraphs(STORY[:2]), paragraphs(STORY[2:])
    page = f"<article>{H1}{first}{quote}{rest}</article>"
    if tag == "div":  # pages without any <p>
        page = page.replace("<p>", "<div>").replace("</p>", "</div>")
    lines = text_of(page).split("\n")
    place = next(place for place, line in enumerate(lines) if SAID in line)
    assert lines[place - 1 : place + 3] == [STORY[1], lines[place], WHO, STORY[2]]
    assert [line for line in lines if line in STORY] == STORY


@pytest.mark.parametrize(
    "figure",
    [
        f"<figure class=quote><blockquote>{STORY[0][:60]}</blockquote><cite>{WHO}</cite></figure>",
        f"<figure><img src=a.jpg><figcaption>{SAID}</figcaption></figure>",
        f"<figure><blockquote><a href=/x>{SAID}</a></blockquote></figure>",
        f"<aside><h3>Les også</h3><blockquote>{SAID}</blockquote></aside>",
    ],
)
def test_repetitions_pictures_and_links_stay_outside(figure: str) -> None:
    text = text_of(f"<article>{H1}{paragraphs(STORY[:2])}{figure}{paragraphs(STORY[2:])}</article>")
    assert SAID not in text
    assert WHO not in text
    assert text.split("\n") == STORY
