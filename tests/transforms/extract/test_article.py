from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.transforms.extract.article import extract_article, split_text
from newsbeam.transforms.records import (
    Article,
    Block,
    Document,
    MediaType,
    Metadata,
    Provenance,
    Rejection,
)
from newsbeam.transforms.text.characters import normalize_line

OSLO = ZoneInfo("Europe/Oslo")
LEAD = "Etter tre år med forsinkelser er den nye brua over fjorden endelig klar for trafikk."
PROSE = [
    "Kommunen har brukt over to hundre millioner kroner på prosjektet, som ble dyrere enn ventet.",
    "– Vi er lettet over at det endelig er ferdig, sier ordfører Kari Nes til Avisa i dag.",
    "Den gamle brua ble stengt i fjor, og innbyggerne har måttet kjøre en omvei på to mil.",
    "Trafikken skal telles i to måneder før det blir avgjort om det også skal bygges gangvei.",
]
BODY = "".join(f"<p>{line}</p>" for line in PROSE)


def document(
    body: str | bytes,
    media_type: MediaType = "text/html",
    given: Metadata = Metadata(),  # noqa: B008
    url: str | None = "https://www.avisa.no/nyheter/bru",
) -> Document:
    fetched = datetime(2024, 5, 1, tzinfo=UTC)
    provenance = Provenance("avisa", "k", "bru.html", "0" * 64, url, fetched)
    return Document(provenance, media_type, body, given=given)


def extract(
    body: str | bytes,
    media_type: MediaType = "text/html",
    given: Metadata = Metadata(),  # noqa: B008
    language: str | None = "no",
) -> Article:
    found = extract_article(document(body, media_type, given), language=language, timezone=OSLO)
    assert isinstance(found, Article), found
    return found


def page(content: str, head: str = "") -> str:
    return (
        f"<html lang='nb'><head><title>Brua åpner</title>{head}</head><body>"
        f"<nav><a href='/'>Forsiden</a></nav><article><h1>Brua åpner</h1>{content}</article>"
        "</body></html>"
    )


def lines(article: Article) -> list[str]:
    return [block.text for block in article.blocks]


def test_a_first_line_before_a_blank_one_is_the_title() -> None:
    title, blocks = split_text("Brua åpner\n\nFørste avsnitt.\nAndre avsnitt.\n")
    assert title == "Brua åpner"
    assert [block.text for block in blocks] == ["Første avsnitt.", "Andre avsnitt."]


@pytest.mark.parametrize(
    "text",
    [
        "Brua åpner",
        "Brua åpner\nFørste avsnitt.\n\nAndre avsnitt.",
        f"{PROSE[0]} {PROSE[2]}\n\n{PROSE[1]}",
        "Brua er åpnet. Ordføreren klippet snora.\n\nDet regnet.",
        "x" * 201 + "\n\nDet regnet.",
    ],
)
def test_prose_and_single_lines_are_no_title(text: str) -> None:
    title, blocks = split_text(text)
    assert title is None
    assert "\n".join(block.text for block in blocks) == text.replace("\n\n", "\n")


def test_a_known_title_is_not_repeated_and_takes_no_other_line() -> None:
    assert split_text("Brua åpner\nFørste.", "Brua åpner!")[1] == [Block("Første.")]
    title, blocks = split_text("Mellomtittel\n\nFørste.", "Brua åpner")
    assert (title, [block.text for block in blocks]) == ("Brua åpner", ["Mellomtittel", "Første."])


def test_lines_are_isolated_only_where_ordinary_ones_are_not() -> None:
    dense = "En.\nTo.\n\nLes også: Tre\nFire.\nFem."
    assert [b.isolated for b in split_text(dense)[1]] == [False, False, True, False, False]
    sparse = "Tittel\n\nEn.\n\nTo.\n\nTre.\nFire."
    assert not any(block.isolated for block in split_text(sparse)[1])
    titled = "Tittel\n\nEn.\nTo.\nTre."
    assert not any(block.isolated for block in split_text(titled)[1])


