import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.extract.metadata import read_metadata
from newsbeam.transforms.extract.page_tree import parse_page
from newsbeam.transforms.records import Metadata
from tests.support.waiting import at_most

OSLO = ZoneInfo("Europe/Oslo")
HEADING = "<h1>Bygger ny bru over elva</h1>"


def read(body: str, head: str = "", lang: str = "no", **node: str) -> Metadata:
    data = {"@type": "NewsArticle", "headline": "Bygger ny bru over elva", **node}
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>' if node else ""
    page = f"<html lang='{lang}'><head>{script}{head}</head><body>{HEADING}{body}</body></html>"
    return read_metadata(parse_page(page), "https://avisa.no/sak", OSLO)


def at(found: Metadata) -> str | None:
    return found.published_at and f"{found.published_at.astimezone(OSLO):%FT%H:%M}"


EVENT = "<p>Folkemøtet er 12. april 2026 klokka 18.00 på rådhuset.</p>"
UPDATE = "<time datetime='2026-03-05T08:15'></time>"
TIME = "<time datetime='2026-03-04T18:00'></time>"


@pytest.mark.parametrize(
    ("body", "expected", "evidence"),
    [
        # What is said to be the publication goes before what is not, and before an update.
        ("<p>Sist oppdatert: 5. mars 2026 kl. 08.15</p><p>Publisert: 4. mars 2026 kl. 18.00</p>",
         "2026-03-04T18:00", "text"),
        ("<p>Oppdatert 5.3.2026 08:15 Publisert 4.3.2026 18:00</p>", "2026-03-04T18:00", "text"),
        ("<div><b>Publisert</b> 4. mars 2026 kl. 18.00</div>", "2026-03-04T18:00", "text"),
        ("<p>4. mars 2026</p>", "2026-03-04T12:00", "text_day"),
        ("<p>Oppdatert 5.3.2026 08:15</p>", "2026-03-05T08:15", "text"),
        (EVENT + "<p>Brua er lang.</p>" * 99 + "<p>Publisert 4.3.2026</p>", "2026-03-04T12:00",
         "text_day"),
        (EVENT, None, None),
        # The same of <time>.
        ("<p>Oppdatert " + UPDATE + "</p><p>Publisert " + TIME + "</p>", "2026-03-04T18:00",
         "time_tag"),
        ("<i class='last-updated'>" + UPDATE + "</i>" + TIME, "2026-03-04T18:00", "time_tag"),
        (UPDATE.replace("<time", "<time class='lastUpdated'") + TIME, "2026-03-04T18:00",
         "time_tag"),
        ("<time class='entry-date updated' datetime='2026-03-04T18:00'></time>",
         "2026-03-04T18:00", "time_tag"),
        ("<time>4. mars 2026, kl. 18.00</time>", "2026-03-04T18:00", "time_tag"),
        # Other articles and comments have dates of their own.
        ("<div class='comments'><p>Publisert 4. mars 2026 kl. 18.00</p></div>" * 9, None, None),
        ("<p>.</p>" * 20 + "".join(f"<div><a>Sak</a><i class='date'>{n}. mars 2026</i></div>"
                                   for n in (1, 2, 3)) + "<p class='dato'>4. mars 2026</p>",
         "2026-03-04T12:00", "text_day"),
    ],
)  # fmt: skip
def test_printed_dates_are_read_with_the_words_beside_them(
    body: str, expected: str | None, evidence: str | None
) -> None:
    found = read(body)
    assert (at(found), found.published_at_from) == (expected, evidence)


def test_the_language_of_the_page_tells_the_order_of_printed_numbers() -> None:
    body = '<div class="date">Published 03/04/2026</div>'
    assert at(read(body, lang="en")) is None
    assert at(read(body, lang="en-US")) == "2026-03-04T12:00"
    assert at(read(body, lang="en-GB")) == "2026-04-03T12:00"
    american = '<meta property="og:locale" content="en_US">'
    assert at(read(body, american, lang="en")) == "2026-03-04T12:00"
    # A system wrote what is in <meta>, whatever the page's language.
    assert at(read("", '<meta name="date" content="03/04/2026">', lang="en-US")) is None


def test_the_printed_date_decides_between_days_that_data_state() -> None:
    meta = '<meta property="article:published_time" content="2026-03-06T14:25:00+01:00">'
    stated = "2026-03-03T10:25:00+01:00"
    assert at(read("", meta, datePublished=stated)) == "2026-03-03T10:25"
    assert at(read("<p>6. mars 2026</p>", meta, datePublished=stated)) == "2026-03-06T14:25"
    assert at(read("<p>9. mars 2026</p>", meta, datePublished=stated)) == "2026-03-03T10:25"
    # The same instant in another zone is no other day.
    local = '<meta property="article:published_time" content="2026-03-06T00:25:00">'
    assert at(read("<p>6. mars 2026</p>", local, datePublished="2026-03-05T23:25:00Z")) == (
        "2026-03-06T00:25"
    )


def test_a_stated_day_gives_way_to_a_printed_time() -> None:
    found = read("<p>Publisert 4. mars 2026 kl. 18.00</p>", datePublished="2026-03-04")
    assert (at(found), found.published_at_from) == ("2026-03-04T18:00", "text")
    assert at(read("<p>4. mars 2026</p>", datePublished="2026-03-04")) == "2026-03-04T12:00"


def test_of_several_writings_of_an_instant_that_in_local_time_is_kept() -> None:
    stated = "2026-03-04T23:30:59Z"
    for written in ("2026-03-05T00:30:59+01:00", "2026-03-05 00:30:59"):
        found = read(f"<time datetime='{written}'></time>", datePublished=stated)
        assert found.published_at == datetime(2026, 3, 4, 23, 30, 59, tzinfo=UTC)
        assert (found.published_at_from, found.published_at_text) == ("jsonld", written)
    other = read("<time datetime='2026-03-05T00:31:00+01:00'></time>", datePublished=stated)
    assert other.published_at_text == stated


@pytest.mark.parametrize(
    "body",
    [
        "<p class='date'>Publisert</p>" * 5_000,
        f"<p class='date'>{'Publisert 4.3.2026 ' * 20_000}</p>",
        "<time>" * 200 + "4. mars 2026 " * 10_000,
        "".join(f"<i class='d{n}'>Oppdatert {n}. mars</i>" for n in range(4_000)),
    ],
)
def test_hostile_dates_take_no_time(body: str) -> None:
    with at_most(3):
        read(body)
