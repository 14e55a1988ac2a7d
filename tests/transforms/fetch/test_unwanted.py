"""Which pages are not the ones that were wanted, and which are, however odd they look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsbeam.transforms.fetch.unwanted import OtherPage, Strangers, find_other_page, read_signs
from newsbeam.transforms.records import Entry, Metadata, PageRequest, Response

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
STORY = "<h1>Kaia i Bø må stenge i vinter</h1><p>Kommunen stenger kaia fordi isen tar pælene.</p>"
LOGIN = "<h1>Logg inn</h1><form><input name=navn><input type='password' name=ord></form>"
GONE = "<title>Siden finnes ikke</title><h1>Siden finnes ikke</h1><p>Kanskje er den borte.</p>"
LEAD = "Kommunen stenger hele anlegget fordi isen har tatt noen av pælene på nordsiden i år."
WALL = "<h1>Vi bryr oss</h1><p>Godta at vi og våre partnere lagrer opplysninger om deg.</p>"


def wanted(
    url: str = "https://avisa.example/sak/1", title: str | None = None, lead: str | None = None
) -> PageRequest:
    name = "Kaia i Bø må stenge i vinter" if title is None else title
    return PageRequest("avisa", "feed", Entry("1", url, "0" * 16, Metadata(title=name, lead=lead)))


def came(body: str, url: str = "https://avisa.example/sak/1") -> Response:
    return Response(url, 200, {"content-type": "text/html; charset=utf-8"}, body.encode(), NOW)


def judge(request: PageRequest, response: Response) -> str | None:
    other = find_other_page(request, response, read_signs(request, response))
    return other.reason if other else None


@pytest.mark.parametrize(
    ("body", "url", "reason"),
    [
        (STORY, "https://avisa.example/sak/1", None),
        # Moved: its words are there, wherever it is now, and a form to log in beside them.
        (STORY, "https://avisa.example/ny/1", None),
        (STORY + LOGIN, "https://avisa.example/ny/1", None),
        (STORY, "https://annen.example/sak/1", None),
        (STORY, "https://www.avisa.example/sak/1/", None),
        # Another headline at its own address: who knows what the feed calls it.
        (WALL, "https://avisa.example/sak/1", None),
        (WALL, "https://avisa.example/ny/1", None),
        (LOGIN, "https://avisa.example/konto?neste=/sak/1", "login_page"),
        (LOGIN, "https://avisa.example/inn", "login_page"),
        (WALL, "https://avisa.example/samtykke", "login_page"),
        (WALL, "https://consent.example/avisa", "login_page"),
        (WALL, "https://domene-til-salgs.example/avisa", "led_elsewhere"),
        (STORY, "https://avisa.example/", "led_to_front_page"),
    ],
)
def test_what_a_page_shows_by_itself(body: str, url: str, reason: str | None) -> None:
    assert judge(wanted(), came(body, url)) == reason


def test_an_entry_that_says_nothing_condemns_no_page_but_a_door() -> None:
    request = wanted(title="Må dø ut")
    assert judge(request, came(WALL, "https://avisa.example/ny/side")) is None
    assert (
        judge(request, came(STORY, "https://avisa.example/ny/konto-stengt-etter-brannen")) is None
    )
    assert judge(request, came(WALL, "https://avisa.example/samtykke")) == "login_page"
    assert judge(request, came(LOGIN, "https://avisa.example/inn")) == "login_page"
    assert not read_signs(wanted(title="Kort"), came(WALL)).is_strange
    pages = [(address(n), WALL) for n in range(2)]
    assert {reason for _, reason in settle(pages, title="Må dø ut")} == {"same_page"}
    assert read_signs(wanted(title="Må gi opp nå, Bodil"), came(WALL)).is_doubtful
    assert not read_signs(wanted(title=""), came(WALL)).is_doubtful


@pytest.mark.parametrize(
    ("body", "url", "lead", "known_title", "reason"),
    [
        # At its own address.
        (LOGIN, "/sak/1", None, None, "login_page"),
        (STORY + LOGIN, "/sak/1", None, None, None),
        (GONE, "/sak/1", None, None, None),
        (GONE, "/sak/1", LEAD, None, "strange_page"),
        (GONE, "/sak/1", None, "Kaia i Bø må stenge i vinter", "strange_page"),
        (GONE, "/sak/1", None, "Siden er borte", None),
        (STORY, "/sak/1", "Noe helt annet enn det som står der, sier alle andre her", None, None),
        # Headlines that link to other pages are not its text.
        (GONE + f'<a href="/2">{STORY}</a>', "/sak/1", LEAD, None, "strange_page"),
        # On the same site; with its number, it may be the article under another headline.
        (WALL, "/sport", LEAD, None, "led_elsewhere"),
        (WALL, "/sport", None, None, "led_elsewhere"),
        (WALL, "/sport/1", None, None, None),
    ],
)
def test_a_page_that_has_nothing_of_its_entry(
    body: str, url: str, lead: str | None, known_title: str | None, reason: str | None
) -> None:
    request = replace(wanted(lead=lead), known_title=known_title)
    assert judge(request, came(body, f"https://avisa.example{url}")) == reason


@pytest.mark.parametrize(
    ("asked", "url", "body", "reason"),
    [
        ("/?p=1", "/", WALL, "led_to_front_page"),
        ("/?p=1", "/", STORY, None),
        ("/?utm_source=rss", "/", WALL, None),
        ("/index.php?id=1", "/index.php?side=login", LOGIN, "login_page"),
        ("/index.php?id=1", "/index.php?id=1&lang=nb", WALL, None),
        ("/sak?id=1", "/sak", STORY, None),
    ],
)
def test_what_is_asked_for_is_part_of_an_address(
    asked: str, url: str, body: str, reason: str | None
) -> None:
    site = "https://avisa.example"
    assert judge(wanted(site + asked), came(body, site + url)) == reason


def test_scripts_without_spaces_have_words_too() -> None:
    request = wanted(title="新桥今天正式开通")
    assert not read_signs(request, came("<h1>昨天新桥正式开通了</h1>")).is_strange
    assert read_signs(request, came("<h1>页面不存在</h1>")).is_foreign
    assert (
        judge(request, came("<p>Sign in</p>" + LOGIN, "https://avisa.example/inn")) == "login_page"
    )


def test_what_a_page_repeats_of_the_request_makes_it_no_other_page() -> None:
    slugs = ["skolen-brenner", "brua-raser", "ferja-synker"]
    gone = "<h1>Siden finnes ikke</h1><p>Siden {} finnes ikke, prøv søket øverst på siden.</p>"
    pages = [(f"https://avisa.example/nyheter/{slug}", gone.format(slug)) for slug in slugs]
    assert {reason for _, reason in settle(pages)} == {"same_page"}


def test_a_front_page_that_was_wanted_is_one() -> None:
    request = wanted("https://avisa.example/")
    assert judge(request, came(WALL, "https://www.avisa.example/")) is None


def settle(
    pages: list[tuple[str, str]], most: int = 20, title: str | None = None
) -> list[tuple[str, str | None]]:
    """Pages (address, body) as they come; what becomes of each."""
    strangers = Strangers(most)
    settled: list[tuple[PageRequest, Response, OtherPage | None]] = []
    for url, body in pages:
        request, response = wanted(url, title), came(body, url)
        settled += strangers.add(request, response, read_signs(request, response))
    settled += strangers.finish()
    return [(one.entry.url or "", other.reason if other else None) for one, _, other in settled]


def address(number: int) -> str:
    return f"https://avisa.example/sak/{number}"


def test_several_entries_that_end_in_one_text_are_rejected_and_one_is_not() -> None:
    gone = "<h1>Siden finnes ikke</h1><p>Kanskje har den fått en ny plass, spør oss {}.</p>"
    pages = [(address(n), gone.format(n)) for n in range(4)]
    assert settle(pages) == [(address(n), "same_page") for n in range(4)]
    assert settle(pages[:1]) == [(address(0), None)]
    # The same article under two names of its address is one page.
    twice = [(address(1), WALL), (address(1) + "/?utm_source=rss", WALL)]
    assert {reason for _, reason in settle(twice)} == {None}


def test_a_page_that_shows_it_by_itself_condemns_others_of_its_text() -> None:
    strangers = Strangers()
    settled = []
    for number, lead in ((1, None), (2, LEAD)):
        request, response = wanted(address(number), lead=lead), came(GONE, address(number))
        signs = read_signs(request, response)
        other = find_other_page(request, response, signs)
        settled += strangers.add(request, response, signs, other)
    assert [other.reason for *_, other in settled if other] == ["same_page", "strange_page"]


def test_strangers_that_differ_are_let_go_each_once() -> None:
    words = "alfa bravo charlie delta ekko foxtrot golf hotell india juliett".split()
    pages = [(address(n), f"<p>{word * 2} {word}</p>") for n, word in enumerate(words)]
    assert sorted(settle(pages, most=3)) == sorted((url, None) for url, _ in pages)


@pytest.mark.parametrize("piece", ["<script>", "<!--", "<", "<style><!--", "</script", "<input "])
def test_a_page_of_tags_that_do_not_end_is_looked_at_once(piece: str) -> None:
    assert read_signs(wanted(), came(piece * 100_000)).is_strange
