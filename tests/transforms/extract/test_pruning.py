"""What is taken out of a page by structure alone, and what must stay."""

from __future__ import annotations

import pytest
from lxml import html

from newsbeam.transforms.extract.other_stories import drop_other_story
from newsbeam.transforms.extract.pruning import drop_untexted, prune_body

PROSE = (
    "Kommunen har brukt over to hundre millioner kroner på prosjektet, som ble dyrere enn ventet."
)
LINK = "<a href='/x'>Her er de nye reglene for alle</a>"


def prune(tree: html.HtmlElement, title: str | None = None) -> None:
    drop_untexted(tree)
    drop_other_story(tree, title)
    prune_body(tree)


def prune_around(body: str) -> str:
    prose = f"<p>{PROSE}</p>" * 6
    tree = html.document_fromstring(f"<body><article><h1>Brua</h1>{body}{prose}</article></body>")
    prune(tree)
    return " ".join(tree.text_content().replace(PROSE, "").split()).removeprefix("Brua").strip()


@pytest.mark.parametrize(
    "body",
    [
        "<script>x()</script><style>p{}</style>",
        "</article><article><h2>Neste sak</h2><p>Den handler om noe annet.</p></article>",
        "<h2 class='visually-hidden'>Artikkelens innhold</h2>",
        "<div hidden>Denne teksten vises ikke.</div>",
        "<div class='factbox'><p>Brua er 900 meter lang.</p></div>",
        "<div><h3>Kort fortalt</h3><ul><li>Brua åpner.</li><li>Det regnet.</li></ul></div>",
        "<aside><strong>Kortversjonen</strong><ul><li>Brua åpner.</li></ul></aside>",
        "<section><h2>Fakta om brua</h2><ul><li>Lengde: 900 meter</li></ul></section>",
        f"<ul><li>{LINK}</li><li>{LINK}</li></ul>",
        f"<h3>Les også</h3><ul><li>{LINK}</li></ul><h2></h2>",
        f"<p><strong>Les også:</strong></p><ul><li>{LINK}</li></ul>",
        f"<ul><li>Langt stikkord om saken her: {LINK}</li><li>Og ett her: {LINK}</li></ul>",
        f"<p>Les også: {LINK}</p>",
    ],
)
def test_what_is_no_article_goes(body: str) -> None:
    assert prune_around(body) == ""


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<p>En <a href='/x'>lenke</a> i en setning.</p>", "En lenke i en setning."),
        ("<ul><li>Lengde: 900 meter</li></ul>", "Lengde: 900 meter"),
        ("<h2>Fakta om brua</h2><p>Den er lang.</p>", "Fakta om bruaDen er lang."),
        ("<h2>Kort fortalt</h2><p>Sju døde.</p>", "Kort fortaltSju døde."),
        (f"<h2>Mellomtittel</h2><ul><li>{LINK}</li></ul><p>Mer.</p>", "MellomtittelMer."),
        (f"<p>Hun sa det.</p><ul><li>{LINK}</li></ul>", "Hun sa det."),
        (f"<div hidden><p>{'Ordet er fritt. ' * 30}</p></div>", ("Ordet er fritt. " * 30).strip()),
    ],
)
def test_what_may_be_article_stays(body: str, kept: str) -> None:
    assert prune_around(body) == kept


def test_what_opens_over_a_word_is_not_glued_to_it() -> None:
    for popup in (
        "<span class='_definition_1x'>Et fartøy med tre skrog.</span>",
        "<span role='tooltip'>Et fartøy med tre skrog.</span>",
        "<span class='card'><a>Sak en</a><a>Sak to</a><a>Sak tre</a></span>",
    ):
        sentence = f"<p>De seiler <span><a href='/t'>trimaran</a>{popup}</span> rundt landet.</p>"
        assert prune_around(sentence) == "De seiler trimaran rundt landet."


def test_an_element_with_the_headline_always_stays() -> None:
    page = (
        "<body><ul><li><a><h1>Brua åpner</h1></a></li></ul><div class='infobox'><h1>To</h1></div>"
    )
    tree = html.document_fromstring(page)
    prune(tree)
    assert [heading.text for heading in tree.iter("h1")] == ["Brua åpner", "To"]


@pytest.mark.parametrize(("posts", "is_left"), [(1, False), (3, False), (8, True)])
def test_an_article_with_a_headline_inside_another_is_the_next_story(
    posts: int, is_left: bool
) -> None:
    inner = "<article><h1>Fant gull</h1><p>Det lå bak en hytte i skogen.</p></article>" * posts
    body = f"<article><h1>Brua åpner</h1>{f'<p>{PROSE}</p>' * 6}{inner}</article>"
    tree = html.document_fromstring(f"<body>{body}</body>")
    prune(tree, "Brua åpner")
    assert ("Fant gull" in tree.text_content()) is is_left  # many are posts of a live report
    assert tree.text_content().count(PROSE) == 6