def test_characters_are_normalized_and_words_kept() -> None:
    raw = "\ufeffBru\u00ada\u00a0 er\u200b a\u030apen\x00 \t– sier\u2060 de"
    assert split_text(raw)[1] == [Block("Brua er åpen – sier de")]
    assert normalize_line("می\u200cخواهم") == "می\u200cخواهم"


def test_plain_text_becomes_an_article() -> None:
    found = extract("Brua åpner\n\n" + "\n".join(PROSE), "text/plain")
    assert found.metadata.title == "Brua åpner"
    assert found.metadata.url == "https://www.avisa.no/nyheter/bru"
    assert lines(found) == PROSE
    assert found.language == "nb"


def test_given_fields_win() -> None:
    given = Metadata(title="Gitt tittel", lead="Gitt ingress.", authors=("Kari Nes",))
    found = extract("\n".join(PROSE), "text/plain", given)
    assert found.metadata.title == "Gitt tittel"
    assert found.blocks[0] == Block("Gitt ingress.", "lead")
    assert lines(found)[1:] == PROSE
    again = extract("Gitt ingress.\n" + "\n".join(PROSE), "text/plain", given)
    assert again.blocks == found.blocks
    on_page = extract(page(BODY), given=given)
    assert (on_page.metadata.title, on_page.metadata.authors) == ("Gitt tittel", ("Kari Nes",))
    assert on_page.blocks[0] == Block("Gitt ingress.", "lead")
    assert on_page.metadata.lead == "Gitt ingress."


def test_hints_fill_what_the_page_leaves_open() -> None:
    hints = Metadata(
        url="https://feeds.example/1", title="Bru åpnet", lead=LEAD, authors=("Kari Nes",)
    )
    bare = BODY.replace(PROSE[3], PROSE[3] + "</p><p>Kari Nes")
    found = extract_article(
        replace(document(f"<html><body>{bare}</body></html>", url=None), hints=hints),
        language=None,
        timezone=OSLO,
    )
    assert isinstance(found, Article)
    assert found.metadata == Metadata(title="Bru åpnet", authors=("Kari Nes",))
    assert lines(found) == PROSE, "the byline is known by the hints, the summary is not printed"
    titled = extract_article(
        replace(document(page(BODY)), hints=hints), language=None, timezone=OSLO
    )
    assert isinstance(titled, Article)
    assert titled.metadata.title == "Brua åpner"
    assert titled.metadata.url == "https://www.avisa.no/nyheter/bru"


def test_a_summary_in_the_hints_finds_the_standfirst_that_the_page_prints() -> None:
    header = f"<header><h1>Brua åpner</h1><div>{LEAD}</div></header>"
    html = page("").replace("<h1>Brua åpner</h1>", header + BODY)
    hinted = replace(document(html), hints=Metadata(lead=LEAD[:60] + " …"))
    found = extract_article(hinted, language=None, timezone=OSLO)
    assert isinstance(found, Article)
    assert found.metadata.lead == LEAD


def test_a_text_takes_its_title_from_the_hints() -> None:
    hinted = replace(
        document("Ingress her\n\nFørste.\nAndre.", "text/plain"), hints=Metadata(title="Bru åpnet")
    )
    found = extract_article(hinted, language="nb", timezone=OSLO)
    assert isinstance(found, Article)
    assert found.metadata.title == "Bru åpnet"
    assert lines(found) == ["Ingress her", "Første.", "Andre."]


def test_a_rejection_carries_the_request_of_its_page() -> None:
    asked = document("<html><body></body></html>")
    asked = replace(asked, provenance=replace(asked.provenance, request='{"feed": "f"}'))
    found = extract_article(asked, language=None, timezone=OSLO)
    assert isinstance(found, Rejection)
    assert found.request == '{"feed": "f"}'


