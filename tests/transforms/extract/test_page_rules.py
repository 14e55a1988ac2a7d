"""A source's own rules for its pages, and the record of what a page's structure cost it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from newsbeam.pipelines.config.job import ConfigError
from newsbeam.pipelines.config.load import load_job
from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.extract.page_lines import list_blocks, list_page_lines
from newsbeam.transforms.extract.page_text import open_with_lead
from newsbeam.transforms.records import Article, Block, Document, Metadata, Provenance, Rejection
from newsbeam.transforms.settings.source import ExtractSettings
from newsbeam.transforms.settings.xpaths import compile_xpath, list_chosen_elements

PROSE = [
    "Kommunen har brukt over to hundre millioner kroner på prosjektet, som ble dyrere enn ventet.",
    "– Vi er lettet over at det endelig er ferdig, sier ordfører Kari Nes til Avisa i dag.",
    "Den gamle brua ble stengt i fjor, og innbyggerne har måttet kjøre en omvei på to mil.",
    "Trafikken skal telles i to måneder før det blir avgjort om det også skal bygges gangvei.",
]
BODY = "".join(f"<p>{line}</p>" for line in PROSE)
LINKS = "<ul><li><a href=/1>Brua stengt igjen</a></li><li><a href=/2>Ferja går</a></li></ul>"


def extract(
    body: str,
    settings: ExtractSettings = ExtractSettings(),  # noqa: B008
    head: str = "",
) -> Article:
    found = try_extract(body, settings, head)
    assert isinstance(found, Article), found
    return found


def try_extract(body: str, settings: ExtractSettings, head: str = "") -> Article | Rejection:
    fetched = datetime(2024, 5, 1, tzinfo=UTC)
    provenance = Provenance("avisa", "k", "bru.html", "0" * 64, None, fetched)
    page = f"<html><head><title>Brua åpner</title>{head}</head><body>{body}</body></html>"
    return extract_article(
        Document(provenance, "text/html", page),
        language="nb",
        timezone=ZoneInfo("Europe/Oslo"),
        settings=settings,
    )


def lines(article: Article) -> list[str]:
    return [block.text for block in article.blocks]


def removed(article: Article) -> list[tuple[str, str]]:
    return [(line.rule, line.text) for line in article.removed]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("//div[", "not an XPath"),
        ("", "not an XPath"),
        (".factbox", "not an XPath"),
        ("count(//p)", "not an XPath"),
        ("//svg:path", "not an XPath"),
        ("//p[lower-case(.)='x']", "not an XPath"),
        ("//div/@class", "the elements that hold them"),
        ("//p/text()", "the elements that hold them"),
        ("div[@class='a']", "begin with //: //div"),
        ("article", "begin with //: //article"),
    ],
)
def test_a_bad_expression_is_told_with_what_to_do(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_xpath(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "//div[contains(@class, 'fact')]",
        "(//p)[1] | //h2",
        "//*[re:test(@class, '^fact-\\d+$')]",
        "descendant::p",
        "id('body')",
        "/html/body//p[@class or @id]",
    ],
)
def test_good_expressions_compile(expression: str) -> None:
    compile_xpath(expression)


def test_the_outermost_elements_are_chosen_once() -> None:
    tree = html.document_fromstring("<div id=a><div id=b></div></div><div id=c></div>")
    assert [e.get("id") for e in list_chosen_elements(tree, "//div | //div/div")] == ["a", "c"]
    assert list_chosen_elements(tree, "/html") == [], "never the page itself"


def test_a_bad_expression_is_a_fault_of_the_config_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "avis.yaml"
    config.write_text(
        "id: avis\nfiles: [a]\nextract:\n  body_xpath: '//div['\n  prune_xpath:\n"
        "    - //aside\n    - factbox\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        load_job([config])
    first, second = map(str, caught.value.faults)
    assert first.startswith(f"{config}:4: extract.body_xpath: not an XPath expression")
    assert second.startswith(f"{config}:7: extract.prune_xpath[1]: would look right under <html>")


def test_lines_break_where_a_browser_would_break_them() -> None:
    element = html.fragment_fromstring(
        "<div>Løs tekst <b>med</b> <a href=x>lenke</a>.<h2>Mellom<em>tittel</em></h2>"
        "<p>En<br>to</p><table><tr><td>Mål</td><td>3</td></tr></table><brick-x>Boks</brick-x>Slutt</div>"
    )
    assert [(block.kind, block.text) for block in list_blocks(element)] == [
        ("paragraph", "Løs tekst med lenke."),
        ("heading", "Mellomtittel"),
        ("paragraph", "En"),
        ("paragraph", "to"),
        ("paragraph", "Mål 3"),
        ("paragraph", "Boks"),
        ("paragraph", "Slutt"),
    ]


def test_prune_xpath_takes_elements_out_and_says_which() -> None:
    extra = (
        "<div class=quiz><h3>Ukas quiz</h3><p>Hvor mange bruer har kommunen bygd i år?</p></div>"
    )
    body = f"<article><h1>Brua åpner</h1><p>{PROSE[0]}</p>{extra}{BODY}</article>"
    assert "Hvor mange bruer har kommunen bygd i år?" in lines(extract(body))
    pruned = extract(body, ExtractSettings(prune_xpath=("//div[@class='quiz']",)))
    assert "Hvor mange bruer har kommunen bygd i år?" not in pruned.text
    assert removed(pruned) == [
        ("prune_xpath", "Ukas quiz"),
        ("prune_xpath", "Hvor mange bruer har kommunen bygd i år?"),
    ]


def test_what_prune_xpath_reports_is_bounded() -> None:
    junk = "<div class=x>" + f"<p>{'lang ' * 100}</p>" * 600 + "</div>"
    found = extract(f"<h1>Brua åpner</h1>{BODY}{junk}", ExtractSettings(prune_xpath=("//div",)))
    assert lines(found) == PROSE
    assert len(found.removed) == 500
    assert {len(line.text) for line in found.removed} == {301}


def test_body_xpath_is_the_text_instead_of_a_guess() -> None:
    short = "<section class=tekst><p>Brua åpner tirsdag.</p><p>Det regner.</p></section>"
    body = f"<h1>Brua åpner</h1><main>{BODY}</main>{short}<p>Etterord.</p>{short}"
    chosen = extract(body, ExtractSettings(body_xpath="//section[@class='tekst']"))
    assert lines(chosen) == ["Brua åpner tirsdag.", "Det regner."] * 2
    assert chosen.metadata.title == "Brua åpner"


def test_body_xpath_still_goes_without_links_headline_and_hidden_words() -> None:
    inside = f"<h2>Brua åpner</h2>{BODY}{LINKS}<p class=sr-only>Slutt på saken</p>"
    found = extract(
        f"<article><h1>En annen sak</h1></article><article id=b>{inside}</article>",
        ExtractSettings(body_xpath="//article[@id='b']"),
    )
    assert lines(found) == PROSE
    assert removed(found) == [
        ("hidden", "Slutt på saken"),
        ("links", "Brua stengt igjen"),
        ("links", "Ferja går"),
    ]


def test_body_xpath_keeps_the_standfirst_above_it() -> None:
    lead = "Etter tre år med forsinkelser er den nye brua over fjorden endelig klar for trafikk."
    head = f'<meta name="description" content="{lead}">'
    found = extract(
        f"<h1>Brua åpner</h1><div class=ingress>{lead}</div><div id=t>{BODY}</div>",
        ExtractSettings(body_xpath="//div[@id='t']"),
        head,
    )
    assert lines(found) == [lead, *PROSE]
    assert found.blocks[0].kind == "lead"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_standfirst_of_several_lines_stands_in_their_place(count: int) -> None:
    leads = [line.replace("Kommunen", "Byen").upper() for line in PROSE[:count]]
    blocks = [Block("Nyheter"), *map(Block, leads), Block(PROSE[3])]
    found = open_with_lead(blocks, " ".join(leads))
    assert found == [Block(" ".join(leads), "lead"), Block("Nyheter"), Block(PROSE[3])]


def test_a_page_without_the_chosen_body_is_guessed_at_and_an_empty_one_is_rejected() -> None:
    settings = ExtractSettings(body_xpath="//div[@id='t']")
    assert lines(extract(f"<article><h1>Brua åpner</h1>{BODY}</article>", settings)) == PROSE
    empty = try_extract(f"<h1>Brua åpner</h1>{BODY}<div id=t></div>", settings)
    assert isinstance(empty, Rejection)
    assert empty.reason == "no_text"


def test_lines_taken_out_within_the_article_are_told_with_their_step() -> None:
    tease = "<p>Les også: <a href=/3>Slik ble brua til på tre og et halvt år</a></p>"
    body = (
        f"<nav>{LINKS}</nav><article><p>Samferdsel</p><h1>Brua åpner</h1><p>Av Kari Nes</p>"
        f"<p>{PROSE[0]}</p><p>Brua åpner</p>{tease}"
        f"<p>{PROSE[1]}</p><div class=factbox><b>Fakta</b><p>Brua er lang.</p></div>"
        f"<p>{PROSE[2]}</p><p>{PROSE[3]}</p><span class=sr-only>Del</span></article>"
        f"<article><h2>Neste sak</h2><p>{'Noe helt annet hendte i nabobyen. ' * 5}</p></article>"
    )
    found = extract(body, head='<meta name="author" content="Kari Nes">')
    assert lines(found) == PROSE
    assert sorted(removed(found)) == sorted([
        ("links", "Les også: Slik ble brua til på tre og et halvt år"),
        ("box", "Fakta"),
        ("box", "Brua er lang."),
        ("hidden", "Del"),
        ("headline", "Brua åpner"),
        ("kicker", "Samferdsel"),
        ("byline", "Av Kari Nes"),
    ]), "the menu and the next story stood outside"  # fmt: skip
    assert found.metadata == Metadata(title="Brua åpner", authors=("Kari Nes",))


@pytest.mark.parametrize(
    "page",
    [
        "<form id=aspnetForm>{}</form>",
        "<div id=comment>{}</div>",
        "<div class='page comment'>{}</div>",
        "<div class=kommentar><article>{}</article></div>",
        "<div class='wp-embed-responsive'>{}</div>",
        "<aside>{}</aside>",
    ],
)
def test_what_holds_the_headline_stands_beside_no_text(page: str) -> None:
    short = "Brua er trygg."
    text = "".join(f"<p>{line}</p>" for line in [*PROSE[:3], short, PROSE[3]])
    found = extract(page.format(f"<h1>Brua åpner</h1><div class=t>{text}</div>"))
    assert lines(found) == [*PROSE[:3], short, PROSE[3]]


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("comments", True),
        ("responses", True),
        ("kommentarfelt", True),
        ("responsive", False),
        ("embed-responsive-16by9", False),
    ],
)
def test_comments_are_told_by_whole_words(name: str, beside: bool) -> None:
    page = html.fragment_fromstring(f"<div><div class='{name}'>{PROSE[0]}</div></div>")
    assert [line.beside for line in list_page_lines(page)] == [beside]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("wp-caption-text", "caption"),
        ("image-credit", "caption"),
        ("paragraph paragraph--type--image-text", None),
    ],
)
def test_captions_are_told_by_class(name: str, step: str | None) -> None:
    page = html.fragment_fromstring(f"<div><div class='{name}'>{PROSE[0]}</div></div>")
    assert [line.step for line in list_page_lines(page)] == [step]


DAY = '<meta property="article:published_time" content="2024-04-28T10:00:00Z">'


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<p>28. april 2024 kl. 14.47</p>", False),
        ("<h3>søndag 28. april 2024</h3>", False),
        (
            "<p>Av Kari Nes | Publisert 28. april 2024 kl. 18.00 | Oppdatert 30. april 2024</p>",
            False,
        ),
        ("<p>Oppdatert 28. april 2025</p>", False),
        ("<p>Copyright 2024 Avisa</p>", False),
        ("<p>© Avisa</p>", False),
        ("<p>Kinoen åpner 12. mai 2024</p>", True),
        ("<p>Folkemøte torsdag 2. mai 2024</p>", True),
        ("<p>Brann – Viking 1. mai 2024</p>", True),
        ("<h2>Krigen startet 9. april 1940</h2>", True),
        ("<h3>9. april 1940</h3>", True),
        ("<p>Copyright må endres, mener ministeren i dag.</p>", True),
    ],
)
def test_dates_around_a_text_are_told_from_those_in_it(markup: str, kept: bool) -> None:
    text = html.fragment_fromstring(markup).text_content()
    found = extract(f"<article><h1>Brua åpner</h1>{markup}{BODY}</article>", head=DAY)
    assert (text in lines(found)) is kept


def test_the_days_of_a_timeline_are_text() -> None:
    days = [f"{day}. april 2024" for day in (26, 27, 28)]
    parts = "".join(f"<h3>{day}</h3><p>{line}</p>" for day, line in zip(days, PROSE, strict=False))
    found = extract(f"<article><h1>Brua åpner</h1>{parts}</article>", head=DAY)
    assert [line for line in lines(found) if line in days] == days


def test_panels_that_buttons_in_headings_open_keep_question_and_answer() -> None:
    panels = "".join(
        f"<h3><button aria-controls=a{n}>Hva koster brua nummer {n}?</button></h3>"
        f"<div id=a{n} hidden><p>{line}</p></div>"
        for n, line in enumerate(PROSE)
    )
    found = extract(f"<article><h1>Brua åpner</h1>{BODY.upper()}{panels}</article>")
    questions = [f"Hva koster brua nummer {n}?" for n in range(len(PROSE))]
    assert [line for line in lines(found) if line in questions] == questions
    assert [line for line in lines(found) if line in PROSE] == PROSE


@pytest.mark.parametrize("join", ["\n", "\n\n", "</p><p>"])
@pytest.mark.parametrize("mark", ["<b>Brua</b> er lang", "Brua &amp; veien"])
def test_a_body_in_json_ld_keeps_its_lines(join: str, mark: str) -> None:
    node = {
        "@type": "NewsArticle",
        "headline": "Brua åpner",
        "articleBody": join.join([mark, *PROSE]),
    }
    data = f"<script type='application/ld+json'>{json.dumps(node)}</script>"
    found = extract("<h1>Brua åpner</h1>", head=data)
    text = html.fragment_fromstring(f"<p>{mark}</p>").text_content()
    assert lines(found) == [text, *PROSE]
