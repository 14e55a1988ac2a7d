"""What a line is: known of pages, guessed of bare texts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.enrich.quotes import find_quotes
from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.layout import guess_layout
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.records import Article, Document, Provenance
from tests.support.quoted import lexicon

CLOSED_LATER = "Hun kom.\n– Vi er klare.\nBilen er pakket, sier Kari Nes.\nHun reiser."


def guess(text: str) -> str:
    cut = Segmentation(text, lexicon("nb").words.abbreviations)
    names = Names(cut, lexicon("nb"), ())
    return guess_layout(cut, AttributionReader(cut, names, lexicon("nb")))


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (CLOSED_LATER, "sentences"),
        ("Hun kom til byen i går.\n" * 30, "sentences"),
        # Paragraphs of one sentence each, as today's papers have them.
        ("Hun kom.\n– Vi er klare.\nBilen er pakket.\nHun reiser.", "paragraphs"),
        ("Hun kom.\n– Vi er klare, sier Kari Nes.\nHun reiser.", "paragraphs"),
        ("– Vi er klare. Bilen er pakket.\nDet er lenge siden sist, sier Kari Nes.", "paragraphs"),
        (CLOSED_LATER + "\nDet snør i bygda. Veien er stengt.", "paragraphs"),
        # An abbreviation that no list has parts no sentence.
        (CLOSED_LATER + "\nMøtet er i 3. etg. Torggata." + "\nHun kom." * 4, "sentences"),
        (CLOSED_LATER.replace("\n", "\n\n"), "paragraphs"),
        ("", "paragraphs"),
    ],
)
def test_guesses_the_layout_of_a_bare_text(text: str, layout: str) -> None:
    assert guess(text) == layout


def test_a_page_says_itself_what_a_paragraph_is() -> None:
    paragraphs = [
        "Fergen står til over helgen, og passasjerene må belage seg på å reise med buss.",
        "– Vi får ikke deler før mandag.",
        "Rederiet har satt opp busser hver time, opplyser driftssjef Trude Haugland.",
        "På kaien sto pendler Jonas Vik og ventet sammen med over hundre andre reisende.",
    ]
    html = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    page = f"<html><body><article><h1>Fergen står</h1>{html}</article></body></html>"
    document = Document(Provenance("s", "k", "o", "d"), "text/html", page)
    article = extract_article(document, language="nb", timezone=ZoneInfo("Europe/Oslo"))
    assert isinstance(article, Article)
    assert (article.layout, guess(article.text)) == ("paragraphs", "sentences")
    (quote,) = find_quotes(article.text, lexicon("nb"), layout=article.layout)
    assert quote.text == "Vi får ikke deler før mandag."


def test_a_plain_text_has_its_layout_guessed() -> None:
    document = Document(Provenance("s", "k", "o", "d"), "text/plain", CLOSED_LATER)
    article = extract_article(document, language="nb", timezone=ZoneInfo("Europe/Oslo"))
    assert isinstance(article, Article)
    assert article.layout is None