def test_a_page_becomes_lines_with_headings_and_lists() -> None:
    body = (
        f"<p>{PROSE[0]}</p><h2>Gangvei <em>venter</em></h2><p>{PROSE[1]}<br><br>{PROSE[2]}</p>"
        f"<ul><li>Bredde: tolv meter mellom rekkverkene</li><li>Lengde: 900 meter</li></ul>"
        f"<blockquote><p>{PROSE[3]}</p></blockquote>"
    )
    found = extract(page(body))
    assert [(b.kind, b.text) for b in found.blocks] == [
        ("paragraph", PROSE[0]),
        ("heading", "Gangvei venter"),
        ("paragraph", PROSE[1]),
        ("paragraph", PROSE[2]),
        ("paragraph", "Bredde: tolv meter mellom rekkverkene"),
        ("paragraph", "Lengde: 900 meter"),
        ("paragraph", PROSE[3]),
    ]
    assert found.metadata.title == "Brua åpner"
    assert found.headings[0].text == "Gangvei venter"


def test_bytes_are_decoded() -> None:
    head = '<meta charset="iso-8859-1">'
    assert PROSE[2] in lines(extract(page(BODY, head).encode("cp1252")))
    assert lines(extract("\n".join(PROSE).encode("cp1252"), "text/plain")) == PROSE


def test_the_standfirst_is_brought_back() -> None:
    description = f'<meta name="description" content="{LEAD[:60]}…">'
    header = f"<header><h1>Brua åpner</h1><div>{LEAD}</div></header>"
    by_description = extract(page("", description).replace("<h1>Brua åpner</h1>", header + BODY))
    by_class = extract(page(f'<p class="article-lead">{LEAD}</p><div>{BODY}</div>'))
    for found in (by_description, by_class):
        assert found.blocks[0] == Block(LEAD, "lead")
        assert found.metadata.lead == LEAD
        assert lines(found) == [LEAD, *PROSE]


def test_a_standfirst_of_several_paragraphs_is_one_line() -> None:
    header = f'<header><p class="lead">{LEAD}</p><p class="lead">{PROSE[3]}</p></header>'
    found = extract(page(header + f"<div>{BODY}</div>"))
    assert found.metadata.lead == f"{LEAD} {PROSE[3]}"


def test_a_box_around_the_standfirst_adds_nothing_to_it() -> None:
    box = f'<div class="lead"><h2>{LEAD}</h2><div>Del med en venn</div></div>'
    description = f'<meta name="description" content="{LEAD}">'
    assert extract(page(box + f"<div>{BODY}</div>", description)).metadata.lead == LEAD


def test_bylines_and_dates_around_the_text_are_not_its_lines() -> None:
    head = '<meta name="author" content="Kari Nes">'
    around = "<p>Av Kari Nes</p><p>28. april 2024 kl. 14.47</p>"
    found = extract(page(f"{around}{BODY}<p>© Avisa 2024</p>", head))
    assert lines(found) == PROSE
    assert found.metadata.authors == ("Kari Nes",)


def test_a_kicker_above_the_headline_is_no_line() -> None:
    kicker = "<p>Samferdsel i vest</p>"
    html = page(f"{BODY}").replace("<article>", f"<article>{kicker}")
    assert lines(extract(html)) == PROSE
    assert "Samferdsel i vest" in lines(extract(page(kicker + BODY)))


@pytest.mark.parametrize("line", ["Det hendte 28. april 2024.", "Av Ola Ås", "Kari Nes ble valgt."])
def test_other_lines_with_names_and_dates_stay(line: str) -> None:
    head = '<meta name="author" content="Kari Nes">'
    assert line in lines(extract(page(f"<p>{line}</p>{BODY}", head)))


def test_a_first_paragraph_is_no_standfirst_though_the_description_repeats_it() -> None:
    found = extract(page(BODY, f'<meta name="description" content="{PROSE[0]}">'))
    assert found.metadata.lead is None
    assert [block.kind for block in found.blocks] == ["paragraph"] * 4


