"""Pages that a site sends in place of an article, in files; and articles that speak of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.records import Article, Document, Provenance, Rejection

STORY = "".join(
    f"<p>{line}</p>"
    for line in (
        "Kommunestyret vedtok tirsdag kveld å bygge en ny skole på neset, etter en lang debatt.",
        "Skolen skal stå ferdig om to år og får plass til 420 elever, ifølge saksframlegget.",
        "Opposisjonen mener at prislappen er for høy, og vil ta saken opp igjen i neste budsjett.",
        "Byggingen begynner til våren, og dagens skole skal brukes fram til den nye står klar.",
        "Ordføreren sier at bygda har ventet i ti år, og at hun gleder seg til å sette i gang.",
        "Neste møte er i januar, og da skal kommunestyret velge et navn på den nye skolen.",
        "Elevrådet har bedt om en idrettshall ved siden av, og det skal utredes til sommeren.",
        "Rektor Ola Ås håper at flere lærere vil søke seg til bygda når lokalene blir bedre.",
        "Foreldrene er mest opptatt av veien dit, som i dag er smal og uten belysning om vinteren.",
        "Fylket har lovet å se på saken, men har ikke satt av penger til den før om fire år.",
    )
)
GONE = "<p>Beklager, vi finner ikke det du leter etter. Det kan være flyttet eller slettet.</p>"
GONE_EN = (
    "<p>Sorry, what you are looking for does not exist or has been moved. Check the address.</p>"
)
PASSWORD = "<form><label>Passord</label><input type=password name=p><button>OK</button></form>"
FORGOTTEN = (
    "<p>Har du glemt passordet? Vi sender deg en lenke på e-post så du kan lage et nytt.</p>"
)
CONSENT = (
    "<p>We and our 832 partners store information on a device, such as cookies, and process "
    "personal data for personalised ads and content.</p><p>With your permission we may use precise "
    "data. You may click to consent to the processing described above.</p>"
)
SAMTYKKE = (
    "<p>Vi og våre 120 partnere lagrer informasjon på enheten din, for eksempel "
    "informasjonskapsler, og behandler personopplysninger.</p><p>Du kan når som helst trekke "
    "samtykket tilbake. Klikk på «Godta alle» for å samtykke.</p>"
)


def read(title: str, body: str, head: str = "") -> Article | Rejection:
    page = f"<html lang=nb><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    document = Document(Provenance("avis", "k", "side.html", "0" * 64), "text/html", page)
    return extract_article(document, language=None, timezone=ZoneInfo("Europe/Oslo"))


@pytest.mark.parametrize(
    ("title", "body", "reason"),
    [
        ("Siden finnes ikke - Avisa", f"<h1>Siden finnes ikke</h1>{GONE}", "error_page"),
        ("Avisa", f"<h1>Beklager, vi fant ikke siden</h1>{GONE}", "error_page"),
        ("Avisa", f"<h1>404</h1>{GONE}", "error_page"),
        ("Tidningen", f"<h1>Sidan kunde inte hittas</h1>{GONE}", "error_page"),
        ("Avisen", f"<h1>Siden blev ikke fundet</h1>{GONE}", "error_page"),
        ("Bote", f"<h1>Seite nicht gefunden</h1>{GONE}", "error_page"),
        ("Page not found | Harwick Post", f"<h1>Oops!</h1>{GONE_EN}", "error_page"),
        ("Harwick Post", f"<h1>404 – Page not found</h1>{GONE_EN}", "error_page"),
        ("Just a moment...", f"<h1>post.example</h1>{GONE_EN}", "error_page"),
        ("Access Denied", f"<h1>Access Denied</h1>{GONE_EN}", "error_page"),
        ("Avisa", f"<h1>Logg inn</h1>{PASSWORD}{FORGOTTEN}", "login_page"),
        ("Logg inn - Avisa", f"<h2>Velkommen</h2>{PASSWORD}{FORGOTTEN}", "login_page"),
        ("Harwick Post", f"<h1>We value your privacy</h1>{CONSENT}", "consent_page"),
        ("Avisa", f"<h1>Samtykke</h1>{SAMTYKKE}", "consent_page"),
    ],
)
def test_what_a_site_sends_in_place_of_an_article(title: str, body: str, reason: str) -> None:
    found = read(title, f"<main>{body}</main>")
    assert isinstance(found, Rejection)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("title", "body"),
    [
        # A headline of more than that, a long text under it, or a page without a password.
        ("Siden finnes ikke: Derfor forsvinner nettet", GONE + STORY),
        ("Page not found", STORY),
        ("404", STORY),
        ("Logg inn på framtida", FORGOTTEN + STORY),
        ("Logg inn", FORGOTTEN),
        ("Logg inn", PASSWORD + STORY),
        # What the article says of it, among other things.
        ("Slik sporer de deg", SAMTYKKE + STORY),
        ("Nye regler for cookies", "<p>Datatilsynet krever at alle ber om samtykke.</p>" * 2),
    ],
)
def test_articles_that_speak_of_it(title: str, body: str) -> None:
    assert isinstance(read(title, f"<article><h1>{title}</h1>{body}</article>"), Article)


def test_a_page_that_calls_itself_an_article_is_one() -> None:
    head = "<meta property=og:type content=article>"
    assert isinstance(read("404", f"<article><h1>404</h1>{GONE}</article>", head), Article)
