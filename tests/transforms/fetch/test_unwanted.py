"""Which pages are not the ones that were wanted, and which are, however odd they look."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsbeam.transforms.fetch.unwanted import OtherPage, Strangers, find_other_page, read_signs
from newsbeam.transforms.records import Entry, Metadata, PageRequest, Response

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
STORY = "<h1>Kaia i Bø må stenge i vinter</h1><p>Kommunen stenger kaia fordi isen tar pælene.</p>"
LOGIN = "<h1>Logg inn</h1><form><input name=navn><input type='password' name=ord></form>"
WALL = "<h1>Vi bryr oss</h1><p>Godta at vi og våre partnere lagrer opplysninger om deg.</p>"


def wanted(url: str = "https://avisa.example/sak/1", title: str | None = None) -> PageRequest:
    name = "Kaia i Bø må stenge i vinter" if title is None else title
    return PageRequest("avisa", "feed", Entry("1", url, "0" * 16, Metadata(title=name)))


def came(body: str, url: str = "https://avisa.example/sak/1") -> Response:
    return Response(url, 200, {"content-type": "text/html; charset=utf-8"}, body.encode(), NOW)


def judge(request: PageRequest, response: Response) -> str | None:
    other = find_other_page(request, response, read_signs(request.entry, response))
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


def test_an_entry_that_says_nothing_condemns_nothing() -> None:
    assert judge(wanted(title=""), came(WALL, "https://avisa.example/samtykke")) is None
    assert not read_signs(wanted(title="Kort").entry, came(WALL)).is_strange


def test_a_front_page_that_was_wanted_is_one() -> None:
    request = wanted("https://avisa.example/")
    assert judge(request, came(WALL, "https://www.avisa.example/")) is None


def settle(pages: list[tuple[str, str]], most: int = 20) -> list[tuple[str, str | None]]:
    """Pages (address, body) as they come; what becomes of each."""
    strangers = Strangers(most)
    settled: list[tuple[PageRequest, Response, OtherPage | None]] = []
    for url, body in pages:
        request, response = wanted(url), came(body, url)
        settled += strangers.add(request, response, read_signs(request.entry, response))
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


def test_strangers_that_differ_are_let_go_each_once() -> None:
    words = "alfa bravo charlie delta ekko foxtrot golf hotell india juliett".split()
    pages = [(address(n), f"<p>{word * 2} {word}</p>") for n, word in enumerate(words)]
    assert sorted(settle(pages, most=3)) == sorted((url, None) for url, _ in pages)


@pytest.mark.parametrize("piece", ["<script>", "<!--", "<", "<style><!--", "</script", "<input "])
def test_a_page_of_tags_that_do_not_end_is_looked_at_once(piece: str) -> None:
    assert read_signs(wanted().entry, came(piece * 100_000)).is_strange