def test_a_description_that_is_not_printed_is_no_standfirst() -> None:
    found = extract(page(BODY, f'<meta name="description" content="{LEAD}">'))
    assert LEAD not in found.text
    assert found.metadata.lead is None


def test_the_next_story_and_a_repeated_headline_are_not_the_article() -> None:
    story = (
        "<article><h2>Neste sak</h2><p>"
        + "Helt andre ting hendte i nabobyen. " * 9
        + "</p></article>"
    )
    html = page(f"<p>Brua åpner</p>{BODY}").replace("</body>", story + "</body>")
    assert lines(extract(html)) == PROSE


def test_language_of_a_page() -> None:
    assert extract(page(BODY), language=None).language == "nb"
    assert extract(page(BODY).replace("lang='nb'", "lang='en'"), language=None).language == "nb"
    assert extract(page(BODY), language="nn").language == "nb"
    assert extract(page(BODY), language="sv").language == "sv"


def test_the_same_page_gives_the_same_article_every_time() -> None:
    html = page(BODY + f"<p>{PROSE[0]}</p>")
    assert len({extract(html).text for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "reason"),
    [
        ("", "text/plain", "no_text"),
        (" \n\u200b\n", "text/plain", "no_text"),
        ("", "text/html", "no_text"),
        ("<html><body></body></html>", "text/html", "no_text"),
        ("<html><body><script>x()</script></body></html>", "text/html", "no_text"),
        ('{"title": "Brua"}', "text/html", "not_html"),
        ("<!-- tom -->", "text/html", "failed_parse"),
        ("<html><body>" + "<div>" * 3000 + "<p>Brua.</p>", "text/html", "too_deep"),
    ],
)
def test_what_is_no_article_is_rejected_with_a_reason(
    body: str, media_type: MediaType, reason: str
) -> None:
    found = extract_article(document(body, media_type), language=None, timezone=OSLO)
    assert isinstance(found, Rejection)
    assert (found.source, found.stage, found.reason) == ("avisa", "extract", reason)
    assert found.origin == "bru.html"
    assert found.detail


def test_faults_of_the_extractor_are_rejections(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise AttributeError("'NoneType' object has no attribute 'tag'")

    monkeypatch.setattr("trafilatura.bare_extraction", fail)
    found = extract_article(document(page(BODY)), language=None, timezone=OSLO)
    assert isinstance(found, Rejection)
    assert found.reason == "failed_extraction"
    assert "AttributeError" in found.detail


@given(st.text(alphabet=st.characters(), max_size=200) | st.text("ab.\n –\x85\u2028"))
def test_every_word_of_a_text_is_in_its_lines(text: str) -> None:
    title, blocks = split_text(text)
    kept = [*([title] if title else []), *(block.text for block in blocks)]
    assert all(line and line == normalize_line(line) for line in kept)
    assert " ".join(" ".join(kept).split()) == normalize_line(" ".join(text.splitlines()))


TAGS = "html head body article h1 h2 p div ul li table tr td br b a blockquote header time".split()
MARKUP = st.lists(
    st.sampled_from(TAGS).map(lambda tag: f"<{tag}>")
    | st.sampled_from(TAGS).map(lambda tag: f"</{tag}>")
    | st.sampled_from(["<p class='ingress'>", "<meta name='description' content='Brua er'>"])
    | st.sampled_from(["&#1;", "&#0;", "&#xD800;", "<!--", "-->", "<![CDATA[", "<?xml ?>", "<svg>"])
    | st.sampled_from(PROSE)
    | st.text(max_size=20),
    max_size=60,
).map("".join)


@settings(deadline=None)
@given(MARKUP | st.binary(max_size=200))
def test_any_html_gives_an_article_or_a_rejection(body: str | bytes) -> None:
    found = extract_article(document(body), language=None, timezone=OSLO)
    assert isinstance(found, Article | Rejection)
    if isinstance(found, Article):
        assert found.text
        assert all(block.text == normalize_line(block.text) for block in found.blocks)
        found.text.encode("utf-8")
