"""Pages of teasers are no articles; articles with many links are."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.records import Article, Document, Provenance, Rejection

HEAD = "<title>Fjordposten – nyheter fra fjorden</title>"
PROSE = (
    "<p>Kommunestyret vedtok torsdag kveld å bygge en ny skole på øya, etter fire timers debatt. "
    "Ordføreren sier at arbeidet begynner til våren, og at elevene kan flytte inn om to år.</p>"
)


def extract(body: str, head: str = HEAD) -> Article | Rejection:
    page = f"<!doctype html><html lang='nb'><head>{head}</head><body>{body}</body></html>"
    document = Document(Provenance("avis", "x", "x", "0" * 64), "text/html", page.encode())
    return extract_article(document, language=None, timezone=ZoneInfo("Europe/Oslo"))


def show_teasers(count: int, wrap: str, lead: bool, heading: str = "h2") -> str:
    return "".join(
        f"<{wrap} class='sak'><a href='/nyheter/i/sak{number}'><img src='{number}.jpg'>"
        f"<{heading}>Kommunen vil bygge skole nummer {number} på øya før jul</{heading}></a>"
        + (f"<p>Rådmannen legger planen fram på torsdag, i sak {number}.</p>" if lead else "")
        + f"</{wrap}>"
        for number in range(count)
    )


@pytest.mark.parametrize("wrap", ["article", "div", "li", "section"])
@pytest.mark.parametrize("lead", [False, True])
@pytest.mark.parametrize("heading", ["h2", "span"])
@pytest.mark.parametrize("top", ["", "<h1>Fjordposten</h1>", "<h1>Sport</h1>"])
def test_teasers_alone_are_a_front_page(wrap: str, lead: bool, heading: str, top: str) -> None:
    found = extract(f"<header>{top}</header><main>{show_teasers(14, wrap, lead, heading)}</main>")
    assert isinstance(found, Rejection)
    assert found.reason in ("front_page", "no_text")


def test_an_article_above_many_teasers_is_an_article() -> None:
    body = f"<h1>Ny skole på øya</h1>{PROSE * 3}"
    found = extract(f"<article>{body}</article><aside>{show_teasers(30, 'div', True)}</aside>")
    assert isinstance(found, Article)
    assert "Kommunestyret vedtok" in found.blocks[0].text


def test_a_text_full_of_links_is_an_article() -> None:
    linked = "".join(
        f"<p>I fjor skrev vi om <a href='/i/{n}'>skolen som kommunen ville bygge på øy {n}</a>, "
        f"og i år er den ferdig og tatt i bruk av {n} elever.</p>"
        for n in range(12)
    )
    found = extract(f"<article><h1>Skolene som ble bygd</h1>{linked}</article>")
    assert isinstance(found, Article)
    assert len(found.blocks) == 12


@pytest.mark.parametrize(
    ("top", "is_article"), [("Seks bad du bør prøve i år", True), ("Reise", False)]
)
def test_a_guide_of_linked_headings_with_texts_of_their_own_is_an_article(
    top: str, is_article: bool
) -> None:
    parts = "".join(
        f"<section><h2><a href='/bad/{n}'>{n}. Svømmehallen i bydel {n} ved sjøen</a></h2><p>Det "
        "er tre bassenger, to badstuer og en kafé, og bussen fra sentrum stopper rett utenfor "
        f"døra hver halve time hele året, også på helligdag nummer {n}.</p></section>"
        for n in range(1, 7)
    )
    found = extract(f"<article><h1>{top}</h1>{parts}</article>")
    assert isinstance(found, Article) is is_article


def test_a_short_notice_does_not_grow_by_teasers() -> None:
    notice = "Brannvesenet rykket ut til en båt ved kaia i natt. Ingen kom til skade i brannen."
    body = f"<div class='story'><h1>Brann i båt ved kaia</h1><p>{notice}</p></div>"
    found = extract(f"{body}<div class='more'>{show_teasers(4, 'div', True)}</div>")
    assert isinstance(found, Article)
    assert [block.text for block in found.blocks] == [notice]


def test_what_calls_itself_an_article_is_believed() -> None:
    head = HEAD + "<meta property='og:type' content='article'>"
    found = extract(f"<h1>Ti skoler</h1><main>{show_teasers(14, 'div', True)}</main>", head)
    assert isinstance(found, Article)
